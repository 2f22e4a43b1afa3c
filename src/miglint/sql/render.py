"""Statements → PostgreSQL's text, quoted as Django's schema editor quotes."""

from __future__ import annotations

from miglint.sql.statement import (
    LEFT_OUT,
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AlterDomain,
    AlterEnum,
    AlterPolicy,
    AlterSequence,
    AlterTable,
    AlterTableAction,
    Analyze,
    AttachPartition,
    Cluster,
    ColumnDefinition,
    ColumnType,
    Comment,
    Constraint,
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
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropIndex,
    DropNotNull,
    DropSequence,
    DropTable,
    DropTrigger,
    DropView,
    ForeignKey,
    IndexPart,
    Insert,
    LockTable,
    Merge,
    OpaqueStatement,
    OtherAction,
    OtherStatement,
    RefreshMaterializedView,
    Reindex,
    RenameColumn,
    RenameConstraint,
    RenameIndex,
    RenameTable,
    Select,
    SetConstraints,
    SetDefault,
    SetExpression,
    SetNotNull,
    SetParameter,
    SetSchema,
    Statement,
    Transaction,
    Truncate,
    UnknownAction,
    Update,
    Vacuum,
    ValidateConstraint,
)


def rendered(statement: Statement) -> str:
    """The statement's own text where the type keeps it; else as Django would write it, `…` for what is not known."""
    if text := getattr(statement, "text", ""):
        return str(text)
    match statement:
        case AlterTable(table, actions, if_exists, only):
            head = _words("ALTER TABLE", if_exists and "IF EXISTS", only and "ONLY", quoted(table))
            return f"{head} {', '.join(map(_action, actions))}"
        case CreateTable():
            return _create_table(statement)
        case DropTable(tables, cascade, if_exists):
            return _words("DROP TABLE", if_exists and "IF EXISTS", _names(tables), cascade and "CASCADE")
        case Truncate(tables, cascade):
            return _words("TRUNCATE", _names(tables), cascade and "CASCADE")
        case LockTable(tables, mode):
            return f"LOCK TABLE {_names(tables)} IN {mode} MODE"
        case CreateIndex():
            return _create_index(statement)
        case DropIndex(names, concurrently, cascade, if_exists):
            return _words(
                "DROP INDEX",
                concurrently and "CONCURRENTLY",
                if_exists and "IF EXISTS",
                _names(names),
                cascade and "CASCADE",
            )
        case RenameIndex(old, new, if_exists):
            return _words("ALTER INDEX", if_exists and "IF EXISTS", quoted(old), "RENAME TO", _name(new))
        case Reindex(kind, name, concurrently):
            return _words("REINDEX", kind.upper(), concurrently and "CONCURRENTLY", name and quoted(name))
        case Update(table, columns, filtered):
            assignments = ", ".join(f"{_name(column)} = {LEFT_OUT}" for column in columns)
            return _words(f"UPDATE {quoted(table)} SET {assignments}", filtered and f"WHERE {LEFT_OUT}")
        case Delete(table, filtered):
            return _words(f"DELETE FROM {quoted(table)}", filtered and f"WHERE {LEFT_OUT}")
        case Insert(table, columns, reads):
            listed = columns and _listed(columns)
            source = f"SELECT {LEFT_OUT} FROM {_names(reads)}" if reads else f"VALUES ({LEFT_OUT})"
            return _words(f"INSERT INTO {quoted(table)}", listed, source)
        case Merge(table):
            return f"MERGE INTO {quoted(table)} {LEFT_OUT}"
        case Select(reads, locks_rows):
            return _words(f"SELECT {LEFT_OUT}", reads and f"FROM {_names(reads)}", locks_rows and "FOR UPDATE")
        case Copy(table, to_table):
            what = f"({LEFT_OUT})" if table is None else quoted(table)
            return f"COPY {what} {'FROM' if to_table else 'TO'} {LEFT_OUT}"
        case Vacuum(tables, full):
            return _words("VACUUM", full and "FULL", _names(tables))
        case Analyze(tables):
            return _words("ANALYZE", _names(tables))
        case Cluster(table):
            return _words("CLUSTER", table and quoted(table))
        case CreateView():
            return _create_view(statement)
        case DropView(names, materialized, cascade, if_exists):
            kind = "DROP MATERIALIZED VIEW" if materialized else "DROP VIEW"
            return _words(kind, if_exists and "IF EXISTS", _names(names), cascade and "CASCADE")
        case RefreshMaterializedView(name, concurrently, with_data):
            head = _words("REFRESH MATERIALIZED VIEW", concurrently and "CONCURRENTLY", quoted(name))
            return _words(head, not with_data and "WITH NO DATA")
        case CreateTrigger(name, table, constraint):
            kind = "CREATE CONSTRAINT TRIGGER" if constraint else "CREATE TRIGGER"
            return f"{kind} {_name(name)} {LEFT_OUT} ON {quoted(table)} {LEFT_OUT} EXECUTE FUNCTION {LEFT_OUT}"
        case DropTrigger(name, table, if_exists):
            return _words("DROP TRIGGER", if_exists and "IF EXISTS", _name(name), "ON", quoted(table))
        case CreateRule(name, table):
            return f"CREATE RULE {_name(name)} AS ON {LEFT_OUT} TO {quoted(table)} DO {LEFT_OUT}"
        case AlterPolicy(verb, name, table):
            return f"{verb.upper()} POLICY {_name(name)} ON {quoted(table)}"
        case CreateStatistics(name, table):
            return _words("CREATE STATISTICS", name and quoted(name), f"ON {LEFT_OUT} FROM {quoted(table)}")
        case Comment(on, table, column):
            what = quoted(table) if table else LEFT_OUT
            return f"COMMENT ON {on.upper()} {what}{f'.{_name(column)}' if column else ''} IS {LEFT_OUT}"
        case CreateDomain(name, of_type, constrained, default):
            return _words(
                f"CREATE DOMAIN {quoted(name)} AS {_type(of_type)}",
                default and f"DEFAULT {default.sql}",
                constrained and f"CHECK ({LEFT_OUT})",
            )
        case AlterDomain(name, verb, not_valid):
            action = {
                "add constraint": f"ADD CHECK ({LEFT_OUT})",
                "validate constraint": f"VALIDATE CONSTRAINT {LEFT_OUT}",
                "set not null": "SET NOT NULL",
                "other": LEFT_OUT,
            }[verb]
            return _words(f"ALTER DOMAIN {quoted(name)}", action, not_valid and "NOT VALID")
        case AlterEnum(name, adds):
            return f"ALTER TYPE {quoted(name)} {'ADD' if adds else 'RENAME'} VALUE {LEFT_OUT}"
        case CreateSequence(name, if_not_exists, owner):
            return _words(
                "CREATE SEQUENCE",
                if_not_exists and "IF NOT EXISTS",
                quoted(name),
                owner and f"OWNED BY {quoted(owner)}.{LEFT_OUT}",
            )
        case AlterSequence():
            return _alter_sequence(statement)
        case DropSequence(names, cascade, if_exists):
            return _words("DROP SEQUENCE", if_exists and "IF EXISTS", _names(names), cascade and "CASCADE")
        case Transaction(verb):
            return "PREPARE TRANSACTION" if verb == "prepare" else verb.upper()
        case SetParameter(name, None, local):
            return f"SET LOCAL {name} = DEFAULT" if local else f"RESET {name}"
        case SetParameter(name, value, local):
            return _words("SET", local and "LOCAL", f"{name} = {value}")
        case SetConstraints(names, immediate):
            which = _names(names) if names else "ALL"
            return f"SET CONSTRAINTS {which} {'IMMEDIATE' if immediate else 'DEFERRED'}"
        case OtherStatement(kind, tables):
            return _words(kind, _names(tables))
        case OpaqueStatement(kind):
            return f"{kind} {LEFT_OUT}"


def quoted(name: str) -> str:
    """A table's name, or that of anything else in a schema."""
    schema, dot, inner = name.partition(".")
    return f"{_name(schema)}.{_name(inner)}" if dot and schema and inner else _name(name)


def _name(name: str) -> str:
    inner = name.replace('"', '""')
    return f'"{inner}"'


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(map(quoted, names))


def _listed(names: tuple[str, ...] | None) -> str:
    return f"({LEFT_OUT})" if names is None else f"({', '.join(map(_name, names))})"


def _words(*words: str | bool | tuple[()] | object | None) -> str:
    return " ".join(word for word in words if isinstance(word, str) and word)


# --- tables ---


def _create_table(table: CreateTable) -> str:
    head = _words(
        "CREATE",
        table.temporary and "TEMPORARY",
        "TABLE",
        table.if_not_exists and "IF NOT EXISTS",
        quoted(table.table),
    )
    elements = [
        *(f"LIKE {quoted(other)}" for other in table.like),
        *map(_column, table.columns),
        *map(_constraint, table.constraints),
    ]
    body = f"({', '.join(elements)})"
    if table.partition_of is not None:
        bound = "DEFAULT" if table.default_partition else f"FOR VALUES {LEFT_OUT}"
        return _words(f"{head} PARTITION OF {quoted(table.partition_of)}", elements and body, bound)
    if table.as_select:
        source = f"SELECT {LEFT_OUT}" + (f" FROM {_names(table.reads)}" if table.reads else "")
        return _words(head, elements and body, "AS", source)
    return _words(
        f"{head} {body}",
        table.inherits and f"INHERITS ({_names(table.inherits)})",
        table.partitioned and f"PARTITION BY {LEFT_OUT}",
    )


def _column(column: ColumnDefinition) -> str:
    words: list[str | bool] = [_name(column.name)]
    if column.numbering == "serial" and column.type is not None:
        words.append(_SERIALS.get(column.type.name, "serial"))
    else:
        words.append(_type(column.type))
    if column.collation is not None:
        words.append(f"COLLATE {quoted(column.collation)}")
    if column.default is not None:
        words.append(f"DEFAULT {column.default.sql}")
    if column.generated is not None:
        words.append(f"GENERATED ALWAYS AS ({column.generated.sql}) {(column.generation or 'stored').upper()}")
    if column.not_null:
        words.append("NOT NULL")
    elif column.generated is None and not any(own.kind == "primary key" for own in column.constraints):
        words.append("NULL")
    for own in column.constraints:
        words.append(_own_constraint(own))
        if own.kind == "primary key" and column.numbering == "identity":
            words.append(_IDENTITY)
    if column.numbering == "identity" and not any(own.kind == "primary key" for own in column.constraints):
        words.append(_IDENTITY)
    return _words(*words)


_IDENTITY = "GENERATED BY DEFAULT AS IDENTITY"
_SERIALS = {"integer": "serial", "bigint": "bigserial", "smallint": "smallserial"}


def _type(column_type: ColumnType | None) -> str:
    if column_type is None:
        return LEFT_OUT
    if column_type.of is not None:
        return f"{_type(column_type.of)}[{', '.join(map(str, column_type.sizes))}]"
    name = column_type.name
    if name == "char" and not column_type.sizes:
        # `char` alone is char(1).
        return "bpchar"
    if not column_type.sizes:
        return name
    # The precision stands before WITH TIME ZONE.
    first, *rest = name.split(" ", 1) if name.startswith("time") else (name,)
    return _words(f"{first}({', '.join(map(str, column_type.sizes))})", *rest)


# --- constraints ---


def _own_constraint(constraint: Constraint) -> str:
    name = constraint.name is not None and f"CONSTRAINT {_name(constraint.name)}"
    nulls = not constraint.nulls_distinct and "NULLS NOT DISTINCT"
    what: str
    match constraint.kind:
        case "check":
            what = f"CHECK ({constraint.condition.sql if constraint.condition else LEFT_OUT})"
        case "foreign key":
            what = _references(constraint.references, "")
        case "primary key" | "unique" | "exclusion" | "not null":
            what = _words(constraint.kind.upper(), nulls)
    return _words(name, what, _is_deferrable(constraint) and _DEFERRABLE)


_DEFERRABLE = "DEFERRABLE INITIALLY DEFERRED"


def _is_deferrable(constraint: Constraint) -> bool:
    return constraint.deferrable or (constraint.references is not None and constraint.references.deferrable)


def _references(references: ForeignKey | None, gap: str) -> str:
    if references is None:
        return f"REFERENCES {LEFT_OUT}"
    columns = f"{gap}{_listed(references.columns)}" if references.columns else ""
    return _words(
        f"REFERENCES {quoted(references.table)}{columns}",
        references.on_delete and f"ON DELETE {references.on_delete}",
    )


def _constraint(constraint: Constraint) -> str:
    name = constraint.name is not None and f"CONSTRAINT {_name(constraint.name)}"
    nulls = not constraint.nulls_distinct and "NULLS NOT DISTINCT"
    include = constraint.include and f"INCLUDE {_listed(constraint.include)}"
    what: str
    match constraint.kind:
        case "check":
            what = f"CHECK ({constraint.condition.sql if constraint.condition else LEFT_OUT})"
        case "foreign key":
            what = f"FOREIGN KEY {_listed(constraint.columns)} {_references(constraint.references, ' ')}"
        case "not null":
            what = f"NOT NULL {', '.join(map(_name, constraint.columns or ()))}"
        case "primary key" | "unique":
            kind = constraint.kind.upper()
            if constraint.index is not None:
                what = f"{kind} USING INDEX {_name(constraint.index)}"
            else:
                what = _words(kind, nulls, _listed(constraint.columns), include)
        case "exclusion":
            what = _words(
                "EXCLUDE",
                constraint.method and f"USING {constraint.method}",
                f"({constraint.elements or LEFT_OUT})",
                include,
                constraint.condition and f"WHERE ({constraint.condition.sql})",
            )
    held = "NOT ENFORCED" if not constraint.enforced else constraint.not_valid and "NOT VALID"
    return _words(name, what, _is_deferrable(constraint) and _DEFERRABLE, held)


# --- ALTER TABLE ---


def _action(action: AlterTableAction) -> str:
    match action:
        case AddColumn(column, if_not_exists):
            return _words("ADD COLUMN", if_not_exists and "IF NOT EXISTS", _column(column))
        case DropColumn(name, cascade, if_exists):
            return _words("DROP COLUMN", if_exists and "IF EXISTS", _name(name), cascade and "CASCADE")
        case RenameColumn(old, new):
            return f"RENAME COLUMN {_name(old)} TO {_name(new)}"
        case RenameTable(new):
            return f"RENAME TO {_name(new)}"
        case RenameConstraint(old, new):
            return f"RENAME CONSTRAINT {_name(old)} TO {_name(new)}"
        case SetSchema(schema):
            return f"SET SCHEMA {_name(schema)}"
        case AlterColumnType(column, to, using, _, collation):
            return _words(
                f"ALTER COLUMN {_name(column)} TYPE {_type(to)}",
                collation is not None and f"COLLATE {quoted(collation)}",
                using and f"USING {using.sql}",
            )
        case SetDefault(column, default):
            return f"ALTER COLUMN {_name(column)} SET DEFAULT {default.sql}"
        case DropDefault(column):
            return f"ALTER COLUMN {_name(column)} DROP DEFAULT"
        case SetNotNull(column):
            return f"ALTER COLUMN {_name(column)} SET NOT NULL"
        case DropNotNull(column):
            return f"ALTER COLUMN {_name(column)} DROP NOT NULL"
        case SetExpression(column, expression):
            return f"ALTER COLUMN {_name(column)} SET EXPRESSION AS ({expression.sql})"
        case DropExpression(column, if_exists):
            return _words(f"ALTER COLUMN {_name(column)} DROP EXPRESSION", if_exists and "IF EXISTS")
        case AddIdentity(column, always):
            identity = "GENERATED ALWAYS AS IDENTITY" if always else _IDENTITY
            return f"ALTER COLUMN {_name(column)} ADD {identity}"
        case DropIdentity(column, if_exists):
            return _words(f"ALTER COLUMN {_name(column)} DROP IDENTITY", if_exists and "IF EXISTS")
        case AddConstraint(constraint):
            return f"ADD {_constraint(constraint)}"
        case DropConstraint(name, cascade, if_exists):
            return _words("DROP CONSTRAINT", if_exists and "IF EXISTS", _name(name), cascade and "CASCADE")
        case AlterConstraint(name, enforced):
            how = "" if enforced is None else "ENFORCED" if enforced else "NOT ENFORCED"
            return _words(f"ALTER CONSTRAINT {_name(name)}", how)
        case ValidateConstraint(name):
            return f"VALIDATE CONSTRAINT {_name(name)}"
        case AttachPartition(partition, default, bound):
            values = "DEFAULT" if default else f"FOR VALUES {bound or LEFT_OUT}"
            return f"ATTACH PARTITION {quoted(partition)} {values}"
        case DetachPartition(partition, concurrently, finalize):
            return _words(
                f"DETACH PARTITION {quoted(partition)}", concurrently and "CONCURRENTLY", finalize and "FINALIZE"
            )
        case OtherAction(kind, table, name, text):
            named = name if name is not None else table
            return text or _words(kind.upper(), quoted(named) if named else LEFT_OUT)
        case UnknownAction(text):
            return text


# --- indexes, views, sequences ---


def _create_index(index: CreateIndex) -> str:
    return _words(
        "CREATE",
        index.unique and "UNIQUE",
        "INDEX",
        index.concurrently and "CONCURRENTLY",
        index.if_not_exists and "IF NOT EXISTS",
        index.name and quoted(index.name),
        "ON",
        index.only and "ONLY",
        quoted(index.table),
        index.method and f"USING {index.method}",
        f"({', '.join(map(_part, index.parts))})",
        index.include and f"INCLUDE {_listed(index.include)}",
        not index.nulls_distinct and "NULLS NOT DISTINCT",
        index.where and f"WHERE {index.where.sql}",
    )


def _part(part: IndexPart) -> str:
    if part.column is not None:
        what = _name(part.column)
    else:
        what = f"({part.expression.sql if part.expression else LEFT_OUT})"
    return _words(
        what,
        part.collation is not None and f"COLLATE {quoted(part.collation)}",
        part.opclass,
        part.descending and "DESC",
    )


def _create_view(view: CreateView) -> str:
    return _words(
        "CREATE",
        view.or_replace and "OR REPLACE",
        view.temporary and "TEMPORARY",
        view.materialized and "MATERIALIZED",
        "VIEW",
        view.if_not_exists and "IF NOT EXISTS",
        quoted(view.name),
        f"AS SELECT {LEFT_OUT}",
        view.reads and f"FROM {_names(view.reads)}",
        not view.with_data and "WITH NO DATA",
    )


def _alter_sequence(sequence: AlterSequence) -> str:
    owner = ""
    if sequence.owner is not None:
        column = LEFT_OUT if sequence.owner_column is None else _name(sequence.owner_column)
        owner = f"OWNED BY {quoted(sequence.owner)}.{column}"
    return _words(
        "ALTER SEQUENCE",
        sequence.if_exists and "IF EXISTS",
        quoted(sequence.name),
        sequence.type and f"AS {_type(sequence.type)}",
        owner,
    )
