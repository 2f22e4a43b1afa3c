"""What PostgreSQL's own parser says of a statement, in the words of `miglint.sql.statement`: kind, tables, flags.

Written from PostgreSQL's node types alone, so that it can be held against what miglint reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from postgast import pg_query_pb2 as pb


class Facts(NamedTuple):
    kind: str
    tables: frozenset[str]
    flags: Mapping[str, object]


def facts(raw: Any) -> Facts:
    """Of a node that is a statement (`RawStmt.stmt`)."""
    which = raw.WhichOneof("node")
    node = getattr(raw, which)
    read = _READ.get(which)
    if read is not None:
        found: Facts = read(node)
        return found
    return Facts("OtherStatement", frozenset(), {})


def range_name(relation: Any) -> str:
    schema = relation.schemaname
    return f"{schema}.{relation.relname}" if schema and schema != "public" else str(relation.relname)


def list_name(names: Any) -> str:
    """Of a list of String nodes."""
    parts = [_string(part) for part in names]
    return ".".join(parts[-2:]) if len(parts) > 1 and parts[-2] not in ("public", "pg_catalog") else parts[-1]


def _string(node: Any) -> str:
    return str(node.string.sval)


# --- tables in a query ---


def relations(message: Any, hidden: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every table below a node; what a WITH names is none, from its place on."""
    name = message.DESCRIPTOR.name
    if name == "RangeVar":
        if message.schemaname or message.relname not in hidden:
            yield range_name(message)
        return
    if name == "Node":
        which = message.WhichOneof("node")
        if which is not None:
            yield from relations(getattr(message, which), hidden)
        return
    if name in ("LockingClause", "IntoClause"):
        return
    if any(field.name == "with_clause" for field in message.DESCRIPTOR.fields) and message.HasField("with_clause"):
        clause = message.with_clause
        if clause.recursive:
            hidden |= {entry.common_table_expr.ctename for entry in clause.ctes}
        for entry in clause.ctes:
            yield from relations(entry.common_table_expr, hidden)
            hidden |= {entry.common_table_expr.ctename}
    target = message.relation if name in ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt") else None
    if target is not None:
        yield range_name(target)
    for field, value in message.ListFields():
        if field.name == "with_clause" or (target is not None and field.name == "relation"):
            continue
        if field.message_type is None:
            continue
        for item in value if hasattr(value, "append") or hasattr(value, "add") else (value,):
            yield from relations(item, hidden)


def _below(*messages: Any) -> frozenset[str]:
    return frozenset(name for message in messages for name in relations(message))


# --- types ---

_NAMES = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "int": "integer",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "bpchar": "char",
    "varbit": "bit varying",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "decimal": "numeric",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}


def type_text(type_name: Any) -> str:
    """The type's name, without its sizes."""
    parts = [_string(part) for part in type_name.names]
    if len(parts) > 1 and parts[-2] in ("pg_catalog", "public"):
        parts = parts[-1:]
    name = ".".join(parts[-2:])
    name = '"char"' if parts == ["char"] else _NAMES.get(name, name)
    return name + "[]" * len(type_name.array_bounds)


def sizes(type_name: Any) -> tuple[int, ...]:
    name = type_text(type_name)
    if name.startswith("interval"):
        return ()
    found = []
    for modifier in type_name.typmods:
        if modifier.WhichOneof("node") != "a_const" or modifier.a_const.WhichOneof("val") != "ival":
            return ()
        found.append(modifier.a_const.ival.ival)
    if name.startswith("numeric") and len(found) == 1:
        found.append(0)
    return tuple(found)


# --- columns and constraints ---


def _column(definition: Any) -> tuple[object, ...]:
    kinds = [entry.constraint.contype for entry in definition.constraints]
    typed = definition.HasField("type_name")
    return (
        definition.colname,
        type_text(definition.type_name) if typed else None,
        sizes(definition.type_name) if typed else (),
        pb.CONSTR_NOTNULL in kinds,
        pb.CONSTR_DEFAULT in kinds,
        pb.CONSTR_IDENTITY in kinds,
        pb.CONSTR_GENERATED in kinds,
        tuple(_KINDS[kind] for kind in kinds if kind in _OWN),
    )


_KINDS = {
    pb.CONSTR_CHECK: "check",
    pb.CONSTR_PRIMARY: "primary key",
    pb.CONSTR_UNIQUE: "unique",
    pb.CONSTR_EXCLUSION: "exclusion",
    pb.CONSTR_FOREIGN: "foreign key",
    pb.CONSTR_NOTNULL: "not null",
}
_OWN = {pb.CONSTR_CHECK, pb.CONSTR_PRIMARY, pb.CONSTR_UNIQUE, pb.CONSTR_FOREIGN}


def _constraint(constraint: Any) -> tuple[object, ...]:
    kind = _KINDS[constraint.contype]
    columns: tuple[str, ...] | None = None
    if kind in ("primary key", "unique", "not null"):
        columns = tuple(_string(key) for key in constraint.keys)
    elif kind == "foreign key":
        columns = tuple(_string(key) for key in constraint.fk_attrs)
    return (
        kind,
        constraint.conname or None,
        columns,
        constraint.skip_validation or (kind in ("check", "foreign key") and not constraint.is_enforced),
        constraint.indexname or None,
        constraint.deferrable,
        constraint.nulls_not_distinct,
        len(constraint.including),
    )


def _referred(elements: Any) -> Iterator[str]:
    for element in elements:
        which = element.WhichOneof("node")
        if which == "constraint" and element.constraint.contype == pb.CONSTR_FOREIGN:
            yield range_name(element.constraint.pktable)
        elif which == "column_def":
            yield from _referred(element.column_def.constraints)
        elif which == "table_like_clause":
            yield range_name(element.table_like_clause.relation)


# --- ALTER TABLE ---


def _action(command: Any) -> tuple[object, ...]:
    kind = command.subtype
    name = command.name or None
    definition = getattr(command, "def")
    cascade = command.behavior == pb.DROP_CASCADE
    match kind:
        case pb.AT_AddColumn:
            return ("AddColumn", _column(definition.column_def), command.missing_ok)
        case pb.AT_ColumnDefault:
            return ("SetDefault", name) if definition.WhichOneof("node") else ("DropDefault", name)
        case pb.AT_DropNotNull:
            return ("DropNotNull", name)
        case pb.AT_SetNotNull:
            return ("SetNotNull", name)
        case pb.AT_SetExpression:
            return ("SetExpression", name)
        case pb.AT_DropExpression:
            return ("DropExpression", name)
        case pb.AT_DropColumn:
            return ("DropColumn", name, cascade)
        case pb.AT_AddConstraint:
            return ("AddConstraint", _constraint(definition.constraint))
        case pb.AT_AlterConstraint:
            return ("AlterConstraint", definition.atalter_constraint.conname)
        case pb.AT_ValidateConstraint:
            return ("ValidateConstraint", name)
        case pb.AT_DropConstraint:
            return ("DropConstraint", name, cascade)
        case pb.AT_AlterColumnType:
            column = definition.column_def
            uses = column.raw_default.WhichOneof("node") is not None
            return ("AlterColumnType", name, type_text(column.type_name), sizes(column.type_name), uses)
        case pb.AT_AddIdentity:
            return ("AddIdentity", name)
        case pb.AT_DropIdentity:
            return ("DropIdentity", name)
        case pb.AT_AttachPartition:
            partition = definition.partition_cmd
            return ("AttachPartition", range_name(partition.name), partition.bound.is_default)
        case pb.AT_DetachPartition:
            return ("DetachPartition", range_name(definition.partition_cmd.name), definition.partition_cmd.concurrent)
        case pb.AT_DetachPartitionFinalize:
            return ("DetachPartition", range_name(definition.partition_cmd.name), False)
    return ("OtherAction", _OTHER_ACTIONS[kind])


_OTHER_ACTIONS = {
    pb.AT_SetStatistics: "set statistics",
    pb.AT_SetOptions: "set attributes",
    pb.AT_ResetOptions: "set attributes",
    pb.AT_AlterColumnGenericOptions: "set attributes",
    pb.AT_SetStorage: "set storage",
    pb.AT_SetCompression: "set compression",
    pb.AT_SetIdentity: "alter sequence",
    pb.AT_SetRelOptions: "set parameters",
    pb.AT_ResetRelOptions: "set parameters",
    pb.AT_GenericOptions: "set parameters",
    pb.AT_EnableTrig: "trigger",
    pb.AT_EnableAlwaysTrig: "trigger",
    pb.AT_EnableReplicaTrig: "trigger",
    pb.AT_DisableTrig: "trigger",
    pb.AT_EnableTrigAll: "trigger",
    pb.AT_DisableTrigAll: "trigger",
    pb.AT_EnableTrigUser: "trigger",
    pb.AT_DisableTrigUser: "trigger",
    pb.AT_EnableRule: "rule",
    pb.AT_EnableAlwaysRule: "rule",
    pb.AT_EnableReplicaRule: "rule",
    pb.AT_DisableRule: "rule",
    pb.AT_EnableRowSecurity: "row security",
    pb.AT_DisableRowSecurity: "row security",
    pb.AT_ForceRowSecurity: "row security",
    pb.AT_NoForceRowSecurity: "row security",
    pb.AT_ClusterOn: "cluster on",
    pb.AT_DropCluster: "set without cluster",
    pb.AT_DropOids: "set without oids",
    pb.AT_SetAccessMethod: "set access method",
    pb.AT_SetTableSpace: "set tablespace",
    pb.AT_SetLogged: "set logged",
    pb.AT_SetUnLogged: "set unlogged",
    pb.AT_AddInherit: "inherit",
    pb.AT_DropInherit: "no inherit",
    pb.AT_AddOf: "of type",
    pb.AT_DropOf: "of type",
    pb.AT_ChangeOwner: "owner",
    pb.AT_ReplicaIdentity: "replica identity",
}


def _alter_table(node: Any) -> Facts:
    relation = range_name(node.relation)
    if node.objtype == pb.OBJECT_SEQUENCE:
        return Facts("AlterSequence", frozenset(), {})
    if node.objtype not in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
        tables = frozenset() if node.objtype == pb.OBJECT_TYPE else frozenset({relation})
        return Facts("OtherStatement", tables, {})
    commands = [command.alter_table_cmd for command in node.cmds]
    tables = {relation}
    for command in commands:
        definition = getattr(command, "def")
        which = definition.WhichOneof("node")
        if which in ("constraint", "column_def"):
            tables.update(_referred([definition]))
        elif which == "partition_cmd":
            tables.add(range_name(definition.partition_cmd.name))
        elif which == "range_var":
            tables.add(range_name(definition.range_var))
    return Facts(
        "AlterTable",
        frozenset(tables),
        {"actions": tuple(map(_action, commands)), "only": not node.relation.inh, "if_exists": node.missing_ok},
    )


def _rename(node: Any) -> Facts:
    kind = node.rename_type
    flags: dict[str, object] = {"only": not node.relation.inh, "if_exists": node.missing_ok}
    tables = frozenset({range_name(node.relation)})
    if kind in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
        return Facts("AlterTable", tables, {"actions": (("RenameTable", node.newname),), **flags})
    if kind == pb.OBJECT_COLUMN and node.relation_type in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
        return Facts("AlterTable", tables, {"actions": (("RenameColumn", node.subname, node.newname),), **flags})
    if kind == pb.OBJECT_TABCONSTRAINT:
        return Facts("AlterTable", tables, {"actions": (("RenameConstraint", node.subname, node.newname),), **flags})
    if kind == pb.OBJECT_INDEX:
        return Facts("RenameIndex", tables, {"new": node.newname})
    if kind == pb.OBJECT_SEQUENCE:
        return Facts("AlterSequence", frozenset(), {})
    if kind == pb.OBJECT_POLICY:
        return Facts("AlterPolicy", tables, {})
    if kind in (pb.OBJECT_DOMAIN, pb.OBJECT_DOMCONSTRAINT):
        return Facts("AlterDomain", frozenset(), {"verb": "other"})
    named = kind in (pb.OBJECT_VIEW, pb.OBJECT_MATVIEW, pb.OBJECT_TRIGGER, pb.OBJECT_RULE, pb.OBJECT_COLUMN)
    return Facts("OtherStatement", tables if named else frozenset(), {})


def _set_schema(node: Any) -> Facts:
    kind = node.object_type
    tables = frozenset({range_name(node.relation)})
    if kind in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
        return Facts("AlterTable", tables, {"actions": (("SetSchema", node.newschema),)})
    if kind == pb.OBJECT_SEQUENCE:
        return Facts("AlterSequence", frozenset(), {})
    if kind == pb.OBJECT_DOMAIN:
        return Facts("AlterDomain", frozenset(), {"verb": "other"})
    return Facts("OtherStatement", tables if kind in (pb.OBJECT_VIEW, pb.OBJECT_MATVIEW) else frozenset(), {})


def _set_owner(node: Any) -> Facts:
    if node.object_type == pb.OBJECT_DOMAIN:
        return Facts("AlterDomain", frozenset(), {"verb": "other"})
    return Facts("OtherStatement", frozenset(), {})


# --- tables ---


def _create(node: Any) -> Facts:
    elements = list(node.table_elts)
    tables = {range_name(node.relation), *_referred(elements)}
    tables.update(range_name(parent.range_var) for parent in node.inh_relations)
    if node.HasField("of_typename"):
        tables.add(list_name(node.of_typename.names))
    return Facts(
        "CreateTable",
        frozenset(tables),
        {
            "columns": tuple(_column(e.column_def) for e in elements if e.WhichOneof("node") == "column_def"),
            "constraints": tuple(_constraint(e.constraint) for e in elements if e.WhichOneof("node") == "constraint"),
            "temporary": node.relation.relpersistence == "t",
            "partitioned": node.HasField("partspec"),
            "partition": node.HasField("partbound"),
            "default": node.partbound.is_default,
            "if_not_exists": node.if_not_exists,
        },
    )


def _create_as(node: Any) -> Facts:
    if node.query.WhichOneof("node") == "execute_stmt":
        return Facts("OpaqueStatement", frozenset(), {})
    target = node.into.rel
    tables = _below(node.query) | {range_name(target)}
    if node.objtype == pb.OBJECT_MATVIEW:
        return Facts("CreateView", tables, {"materialized": True, "with_data": not node.into.skip_data})
    return Facts("CreateTable", tables, {"as_select": True, "temporary": target.relpersistence == "t"})


def _drop(node: Any) -> Facts:
    kind = node.remove_type
    flags = {"cascade": node.behavior == pb.DROP_CASCADE, "if_exists": node.missing_ok}
    simple = {
        pb.OBJECT_TABLE: "DropTable",
        pb.OBJECT_FOREIGN_TABLE: "DropTable",
        pb.OBJECT_INDEX: "DropIndex",
        pb.OBJECT_VIEW: "DropView",
        pb.OBJECT_MATVIEW: "DropView",
        pb.OBJECT_SEQUENCE: "DropSequence",
    }.get(kind)
    if simple is not None:
        names = frozenset(list_name(entry.list.items) for entry in node.objects)
        if simple == "DropIndex":
            flags["concurrently"] = node.concurrent
        return Facts(simple, names, flags)
    if kind in (pb.OBJECT_TRIGGER, pb.OBJECT_POLICY, pb.OBJECT_RULE):
        table = frozenset({list_name(list(node.objects[0].list.items)[:-1])})
        found = {pb.OBJECT_TRIGGER: "DropTrigger", pb.OBJECT_POLICY: "AlterPolicy"}.get(kind, "OtherStatement")
        return Facts(found, table, {})
    return Facts("OtherStatement", frozenset(), {})


def _index(node: Any) -> Facts:
    parts = [entry.index_elem for entry in node.index_params]
    return Facts(
        "CreateIndex",
        frozenset({range_name(node.relation)}),
        {
            "name": node.idxname or None,
            "unique": node.unique,
            "concurrently": node.concurrent,
            "where": node.HasField("where_clause"),
            "functions": frozenset(list_name(call.funcname) for call in _all(node, "FuncCall")),
            "names": frozenset(_column_names(node)),
            "columns": tuple(part.name or None for part in parts),
            "opclasses": tuple(list_name(part.opclass) if part.opclass else None for part in parts),
            "descending": tuple(part.ordering == pb.SORTBY_DESC for part in parts),
            "include": tuple(entry.index_elem.name for entry in node.index_including_params),
            "method": node.access_method,
            "nulls_distinct": not node.nulls_not_distinct,
            "if_not_exists": node.if_not_exists,
            "only": not node.relation.inh,
        },
    )


def _column_names(node: Any) -> Iterator[str]:
    for reference in _all(node, "ColumnRef"):
        if reference.fields[-1].WhichOneof("node") == "string":
            yield _string(reference.fields[-1])


def _all(message: Any, name: str) -> Iterator[Any]:
    """Every node of a kind."""
    if message.DESCRIPTOR.name == name:
        yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if hasattr(value, "append") or hasattr(value, "add") else (value,):
                yield from _all(item, name)


# --- rows ---


def _select(node: Any) -> Facts:
    tables = _below(node)
    if node.HasField("into_clause"):
        into = node.into_clause.rel
        return Facts("CreateTable", tables | {range_name(into)}, {"as_select": True})
    return Facts("Select", tables, {"locks_rows": any(_all(node, "LockingClause")), "filtered": _limits(node)})


def _limits(node: Any) -> bool:
    if node.op != pb.SETOP_NONE:
        return node.HasField("limit_count") or _limits(node.larg) or _limits(node.rarg)
    return node.HasField("where_clause") or node.HasField("limit_count")


def _update(node: Any) -> Facts:
    targets = [entry.res_target.name for entry in node.target_list]
    return Facts("Update", _below(node), {"columns": frozenset(targets), "filtered": node.HasField("where_clause")})


def _insert(node: Any) -> Facts:
    updates = node.on_conflict_clause.action == pb.ONCONFLICT_UPDATE
    columns = tuple(dict.fromkeys(entry.res_target.name for entry in node.cols))
    return Facts("Insert", _below(node), {"columns": columns, "updates": updates})


def _explain(node: Any) -> Facts:
    for option in node.options:
        if option.def_elem.defname in ("analyze", "analyse"):
            value = option.def_elem.arg
            if value.WhichOneof("node") is None or _word(value) not in ("off", "false", "0"):
                return facts(node.query)
    return Facts("OtherStatement", frozenset(), {})


def _word(node: Any) -> str:
    which = node.WhichOneof("node")
    if which == "string":
        return str(node.string.sval)
    if which == "integer":
        return str(node.integer.ival)
    return "on"


def _copy(node: Any) -> Facts:
    if node.HasField("relation"):
        return Facts("Copy", frozenset({range_name(node.relation)}), {"to_table": node.is_from})
    return Facts("Copy", _below(node.query), {"to_table": node.is_from})


# --- the rest ---


def _vacuum(node: Any) -> Facts:
    tables = frozenset(range_name(entry.vacuum_relation.relation) for entry in node.rels)
    if not node.is_vacuumcmd:
        return Facts("Analyze", tables, {})
    full = any(
        option.def_elem.defname == "full" and _word(option.def_elem.arg) not in ("off", "false", "0")
        for option in node.options
    )
    return Facts("Vacuum", tables, {"full": full})


def _reindex(node: Any) -> Facts:
    kind = {
        pb.REINDEX_OBJECT_INDEX: "index",
        pb.REINDEX_OBJECT_TABLE: "table",
        pb.REINDEX_OBJECT_SCHEMA: "schema",
        pb.REINDEX_OBJECT_SYSTEM: "system",
        pb.REINDEX_OBJECT_DATABASE: "database",
    }[node.kind]
    concurrently = any(
        option.def_elem.defname == "concurrently" and _word(option.def_elem.arg) not in ("off", "false", "0")
        for option in node.params
    )
    tables = frozenset({range_name(node.relation)}) if node.HasField("relation") else frozenset()
    return Facts("Reindex", tables, {"kind": kind, "concurrently": concurrently})


_MODES = (
    "",
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)


def _lock(node: Any) -> Facts:
    tables = frozenset(range_name(entry.range_var) for entry in node.relations)
    return Facts("LockTable", tables, {"mode": _MODES[node.mode]})


def _set(node: Any) -> Facts:
    if node.kind == pb.VAR_SET_MULTI:
        return Facts("OtherStatement", frozenset(), {})
    name = node.name.lower()
    resets = node.kind in (pb.VAR_RESET, pb.VAR_RESET_ALL, pb.VAR_SET_DEFAULT)
    flags: dict[str, object] = {"local": node.is_local}
    if node.kind != pb.VAR_RESET_ALL:
        flags["name"] = name
        flags["resets"] = resets
    return Facts("SetParameter", frozenset(), flags)


def _transaction(node: Any) -> Facts:
    verb = {
        pb.TRANS_STMT_BEGIN: "begin",
        pb.TRANS_STMT_START: "begin",
        pb.TRANS_STMT_COMMIT: "commit",
        pb.TRANS_STMT_ROLLBACK: "rollback",
        pb.TRANS_STMT_SAVEPOINT: "savepoint",
        pb.TRANS_STMT_RELEASE: "savepoint",
        pb.TRANS_STMT_ROLLBACK_TO: "savepoint",
        pb.TRANS_STMT_PREPARE: "prepare",
        pb.TRANS_STMT_COMMIT_PREPARED: "commit",
        pb.TRANS_STMT_ROLLBACK_PREPARED: "rollback",
    }[node.kind]
    return Facts("Transaction", frozenset(), {"verb": verb})


def _comment(node: Any) -> Facts:
    kind = node.objtype
    which = node.object.WhichOneof("node")
    tables: frozenset[str] = frozenset()
    if kind in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
        tables = frozenset({list_name(node.object.list.items)})
    elif kind in (pb.OBJECT_COLUMN, pb.OBJECT_TABCONSTRAINT, pb.OBJECT_TRIGGER, pb.OBJECT_RULE, pb.OBJECT_POLICY):
        assert which == "list"
        tables = frozenset({list_name(list(node.object.list.items)[:-1])})
    return Facts("Comment", tables, {})


def _create_domain(node: Any) -> Facts:
    kinds = {entry.constraint.contype for entry in node.constraints}
    return Facts(
        "CreateDomain",
        frozenset(),
        {
            "type": type_text(node.type_name),
            "constrained": bool(kinds & {pb.CONSTR_CHECK, pb.CONSTR_NOTNULL}),
            "default": pb.CONSTR_DEFAULT in kinds,
        },
    )


def _alter_domain(node: Any) -> Facts:
    verbs = {"C": "add constraint", "V": "validate constraint", "O": "set not null"}
    verb = verbs.get(chr(node.subtype) if isinstance(node.subtype, int) else node.subtype, "other")
    constraint = getattr(node, "def").constraint
    return Facts("AlterDomain", frozenset(), {"verb": verb, "not_valid": constraint.skip_validation})


def _grant(node: Any) -> Facts:
    if node.objtype != pb.OBJECT_TABLE or node.targtype != pb.ACL_TARGET_OBJECT:
        return Facts("OtherStatement", frozenset(), {})
    return Facts("OtherStatement", frozenset(range_name(entry.range_var) for entry in node.objects), {})


def _on_table(kind: str) -> Any:
    def read(node: Any) -> Facts:
        relation = node.table if kind == "AlterPolicy" else node.relation
        return Facts(kind, frozenset({range_name(relation)}), {})

    return read


def _plain(kind: str) -> Any:
    return lambda node: Facts(kind, frozenset(), {})


_READ = {
    "alter_table_stmt": _alter_table,
    "rename_stmt": _rename,
    "alter_object_schema_stmt": _set_schema,
    "alter_owner_stmt": _set_owner,
    "alter_table_move_all_stmt": _plain("OpaqueStatement"),
    "create_stmt": _create,
    "create_foreign_table_stmt": lambda node: _create(node.base_stmt),
    "create_table_as_stmt": _create_as,
    "drop_stmt": _drop,
    "index_stmt": _index,
    "select_stmt": _select,
    "insert_stmt": _insert,
    "update_stmt": _update,
    "delete_stmt": lambda node: Facts("Delete", _below(node), {"filtered": node.HasField("where_clause")}),
    "merge_stmt": lambda node: Facts("Merge", _below(node), {}),
    "explain_stmt": _explain,
    "declare_cursor_stmt": lambda node: facts(node.query),
    "copy_stmt": _copy,
    "truncate_stmt": lambda node: Facts(
        "Truncate",
        frozenset(range_name(entry.range_var) for entry in node.relations),
        {"cascade": node.behavior == pb.DROP_CASCADE},
    ),
    "lock_stmt": _lock,
    "vacuum_stmt": _vacuum,
    "reindex_stmt": _reindex,
    "cluster_stmt": lambda node: Facts(
        "Cluster", frozenset({range_name(node.relation)} if node.HasField("relation") else ()), {}
    ),
    "view_stmt": lambda node: Facts(
        "CreateView",
        frozenset(_below(node.query)) | {range_name(node.view)},
        {"materialized": False, "or_replace": node.replace, "temporary": node.view.relpersistence == "t"},
    ),
    "refresh_mat_view_stmt": lambda node: Facts(
        "RefreshMaterializedView",
        frozenset({range_name(node.relation)}),
        {"concurrently": node.concurrent, "with_data": not node.skip_data},
    ),
    "create_trig_stmt": lambda node: Facts(
        "CreateTrigger", frozenset({range_name(node.relation)}), {"constraint": node.isconstraint}
    ),
    "rule_stmt": _on_table("CreateRule"),
    "create_policy_stmt": _on_table("AlterPolicy"),
    "alter_policy_stmt": _on_table("AlterPolicy"),
    "create_stats_stmt": lambda node: Facts("CreateStatistics", _below(*node.relations), {}),
    "comment_stmt": _comment,
    "create_domain_stmt": _create_domain,
    "alter_domain_stmt": _alter_domain,
    "alter_enum_stmt": lambda node: Facts("AlterEnum", frozenset(), {"adds": not node.old_val}),
    "create_seq_stmt": _plain("CreateSequence"),
    "alter_seq_stmt": _plain("AlterSequence"),
    "transaction_stmt": _transaction,
    "variable_set_stmt": _set,
    "constraints_set_stmt": lambda node: Facts("SetConstraints", frozenset(), {"immediate": not node.deferred}),
    "grant_stmt": _grant,
    "do_stmt": _plain("OpaqueStatement"),
    "call_stmt": _plain("OpaqueStatement"),
    "execute_stmt": _plain("OpaqueStatement"),
}
