"""How large the tables of a database are, as far as anybody said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from typing import Literal as OneOf
from typing import NamedTuple

from miglint.records import dataclass

LARGE_ROWS, SMALL_ROWS = 1_000_000, 10_000
LARGE_BYTES = 1024**3

# No page of PostgreSQL holds less than one row: what takes more room than this a row is bloated or badly counted, and
# reading it lasts as long as its bytes.
_PAGE = 8192


class Counted(NamedTuple):
    """What the server's statistics say of one table; `bytes` with its indexes. None is not known."""

    rows: int | None
    bytes: int | None


class Size(NamedTuple):
    """`evidence` says it for people, with the file that it is from: `12,000,000 rows by tables.csv`; empty without."""

    kind: OneOf["large", "small", "unknown"]
    evidence: str = ""


UNKNOWN = Size("unknown")


@dataclass(frozen=True, slots=True)
class TableSizes:
    """`listed` are names or globs of tables, as the database has them, or of models, as `app.Model`.

    `counted` is by name in lower case, with its schema and without, and `source` the file that it was read from.
    """

    listed: tuple[str, ...] = ()
    counted: Mapping[str, Counted] = field(default_factory=dict)
    source: str = ""
    large_rows: int = LARGE_ROWS
    small_rows: int = SMALL_ROWS

    def size_of(self, table: str, model: str | None) -> Size:
        """By a table's name or its model's, `app.model`. What is listed is large, whatever was counted."""
        name = table.replace('"', "").casefold()
        names = (name,) if model is None else (name, model.casefold())
        if any(_is_meant(one.casefold(), names) for one in self.listed):
            return Size("large", "listed as large")
        counted = self.counted.get(name)
        if counted is None:
            return UNKNOWN
        rows, size = counted
        if rows is not None and rows >= self.large_rows:
            return Size("large", self._rows(rows))
        if size is not None and size >= LARGE_BYTES:
            return Size("large", f"{size / 1024**3:,.1f} GiB by {self.source}")
        if rows is None:
            return UNKNOWN
        is_small = rows < self.small_rows and (size is None or size <= self.small_rows * _PAGE)
        return Size("small" if is_small else "unknown", self._rows(rows))

    def _rows(self, rows: int) -> str:
        return f"{rows:,} row{'' if rows == 1 else 's'} by {self.source}"


def _is_meant(listed: str, names: tuple[str, ...]) -> bool:
    if listed in names:
        return True
    return any(sign in listed for sign in "*?[") and any(fnmatchcase(name, listed) for name in names)
