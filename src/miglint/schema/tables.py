"""The tables of the models that a history makes, by the names that they have at each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from miglint.facts.migration import Migration, MigrationKey
from miglint.facts.operations import (
    AlterModelTable,
    CreateModel,
    DeleteModel,
    Operation,
    RenameModel,
)
from miglint.facts.values import Text, Unresolved, Value, text_of, truth_of


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is None where the model has no table of its own to migrate (a proxy, an unmanaged model)."""

    name: str | None
    made_by: MigrationKey | None


class Tables:
    """Walked along in plan order: `begin` a migration, ask about an operation, then `apply` it."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, str], Table] = {}
        self._current: MigrationKey | None = None

    def begin(self, migration: Migration) -> None:
        self._current = migration.key

    def of(self, operation: Operation) -> str | None:
        """The table of the model that an operation names, as it is called before the operation."""
        model = _model_of(operation)
        if model is None or self._current is None:
            return None
        label = self._current.app_label
        table = self._tables.get((label, model))
        return table.name if table is not None else f"{label}_{model}"

    def existed_before(self, operation: Operation) -> bool | None:
        """Whether that table was there before this migration; None where the operation names no model."""
        model = _model_of(operation)
        if model is None or self._current is None:
            return None
        table = self._tables.get((self._current.app_label, model))
        return table is None or table.made_by != self._current

    def apply(self, index: str, operation: Operation) -> None:
        if self._current is None:
            return
        label = self._current.app_label
        # A model that only the state gains has a table already: somebody made it another way.
        in_state_alone = ".state." in index
        match operation:
            case CreateModel(name=str(name), options=options):
                table = None if _has_no_table(options) else _named(options) or f"{label}_{name.lower()}"
                self._tables[label, name.lower()] = Table(table, None if in_state_alone else self._current)
            case RenameModel(old_name=str(old), new_name=str(new)):
                table_before = self._tables.pop((label, old.lower()), Table(f"{label}_{old.lower()}", None))
                renamed = (
                    f"{label}_{new.lower()}" if table_before.name == f"{label}_{old.lower()}" else table_before.name
                )
                self._tables[label, new.lower()] = replace(table_before, name=renamed)
            case AlterModelTable(name=str(name), table=str(table_name)):
                known = self._tables.get((label, name.lower()), Table(None, None))
                self._tables[label, name.lower()] = replace(known, name=table_name)
            case DeleteModel(name=str(name)):
                self._tables.pop((label, name.lower()), None)
            case _:
                pass


def _model_of(operation: Operation) -> str | None:
    named: Text | None = getattr(operation, "model_name", None) or getattr(operation, "name", None)
    return named.lower() if isinstance(named, str) else None


def _has_no_table(options: Mapping[str, Value] | Unresolved) -> bool:
    if isinstance(options, Unresolved):
        return False
    return truth_of(options.get("proxy"), False) is True or truth_of(options.get("managed"), True) is False


def _named(options: Mapping[str, Value] | Unresolved) -> str | None:
    return None if isinstance(options, Unresolved) else text_of(options.get("db_table"))
