"""What an operation needs and the state does not have: there Django raises, or goes on with what nobody meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal as OneOf
from typing import NamedTuple

from miglint.facts.fields import Constraint, Index
from miglint.facts.operations import (
    AlterField,
    CreateModel,
    DeleteModel,
    Operation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    model_named,
)
from miglint.facts.values import Reference, Sequence, truth_of
from miglint.schema.column import FOREIGN_KEYS
from miglint.schema.model import Ground, columns_of, parents_of
from miglint.schema.replay import name_of
from miglint.schema.state import ModelState, SchemaState


class Missing(NamedTuple):
    """A model, or a part of one, by its name as the operation writes it."""

    kind: OneOf["model", "field", "index", "constraint"]
    model: str
    name: str


def missing_from(state: SchemaState, app_label: str, operation: Operation, ground: Ground) -> Missing | None:
    """The first thing that an operation acts on and that is certainly not there; None where there is none."""
    name = model_named(operation)
    if name is None or isinstance(operation, CreateModel):
        return None
    if operation.subclass is not None and operation.subclass.state != "same":
        return None
    model = state.model(app_label, name)
    if model is None:
        return Missing("model", name, name) if state.unknown(app_label) is None else None
    if model.unknown is not None:
        return None
    match operation:
        case RemoveField(name=str(part)) | RenameField(old_name=str(part)) if part not in model.fields:
            return Missing("field", name, part)
        case AlterField(name=str(part)) if part not in model.fields:
            known = names_within(model, state, ground)
            return Missing("field", name, part) if known is not None and part not in known else None
        case RemoveIndex(name=str(part)) | RenameIndex(old_name=str(part)) if _is_none_of(part, model.indexes):
            return Missing("index", name, part)
        case RemoveConstraint(name=str(part)) if _is_none_of(part, model.constraints):
            return Missing("constraint", name, part)
        case _:
            return None


def takes_out(operation: Operation, missing: Missing) -> bool:
    """Whether an operation of the same app is what removed or renamed something."""
    named = model_named(operation)
    if named is None or named.lower() != missing.model.lower():
        return False
    if isinstance(operation, DeleteModel | RenameModel):
        return True
    match operation:
        case RemoveField(name=gone) | RenameField(old_name=gone):
            return missing.kind == "field" and gone == missing.name
        case RemoveIndex(name=gone):
            return missing.kind == "index" and gone == missing.name
        case RenameIndex(old_name=old):
            return missing.kind == "index" and old == missing.name
        case RemoveConstraint(name=gone):
            return missing.kind == "constraint" and gone == missing.name
        case _:
            return False


def names_within(model: ModelState, state: SchemaState, ground: Ground) -> frozenset[str] | None:
    """What `_meta.get_field` finds on a model: inherited and implicit fields too, and `author_id` for `author`.

    None where not all of it is known.
    """
    return _names(model, state, ground, frozenset())


def _names(
    model: ModelState, state: SchemaState, ground: Ground, seen: frozenset[tuple[str, str]]
) -> frozenset[str] | None:
    if model.unknown is not None or model.key in seen or _has_strange_bases(model):
        return None
    names = set(model.fields)
    for one in model.fields.values():
        # A project's own class may be a foreign key.
        if one.field.kind is None or one.field.kind in FOREIGN_KEYS:
            names.add(f"{one.name}_id")
    for column in columns_of(model, state, ground):
        if column.field is None:
            names |= {column.name, column.name.removesuffix("_id")}
    for key in parents_of(model):
        parent = state.model(*key)
        inherited = _names(parent, state, ground, seen | {model.key}) if parent is not None else None
        if inherited is None:
            return None
        names |= inherited
    return frozenset(names)


def _has_strange_bases(model: ModelState) -> bool:
    """Whether a base is a class that may bring fields of its own."""
    if model.bases is None:
        return truth_of(model.options.get("proxy"), False) is not False
    if not isinstance(model.bases, Sequence):
        return True
    classes = [base for base in model.bases.items if isinstance(base, Reference)]
    named = [base for base in model.bases.items if not isinstance(base, Reference)]
    return any(base.path.rpartition(".")[2] != "Model" for base in classes) or len(named) != len(parents_of(model))


def _is_none_of(name: str, built: Iterable[Index] | Iterable[Constraint]) -> bool:
    names = [name_of(one) for one in built]
    return name not in names and None not in names
