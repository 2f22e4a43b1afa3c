"""What a migration does to a live database: so far, what the adding of a column does."""

from __future__ import annotations

from miglint.effects import adding
from miglint.effects.added import Effect, NoValueForRows, UnknownEffect
from miglint.facts.fields import Field
from miglint.facts.operations import AddField, Operation
from miglint.facts.target import Target
from miglint.facts.values import Unresolved
from miglint.schema.column import accepts_empty_strings, column_name, has_column, lacks_value


def effects_of(operation: Operation, table: str, target: Target) -> tuple[Effect, ...]:
    """What an operation that runs against the database does to its model's table.

    Only AddField is known yet; any other operation has no effects here, and those that hold operations have
    none of their own. Not for what stands in `state_operations`, nor for a model without a table of
    its own (a proxy, an unmanaged one): neither reaches the database.
    """
    if not isinstance(operation, AddField):
        return ()
    if operation.subclass is not None and operation.subclass.database == "nothing":
        return ()
    if operation.subclass is not None and operation.subclass.database == "unknown":
        return (UnknownEffect(f"{operation.subclass.path} does what it likes with the database"),)
    if isinstance(operation.name, Unresolved):
        return (UnknownEffect(operation.name.reason),)
    return _adding(operation.name, operation.field, table, target)


def _adding(name: str, field: Field, table: str, target: Target) -> tuple[Effect, ...]:
    if has_column(field) is False:
        return ()
    vendor = target.database.vendor
    # To Oracle an empty string is NULL, so Django leaves out NOT NULL where a field may hold one.
    if lacks_value(field) and not (vendor == "oracle" and accepts_empty_strings(field)):
        column = column_name(field, name)
        return (NoValueForRows(table, name if isinstance(column, Unresolved) else column),)
    if vendor != "postgresql":
        return (UnknownEffect(f"locks of {vendor} are not among the things that miglint knows"),)
    return adding.adding(name, field, table, target.database.version)
