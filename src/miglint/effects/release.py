"""What the models of the running release know of the database: their tables, and the columns that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from miglint.facts.values import text_of, truth_of
from miglint.records import dataclass
from miglint.schema.column import has_column
from miglint.schema.model import Column, Ground, between, columns_of, table_of
from miglint.schema.names import in_database
from miglint.schema.replay import target_of
from miglint.schema.state import FieldState, History, ModelKey, ModelState, Origin, SchemaState


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table as the running release has it, by its model, unmanaged ones included, as `state` has that.

    `joining` is the many-to-many field that it stands between, where it is no model's own. `columns` are by name.
    """

    name: str
    model: ModelState
    joining: FieldState | None
    columns: Mapping[str, Column]
    state: SchemaState

    @property
    def made(self) -> Origin:
        return self.model.made if self.joining is None else self.joining.added


@dataclass(frozen=True, slots=True)
class Release:
    """The models as the running release has them.

    They are those that the migration finds, but for apps of which earlier migrations of the changeset changed the
    state: `earlier` has those as they were. `places` tells the models that ever had a table of a name.
    """

    start: SchemaState
    earlier: Mapping[str, SchemaState]
    places: Callable[[str], tuple[ModelKey, ...]]
    was_there: Callable[[Origin], bool | None]
    ground: Ground

    def table(self, name: str) -> KnownTable | None:
        """A table by its name in statements; None where no model of the running release uses it."""
        found: KnownTable | None = None
        for label, model_name in self.places(name):
            state = self.earlier.get(label, self.start)
            model = state.model(label, model_name)
            if model is None or self.was_there(model.made) is False or not _is_used(model, self.ground):
                continue
            known = self._known(name, model, state)
            if known is not None:
                found = known if found is None else _together(found, known)
        return found

    def _known(self, name: str, model: ModelState, state: SchemaState) -> KnownTable | None:
        if _name_of(model, self.ground) == name:
            columns = {
                one.name: one
                for one in columns_of(model, state, self.ground)
                if one.state is None or self.was_there(one.state.added) is not False
            }
            return KnownTable(name, model, None, columns, state)
        for field in model.fields.values():
            if field.field.kind != "ManyToManyField" or self.was_there(field.added) is False:
                continue
            table = between(model, field, self.ground)
            if table is not None and in_database(table) == name:
                sides = _sides(model, field, self.ground)
                return KnownTable(name, model, field, {one: Column(one, None, None) for one in ("id", *sides)}, state)
        return None


def places_of(history: History, ground: Ground) -> dict[str, tuple[ModelKey, ...]]:
    """The models that ever had a table of a name, their own or a many-to-many field's, by that name."""
    places: dict[str, dict[ModelKey, None]] = {}
    for key in sorted(history.versions):
        before: ModelState | None = None
        for model in history.versions[key]:
            if model is not None:
                for name in _places_taken(model, before, ground):
                    places.setdefault(name, {})[key] = None
                before = model
    return {name: tuple(keys) for name, keys in places.items()}


def _places_taken(model: ModelState, before: ModelState | None, ground: Ground) -> Iterator[str]:
    """The names of a model's tables, those left out that it had as the version before, for all that can be seen."""
    moved = before is None or model.options is not before.options
    own = _name_of(model, ground) if moved else None
    if own is not None:
        yield own
    for field in model.fields.values():
        if field.field.kind == "ManyToManyField" and (
            moved or before is None or before.fields.get(field.name) is not field
        ):
            table = between(model, field, ground)
            if table is not None:
                yield in_database(table)


def names_by_origin(history: History) -> dict[Origin, tuple[ModelKey, ...]]:
    """What each model was ever called, by where it was made."""
    names: dict[Origin, dict[ModelKey, None]] = {}
    for key, versions in history.versions.items():
        made: Origin | None = None
        for model in versions:
            if model is not None and model.made is not made:
                made = model.made
                names.setdefault(made, {})[key] = None
    return {made: tuple(keys) for made, keys in names.items()}


def _name_of(model: ModelState, ground: Ground) -> str | None:
    table = table_of(model, ground)
    return in_database(table) if isinstance(table, str) else None


def _is_used(model: ModelState, ground: Ground) -> bool:
    """Whether queries of the model go to the table that it names; where that is not known, they do."""
    if truth_of(model.options.get("proxy"), False) is True:
        return False
    setting = text_of(model.options.get("swappable"))
    named = ground.swappable(setting) if setting is not None else None
    return named is None or tuple(named.lower().split(".")) == (model.app_label.lower(), model.name.lower())


def _together(one: KnownTable, other: KnownTable) -> KnownTable:
    """Two models of one table: an unmanaged one may name what the other does not."""
    return KnownTable(one.name, one.model, one.joining, {**other.columns, **one.columns}, one.state)


def _sides(model: ModelState, field: FieldState, ground: Ground) -> tuple[str, ...]:
    target = target_of(field.field, model.app_label, model.name, ground.swappable)
    if target is None or has_column(field.field) is True:
        return ()
    own, other = model.name.lower(), target[1]
    return (f"from_{own}_id", f"to_{own}_id") if own == other else (f"{own}_id", f"{other}_id")
