"""What statements break for the release that is still running, whoever runs them.

A statement's table is looked up among those of the running release's models: what none of them names, nobody misses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from miglint.effects.breaks import (
    DEFAULT_LOST,
    NO_DEFAULT,
    NOT_COMPUTED,
    NOT_KNOWN_TO_IT,
    NUMBERED_NO_LONGER,
    QUERIES_NAME_IT,
    Break,
    Change,
)
from miglint.effects.postgresql.proof import is_checked_already, keeps_null_out, proves_not_null, refused_null
from miglint.effects.release import KnownTable
from miglint.effects.retyping import retyping
from miglint.facts.values import Unresolved
from miglint.schema.alteration import type_in
from miglint.schema.column import (
    AUTOMATIC,
    FOREIGN_KEYS,
    column_name,
    db_default,
    has_effective_default,
    is_enforced,
    takes_null,
)
from miglint.schema.constraint import against_null, unique_sets
from miglint.schema.state import FieldState, Origin
from miglint.schema.tables import ColumnState, DatabaseState, TableState
from miglint.sql.statement import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AlterDomain,
    AlterTable,
    AlterTableAction,
    AttachPartition,
    ColumnDefinition,
    ColumnType,
    Constraint,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    DropSequence,
    DropTable,
    DropView,
    Expression,
    OpaqueStatement,
    OtherAction,
    OtherStatement,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    SetDefault,
    SetExpression,
    SetNotNull,
    SetSchema,
    Statement,
    UnknownAction,
    ValidateConstraint,
)

_QUERIES_NAME_THE_TABLE = "its queries name the table"


def breaks_of_statements(change: Change) -> Iterator[Break]:
    """What the change's statements break, in their order."""
    for statement in change.statements:
        match statement:
            case AlterTable(table, actions):
                known = change.release.table(table)
                for action in actions:
                    if isinstance(action, AttachPartition):
                        yield from _attached(action, change)
                    elif known is not None:
                        yield from _altered(action, known, change)
            case DropTable(tables, cascade):
                yield from _dropped(tables, "DROP TABLE", change, cascade=cascade)
            case DropView(names, materialized, cascade):
                word = "DROP MATERIALIZED VIEW" if materialized else "DROP VIEW"
                yield from _dropped(names, word, change, cascade=cascade)
            case DropSequence(cascade=True):
                yield from _without_sequence(change)
            case CreateIndex(unique=True):
                known = change.release.table(statement.table)
                if known is not None:
                    yield from _indexed(statement, known, change)
            case AlterDomain(name, verb, not_valid=_) if verb in ("add constraint", "set not null"):
                yield from _constrained_domain(name, verb, change)
            case _:
                # Rows, locks and other objects: no query of a model names them.
                continue


def unknown_in(statements: Iterable[Statement]) -> str | None:
    """Why statements may break more than is known; None where they do not."""
    for statement in statements:
        match statement:
            case OpaqueStatement(reason=reason):
                return reason
            case OtherStatement(kind, text=text) if kind.startswith("DROP") and "cascade" in text.casefold():
                return f"{kind} … CASCADE takes along what depends on it"
            case AlterTable(actions=actions):
                for action in actions:
                    if isinstance(action, UnknownAction):
                        return f"'{action.text}' is not an action of ALTER TABLE that miglint knows"
                    if isinstance(action, AlterColumnType) and action.type is None:
                        return f"the new type of '{action.column}' is not known"
            case _:
                continue
    return None


def _altered(action: AlterTableAction, known: KnownTable, change: Change) -> Iterator[Break]:
    match action:
        case DropColumn(name):
            yield from _dropped_column(name, known, change)
            if action.cascade:
                yield from _views_dropped(known.name, name, "DROP COLUMN", change)
        case RenameColumn(old, new):
            if old in known.columns and _left(known, old, change) is None:
                evidence = _evidence(known, old)
                yield Break(
                    *("renamed column", "reads", known.name, old, QUERIES_NAME_IT, evidence), "RENAME COLUMN", new
                )
        case RenameTable(new):
            if _is_there(known, change):
                yield from _replaced(known, change, "RENAME TO")
            else:
                yield Break(
                    *("renamed table", "reads", known.name, None, _QUERIES_NAME_THE_TABLE, known.made), "RENAME TO", new
                )
        case SetSchema(schema):
            becomes = f"{schema}.{known.name.rpartition('.')[2]}" if schema != "public" else known.name
            if becomes != known.name and not _is_there(known, change):
                yield Break(
                    *("renamed table", "reads", known.name, None, _QUERIES_NAME_THE_TABLE, known.made),
                    "SET SCHEMA",
                    becomes,
                )
        case AddColumn(column, if_not_exists):
            if column.name not in known.columns and not (if_not_exists and _found(known, column.name, change)):
                yield from _added(column, known, change)
        case AlterColumnType(column, kind):
            yield from _retyped(column, kind, known, change, "ALTER COLUMN … TYPE")
        case DropDefault(column):
            yield from _without_default(column, known, change, "DROP DEFAULT")
        case DropIdentity(column) | DropExpression(column):
            word = "DROP IDENTITY" if isinstance(action, DropIdentity) else "DROP EXPRESSION"
            yield from _without_default(column, known, change, word)
        case SetNotNull(column):
            yield from _not_null(column, known, change, "SET NOT NULL")
        case AddConstraint(constraint):
            if constraint.enforced:
                yield from _constrained(constraint, known, change)
        case AddIdentity(column, always=True):
            yield from _numbered(column, known, change)
        case DetachPartition():
            why = "rows of the partition that goes have no place in it any more"
            yield Break("narrowed column", "tightens", known.name, None, why, known.made, "DETACH PARTITION")
        case (
            AddIdentity()
            | AlterConstraint()
            | AttachPartition()
            | DropConstraint()
            | DropNotNull()
            | OtherAction()
            | RenameConstraint()
            | SetDefault()
            | SetExpression()
            | UnknownAction()
            | ValidateConstraint()
        ):
            return


# --- what goes ---


def _dropped_column(name: str, known: KnownTable, change: Change) -> Iterator[Break]:
    if name not in known.columns:
        return
    evidence = _evidence(known, name)
    left = _left(known, name, change)
    if left is None:
        yield Break("dropped column", "reads", known.name, name, QUERIES_NAME_IT, evidence, "DROP COLUMN")
    elif left.made != _made_at_start(known, name, change):
        # It was made anew, perhaps as something else: what it holds now is another matter.
        yield from _retyped(name, left.type, known, change, "DROP COLUMN")
        yield from _not_null(name, known, change, "DROP COLUMN")


def _dropped(names: Iterable[str], word: str, change: Change, *, cascade: bool) -> Iterator[Break]:
    for name in names:
        known = change.release.table(name)
        if known is None:
            pass
        elif _is_there(known, change):
            yield from _replaced(known, change, word)
        else:
            yield Break("dropped table", "reads", known.name, None, _QUERIES_NAME_THE_TABLE, known.made, word)
        if cascade:
            yield from _views_dropped(name, None, word, change)


def _replaced(known: KnownTable, change: Change, word: str) -> Iterator[Break]:
    """A table or view that has taken the place of another may lack columns, or have others under their names."""
    held = _held(known, change.database_end)
    if held is None or not held.columns:
        return
    for name in known.columns:
        if name not in held.columns:
            evidence = _evidence(known, name)
            yield Break("dropped column", "reads", known.name, name, QUERIES_NAME_IT, evidence, word)
        elif held.kind == "table":
            yield from _retyped(name, held.columns[name].type, known, change, word)


def _views_dropped(table: str, column: str | None, word: str, change: Change) -> Iterator[Break]:
    """Views that CASCADE takes along, behind unmanaged models, and the views of those views."""
    seen: set[str] = set()
    pending = [
        view
        for view in change.database_start.views_of(table)
        if column is None or not view.names or column in view.names
    ]
    while pending:
        view = pending.pop(0)
        if view.name in seen:
            continue
        seen.add(view.name)
        known = change.release.table(view.name)
        if known is not None and not _is_there(known, change):
            why = f"the view goes with '{table}'"
            yield Break("dropped table", "reads", known.name, None, why, known.made, f"{word} … CASCADE")
        pending += change.database_start.views_of(view.name)


# --- what INSERTs leave out ---


def _added(column: ColumnDefinition, known: KnownTable, change: Change) -> Iterator[Break]:
    key = any(one.kind == "primary key" for one in column.constraints)
    if column.generated is not None or column.generation is not None:
        if column.generation != "virtual" and _may_overflow(column):
            yield Break("narrowed column", "tightens", known.name, column.name, NOT_COMPUTED, None, "ADD COLUMN")
        return
    if not (column.not_null or key) or column.numbering is not None or _is_value(column.default):
        return
    if _is_required_in(change.database_end, known, column.name) is not False:
        yield Break("required column", "writes", known.name, column.name, NO_DEFAULT, None, "ADD COLUMN")


def _without_default(column: str, known: KnownTable, change: Change, word: str) -> Iterator[Break]:
    """A column that INSERTs leave out, or leave to the database, loses what filled it."""
    if _is_required_in(change.database_end, known, column) is False:
        return
    start = _found(known, column, change)
    if column not in known.columns:
        # Who does not know the column needs a value for it, as soon as it takes no NULL.
        left = _left(known, column, change)
        held = left if left is not None else start
        if held is not None and held.nullable is False:
            yield Break("required column", "writes", known.name, column, f"{NOT_KNOWN_TO_IT} any more", held.made, word)
        return
    state = known.columns[column].state
    if state is None:
        # The `id` that nobody wrote, and nobody writes; `_order` and a parent's key are written.
        if column == "id":
            yield Break("required column", "writes", known.name, column, NUMBERED_NO_LONGER, known.made, word)
        return
    field = state.field
    if field.kind in AUTOMATIC:
        why = NUMBERED_NO_LONGER
    elif field.kind == "GeneratedField":
        if word != "DROP EXPRESSION" or start is None or start.nullable is not False:
            return
        why = "the database computes it no longer"
    elif takes_null(field) is False and db_default(field) is not None and has_effective_default(field) is False:
        why = DEFAULT_LOST
    else:
        return
    yield Break("required column", "writes", known.name, column, why, state, word)


def _without_sequence(change: Change) -> Iterator[Break]:
    """CASCADE takes along the defaults that count by the sequence."""
    for table in change.database_start.tables():
        filled = [one.name for one in table.columns.values() if _fills_itself(one)]
        known = change.release.table(table.name) if filled else None
        if known is None:
            continue
        for column in filled:
            left = _left(known, column, change)
            if left is not None and not _fills_itself(left):
                yield from _without_default(column, known, change, "DROP SEQUENCE … CASCADE")


def _not_null(column: str, known: KnownTable, change: Change, word: str, *, by_check: bool = False) -> Iterator[Break]:
    start = _found(known, column, change)
    left = _left(known, column, change)
    if start is not None and start.nullable is False:
        return
    if not by_check and _takes_null(known, column, change.database_end):
        return
    if column not in known.columns:
        held = left if left is not None else start
        if held is not None and not _fills_itself(held):
            yield Break("required column", "writes", known.name, column, NOT_KNOWN_TO_IT, held.made, word)
        return
    state = known.columns[column].state
    if state is None or takes_null(state.field) is not True or _is_checked_for_null(state, known, change):
        return
    why = f"it took NULL since {state.defined.migration}"
    yield Break("narrowed column", "tightens", known.name, column, why, state, word)


def _numbered(column: str, known: KnownTable, change: Change) -> Iterator[Break]:
    state = known.columns[column].state if column in known.columns else None
    if state is not None and state.field.kind not in AUTOMATIC:
        why = "it takes no value but the next number, and the running release writes one"
        yield Break("required column", "writes", known.name, column, why, state, "ADD GENERATED ALWAYS")


def _fills_itself(column: ColumnState) -> bool:
    return _is_value(column.default) or column.numbering is not None or column.generated is not None


def _is_value(default: Expression | None) -> bool:
    return default is not None and not default.is_null


def _is_required_in(state: DatabaseState, known: KnownTable, column: str) -> bool | None:
    """Whether a column is NOT NULL with nothing to fill it; None where it is not known."""
    held = _held(known, state)
    if held is None:
        return None
    found = held.columns.get(column)
    if found is None or _takes_null(known, column, state) or _fills_itself(found):
        return False
    return True if found.nullable is False else None


def _takes_null(known: KnownTable, column: str, state: DatabaseState) -> bool:
    """Whether NULL goes in for sure; a constraint NOT NULL keeps it out, NOT VALID too."""
    held = _held(known, state)
    found = held.columns.get(column) if held is not None else None
    if held is None or found is None or found.nullable is not True:
        return False
    return not any(one.kind == "not null" and one.columns == (column,) for one in held.constraints)


def _is_checked_for_null(state: FieldState, known: KnownTable, change: Change) -> bool:
    """Whether a check refuses NULL already."""
    if against_null(known.model, state.name) is not None:
        return True
    held = _held(known, change.database_start)
    column = str(column_name(state.field, state.name))
    return held is not None and keeps_null_out(held, column)


# --- what no longer fits ---


def _retyped(column: str, kind: ColumnType | None, known: KnownTable, change: Change, word: str) -> Iterator[Break]:
    if column not in known.columns:
        return
    left = _left(known, column, change)
    new = left.type if left is not None and left.type is not None else kind
    start = _found(known, column, change)
    written = _type_of(column, known, change)
    # What is written fits, be it by the models' type or by what the database made of that before.
    old = [one for one in (written, start.type if start is not None else None) if one is not None]
    if new is None or not old:
        return
    state = known.columns[column].state
    domain = change.database_end.domain(new.name)
    checked = domain is not None and domain.constrained and new not in old
    if domain is not None and domain.type is not None:
        new = domain.type
    answers = [retyping(one, new, change.ground.vendor) for one in old]
    if "same" in answers:
        if checked and domain is not None:
            why = f"its domain '{domain.name}' checks each value"
            yield Break("narrowed column", "tightens", known.name, column, why, state, word)
        return
    why = f"it goes from {old[-1]} to {new}"
    if "narrower" in answers:
        yield Break("narrowed column", "tightens", known.name, column, why, state, word)
    else:
        yield Break("narrowed column", "reads", known.name, column, f"{why}, another kind of value", state, word)


def _type_of(column: str, known: KnownTable, change: Change) -> ColumnType | None:
    """The type by the running release's models."""
    state = known.columns[column].state
    if state is None:
        return None
    kind = type_in(state.field, known.model, known.state, change.ground)
    return None if isinstance(kind, Unresolved) else kind


def _constrained(constraint: Constraint, known: KnownTable, change: Change) -> Iterator[Break]:
    word = _CONSTRAINT_WORDS[constraint.kind]
    columns = constraint.columns
    match constraint.kind:
        case "not null":
            for column in columns or ():
                yield from _not_null(column, known, change, word)
        case "primary key" | "unique":
            if constraint.index is not None:
                columns = _columns_of_index(constraint.index, change)
                # The index keeps twins out already.
            elif (
                columns
                and not _is_unique_already(columns, known, change)
                and not (constraint.nulls_distinct and _stays_null(columns, known, change))
            ):
                yield _uniqueness(columns, known, constraint.name, word)
            if constraint.kind == "primary key":
                for column in columns or ():
                    yield from _not_null(column, known, change, word)
        case "foreign key":
            refers = constraint.references
            if refers is None or not columns or not set(columns) & set(known.columns):
                return
            if not _refers_already(columns, refers.table, known, change):
                why = f"it has to refer to a row of '{refers.table}' that exists"
                one = columns[0] if len(columns) == 1 else None
                yield Break("narrowed column", "tightens", known.name, one, why, known.made, word)
        case "check":
            condition = constraint.condition
            if condition is None:
                return
            new = condition.unknown is None and not condition.names & set(known.columns)
            if new:
                refused = refused_null(condition)
                if refused is not None:
                    yield from _not_null(refused, known, change, word, by_check=True)
                return
            if not _is_checked_already(condition, known, change):
                called = f"'{constraint.name}'" if constraint.name is not None else "the constraint"
                why = f"{called} checks each row that is written"
                yield Break("narrowed column", "tightens", known.name, None, why, known.made, word)
        case "exclusion":
            if columns is None or set(columns) & set(known.columns):
                called = f"'{constraint.name}'" if constraint.name is not None else "the constraint"
                why = f"{called} allows no two rows that overlap"
                yield Break("narrowed column", "tightens", known.name, None, why, known.made, word)


_CONSTRAINT_WORDS = {
    "check": "ADD CHECK",
    "exclusion": "ADD EXCLUDE",
    "foreign key": "ADD FOREIGN KEY",
    "not null": "ADD NOT NULL",
    "primary key": "ADD PRIMARY KEY",
    "unique": "ADD UNIQUE",
}


def _indexed(index: CreateIndex, known: KnownTable, change: Change) -> Iterator[Break]:
    held = _held(known, change.database_start)
    if held is not None and held.kind == "materialized view":
        return
    if index.if_not_exists and index.name is not None and any(change.database_start.named(index.name)):
        return
    columns = tuple(part.column for part in index.parts if part.column is not None)
    word = "CREATE UNIQUE INDEX"
    if len(columns) < len(index.parts):
        names = frozenset().union(
            columns, *(part.expression.names for part in index.parts if part.expression is not None)
        )
        if names & set(known.columns) and not _is_indexed_alike(index, held):
            yield _uniqueness((), known, index.name, word)
        return
    if not set(columns) & set(known.columns) or (index.nulls_distinct and _stays_null(columns, known, change)):
        return
    if not _is_unique_already(columns, known, change) and not _is_indexed_alike(index, held):
        yield _uniqueness(columns, known, index.name, word)


def _uniqueness(columns: tuple[str, ...], known: KnownTable, name: str | None, word: str) -> Break:
    called = f"'{name}'" if name is not None else "the constraint" if word.startswith("ADD") else "the index"
    alike = f"with the same {', '.join(columns)}" if columns else "that are alike"
    why = f"{called} allows no two rows {alike}"
    return Break("narrowed column", "tightens", known.name, None, why, known.made, word)


def _is_unique_already(columns: Iterable[str], known: KnownTable, change: Change) -> bool:
    wanted = frozenset(columns)
    if known.joining is None:
        fields = known.model.fields
        for promised in unique_sets(known.model):
            names = {str(column_name(fields[one].field, one)) if one in fields else one for one in promised}
            if names <= wanted:
                return True
    if "id" in wanted and "id" in known.columns and known.columns["id"].field is None:
        return True
    held = _held(known, change.database_start)
    if held is None:
        return False
    constraints = (one.columns for one in held.constraints if one.kind in ("primary key", "unique"))
    indexes = (one.columns for one in held.indexes if one.unique and one.where is None)
    return any(columns and set(columns) <= wanted for columns in (*constraints, *indexes))


def _is_indexed_alike(index: CreateIndex, held: TableState | None) -> bool:
    """Whether the table has had such an index, under whatever name."""
    if held is None:
        return False
    columns = None if any(part.column is None for part in index.parts) else tuple(part.column for part in index.parts)
    where = index.where.sql if index.where is not None else None
    return any(
        one.unique
        and one.columns == columns
        and (one.where.sql if one.where is not None else None) == where
        and (columns is not None or one.name == index.name)
        for one in held.indexes
    )


def _stays_null(columns: Iterable[str], known: KnownTable, change: Change) -> bool:
    """Whether the running release does not know one of the columns, and so leaves it NULL: NULLs differ."""
    held = _held(known, change.database_end)
    for column in columns:
        if column in known.columns:
            continue
        found = held.columns.get(column) if held is not None else None
        if found is None or not _fills_itself(found):
            return True
    return False


def _columns_of_index(name: str, change: Change) -> tuple[str, ...]:
    for state in (change.database_start, change.database_end):
        for _, held in state.named(name):
            return held.columns or ()
    return ()


def _refers_already(columns: tuple[str, ...], target: str, known: KnownTable, change: Change) -> bool:
    if len(columns) == 1 and columns[0] in known.columns:
        state = known.columns[columns[0]].state
        if known.joining is not None:
            return is_enforced(known.joining.field) is True
        if state is not None and state.field.kind in FOREIGN_KEYS and is_enforced(state.field) is True:
            return True
    held = _held(known, change.database_start)
    return held is not None and any(
        one.kind == "foreign key"
        and one.columns == columns
        and (one.references is None or one.references.table == target)
        for one in held.constraints
    )


def _is_checked_already(condition: Expression, known: KnownTable, change: Change) -> bool:
    held = _held(known, change.database_start)
    if held is None:
        return False
    if any(proves_not_null(condition, name) and one.nullable is False for name, one in held.columns.items()):
        # One part of it may be news, if there are several.
        return refused_null(condition) is not None
    return is_checked_already(condition, held)


def _attached(action: AttachPartition, change: Change) -> Iterator[Break]:
    known = change.release.table(action.partition)
    if known is not None:
        why = "only rows of its partition go in any more"
        yield Break("narrowed column", "tightens", known.name, None, why, known.made, "ATTACH PARTITION")


def _constrained_domain(name: str, verb: str, change: Change) -> Iterator[Break]:
    why = f"its domain '{name}' " + ("takes no NULL any more" if verb == "set not null" else "checks each value")
    for table in change.database_start.tables():
        for column in table.columns.values():
            if column.type is None or column.type.name != name:
                continue
            known = change.release.table(table.name)
            if known is not None and column.name in known.columns:
                evidence = _evidence(known, column.name)
                yield Break("narrowed column", "tightens", known.name, column.name, why, evidence, "ALTER DOMAIN")


def _may_overflow(column: ColumnDefinition) -> bool:
    """Whether a stored column calculates, or what it gives has to fit a length."""
    limited = column.type is not None and column.type.name in ("varchar", "char") and column.type.sizes
    return bool(limited) or (column.generated is not None and _ARITHMETIC.search(column.generated.sql) is not None)


_ARITHMETIC = re.compile(r"[-+*/%^]")


# --- what is known of the table ---


def _held(known: KnownTable, state: DatabaseState) -> TableState | None:
    """The table as the database has it; None where that is not known."""
    held = state.table(known.name)
    return held if held is not None and held.unknown is None else None


def _is_there(known: KnownTable, change: Change) -> bool:
    """Whether the migration leaves a table or view of the name: made anew, renamed to it, or put in its place."""
    start, end = change.database_start.table(known.name), change.database_end.table(known.name)
    if end is None or end.unknown is None:
        return end is not None
    # Of what was made anew not all need be known.
    return start is not None and start.made != end.made


def _found(known: KnownTable, column: str, change: Change) -> ColumnState | None:
    """A column as the migration finds it."""
    return _left_in(change.database_start, known, column)


def _left(known: KnownTable, column: str, change: Change) -> ColumnState | None:
    """A column as the migration leaves it, under its name."""
    return _left_in(change.database_end, known, column)


def _left_in(state: DatabaseState, known: KnownTable, column: str) -> ColumnState | None:
    held = _held(known, state)
    return held.columns.get(column) if held is not None else None


def _made_at_start(known: KnownTable, column: str, change: Change) -> Origin | None:
    found = _found(known, column, change)
    return found.made if found is not None else None


def _evidence(known: KnownTable, column: str) -> Origin | FieldState:
    state = known.columns[column].state if column in known.columns else None
    return state if state is not None else known.made
