"""Text → statements, each read as far as it decides what it does to a server; what cannot be read says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from miglint.facts.target import Vendor
from miglint.sql.cursor import Cursor, UnreadableError
from miglint.sql.keywords import RESERVED
from miglint.sql.parse_alter import alter_table
from miglint.sql.parse_rows import copy_statement, read_query, rows_statement
from miglint.sql.parse_table import create_table, nulls_distinct
from miglint.sql.split import Part, split
from miglint.sql.statement import (
    AlterDomain,
    AlterEnum,
    AlterPolicy,
    AlterSequence,
    Analyze,
    Cluster,
    Comment,
    Copy,
    CreateDomain,
    CreateIndex,
    CreateRule,
    CreateSequence,
    CreateStatistics,
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    DropIndex,
    DropSequence,
    DropTable,
    DropTrigger,
    DropView,
    Expression,
    IndexPart,
    Insert,
    LockTable,
    Merge,
    OpaqueStatement,
    OtherStatement,
    RefreshMaterializedView,
    Reindex,
    RenameIndex,
    Select,
    SetConstraints,
    SetParameter,
    Statement,
    Transaction,
    Truncate,
    Update,
    Vacuum,
    Written,
)
from miglint.sql.tokens import Token, tokens


def parse(sql: str, dialect: Vendor = "postgresql") -> tuple[Written, ...]:
    """A text's statements, in order; `Written.start` is where each begins in it."""
    return tuple([_written(sql, part, dialect) for part in split(sql, dialect)])


def _written(sql: str, part: Part, dialect: Vendor) -> Written:
    found = part.tokens
    start = found[0].start
    text = sql[start : found[-1].end]
    statement: Statement
    try:
        statement = _statement(sql, found, dialect)
        if isinstance(statement, _WITH_TEXT):
            statement = replace(statement, text=text)
    except UnreadableError as problem:
        statement = _opaque(found, str(problem), text)
    except RecursionError:
        statement = _opaque(found, "it is nested too deeply", text)
    return Written(statement, text, start)


# Those whose other fields leave something out.
_WITH_TEXT = (
    AlterDomain,
    AlterEnum,
    AlterPolicy,
    AlterSequence,
    Comment,
    Copy,
    CreateDomain,
    CreateRule,
    CreateSequence,
    CreateStatistics,
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    Insert,
    Merge,
    OtherStatement,
    Select,
    Update,
)


def _statement(sql: str, found: list[Token], dialect: Vendor) -> Statement:
    for token in found:
        if token.kind == "other":
            raise UnreadableError(_why_no_sql(token))
        # A placeholder that nobody has filled in.
        if token.kind == "quoted" and "{" in token.text and _PLACEHOLDER.search(token.text):
            raise UnreadableError("it is a template")
    cursor = Cursor(sql, found, dialect)
    word = cursor.word
    if (reason := _OPAQUE.get(word)) is not None:
        raise UnreadableError(reason)
    read = _STATEMENTS.get(word)
    if read is None:
        raise UnreadableError("it begins like no statement that is known")
    if word in _ROWS:
        return read(cursor)
    cursor.at = 1
    statement = read(cursor)
    cursor.finish()
    return statement


_PLACEHOLDER = re.compile(r"\{(?:\}|[A-Za-z_]\w*[}.!:\[]|\{\s*[A-Za-z_][\w.]*\s*(?:\}\}|\|)|%)")


def _why_no_sql(token: Token) -> str:
    if token.text in ("{", "}"):
        return "it is a template"
    if token.text == "\\":
        return "it is a command of psql's"
    if token.text[0] in "'\"`/":
        return "a quote or comment in it is not closed"
    return f"{token.text[:20]!r} is no SQL"


# --- what cannot be read ---

_OPAQUE = {
    "do": "it runs code",
    "call": "it calls a procedure",
    "execute": "it runs what has been prepared elsewhere",
}


def _opaque(found: list[Token], reason: str, text: str) -> OpaqueStatement:
    kind = " ".join(token.text.upper() for token in found[: 2 if len(found) > 1 else 1] if token.kind == "word")
    if found[0].word in _OPAQUE:
        kind = found[0].word.upper()
    names: set[str] = set()
    _collect_names(found, names, 3)
    return OpaqueStatement(kind, reason, frozenset(names), text)


def _collect_names(found: list[Token], names: set[str], depth: int) -> None:
    """The identifiers in tokens, and in the strings among them, which may be code: `name` and `schema.name`."""
    cursor = Cursor("", found, "postgresql")
    before = ""
    for at, token in enumerate(found):
        if token.kind == "word" or token.kind == "quoted":
            if token.word in RESERVED:
                before = ""
                continue
            name = cursor.cut(token)
            names.add(name)
            if before and cursor.words[at - 1] == ".":
                names.add(f"{before}.{name}")
            before = name
        elif (token.kind == "string" or token.kind == "other") and depth:
            _collect_names(tokens(_inside(token.text)), names, depth - 1)


def _inside(text: str) -> str:
    """What a string holds, or what is left of it behind a quote that nothing closes."""
    if text[0] == "$" and (tag := text.find("$", 1) + 1):
        return text[tag:-tag]
    opening = text.find("'") + 1 or 1
    return (text[opening:-1] if text[-1] == "'" else text[opening:]).replace("''", "'")


# --- ALTER ---


def _alter(cursor: Cursor) -> Statement:
    if cursor.take("table") or cursor.take("foreign", "table"):
        return alter_table(cursor)
    if cursor.take("index"):
        return _alter_index(cursor)
    if cursor.take("type"):
        return _alter_type(cursor)
    if cursor.take("domain"):
        return _alter_domain(cursor)
    if cursor.take("sequence"):
        return _alter_sequence(cursor)
    if cursor.take("policy"):
        return _policy(cursor, "alter")
    if cursor.take("view") or cursor.take("materialized", "view"):
        kind = _kind(cursor)
        if cursor.take("all", "in"):
            raise UnreadableError("it is about all views of a tablespace")
        cursor.if_exists()
        return _other(cursor, kind, (cursor.qualified(),))
    if cursor.take("trigger") or cursor.take("rule"):
        kind = _kind(cursor)
        cursor.name()
        cursor.expect("on")
        return _other(cursor, kind, (cursor.qualified(),))
    return _other_object(cursor)


def _alter_index(cursor: Cursor) -> Statement:
    if cursor.take("all", "in"):
        raise UnreadableError("it is about all indexes of a tablespace")
    if_exists = cursor.if_exists()
    name = cursor.qualified()
    if cursor.take("rename", "to"):
        return RenameIndex(name, cursor.name(), if_exists)
    return _other(cursor, "ALTER INDEX", (name,))


def _alter_type(cursor: Cursor) -> Statement:
    name = cursor.qualified()
    if cursor.take("add", "value"):
        cursor.at = cursor.last
        return AlterEnum(name, adds=True)
    if cursor.take("rename", "value"):
        cursor.at = cursor.last
        return AlterEnum(name, adds=False)
    return _other(cursor, "ALTER TYPE")


def _alter_domain(cursor: Cursor) -> AlterDomain:
    name = cursor.qualified()
    if cursor.take("validate", "constraint"):
        cursor.name()
        return AlterDomain(name, "validate constraint")
    if cursor.take("set", "not", "null"):
        return AlterDomain(name, "set not null")
    if cursor.take("add"):
        first = cursor.at
        cursor.at = cursor.last
        not_valid = cursor.words[cursor.last - 2 : cursor.last] == ["not", "valid"] and cursor.last - 2 > first
        return AlterDomain(name, "add constraint", not_valid)
    cursor.at = cursor.last
    return AlterDomain(name, "other")


def _alter_sequence(cursor: Cursor) -> AlterSequence:
    if_exists = cursor.if_exists()
    name = cursor.qualified()
    owner = column = of_type = None
    while not cursor.done:
        if cursor.take("owned", "by"):
            owner, column = _owner(cursor)
        elif cursor.take("as"):
            of_type = cursor.type()
        else:
            cursor.at += 1
    return AlterSequence(name, owner, column, of_type, if_exists)


def _owner(cursor: Cursor) -> tuple[str | None, str | None]:
    """After OWNED BY: the table and its column."""
    parts = [cursor.label()]
    while cursor.take("."):
        parts.append(cursor.label())
    if len(parts) == 1:
        # NONE
        return None, None
    *table, column = parts
    return (".".join(table[-2:]) if table[-2:-1] != ["public"] else table[-1]), column


# --- CREATE ---


def _create(cursor: Cursor) -> Statement:
    replaces = cursor.take("or", "replace")
    cursor.take_any(("global", "local"))
    temporary = cursor.take_any(("temporary", "temp")) is not None
    unlogged = cursor.take("unlogged")
    if cursor.take("table"):
        return create_table(cursor, temporary=temporary, unlogged=unlogged)
    if cursor.take("foreign", "table"):
        return create_table(cursor)
    if cursor.take("unique", "index"):
        return _create_index(cursor, unique=True)
    if cursor.take("index"):
        return _create_index(cursor, unique=False)
    if cursor.take("view") or cursor.take("recursive", "view"):
        return _create_view(cursor, replaces, temporary)
    if cursor.take("materialized", "view"):
        return _create_materialized_view(cursor)
    if cursor.take("trigger"):
        return _create_trigger(cursor, constraint=False)
    if cursor.take("constraint", "trigger"):
        return _create_trigger(cursor, constraint=True)
    if cursor.take("rule"):
        return _create_rule(cursor)
    if cursor.take("policy"):
        return _policy(cursor, "create")
    if cursor.take("statistics"):
        return _create_statistics(cursor)
    if cursor.take("domain"):
        return _create_domain(cursor)
    if cursor.take("sequence"):
        return _create_sequence(cursor)
    return _other_object(cursor)


def _create_index(cursor: Cursor, *, unique: bool) -> CreateIndex:
    concurrently = cursor.take("concurrently")
    if_not_exists = cursor.if_not_exists()
    name = None if cursor.word == "on" else cursor.qualified()
    cursor.expect("on")
    only = cursor.take("only")
    table = cursor.qualified()
    cursor.take("*")
    method = cursor.name() if cursor.take("using") else None
    cursor.expect("(")
    parts = [_index_part(cursor)]
    while cursor.take(","):
        parts.append(_index_part(cursor))
    cursor.expect(")")
    include: tuple[str, ...] = ()
    if cursor.take("include"):
        include = cursor.names_in_parentheses()
    distinct = nulls_distinct(cursor)
    if cursor.take("with"):
        cursor.skip_parentheses()
    if cursor.take("tablespace"):
        cursor.name()
    where: Expression | None = None
    if cursor.take("where"):
        where = cursor.expression()
    return CreateIndex(
        name, table, tuple(parts), unique, concurrently, method, where, include, distinct, if_not_exists, only
    )


def _index_part(cursor: Cursor) -> IndexPart:
    column: str | None = None
    expression: Expression | None = None
    first = cursor.at
    if cursor.word == "(":
        expression = cursor.expression_in_parentheses()
    elif not cursor.done and cursor.tokens[first].kind in ("word", "quoted"):
        # COALESCE(…) too, which is no name.
        cursor.label()
        while cursor.take("."):
            cursor.label()
        if cursor.word == "(":
            cursor.skip_parentheses()
            expression = cursor.expression_of(first, cursor.at)
        else:
            cursor.at = first
            if cursor.word in _BARE:
                cursor.at += 1
                expression = cursor.expression_of(first, cursor.at)
            else:
                column = cursor.name()
    else:
        raise cursor.unreadable()
    collation = cursor.qualified().removeprefix("pg_catalog.") if cursor.take("collate") else None
    opclass: str | None = None
    if cursor.word not in _AFTER_PART:
        opclass = cursor.qualified().removeprefix("pg_catalog.")
        if cursor.word == "(":
            cursor.skip_parentheses()
    descending = cursor.take("desc")
    cursor.take("asc")
    if cursor.take("nulls"):
        cursor.label()
    return IndexPart(column, expression, opclass, collation, descending)


_AFTER_PART = frozenset((",", ")", "asc", "desc", "nulls"))
_BARE = frozenset(("current_date", "current_timestamp", "current_user", "session_user", "user"))


def _create_view(cursor: Cursor, replaces: bool, temporary: bool) -> CreateView:
    if_not_exists = cursor.if_not_exists()
    name = cursor.qualified()
    reads, names = _view_query(cursor, name)
    if cursor.take("with"):
        cursor.take_any(("cascaded", "local"))
        cursor.expect("check", "option")
    return CreateView(name, reads, names, replaces, temporary=temporary, if_not_exists=if_not_exists)


def _create_materialized_view(cursor: Cursor) -> CreateView:
    if_not_exists = cursor.if_not_exists()
    name = cursor.qualified()
    reads, names = _view_query(cursor, name)
    with_data = True
    if cursor.take("with"):
        with_data = not cursor.take("no")
        cursor.expect("data")
    return CreateView(name, reads, names, materialized=True, with_data=with_data, if_not_exists=if_not_exists)


def _view_query(cursor: Cursor, view: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """What comes after a view's name, to the end of its query."""
    first = cursor.at
    if cursor.word == "(":
        cursor.skip_parentheses()
    if cursor.take("using"):
        cursor.name()
    if cursor.take("with"):
        cursor.skip_parentheses()
    if cursor.take("tablespace"):
        cursor.name()
    cursor.expect("as")
    query = read_query(cursor)
    names = {
        cursor.cut(token)
        for token in cursor.tokens[first : cursor.at]
        if token.kind == "quoted" or (token.kind == "word" and token.word not in RESERVED)
    }
    # A recursive view reads itself.
    return query_reads(query.reads, view), frozenset(names)


def query_reads(reads: dict[str, None], view: str) -> tuple[str, ...]:
    return tuple(name for name in reads if name != view)


def _create_trigger(cursor: Cursor, *, constraint: bool) -> CreateTrigger:
    name = cursor.name()
    columns: list[str] = []
    if cursor.skip_to("on", "update") and cursor.take("update", "of"):
        columns.append(cursor.name())
        while cursor.take(","):
            columns.append(cursor.name())
    if not cursor.skip_to("on"):
        raise cursor.unreadable()
    cursor.expect("on")
    table = cursor.qualified()
    if not cursor.skip_to("execute") and cursor.dialect == "postgresql":
        raise cursor.unreadable()
    cursor.at = cursor.last
    return CreateTrigger(name, table, constraint, tuple(columns))


def _create_rule(cursor: Cursor) -> CreateRule:
    name = cursor.name()
    cursor.expect("as", "on")
    cursor.label()
    cursor.expect("to")
    table = cursor.qualified()
    if not cursor.skip_to("do"):
        raise cursor.unreadable()
    cursor.at = cursor.last
    return CreateRule(name, table)


def _create_statistics(cursor: Cursor) -> CreateStatistics:
    cursor.if_not_exists()
    name = None
    if cursor.word not in ("(", "on"):
        name = cursor.qualified()
    if not cursor.skip_to("from"):
        raise cursor.unreadable()
    cursor.expect("from")
    return CreateStatistics(name, cursor.qualified())


def _create_domain(cursor: Cursor) -> CreateDomain:
    name = cursor.qualified()
    cursor.take("as")
    of_type = cursor.type()
    constrained = False
    default: Expression | None = None
    while not cursor.done:
        if cursor.take("default"):
            default = cursor.expression(_DOMAIN_ENDS)
        elif cursor.take("not", "null"):
            constrained = True
        elif cursor.take("check"):
            cursor.skip_parentheses()
            constrained = True
        elif cursor.take("constraint") or cursor.take("collate"):
            cursor.qualified()
        else:
            cursor.expect("null")
    return CreateDomain(name, of_type, constrained, default)


_DOMAIN_ENDS = frozenset(("not", "null", "check", "constraint", "collate", "default"))


def _create_sequence(cursor: Cursor) -> CreateSequence:
    if_not_exists = cursor.if_not_exists()
    name = cursor.qualified()
    owner = None
    while not cursor.done:
        if cursor.take("owned", "by"):
            owner, _ = _owner(cursor)
        else:
            cursor.at += 1
    return CreateSequence(name, if_not_exists, owner)


def _policy(cursor: Cursor, verb: str) -> AlterPolicy:
    if verb == "drop":
        cursor.if_exists()
    name = cursor.name()
    cursor.expect("on")
    table = cursor.qualified()
    cursor.at = cursor.last
    return AlterPolicy(verb, name, table)  # type: ignore[arg-type]


# --- DROP ---


def _drop(cursor: Cursor) -> Statement:
    if cursor.take("table") or cursor.take("foreign", "table"):
        if_exists, tables, cascade = _dropped(cursor)
        return DropTable(tables, cascade, if_exists)
    if cursor.take("index"):
        concurrently = cursor.take("concurrently")
        if_exists, names, cascade = _dropped(cursor)
        return DropIndex(names, concurrently, cascade, if_exists)
    if cursor.take("view"):
        if_exists, names, cascade = _dropped(cursor)
        return DropView(names, False, cascade, if_exists)
    if cursor.take("materialized", "view"):
        if_exists, names, cascade = _dropped(cursor)
        return DropView(names, True, cascade, if_exists)
    if cursor.take("sequence"):
        if_exists, names, cascade = _dropped(cursor)
        return DropSequence(names, cascade, if_exists)
    if cursor.take("policy"):
        return _policy(cursor, "drop")
    if cursor.take("trigger"):
        if_exists = cursor.if_exists()
        name = cursor.name()
        cursor.expect("on")
        table = cursor.qualified()
        cursor.cascade()
        return DropTrigger(name, table, if_exists)
    if cursor.take("rule"):
        cursor.if_exists()
        cursor.name()
        cursor.expect("on")
        return _other(cursor, "DROP RULE", (cursor.qualified(),))
    return _other_object(cursor)


def _dropped(cursor: Cursor) -> tuple[bool, tuple[str, ...], bool]:
    if_exists = cursor.if_exists()
    names = cursor.qualified_list()
    return if_exists, names, cursor.cascade()


# --- whole tables ---


def _truncate(cursor: Cursor) -> Truncate:
    cursor.take("table")
    tables = _tables(cursor)
    if cursor.take_any(("restart", "continue")):
        cursor.expect("identity")
    return Truncate(tables, cursor.cascade())


def _tables(cursor: Cursor) -> tuple[str, ...]:
    """Tables, each with ONLY or `*`."""
    found: list[str] = []
    while True:
        cursor.take("only")
        found.append(cursor.qualified())
        cursor.take("*")
        if not cursor.take(","):
            return tuple(found)


_LOCK_MODES = frozenset(
    {
        "ACCESS SHARE",
        "ROW SHARE",
        "ROW EXCLUSIVE",
        "SHARE UPDATE EXCLUSIVE",
        "SHARE",
        "SHARE ROW EXCLUSIVE",
        "EXCLUSIVE",
        "ACCESS EXCLUSIVE",
    }
)


def _lock(cursor: Cursor) -> LockTable:
    cursor.take("table")
    tables = _tables(cursor)
    mode = "ACCESS EXCLUSIVE"
    if cursor.take("in"):
        first = cursor.at
        if not cursor.skip_to("mode") or cursor.at == first:
            raise cursor.unreadable()
        mode = " ".join(cursor.words[first : cursor.at]).upper()
        if mode not in _LOCK_MODES:
            raise cursor.unreadable()
        cursor.expect("mode")
    cursor.take("nowait")
    return LockTable(tables, mode)


def _reindex(cursor: Cursor) -> Reindex:
    concurrently = False
    if cursor.word == "(":
        concurrently = _option(cursor, "concurrently")
    kind = cursor.take_any(("index", "table", "schema", "database", "system"))
    if kind is None:
        raise cursor.unreadable()
    concurrently |= cursor.take("concurrently")
    name = None if cursor.done else cursor.qualified()
    return Reindex(kind, name, concurrently)  # type: ignore[arg-type]


def _option(cursor: Cursor, name: str) -> bool:
    """Whether an option is on in a list in parentheses, which is passed: `(VERBOSE, FULL off)`."""
    on = False
    first, closing = cursor.at + 1, cursor.closing()
    for at in range(first, closing):
        if cursor.words[at] == name and cursor.words[at - 1] in ("(", ","):
            value = cursor.tokens[at + 1].text.strip("'").lower()
            on = value not in ("off", "false", "0")
    cursor.at = closing + 1
    return on


def _vacuum(cursor: Cursor) -> Vacuum:
    full = False
    if cursor.word == "(":
        full = _option(cursor, "full")
    while (word := cursor.take_any(("full", "freeze", "verbose", "analyze", "analyse"))) is not None:
        full |= word == "full"
    return Vacuum(_maintained(cursor), full)


def _maintained(cursor: Cursor) -> tuple[str, ...]:
    """Tables, each with columns perhaps; none for all."""
    found: list[str] = []
    if cursor.done:
        return ()
    while True:
        cursor.take("only")
        found.append(cursor.qualified())
        cursor.take("*")
        if cursor.word == "(":
            cursor.skip_parentheses()
        if not cursor.take(","):
            return tuple(found)


def _analyze(cursor: Cursor) -> Analyze:
    if cursor.word == "(":
        cursor.skip_parentheses()
    cursor.take("verbose")
    cursor.take("table")
    return Analyze(_maintained(cursor))


def _cluster(cursor: Cursor) -> Cluster:
    if cursor.word == "(":
        cursor.skip_parentheses()
    cursor.take("verbose")
    if cursor.done:
        return Cluster(None)
    name = cursor.qualified()
    if cursor.take("using"):
        if cursor.take("index"):
            if not cursor.done:
                cursor.name()
        else:
            cursor.name()
    elif cursor.take("on"):
        # CLUSTER index ON table, as it once was.
        name = cursor.qualified()
    return Cluster(name)


def _refresh(cursor: Cursor) -> RefreshMaterializedView:
    cursor.expect("materialized", "view")
    concurrently = cursor.take("concurrently")
    name = cursor.qualified()
    with_data = True
    if cursor.take("with"):
        with_data = not cursor.take("no")
        cursor.expect("data")
    return RefreshMaterializedView(name, concurrently, with_data)


def _comment(cursor: Cursor) -> Comment:
    cursor.expect("on")
    first = cursor.at
    table: str | None = None
    column: str | None = None
    if cursor.take("table") or cursor.take("foreign", "table"):
        on = _words(cursor, first)
        table = cursor.qualified()
    elif cursor.take("column"):
        on = "column"
        table, column = _owner(cursor)
    elif (word := cursor.take_any(("constraint", "trigger", "rule", "policy"))) is not None:
        on = word
        cursor.name()
        cursor.expect("on")
        if not cursor.take("domain"):
            table = cursor.qualified()
    elif cursor.take("materialized", "view") or cursor.take("view"):
        on = _words(cursor, first)
        cursor.qualified()
    else:
        on = cursor.label().lower()
    if not cursor.skip_to("is"):
        raise cursor.unreadable()
    cursor.at = cursor.last
    return Comment(on, table, column)


# --- the session ---


def _set(cursor: Cursor) -> Statement:
    if cursor.take("constraints"):
        names: tuple[str, ...] = ()
        if not cursor.take("all"):
            names = cursor.qualified_list()
        mode = cursor.take_any(("immediate", "deferred"))
        if mode is None:
            raise cursor.unreadable()
        return SetConstraints(names, mode == "immediate")
    local = cursor.take("local")
    cursor.take("session")
    if cursor.word in ("transaction", "characteristics"):
        return _other(cursor, "SET TRANSACTION")
    if cursor.take("authorization"):
        name = "session_authorization"
    elif cursor.take("time", "zone"):
        name = "timezone"
    elif cursor.take("xml", "option"):
        name = "xmloption"
    else:
        name = cursor.label()
        if name == "names":
            name = "client_encoding"
        elif name == "schema":
            name = "search_path"
        while cursor.take("."):
            name = f"{name}.{cursor.label()}"
        if cursor.take_any(("to", "=")) is None and name not in ("client_encoding", "role", "search_path"):
            raise cursor.unreadable()
    first = cursor.at
    cursor.at = cursor.last
    if cursor.at == first:
        raise cursor.unreadable()
    value: str | None = cursor.text(first, cursor.last)
    if cursor.words[first] == "default" and cursor.last == first + 1:
        value = None
    return SetParameter(name, value, local)


def _reset(cursor: Cursor) -> SetParameter:
    if cursor.take("session", "authorization"):
        return SetParameter("session_authorization")
    if cursor.take("time", "zone"):
        return SetParameter("timezone")
    name = cursor.label()
    while cursor.take("."):
        name = f"{name}.{cursor.label()}"
    return SetParameter(name)


def _begin(cursor: Cursor) -> Transaction:
    cursor.at = cursor.last
    return Transaction("begin")


def _start(cursor: Cursor) -> Transaction:
    cursor.expect("transaction")
    return _begin(cursor)


def _commit(cursor: Cursor) -> Transaction:
    cursor.at = cursor.last
    return Transaction("commit")


def _rollback(cursor: Cursor) -> Transaction:
    cursor.take_any(("work", "transaction"))
    to_savepoint = cursor.word == "to"
    cursor.at = cursor.last
    return Transaction("savepoint" if to_savepoint else "rollback")


def _savepoint(cursor: Cursor) -> Transaction:
    cursor.at = cursor.last
    return Transaction("savepoint")


def _prepare(cursor: Cursor) -> Statement:
    if cursor.take("transaction"):
        cursor.at = cursor.last
        return Transaction("prepare")
    return _other(cursor, "PREPARE")


def _explain(cursor: Cursor) -> Statement:
    """EXPLAIN ANALYZE runs what it explains."""
    runs = False
    if cursor.word == "(" and cursor.words[cursor.at + 1] not in ("select", "with", "values", "table", "("):
        runs = _option(cursor, "analyze") or _option_again(cursor, "analyse")
    while (word := cursor.take_any(("analyze", "analyse", "verbose"))) is not None:
        runs |= word != "verbose"
    return _nested(cursor, "EXPLAIN", runs)


def _option_again(cursor: Cursor, name: str) -> bool:
    # The list has been passed: back to where it opens.
    depth = 0
    end = cursor.at
    while cursor.at:
        cursor.at -= 1
        if cursor.word == ")":
            depth += 1
        elif cursor.word == "(":
            depth -= 1
            if not depth:
                break
    on = _option(cursor, name)
    cursor.at = end
    return on


def _nested(cursor: Cursor, kind: str, runs: bool) -> Statement:
    if cursor.done:
        raise cursor.unreadable()
    first, cursor.at = cursor.at, cursor.last
    return _statement(cursor.sql, cursor.tokens[first:], cursor.dialect) if runs else OtherStatement(kind)


def _declare(cursor: Cursor) -> Statement:
    cursor.label()
    if not cursor.skip_to("cursor"):
        raise cursor.unreadable()
    if not cursor.skip_to("for"):
        raise cursor.unreadable()
    cursor.expect("for")
    return _nested(cursor, "DECLARE", runs=True)


def _grant(cursor: Cursor) -> OtherStatement:
    kind = cursor.words[0].upper()
    tables: tuple[str, ...] = ()
    if cursor.skip_to("on"):
        cursor.at += 1
        cursor.take("table")
        if cursor.words[cursor.at + 1] in (",", ".", "to", "from"):
            tables = cursor.qualified_list()
    return _other(cursor, kind, tables)


def _other_object(cursor: Cursor) -> OtherStatement:
    kind = _first_words(cursor)
    tables: tuple[str, ...] = ()
    if kind in ("CREATE PUBLICATION", "ALTER PUBLICATION"):
        cursor.name()
        if cursor.take_any(("add", "drop", "for", "set")) and cursor.take("table"):
            cursor.take("only")
            tables = (cursor.qualified(),)
            # Each may have columns and a WHERE.
            while cursor.skip_to(","):
                cursor.expect(",")
                cursor.take("table")
                cursor.take("only")
                if cursor.words[cursor.at] != "tables":
                    tables = (*tables, cursor.qualified())
    return _other(cursor, kind, tables)


def _any_other(cursor: Cursor) -> OtherStatement:
    return _other(cursor, cursor.words[0].upper())


def _other(cursor: Cursor, kind: str, tables: tuple[str, ...] = ()) -> OtherStatement:
    cursor.at = cursor.last
    return OtherStatement(kind, tables)


def _kind(cursor: Cursor) -> str:
    """The words so far, in upper case."""
    return _words(cursor, 0).upper()


def _words(cursor: Cursor, first: int) -> str:
    return " ".join(cursor.words[first : cursor.at])


# What CREATE, ALTER and DROP can be about, in the words that say so.
_OBJECTS = (
    ("access", "method"),
    ("aggregate",),
    ("cast",),
    ("collation",),
    ("conversion",),
    ("database",),
    ("default", "conversion"),
    ("default", "privileges"),
    ("domain",),
    ("event", "trigger"),
    ("extension",),
    ("foreign", "data", "wrapper"),
    ("function",),
    ("group",),
    ("language",),
    ("procedural", "language"),
    ("trusted", "language"),
    ("trusted", "procedural", "language"),
    ("large", "object"),
    ("operator", "class"),
    ("operator", "family"),
    ("operator",),
    ("owned", "by"),
    ("procedure",),
    ("publication",),
    ("role",),
    ("routine",),
    ("schema",),
    ("server",),
    ("statistics",),
    ("subscription",),
    ("system",),
    ("tablespace",),
    ("text", "search", "configuration"),
    ("text", "search", "dictionary"),
    ("text", "search", "parser"),
    ("text", "search", "template"),
    ("transform",),
    ("type",),
    ("user", "mapping"),
    ("user",),
)


def _first_words(cursor: Cursor) -> str:
    """CREATE FUNCTION, without OR REPLACE."""
    for words in _OBJECTS:
        if cursor.take(*words):
            return " ".join((cursor.words[0], *words)).upper()
    raise UnreadableError("it begins like no statement that is known")


_ROWS_WORDS = """
    select values table with ( insert update delete merge replace
"""
_ROWS = frozenset(_ROWS_WORDS.split())
_STATEMENTS: dict[str, Callable[[Cursor], Statement]] = {
    **dict.fromkeys(_ROWS, rows_statement),
    "abort": _rollback,
    "alter": _alter,
    "analyse": _analyze,
    "analyze": _analyze,
    "begin": _begin,
    "checkpoint": _any_other,
    "close": _any_other,
    "cluster": _cluster,
    "comment": _comment,
    "commit": _commit,
    "copy": copy_statement,
    "create": _create,
    "deallocate": _any_other,
    "declare": _declare,
    "discard": _any_other,
    "drop": _drop,
    "end": _commit,
    "explain": _explain,
    "fetch": _any_other,
    "grant": _grant,
    "import": _any_other,
    "listen": _any_other,
    "load": _any_other,
    "lock": _lock,
    "move": _any_other,
    "notify": _any_other,
    "prepare": _prepare,
    "reassign": _any_other,
    "refresh": _refresh,
    "reindex": _reindex,
    "release": _savepoint,
    "repack": _cluster,
    "reset": _reset,
    "revoke": _grant,
    "rollback": _rollback,
    "savepoint": _savepoint,
    "security": _any_other,
    "set": _set,
    "show": _any_other,
    "start": _start,
    "truncate": _truncate,
    "unlisten": _any_other,
    "vacuum": _vacuum,
}
