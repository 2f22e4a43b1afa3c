"""What PostgreSQL does, held against measurements on versions 11 to 18.

The manual's general word on it: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.added import Effect, Lock, Refused, RewriteTable, ScanTable, UnknownEffect, ValidateForeignKey
from miglint.effects.volatility import Steady, Unsure, Volatile, volatility
from miglint.facts.fields import Field
from miglint.facts.target import Version
from miglint.facts.values import Call, Reference, Unresolved, truth_of
from miglint.schema.column import (
    AUTOMATIC,
    FOREIGN_KEYS,
    POSITIVE,
    column_name,
    db_default,
    has_column,
    has_value,
    is_enforced,
)


def adding(name: str, field: Field, table: str, version: Version) -> tuple[Effect, ...]:
    """What ALTER TABLE … ADD COLUMN does to the rows of `table`, where it gives each of them a value or NULL.

    It always takes ACCESS EXCLUSIVE; where nothing is returned, only for an instant. Indexes are not
    looked at, a unique one included.
    """
    if has_column(field) is None:
        return (UnknownEffect(f"{field.path} is not a field that miglint knows"),)
    effects = tuple(_effects(name, field, table, version))
    # Writing every row anew reads it too, and what is refused reads nothing.
    if any(isinstance(effect, RewriteTable | Refused) for effect in effects):
        return tuple(effect for effect in effects if not isinstance(effect, ScanTable))
    return effects


def _effects(name: str, field: Field, table: str, version: Version) -> Iterator[Effect]:
    if field.kind == "GeneratedField":
        yield from _generating(field, table, version)
    elif field.kind in AUTOMATIC:
        # GENERATED … AS IDENTITY since Django 4.1, serial before: each row takes the next number.
        yield RewriteTable(table, Lock.ACCESS_EXCLUSIVE, "numbering", "a number from a sequence for each row")
    else:
        yield from _defaulting(field, table, version)
    kind = _output_kind(field) if field.kind == "GeneratedField" else field.kind
    if kind in POSITIVE:
        # An inline CHECK is verified for each row at once, be they all NULL: there is no inline NOT VALID.
        column = column_name(field, name)
        written = name if isinstance(column, Unresolved) else column
        yield ScanTable(table, Lock.ACCESS_EXCLUSIVE, "check", f'CHECK ("{written}" >= 0)')


def _generating(field: Field, table: str, version: Version) -> Iterator[Effect]:
    persist = field.options.get("db_persist")
    match None if persist is None else truth_of(persist, default=False):
        case None:
            yield UnknownEffect("db_persist is not known")
        # STORED came with 12, VIRTUAL with 18: https://www.postgresql.org/docs/18/ddl-generated-columns.html
        case True if version >= (12,):
            yield RewriteTable(table, Lock.ACCESS_EXCLUSIVE, "stored generation", "GENERATED ALWAYS AS (…) STORED")
        case True:
            yield Refused(table, "generated columns need PostgreSQL 12")
        case False if version < (18,):
            yield Refused(table, "virtual generated columns need PostgreSQL 18")
        case False:
            # Computed when read.
            return


def _defaulting(field: Field, table: str, version: Version) -> Iterator[Effect]:
    default = db_default(field)
    given = has_value(field)
    match Steady() if default is None else volatility(default):
        case Volatile(sql):
            yield RewriteTable(table, Lock.ACCESS_EXCLUSIVE, "volatile default", sql)
        case Unsure(reason):
            yield UnknownEffect(reason)
        case Steady() if version < (11,):
            # Since 11 a value that holds for all rows is kept beside the table:
            # https://www.postgresql.org/docs/11/release-11.html
            if given is None:
                yield UnknownEffect("it is not known whether the column has a default")
            elif given:
                yield RewriteTable(table, Lock.ACCESS_EXCLUSIVE, "constant default", "DEFAULT")
        case Steady():
            pass
    # A new column that is NULL in every row has nothing to check; one with a value is checked row by row.
    if field.kind in FOREIGN_KEYS and given and is_enforced(field):
        yield ValidateForeignKey(table, Lock.ACCESS_EXCLUSIVE)


def _output_kind(field: Field) -> str | None:
    match field.options.get("output_field"):
        case Call(Reference(path)):
            return path.rpartition(".")[2]
        case _:
            return None
