"""CREATE TABLE, and the columns and constraints that ALTER TABLE has too."""

from __future__ import annotations

from dataclasses import replace

from miglint.sql.cursor import SERIALS, Cursor, UnreadableError
from miglint.sql.parse_rows import read_query
from miglint.sql.statement import (
    ColumnDefinition,
    ColumnType,
    Constraint,
    CreateTable,
    Expression,
    ForeignKey,
    Generation,
    Numbering,
)

_CONSTRAINT_WORDS = frozenset(("constraint", "check", "unique", "primary", "foreign"))


def create_table(cursor: Cursor, *, temporary: bool = False, unlogged: bool = False) -> CreateTable:
    """After CREATE … TABLE."""
    if_not_exists = cursor.if_not_exists()
    table = cursor.qualified()
    columns: list[ColumnDefinition] = []
    constraints: list[Constraint] = []
    like: list[str] = []
    inherits: tuple[str, ...] = ()
    partition_of: str | None = None
    default_partition = as_select = False
    reads: tuple[str, ...] = ()
    if cursor.take("partition", "of"):
        partition_of = cursor.qualified()
        if cursor.word == "(":
            _elements(cursor, columns, constraints, like)
        default_partition = partition_bound(cursor) is None
    elif cursor.take("of"):
        like.append(cursor.qualified())
        if cursor.word == "(":
            _elements(cursor, columns, constraints, like)
    elif cursor.word == "(":
        _elements(cursor, columns, constraints, like)
    partitioned = False
    partition_key: tuple[str, ...] = ()
    while not cursor.done:
        if cursor.take("inherits"):
            cursor.expect("(")
            if cursor.word != ")":
                inherits = cursor.qualified_list()
            cursor.expect(")")
        elif cursor.take("partition", "by"):
            partitioned = True
            cursor.label()
            partition_key = _partition_key(cursor)
        elif cursor.take("with"):
            cursor.skip_parentheses()
        elif cursor.take("without", "oids"):
            pass
        elif cursor.take("on", "commit"):
            cursor.label()
            cursor.take("rows")
        elif cursor.take("tablespace") or cursor.take("using"):
            cursor.name()
        elif cursor.take("server"):
            cursor.name()
            if cursor.take("options"):
                cursor.skip_parentheses()
        elif cursor.take("as"):
            as_select = True
            if cursor.take("execute"):
                raise UnreadableError("what it selects has been prepared elsewhere")
            query = read_query(cursor)
            reads = tuple(query.reads)
            if cursor.take("with"):
                cursor.take("no")
                cursor.expect("data")
            cursor.finish()
        elif cursor.dialect != "postgresql":
            # ENGINE=InnoDB and the like.
            cursor.at += 1
        else:
            raise cursor.unreadable()
    return CreateTable(
        table,
        tuple(columns),
        tuple(constraints),
        if_not_exists,
        temporary,
        partitioned,
        partition_of,
        default_partition,
        inherits,
        tuple(like),
        as_select,
        reads,
        partition_key,
        unlogged,
    )


def _partition_key(cursor: Cursor) -> tuple[str, ...]:
    first = cursor.at
    try:
        return cursor.names_in_parentheses()
    except UnreadableError:
        # Expressions, operator classes.
        cursor.at = first
        cursor.skip_parentheses()
        return ()


def partition_bound(cursor: Cursor) -> str | None:
    """What follows FOR VALUES; None for DEFAULT."""
    if cursor.take("default"):
        return None
    cursor.expect("for", "values")
    first = cursor.at
    if cursor.take("in") or cursor.take("with"):
        cursor.skip_parentheses()
    else:
        cursor.expect("from")
        cursor.skip_parentheses()
        cursor.expect("to")
        cursor.skip_parentheses()
    return cursor.text(first, cursor.at)


def _elements(cursor: Cursor, columns: list[ColumnDefinition], constraints: list[Constraint], like: list[str]) -> None:
    cursor.expect("(")
    if cursor.take(")"):
        return
    while True:
        if cursor.take("like"):
            like.append(cursor.qualified())
            while cursor.take_any(("including", "excluding")):
                cursor.label()
        elif is_constraint(cursor):
            constraints.append(constraint(cursor))
        else:
            columns.append(column_definition(cursor, typed=False))
        if not cursor.take(","):
            break
    cursor.expect(")")


def is_constraint(cursor: Cursor) -> bool:
    """Whether a table's constraint comes next, not a column."""
    word = cursor.word
    if word in _CONSTRAINT_WORDS:
        return True
    following = cursor.words[cursor.at + 1]
    return (word == "exclude" and following in ("using", "(")) or (word == "not" and following == "null")


# --- columns ---

_DEFAULT_ENDS_WORDS = """
    not null constraint check unique primary references generated collate deferrable initially default enforced
    storage compression options
"""
_DEFAULT_ENDS = frozenset(_DEFAULT_ENDS_WORDS.split())
_ACTIONS = frozenset(("cascade", "restrict"))


def column_definition(cursor: Cursor, *, typed: bool = True) -> ColumnDefinition:
    """`typed`: without a type it cannot be read. In a partition or CREATE TABLE AS, the type comes from elsewhere."""
    name = cursor.name()
    column_type: ColumnType | None = None
    unknown: str | None = None
    numbering: Numbering | None = None
    if not typed and (cursor.word in (",", ")", "with") or cursor.word in _DEFAULT_ENDS):
        unknown = "another table or a query gives the column its type"
        cursor.take("with", "options")
    else:
        column_type = cursor.type()
        if column_type.name in SERIALS:
            column_type = ColumnType(SERIALS[column_type.name])
            numbering = "serial"
    not_null = False
    default: Expression | None = None
    generation: Generation | None = None
    generated: Expression | None = None
    collation: str | None = None
    constraints: list[Constraint] = []
    label: str | None = None
    while not cursor.done:
        word = cursor.word
        if word == "," or word == ")":
            break
        if cursor.take("constraint"):
            label = cursor.name()
            continue
        if cursor.take("not", "null"):
            not_null = True
            cursor.take("no", "inherit")
        elif cursor.take("null"):
            pass
        elif cursor.take("default"):
            default = cursor.expression(_DEFAULT_ENDS)
        elif cursor.take("collate"):
            collation = cursor.qualified().removeprefix("pg_catalog.")
        elif cursor.take("generated"):
            always = cursor.take("always")
            if not always:
                cursor.expect("by", "default")
            cursor.expect("as")
            if cursor.take("identity"):
                numbering = "identity"
                if cursor.word == "(":
                    cursor.skip_parentheses()
            else:
                generated = cursor.expression_in_parentheses()
                generation = "stored" if cursor.take("stored") else "virtual"
                cursor.take("virtual")
        elif cursor.take("unique"):
            constraints.append(
                Constraint("unique", label, (name,), nulls_distinct=nulls_distinct(cursor), include=_storage(cursor))
            )
        elif cursor.take("primary", "key"):
            _storage(cursor)
            constraints.append(Constraint("primary key", label, (name,)))
        elif cursor.take("check"):
            condition = cursor.expression_in_parentheses()
            cursor.take("no", "inherit")
            constraints.append(Constraint("check", label, (name,), condition))
        elif cursor.take("references"):
            constraints.append(Constraint("foreign key", label, (name,), references=_references(cursor)))
        elif (attribute := _attribute(cursor)) is not None:
            if not constraints:
                if attribute in ("not valid", "not enforced"):
                    raise cursor.unreadable()
            else:
                constraints[-1] = _with_attribute(constraints[-1], attribute)
        elif cursor.take("storage") or cursor.take("compression"):
            if not cursor.take("default"):
                cursor.name()
        elif cursor.take("options"):
            cursor.skip_parentheses()
        elif cursor.dialect != "postgresql":
            # AUTO_INCREMENT, COMMENT 'x', AFTER c, AUTOINCREMENT
            if cursor.word in ("auto_increment", "autoincrement"):
                numbering = "identity"
            cursor.at += 1
        else:
            raise cursor.unreadable()
        label = None
    return ColumnDefinition(
        name,
        column_type,
        not_null,
        default,
        numbering,
        generation,
        generated,
        collation,
        tuple(constraints),
        unknown,
    )


def nulls_distinct(cursor: Cursor) -> bool:
    if cursor.take("nulls", "not", "distinct"):
        return False
    cursor.take("nulls", "distinct")
    return True


def _storage(cursor: Cursor) -> tuple[str, ...]:
    """INCLUDE, WITH and USING INDEX TABLESPACE behind a constraint that an index keeps: what INCLUDE lists."""
    include = cursor.names_in_parentheses() if cursor.take("include") else ()
    if cursor.take("with"):
        cursor.skip_parentheses()
    if cursor.take("using", "index", "tablespace"):
        cursor.name()
    return include


def _references(cursor: Cursor) -> ForeignKey:
    """After REFERENCES."""
    table = cursor.qualified()
    columns: tuple[str, ...] = ()
    if cursor.word == "(":
        columns = _key_columns(cursor)
    on_delete: str | None = None
    while True:
        if cursor.take("match"):
            cursor.label()
        elif cursor.take("on", "delete"):
            on_delete = _referential_action(cursor)
        elif cursor.take("on", "update"):
            _referential_action(cursor)
        else:
            return ForeignKey(table, columns, on_delete)


def _key_columns(cursor: Cursor) -> tuple[str, ...]:
    """Columns of a key, of which the last may say PERIOD or WITHOUT OVERLAPS."""
    cursor.expect("(")
    found: list[str] = []
    while True:
        if cursor.word == "period" and cursor.words[cursor.at + 1] not in (",", ")"):
            cursor.at += 1
        found.append(cursor.name())
        if cursor.dialect in ("mysql", "mariadb") and cursor.word == "(":
            cursor.skip_parentheses()
        cursor.take("without", "overlaps")
        if not cursor.take(","):
            break
    cursor.expect(")")
    return tuple(found)


def _referential_action(cursor: Cursor) -> str:
    if cursor.take("no", "action"):
        return "NO ACTION"
    if cursor.take("set"):
        what = cursor.take_any(("null", "default"))
        if what is None:
            raise cursor.unreadable()
        if cursor.word == "(":
            cursor.skip_parentheses()
        return f"SET {what.upper()}"
    if (action := cursor.take_any(_ACTIONS)) is not None:
        return action.upper()
    raise cursor.unreadable()


# --- constraints ---


def _attribute(cursor: Cursor) -> str | None:
    """DEFERRABLE and its like, in the words that matter; None where none comes."""
    if cursor.take("deferrable"):
        return "deferrable"
    if cursor.take("not", "deferrable"):
        return ""
    if cursor.take("initially", "deferred"):
        return "deferrable"
    if cursor.take("initially", "immediate"):
        return ""
    if cursor.take("not", "valid"):
        return "not valid"
    if cursor.take("not", "enforced"):
        return "not enforced"
    if cursor.take("enforced") or cursor.take("no", "inherit"):
        return ""
    return None


def _with_attribute(found: Constraint, attribute: str) -> Constraint:
    if attribute == "deferrable":
        references = found.references
        return replace(found, deferrable=True, references=references and replace(references, deferrable=True))
    if attribute == "not enforced":
        return replace(found, enforced=False, not_valid=True)
    return replace(found, not_valid=True) if attribute else found


def constraint(cursor: Cursor) -> Constraint:
    """A table's constraint."""
    name = cursor.name() if cursor.take("constraint") else None
    if cursor.take("check"):
        found = Constraint("check", name, (), cursor.expression_in_parentheses())
    elif cursor.take("not", "null"):
        found = Constraint("not null", name, (cursor.name(),))
    elif cursor.take("unique"):
        found = _key(cursor, Constraint("unique", name))
    elif cursor.take("primary", "key"):
        found = _key(cursor, Constraint("primary key", name))
    elif cursor.take("foreign", "key"):
        if cursor.dialect in ("mysql", "mariadb") and cursor.word != "(":
            cursor.name()
        columns = _key_columns(cursor)
        cursor.expect("references")
        found = Constraint("foreign key", name, columns, references=_references(cursor))
    elif cursor.take("exclude"):
        found = _exclusion(cursor, name)
    else:
        raise cursor.unreadable()
    while (attribute := _attribute(cursor)) is not None:
        found = _with_attribute(found, attribute)
    return found


def _key(cursor: Cursor, found: Constraint) -> Constraint:
    """After UNIQUE or PRIMARY KEY."""
    if cursor.take("using", "index"):
        return replace(found, index=cursor.name())
    distinct = nulls_distinct(cursor)
    columns = _key_columns(cursor)
    return replace(found, columns=columns, nulls_distinct=distinct, include=_storage(cursor))


def _exclusion(cursor: Cursor, name: str | None) -> Constraint:
    """After EXCLUDE."""
    method = cursor.name() if cursor.take("using") else None
    cursor.expect("(")
    columns: list[str] | None = []
    beginning = cursor.at
    while True:
        first = cursor.at
        if not cursor.skip_to("with", ","):
            raise cursor.unreadable()
        plain = cursor.tokens[first].kind in ("word", "quoted") and cursor.words[first + 1] not in ("(", ".", "::")
        if columns is not None:
            columns = [*columns, cursor.cut(cursor.tokens[first])] if plain else None
        cursor.skip_to(",")
        if not cursor.take(","):
            break
    elements = cursor.text(beginning, cursor.at)
    cursor.expect(")")
    include = _storage(cursor)
    condition = cursor.expression_in_parentheses() if cursor.take("where") else None
    return Constraint(
        "exclusion",
        name,
        None if columns is None else tuple(columns),
        condition,
        include=include,
        method=method,
        elements=elements,
    )
