"""A Django project as the rules see it, and the pipeline up to where judgement starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import groupby, takewhile
from typing import Any, TypeVar

from miglint.effects.breaks import NOTHING, Change, Compatibility
from miglint.effects.compatibility import compatibility
from miglint.effects.effect import Run
from miglint.effects.release import Release, names_by_origin, places_of
from miglint.effects.running import Executed, run
from miglint.effects.timeouts import has_timeout
from miglint.facts.layout import App, Layout
from miglint.facts.migration import Migration, MigrationKey, Module, Unreadable
from miglint.facts.operations import AlterField, Operation, RunPython, RunSQL, UnknownOperation, model_named
from miglint.facts.repository import Base, Repository
from miglint.facts.sizes import Size, TableSizes
from miglint.facts.source import Location
from miglint.facts.target import Target
from miglint.facts.values import Literal, text_of
from miglint.graph import MigrationGraph, in_dependency_order
from miglint.records import dataclass
from miglint.schema.alteration import Alteration, alteration
from miglint.schema.database_replay import DatabaseReplay, is_in_state_alone
from miglint.schema.editor import Execution, SchemaEditor
from miglint.schema.missing import Missing, takes_out
from miglint.schema.model import Column, Ground, columns_of, has_table, implicit_auto_field, table_of
from miglint.schema.names import in_database
from miglint.schema.replay import Transition, replay
from miglint.schema.state import ModelKey, ModelState, Origin, SchemaState
from miglint.schema.tables import DatabaseState
from miglint.sql.statement import Statement

T = TypeVar("T")


# No two steps are the same one: what is worked out about them is kept by step.
@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One operation in replay order, between the states before and after it; `index` is its dotted path.

    `model` is the one that it is about, as it was before, None where it names none, or none that is known. `table`
    is what that is called in the database, None where it has none of its own or it is not known.
    `existed_before` says whether that table was there before the changeset: None is unknown. What the database
    holds does not change between `database_before` and `database_after` where the operation holds others: they have
    steps of their own, which follow. `executions` are what Django's schema editor runs for it, what it keeps for the
    end of the migration included.
    """

    migration: Migration
    index: str
    operation: Operation
    before: SchemaState
    after: SchemaState
    model: ModelState | None
    table: str | None
    existed_before: bool | None
    database_before: DatabaseState
    database_after: DatabaseState
    # What an AlterField changes; None for any other operation, and where the field before is not known.
    alteration: Alteration | None
    executions: tuple[Execution, ...]

    @property
    def location(self) -> Location:
        return Location(self.migration.path, self.operation.site.span)

    @property
    def subject(self) -> str:
        """What the operation is about, in the words of the history: `shop.order.total`; empty where it names none."""
        name = model_named(self.operation)
        if name is None:
            return ""
        member = getattr(self.operation, "name", None) if hasattr(self.operation, "model_name") else None
        model = f"{self.migration.key.app_label}.{name.lower()}"
        return f"{model}.{member}" if isinstance(member, str) else model

    @property
    def in_state_alone(self) -> bool:
        """Whether it stands in `state_operations`, which never reach the database."""
        return is_in_state_alone(self.index)

    @property
    def in_database_alone(self) -> bool:
        """Whether it stands in `database_operations`, whose states lead nowhere."""
        return ".database." in self.index


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
        return _last(self.steps)

    def state_at(self, key: MigrationKey) -> SchemaState:
        """The schema after one migration and all that it needs, as Django's `loader.project_state(key)` has it."""
        plan = [self.migrations[one] for one in self.graph.plan_to(key) if one in self.migrations]
        return _last(tuple(replay(plan, self.ground.swappable, _unread(self.unreadable, self.graph))))

    def was_there(self, origin: Origin, step: Step) -> bool | None:
        """Whether the running release knows what `origin` made: not so where the changeset did. None is unknown."""
        return _was_there(origin, step.migration.key, self.changeset)

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
        return _was_there(origin, key, self.changeset) is not False

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
        return _last(self.around(step))

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
) -> Project:
    """Link and replay one project."""
    graph = in_dependency_order(
        migrations.values(),
        layout=layout,
        django=target.django,
        unreadable=[broken.key for broken in unreadable],
    )
    plan = [migrations[key] for key in graph.plan if key in migrations]
    ground = _ground(layout, target)
    unread = _unread(unreadable, graph)
    deferred: dict[MigrationKey, tuple[tuple[str, Execution], ...]] = {}
    steps = tuple(_steps(plan, ground, unread, target, changeset, deferred))
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
        ground=ground,
        modules=modules,
        sizes=sizes,
        unsettled_apps=_unsettled(graph),
        _apps={app.label: app for app in layout.apps},
        _places=_places(steps),
        _numbers=numbers,
        _of_app=of_app,
        _deferred=deferred,
        _initial=frozenset(migration.key for migration in plan if migration.initial),
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


def _last(done: Sequence[Step | Transition]) -> SchemaState:
    # What is nested comes after what holds it, and `database_operations` have states that lead nowhere.
    return next((one.after for one in reversed(done) if "." not in one.index), SchemaState.empty())


def _ground(layout: Layout, target: Target) -> Ground:
    values = layout.settings.values
    return Ground(
        vendor=target.database.vendor,
        auto_field=implicit_auto_field(values.get("DEFAULT_AUTO_FIELD"), target.django),
        swappable=lambda setting: (
            text_of(values.get(setting)) or ("auth.User" if setting == "AUTH_USER_MODEL" else None)
        ),
    )


def _unread(unreadable: Iterable[Unreadable], graph: MigrationGraph) -> dict[str, str]:
    """Why any model of an app may be otherwise: a migration of its history could not be read."""
    nodes = frozenset(graph.nodes)
    return {broken.key.app_label: f"{broken.path} could not be read" for broken in unreadable if broken.key in nodes}


def _steps(
    plan: Sequence[Migration],
    ground: Ground,
    unread: Mapping[str, str],
    target: Target,
    changeset: frozenset[MigrationKey] | None,
    deferred: dict[MigrationKey, tuple[tuple[str, Execution], ...]],
) -> Iterator[Step]:
    """Each migration has a schema editor of its own; what it leaves for the end goes to `deferred`."""
    initial = frozenset(migration.key for migration in plan if migration.initial)
    replaying = DatabaseReplay(ground)
    transitions = replay(plan, ground.swappable, unread)
    for key, group in groupby(transitions, key=lambda transition: transition.migration.key):
        editor = SchemaEditor(ground, target.django, target.database.version)
        for transition in group:
            yield _step(transition, editor, replaying, ground, target, changeset, initial)
        left = editor.close()
        if left:
            deferred[key] = left


def _step(
    transition: Transition,
    editor: SchemaEditor,
    replaying: DatabaseReplay,
    ground: Ground,
    target: Target,
    changeset: frozenset[MigrationKey] | None,
    initial: frozenset[MigrationKey],
) -> Step:
    database_before = replaying.state
    executions = editor.run(transition, database_before)
    replaying.apply(transition, executions)
    name = model_named(transition.operation)
    model = transition.before.model(transition.migration.key.app_label, name) if name is not None else None
    table = _table(model, ground)
    return Step(
        migration=transition.migration,
        index=transition.index,
        operation=transition.operation,
        before=transition.before,
        after=transition.after,
        model=model,
        table=table,
        existed_before=_existed_before(model, transition.migration.key, changeset, initial),
        database_before=database_before,
        database_after=replaying.state,
        alteration=_alteration(transition, ground, target),
        executions=executions,
    )


def _alteration(transition: Transition, ground: Ground, target: Target) -> Alteration | None:
    operation, label = transition.operation, transition.migration.key.app_label
    if not isinstance(operation, AlterField):
        return None
    return alteration(operation, transition.before, label, ground, target.django)


def _table(model: ModelState | None, ground: Ground) -> str | None:
    if model is None or has_table(model, ground) is not True:
        return None
    table = table_of(model, ground)
    return table if isinstance(table, str) else None


def _existed_before(
    model: ModelState | None,
    current: MigrationKey,
    changeset: frozenset[MigrationKey] | None,
    initial: frozenset[MigrationKey],
) -> bool | None:
    if model is None:
        return None
    # Where foreign keys go round in a circle, makemigrations spreads an app's first tables over several initial
    # migrations: they are applied one after the other, and no row comes in between.
    if current in initial and model.made.migration in initial and model.app_label == current.app_label:
        return False
    return _was_there(model.made, current, changeset)


def _was_there(origin: Origin, current: MigrationKey, changeset: frozenset[MigrationKey] | None) -> bool | None:
    # What only the state gained, somebody made another way in the database, some time before.
    if is_in_state_alone(origin.operation):
        return None if origin.migration == current else True
    return origin.migration != current and (changeset is None or origin.migration not in changeset)
