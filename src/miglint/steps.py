"""The history, operation by operation: between which states each stands, and what it makes Django's editor run."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Sequence

from miglint.facts.layout import Layout
from miglint.facts.migration import Migration, MigrationKey
from miglint.facts.operations import AlterField, Operation, model_named
from miglint.facts.source import Location
from miglint.facts.target import Target
from miglint.facts.values import text_of
from miglint.records import dataclass
from miglint.schema.alteration import Alteration, alteration
from miglint.schema.database_replay import DatabaseReplay, is_in_state_alone
from miglint.schema.editor import Execution, SchemaEditor
from miglint.schema.model import Ground, has_table, implicit_auto_field, table_of
from miglint.schema.replay import Replay, Transition
from miglint.schema.state import ModelState, Origin, SchemaState
from miglint.schema.tables import DatabaseState


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


class Replaying:
    """Migrations replayed one after the other, in the order in which Django applies them, on an empty database.

    `unread` are apps with a migration that could not be read, and why. `steps` are those of `plan`; `deferred` is what
    the migrations leave for their ends, each with the index of the step that asked.
    """

    def __init__(self, layout: Layout, target: Target, unread: Mapping[str, str]) -> None:
        self.ground = ground_of(layout, target)
        self.plan: list[Migration] = []
        self.steps: list[Step] = []
        self.deferred: dict[MigrationKey, tuple[tuple[str, Execution], ...]] = {}
        self.initial: set[MigrationKey] = set()
        self._settings, self._target, self._unread = layout.settings, target, dict(unread)
        self._states = Replay(self.ground.swappable, unread)
        self._database = DatabaseReplay(self.ground)

    def begins(self, plan: Sequence[Migration], layout: Layout, target: Target, unread: Mapping[str, str]) -> bool:
        """Whether this is how the replay of a plan begins."""
        given = (layout.settings, target, dict(unread))
        same = (self._settings, self._target, self._unread) == given and len(self.plan) <= len(plan)
        return same and all(mine is one for mine, one in zip(self.plan, plan, strict=False))

    def apply(self, migration: Migration) -> None:
        self.plan.append(migration)
        if migration.initial:
            self.initial.add(migration.key)
        # Each migration has a schema editor of its own.
        editor = SchemaEditor(self.ground, self._target.django, self._target.database.version)
        self.steps += [self._step(transition, editor) for transition in self._states.apply(migration)]
        left = editor.close()
        if left:
            self.deferred[migration.key] = left

    def _step(self, transition: Transition, editor: SchemaEditor) -> Step:
        database_before = self._database.state
        executions = editor.run(transition, database_before)
        self._database.apply(transition, executions)
        name = model_named(transition.operation)
        model = transition.before.model(transition.migration.key.app_label, name) if name is not None else None
        return Step(
            migration=transition.migration,
            index=transition.index,
            operation=transition.operation,
            before=transition.before,
            after=transition.after,
            model=model,
            table=_table(model, self.ground),
            existed_before=_existed_before(model, transition.migration.key, None, self.initial),
            database_before=database_before,
            database_after=self._database.state,
            alteration=_alteration(transition, self.ground, self._target),
            executions=executions,
        )

    def seen_from(self, changeset: frozenset[MigrationKey] | None) -> tuple[Step, ...]:
        """The steps, where tables that the changeset makes are new to all of it."""
        if changeset is None:
            return tuple(self.steps)
        return tuple([self._seen_from(step, changeset) for step in self.steps])

    def _seen_from(self, step: Step, changeset: frozenset[MigrationKey]) -> Step:
        existed = _existed_before(step.model, step.migration.key, changeset, self.initial)
        return step if existed is step.existed_before else dataclasses.replace(step, existed_before=existed)


def ground_of(layout: Layout, target: Target) -> Ground:
    values = layout.settings.values
    return Ground(
        vendor=target.database.vendor,
        auto_field=implicit_auto_field(values.get("DEFAULT_AUTO_FIELD"), target.django),
        swappable=lambda setting: (
            text_of(values.get(setting)) or ("auth.User" if setting == "AUTH_USER_MODEL" else None)
        ),
    )


def last_state(done: Sequence[Step | Transition]) -> SchemaState:
    # What is nested comes after what holds it, and `database_operations` have states that lead nowhere.
    return next((one.after for one in reversed(done) if "." not in one.index), SchemaState.empty())


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
    initial: Container[MigrationKey],
) -> bool | None:
    if model is None:
        return None
    # Where foreign keys go round in a circle, makemigrations spreads an app's first tables over several initial
    # migrations: they are applied one after the other, and no row comes in between.
    if current in initial and model.made.migration in initial and model.app_label == current.app_label:
        return False
    return was_there(model.made, current, changeset)


def was_there(origin: Origin, current: MigrationKey, changeset: frozenset[MigrationKey] | None) -> bool | None:
    # What only the state gained, somebody made another way in the database, some time before.
    if is_in_state_alone(origin.operation):
        return None if origin.migration == current else True
    return origin.migration != current and (changeset is None or origin.migration not in changeset)
