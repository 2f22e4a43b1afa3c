"""ALTER TABLE: what each of its actions is."""

from __future__ import annotations

from dataclasses import replace

from miglint.sql.cursor import SERIALS, Cursor, UnreadableError
from miglint.sql.parse_table import column_definition, constraint, is_constraint, partition_bound
from miglint.sql.statement import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AlterTable,
    AlterTableAction,
    AttachPartition,
    ColumnType,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    OtherAction,
    OtherActionKind,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    SetDefault,
    SetExpression,
    SetNotNull,
    SetSchema,
    UnknownAction,
    ValidateConstraint,
)


def alter_table(cursor: Cursor) -> AlterTable:
    """After ALTER TABLE."""
    if cursor.take("all", "in"):
        raise UnreadableError("it is about all tables of a tablespace")
    if_exists = cursor.if_exists()
    only = cursor.take("only")
    table = cursor.qualified()
    cursor.take("*")
    actions = [_action(cursor)]
    while cursor.take(","):
        actions.append(_action(cursor))
    cursor.finish()
    return AlterTable(table, tuple(actions), if_exists, only)


def _action(cursor: Cursor) -> AlterTableAction:
    """An action that cannot be read leaves the others as they are."""
    first = cursor.at
    try:
        read = _ACTIONS.get(cursor.word)
        if read is not None:
            cursor.at += 1
            found = read(cursor)
            if cursor.done or cursor.word == ",":
                if isinstance(found, OtherAction):
                    return replace(found, text=cursor.text(first, cursor.at))
                return found
    except UnreadableError:
        pass
    cursor.at = first
    cursor.skip_to(",")
    text = cursor.text(first, cursor.at)
    if not text:
        raise cursor.unreadable()
    return UnknownAction(text)


def _other(cursor: Cursor, kind: OtherActionKind) -> OtherAction:
    cursor.skip_to(",")
    return OtherAction(kind)


_MYSQL_ADDS = frozenset(("index", "key", "fulltext", "spatial", "partition", "("))


def _add(cursor: Cursor) -> AlterTableAction:
    if is_constraint(cursor):
        return AddConstraint(constraint(cursor))
    if cursor.word in _MYSQL_ADDS and cursor.dialect in ("mysql", "mariadb"):
        raise cursor.unreadable()
    cursor.take("column")
    if_not_exists = cursor.if_not_exists()
    return AddColumn(column_definition(cursor), if_not_exists)


def _drop(cursor: Cursor) -> AlterTableAction:
    if cursor.take("constraint"):
        if_exists = cursor.if_exists()
        name = cursor.name()
        return DropConstraint(name, cursor.cascade(), if_exists)
    cursor.take("column")
    if_exists = cursor.if_exists()
    name = cursor.name()
    return DropColumn(name, cursor.cascade(), if_exists)


def _alter(cursor: Cursor) -> AlterTableAction:
    if cursor.take("constraint"):
        name = cursor.name()
        enforced: bool | None = None
        while not cursor.done and cursor.word != ",":
            if cursor.take("not", "enforced"):
                enforced = False
            elif cursor.take("enforced"):
                enforced = True
            elif not cursor.take_any(
                ("deferrable", "not", "initially", "deferred", "immediate", "inherit", "no", "set")
            ):
                raise cursor.unreadable()
        return AlterConstraint(name, enforced)
    cursor.take("column")
    if not cursor.done and cursor.tokens[cursor.at].kind == "number":
        cursor.at += 1
        cursor.expect("set", "statistics")
        return _other(cursor, "set statistics")
    column = cursor.name()
    if cursor.take("type") or cursor.take("set", "data", "type"):
        return _column_type(cursor, column)
    if cursor.take("set"):
        return _set_on_column(cursor, column)
    if cursor.take("drop"):
        if cursor.take("default"):
            return DropDefault(column)
        if cursor.take("not", "null"):
            return DropNotNull(column)
        if cursor.take("expression"):
            return DropExpression(column, cursor.if_exists())
        cursor.expect("identity")
        return DropIdentity(column, cursor.if_exists())
    if cursor.take("add", "generated"):
        always = cursor.take("always")
        if not always:
            cursor.expect("by", "default")
        cursor.expect("as", "identity")
        if cursor.word == "(":
            cursor.skip_parentheses()
        return AddIdentity(column, always)
    if cursor.take("restart"):
        return _other(cursor, "alter sequence")
    if cursor.take("reset") or cursor.take("options"):
        cursor.skip_parentheses()
        return OtherAction("set attributes")
    raise cursor.unreadable()


def _set_on_column(cursor: Cursor, column: str) -> AlterTableAction:
    if cursor.take("default"):
        return SetDefault(column, cursor.expression())
    if cursor.take("not", "null"):
        return SetNotNull(column)
    if cursor.take("expression", "as"):
        return SetExpression(column, cursor.expression_in_parentheses())
    if cursor.take("statistics"):
        return _other(cursor, "set statistics")
    if cursor.word == "(":
        cursor.skip_parentheses()
        return OtherAction("set attributes")
    if cursor.take("storage"):
        cursor.label()
        return OtherAction("set storage")
    if cursor.take("compression"):
        cursor.label()
        return OtherAction("set compression")
    if cursor.take_any(_SEQUENCE_WORDS):
        return _other(cursor, "alter sequence")
    raise cursor.unreadable()


_SEQUENCE_WORDS_WORDS = """
    generated start restart increment minvalue maxvalue no cache cycle sequence as
"""
_SEQUENCE_WORDS = frozenset(_SEQUENCE_WORDS_WORDS.split())


def _column_type(cursor: Cursor, column: str) -> AlterColumnType:
    found: ColumnType | None = cursor.type()
    if found is not None and found.name in SERIALS:
        # The server knows no such type here.
        found = None
    collation = cursor.qualified().removeprefix("pg_catalog.") if cursor.take("collate") else None
    if not cursor.take("using"):
        return AlterColumnType(column, found, collation=collation)
    first = cursor.at
    using = cursor.expression()
    return AlterColumnType(column, found, using, _is_cast(cursor, first, column, found), collation)


def _is_cast(cursor: Cursor, first: int, column: str, to: ColumnType | None) -> bool:
    """Whether it is `column::to` or CAST(column AS to), from `first` to where the cursor stands, which it stays."""
    end = cursor.at
    cursor.at = first
    try:
        opened = 0
        while cursor.take("("):
            opened += 1
        if cursor.take("cast", "("):
            same = cursor.name() == column and cursor.take("as") and cursor.type() == to and cursor.take(")")
        else:
            same = cursor.name() == column
            while opened and cursor.take(")"):
                opened -= 1
            same = same and cursor.take("::") and cursor.type() == to
        while opened and cursor.take(")"):
            opened -= 1
        return same and cursor.at == end
    except UnreadableError:
        return False
    finally:
        cursor.at = end


def _rename(cursor: Cursor) -> AlterTableAction:
    if cursor.take("to"):
        return RenameTable(cursor.name())
    if cursor.take("constraint"):
        old = cursor.name()
        cursor.expect("to")
        return RenameConstraint(old, cursor.name())
    cursor.take("column")
    old = cursor.name()
    cursor.expect("to")
    return RenameColumn(old, cursor.name())


def _set(cursor: Cursor) -> AlterTableAction:
    if cursor.take("schema"):
        return SetSchema(cursor.name())
    if cursor.word == "(":
        cursor.skip_parentheses()
        return OtherAction("set parameters")
    if cursor.take("logged"):
        return OtherAction("set logged")
    if cursor.take("unlogged"):
        return OtherAction("set unlogged")
    if cursor.take("tablespace"):
        tablespace = cursor.name()
        cursor.take("nowait")
        return OtherAction("set tablespace", name=tablespace)
    if cursor.take("access", "method"):
        return OtherAction("set access method", name=cursor.label())
    if cursor.take("without", "cluster"):
        return OtherAction("set without cluster")
    cursor.expect("without", "oids")
    return OtherAction("set without oids")


def _reset(cursor: Cursor) -> AlterTableAction:
    cursor.skip_parentheses()
    return OtherAction("set parameters")


def _enable(cursor: Cursor) -> AlterTableAction:
    cursor.take_any(("always", "replica"))
    if cursor.take("trigger"):
        return _other(cursor, "trigger")
    if cursor.take("rule"):
        return _other(cursor, "rule")
    return _row_security(cursor)


def _row_security(cursor: Cursor) -> AlterTableAction:
    cursor.expect("row", "level", "security")
    return OtherAction("row security")


def _no(cursor: Cursor) -> AlterTableAction:
    if cursor.take("inherit"):
        return OtherAction("no inherit", cursor.qualified())
    if cursor.take("depends"):
        return _other(cursor, "extension")
    cursor.expect("force")
    return _row_security(cursor)


def _cluster(cursor: Cursor) -> AlterTableAction:
    cursor.expect("on")
    cursor.name()
    return OtherAction("cluster on")


def _inherit(cursor: Cursor) -> AlterTableAction:
    return OtherAction("inherit", cursor.qualified())


def _of(cursor: Cursor) -> AlterTableAction:
    cursor.qualified()
    return OtherAction("of type")


def _not(cursor: Cursor) -> AlterTableAction:
    cursor.expect("of")
    return OtherAction("of type")


def _owner(cursor: Cursor) -> AlterTableAction:
    cursor.expect("to")
    cursor.label()
    return OtherAction("owner")


def _replica(cursor: Cursor) -> AlterTableAction:
    cursor.expect("identity")
    return _other(cursor, "replica identity")


def _depends(cursor: Cursor) -> AlterTableAction:
    cursor.expect("on")
    return _other(cursor, "extension")


def _validate(cursor: Cursor) -> AlterTableAction:
    cursor.expect("constraint")
    return ValidateConstraint(cursor.name())


def _attach(cursor: Cursor) -> AlterTableAction:
    cursor.expect("partition")
    partition = cursor.qualified()
    # An index's partition has no bound.
    bound = "" if cursor.done else partition_bound(cursor)
    return AttachPartition(partition, bound is None, bound or "")


def _detach(cursor: Cursor) -> AlterTableAction:
    cursor.expect("partition")
    partition = cursor.qualified()
    concurrently = cursor.take("concurrently")
    return DetachPartition(partition, concurrently, cursor.take("finalize"))


def _options(cursor: Cursor) -> AlterTableAction:
    cursor.skip_parentheses()
    return OtherAction("set parameters")


_ACTIONS = {
    "add": _add,
    "alter": _alter,
    "attach": _attach,
    "cluster": _cluster,
    "depends": _depends,
    "detach": _detach,
    "disable": _enable,
    "drop": _drop,
    "enable": _enable,
    "force": _row_security,
    "inherit": _inherit,
    "no": _no,
    "not": _not,
    "of": _of,
    "options": _options,
    "owner": _owner,
    "rename": _rename,
    "replica": _replica,
    "reset": _reset,
    "set": _set,
    "validate": _validate,
}
