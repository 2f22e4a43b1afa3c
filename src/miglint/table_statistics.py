"""The sizes of tables as a server's own statistics have them: CSV in, a mapping or every problem at once out."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from miglint.config import ConfigError
from miglint.facts.sizes import Counted

# Prints the file: `psql --csv -f`, or COPY (…) TO STDOUT (FORMAT csv, HEADER). What is counted of a partitioned table
# is in its partitions. n_live_tup starts afresh after a crash, reltuples is -1 until the first ANALYZE: the greater.
QUERY = """\
SELECT s.schemaname || '.' || s.relname AS table_name,
       sum(greatest(coalesce(part.n_live_tup, 0), class.reltuples::bigint)) AS rows,
       sum(pg_total_relation_size(class.oid)) AS bytes
  FROM pg_stat_user_tables AS s
 CROSS JOIN LATERAL (
         SELECT s.relid AS oid UNION SELECT relid FROM pg_partition_tree(s.relid) WHERE isleaf
       ) AS leaf
  JOIN pg_class AS class ON class.oid = leaf.oid AND class.relkind <> 'p'
  LEFT JOIN pg_stat_user_tables AS part ON part.relid = leaf.oid
 GROUP BY 1
 ORDER BY 1
"""

_NAMES = ("table_name", "table", "relname", "name")
_SCHEMAS = ("schemaname", "table_schema", "schema")
_ROWS = ("rows", "n_live_tup", "reltuples", "row_count", "estimated_rows")
_BYTES = ("bytes", "total_bytes", "size", "pg_total_relation_size")

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_MOST_PROBLEMS = 20
_MOST = 1e18  # more is no size of anything


def read_statistics(data: bytes, path: str) -> Mapping[str, Counted]:
    """Table → what is counted of it, by lower-case name with and without its schema. Raises ConfigError.

    Where several schemas have a table of one name, it is as large as the largest of them.
    """
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: line {data.count(10, 0, error.start) + 1} is not UTF-8."]) from error
    reader = csv.reader(text.splitlines(), strict=True)
    problems: list[str] = []
    places: dict[str, int] = {}
    found: dict[str, Counted] = {}
    columns: _Columns | None = None
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            try:
                if columns is None:
                    columns = _columns(row)
                    if columns is not None:
                        continue
                    columns = _IN_ORDER
                name, counted = _table(row, columns)
                if name in places:
                    raise ConfigError([f"'{name}' is listed a second time, after line {places[name]}."])
                places[name] = reader.line_num
                found[name] = counted
            except ConfigError as error:
                problems += [f"{path}:{reader.line_num}: {problem}" for problem in error.problems]
                columns = columns or _IN_ORDER
    except csv.Error as error:
        problems.append(f"{path}:{reader.line_num}: is no CSV ({error}).")
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems[_MOST_PROBLEMS:] = [f"{path}: {more} more line{'' if more == 1 else 's'} cannot be read."]
    if problems:
        raise ConfigError(problems)
    return _with_bare_names(found)


class _Columns(NamedTuple):
    """Where a row holds what."""

    name: int
    rows: int
    bytes: int | None
    schema: int | None


# Of a file without a header.
_IN_ORDER = _Columns(0, 1, 2, None)


def _columns(row: Sequence[str]) -> _Columns | None:
    """Where a header has what; None where the first row is one of the table's own. Raises ConfigError."""
    titles = [cell.strip().casefold() for cell in row]
    if len(titles) > 1 and (not titles[1] or _NUMBER.fullmatch(titles[1])):
        return None

    def place(names: Sequence[str]) -> int | None:
        return next((titles.index(name) for name in names if name in titles), None)

    name, rows = place(_NAMES), place(_ROWS)
    if name is None or rows is None:
        missing = " and ".join(f"'{names[0]}'" for names, found in ((_NAMES, name), (_ROWS, rows)) if found is None)
        raise ConfigError([f"has neither a header with {missing} nor a table, its rows and its bytes."])
    return _Columns(name, rows, place(_BYTES), place(_SCHEMAS))


def _table(row: Sequence[str], columns: _Columns) -> tuple[str, Counted]:
    def cell(place: int | None) -> str:
        return row[place].strip() if place is not None and place < len(row) else ""

    problems = []
    name = cell(columns.name)
    if not name:
        problems.append("names no table.")
    if len(row) <= columns.rows:
        problems.append(f"has {len(row)} column{'' if len(row) == 1 else 's'}: a table's name, its rows and its bytes.")
    numbers: list[int | None] = []
    for what, text in (("rows", cell(columns.rows)), ("bytes", cell(columns.bytes))):
        if text and not _NUMBER.fullmatch(text):
            problems.append(f"'{text}' is no number of {what}.")
        elif not text or text.startswith("-"):
            # reltuples of a table that nobody has analysed is -1.
            numbers.append(None)
        else:
            numbers.append(int(text) if text.isdecimal() and len(text) < 19 else _rounded(text))
    if problems:
        raise ConfigError(problems)
    schema = cell(columns.schema)
    whole = f"{schema}.{name}" if schema else name
    return whole.replace('"', "").casefold(), Counted(*numbers)


def _rounded(text: str) -> int | None:
    number = float(text)
    return int(number) if number < _MOST else None


def _with_bare_names(found: Mapping[str, Counted]) -> Mapping[str, Counted]:
    every = dict(found)
    for name, counted in found.items():
        bare = name.rpartition(".")[2]
        if bare != name and bare not in found:
            known = every.get(bare)
            every[bare] = counted if known is None else Counted(*map(_greater, known, counted))
    return every


def _greater(one: int | None, other: int | None) -> int | None:
    return max((number for number in (one, other) if number is not None), default=None)
