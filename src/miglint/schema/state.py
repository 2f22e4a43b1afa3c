"""The schema as Django's ProjectState has it between two operations: immutable, sharing what did not change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import NamedTuple, TypeAlias

from miglint.facts.fields import Constraint, Field, Index
from miglint.facts.migration import MigrationKey
from miglint.facts.source import Location
from miglint.facts.values import Value
from miglint.records import dataclass

# (app label, model name in lower case), as ProjectState.models has it.
ModelKey: TypeAlias = tuple[str, str]


class Origin(NamedTuple):
    """The operation that made something so, by its index path: the evidence for a message."""

    migration: MigrationKey
    operation: str
    location: Location


@dataclass(frozen=True, slots=True)
class FieldState:
    """A field of a model: `field` as last defined, a one-off default taken out again.

    `added` is where the column came to be, under whatever name; `defined` where it got this definition.
    """

    name: str
    field: Field
    added: Origin
    defined: Origin


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model; field names, index and constraint names are case-sensitive, in ProjectState's order.

    `options` lacks `indexes` and `constraints`, which stand beside it. `unknown` says why not everything about
    the model is known, None where it is; `unknown_since` is the operation that made it so, None where a whole file did.
    """

    app_label: str
    name: str
    fields: Mapping[str, FieldState]
    options: Mapping[str, Value]
    indexes: tuple[Index, ...]
    constraints: tuple[Constraint, ...]
    bases: Value | None
    made: Origin
    unknown: str | None = None
    unknown_since: Origin | None = None

    @property
    def key(self) -> ModelKey:
        return self.app_label, self.name.lower()

    def __str__(self) -> str:
        return f"{self.app_label}.{self.name}"


@dataclass(frozen=True, slots=True)
class History:
    """Every version of every model, by the number of the operation that made it; appended to by `replay` alone.

    `unknown_apps` maps a label to the versions of "why this app's models are not all known". `relating` maps a model
    to every model that ever had a field, or a base, that names it.
    """

    numbers: dict[ModelKey, list[int]] = field(default_factory=dict)
    versions: dict[ModelKey, list[ModelState | None]] = field(default_factory=dict)
    unknown_apps: dict[str, tuple[int, str]] = field(default_factory=dict)
    relating: dict[ModelKey, dict[ModelKey, None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SchemaState:
    """The state after the first `number` operations of a history: an index into it, so it costs nothing to keep."""

    history: History
    number: int

    @classmethod
    def empty(cls) -> SchemaState:
        return cls(History(), 0)

    def model(self, app_label: str, name: str) -> ModelState | None:
        """A model by its name in any case; None where there is none, or none that is known of."""
        key = (app_label, name.lower())
        numbers = self.history.numbers.get(key)
        if not numbers:
            return None
        place = bisect_right(numbers, self.number)
        return self.history.versions[key][place - 1] if place else None

    def models(self) -> Iterator[ModelState]:
        """Every model, in order of label and name."""
        for label, name in sorted(self.history.numbers):
            found = self.model(label, name)
            if found is not None:
                yield found

    def relating_to(self, key: ModelKey) -> Iterator[ModelState]:
        """Every model that may name another in a field or as a base: no others do. In order of label and name."""
        for label, name in sorted(self.history.relating.get(key, ())):
            found = self.model(label, name)
            if found is not None:
                yield found

    def unknown(self, app_label: str) -> str | None:
        """Why an app may have models, or lack some, that this state does not know of; None where it is complete."""
        known = self.history.unknown_apps.get(app_label)
        return known[1] if known is not None and known[0] <= self.number else None
