"""What a statement does on PostgreSQL: its locks, what it reads and writes in full, and where it fails.

Held against measurements on versions 11 to 18. The manual's general words on it:
https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from __future__ import annotations

from typing import Literal as OneOf

from miglint.effects.danger import is_touching
from miglint.effects.effect import BuildIndex, DropIndexOf, Fails, Lock, UnknownEffect, WriteRows
from miglint.effects.postgresql.alter_table import alter_table
from miglint.effects.postgresql.family import dependent_views, family, partitions, stored
from miglint.effects.postgresql.outcome import Outcome, Session
from miglint.records import dataclass
from miglint.schema.tables import ConstraintState, DatabaseState
from miglint.sql.statement import (
    AlterDomain,
    AlterEnum,
    AlterPolicy,
    AlterSequence,
    AlterTable,
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
)

__all__ = ["Outcome", "Session", "outcome"]


def outcome(statement: Statement, database: DatabaseState, session: Session) -> Outcome:
    """What one statement does to the tables of `database`, the state that it finds."""
    done = Outcome()
    _Executing(database, session, done).execute(statement)
    if done.effects and any(isinstance(one, Fails) for one in done.effects):
        # What is refused reads and writes nothing; maintenance is told all the same, since it will be sent again.
        done.effects[:] = [
            one
            for one in done.effects
            if isinstance(one, Fails | UnknownEffect) or (is_touching(one) and one.cause == "maintenance")
        ]
    return done


@dataclass(frozen=True, slots=True)
class _Executing:
    database: DatabaseState
    session: Session
    done: Outcome

    def execute(self, statement: Statement) -> None:
        done, database = self.done, self.database
        if isinstance(statement, Update | Delete | Insert | Merge | Select | Copy):
            # What stands in WITH runs too.
            for write in statement.writes:
                self.execute(write)
        match statement:
            case AlterTable():
                alter_table(statement, database, self.session, done)
            case CreateTable():
                self._create_table(statement)
            case DropTable(tables, cascade):
                for table in tables:
                    self._drop_table(table, cascade=cascade)
            case Truncate(tables, cascade):
                self._truncate(tables, cascade=cascade)
            case LockTable(tables, mode):
                if not self.session.in_transaction:
                    done.add(Fails("other", "LOCK TABLE holds nothing outside a transaction"))
                    return
                for table in self._behind(tables):
                    done.lock(family(table, database), Lock[mode.replace(" ", "_")])
            case CreateIndex():
                self._create_index(statement)
            case DropIndex():
                self._drop_index(statement)
            case RenameIndex(old):
                # It locks the index alone, but ALTER INDEX takes a table's name too.
                if database.table(old) is not None:
                    done.lock(old, Lock.ACCESS_EXCLUSIVE)
            case Reindex():
                self._reindex(statement)
            case Update(table=table, filtered=filtered, reads=reads):
                self._write(table, "update", filtered=filtered, by_key=self._is_by_index(statement), reads=reads)
            case Delete(table=table, filtered=filtered, reads=reads):
                self._write(table, "delete", filtered=filtered, by_key=self._is_by_index(statement), reads=reads)
            case Insert(table, _, reads, filtered):
                done.lock(table, Lock.ROW_EXCLUSIVE)
                done.add(WriteRows(table, "insert", whole=bool(reads) and not filtered))
                self._read(reads, whole=not filtered)
            case Merge(table, reads):
                done.needs("MERGE", 15, self.session)
                self._write(table, "update", filtered=False, by_key=False, reads=reads)
            case Select(reads, locks_rows, _, filtered):
                self._read(reads, whole=not filtered, lock=Lock.ROW_SHARE if locks_rows else Lock.ACCESS_SHARE)
            case Copy(None, _, reads):
                self._read(reads, whole=True)
            case Copy(table, to_table):
                if table is not None and to_table:
                    done.lock(table, Lock.ROW_EXCLUSIVE)
                    done.add(WriteRows(table, "insert", whole=False))
                elif table is not None:
                    self._read((table,), whole=True)
            case Vacuum(tables, full):
                done.outside("VACUUM", self.session)
                if full:
                    self._write_anew(tables, "VACUUM FULL")
                else:
                    done.lock(tables or self._every_table(), Lock.SHARE_UPDATE_EXCLUSIVE)
            case Analyze(tables):
                named = (one for table in tables for one in family(table, database))
                done.lock(named if tables else self._every_table(), Lock.SHARE_UPDATE_EXCLUSIVE)
            case Cluster(table):
                self._write_anew(() if table is None else (table,), "CLUSTER")
            case CreateView(reads=reads, materialized=materialized, with_data=with_data):
                self._read(reads, whole=materialized and with_data)
            case RefreshMaterializedView():
                self._refresh(statement)
            case CreateTrigger(table=table):
                done.lock(family(table, database), Lock.SHARE_ROW_EXCLUSIVE)
            case DropTrigger(table=table) | CreateRule(table=table) | AlterPolicy(table=table):
                done.lock(table, Lock.ACCESS_EXCLUSIVE)
            case CreateStatistics(table=table):
                done.lock(table, Lock.SHARE_UPDATE_EXCLUSIVE)
            case Comment(on=on, table=table):
                if table is not None:
                    inner = on.casefold() in ("constraint", "policy", "rule", "trigger")
                    done.lock(table, Lock.ACCESS_SHARE if inner else Lock.SHARE_UPDATE_EXCLUSIVE)
            case AlterDomain():
                self._alter_domain(statement)
            case AlterEnum(name, adds):
                # https://www.postgresql.org/docs/12/release-12.html
                if adds and self.session.version < (12,):
                    done.outside(f"ALTER TYPE {name} ADD VALUE", self.session)
            case AlterSequence(owner=owner):
                if owner is not None:
                    done.lock(owner, Lock.ACCESS_SHARE)
            case OpaqueStatement(reason=reason):
                done.add(UnknownEffect(reason))
            case DropView(names, materialized=True, cascade=cascade):
                for name in names:
                    if database.table(name) is not None:
                        done.lock(name, Lock.ACCESS_EXCLUSIVE)
                    if cascade:
                        self._drop_views_of(name)
            case DropView(names, cascade=True):
                for name in names:
                    self._drop_views_of(name)
            case CreateSequence(owner=owner):
                if owner is not None:
                    done.lock(owner, Lock.ACCESS_SHARE)
            case OtherStatement(kind, tables):
                lock = _LOCKS_OF_OTHERS.get(kind)
                # https://www.postgresql.org/docs/18/release-18.html
                if lock is not None and (kind not in ("GRANT", "REVOKE") or self.session.version >= (18,)):
                    done.lock((one for table in tables for one in self._published(kind, table)), lock)
            case CreateDomain() | DropSequence() | DropView() | SetConstraints() | SetParameter() | Transaction():
                return

    # --- tables ---

    def _create_table(self, statement: CreateTable) -> None:
        done, database = self.done, self.database
        for constraint in (
            *statement.constraints,
            *(one for column in statement.columns for one in column.constraints),
        ):
            if constraint.references is not None and constraint.references.table != statement.table:
                done.lock(constraint.references.table, Lock.SHARE_ROW_EXCLUSIVE)
        done.lock(statement.like, Lock.ACCESS_SHARE)
        done.lock(statement.inherits, Lock.SHARE_UPDATE_EXCLUSIVE)
        self._read(statement.reads, whole=True)
        parent = statement.partition_of
        if parent is not None:
            done.lock(parent, Lock.ACCESS_EXCLUSIVE)
            for part in database.parts_of(parent):
                # It may hold rows that the new partition should.
                if part.default_partition:
                    done.lock(part.name, Lock.ACCESS_EXCLUSIVE)
                    done.scan((part.name,), "partition", "the default partition")

    def _drop_table(self, name: str, *, cascade: bool) -> None:
        done, database = self.done, self.database
        for one in family(name, database):
            done.lock(one, Lock.ACCESS_EXCLUSIVE)
            table = database.table(one)
            if table is None:
                continue
            if table.partition_of is not None:
                done.lock(table.partition_of, Lock.ACCESS_EXCLUSIVE)
            for constraint in table.constraints:
                if constraint.references is not None:
                    done.lock(constraint.references.table, Lock.ACCESS_EXCLUSIVE)
        for other, _ in database.referring_to(name):
            if other.name == name:
                continue
            if cascade:
                done.lock(other.name, Lock.ACCESS_EXCLUSIVE)
            else:
                done.add(Fails("other", f"'{other.name}' has a foreign key to '{name}', and there is no CASCADE", name))
        if cascade:
            self._drop_views_of(name)
        else:
            for view in database.views_of(name):
                done.add(Fails("view in the way", f"the view '{view.name}' reads '{name}'", name))

    def _drop_views_of(self, name: str) -> None:
        """What CASCADE takes along: of views, materialized ones are tables to a lock."""
        for view in dependent_views(name, None, self.database):
            if view.kind == "materialized view":
                self.done.lock(view.name, Lock.ACCESS_EXCLUSIVE)

    def _published(self, kind: str, table: str) -> tuple[str, ...]:
        return family(table, self.database) if kind.endswith("PUBLICATION") else (table,)

    def _truncate(self, tables: tuple[str, ...], *, cascade: bool) -> None:
        done, database = self.done, self.database
        waiting, emptied = list(tables), dict.fromkeys(tables)
        while waiting:
            name = waiting.pop()
            for one in family(name, database):
                done.lock(one, Lock.ACCESS_EXCLUSIVE)
            for other, _ in database.referring_to(name):
                if other.name in emptied:
                    continue
                if not cascade:
                    done.add(Fails("other", f"'{other.name}' has a foreign key to '{name}'", name))
                    continue
                emptied[other.name] = None
                waiting.append(other.name)
        done.add(*(WriteRows(name, "delete", whole=True) for name in emptied))

    # --- indexes ---

    def _create_index(self, statement: CreateIndex) -> None:
        done, database = self.done, self.database
        if statement.concurrently:
            done.outside("CREATE INDEX CONCURRENTLY", self.session)
        if not statement.nulls_distinct:
            done.needs("NULLS NOT DISTINCT", 15, self.session)
        lock = Lock.SHARE_UPDATE_EXCLUSIVE if statement.concurrently else Lock.SHARE
        names = (statement.table,) if statement.only else partitions(statement.table, database)
        done.lock(names, lock)
        table = database.table(statement.table)
        if statement.concurrently and not statement.only and table is not None and table.partitioned:
            why = f"'{statement.table}' is partitioned, and no index of such a table is built concurrently"
            done.add(Fails("other", why, statement.table))
            return
        if statement.if_not_exists and statement.name is not None and any(database.named(statement.name)):
            return
        done.add(
            *(
                BuildIndex(one, statement.name, "index", statement.unique, statement.concurrently)
                for one in stored(names, database)
            )
        )

    def _drop_index(self, statement: DropIndex) -> None:
        done = self.done
        if statement.concurrently:
            done.outside("DROP INDEX CONCURRENTLY", self.session)
        lock = Lock.SHARE_UPDATE_EXCLUSIVE if statement.concurrently else Lock.ACCESS_EXCLUSIVE
        for name in statement.names:
            found = tuple(self.database.named(name.rpartition(".")[2]))
            tables = dict.fromkeys(table.name for table, _ in found)
            for table, one in found if len(found) == 1 and not statement.cascade else ():
                if isinstance(one, ConstraintState) and one.kind in ("exclusion", "primary key", "unique"):
                    why = f"the constraint '{one.name}' of '{table.name}' needs the index"
                    done.add(Fails("other", why, table.name))
            for one_of in tables:
                done.lock(family(one_of, self.database), lock)
                done.add(DropIndexOf(one_of, name, statement.concurrently))
            if not tables and not statement.if_exists:
                done.add(UnknownEffect(f"the table of the index '{name}' is not known"))

    def _reindex(self, statement: Reindex) -> None:
        done, name = self.done, statement.name
        if statement.concurrently:
            done.needs("REINDEX CONCURRENTLY", 12, self.session)
            done.outside("REINDEX CONCURRENTLY", self.session)
        tables: tuple[str, ...]
        match statement.kind:
            case "index":
                tables = tuple(dict.fromkeys(table.name for table, _ in self.database.named(name or "")))
                if not tables:
                    done.add(UnknownEffect(f"the table of the index '{name}' is not known"))
            case "table":
                tables = family(name, self.database) if name is not None else ()
            case "schema" | "database" | "system":
                done.outside(f"REINDEX {statement.kind.upper()}", self.session)
                tables = self._every_table()
        lock = Lock.SHARE_UPDATE_EXCLUSIVE if statement.concurrently else Lock.SHARE
        done.lock(tables, lock)
        index = name if statement.kind == "index" else None
        done.add(
            *(
                BuildIndex(one, index, "maintenance", concurrently=statement.concurrently)
                for one in stored(tables, self.database)
            )
        )

    # --- rows ---

    def _write(
        self, table: str, verb: OneOf["delete", "update"], *, filtered: bool, by_key: bool, reads: tuple[str, ...]
    ) -> None:
        # What is written through a view is its table's.
        names = tuple(dict.fromkeys(one for own in self._behind((table,)) for one in family(own, self.database)))
        self.done.lock(names, Lock.ROW_EXCLUSIVE)
        if not by_key:
            self.done.scan(stored(names, self.database), "rows", verb.upper())
        self.done.add(WriteRows(table, verb, whole=not filtered))
        self._read(tuple(one for one in reads if one != table), whole=not by_key)

    def _is_by_index(self, statement: Update | Delete) -> bool:
        """Whether an index leads to the rows: one whose first column WHERE holds to constants."""
        table = self.database.table(statement.table)
        if table is None or table.unknown is not None:
            return statement.by_key
        keyed = [one.columns for one in table.constraints if one.kind in ("primary key", "unique")]
        indexed = [one.columns for one in table.indexes if one.where is None]
        return any(columns and columns[0] in statement.equals for columns in (*keyed, *indexed))

    def _read(self, tables: tuple[str, ...], *, whole: bool, lock: Lock = Lock.ACCESS_SHARE) -> None:
        for table in self._behind(tables):
            names = family(table, self.database)
            self.done.lock(names, lock)
            if whole:
                self.done.scan(stored(names, self.database), "rows", "SELECT")

    def _behind(self, tables: tuple[str, ...]) -> dict[str, None]:
        """The tables that are read where a view is asked."""
        found: dict[str, None] = {}
        waiting = list(reversed(tables))
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            state = self.database.table(name)
            if state is not None and state.kind == "view":
                waiting.extend(reversed(state.reads))
            else:
                found[name] = None
        return found

    # --- maintenance, views, domains ---

    def _write_anew(self, tables: tuple[str, ...], words: str) -> None:
        for table in tables or self._every_table():
            names = family(table, self.database)
            self.done.lock(names, Lock.ACCESS_EXCLUSIVE)
            self.done.rewrite(stored(names, self.database), "maintenance", words)

    def _refresh(self, statement: RefreshMaterializedView) -> None:
        done, name = self.done, statement.name
        done.lock(name, Lock.EXCLUSIVE if statement.concurrently else Lock.ACCESS_EXCLUSIVE)
        state = self.database.table(name)
        if state is None:
            done.add(UnknownEffect(f"what the materialized view '{name}' reads is not known"))
        if statement.concurrently:
            done.scan((name,), "refresh", "REFRESH MATERIALIZED VIEW CONCURRENTLY")
        elif statement.with_data:
            done.rewrite((name,), "refresh", "REFRESH MATERIALIZED VIEW")
        if state is not None and statement.with_data:
            self._read(state.reads, whole=True)

    def _alter_domain(self, statement: AlterDomain) -> None:
        """Every row of every table that has a column of the domain is read: https://www.postgresql.org/docs/current/sql-alterdomain.html"""
        if statement.not_valid or statement.verb == "other":
            return
        for table in self.database.tables():
            if any(column.type is not None and column.type.name == statement.name for column in table.columns.values()):
                self.done.lock(table.name, Lock.SHARE)
                self.done.scan(stored((table.name,), self.database), "domain check", f"the domain '{statement.name}'")

    def _every_table(self) -> tuple[str, ...]:
        return tuple(table.name for table in self.database.tables() if table.kind != "view")


# Statements about other objects that lock the tables which they name.
_LOCKS_OF_OTHERS = {
    "ALTER MATERIALIZED VIEW": Lock.ACCESS_EXCLUSIVE,
    "ALTER PUBLICATION": Lock.SHARE_UPDATE_EXCLUSIVE,
    "ALTER RULE": Lock.ACCESS_EXCLUSIVE,
    "ALTER TRIGGER": Lock.ACCESS_EXCLUSIVE,
    "CREATE PUBLICATION": Lock.SHARE_UPDATE_EXCLUSIVE,
    "DROP RULE": Lock.ACCESS_EXCLUSIVE,
    "GRANT": Lock.ACCESS_SHARE,
    "REVOKE": Lock.ACCESS_SHARE,
}
