"""A Django project as the rules see it, and the pipeline up to where judgement starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import takewhile
from typing import Any, TypeVar

from miglint.effects.breaks import NOTHING, Change, Compatibility
from miglint.effects.compatibility import compatibility
from miglint.effects.effect import Run
from miglint.effects.release import Release, names_by_origin, places_of
from miglint.effects.running import Executed, run
from miglint.effects.timeouts import has_timeout
from miglint.facts.layout import App, Layout
from miglint.facts.migration import Absent, Migration, MigrationKey, Module, Unreadable
from miglint.facts.operations import RunPython, RunSQL, UnknownOperation
from miglint.facts.repository import Base, Repository
from miglint.facts.sizes import Size, TableSizes
from miglint.facts.target import Target
from miglint.facts.values import Literal
from miglint.graph import MigrationGraph, in_dependency_order
from miglint.records import dataclass
from miglint.schema.editor import Execution
from miglint.schema.missing import Missing, takes_out
from miglint.schema.model import Column, Ground, columns_of, has_table, table_of
from miglint.schema.names import in_database
from miglint.schema.replay import replay
from miglint.schema.state import ModelKey, ModelState, Origin, SchemaState
from miglint.schema.tables import DatabaseState
from miglint.sql.statement import Statement
from miglint.steps import Replaying, Step, last_state, was_there

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Project:
    """One Django project, linked and replayed.

    `migrations` holds every first-party one by key, squashed ones that lost included; `graph` what Django's
    loader leaves. `modules` are the facts of every file that was read, by path. `changeset` is None
    where no base is known; `base` is what it is held against. `sizes` says how large its tables are, as far as anybody
    said.
    """

    layout: Layout
    target: Target
    repository: Repository
    changeset: frozenset[MigrationKey] | None
    base: Base | None
    graph: MigrationGraph
    migrations: Mapping[MigrationKey, Migration]
    unreadable: tuple[Unreadable, ...]
    steps: tuple[Step, ...]
    ground: Ground
    modules: Mapping[str, Module]
    sizes: TableSizes
    # What the migrations' files need, and the tree does not have.
    absent: Mapping[MigrationKey, tuple[Absent, ...]]
    # Apps of which it is not certain in what order Django applies them: the graph is broken or unknown there.
    unsettled_apps: frozenset[str]
    _apps: Mapping[str, App] = field(repr=False)
    # Where each migration's steps begin and end in `steps`.
    _places: Mapping[MigrationKey, tuple[int, int]] = field(repr=False)
    # Where each step stands among all of them, and among its app's.
    _numbers: Mapping[Step, tuple[int, int]] = field(repr=False)
    _of_app: Mapping[str, tuple[Step, ...]] = field(repr=False)
    _deferred: Mapping[MigrationKey, tuple[tuple[str, Execution], ...]] = field(repr=False)
    _initial: frozenset[MigrationKey] = field(repr=False)
    # What was worked out already, step by step, and once for all of them.
    _runs: dict[Step, tuple[Run, ...]] = field(default_factory=dict, repr=False)
    _dangerous: dict[Step, tuple[Run, ...]] = field(default_factory=dict, repr=False)
    _compatibility: dict[Step, Compatibility] = field(default_factory=dict, repr=False)
    _models_of: dict[str, tuple[ModelKey, ...]] = field(default_factory=dict, repr=False)
    _names: dict[Origin, tuple[ModelKey, ...]] = field(default_factory=dict, repr=False)
    _sizes: dict[str, Size] = field(default_factory=dict, repr=False)
    _done: dict[Callable[[Project], Any], Any] = field(default_factory=dict, repr=False)
    _found: dict[str, SchemaState] = field(default_factory=dict, repr=False)

    @property
    def root(self) -> str:
        return self.layout.root

    def app(self, label: str) -> App | None:
        return self._apps.get(label)

    @property
    def state(self) -> SchemaState:
        """The schema after every migration."""
        return last_state(self.steps)

    def state_at(self, key: MigrationKey) -> SchemaState:
        """The schema after one migration and all that it needs, as Django's `loader.project_state(key)` has it."""
        plan = [self.migrations[one] for one in self.graph.plan_to(key) if one in self.migrations]
        return last_state(tuple(replay(plan, self.ground.swappable, _unread(self.unreadable, self.graph))))

    def was_there(self, origin: Origin, step: Step) -> bool | None:
        """Whether the running release knows what `origin` made: not so where the changeset did. None is unknown."""
        return was_there(origin, step.migration.key, self.changeset)

    def breaks_of(self, step: Step) -> Compatibility:
        """What the running release meets after a step: worked out when it is asked for, and once."""
        known = self._compatibility.get(step)
        if known is None:
            known = NOTHING if step.in_state_alone else compatibility(self._change(step))
            self._compatibility[step] = known
        return known

    def _change(self, step: Step) -> Change:
        around = self.around(step)
        start = around[0].before
        statements: tuple[Statement, ...] = ()
        if isinstance(step.operation, RunSQL | RunPython):
            statements = tuple(one for execution in step.executions for one in execution.statements)

        def was_there(origin: Origin) -> bool | None:
            return self.was_there(origin, step)

        return Change(
            operation=step.operation,
            app_label=step.migration.key.app_label,
            model=step.model,
            table=step.table,
            existed_before=step.existed_before,
            alteration=step.alteration,
            statements=statements,
            before=step.before,
            after=step.after,
            start=start,
            end=self.end_of(step),
            database_start=around[0].database_before,
            database_end=around[-1].database_after,
            ground=self.ground,
            target=self.target,
            release=Release(start, self._earlier(start) if statements else {}, self._models, was_there, self.ground),
            was_there=was_there,
            columns_found=lambda: self.columns_found(step),
            columns_left=lambda: self.columns_left(step),
        )

    def _models(self, table: str) -> tuple[ModelKey, ...]:
        """The models that ever had a table of a name."""
        if not self._models_of and self.steps:
            self._models_of.update(places_of(self.steps[0].before.history, self.ground))
        return self._models_of.get(table, ())

    def names_of(self, model: ModelState) -> tuple[ModelKey, ...]:
        """What a model was ever called."""
        if not self._names and self.steps:
            self._names.update(names_by_origin(self.steps[0].before.history))
        return self._names.get(model.made, ())

    def model_of(self, table: str, state: SchemaState) -> ModelState | None:
        """The model whose own table goes by a name in statements; None where Django manages none."""
        for key in self._models(table):
            model = state.model(*key)
            if model is None or has_table(model, self.ground) is not True:
                continue
            name = table_of(model, self.ground)
            if isinstance(name, str) and in_database(name) == table:
                return model
        return None

    def _earlier(self, start: SchemaState) -> dict[str, SchemaState]:
        """By app, the state that the changeset found, where it has changed that since."""
        if not self._found:
            for key in self.changeset or ():
                if key in self._places:
                    found = self.steps[self._places[key][0]].before
                    first = self._found.get(key.app_label)
                    if first is None or found.number < first.number:
                        self._found[key.app_label] = found
        return {label: found for label, found in self._found.items() if found.number < start.number}

    def around(self, step: Step) -> tuple[Step, ...]:
        """The steps of the step's own migration, itself among them."""
        start, end = self._places[step.migration.key]
        return self.steps[start:end]

    def steps_of(self, key: MigrationKey) -> tuple[Step, ...]:
        """The steps of one migration, in order; none where Django would not apply it."""
        start, end = self._places.get(key, (0, 0))
        return self.steps[start:end]

    def runs(self, step: Step) -> tuple[Run, ...]:
        """What a step makes the database do: statement by statement, in the order in which they run."""
        known = self._runs.get(step)
        return known if known is not None else self._run(step)

    def dangerous_runs(self, step: Step) -> tuple[Run, ...]:
        """Those of its runs in which a table is read or written in full while writers wait."""
        known = self._dangerous.get(step)
        if known is None:
            known = self._dangerous[step] = tuple(one for one in self.runs(step) if one.is_dangerous)
        return known

    def _run(self, step: Step) -> tuple[Run, ...]:
        key = step.migration.key
        done = run(
            self._executed(step),
            atomic=step.migration.atomic is not False,
            database=self.target.database,
            is_old=lambda origin: self._is_old(origin, key),
            gives_up=has_timeout(self.layout.settings.values),
        )
        for one in self.around(step):
            self._runs[one] = done.get(one.index, ())
        return self._runs[step]

    def _executed(self, step: Step) -> Iterator[Executed]:
        """The executions of a step's migration in the order in which they run."""
        around = self.around(step)
        for one in around:
            alone = isinstance(one.operation, RunPython) and one.operation.atomic == Literal(True)
            history, number = one.database_before.history, one.database_before.number
            for execution in one.executions:
                # Folding counts statements.
                after = number + len(execution.statements)
                found = tuple(DatabaseState(history, before) for before in range(number, after))
                number = after
                if not execution.deferred:
                    yield Executed(one.index, execution, found, alone)
        for index, execution in self.deferred(step.migration.key):
            yield Executed(index, execution, (around[-1].database_after,) * len(execution.statements))

    def _is_old(self, origin: Origin, key: MigrationKey) -> bool:
        """Whether the running release has a table that an operation made, seen from one migration."""
        # Where foreign keys go round in a circle, makemigrations spreads an app's first tables over several initial
        # migrations: they are applied one after the other, and no row comes in between.
        if key in self._initial and origin.migration in self._initial and origin.migration.app_label == key.app_label:
            return False
        return was_there(origin, key, self.changeset) is not False

    def size_of(self, table: str) -> Size:
        """How large a table is, by its name or that of the model whose table it is."""
        known = self._sizes.get(table)
        if known is None:
            models = self._models(table)
            known = self._sizes[table] = self.sizes.size_of(table, ".".join(models[-1]) if models else None)
        return known

    def deferred(self, key: MigrationKey) -> tuple[tuple[str, Execution], ...]:
        """What is left for the end of a migration, as it runs then, each with the index of the step that asked."""
        return self._deferred.get(key, ())

    def start_of(self, step: Step) -> SchemaState:
        """The state that the step's migration finds."""
        return self.around(step)[0].before

    def end_of(self, step: Step) -> SchemaState:
        """The state that the step's migration leaves; the step itself, where it changes the database alone."""
        if ".database." in step.index:
            return step.after
        return last_state(self.around(step))

    def columns_found(self, step: Step) -> frozenset[str]:
        """The columns of the step's table as its migration finds it, under whatever name the table went then."""
        return frozenset(column.name for column in self._columns(step, self.start_of(step)))

    def columns_left(self, step: Step) -> frozenset[str]:
        """The columns of the step's table as its migration leaves it, under whatever name the table goes then."""
        left = self._columns(step, self.end_of(step))
        # A column that Django makes up once a field is gone (`id`, a parent's `_ptr_id`) is in no database.
        found = {column.name for column in self._columns(step, self.start_of(step)) if column.field is None}
        made_up = {column.name for column in left if column.field is None} - found
        return frozenset(column.name for column in left) - made_up

    def _columns(self, step: Step, state: SchemaState) -> list[Column]:
        columns: list[Column] = []
        same = self.names_of(step.model) if step.model is not None else ()
        # Several models may share a table.
        sharing = self._models(in_database(step.table)) if step.table is not None else ()
        for key in dict.fromkeys((*same, *sharing)):
            model = state.model(*key)
            if model is None:
                continue
            is_it = step.model is not None and model.made == step.model.made
            if is_it or (step.table is not None and table_of(model, self.ground) == step.table):
                columns += columns_of(model, state, self.ground)
        return columns

    def steps_of_app(self, label: str) -> tuple[Step, ...]:
        """The steps of an app's migrations, in order."""
        return self._of_app.get(label, ())

    def earlier(self, step: Step) -> Iterator[Step]:
        """The steps before one, newest first."""
        return map(self.steps.__getitem__, range(self._numbers[step][0] - 1, -1, -1))

    def earlier_of_app(self, step: Step) -> Iterator[Step]:
        """The steps of the same app before one, newest first."""
        own = self.steps_of_app(step.migration.key.app_label)
        return map(own.__getitem__, range(self._numbers[step][1] - 1, -1, -1))

    def later(self, step: Step) -> Iterator[Step]:
        """The steps after one, in order."""
        return map(self.steps.__getitem__, range(self._numbers[step][0] + 1, len(self.steps)))

    def later_of_app(self, step: Step) -> Iterator[Step]:
        """The steps of the same app after one, in order."""
        own = self.steps_of_app(step.migration.key.app_label)
        return map(own.__getitem__, range(self._numbers[step][1] + 1, len(own)))

    def since(self, key: MigrationKey, step: Step) -> Iterator[Step]:
        """The steps of the same app before one, newest first, back to the first one of a migration."""
        first, _ = self._places.get(key, (len(self.steps), 0))
        return takewhile(lambda one: self._numbers[one][0] >= first, self.earlier_of_app(step))

    def removal(self, missing: Missing, step: Step) -> Step | None:
        """The newest step before one that took out what it lacks."""
        for one in self.earlier_of_app(step):
            if not one.in_database_alone and takes_out(one.operation, missing):
                return one
        return None

    def is_opaque_before(self, step: Step) -> bool:
        """Whether an operation that could not be analysed may have given the app models that no state shows."""
        return any(
            isinstance(one.operation, UnknownOperation)
            or (one.operation.subclass is not None and one.operation.subclass.state == "unknown")
            for one in self.earlier_of_app(step)
        )

    def once(self, work: Callable[[Project], T]) -> T:
        """What a function makes of the project, worked out when it is asked for, and once."""
        if work not in self._done:
            self._done[work] = work(self)
        made: T = self._done[work]
        return made

    def planned(self) -> Iterator[Migration]:
        """The migrations that Django would apply to an empty database, in its order."""
        for key in self.graph.plan:
            migration = self.migrations.get(key)
            if migration is not None:
                yield migration


def analyse(
    *,
    layout: Layout,
    migrations: Mapping[MigrationKey, Migration],
    unreadable: tuple[Unreadable, ...],
    modules: Mapping[str, Module],
    repository: Repository,
    changeset: frozenset[MigrationKey] | None,
    target: Target,
    sizes: TableSizes,
    base: Base | None = None,
    absent: Mapping[MigrationKey, tuple[Absent, ...]] | None = None,
    begun: Replaying | None = None,
) -> Project:
    """Link and replay one project; `begun` is what was replayed of it already, if that is how it begins."""
    graph = in_dependency_order(
        migrations.values(),
        layout=layout,
        django=target.django,
        unreadable=[broken.key for broken in unreadable],
    )
    plan = [migrations[key] for key in graph.plan if key in migrations]
    unread = _unread(unreadable, graph)
    if begun is None or not begun.begins(plan, layout, target, unread):
        begun = Replaying(layout, target, unread)
    for migration in plan[len(begun.plan) :]:
        begun.apply(migration)
    steps = begun.seen_from(changeset)
    numbers, of_app = _numbered(steps)
    return Project(
        layout=layout,
        target=target,
        repository=repository,
        changeset=changeset,
        base=base,
        graph=graph,
        migrations=migrations,
        unreadable=unreadable,
        steps=steps,
        ground=begun.ground,
        modules=modules,
        sizes=sizes,
        absent=absent or {},
        unsettled_apps=_unsettled(graph),
        _apps={app.label: app for app in layout.apps},
        _places=_places(steps),
        _numbers=numbers,
        _of_app=of_app,
        _deferred=begun.deferred,
        _initial=frozenset(begun.initial),
    )


def _places(steps: Sequence[Step]) -> dict[MigrationKey, tuple[int, int]]:
    places: dict[MigrationKey, tuple[int, int]] = {}
    for number, step in enumerate(steps):
        start, _ = places.get(step.migration.key, (number, number))
        places[step.migration.key] = (start, number + 1)
    return places


def _numbered(steps: Sequence[Step]) -> tuple[dict[Step, tuple[int, int]], dict[str, tuple[Step, ...]]]:
    numbers: dict[Step, tuple[int, int]] = {}
    of_app: dict[str, list[Step]] = {}
    for number, step in enumerate(steps):
        own = of_app.setdefault(step.migration.key.app_label, [])
        numbers[step] = number, len(own)
        own.append(step)
    return numbers, {label: tuple(own) for label, own in of_app.items()}


def _unsettled(graph: MigrationGraph) -> frozenset[str]:
    missing = {
        one.entry.migration.app_label
        for one in graph.missing
        if one.target.app_label == one.entry.migration.app_label or one.entry.attribute == "run_before"
    }
    malformed = {one.entry.migration.app_label for one in graph.malformed}
    circular = {key.app_label for cycle in graph.cycles for key in cycle}
    squashed = {problem.squash.app_label for problem in graph.squash_problems}
    return frozenset(missing | malformed | circular | squashed | {key.app_label for key in graph.unknown})


def _unread(unreadable: Iterable[Unreadable], graph: MigrationGraph) -> dict[str, str]:
    """Why any model of an app may be otherwise: a migration of its history could not be read."""
    nodes = frozenset(graph.nodes)
    return {
        one.key.app_label: f"{one.path} is left out by `exclude`" if one.excluded else f"{one.path} could not be read"
        for one in unreadable
        if one.key in nodes
    }
