"""What each operation's `state_forwards` does, without Django: ProjectState after ProjectState.

Checked against Django itself for 3.2 to 6.1 (tests/schema/test_replay_agrees_with_django.py). What Django
would raise as the state changes (an unknown model, an unknown field) leaves the state as it is here: rules say it.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import reduce
from typing import NamedTuple, TypeVar

from miglint.binding import build_constraint, build_index, build_operations
from miglint.facts.fields import Constraint, Field, Index
from miglint.facts.migration import Migration
from miglint.facts.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterConstraint,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    AlterTogether,
    CreateCollation,
    CreateExtension,
    CreateModel,
    DeleteModel,
    NamedField,
    Operation,
    RemoveCollation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
    UnknownOperation,
    ValidateConstraint,
    model_named,
)
from miglint.facts.source import Location, Span
from miglint.facts.values import Call, Literal, Reference, Sequence, Text, Unresolved, Value, text_of
from miglint.records import dataclass
from miglint.schema.state import FieldState, History, ModelKey, ModelState, Origin, SchemaState

# Options that AlterModelOptions drops where it does not name them: AlterModelOptions.ALTER_OPTION_KEYS.
_ALTER_OPTION_KEYS = frozenset(
    {
        "base_manager_name",
        "default_manager_name",
        "default_related_name",
        "get_latest_by",
        "managed",
        "ordering",
        "permissions",
        "default_permissions",
        "select_on_save",
        "verbose_name",
        "verbose_name_plural",
    }
)


@dataclass(frozen=True, slots=True)
class Transition:
    """One operation, nested ones included, between the states before and after it."""

    migration: Migration
    index: str
    operation: Operation
    before: SchemaState
    after: SchemaState


BuiltT = TypeVar("BuiltT", Index, Constraint)

# The model that a setting names (`AUTH_USER_MODEL` → `auth.User`), None where it is not known.
Swappable = Callable[[str], str | None]


def replay(
    plan: Iterable[Migration], swappable: Swappable, unread: Mapping[str, str] | None = None
) -> Iterator[Transition]:
    """Every operation of the migrations, in the order given, which must be Django's own.

    `unread` are apps with a migration that could not be read, and why: any of their models may be otherwise.
    """
    replaying = Replay(swappable, unread or {})
    for migration in plan:
        yield from replaying.apply(migration)


class _Relation(NamedTuple):
    model: ModelKey
    field: str


class Replay:
    """The newest state, open to change, and the history that it leaves behind; as `replay`, one migration at a time."""

    def __init__(self, swappable: Swappable, unread: Mapping[str, str]) -> None:
        self.history = History(unknown_apps={label: (0, reason) for label, reason in unread.items()})
        self.swappable = swappable
        self.unread = unread
        self.number = 0
        self.models: dict[ModelKey, ModelState] = {}
        # The names of each app's models, in the order in which they came.
        self.names: defaultdict[str, dict[str, None]] = defaultdict(dict)
        # Which fields name a model in `to` or `through`: what RenameModel has to follow.
        self.relations: dict[ModelKey, dict[_Relation, None]] = {}
        # What each model was before the innermost operation with states of its own touched it.
        self.touched: dict[ModelKey, ModelState | None] = {}

    @property
    def state(self) -> SchemaState:
        return SchemaState(self.history, self.number)

    def apply(self, migration: Migration) -> Iterator[Transition]:
        for number, operation in enumerate(migration.operations):
            yield from self._transitions(migration, str(number), operation)

    def _transitions(self, migration: Migration, index: str, operation: Operation) -> Iterator[Transition]:
        before = self.state
        match operation:
            case SeparateDatabaseAndState(database_operations=database, state_operations=in_state):
                # Database operations see a chain of states of their own, which starts here and leads nowhere.
                outer, self.touched = self.touched, {}
                inner: list[Transition] = []
                for number, nested in enumerate(database):
                    inner += self._transitions(migration, f"{index}.database.{number}", nested)
                touched, self.touched = self.touched, outer
                self.number += 1
                for key, model in touched.items():
                    self._put(key, model)
                for number, nested in enumerate(in_state):
                    inner += self._transitions(migration, f"{index}.state.{number}", nested)
                yield Transition(migration, index, operation, before, self.state)
                yield from inner
            case RunSQL(state_operations=in_state):
                inner = []
                for number, nested in enumerate(in_state):
                    inner += self._transitions(migration, f"{index}.state.{number}", nested)
                yield Transition(migration, index, operation, before, self.state)
                yield from inner
            case _:
                self.number += 1
                self._apply(migration, index, operation)
                yield Transition(migration, index, operation, before, self.state)

    def _apply(self, migration: Migration, index: str, operation: Operation) -> None:
        label = migration.key.app_label
        here = Origin(migration.key, index, Location(migration.path, operation.site.span))
        if operation.subclass is not None and operation.subclass.state != "same":
            if operation.subclass.state == "unknown":
                reason = f"{operation.subclass.path.lstrip('#')} changes the state in a way of its own"
                self._forget(label, operation, reason, here)
            return
        match operation:
            case CreateModel(name=str(name)) if not _is_refused(operation):
                made = _created(label, name, operation, here)
                self._put(made.key, _doubted(made, self.unread.get(label), None))
            case DeleteModel(name=str(name)):
                self._put((label, name.lower()), None)
            case RenameModel(old_name=str(old), new_name=str(new)):
                self._rename_model(label, old, new)
            case AlterModelTable(name=str(name), table=table):
                self._change(label, name, lambda model: _with_option(model, "db_table", _text_value(table)))
            case AlterModelTableComment(name=str(name), table_comment=comment):
                self._change(label, name, lambda model: _with_option(model, "db_table_comment", comment))
            case AlterTogether(name=str(name), option=option, value=value):
                self._change(label, name, lambda model: _with_option(model, option, value))
            case AlterOrderWithRespectTo(name=str(name), order_with_respect_to=respected):
                self._change(
                    label, name, lambda model: _with_option(model, "order_with_respect_to", _text_value(respected))
                )
            case AlterModelOptions(name=str(name), options=options):
                self._change(label, name, lambda model: _with_options(model, options, here))
            case AlterModelManagers(name=str()):
                pass
            case AddField(model_name=str(name), name=str(field_name), field=field, preserve_default=preserve):
                self._change(label, name, lambda model: _with_field(model, field_name, _kept(field, preserve), here))
            case AlterField(model_name=str(name), name=str(field_name), field=field, preserve_default=preserve):
                self._change(label, name, lambda model: _with_field(model, field_name, _kept(field, preserve), here))
            case RemoveField(model_name=str(name), name=str(field_name)):
                self._change(label, name, lambda model: _without_field(model, field_name))
            case RenameField(model_name=str(name), old_name=str(old), new_name=str(new)):
                self._rename_field(label, name, old, new)
            case AddIndex(model_name=str(name), index=added) if not _lacks_name(added):
                self._change(label, name, lambda model: dataclasses.replace(model, indexes=(*model.indexes, added)))
            case RemoveIndex(model_name=str(name), name=str(gone)):
                self._change(
                    label,
                    name,
                    lambda model: dataclasses.replace(
                        model, indexes=tuple(one for one in model.indexes if name_of(one) != gone)
                    ),
                )
            case RenameIndex(model_name=str(name)):
                self._change(label, name, lambda model: _with_renamed_index(model, operation, here))
            case AddConstraint(model_name=str(name), constraint=constraint):
                self._change(
                    label,
                    name,
                    lambda model: dataclasses.replace(model, constraints=(*model.constraints, constraint)),
                )
            case RemoveConstraint(model_name=str(name), name=str(gone)):
                self._change(
                    label,
                    name,
                    lambda model: dataclasses.replace(
                        model, constraints=tuple(one for one in model.constraints if name_of(one) != gone)
                    ),
                )
            case AlterConstraint(model_name=str(name), name=str(altered), constraint=constraint):
                self._change(
                    label,
                    name,
                    lambda model: dataclasses.replace(
                        model,
                        constraints=tuple(constraint if name_of(one) == altered else one for one in model.constraints),
                    ),
                )
            case UnknownOperation(reason=reason):
                if not self._take_either(migration, index, operation):
                    self._forget(label, operation, reason, here)
            case (
                ValidateConstraint()
                | CreateExtension()
                | CreateCollation()
                | RemoveCollation()
                | RunPython()
                | RunSQL()
                | SeparateDatabaseAndState()
                | CreateModel(name=str())
                | AddIndex(model_name=str())
            ):
                # What Django refuses as soon as it is written is left here too.
                pass
            case _ if (unresolved := unresolved_name(operation)) is not None:
                # A name that could not be read: it may be any model of the app.
                self._forget(label, operation, unresolved.reason, here)
            case _:
                raise AssertionError(f"{type(operation).__name__} is not among the operations")  # pragma: no cover

    def _change(self, label: str, name: str, change: Callable[[ModelState], ModelState]) -> None:
        """Django raises KeyError for a model that is not there; here nothing changes."""
        model = self.models.get((label, name.lower()))
        if model is not None:
            self._put(model.key, change(model))

    def _put(self, key: ModelKey, model: ModelState | None) -> None:
        old = self.models.get(key)
        self.touched.setdefault(key, old)
        for relation, target in _relations(old, model, self.swappable):
            self.relations[target].pop(relation, None)
        for relation, target in _relations(model, old, self.swappable):
            self.relations.setdefault(target, {})[relation] = None
            self.history.relating.setdefault(target, {})[key] = None
        if model is not None and (old is None or model.bases is not old.bases):
            for base in parents_of(model):
                self.history.relating.setdefault(base, {})[key] = None
        if model is None:
            self.models.pop(key, None)
            self.names[key[0]].pop(key[1], None)
        else:
            self.models[key] = model
            self.names[key[0]][key[1]] = None
        numbers = self.history.numbers.setdefault(key, [])
        versions = self.history.versions.setdefault(key, [])
        if numbers and numbers[-1] == self.number:
            versions[-1] = model
        else:
            numbers.append(self.number)
            versions.append(model)

    def _rename_model(self, label: str, old: str, new: str) -> None:
        model = self.models.get((label, old.lower()))
        if model is None:
            return
        self._put((label, new.lower()), dataclasses.replace(model, name=new))
        for relation in tuple(self.relations.get((label, old.lower()), ())):
            related = self.models.get(relation.model)
            if related is None or relation.model == (label, old.lower()):
                continue
            fields = {
                name: _retargeted(state, related, (label, old.lower()), f"{label}.{new}", self.swappable)
                if name == relation.field
                else state
                for name, state in related.fields.items()
            }
            self._put(related.key, dataclasses.replace(related, fields=fields))
        # Last, so that a change of case alone removes the model, as it does in Django.
        self._put((label, old.lower()), None)

    def _rename_field(self, label: str, name: str, old: str, new: str) -> None:
        model = self.models.get((label, name.lower()))
        if model is None or old not in model.fields:
            return
        if any(model.options.get(option) == Literal(None) for option in ("unique_together", "index_together")):
            # AlterUniqueTogether(…, None): Django looks for the field in it, and raises TypeError.
            return
        state = dataclasses.replace(model.fields[old], name=new)
        fields = {kept: one for kept, one in model.fields.items() if kept != old} | {new: state}
        fields = {kept: _with_renamed_members(one, old, new) for kept, one in fields.items()}
        options = dict(model.options)
        for option in ("unique_together", "index_together"):
            if option in options:
                options[option] = _renamed_together(options[option], old, new)
        self._put(model.key, dataclasses.replace(model, fields=fields, options=options))
        for relation in tuple(self.relations.get(model.key, ())):
            related = self.models.get(relation.model)
            if related is None:
                continue
            pointing = related.fields[relation.field]
            if text_of(pointing.field.options.get("to_field")) == old:
                renamed = dataclasses.replace(
                    pointing.field, options={**pointing.field.options, "to_field": Literal(new)}
                )
                self._put(
                    related.key,
                    dataclasses.replace(
                        related,
                        fields={**related.fields, relation.field: dataclasses.replace(pointing, field=renamed)},
                    ),
                )

    def _take_either(self, migration: Migration, index: str, operation: UnknownOperation) -> bool:
        """Where a condition decides between known lists that do the same to the state: do that."""
        if not isinstance(operation.value, Unresolved) or not operation.value.either:
            return False
        ways = [build_operations(way, operation.site.span) for way in operation.value.either]
        if any(isinstance(one, UnknownOperation) for way in ways for one in _flat(way)):
            return False
        outcomes = []
        for way in ways:
            outer, self.touched = self.touched, {}
            for one in _flat(way):
                self._apply(migration, index, one)
            touched = self.touched
            outcomes.append({key: _bare(self.models.get(key)) for key in sorted(touched)})
            # Back to where it was, without a trace for whoever asks what was touched.
            self.touched = {}
            for key, model in touched.items():
                self._put(key, model)
            self.touched = outer
        if any(outcome != outcomes[0] for outcome in outcomes):
            return False
        for one in _flat(ways[0]):
            self._apply(migration, index, one)
        return True

    def _forget(self, label: str, operation: Operation, reason: str, here: Origin) -> None:
        """From here on the models that an opaque operation may touch, or failing that its app's, are not known."""
        of_app = self.names.get(label, {})
        stake = _stake(operation, of_app)
        keys = [(label, name) for name in tuple(of_app if stake.models is None else stake.models)]
        for key in keys:
            model = self.models.get(key)
            if model is not None and model.unknown is None:
                self._put(key, _doubted(model, reason, here))
        if stake.models is None or stake.existence:
            self.history.unknown_apps.setdefault(label, (self.number, reason))


def _flat(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Operations that change the state, out of those that hold them."""
    for operation in operations:
        if isinstance(operation, (SeparateDatabaseAndState, RunSQL)):
            yield from _flat(operation.state_operations)
        else:
            yield operation


# Where something stands and who made it so are no part of what it is.
_PLACES = frozenset({"site", "span", "function_span", "added", "defined", "made", "unknown_since"})


def _bare(value: object) -> object:
    """A value that can be compared with one from another place."""
    if isinstance(value, Span):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [item.name for item in dataclasses.fields(value) if item.name not in _PLACES]
        return type(value).__name__, tuple(_bare(getattr(value, name)) for name in names)
    if isinstance(value, Mapping):
        return tuple((key, _bare(item)) for key, item in value.items())
    if isinstance(value, tuple):
        return tuple(map(_bare, value))
    return value


class _Stake(NamedTuple):
    """What an opaque operation may touch: models by name in lower case, None is any; `existence` is which there are."""

    models: tuple[str, ...] | None
    existence: bool = False

    def __or__(self, other: _Stake) -> _Stake:
        either = None if self.models is None or other.models is None else (*self.models, *other.models)
        return _Stake(either, self.existence or other.existence)


_NOTHING_AT_STAKE = _Stake(())


def _stake(operation: Operation, models: Container[str]) -> _Stake:
    """`models` are the app's, by name in lower case: a text that is one of them names it."""
    match operation:
        case UnknownOperation(state="nothing"):
            return _NOTHING_AT_STAKE
        case UnknownOperation(value=Unresolved(either=either)) if either:
            # A condition decides between lists of operations that are known.
            span = operation.site.span
            return _all_at_stake((one for way in either for one in build_operations(way, span)), models)
        case UnknownOperation(arguments=arguments):
            texts = [text_of(one.value) for one in arguments]
            names = tuple(text.rpartition(".")[2].lower() for text in texts if text is not None)
            return _Stake(tuple(name for name in names if name in models) or None)
        case SeparateDatabaseAndState(state_operations=in_state) | RunSQL(state_operations=in_state):
            return _all_at_stake(in_state, models)
        case RunPython() | CreateExtension() | CreateCollation() | RemoveCollation():
            return _NOTHING_AT_STAKE
        case RenameModel(old_name=str(old), new_name=str(new)):
            return _Stake((old.lower(), new.lower()), existence=True)
        case CreateModel() | DeleteModel():
            named_model = model_named(operation)
            return _Stake(None if named_model is None else (named_model.lower(),), existence=True)
        case _:
            named_model = model_named(operation)
            return _Stake(None if named_model is None else (named_model.lower(),))


def _all_at_stake(operations: Iterable[Operation], models: Container[str]) -> _Stake:
    return reduce(_Stake.__or__, (_stake(operation, models) for operation in operations), _NOTHING_AT_STAKE)


def name_of(built: Index | Constraint) -> str | None:
    """An index's or constraint's name; None where it is not known."""
    return text_of(built.options.get("name"))


def target_of(field: Field, app_label: str, model: str, swappable: Swappable, option: str = "to") -> ModelKey | None:
    """The model that a field's `to` or `through` names, as `resolve_relation` has it; None where there is none."""
    value = field.options.get(option)
    match value:
        case Literal(str(text)):
            pass
        case Reference(path) if path.startswith("django.conf.settings."):
            known = swappable(path.rpartition(".")[2])
            if known is None:
                return None
            text = known
        case _:
            return None
    if text == "self":
        return app_label, model.lower()
    label, dot, name = text.partition(".")
    return (label, name.lower()) if dot else (app_label, text.lower())


def parents_of(model: ModelState) -> tuple[ModelKey, ...]:
    """The models that it inherits from by name, in order: for a proxy the one it stands for."""
    if not isinstance(model.bases, Sequence):
        return ()
    keys = []
    for base in model.bases.items:
        text = text_of(base)
        if text is not None:
            label, dot, name = text.partition(".")
            keys.append((label, name.lower()) if dot else (model.app_label, text.lower()))
    return tuple(keys)


def _is_refused(operation: CreateModel) -> bool:
    """Whether CreateModel raises ValueError as it is written: for a field that is there twice, a nameless index."""
    names = [item.name for item in operation.fields if isinstance(item, NamedField) and isinstance(item.name, str)]
    return len(set(names)) < len(names) or any(map(_lacks_name, _built(operation, "indexes", build_index)[0]))


def _lacks_name(index: Index) -> bool:
    return "name" not in index.options and index.kind is not None and not index.opaque


def _created(label: str, name: str, operation: CreateModel, here: Origin) -> ModelState:
    unknown = next((item.reason for item in operation.fields if isinstance(item, Unresolved)), None)
    fields = {}
    for item in operation.fields:
        if isinstance(item, NamedField):
            if isinstance(item.name, str):
                fields[item.name] = FieldState(item.name, item.field, here, here)
            else:
                unknown = unknown or item.name.reason
    options: Mapping[str, Value] = {}
    if isinstance(operation.options, Unresolved):
        unknown = unknown or operation.options.reason
    else:
        options = {key: value for key, value in operation.options.items() if key not in ("indexes", "constraints")}
    indexes, doubt = _built(operation, "indexes", build_index)
    constraints, other_doubt = _built(operation, "constraints", build_constraint)
    return ModelState(
        app_label=label,
        name=name,
        fields=fields,
        options=options,
        indexes=indexes,
        constraints=constraints,
        bases=operation.bases,
        made=here,
        unknown=unknown or doubt or other_doubt,
        unknown_since=here if unknown or doubt or other_doubt else None,
    )


def _built(
    operation: CreateModel, option: str, build: Callable[[Call], BuiltT | None]
) -> tuple[tuple[BuiltT, ...], str | None]:
    """The indexes or constraints in a new model's options, and why they are not all known."""
    if isinstance(operation.options, Unresolved):
        return (), None
    match operation.options.get(option):
        case None:
            return (), None
        case Sequence(items=items):
            built = [build(item) if isinstance(item, Call) else None for item in items]
            doubt = f"not all of its {option} could be read" if None in built else None
            return tuple(one for one in built if one is not None), doubt
        case _:
            return (), f"its {option} could not be read"


def _doubted(model: ModelState, reason: str | None, since: Origin | None) -> ModelState:
    """The model with a reason to doubt it; the first one stays."""
    if reason is None or model.unknown is not None:
        return model
    return dataclasses.replace(model, unknown=reason, unknown_since=since)


def _kept(field: Field, preserve_default: bool | Unresolved) -> Field:
    """The field as the state keeps it: a one-off default is taken out again."""
    if preserve_default is not False or "default" not in field.options:
        return field
    options = {name: value for name, value in field.options.items() if name != "default"}
    return dataclasses.replace(field, options=options)


def _text_value(text: Text | None) -> Value:
    return text if isinstance(text, Unresolved) else Literal(text)


def _with_option(model: ModelState, option: str, value: Value) -> ModelState:
    return dataclasses.replace(model, options={**model.options, option: value})


def _with_options(model: ModelState, given: Mapping[str, Value] | Unresolved, here: Origin) -> ModelState:
    if isinstance(given, Unresolved):
        return _doubted(model, given.reason, here)
    kept = {key: value for key, value in model.options.items() if key not in _ALTER_OPTION_KEYS}
    return dataclasses.replace(model, options={**kept, **given})


def _with_field(model: ModelState, name: str, field: Field, here: Origin) -> ModelState:
    """A field added or altered; an altered one keeps its place, its column's origin too."""
    known = model.fields.get(name)
    state = FieldState(name, field, known.added if known is not None else here, here)
    return dataclasses.replace(model, fields={**model.fields, name: state})


def _without_field(model: ModelState, name: str) -> ModelState:
    fields = {kept: state for kept, state in model.fields.items() if kept != name}
    return dataclasses.replace(model, fields=fields)


def _with_renamed_index(model: ModelState, operation: RenameIndex, here: Origin) -> ModelState:
    if isinstance(operation.new_name, Unresolved):
        return _doubted(model, operation.new_name.reason, here)
    if operation.old_fields is None:
        return dataclasses.replace(
            model,
            indexes=tuple(
                dataclasses.replace(one, options={**one.options, "name": Literal(operation.new_name)})
                if name_of(one) == operation.old_name
                else one
                for one in model.indexes
            ),
        )
    fields = strings_of(operation.old_fields)
    made = Index(
        path="django.db.models.indexes.Index",
        kind="Index",
        options={"fields": operation.old_fields, "name": Literal(operation.new_name)},
        opaque=False,
        site=operation.site,
    )
    together = model.options.get("index_together")
    options = dict(model.options)
    if isinstance(together, Sequence) and together.items and fields is not None:
        left = tuple(members for members in together.items if strings_of(members) != fields)
        options["index_together"] = Sequence("list", left, together.span)
    return dataclasses.replace(model, indexes=(*model.indexes, made), options=options)


def strings_of(value: Value | None) -> tuple[str, ...] | None:
    """The strings in a list or tuple; None where it is not known."""
    if not isinstance(value, Sequence):
        return None
    texts = [text_of(item) for item in value.items]
    return tuple(text for text in texts if text is not None) if None not in texts else None


def members_of(together: Value | None) -> tuple[tuple[str, ...], ...] | None:
    """`unique_together` as `normalize_together` has it: a flat ("a", "b") is one pair. None where it is not known."""
    match together:
        case None | Literal(None):
            return ()
        case Sequence(items=items):
            flat = strings_of(together)
            if flat is not None:
                return (flat,) if flat else ()
            members = [strings_of(item) for item in items]
            return tuple(one for one in members if one is not None) if None not in members else None
        case _:
            return None


def _renamed_together(together: Value, old: str, new: str) -> Value:
    members = members_of(together)
    if members is None or not isinstance(together, Sequence):
        return together
    span = together.span
    renamed = (tuple(new if name == old else name for name in one) for one in members)
    return Sequence("list", tuple(_tuple(one, span) for one in renamed), span)


def _tuple(names: Iterable[str], span: Span) -> Sequence:
    return Sequence("tuple", tuple(Literal(name) for name in names), span)


def _with_renamed_members(state: FieldState, old: str, new: str) -> FieldState:
    """`from_fields` of a ForeignObject, `field_names` of a composite key: the model's own fields by name."""
    for option in ("from_fields", "field_names"):
        names = strings_of(state.field.options.get(option))
        value = state.field.options.get(option)
        if names is not None and old in names and isinstance(value, Sequence):
            renamed = dataclasses.replace(value, items=tuple(Literal(new if name == old else name) for name in names))
            field = dataclasses.replace(state.field, options={**state.field.options, option: renamed})
            state = dataclasses.replace(state, field=field)
    return state


def _relations(
    model: ModelState | None, other: ModelState | None, swappable: Swappable
) -> Iterator[tuple[_Relation, ModelKey]]:
    """What the fields of a model name that another version of it does not have, or has otherwise."""
    if model is None:
        return
    known = other.fields if other is not None else {}
    for name, state in model.fields.items():
        options = state.field.options
        if ("to" not in options and "through" not in options) or known.get(name) is state:
            continue
        for option in ("to", "through"):
            if option in options:
                target = target_of(state.field, model.app_label, model.name, swappable, option)
                if target is not None:
                    yield _Relation(model.key, name), target


def _retargeted(state: FieldState, model: ModelState, old: ModelKey, new: str, swappable: Swappable) -> FieldState:
    options = {
        name: Literal(new)
        if name in ("to", "through") and target_of(state.field, model.app_label, model.name, swappable, name) == old
        else value
        for name, value in state.field.options.items()
    }
    return dataclasses.replace(state, field=dataclasses.replace(state.field, options=options))


def unresolved_name(operation: Operation) -> Unresolved | None:
    """A name without which nobody knows what the operation is about, where it could not be read."""
    for attribute in ("model_name", "name", "old_name", "new_name"):
        value = getattr(operation, attribute, None)
        if isinstance(value, Unresolved):
            return value
    return None
