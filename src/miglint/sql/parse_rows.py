"""Statements that read and write rows: which tables, and whether a WHERE keeps them from touching all of them."""

from __future__ import annotations

from miglint.sql.cursor import Cursor
from miglint.sql.keywords import BARE_FUNCTIONS, NOT_CALLED
from miglint.sql.statement import Copy, CreateTable, Delete, Insert, Merge, Select, Update, Write

_NONE: frozenset[str] = frozenset()


class Query:
    """What a query, and all that it holds, reads and calls."""

    __slots__ = ("_first", "filtered", "functions", "into", "locks_rows", "reads", "temporary", "writes")

    def __init__(self) -> None:
        self.reads: dict[str, None] = {}
        self.functions: set[str] = set()
        self.writes: list[Write] = []
        self.filtered = False
        self.locks_rows = False
        self.into: str | None = None
        self.temporary = False

    def reads_but(self, table: str) -> tuple[str, ...]:
        return tuple(name for name in self.reads if name != table)


def rows_statement(cursor: Cursor) -> Write | Select | CreateTable:
    """SELECT, VALUES, TABLE, INSERT, UPDATE, DELETE, MERGE, each with its WITH: to the end of the statement."""
    query = Query()
    found = _statement(cursor, query, _NONE)
    cursor.finish()
    if found is not None:
        return found
    if query.into is not None:
        return CreateTable(
            query.into,
            as_select=True,
            reads=tuple(query.reads),
            temporary=query.temporary,
        )
    return Select(
        tuple(query.reads),
        query.locks_rows,
        frozenset(query.functions),
        query.filtered,
        tuple(query.writes),
    )


def read_query(cursor: Cursor) -> Query:
    """A query, up to a parenthesis that closes it, or the end."""
    query = Query()
    if (written := _statement(cursor, query, _NONE)) is not None:
        query.writes.append(written)
    return query


def _statement(cursor: Cursor, query: Query, ctes: frozenset[str]) -> Write | None:
    """None for one that only reads: what it does is in `query`."""
    if cursor.word == "with":
        ctes = _with(cursor, query, ctes)
    match cursor.word:
        case "insert" | "replace":
            return _insert(cursor, query, ctes)
        case "update":
            return _update(cursor, query, ctes)
        case "delete":
            return _delete(cursor, query, ctes)
        case "merge":
            return _merge(cursor, query, ctes)
        case "select" | "values" | "table" | "(":
            _scan(cursor, query, ctes, top=True)
            return None
        case _:
            raise cursor.unreadable()


def _with(cursor: Cursor, query: Query, ctes: frozenset[str]) -> frozenset[str]:
    cursor.expect("with")
    recursive = cursor.take("recursive")
    if recursive:
        # Each may read those that come after it.
        ctes |= _cte_names(cursor)
    while True:
        name = cursor.name()
        if cursor.word == "(":
            cursor.skip_parentheses()
        cursor.expect("as")
        cursor.take("not")
        cursor.take("materialized")
        cursor.expect("(")
        inner = Query()
        # Without RECURSIVE, the name within is a table's of that name.
        written = _statement(cursor, inner, ctes)
        cursor.expect(")")
        query.reads.update(inner.reads)
        query.functions |= inner.functions
        query.writes += inner.writes
        query.locks_rows |= inner.locks_rows
        if written is not None:
            query.writes.append(written)
        ctes |= {name}
        if cursor.word in ("search", "cycle"):
            cursor.skip_to(",", *_AFTER_CTES)
            # CYCLE a, b SET …: commas of its own.
            while cursor.word == "," and cursor.words[cursor.at + 2] in (",", "set"):
                cursor.at += 1
                cursor.skip_to(",", *_AFTER_CTES)
        if not cursor.take(","):
            return ctes


_AFTER_CTES = ("select", "values", "insert", "update", "delete", "merge", "table")


def _cte_names(cursor: Cursor) -> set[str]:
    first = cursor.at
    names: set[str] = set()
    while not cursor.done:
        names.add(cursor.name())
        # To the end of its body, and of SEARCH and CYCLE.
        if not cursor.skip_to("as"):
            break
        cursor.at += 1
        if not cursor.skip_to(",", *_AFTER_CTES) or not cursor.take(","):
            break
        if cursor.words[cursor.at + 1] not in ("as", "("):
            break
    cursor.at = first
    return names


def _target(cursor: Cursor) -> str:
    """The table that is written, and its alias."""
    cursor.take("only")
    bracket = cursor.take("(")
    table = cursor.qualified()
    if bracket:
        cursor.expect(")")
    cursor.take("*")
    if cursor.take("as") or (
        not cursor.done and cursor.word not in _AFTER_TARGET and cursor.tokens[cursor.at].kind in ("word", "quoted")
    ):
        cursor.label()
    return table


_AFTER_TARGET_WORDS = """
    set using where returning values select default on overriding with table
"""
_AFTER_TARGET = frozenset(_AFTER_TARGET_WORDS.split())


def _insert(cursor: Cursor, query: Query, ctes: frozenset[str]) -> Insert:
    first = cursor.at
    cursor.at += 1
    if cursor.dialect != "postgresql":
        cursor.take("ignore")
        if cursor.take("or"):
            cursor.label()
    cursor.expect("into")
    table = _target(cursor)
    columns: tuple[str, ...] = ()
    if cursor.word == "(" and cursor.words[cursor.at + 1] not in ("select", "with", "values", "table", "("):
        columns = _columns_in_parentheses(cursor)
    if cursor.take("overriding"):
        cursor.label()
        cursor.expect("value")
    values = cursor.word == "values"
    if cursor.take("default", "values"):
        _scan(cursor, query, ctes, top=False)
        query.filtered = True
    elif cursor.word in ("values", "select", "table", "("):
        _scan(cursor, query, ctes, top=True)
    elif cursor.word == "with":
        _scan(cursor, query, _with(cursor, query, ctes), top=True)
    else:
        raise cursor.unreadable()
    updates = any(
        cursor.words[at] == "do" and cursor.words[at + 1] == "update" for at in range(first + 1, cursor.at - 1)
    )
    return Insert(
        table,
        columns,
        tuple(query.reads),
        bool(query.reads) and (query.filtered or values),
        updates,
        tuple(query.writes),
    )


def _columns_in_parentheses(cursor: Cursor) -> tuple[str, ...]:
    """The columns of INSERT or SET, of which a part may be meant: `a.b`, `a[1]`."""
    cursor.expect("(")
    found: dict[str, None] = {}
    while True:
        found[cursor.name()] = None
        cursor.skip_to(",")
        if not cursor.take(","):
            break
    cursor.expect(")")
    return tuple(found)


def _update(cursor: Cursor, query: Query, ctes: frozenset[str]) -> Update:
    cursor.expect("update")
    table = _target(cursor)
    cursor.expect("set")
    first = cursor.at
    columns: dict[str, None] = {}
    while True:
        if cursor.word == "(":
            columns.update(dict.fromkeys(_columns_in_parentheses(cursor)))
        else:
            columns[cursor.name()] = None
        cursor.skip_to(",", "from", "where", "returning")
        # IS DISTINCT FROM
        while cursor.word == "from" and cursor.words[cursor.at - 1] == "distinct":
            cursor.at += 1
            cursor.skip_to(",", "from", "where", "returning")
        if not cursor.take(","):
            break
    cursor.at = first
    _scan(cursor, query, ctes, top=True)
    equals = _held_to_constants(cursor, first)
    return Update(
        table,
        tuple(columns),
        query.filtered,
        _is_key(equals),
        query.reads_but(table),
        equals,
        tuple(query.writes),
    )


def _delete(cursor: Cursor, query: Query, ctes: frozenset[str]) -> Delete:
    cursor.expect("delete")
    cursor.expect("from")
    table = _target(cursor)
    first = cursor.at
    _scan(cursor, query, ctes, top=True, from_list=cursor.take("using"))
    equals = _held_to_constants(cursor, first)
    return Delete(
        table,
        query.filtered,
        _is_key(equals),
        query.reads_but(table),
        equals,
        tuple(query.writes),
    )


def _merge(cursor: Cursor, query: Query, ctes: frozenset[str]) -> Merge:
    cursor.expect("merge")
    cursor.expect("into")
    table = _target(cursor)
    cursor.expect("using")
    _scan(cursor, query, ctes, top=True, from_list=True)
    return Merge(table, query.reads_but(table), tuple(query.writes))


_ENDS_FROM_WORDS = """
    where group having order window union intersect except limit offset fetch for returning set when conflict with
"""
_ENDS_FROM = frozenset(_ENDS_FROM_WORDS.split())
# WITH NO DATA, WITH CHECK OPTION: what is around the query says it.
_AFTER_QUERY = frozenset(("no", "data", "check", "cascaded", "local"))


def _scan(cursor: Cursor, query: Query, ctes: frozenset[str], *, top: bool, from_list: bool = False) -> None:
    """A query's clauses, or an expression's terms, up to the parenthesis that closes them, or the end."""
    words, tokens = cursor.words, cursor.tokens
    # In an expression, FROM is EXTRACT's or TRIM's.
    clauses = top or from_list or cursor.word == "table"
    expects_table = in_from = from_list
    joined_on = False
    while cursor.at < cursor.last:
        at = cursor.at
        word = words[at]
        if word == "(":
            called = at > 0 and tokens[at - 1].kind in ("word", "quoted") and words[at - 2] != "as"
            if called and not expects_table and (not in_from or joined_on):
                _called(cursor, query, at - 1)
            cursor.at += 1
            inner = cursor.word
            if inner == "with":
                # A WITH of its own: what follows it is a query, or in a statement's top a query all the same.
                _scan(cursor, query, _with(cursor, query, ctes), top=False)
            elif inner == "select" or inner == "values" or inner == "table":
                _scan(cursor, query, ctes, top=top and at == 0)
            else:
                _scan(cursor, query, ctes, top=False, from_list=expects_table)
            cursor.expect(")")
            expects_table = False
            continue
        if word == ")":
            return
        if expects_table and tokens[at].kind in ("word", "quoted"):
            if word in BARE_FUNCTIONS:
                query.functions.add(word)
                cursor.at += 1
                expects_table = False
                continue
            if (word == "cast" and words[at + 1] == "(") or (word == "collation" and words[at + 1] == "for"):
                cursor.at += 1 if word == "cast" else 2
                expects_table = False
                continue
            if word == "only" or word == "lateral":
                cursor.at += 1
                continue
            if word == "rows" and words[at + 1] == "from":
                cursor.at += 2
                expects_table = False
                continue
            if word == "select" or word == "values":
                expects_table = in_from = False
                continue
            name = cursor.qualified()
            if cursor.word == "(":
                if name not in NOT_CALLED:
                    query.functions.add(name.removeprefix("pg_catalog."))
                cursor.at += 1
                _scan(cursor, query, ctes, top=False)
                cursor.expect(")")
            elif name not in ctes:
                query.reads[name] = None
            cursor.take("*")
            expects_table = False
            continue
        cursor.at += 1
        if not word or word in _PLAIN:
            continue
        if word == ",":
            if in_from:
                expects_table, joined_on = True, False
        elif word == "::":
            cursor.at = cursor.after_cast(cursor.at, cursor.last)
        elif word == "." or word == "as":
            # What follows may be any word.
            if cursor.at < cursor.last and tokens[cursor.at].kind in ("word", "quoted"):
                cursor.at += 1
        elif word == "select":
            clauses, in_from, joined_on = True, False, False
        elif word == "from":
            if clauses and not (words[at - 1] == "distinct" and words[at - 2] in ("is", "not")):
                in_from = expects_table = True
                joined_on = False
        elif word == "table":
            if clauses and (at == 0 or words[at - 1] in ("(", "union", "all", "distinct", "except", "intersect", ")")):
                in_from = expects_table = True
        elif word == "join":
            if in_from:
                expects_table, joined_on = True, False
        elif word == "on" or word == "using":
            joined_on = True
        elif word == "into":
            if clauses and not in_from and top and query.into is None and words[0] in ("select", "with", "("):
                _into(cursor, query)
        elif word in _ENDS_FROM and clauses:
            if word == "for":
                if cursor.word in ("update", "share", "no", "key"):
                    query.locks_rows = True
                    in_from = False
            elif word == "with":
                if top and cursor.word in _AFTER_QUERY:
                    cursor.at = at
                    return
            else:
                in_from = expects_table = False
                if top and word in ("where", "limit", "fetch"):
                    query.filtered = True
        elif word in BARE_FUNCTIONS and words[at - 1] != ".":
            query.functions.add(word)


# Frequent, and without meaning here.
_PLAIN = frozenset(("=", "and", "or", "not", "is", "null", "case", "then", "else", "end", "+", "-", "*", "||"))


def _called(cursor: Cursor, query: Query, at: int) -> None:
    word = cursor.words[at]
    dotted = at > 1 and cursor.words[at - 1] == "."
    if word and word in NOT_CALLED and not dotted:
        return
    name = cursor.cut(cursor.tokens[at])
    if dotted:
        schema = cursor.cut(cursor.tokens[at - 2])
        name = name if schema in ("pg_catalog", "public") else f"{schema}.{name}"
    query.functions.add(name)


def _into(cursor: Cursor, query: Query) -> None:
    cursor.take_any(("global", "local"))
    query.temporary = cursor.take_any(("temp", "temporary")) is not None
    cursor.take("unlogged")
    cursor.take("table")
    query.into = cursor.qualified()


def _is_key(columns: tuple[str, ...]) -> bool:
    return any(column == "id" or column.endswith("_id") for column in columns)


def _held_to_constants(cursor: Cursor, first: int) -> tuple[str, ...]:
    """The columns that the statement's own WHERE holds to constants: `a = 1 AND b IN (%s, %s)`; none if it says OR."""
    end, words = cursor.at, cursor.words
    cursor.at = first
    if not cursor.skip_to("where") or cursor.at >= end:
        cursor.at = end
        return ()
    found: dict[str, None] = {}
    cursor.at += 1
    at = cursor.at
    while True:
        cursor.at = at
        cursor.skip_to("and", "or", "returning")
        stop = min(cursor.at, end)
        if words[stop] == "or" and stop < end:
            found.clear()
            break
        if (column := _held(cursor, at, stop)) is not None:
            found[column] = None
        if stop >= end or words[stop] != "and":
            break
        at = stop + 1
    cursor.at = end
    return tuple(found)


def _held(cursor: Cursor, at: int, end: int) -> str | None:
    tokens, words = cursor.tokens, cursor.words
    if end - at > 2 and words[at] == "(":
        # All of it in parentheses.
        cursor.at = at
        if cursor.closing() == end - 1:
            return _held(cursor, at + 1, end - 1)
        return None
    column = None
    while at + 1 < end and tokens[at].kind in ("word", "quoted"):
        column = cursor.cut(tokens[at])
        if words[at + 1] != ".":
            break
        at += 2
    if column is None or at + 2 >= end:
        return None
    if words[at + 1] == "=":
        return column if _is_constant(cursor, at + 2, end) else None
    if words[at + 1] == "in" and (words[at + 2] == "(" or tokens[at + 2].kind == "parameter"):
        if tokens[at + 2].kind == "parameter":
            return column if at + 3 == end else None
        start = at + 3
        for place in range(start, end):
            if words[place] == "," or (words[place] == ")" and place == end - 1):
                if not _is_constant(cursor, start, place):
                    return None
                start = place + 1
        return column
    return None


def _is_constant(cursor: Cursor, at: int, end: int) -> bool:
    """One constant or parameter, with a sign or a cast at most."""
    if cursor.words[at] in ("-", "+"):
        at += 1
    if at >= end or cursor.tokens[at].kind not in ("string", "number", "parameter"):
        return cursor.words[at] in ("true", "false") and at + 1 == end
    return at + 1 == end or cursor.words[at + 1] == "::"


def copy_statement(cursor: Cursor) -> Copy:
    cursor.take("binary")
    if cursor.take("("):
        query = read_query(cursor)
        cursor.expect(")")
        cursor.expect("to")
        cursor.at = cursor.last
        return Copy(None, False, tuple(query.reads), tuple(query.writes))
    table = cursor.qualified()
    if cursor.word == "(":
        cursor.skip_parentheses()
    direction = cursor.take_any(("from", "to"))
    if direction is None:
        raise cursor.unreadable()
    cursor.at = cursor.last
    return Copy(table, direction == "from")
