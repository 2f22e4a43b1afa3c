"""What is read from SQL, held against PostgreSQL's own parser on PostgreSQL's own regression suite."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping

import postgast
import pytest
from sql.postgresql_suite import UnavailableError, suite
from sql.postgresql_tree import Facts, facts

from miglint.sql.parse import parse
from miglint.sql.split import split
from miglint.sql.statement import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AlterDomain,
    AlterEnum,
    AlterPolicy,
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
    Insert,
    LockTable,
    Merge,
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


@pytest.fixture(scope="module")
def scripts() -> dict[str, str]:
    try:
        return suite()
    except UnavailableError as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def statements(scripts: dict[str, str]) -> list[tuple[str, Facts]]:
    """Every statement that PostgreSQL's grammar accepts: the suite holds some that it is meant to refuse."""
    parts = (part for text in scripts.values() for part in _parts(text) or ())
    return [(part, found) for part in parts if (found := _tree(part)) is not None]


def test_statements_are_parted_as_by_postgresql(scripts: dict[str, str]) -> None:
    same = total = 0
    different = []
    for name, text in scripts.items():
        if (parts := _parts(text)) is None:
            continue
        theirs = Counter(map(_bare, parts))
        ours = Counter(text[part.start : part.tokens[-1].end] for part in split(text))
        total += sum(theirs.values())
        same += sum((theirs & ours).values())
        different += [(name, part) for part in theirs - ours]
    print(f"\nsplits: {same} of {total}, {same / total:.2%}", *different[:5], sep="\n  ")
    assert total > 35_000
    assert same / total >= 0.995


def test_kinds_tables_and_flags_are_those_that_postgresql_sees(statements: list[tuple[str, Facts]]) -> None:
    total = kinds = tables = flagged = flags = 0
    different: list[tuple[str, object, object, str]] = []
    for sql, theirs in statements:
        total += 1
        written = parse(sql)
        if len(written) != 1:
            different.append(("kind", theirs.kind, len(written), sql))
            continue
        ours = _facts(written[0].statement)
        if ours.kind != theirs.kind:
            different.append(("kind", theirs.kind, written[0].statement, sql))
            continue
        kinds += 1
        if ours.tables == theirs.tables:
            tables += 1
        else:
            different.append(("tables", sorted(theirs.tables), sorted(ours.tables), sql))
        if theirs.flags:
            flagged += 1
            odd = {key: value for key, value in theirs.flags.items() if ours.flags.get(key) != value}
            flags += not odd
            if odd:
                different.append(("flags", odd, {key: ours.flags.get(key) for key in odd}, sql))
    print(f"\nkinds: {kinds} of {total}, {kinds / total:.2%}")
    print(f"tables: {tables} of {kinds}, {tables / kinds:.2%}")
    print(f"flags: {flags} of {flagged}, {flags / flagged:.2%}")
    if where := os.environ.get("MIGLINT_DIFFERENCES"):
        with open(where, "w", encoding="utf-8") as file:
            for what, theirs_, ours_, sql in different:
                file.write(f"--- {what}: {theirs_} | {ours_}\n{_bare(sql)}\n")
    assert total > 35_000
    assert kinds / total >= 0.995
    assert tables / kinds >= 0.995
    assert flags / flagged >= 0.995


def _parts(text: str) -> list[str] | None:
    """As PostgreSQL's scanner parts it; None where a string in it has no end or an identifier no letters."""
    try:
        return [part for part in postgast.split(text, method="scanner") if _bare(part)]
    except postgast.PgQueryError:
        return None


_LEADING = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*(?:[^*]|\*(?!/))*\*/)*")


def _bare(part: str) -> str:
    """Without the comments before it."""
    leading = _LEADING.match(part)
    assert leading is not None
    return part[leading.end() :].rstrip()


def _tree(sql: str) -> Facts | None:
    try:
        found = postgast.parse(sql)
    except postgast.PgQueryError:
        return None
    return facts(found.stmts[0].stmt) if len(found.stmts) == 1 else None


# --- what miglint reads, in the same words ---


def _facts(statement: Statement) -> Facts:
    return Facts(type(statement).__name__, frozenset(_tables(statement)), dict(_flags(statement)))


def _tables(statement: Statement) -> Iterator[str]:
    match statement:
        case AlterTable(table, actions):
            yield table
            for action in actions:
                match action:
                    case AddColumn(column):
                        yield from _referred(column.constraints)
                    case AddConstraint(constraint):
                        yield from _referred((constraint,))
                    case AttachPartition(partition) | DetachPartition(partition):
                        yield partition
                    case OtherAction(_, str(parent)):
                        yield parent
        case CreateTable(table, columns, constraints):
            yield table
            yield from _referred(constraints)
            for column in columns:
                yield from _referred(column.constraints)
            yield from (*statement.inherits, *statement.like, *statement.reads)
            if statement.partition_of is not None:
                yield statement.partition_of
        case DropTable(names) | DropIndex(names) | DropView(names) | DropSequence(names):
            yield from names
        case Truncate(names) | LockTable(names) | Vacuum(names) | Analyze(names):
            yield from names
        case CreateIndex(_, table) | CreateTrigger(_, table) | DropTrigger(_, table) | CreateRule(_, table):
            yield table
        case AlterPolicy(_, _, table) | CreateStatistics(_, table):
            yield table
        case RenameIndex(name) | RefreshMaterializedView(name):
            yield name
        case Reindex(kind, str(name)) if kind in ("index", "table"):
            yield name
        case Update(table) | Delete(table) | Insert(table) | Merge(table):
            yield table
            yield from statement.reads
            for write in statement.writes:
                yield from _tables(write)
        case Select(reads):
            yield from reads
            for write in statement.writes:
                yield from _tables(write)
        case Copy(copied, _, reads, writes):
            yield from reads
            for write in writes:
                yield from _tables(write)
            if copied is not None:
                yield copied
        case Cluster(str(table)) | Comment(_, str(table)):
            yield table
        case CreateView(name, reads):
            yield name
            yield from reads
        case OtherStatement(_, tables):
            yield from tables
        case _:
            pass


def _referred(constraints: tuple[Constraint, ...]) -> Iterator[str]:
    return (own.references.table for own in constraints if own.references is not None)


def _flags(statement: Statement) -> Mapping[str, object]:
    match statement:
        case AlterTable(_, actions, if_exists, only):
            return {"actions": tuple(map(_action, actions)), "only": only, "if_exists": if_exists}
        case CreateTable():
            return {
                "columns": tuple(map(_column, statement.columns)),
                "constraints": tuple(map(_constraint, statement.constraints)),
                "temporary": statement.temporary,
                "partitioned": statement.partitioned,
                "partition": statement.partition_of is not None,
                "default": statement.default_partition,
                "if_not_exists": statement.if_not_exists,
                "as_select": statement.as_select,
            }
        case DropIndex():
            return {
                "cascade": statement.cascade,
                "if_exists": statement.if_exists,
                "concurrently": statement.concurrently,
            }
        case DropTable() | DropView() | DropSequence():
            return {"cascade": statement.cascade, "if_exists": statement.if_exists}
        case CreateIndex():
            used = [part.expression for part in statement.parts if part.expression is not None]
            used += [statement.where] if statement.where is not None else []
            return {
                "functions": frozenset[str]().union(*(expression.functions for expression in used)),
                "names": frozenset[str]().union(*(expression.names for expression in used)),
                "name": statement.name,
                "unique": statement.unique,
                "concurrently": statement.concurrently,
                "where": statement.where is not None,
                "columns": tuple(part.column for part in statement.parts),
                "opclasses": tuple(part.opclass for part in statement.parts),
                "descending": tuple(part.descending for part in statement.parts),
                "include": statement.include,
                "method": statement.method or "btree",
                "nulls_distinct": statement.nulls_distinct,
                "if_not_exists": statement.if_not_exists,
                "only": statement.only,
            }
        case RenameIndex(_, new):
            return {"new": new}
        case Select(_, locks_rows, _, filtered):
            return {"locks_rows": locks_rows, "filtered": filtered}
        case Update(_, columns, filtered):
            return {"columns": frozenset(columns), "filtered": filtered}
        case Delete(_, filtered):
            return {"filtered": filtered}
        case Insert(_, columns):
            return {"columns": columns, "updates": statement.updates}
        case Copy(_, to_table):
            return {"to_table": to_table}
        case Truncate(_, cascade):
            return {"cascade": cascade}
        case LockTable(_, mode):
            return {"mode": mode}
        case Vacuum(_, full):
            return {"full": full}
        case Reindex(kind, _, concurrently):
            return {"kind": kind, "concurrently": concurrently}
        case CreateView():
            return {
                "materialized": statement.materialized,
                "or_replace": statement.or_replace,
                "temporary": statement.temporary,
                "with_data": statement.with_data,
            }
        case RefreshMaterializedView(_, concurrently, with_data):
            return {"concurrently": concurrently, "with_data": with_data}
        case CreateTrigger(_, _, constraint):
            return {"constraint": constraint}
        case CreateDomain(_, of_type, constrained, default):
            return {"type": _type(of_type), "constrained": constrained, "default": default is not None}
        case AlterDomain(_, verb, not_valid):
            return {"verb": verb, "not_valid": not_valid}
        case AlterEnum(_, adds):
            return {"adds": adds}
        case Transaction(verb):
            return {"verb": verb}
        case SetParameter(name, value, local):
            return {"name": name.lower(), "resets": value is None, "local": local}
        case SetConstraints(_, immediate):
            return {"immediate": immediate}
        case _:
            return {}


def _type(found: ColumnType | None) -> str | None:
    if found is None:
        return None
    if found.of is not None:
        return f"{_type(found.of)}[]"
    # The tree keeps an interval's fields as a mask, and a type's own modifiers beside its name.
    return "interval" if found.name.startswith("interval") else found.name.partition("(")[0]


def _sizes(found: ColumnType | None) -> tuple[int, ...]:
    while found is not None and found.of is not None:
        found = found.of
    return () if found is None or found.name.startswith("interval") else found.sizes


def _column(column: ColumnDefinition) -> tuple[object, ...]:
    return (
        column.name,
        _type(column.type),
        _sizes(column.type),
        column.not_null,
        column.default is not None,
        column.numbering == "identity",
        column.generated is not None,
        tuple(own.kind for own in column.constraints),
    )


def _constraint(constraint: Constraint) -> tuple[object, ...]:
    keyed = constraint.kind in ("primary key", "unique", "not null", "foreign key")
    return (
        constraint.kind,
        constraint.name,
        constraint.columns if keyed else None,
        constraint.not_valid,
        constraint.index,
        constraint.deferrable,
        not constraint.nulls_distinct,
        len(constraint.include),
    )


def _action(action: AlterTableAction) -> tuple[object, ...]:
    kind = type(action).__name__
    match action:
        case AddColumn(column, if_not_exists):
            return (kind, _column(column), if_not_exists)
        case AddConstraint(constraint):
            return (kind, _constraint(constraint))
        case DropColumn(name, cascade) | DropConstraint(name, cascade):
            return (kind, name, cascade)
        case RenameColumn(old, new) | RenameConstraint(old, new):
            return (kind, old, new)
        case RenameTable(new) | SetSchema(new):
            return (kind, new)
        case AlterColumnType(column, to, using):
            return (kind, column, _type(to), _sizes(to), using is not None)
        case AttachPartition(partition, default):
            return (kind, partition, default)
        case DetachPartition(partition, concurrently):
            return (kind, partition, concurrently)
        case OtherAction(other):
            return (kind, other)
        case AlterConstraint(name) | ValidateConstraint(name):
            return (kind, name)
        case SetDefault(column) | SetExpression(column):
            return (kind, column)
        case DropDefault(column) | SetNotNull(column) | DropNotNull(column) | DropExpression(column):
            return (kind, column)
        case AddIdentity(column) | DropIdentity(column):
            return (kind, column)
        case UnknownAction(text):
            return (kind, text)
