"""What a rule is: metadata, and a check that yields findings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeAlias
from typing import Literal as OneOf

from miglint.effects.breaks import Break
from miglint.effects.danger import Danger, dangers, together
from miglint.effects.effect import Cause, Lock, RewriteTable, Run
from miglint.facts.migration import Migration
from miglint.facts.operations import Operation, RunSQL
from miglint.facts.sizes import Size
from miglint.facts.source import Location
from miglint.facts.target import Database, written
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.schema.tables import ConstraintState
from miglint.sql.render import rendered
from miglint.sql.statement import (
    AddConstraint,
    AlterTable,
    ConstraintKind,
    DropConstraint,
    SetConstraints,
    Statement,
)
from miglint.steps import Step


@dataclass(frozen=True)
class Rule:
    """A coded judgement. Metadata are class attributes; options are dataclass fields with defaults."""

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    # Off until it is selected.
    default: ClassVar[bool] = True
    # Finds nothing unless it is known what is on the base.
    needs_base: ClassVar[bool] = False

    @classmethod
    def speaks_of_deploying(cls) -> bool:
        """Whether it is about the moment in which a migration is applied, and says nothing of released ones."""
        return cls.code[3] in "345"

    def finding(self, location: Location, message: str, *, severity: Severity | None = None, **more: Any) -> Finding:
        """A finding by this rule; `more` are further attributes of `Finding`."""
        return Finding(self.code, self.name, self.severity if severity is None else severity, message, location, **more)


def weighed(finding: Finding, size: Size) -> Finding:
    """A finding about a lock that is held while a table is read or written: the larger, the longer, the worse.

    A large table raises it by one step. A small one is through in milliseconds, so that nobody notices: info. A
    severity that the settings give the rule wins over both.
    """
    match size.kind:
        case "unknown":
            return finding
        case "large":
            severity = Severity(min(finding.severity + 1, Severity.ERROR))
        case "small":
            severity = Severity.INFO
    return replace(finding, severity=severity, by_size=True)


@dataclass(frozen=True)
class ProjectRule(Rule):
    """A rule that needs the whole project: it sets `app`, `migration` and `subject` itself."""

    @abstractmethod
    def check(self, project: Project) -> Iterator[Finding]: ...


@dataclass(frozen=True)
class MigrationRule(Rule):
    """A rule about one migration; `app` and `migration` are filled in."""

    @abstractmethod
    def check(self, migration: Migration, project: Project) -> Iterator[Finding]: ...


# Effects of any kind, those that endanger live traffic, and what breaks for the running release.
Consequence: TypeAlias = OneOf["effects", "dangers", "breaks"]


def has(consequence: Consequence, step: Step, project: Project) -> bool:
    match consequence:
        case "effects":
            return any(run.effects for run in project.runs(step))
        case "dangers":
            return bool(project.dangerous_runs(step))
        case "breaks":
            return bool(project.breaks_of(step).breaks)


@dataclass(frozen=True)
class OperationRule(Rule):
    """A rule about one operation; `app`, `migration`, `operation` and the operation's extent are filled in."""

    # The operations that it may have something to say about: it is asked about no others. None is all of them.
    operations: ClassVar[tuple[type[Operation], ...] | None] = None
    # What it says is about nothing else: it is asked about no operation that has none of it.
    looks_at: ClassVar[Consequence | None] = None

    @abstractmethod
    def check(self, step: Step, project: Project) -> Iterator[Finding]: ...


def subject(step: Step, broken: Break, member: str | None = None) -> str:
    """What a break is about: the operation's model and the field or constraint in it, or what a statement names."""
    if step.model is None:
        return broken.place
    model = f"{step.migration.key.app_label}.{step.model.name.lower()}"
    return model if member is None else f"{model}.{member}"


@dataclass(frozen=True)
class LockRule(OperationRule):
    """A rule about tables that are read or written in full while others wait: one finding for each set of tables.

    A table that the running release does not have is empty or nobody's: the effects leave it out.
    """

    looks_at: ClassVar[Consequence | None] = "dangers"
    causes: ClassVar[frozenset[Cause]]
    # Whether all that an operation of Django's does to several tables has one reason, and is told as one.
    told_together: ClassVar[bool] = False

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        for danger in self.dangers(step, project):
            finding = self.finding(
                step.location,
                f"{self.what(danger, step, project)} {_touches(danger, project)} "
                f"{waiting(danger, step, project)}"
                f"{self.why(danger, step, project)}.",
                hint=self.hint(danger, step, project),
                subject=step.subject or ", ".join(danger.tables),
                related=(*made_at(_heaviest_first(danger, project)[:4], step), *_held_since(danger, step, project)),
            )
            yield weighed(finding, largest(project.size_of(table) for table in danger.tables))

    def dangers(self, step: Step, project: Project) -> tuple[Danger, ...]:
        found = dangers(project.dangerous_runs(step), self.causes)
        if self.told_together and len(found) > 1 and not isinstance(step.operation, RunSQL):
            return (together(found),)
        return found

    @abstractmethod
    def what(self, danger: Danger, step: Step, project: Project) -> str:
        """What is done, as the subject of a sentence: `Building the index 'b_idx'`."""

    def why(self, danger: Danger, step: Step, project: Project) -> str:
        """A clause that ends the sentence, with its comma; empty where the sentence says all."""
        return ""

    @abstractmethod
    def hint(self, danger: Danger, step: Step, project: Project) -> str: ...


_ORDER = {"small": 0, "unknown": 1, "large": 2}


def largest(sizes: Iterable[Size]) -> Size:
    return max(sizes, key=lambda size: _ORDER[size.kind])


def sized(table: str, project: Project) -> str:
    """A table's name, with what is known of its size."""
    size = project.size_of(table)
    return f"'{table}' ({size.evidence})" if size.evidence else f"'{table}'"


def waiting(danger: Danger, step: Step, project: Project) -> str:
    """Under which lock, and who waits: `under SHARE on PostgreSQL 14: writes wait until it is through`."""
    since = ""
    if danger.held_before:
        taken = _taken_by(danger, step, project)
        since = ", which an earlier statement of this operation took,"
        if taken is not None and taken is not step:
            since = f", held since line {taken.location.span.line},"
    under = f"under {danger.lock}"
    if not danger.blocked.keys() & {*danger.tables}:
        under += f" of {_some([table for table, lock in danger.blocked.items() if lock == danger.lock])}"
    return f"{under}{since} on {named(project.target.database)}: {_who(danger)} wait until it is through"


def _who(danger: Danger) -> str:
    by_blocks: dict[str, list[str]] = {}
    for table in sorted(danger.blocked, key=lambda one: one not in danger.tables):
        by_blocks.setdefault(danger.blocked[table].blocks, []).append(table)
    if set(danger.blocked) == set(danger.tables) and len(by_blocks) == 1:
        return next(iter(by_blocks))
    return ", ".join(f"{blocks} of {_some(tables)}" for blocks, tables in by_blocks.items())


def _some(tables: Sequence[str]) -> str:
    """The first three of them, and how many more there are."""
    return _first([f"'{table}'" for table in tables])


def _first(names: Sequence[str]) -> str:
    # "and 1 more" is no shorter than its name.
    return listed(names) if len(names) <= 4 else listed([*names[:3], f"{len(names) - 3} more"])


def is_held(table: str, lock: Lock, run: Run, step: Step, project: Project) -> bool:
    """Whether a statement before took as strong a lock in the same transaction: it has waited for it already."""
    for one in project.around(step) if run.transaction else ():
        for earlier in project.runs(one):
            # What is left for the end of the migration comes after the others.
            if earlier is run and not run.deferred:
                return False
            if earlier.transaction == run.transaction and not earlier.deferred and earlier.takes.get(table, 0) >= lock:
                return True
    return False


def _taken_by(danger: Danger, step: Step, project: Project) -> Step | None:
    """The step that took the strongest lock which is held meanwhile: itself, or the first of the transaction."""
    strongest = danger.lock
    locked = {table for table, lock in danger.blocked.items() if lock == strongest}
    # Rather that of a table that is read than another's.
    tables = locked & {*danger.tables} or locked
    for one in (step, *project.around(step)):
        for run in project.runs(one):
            took = any(lock == strongest and table in tables for table, lock in run.takes.items())
            if took and run.transaction == danger.runs[-1].transaction:
                return one
    return None


def _held_since(danger: Danger, step: Step, project: Project) -> tuple[Related, ...]:
    taken = _taken_by(danger, step, project) if danger.held_before else None
    if taken is None or taken is step:
        return ()
    return (Related(taken.location, f"{danger.lock} is taken here, and held to the end of the transaction"),)


def listed(words: Sequence[str]) -> str:
    """`'a', 'b' and 'c'`."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def besides(kind: ConstraintKind, step: Step, project: Project) -> str:
    """What an operation runs beside dropping and adding constraints of a kind, as SQL; empty where that is all."""
    kept: list[Statement] = []
    for run in project.runs(step):
        for statement in run.statements:
            if isinstance(statement, AlterTable):
                names = {constraint.name for constraint in dropped(kind, statement, step)}
                actions = tuple(
                    one
                    for one in statement.actions
                    if not (isinstance(one, AddConstraint) and one.constraint.kind == kind)
                    and not (isinstance(one, DropConstraint) and one.name in names)
                )
                if actions:
                    kept.append(replace(statement, actions=actions))
            elif not isinstance(statement, SetConstraints):
                kept.append(statement)
    return "; ".join(map(rendered, kept))


def dropped(kind: ConstraintKind, statement: AlterTable, step: Step) -> Iterator[ConstraintState]:
    """The constraints of a kind that a statement drops, as the step finds them."""
    table = step.database_before.table(statement.table)
    names = {action.name for action in statement.actions if isinstance(action, DropConstraint)}
    for constraint in table.constraints if table is not None else ():
        if constraint.kind == kind and constraint.name in names:
            yield constraint


def named(database: Database) -> str:
    """`PostgreSQL 14`."""
    return f"{_VENDORS[database.vendor]} {written(database.version)}".rstrip()


_VENDORS = {
    "mariadb": "MariaDB",
    "mysql": "MySQL",
    "oracle": "Oracle",
    "postgresql": "PostgreSQL",
    "sqlite": "SQLite",
}


def made_at(tables: Iterable[str], step: Step) -> tuple[Related, ...]:
    """Where the tables were made: the evidence that they were there."""
    found = []
    for table in tables:
        state = step.database_before.table(table)
        if state is not None:
            found.append(Related(state.made.location, f"'{table}' was made in {state.made.migration}"))
    return tuple(found)


def _touches(danger: Danger, project: Project) -> str:
    anew = {effect.table for effect in danger.effects if isinstance(effect, RewriteTable)}
    by_verb: dict[str, list[str]] = {}
    for table in _heaviest_first(danger, project):
        by_verb.setdefault("writes" if table in anew else "reads", []).append(sized(table, project))
    return listed([f"{verb} every row of {_first(tables)}" for verb, tables in by_verb.items()])


def _heaviest_first(danger: Danger, project: Project) -> Sequence[str]:
    """The tables that are read or written in full; where not all of them are named, those that are large are."""
    if len(danger.tables) <= 4:
        return danger.tables
    return sorted(danger.tables, key=lambda table: -_ORDER[project.size_of(table).kind])
