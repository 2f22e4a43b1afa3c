"""What ALTER TABLE does: AlterTableGetLockLevel and the ATExec… functions of the server, in small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from miglint.effects.effect import BuildIndex, Cause, Fails, Lock, RewriteTable, ScanTable, UnknownEffect
from miglint.effects.new_column import given, refusals
from miglint.effects.postgresql.conversion import Conversion, conversion, is_castable
from miglint.effects.postgresql.family import dependent_views, family, partitions, stored
from miglint.effects.postgresql.outcome import Outcome, Session
from miglint.effects.postgresql.proof import proves_not_null, proves_partition
from miglint.effects.volatility import Unsure, Volatile
from miglint.records import dataclass
from miglint.schema.tables import ColumnState, ConstraintState, DatabaseState, TableState
from miglint.sql.statement import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AlterTable,
    AlterTableAction,
    AttachPartition,
    ColumnDefinition,
    ColumnType,
    Constraint,
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
from miglint.sql.type_names import PLAIN_TEXTS


def alter_table(statement: AlterTable, database: DatabaseState, session: Session, done: Outcome) -> None:
    table = database.table(statement.table)
    if statement.if_exists and table is None:
        # Nothing that is known made it: where it is there, it is nobody's that reads this.
        return
    names = (statement.table,) if statement.only else family(statement.table, database)
    altering = _Altering(statement, table, names, database, session, done)
    for action in statement.actions:
        reached = names if _recurses(action) else (statement.table,)
        if isinstance(action, AddConstraint) and action.constraint.kind in _INDEXED and session.version < (18,):
            # Heirs have indexes of their own; measured on 14, 16 and 18, which locks them all the same.
            reached = tuple(one for one in reached if one in partitions(statement.table, database))
        done.lock(reached, _lock_of(action, session))
        altering.act(action)
    _settle(done)


_INDEXED = ("exclusion", "unique")


def _recurses(action: AlterTableAction) -> bool:
    """Whether it is about the table's heirs and partitions too: ATPrepCmd of the server's tablecmds.c."""
    match action:
        case AttachPartition() | DetachPartition() | RenameTable() | SetSchema():
            return False
        case OtherAction(kind):
            return kind in ("set attributes", "set compression", "set statistics", "set storage", "trigger")
        case _:
            return True


def _lock_of(action: AlterTableAction, session: Session) -> Lock:
    """The lock that an action takes on the table itself."""
    match action:
        case AddConstraint(constraint) if constraint.kind == "foreign key":
            return Lock.SHARE_ROW_EXCLUSIVE
        case ValidateConstraint():
            return Lock.SHARE_UPDATE_EXCLUSIVE
        case AttachPartition():
            # https://www.postgresql.org/docs/12/release-12.html
            return Lock.SHARE_UPDATE_EXCLUSIVE if session.version >= (12,) else Lock.ACCESS_EXCLUSIVE
        case DetachPartition(concurrently=True) | DetachPartition(finalize=True):
            return Lock.SHARE_UPDATE_EXCLUSIVE
        case OtherAction(kind):
            return _LOCKS.get(kind, Lock.ACCESS_EXCLUSIVE)
        case _:
            return Lock.ACCESS_EXCLUSIVE


_LOCKS: dict[OtherActionKind, Lock] = {
    "cluster on": Lock.SHARE_UPDATE_EXCLUSIVE,
    "set attributes": Lock.SHARE_UPDATE_EXCLUSIVE,
    "set parameters": Lock.SHARE_UPDATE_EXCLUSIVE,
    "set statistics": Lock.SHARE_UPDATE_EXCLUSIVE,
    "set without cluster": Lock.SHARE_UPDATE_EXCLUSIVE,
    "trigger": Lock.SHARE_ROW_EXCLUSIVE,
}


def _settle(done: Outcome) -> None:
    """Writing every row anew reads it too, and what is refused reads nothing."""
    effects = done.effects
    if not effects:
        return
    if any(isinstance(one, Fails) for one in effects):
        effects[:] = [one for one in effects if isinstance(one, Fails | UnknownEffect)]
        return
    rewritten = {one.table for one in effects if isinstance(one, RewriteTable)}
    if rewritten:
        effects[:] = [
            one
            for one in effects
            if not (isinstance(one, ScanTable) and one.table in rewritten and one.cause in _DONE_IN_PASSING)
            and not (isinstance(one, BuildIndex) and one.table in rewritten and one.cause == "index rebuild")
        ]


_DONE_IN_PASSING = ("check", "column check", "not null")


@dataclass(frozen=True, slots=True)
class _Altering:
    """One ALTER TABLE; `names` are the table and all that it reaches."""

    statement: AlterTable
    table: TableState | None
    names: tuple[str, ...]
    database: DatabaseState
    session: Session
    done: Outcome

    @property
    def stored(self) -> tuple[str, ...]:
        """The tables that hold its rows: itself and its heirs, or its partitions."""
        return tuple(stored(self.names, self.database))

    def act(self, action: AlterTableAction) -> None:
        done = self.done
        match action:
            case AddColumn(column, if_not_exists):
                if not (if_not_exists and self._column(column.name) is not None):
                    self._add_column(column)
            case DropColumn(name, cascade):
                self._drop_column(name, cascade=cascade)
            case AlterColumnType():
                self._alter_type(action)
            case SetNotNull(column):
                self._set_not_null(column)
            case SetExpression(column):
                done.needs("SET EXPRESSION", 17, self.session)
                state = self._column(column)
                if state is None or state.generation != "virtual":
                    done.rewrite(self.stored, "expression", f"SET EXPRESSION of {column}")
            case AddConstraint(constraint):
                self._add_constraint(constraint)
            case DropConstraint(name, cascade):
                self._drop_constraint(name, cascade=cascade)
            case ValidateConstraint(name):
                self._validate(name)
            case AlterConstraint(name):
                known = self._constraint(name)
                if known is not None and known.references is not None and action.enforced:
                    done.lock(known.references.table, Lock.ACCESS_EXCLUSIVE)
            case AttachPartition():
                self._attach(action)
            case DetachPartition():
                self._detach(action)
            case OtherAction(kind, parent):
                if kind in _MOVING and not self._is_kept_so(action):
                    done.rewrite(self.stored, "storage", kind.upper())
                if parent is not None:
                    done.lock(parent, Lock.ACCESS_SHARE if kind == "no inherit" else Lock.SHARE_UPDATE_EXCLUSIVE)
            case UnknownAction(text):
                done.add(UnknownEffect(f"{text} is not known to miglint"))
            case (
                AddIdentity()
                | DropDefault()
                | DropExpression()
                | DropIdentity()
                | DropNotNull()
                | RenameColumn()
                | RenameConstraint()
                | RenameTable()
                | SetDefault()
                | SetSchema()
            ):
                return

    # --- columns ---

    def _add_column(self, column: ColumnDefinition) -> None:
        done = self.done
        if self.table is not None and self.table.partition_of is not None:
            why = f"'{self.table.name}' is a partition of '{self.table.partition_of}', whose columns it has"
            done.add(Fails("other", why, self.table.name, column.name))
        if column.unknown is not None:
            done.add(UnknownEffect(column.unknown))
        domain = self.database.domain(column.type.name) if column.type is not None and column.type.of is None else None
        if domain is not None and column.default is None and domain.default is not None:
            column = replace(column, default=domain.default)
        held = given(column)
        if column.generation is not None:
            self._generate(column)
        elif column.numbering is not None:
            done.rewrite(self.stored, "numbering", "a number from a sequence for each row")
        elif domain is not None and domain.constrained:
            # A domain's checks are run for each row, be they all NULL.
            done.rewrite(self.stored, "domain", f"the checks of the domain '{domain.name}'")
        elif isinstance(held, Volatile):
            done.rewrite(self.stored, "volatile default", held.sql)
        elif isinstance(held, Unsure):
            done.add(UnknownEffect(held.reason))
        elif held is not None and self.session.version < (11,):
            # Since 11 a value that holds for all rows is kept beside the table:
            # https://www.postgresql.org/docs/11/release-11.html
            done.rewrite(self.stored, "constant default", "DEFAULT")
        done.add(*refusals(column, self.statement.table))
        filled = held is not None or column.numbering is not None or column.generation is not None
        for constraint in column.constraints:
            self._add_with_column(constraint, column, filled=filled)

    def _add_with_column(self, constraint: Constraint, column: ColumnDefinition, *, filled: bool) -> None:
        """A constraint that comes with its column, which is `filled` where rows get something else than NULL."""
        done = self.done
        match constraint.kind:
            case "check" if not constraint.enforced:
                return
            case "check":
                # Verified for each row at once, be they all NULL: there is no inline NOT VALID.
                shown = constraint.condition.sql if constraint.condition is not None else column.name
                done.scan(self.stored, "column check", f"CHECK ({shown})")
            case "unique" | "primary key":
                done.add(*(BuildIndex(one, constraint.name, constraint.kind, unique=True) for one in self.stored))
            case "foreign key":
                # A column that is NULL in every row has nothing to look up.
                self._refer(constraint, scans=filled)
            case "exclusion" | "not null":
                return

    def _generate(self, column: ColumnDefinition) -> None:
        if column.generation == "stored":
            # https://www.postgresql.org/docs/12/ddl-generated-columns.html
            self.done.needs("a generated column", 12, self.session)
            self.done.rewrite(self.stored, "stored generation", "GENERATED ALWAYS AS (…) STORED")
            return
        # Computed when it is read; a NOT NULL is verified all the same.
        self.done.needs("a virtual generated column", 18, self.session)
        if column.not_null:
            self.done.scan(self.stored, "not null", f"NOT NULL on {column.name}")

    def _keep_the_key(self, name: str) -> None:
        if self.table is not None and name in self.table.partition_key:
            why = f"the partitions of '{self.table.name}' are told apart by '{name}'"
            self.done.add(Fails("other", why, self.table.name, name))

    def _drop_column(self, name: str, *, cascade: bool) -> None:
        done = self.done
        self._keep_the_key(name)
        for constraint in self._constraints_on(name):
            if constraint.references is not None:
                done.lock(constraint.references.table, Lock.ACCESS_EXCLUSIVE)
        self._drop_references((name,), cascade=cascade)
        if not cascade:
            done.add(*self._still_referred_to(lambda columns: name in columns))
            for other in self.table.columns.values() if self.table is not None else ():
                if other.generated is not None and name in other.generated.names and other.name != name:
                    why = f"the generated column '{other.name}' is computed from '{name}', and there is no CASCADE"
                    done.add(Fails("other", why, self.statement.table, name))
        if cascade:
            for view in dependent_views(self.statement.table, name, self.database):
                if view.kind == "materialized view":
                    done.lock(view.name, Lock.ACCESS_EXCLUSIVE)
        else:
            for view in self.database.views_of(self.statement.table):
                if name in view.names or "*" in view.names:
                    why = f"the view '{view.name}' needs the column '{name}', and there is no CASCADE"
                    done.add(Fails("view in the way", why, self.statement.table, name))

    def _still_referred_to(self, needs: Callable[[Collection[str]], bool]) -> Iterator[Fails]:
        """Foreign keys, of whichever table, that would lose what they refer to."""
        key = self._key()
        for other, constraint in self.database.referring_to(self.statement.table):
            references = constraint.references
            own = other.name == self.statement.table and constraint.columns is not None and needs(constraint.columns)
            if references is not None and not own and needs(references.columns or key):
                why = f"the foreign key '{constraint.name}' of '{other.name}' needs it, and there is no CASCADE"
                yield Fails("other", why, self.statement.table)

    def _drop_references(self, columns: tuple[str, ...] | None, *, cascade: bool) -> None:
        """Foreign keys of other tables go with the key that they refer to."""
        key = self._key()
        for other, constraint in self.database.referring_to(self.statement.table):
            references = constraint.references
            if references is None or other.name == self.statement.table or columns is None:
                continue
            if set(references.columns or key) & {*columns}:
                self.done.lock(other.name, Lock.ACCESS_EXCLUSIVE)

    def _alter_type(self, action: AlterColumnType) -> None:
        done, name = self.done, action.column
        for view in self.database.views_of(self.statement.table):
            if name in view.names or "*" in view.names:
                why = f"the view '{view.name}' uses the column '{name}'"
                done.add(Fails("view in the way", why, self.statement.table, name))
        self._keep_the_key(name)
        for trigger, columns in self.table.triggers.items() if self.table is not None else ():
            if name in columns:
                why = f"the trigger '{trigger}' fires on the column '{name}'"
                done.add(Fails("other", why, self.statement.table, name))
        state = self._column(name)
        for other in self.table.columns.values() if self.table is not None else ():
            if other.generated is not None and name in other.generated.names and other.name != name:
                why = f"the generated column '{other.name}' is computed from '{name}'"
                done.add(Fails("other", why, self.statement.table, name))
        effect = self._conversion(action, state)
        written = action.using is not None
        if state is not None and state.type is not None and action.type is not None and effect == "rows":
            own = action.using_is_cast or not written
            if own and not is_castable(self._base(state.type), self._base(action.type), explicitly=written):
                how = "" if written else " by itself"
                why = f"there is no cast that makes '{name}' {action.type} of {state.type}{how}"
                done.add(Fails("other", why, self.statement.table, name))
        # The constraint is dropped and made anew, and with it the triggers on the other table.
        for constraint in self._constraints_on(name):
            if constraint.references is not None and constraint.references.table != self.statement.table:
                done.lock(constraint.references.table, Lock.ACCESS_EXCLUSIVE)
                self._look_up_again(constraint, action, state, (*self.stored, constraint.references.table))
        key = self._key()
        for other_table, constraint in self.database.referring_to(self.statement.table):
            references = constraint.references
            if references is not None and name in (references.columns or key):
                if other_table.name != self.statement.table:
                    done.lock(other_table.name, Lock.ACCESS_EXCLUSIVE)
                self._look_up_again(constraint, action, state, (other_table.name, *self.stored))
        if effect == "unknown":
            done.add(UnknownEffect(f"the type that '{self.statement.table}.{name}' has is not known"))
        elif effect == "rows":
            done.rewrite(self.stored, "type", f"{_shown(state)} to {action.type}")
        else:
            self._rebuild(name, every=effect == "indexes" or self._recollates(action, state))
            self._check_again(name)

    def _conversion(self, action: AlterColumnType, state: ColumnState | None) -> Conversion:
        if action.type is None:
            return "unknown"
        using = None if action.using_is_cast else action.using
        # Any expression but the column itself is computed for each row.
        if using is not None and using.sql.replace('"', "").strip("() ") != action.column:
            return "rows"
        domain = self.database.domain(action.type.name) if action.type.of is None else None
        if domain is not None:
            if domain.constrained:
                return "rows"
            if domain.type is None:
                return "unknown"
        if state is None or state.type is None:
            return "unknown"
        old, new = self._base(state.type), domain.type if domain is not None and domain.type else action.type
        return conversion(old, new, self.session)

    def _look_up_again(
        self,
        constraint: ConstraintState,
        action: AlterColumnType,
        state: ColumnState | None,
        tables: tuple[str, ...],
    ) -> None:
        """A foreign key is validated anew where its columns are compared otherwise than before."""
        if state is None or state.type is None or action.type is None or not constraint.validated:
            return
        if state.type.name != action.type.name and not {state.type.name, action.type.name} <= PLAIN_TEXTS:
            self.done.scan(dict.fromkeys(tables), "foreign key", f"FOREIGN KEY {constraint.name or ''}".strip())

    def _recollates(self, action: AlterColumnType, state: ColumnState | None) -> bool:
        was = state.collation if state is not None else None
        return action.collation != was

    def _rebuild(self, name: str, *, every: bool) -> None:
        """Indexes on the column that are made anew: all, or those whose expressions and conditions are planned anew."""
        if self.table is None:
            return
        for index in self.table.indexes:
            touches = name in (index.columns or ()) or name in index.include or name in index.mentions
            if touches and (every or index.mentions or index.columns is None):
                self.done.add(
                    *(BuildIndex(one, index.name, "index rebuild", unique=index.unique) for one in self.stored)
                )
        for constraint in self._kept():
            keyed = constraint.kind in ("primary key", "unique", "exclusion") and name in (constraint.columns or ())
            if keyed and (every or constraint.condition is not None):
                self.done.add(*(BuildIndex(one, constraint.name, "index rebuild", unique=True) for one in self.stored))

    def _check_again(self, name: str) -> None:
        for constraint in self._kept():
            if constraint.kind == "check" and constraint.validated and name in (constraint.columns or ()):
                self.done.scan(self.stored, "type", f"the check {constraint.name or ''} on {name}".replace("  ", " "))

    def _set_not_null(self, name: str) -> None:
        state = self._column(name)
        if state is not None and state.nullable is False:
            return
        if self._is_proven(name):
            return
        self.done.scan(self.stored, "not null", f"SET NOT NULL on {name}")

    def _is_proven(self, name: str) -> bool:
        """A CHECK that is already validated proves it, so the server skips the scan since 12.

        https://www.postgresql.org/docs/12/release-12.html
        """
        if self.session.version < (12,):
            return False
        return any(
            one.validated
            and (
                (one.kind == "check" and one.condition is not None and proves_not_null(one.condition, name))
                or (one.kind == "not null" and one.columns == (name,))
            )
            for one in self._kept()
        )

    # --- constraints ---

    def _add_constraint(self, constraint: Constraint) -> None:
        done = self.done
        match constraint.kind:
            case "foreign key":
                self._refer(constraint, scans=True)
            case "check":
                if not constraint.not_valid and constraint.enforced:
                    shown = constraint.condition.sql if constraint.condition is not None else constraint.name or ""
                    done.scan(self.stored, "check", f"CHECK ({shown})")
            case "not null":
                done.needs("ADD CONSTRAINT … NOT NULL", 18, self.session)
                if not constraint.not_valid:
                    for name in constraint.columns or ():
                        self._set_not_null(name)
            case "unique" | "primary key" | "exclusion":
                if not constraint.nulls_distinct:
                    done.needs("NULLS NOT DISTINCT", 15, self.session)
                if self.table is not None and constraint.kind != "exclusion" and constraint.columns:
                    left_out = set(self.table.partition_key) - set(constraint.columns)
                    if left_out:
                        why = f"'{self.table.name}' is partitioned by '{min(left_out)}', which is not among its columns"
                        done.add(Fails("other", why, self.table.name))
                if constraint.index is None:
                    unique = constraint.kind != "exclusion"
                    parts = stored(partitions(self.statement.table, self.database), self.database)
                    done.add(*(BuildIndex(one, constraint.name, constraint.kind, unique=unique) for one in parts))
                if constraint.kind == "primary key":
                    for name in constraint.columns or self._indexed(constraint.index):
                        self._set_not_null(name)

    def _indexed(self, name: str | None) -> tuple[str, ...]:
        for index in self.table.indexes if self.table is not None else ():
            if index.name == name:
                return index.columns or ()
        return ()

    def _refer(self, constraint: Constraint, *, scans: bool) -> None:
        """A foreign key that comes: the other table gets triggers, and the server joins the two to find strays."""
        references = constraint.references
        if references is None:
            return
        self.done.lock(references.table, Lock.SHARE_ROW_EXCLUSIVE)
        if scans and not constraint.not_valid:
            other = stored(family(references.table, self.database), self.database)
            detail = f"FOREIGN KEY ({', '.join(constraint.columns or ())}) REFERENCES {references.table}"
            self.done.scan(dict.fromkeys((*self.stored, *other)), "foreign key", detail)

    def _drop_constraint(self, name: str, *, cascade: bool) -> None:
        constraint = self._constraint(name)
        if constraint is None:
            return
        if constraint.references is not None:
            self.done.lock(constraint.references.table, Lock.ACCESS_EXCLUSIVE)
        elif constraint.kind in ("primary key", "unique") and cascade:
            self._drop_references(constraint.columns, cascade=cascade)
        elif constraint.kind in ("primary key", "unique") and constraint.columns:
            wanted = set(constraint.columns)
            others = (one.columns for one in self.table.constraints if one is not constraint) if self.table else ()
            if not any(columns and set(columns) == wanted for columns in others):
                self.done.add(*self._still_referred_to(lambda columns: set(columns) == wanted))

    def _validate(self, name: str) -> None:
        constraint = self._constraint(name)
        if constraint is not None and constraint.validated:
            return
        tables = self.stored
        if constraint is not None and constraint.references is not None:
            other = constraint.references.table
            self.done.lock(other, Lock.ROW_SHARE)
            tables = tuple(dict.fromkeys((*tables, *stored(family(other, self.database), self.database))))
        cause: Cause = "check"
        if constraint is not None and (constraint.kind == "foreign key" or constraint.kind == "not null"):
            cause = constraint.kind
        self.done.scan(tables, cause, f"VALIDATE CONSTRAINT {name}")

    # --- partitions ---

    def _attach(self, action: AttachPartition) -> None:
        partition = action.partition
        self.done.lock(partition, Lock.ACCESS_EXCLUSIVE)
        part = self.database.table(partition)
        if part is None or not proves_partition(part, self.table, action.bound):
            self.done.scan(stored(family(partition, self.database), self.database), "partition", "the bounds")
        self._leave_the_default()

    def _leave_the_default(self) -> None:
        """The default partition may hold rows that the new one should."""
        for part in self.database.parts_of(self.statement.table):
            if part.default_partition:
                self.done.lock(part.name, Lock.ACCESS_EXCLUSIVE)
                self.done.scan((part.name,), "partition", "the default partition")

    def _detach(self, action: DetachPartition) -> None:
        done, session = self.done, self.session
        if action.concurrently:
            done.needs("DETACH PARTITION … CONCURRENTLY", 14, session)
            done.outside("DETACH PARTITION … CONCURRENTLY", session)
        done.lock(action.partition, Lock.ACCESS_EXCLUSIVE)
        for part in self.database.parts_of(self.statement.table):
            # What it takes changes with the partitions that there are.
            if part.default_partition and part.name != action.partition:
                done.lock(part.name, Lock.ACCESS_EXCLUSIVE)
                if action.concurrently:
                    why = f"'{part.name}' is the default partition, next to which none is detached concurrently"
                    done.add(Fails("other", why, self.statement.table))

    # --- what is there ---

    def _is_kept_so(self, action: OtherAction) -> bool:
        """Whether the table is kept as SET LOGGED and its like would have it: then nothing is moved."""
        table = self.table
        if table is None or table.unknown is not None:
            return False
        match action.kind:
            case "set logged":
                return not table.unlogged
            case "set unlogged":
                return table.unlogged
            case "set tablespace":
                return action.name == (table.tablespace or "pg_default")
            case "set access method":
                return action.name == (table.access_method or "heap")
            case _:
                return False

    def _column(self, name: str) -> ColumnState | None:
        return self.table.columns.get(name) if self.table is not None else None

    def _kept(self) -> tuple[ConstraintState, ...]:
        """The constraints that the statement does not drop: that comes first, wherever it stands (AT_PASS_DROP)."""
        dropped = {action.name for action in self.statement.actions if isinstance(action, DropConstraint)}
        return tuple(one for one in self.table.constraints if one.name not in dropped) if self.table is not None else ()

    def _constraint(self, name: str) -> ConstraintState | None:
        for one in self.table.constraints if self.table is not None else ():
            if one.name == name:
                return one
        return None

    def _constraints_on(self, column: str) -> Iterator[ConstraintState]:
        for one in self.table.constraints if self.table is not None else ():
            if column in (one.columns or ()):
                yield one

    def _key(self) -> tuple[str, ...]:
        for one in self.table.constraints if self.table is not None else ():
            if one.kind == "primary key":
                return one.columns or ()
        return ()

    def _base(self, kind: ColumnType) -> ColumnType:
        domain = self.database.domain(kind.name) if kind.of is None else None
        return domain.type if domain is not None and domain.type is not None else kind


_MOVING = ("set access method", "set logged", "set tablespace", "set unlogged")


def _shown(state: ColumnState | None) -> str:
    return str(state.type) if state is not None and state.type is not None else "its type"
