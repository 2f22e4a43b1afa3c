"""What the operations of migrations do to a live database, as `miglint plan` shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain

from miglint.effects.breaks import Level, worst
from miglint.effects.effect import Fails, Lock, Run, UnknownEffect, WriteRows, strongest
from miglint.facts.migration import Migration, MigrationKey
from miglint.facts.operations import SeparateDatabaseAndState
from miglint.facts.sizes import Size
from miglint.facts.target import written
from miglint.findings import Held
from miglint.project import Project
from miglint.records import dataclass
from miglint.schema.database_replay import is_in_state_alone
from miglint.schema.describe import describe
from miglint.steps import Step


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """One operation: `index` is its dotted path, `describe` what Django calls it.

    `fails` says why it fails on a table with rows, None where it does not. `why` says what is not known: each ends
    the sentence "unknown because …". `runs` are in order, those that wait for the end of the migration included.
    """

    index: str
    describe: str
    line: int
    analysed: bool = True
    fails: str | None = None
    why: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()
    breaks: Level = "none"
    breaks_why: tuple[str, ...] = ()

    @property
    def strongest_locks(self) -> Mapping[str, Lock]:
        return strongest(self.runs)

    @property
    def dangerous(self) -> bool:
        """Whether a table is read or written in full while writers wait."""
        return any(run.is_dangerous for run in self.runs)

    @property
    def in_state_alone(self) -> bool:
        """Whether it stands in `state_operations`, which never reach the database."""
        return is_in_state_alone(self.index)


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """`path` is relative to the tree's root; `sizes` are what is known of the tables that it locks or goes over."""

    app: str
    name: str
    path: str
    atomic: bool
    operations: tuple[OperationPlan, ...]
    sizes: Mapping[str, Size] = field(default_factory=dict)

    @property
    def dangerous(self) -> bool:
        return any(operation.dangerous for operation in self.operations)

    @property
    def breaks(self) -> Level:
        """The worst that one of its operations does."""
        return worst(operation.breaks for operation in self.operations)


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    """The plan of one project; `…_from` says where a version is from, for people."""

    root: str
    database: str
    database_from: str
    django: str
    django_from: str
    migrations: tuple[MigrationPlan, ...]


@dataclass(frozen=True, slots=True)
class Plans:
    """`held` is what the migrations were held against."""

    projects: tuple[ProjectPlan, ...]
    held: tuple[Held, ...] = ()


def plan_of(project: Project, keys: Iterable[MigrationKey]) -> ProjectPlan:
    """What the named migrations do, in the order given; they are of the project, and Django would apply them."""
    steps: dict[MigrationKey, list[Step]] = {key: [] for key in keys}
    for step in project.steps:
        if step.migration.key in steps:
            steps[step.migration.key].append(step)
    target = project.target
    return ProjectPlan(
        root=project.root,
        database=str(target.database),
        database_from=target.database_from,
        django=written(target.django),
        django_from=target.django_from,
        migrations=tuple(_migration(project.migrations[key], steps[key], project) for key in steps),
    )


class Wanted:
    """Which migrations are asked for, over all projects of a run: `app`, `app.name`, or how a name begins."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(dict.fromkeys(words))
        self._met: set[str] = set()
        self._ambiguous: dict[str, str] = {}
        self._replaced: dict[str, str] = {}
        self._choices: dict[str, None] = {}

    def of(self, project: Project, keys: Sequence[MigrationKey]) -> tuple[MigrationKey, ...]:
        """Of some of a project's migrations those that are meant, in their order.

        Where nothing is named they are those of the changeset; where no base is known, each app's newest.
        """
        if not self._words:
            wanted = frozenset(project.graph.leaves) if project.changeset is None else project.changeset
            return tuple(key for key in keys if key in wanted)
        self._choices |= dict.fromkeys(chain(map(str, keys), (key.app_label for key in keys)))
        meant = {key for word in self._words for key in self._matching(word, project, keys)}
        return tuple(key for key in keys if key in meant)

    def problems(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """The words that fit none of the migrations seen, or several: each with its problem, and what there is."""
        for word in self._words:
            if word in self._ambiguous:
                yield word, self._ambiguous[word], ()
            elif word not in self._met and word in self._replaced:
                yield word, self._replaced[word], ()
            elif word not in self._met:
                # An app is like an app, and a migration like a migration.
                choices = tuple(one for one in self._choices if ("." in one) == ("." in word))
                what = "migration" if "." in word else "app with migrations"
                yield word, f"there is no {what} '{word}'", choices

    def _matching(self, word: str, project: Project, keys: Sequence[MigrationKey]) -> tuple[MigrationKey, ...]:
        label, _, name = word.partition(".")
        exact = MigrationKey(label, name)
        found = tuple(key for key in keys if key.app_label == label and key.name.startswith(name))
        if exact in found:
            found = (exact,)
        elif name and len(found) > 1:
            some = ", ".join(map(str, found[:_FEW]))
            self._ambiguous[word] = f"'{word}' may be any of {some}{', …' if len(found) > _FEW else ''}"
        elif not found and exact in project.graph.replaced:
            self._replaced[word] = f"{exact} is replaced by {project.graph.replaced[exact]}, which Django loads"
        if found:
            self._met.add(word)
        return found


# Of migrations that a word may mean, this many are named.
_FEW = 5


def _migration(migration: Migration, steps: list[Step], project: Project) -> MigrationPlan:
    operations = tuple(_operation(step, project) for step in steps if not _holds_others(step, steps))
    return MigrationPlan(
        app=migration.key.app_label,
        name=migration.key.name,
        path=migration.path,
        # Where it is not known, Django's default is as good as any guess, and MIG002 says so.
        atomic=migration.atomic is not False,
        operations=operations,
        sizes=_sizes(operations, project),
    )


def _sizes(operations: Iterable[OperationPlan], project: Project) -> Mapping[str, Size]:
    """By table, those of which anything is known."""
    tables = {
        table
        for operation in operations
        for run in operation.runs
        for table in (*(table for table, lock in run.takes.items() if lock.blocks), *run.scans, *run.rewrites)
    }
    tables |= {
        effect.table
        for operation in operations
        for run in operation.runs
        for effect in run.effects
        if isinstance(effect, WriteRows)
    }
    sizes = {table: project.size_of(table) for table in sorted(tables)}
    return {table: size for table, size in sizes.items() if size.evidence}


def _holds_others(step: Step, steps: list[Step]) -> bool:
    """Whether it does nothing itself: what it holds has steps of its own."""
    inner = f"{step.index}."
    return isinstance(step.operation, SeparateDatabaseAndState) and any(
        other.index.startswith(inner) for other in steps
    )


def _operation(step: Step, project: Project) -> OperationPlan:
    runs = () if step.in_state_alone else project.runs(step)
    effects = [effect for run in runs for effect in run.effects]
    reasons = dict.fromkeys(effect.reason for effect in effects if isinstance(effect, UnknownEffect))
    meets = project.breaks_of(step)
    return OperationPlan(
        index=step.index,
        describe=describe(step.operation),
        line=step.location.span.line,
        analysed=not reasons,
        fails=next((effect.why for effect in effects if isinstance(effect, Fails)), None),
        why=tuple(reasons),
        runs=runs,
        breaks=meets.level,
        breaks_why=tuple(map(str, meets.breaks)),
    )
