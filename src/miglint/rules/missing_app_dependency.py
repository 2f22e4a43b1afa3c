"""MIG105: a model of another app is named, and nothing makes sure that it is there by then."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import NamedTuple

from miglint.contrib import contrib_migrations
from miglint.facts.fields import Field
from miglint.facts.migration import Function, Migration, MigrationKey, SwappableDependency
from miglint.facts.operations import (
    AddField,
    AlterField,
    CreateModel,
    DeleteModel,
    NamedField,
    RenameModel,
    RunPython,
    UnknownOperation,
    span_of,
)
from miglint.facts.source import Location
from miglint.facts.values import Mapping as MappingValue
from miglint.facts.values import Reference, Sequence, text_of
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule
from miglint.schema.state import ModelKey
from miglint.steps import Step

_SETTINGS = "django.conf.settings."


@dataclass(frozen=True)
class MissingAppDependency(ProjectRule):
    code = "MIG105"
    name = "missing-app-dependency"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        if project.graph.cycles:
            return  # without an order nothing comes before anything: MIG103 first
        needs = _needs(project)
        reach = _Reach(project, {need.key for all_needs in needs.values() for need in all_needs})
        for migration in project.planned():
            for need in needs.get(migration.key, ()):
                answer = _judge(need, migration.key, project, reach)
                if answer is not None:
                    yield self._finding(need, migration, answer, project)

    def _finding(self, need: _Need, migration: Migration, answer: _Answer, project: Project) -> Finding:
        path = need.location.path
        away = () if path == migration.path else (Related(need.location, "it is looked up here"),)
        return self.finding(
            need.location if not away else need.step.location,
            f"{need.wish}, {answer.why}.",
            hint=answer.hint,
            app=migration.key.app_label,
            migration=migration.key.name,
            operation=need.step.index,
            subject=need.target.lower(),
            extent=need.step.operation.site.span,
            related=(*away, *answer.related),
        )


class _Need(NamedTuple):
    """A model of an app that an operation takes for granted; `wish` is how the message begins.

    `model` is None where only the app is known; `setting` is set where a setting names the model.
    """

    step: Step
    label: str
    model: str | None
    location: Location
    wish: str
    setting: str | None = None

    @property
    def target(self) -> str:
        return self.label if self.model is None else f"{self.label}.{self.model}"

    @property
    def key(self) -> ModelKey:
        return self.label, (self.model or "").lower()


class _Answer(NamedTuple):
    why: str
    hint: str
    related: tuple[Related, ...] = ()


class _Event(NamedTuple):
    """An operation that makes a model, or takes it away; `bit` stands for it in what a migration reaches."""

    step: Step
    makes: bool
    bit: int


# What is needed.


def _needs(project: Project) -> dict[MigrationKey, list[_Need]]:
    needs: dict[MigrationKey, list[_Need]] = {}
    # Where two folders claim a label, or a history falls apart, the label may not be the one that Django knows, and
    # what seems to be another package's may be this very app.
    left_alone = {app.label for app in project.layout.duplicates}.union(
        project.layout.linking_only, project.graph.conflicts
    )
    for step in project.steps:
        label = step.migration.key.app_label
        if label not in left_alone:
            for need in _needs_of(step, project):
                if need.label != label or isinstance(step.operation, RunPython):
                    needs.setdefault(step.migration.key, []).append(need)
    return needs


def _needs_of(step: Step, project: Project) -> Iterator[_Need]:
    match step.operation:
        case CreateModel(name=str(name), fields=fields, bases=bases) as operation:
            for item in fields:
                if isinstance(item, NamedField):
                    yield from _relations(step, f"{name}.{item.name}", item.field, project)
            for base in bases.items if isinstance(bases, Sequence) else ():
                label, dot, model = (text_of(base) or "").partition(".")
                if dot:
                    place = Location(step.migration.path, span_of(operation, "bases"))
                    yield _Need(step, label, model, place, f"'{name}' inherits from '{label}.{model}'")
        case (
            AddField(model_name=str(model), name=str(name), field=field)
            | AlterField(model_name=str(model), name=str(name), field=field)
        ):
            yield from _relations(step, f"{model}.{name}", field, project)
        case RunPython(code=code, reverse_code=reverse):
            for entry in (code, reverse):
                if isinstance(entry, Reference):
                    yield from _lookups(step, entry.path, project)
        case _:
            return


def _relations(step: Step, name: str, field: Field, project: Project) -> Iterator[_Need]:
    for option in ("to", "through"):
        if option not in field.options:
            continue
        place = Location(step.migration.path, field.site.arguments.get(option, field.site.span))
        match field.options[option]:
            case Reference(path) if path.startswith(_SETTINGS):
                setting = path.removeprefix(_SETTINGS)
                label, dot, model = (_model_of(setting, project) or "").partition(".")
                wish = f"'{name}' points to settings.{setting}"
                if dot:
                    yield _Need(step, label, model, place, wish, setting)
            case value:
                label, dot, model = (text_of(value) or "").partition(".")
                if dot and label.isidentifier() and model.isidentifier():
                    verb = "points to" if option == "to" else "goes through"
                    yield _Need(step, label, model, place, f"'{name}' {verb} '{label}.{model}'")


def _model_of(setting: str, project: Project) -> str | None:
    value = project.layout.settings.values.get(setting)
    return "auth.User" if value is None and setting == "AUTH_USER_MODEL" else text_of(value)


def _lookups(step: Step, entry: str, project: Project) -> Iterator[_Need]:
    """Every `get_model` of the registry that RunPython gives to a function, and that goes from there to others."""
    migration = step.migration
    start = _function(entry, migration.path, migration, project)
    waiting = [(*start, start[1].parameters[0])] if start is not None and start[1].parameters else []
    seen = set()
    while waiting:
        path, function, registry = waiting.pop(0)
        if (path, function.name, registry) in seen:
            continue
        seen.add((path, function.name, registry))
        for lookup in function.lookups:
            if lookup.parameter == registry:
                what = lookup.app_label if lookup.model is None else f"{lookup.app_label}.{lookup.model}"
                wish = f"A model of '{what}' is looked up" if lookup.model is None else f"'{what}' is looked up"
                yield _Need(step, lookup.app_label, lookup.model, Location(path, lookup.span), wish)
        for call in function.calls:
            called = _function(call.function, path, migration, project)
            for place, given in call.given if called is not None else ():
                if called is not None and given == registry:
                    parameters = called[1].parameters
                    name = parameters[place] if isinstance(place, int) and place < len(parameters) else place
                    if isinstance(name, str):
                        waiting.append((*called, name))


def _function(name: str, path: str, migration: Migration, project: Project) -> tuple[str, Function] | None:
    """The function that a name means in a file, and the file that holds it."""
    if path == migration.path and name in migration.helpers:
        path, name = migration.helpers[name]
    elif name.startswith("#"):
        name = name[1:]
    else:
        return None
    module = migration.module if path == migration.path else project.modules.get(path)
    function = module.functions.get(name) if module is not None else None
    return None if function is None else (path, function)


# What is there.


class _Reach:
    """Which apps, events and settings each migration comes after, as the bits of a number.

    Sets would grow with the square of a long history, and a few models of it are asked for.
    """

    def __init__(self, project: Project, wanted: set[ModelKey]) -> None:
        graph = project.graph
        self.project = project
        self.populated = frozenset(key.app_label for key in graph.nodes)
        self.contrib = frozenset(contrib_migrations()) - self.populated - _moved(project)
        # By model, in order; models and whole apps of which not every event is known are in `doubtful`.
        self.events: dict[ModelKey, list[_Event]] = {}
        self.doubtful: set[ModelKey | str] = {key.app_label for key in graph.unknown}
        self._bits: dict[str, int] = {}
        # What a migration does; and what is true of itself already: its settings, its unknowns.
        self._does: dict[MigrationKey, int] = {}
        self._is: dict[MigrationKey, int] = {}
        self._after: dict[MigrationKey, int] = {}
        for step in project.steps:
            if ".database." not in step.index:
                self._note(step, wanted)
        vague = {missing.entry.migration for missing in graph.missing}
        vague |= {malformed.entry.migration for malformed in graph.malformed}
        for key in graph.unknown | vague:
            self._mark(key, "?")
        for migration in project.migrations.values():
            for entry in migration.dependencies:
                if isinstance(entry, SwappableDependency):
                    self._mark(migration.key, f"settings.{entry.setting}")

    def bit(self, name: str) -> int:
        """The bit of an app's label, of a setting (`settings.X`), of the unknown (`?`), of foreign migrations (`*`)."""
        return self._bits.setdefault(name, 1 << len(self._bits))

    def before(self, key: MigrationKey) -> int:
        """What a migration comes after."""
        found = self._is.get(key, 0)
        for parent in self.project.graph.parents(key):
            found |= self._after[parent] if parent in self._after else self.after(parent)
        return found

    def after(self, key: MigrationKey) -> int:
        """What comes before whoever depends on a migration."""
        # Histories are longer than Python's stack is deep.
        waiting = [(key, False)]
        while waiting:
            one, parents_are_known = waiting.pop()
            if parents_are_known:
                self._after[one] |= self.before(one)
            elif one not in self._after:
                known = one.app_label in self.populated or one.app_label in self.contrib
                self._after[one] = self._does.get(one, 0) | self.bit(one.app_label) | (0 if known else self.bit("*"))
                waiting.append((one, True))
                waiting += [(parent, False) for parent in self.project.graph.parents(one) if parent not in self._after]
        return self._after[key]

    def settle(self, key: MigrationKey, bits: int) -> None:
        """Take something for mended, so that a migration's followers are not blamed for it too."""
        self._after[key] = self.after(key) | bits
        self._is[key] = self._is.get(key, 0) | bits

    def maker(self, key: ModelKey) -> _Event | None:
        """The newest operation that makes a model."""
        return next((event for event in reversed(self.events.get(key, ())) if event.makes), None)

    def knows_all_of(self, label: str) -> bool:
        """Whether each model of an app is known: no file, operation or second folder may hold more."""
        steps = self.project.steps
        unknown = steps[-1].after.unknown(label) is not None if steps else False
        doubles = {app.label for app in self.project.layout.duplicates}
        return not unknown and label not in self.doubtful and label not in doubles

    def _mark(self, key: MigrationKey, name: str) -> None:
        loaded = self.project.graph.replaced.get(key, key)
        self._is[loaded] = self._is.get(loaded, 0) | self.bit(name)

    def _note(self, step: Step, wanted: set[ModelKey]) -> None:
        label = step.migration.key.app_label
        operation = step.operation
        made: object = None
        gone: object = None
        match operation:
            case CreateModel(name=name):
                made = name
            case DeleteModel(name=name):
                gone = name
            case RenameModel(old_name=old, new_name=new):
                made, gone = new, old
            case UnknownOperation():
                self.doubtful.add(label)
            case _:
                return
        for written, makes in ((made, True), (gone, False)):
            key = (label, written.lower() if isinstance(written, str) else "")
            if operation.subclass is not None and operation.subclass.state != "same":
                self.doubtful.add(key)
            elif key in wanted and made != gone:
                event = _Event(step, makes, self.bit(f"{step.migration.key}:{step.index}:{makes}"))
                self.events.setdefault(key, []).append(event)
                self._does[step.migration.key] = self._does.get(step.migration.key, 0) | event.bit


def _moved(project: Project) -> frozenset[str]:
    """Apps whose migrations the settings keep elsewhere, or nowhere."""
    modules = project.layout.settings.values.get("MIGRATION_MODULES")
    pairs = modules.items if isinstance(modules, MappingValue) else ()
    return frozenset(label for key, _ in pairs if (label := text_of(key)) is not None) | project.layout.unmigrated


# Judgement.


def _judge(need: _Need, key: MigrationKey, project: Project, reach: _Reach) -> _Answer | None:
    """What is wrong with a need; None where nothing is, or where that cannot be known."""
    if need.label == key.app_label:
        return _judged_at_home(need, project, reach)
    before = reach.before(key)
    if before & reach.bit("?") or need.key in reach.doubtful:
        return None
    if need.label not in reach.populated:
        return _judged_from_afar(need, key, before, project, reach)
    if before & reach.bit("*") and need.label in _swapped_in(project):
        return None  # a foreign migration may bring in the app of a model that a setting names
    if need.setting is not None:
        return _unswapped(need, key, before, reach)
    if need.model is None:
        if before & reach.bit(need.label):
            return None
        return _unreached(need, key, MigrationKey(need.label, _newest(need.label, project)), (), project, reach)
    events = reach.events.get(need.key, [])
    passed = [event for event in events if before & event.bit]
    maker = reach.maker(need.key)
    if maker is None:
        return _never(need, project, reach) if reach.knows_all_of(need.label) else None
    if not any(event.makes for event in passed):
        creator = maker.step.migration.key
        reach.settle(key, sum({event.bit for event in events if event.makes}))
        place = Related(maker.step.location, f"'{need.target}' is made here, in '{creator}'")
        return _unreached(need, key, creator, (place,), project, reach)
    if passed[-1].makes or not reach.knows_all_of(need.label):
        return None
    return _gone(passed[-1], f"'{key}' depends on")


def _judged_at_home(need: _Need, project: Project, reach: _Reach) -> _Answer | None:
    """A lookup in the migration's own app: what the state has by then is what there is."""
    step = need.step
    if need.model is None or step.before.model(need.label, need.model) is not None:
        return None
    if step.before.unknown(need.label) is not None or not reach.knows_all_of(need.label):
        return None
    if need.key in reach.doubtful:
        return None
    maker = reach.maker(need.key)
    if maker is None:
        return _never(need, project, reach)
    earlier = [event for event in reach.events[need.key] if event.step.after.number <= step.before.number]
    gone = [event for event in earlier if not event.makes]
    if gone:
        return _gone(gone[-1], "it comes after")
    maker = next(event for event in reach.events[need.key] if event.makes)
    creator = maker.step.migration.key
    return _Answer(
        f"but it does not exist at this point: '{creator}' makes it only then, so `migrate` ends in LookupError",
        f"Move the operation behind the one in '{creator}' that makes it.",
        (Related(maker.step.location, f"'{need.target}' is made here"),),
    )


def _judged_from_afar(need: _Need, key: MigrationKey, before: int, project: Project, reach: _Reach) -> _Answer | None:
    """A model of an app that is not in this tree, or has no migrations there."""
    foreign = before & reach.bit("*")
    if before & reach.bit(need.label) or foreign or project.app(need.label) or need.label in _moved(project):
        return None
    if need.setting is not None:
        return _unswapped(need, key, before, reach) if need.label in reach.contrib else None
    if need.label in reach.contrib:
        newest = list(contrib_migrations()[need.label])[-1]
    else:
        # That others name a migration of it proves that it has migrations.
        named = [one for _, one in project.graph.edges if one.app_label == need.label and one.name[:2] != "__"]
        if not named:
            return None
        newest = max(named)
    reach.settle(key, reach.bit(need.label))
    return _Answer(
        f"but nothing that '{key}' depends on leads to the migrations of '{need.label}': whether the model is "
        "there by then is left to chance",
        f"Add {_written(newest)} to the dependencies of '{key}'.",
    )


def _unswapped(need: _Need, key: MigrationKey, before: int, reach: _Reach) -> _Answer | None:
    if before & (reach.bit(need.label) | reach.bit(f"settings.{need.setting}")):
        return None
    reach.settle(key, reach.bit(need.label))
    return _Answer(
        f"now '{need.target}', but nothing that '{key}' depends on leads to its app: whether the model is there by "
        "then is left to chance",
        f"Add migrations.swappable_dependency(settings.{need.setting}) to the dependencies of '{key}'.",
    )


def _unreached(
    need: _Need,
    key: MigrationKey,
    creator: MigrationKey,
    related: tuple[Related, ...],
    project: Project,
    reach: _Reach,
) -> _Answer:
    reach.settle(key, reach.bit(need.label))
    if key in project.graph.ancestors(creator):
        return _Answer(
            f"but '{creator}', which makes it, comes after '{key}'",
            f"Move the operation to a migration of its own that depends on {_written(key)} and {_written(creator)}.",
            related,
        )
    what = "which makes it" if need.model is not None else "or any other migration of that app"
    return _Answer(
        f"but '{key}' does not depend on '{creator}', {what}: whether it is there by then is left to chance",
        f"Add {_written(creator)} to the dependencies of '{key}'.",
        related,
    )


def _gone(event: _Event, how: str) -> _Answer:
    operation, taker = event.step.operation, event.step.migration.key
    label = taker.app_label
    if isinstance(operation, RenameModel):
        why, hint = f"which renames it to '{operation.new_name}'", f"Name '{label}.{operation.new_name}'."
    else:
        why, hint = "which deletes it", "Do this before the model is deleted, or not at all."
    return _Answer(
        f"but it does not exist at this point: {how} '{taker}', {why}",
        hint,
        (Related(event.step.location, "here it ceases to be"),),
    )


def _never(need: _Need, project: Project, reach: _Reach) -> _Answer:
    last = project.steps[-1].after
    names = [model.name for model in last.models() if model.app_label == need.label]
    meant = difflib.get_close_matches(need.model or "", names, n=1, cutoff=0.7)
    hint = f"Did you mean '{need.label}.{meant[0]}'?" if meant else f"Name a model that '{need.label}' has by then."
    return _Answer(f"but no migration of '{need.label}' makes such a model", hint)


def _swapped_in(project: Project) -> frozenset[str]:
    """The labels of models that settings name."""
    texts = (text_of(value) for value in project.layout.settings.values.values())
    return frozenset(text.partition(".")[0] for text in texts if text and "." in text)


def _newest(label: str, project: Project) -> str:
    return [key.name for key in project.graph.plan if key.app_label == label][-1]


def _written(key: MigrationKey) -> str:
    return f'("{key.app_label}", "{key.name}")'
