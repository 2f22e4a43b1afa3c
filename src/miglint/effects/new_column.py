"""What a new column asks of the rows that are there, on any database."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.effect import Fails
from miglint.effects.volatility import Steady, Volatility, volatility
from miglint.sql.statement import ColumnDefinition


def given(column: ColumnDefinition) -> Volatility | None:
    """How its default is computed; None where it has none, or NULL."""
    default = column.default
    return None if default is None or default.is_null else volatility(default)


def refusals(column: ColumnDefinition, table: str) -> Iterator[Fails]:
    """Why a table with rows cannot take it: a NOT NULL without a value, or one value for a unique column."""
    default = given(column)
    kinds = {one.kind for one in column.constraints}
    filled = default is not None or column.numbering is not None or column.generation is not None
    if (column.not_null or "primary key" in kinds) and not filled:
        why = f"the rows that '{table}' has get no value in '{column.name}', which is NOT NULL"
        yield Fails("no value for rows", why, table, column.name)
    # A field of which not all is known may give each row a value of its own.
    if default == Steady() and kinds & {"primary key", "unique"} and column.unknown is None:
        why = f"every row of '{table}' gets one and the same value in '{column.name}', which is unique"
        yield Fails("one value for all rows", why, table, column.name)
