"""What statements do to a live database, in words: who waits for whom, and while what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.effects.effect import (
    BuildIndex,
    Cause,
    DropIndexOf,
    Fails,
    Lock,
    RewriteTable,
    Run,
    ScanTable,
    UnknownEffect,
    WriteRows,
)
from miglint.plans import MigrationPlan, OperationPlan
from miglint.sql.statement import Truncate

# The worst that is to be said of an operation or a migration.
Grade: TypeAlias = OneOf["fails", "blocks", "breaks", "locks", "unknown", "safe"]

# Of tables, indexes and operations that may be many, this many are named.
_FEW = 4


class Consequence(NamedTuple):
    """What one run does: `work` goes over rows, `waits` is who waits meanwhile; empty where nothing, or nobody.

    `beside_sql` is the work without the reasons that the statement itself gives.
    """

    run: Run
    work: str
    beside_sql: str
    waits: str

    @property
    def unknown(self) -> tuple[str, ...]:
        """Why it is not known what it does; each ends the sentence "unknown because …"."""
        reasons = [effect.reason for effect in self.run.effects if isinstance(effect, UnknownEffect)]
        return tuple(dict.fromkeys(reasons))

    @property
    def locks_rows(self) -> bool:
        """Whether every row of a table stays locked for other writers, and no more than that."""
        return bool(self.work and _filled(self.run)) and not self.run.blocking

    @property
    def meanwhile(self) -> str:
        """Who waits while it runs, or that nobody does; empty where it takes an instant."""
        if self.waits and (self.run.scans or self.unknown):
            return f"while {self.waits}"
        if self.waits or not self.work or not self.run.scans:
            return ""
        if self.locks_rows:
            return "while reads go on"
        writes = any(isinstance(effect, WriteRows) for effect in self.run.effects)
        return f"while reads and {'other ' if writes else ''}writes go on"


class Verdict(NamedTuple):
    """One sentence about a migration: its first words, which sum it up, and the rest."""

    grade: Grade
    label: str
    rest: str


def grade_of(operation: OperationPlan) -> Grade:
    if operation.fails is not None:
        return "fails"
    if operation.dangerous:
        return "blocks"
    if operation.breaks != "none":
        return "breaks"
    if locked_rows(operation):
        return "locks"
    return "safe" if operation.analysed else "unknown"


def locked_rows(operation: OperationPlan) -> tuple[str, ...]:
    """The tables of which it keeps every row locked, while nothing else keeps others from them."""
    return tuple(sorted({table for run in operation.runs if not run.blocking for table in _filled(run)}))


def consequences(migration: MigrationPlan) -> dict[str, tuple[Consequence, ...]]:
    """What each operation's runs do, by its index, in the order in which the operation has them."""
    told: dict[int, Consequence] = {}
    # Which operation's lock it is that others wait for: by transaction and table.
    takers: dict[tuple[int, str], tuple[Lock, str]] = {}
    for operation, run in in_order(migration):
        for table, lock in run.takes.items():
            place = (run.transaction, table)
            # Outside of a transaction nothing stays locked. A stronger lock that lets the same people wait is no news.
            if (
                lock.blocks
                and run.transaction
                and (place not in takers or len(takers[place][0].blocks) < len(lock.blocks))
            ):
                takers[place] = (lock, operation.index)
        blocking = {table: takers.get((run.transaction, table)) for table, _ in run.blocking}
        since = {table: taker[1] for table, taker in blocking.items() if taker and taker[1] != operation.index}
        told[id(run)] = Consequence(run, _work(run, ""), _work(run, run.sql.upper()), _waits(run.blocking, since))
    return {operation.index: tuple(told[id(run)] for run in operation.runs) for operation in migration.operations}


def in_order(migration: MigrationPlan) -> Iterator[tuple[OperationPlan, Run]]:
    """Every run as the database meets it: what is deferred comes last."""
    for deferred in (False, True):
        for operation in migration.operations:
            for run in operation.runs:
                if run.deferred is deferred:
                    yield operation, run


def verdicts(migration: MigrationPlan) -> tuple[Verdict, ...]:
    """What is to be known before anybody runs it, the worst first."""
    operations = migration.operations
    told = consequences(migration)
    everything = [one for operation in operations for one in told[operation.index]]
    found: list[Verdict] = []
    failing = [operation for operation in operations if operation.fails is not None]
    if failing:
        label = "Fails where there are rows" if all(map(needs_rows, failing)) else "Fails"
        found.append(Verdict("fails", label, f": {_operations(failing)}."))
    dangerous = [operation for operation in operations if operation.dangerous]
    if dangerous:
        found.append(Verdict("blocks", "Blocks traffic", f": {_danger(dangerous)}."))
    for level, label in _BREAKING:
        breaking = [operation for operation in operations if operation.breaks == level]
        if breaking:
            found.append(Verdict("breaks", label, f": {_operations(breaking)}."))
    locking = [operation for operation in operations if locked_rows(operation)]
    if locking:
        tables = sorted({table for operation in locking for table in locked_rows(operation)})
        s = "s" if len(locking) == 1 else ""
        rest = f": writes of the rows of {listed(tables)} wait while {_operations(locking)} write{s} them all."
        found.append(Verdict("locks", "Locks every row", rest))
    unknown = [operation for operation in operations if not operation.analysed]
    if unknown:
        waits = _waits(_blocking(one.run for one in everything if one.unknown), {})
        rest = f": {_operations(unknown)}{f', while {waits}' if waits else ''}."
        found.append(Verdict("unknown", "Not known in full", rest))
    if not (failing or dangerous or unknown):
        found += _short_locks(everything, bool(found))
    return tuple(found)


def needs_rows(operation: OperationPlan) -> bool:
    """Whether an operation that fails does so only where a table has rows."""
    kinds = {effect.kind for run in operation.runs for effect in run.effects if isinstance(effect, Fails)}
    return kinds <= {"no value for rows", "one value for all rows", "pending trigger events"}


# What the release that is still running meets, in the words that sum it up.
_BREAKING = (
    ("reads", "Breaks reads of the running release"),
    ("writes", "Breaks writes of the running release"),
    ("tightens", "Refuses some writes of the running release"),
)

_MEETS: Mapping[str, str] = {
    "reads": "the running release can no longer read",
    "writes": "the running release can no longer write",
    "tightens": "the running release can no longer write some values",
}


def broken(operation: OperationPlan) -> tuple[str, str]:
    """What the running release meets, and why; empty where it meets nothing."""
    if operation.breaks == "none":
        return "", ""
    why = "; ".join(reason.rstrip(".") for reason in operation.breaks_why)
    return _MEETS[operation.breaks], f": {why}" if why else ""


def listed(names: Sequence[str]) -> str:
    """`a, b and c`, the first few of many."""
    if len(names) > _FEW + 1:
        return f"{', '.join(names[:_FEW])} and {len(names) - _FEW} more"
    return " and ".join([*filter(None, [", ".join(names[:-1])]), *names[-1:]])


def _short_locks(told: Sequence[Consequence], more: bool) -> Iterator[Verdict]:
    """That nobody waits for long for a table; where `more` was said already, it is no verdict on the whole."""
    waits = _waits(_blocking(one.run for one in told), {})
    if more:
        if waits:
            yield Verdict("safe", "Table locks are short", f": {waits} for an instant.")
        return
    rest = f"{waits} for an instant" if waits else "nobody waits" if told else "the database is left as it is"
    yield Verdict("safe", "Safe under traffic", f": {rest}.")


def _danger(operations: Sequence[OperationPlan]) -> str:
    """Who waits, and while which operations go over which tables; those that do the same are named together."""
    blocking = _blocking(run for operation in operations for run in operation.runs if run.is_dangerous)
    doing: dict[str, list[tuple[OperationPlan, dict[str, set[str]]]]] = {"rewrite": [], "write": [], "read": []}
    for operation in operations:
        work = _touched(operation)
        doing[next(iter(work))].append((operation, work))
    clauses = []
    for group in filter(None, doing.values()):
        s = "s" if len(group) == 1 else ""
        parts = []
        for verb in doing:
            tables = {table for _, work in group for table in work.get(verb, ())}
            if tables:
                # They have just been named.
                same = tables == {table for table, _ in blocking}
                names = ("it" if len(tables) == 1 else "them") if same else listed(sorted(tables))
                parts.append(f"{verb}{s} {'' if verb == 'rewrite' else 'every row of '}{names}")
        clauses.append(f"{_operations([operation for operation, _ in group])} {listed(parts)}")
    return f"{_waits(blocking, {})} while {', and '.join(clauses)}"


def _touched(operation: OperationPlan) -> dict[str, set[str]]:
    """The tables that a dangerous operation goes over, by the most that it does with each, the most first."""
    runs = [run for run in operation.runs if run.is_dangerous]
    rewritten = {table for run in runs for table in run.rewrites}
    written = {table for run in runs for table in _filled(run)} - rewritten
    read = {table for run in runs for table in run.scans} - rewritten - written
    return {verb: tables for verb, tables in (("rewrite", rewritten), ("write", written), ("read", read)) if tables}


def _filled(run: Run) -> set[str]:
    """The tables of which every row is written, one by one; what comes in new is nobody's yet."""
    if any(isinstance(statement, Truncate) for statement in run.statements):
        return set()
    return {
        effect.table
        for effect in run.effects
        if isinstance(effect, WriteRows) and effect.whole and effect.verb != "insert"
    }


def _blocking(runs: Iterable[Run]) -> tuple[tuple[str, Lock], ...]:
    strongest: dict[str, Lock] = {}
    for run in runs:
        for table, lock in run.blocking:
            strongest[table] = max(lock, strongest.get(table, lock))
    return tuple(sorted(strongest.items()))


def _operations(operations: Sequence[OperationPlan]) -> str:
    """`operation 3`, `operations 0 to 4 and 7`."""
    indexes = [operation.index for operation in operations]
    if len(indexes) == 1:
        return f"operation {indexes[0]}"
    parts: list[list[str]] = []
    for index in indexes:
        last = parts[-1][-1] if parts else ""
        if last.isdigit() and index.isdigit() and int(index) == int(last) + 1:
            parts[-1].append(index)
        else:
            parts.append([index])
    names = [part for run in parts for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else run)]
    return f"operations {listed(names)}"


def _waits(blocking: Iterable[tuple[str, Lock]], since: Mapping[str, str]) -> str:
    """`reads and writes of a, b and writes of c wait`; which operation locked those that an earlier one did."""
    tables: dict[str, list[str]] = {}
    for table, lock in blocking:
        tables.setdefault(lock.blocks, []).append(table)
    if not tables:
        return ""
    parts = [f"{what} of {listed(sorted(tables[what]))}" for what in ("reads and writes", "writes") if what in tables]
    return f"{', and '.join(parts)} wait{_locked_since(tables, since)}"


def _locked_since(tables: Mapping[str, Sequence[str]], since: Mapping[str, str]) -> str:
    if not since:
        return ""
    indexes = list(dict.fromkeys(index for _, index in sorted(since.items())))
    indexes.sort(key=lambda index: [(not part.isdigit(), part.zfill(9)) for part in index.split(".")])
    operations = f"operation{'s' if len(indexes) > 1 else ''} {listed(indexes)}"
    everything = {table for names in tables.values() for table in names}
    if everything == {*since}:
        return f" (locked since {operations})"
    return f" ({listed(sorted(since))} since {operations})"


def _work(run: Run, sql: str) -> str:
    """What goes over rows: `rewrites a (type integer to bigint) and reads every row of b to build index c`.

    Reasons that begin as something in `sql` does are left out. A statement that fails does nothing.
    """
    if any(isinstance(effect, Fails) for effect in run.effects):
        return ""
    rewritten = {*run.rewrites}
    written = {effect.table for effect in run.effects if isinstance(effect, WriteRows)}
    searched = {effect.table for effect in run.effects if isinstance(effect, ScanTable) and effect.cause == "rows"}
    # By what is done and why, the tables that it is done to.
    parts: dict[tuple[str, str], list[str]] = {}
    built: dict[str, list[BuildIndex]] = {}
    for effect in run.effects:
        match effect:
            case RewriteTable(table, cause, detail):
                what = f"type {detail}" if cause == "type" else detail
                parts.setdefault(("rewrites", _because(cause, what, sql)), []).append(table)
            case ScanTable(table, cause, detail):
                if not (cause == "rows" and table in written):
                    parts.setdefault(("reads every row of", _because(cause, detail, sql)), []).append(table)
            case BuildIndex(table):
                # Whoever rewrites a table makes its indexes anew.
                if table not in rewritten:
                    built.setdefault(table, []).append(effect)
            case WriteRows(table, verb, whole):
                emptied = verb == "delete" and whole and table not in _filled(run)
                does = ("empties", "") if emptied else _writes(verb, whole, table in searched)
                parts.setdefault(does, []).append(table)
            case DropIndexOf() | Fails() | UnknownEffect():
                pass
    work = [f"{does} {listed(list(dict.fromkeys(tables)))}{why}" for (does, why), tables in parts.items()]
    work += [f"reads every row of {table} to {_building(indexes)}" for table, indexes in built.items()]
    return listed(work)


def _writes(verb: str, whole: bool, searched: bool) -> tuple[str, str]:
    """What is done with rows, before the table's name and after it."""
    if verb == "insert":
        return "inserts rows into", ""
    does = "updates" if verb == "update" else "deletes"
    if whole:
        return f"{does} every row of", ", all locked until the transaction ends" if verb == "update" else ""
    return ("reads every row of", f" and {does} some") if searched else (f"{does} rows of", "")


def _building(indexes: Sequence[BuildIndex]) -> str:
    old = [one for one in indexes if one.cause in ("index rebuild", "maintenance")]
    new = [one for one in indexes if one not in old]
    parts = [f"build {listed([_index(one) for one in new])}"] if new else []
    parts += [f"rebuild {listed([_index(one) for one in old])}"] if old else []
    return " and ".join(parts)


def _index(built: BuildIndex) -> str:
    kinds = {"primary key": "primary key", "exclusion": "exclusion constraint"}
    kind = kinds.get(built.cause, "unique index" if built.unique else "index")
    if built.index is not None:
        return f"{kind} {built.index}"
    return f"{'an' if kind[0] in 'ei' else 'a'} {kind}"


# What a reason says of the statement, before it comes to names.
_KEYWORDS = re.compile(r"[A-Z]{3,}(?: [A-Z]+)*")


def _because(cause: Cause, detail: str, sql: str) -> str:
    said = _KEYWORDS.match(detail)
    if cause == "rows" or not detail or (said is not None and said[0] in sql):
        return ""
    what = " ".join(detail.split())
    return f" (volatile default {what})" if cause == "volatile default" else f" ({what})"
