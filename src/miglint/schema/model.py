"""What Django makes of a model: its table, its columns, the tables between it and others."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.fields import Field
from miglint.facts.target import Vendor
from miglint.facts.values import Literal, Reference, Text, Unresolved, text_of, truth_of
from miglint.records import dataclass
from miglint.schema.column import column_name, has_column
from miglint.schema.names import LONGEST, default_table, truncated, without_quotes
from miglint.schema.replay import Swappable, target_of
from miglint.schema.replay import parents_of as parents_of
from miglint.schema.state import FieldState, ModelKey, ModelState, SchemaState

# Settings that a migration's meaning hangs on when they say nothing themselves.
DEFAULT_AUTO_FIELD = {True: "BigAutoField", False: "AutoField"}


@dataclass(frozen=True, slots=True)
class Ground:
    """What a replay takes from outside the migrations: the database's vendor, the settings that it hangs on."""

    vendor: Vendor
    auto_field: str
    swappable: Swappable


def has_table(model: ModelState, ground: Ground) -> bool | None:
    """Whether Django's schema editor touches the model: it is no proxy, managed, and not swapped out."""
    proxy = truth_of(model.options.get("proxy"), False)
    managed = truth_of(model.options.get("managed"), True)
    if proxy is True or managed is False:
        return False
    setting = text_of(model.options.get("swappable"))
    if setting is not None:
        # Without the setting nothing is swapped: Options.swapped asks for it with None as the default.
        named = ground.swappable(setting)
        if named is not None:
            label, _, name = named.partition(".")
            if (label, name.lower()) != model.key:
                return False
    return None if proxy is None or managed is None else True


def table_of(model: ModelState, ground: Ground) -> Text:
    """What the table is called in the database: PostgreSQL cuts a name that is too long, Django only those it makes."""
    name = own_table(model, ground)
    if name is None:
        option = model.options.get("db_table")
        return (
            option
            if isinstance(option, Unresolved)
            else Unresolved("its db_table is not written as text", model.made.location.span)
        )
    longest = LONGEST[ground.vendor]
    if ground.vendor != "postgresql" or longest is None:
        return name
    return name.encode(errors="replace")[:longest].decode(errors="ignore") if '"."' not in name else name


def own_table(model: ModelState, ground: Ground) -> str | None:
    """`db_table` as the option has it, else Django's default for the model's own name; None where it is not known."""
    option = model.options.get("db_table")
    match option:
        case Literal(str(name)) if name:
            return name
        case None | Literal():
            return default_table(model.app_label, model.name, ground.vendor)
        case _:
            return None


def interpolated(name: str, model: ModelState | None) -> str:
    """A name with `%(app_label)s` and `%(class)s` filled in: CreateModel does so, AddIndex and AddConstraint do not."""
    if model is None:
        return name
    return name.replace("%(app_label)s", model.app_label.lower()).replace("%(class)s", model.name.lower())


def doubt(model: ModelState) -> str | None:
    """Why what is said of a model may not be so: an opaque operation, or a part that could not be read."""
    if model.unknown is not None:
        return model.unknown
    for option in ("managed", "proxy"):
        if truth_of(model.options.get(option), False) is None:
            return f"its option '{option}' could not be read"
    if not isinstance(model.options.get("db_table", Literal(None)), Literal):
        return "its option 'db_table' could not be read"
    for built in (*model.indexes, *model.constraints):
        if text_of(built.options.get("name")) is None:
            return "the name of an index or constraint could not be read"
    return None


def concrete(model: ModelState, state: SchemaState) -> ModelState | None:
    """The model whose table a proxy shares: itself, where it is none. None where it leads nowhere."""
    seen: set[ModelKey] = set()
    while truth_of(model.options.get("proxy"), False):
        if model.key in seen:
            return None
        seen.add(model.key)
        bases = [found for key in parents_of(model) if (found := state.model(*key)) is not None]
        if not bases:
            return None
        model = bases[0]
    return model


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a model's table; `field` is None for those that no field is written for (`id`, a parent's `_ptr`)."""

    name: str
    field: Field | None
    state: FieldState | None


def columns_of(model: ModelState, state: SchemaState, ground: Ground) -> Iterator[Column]:
    """The columns of a model's own table, implicit ones first, as far as they are known."""
    parents = parents_of(model) if not truth_of(model.options.get("proxy"), False) else ()
    if parents:
        linked = {
            target_of(one.field, model.app_label, model.name, ground.swappable)
            for one in model.fields.values()
            if one.field.kind == "OneToOneField" and truth_of(one.field.options.get("parent_link"), False)
        }
        yield from (Column(f"{key[1]}_ptr_id", None, None) for key in parents if key not in linked)
    elif not any(
        one.field.kind == "CompositePrimaryKey" or truth_of(one.field.options.get("primary_key"), False) is not False
        for one in model.fields.values()
    ):
        yield Column("id", None, None)
    for one in model.fields.values():
        if has_column(one.field) is not False:
            name = column_name(one.field, one.name)
            yield Column(one.name if isinstance(name, Unresolved) else name, one.field, one)
    if text_of(model.options.get("order_with_respect_to")):
        yield Column("_order", None, None)


def between(model: ModelState, field: FieldState, ground: Ground) -> str | None:
    """The table that Django makes for a many-to-many field; None where a model of the project stands for it."""
    if field.field.kind != "ManyToManyField" or "through" in field.field.options:
        return None
    named = text_of(field.field.options.get("db_table"))
    if named:
        return truncated(named, LONGEST[ground.vendor])
    table = table_of(model, ground)
    if isinstance(table, Unresolved):
        return None
    return truncated(f"{without_quotes(table)}_{field.name}", LONGEST[ground.vendor])


def implicit_auto_field(setting: object, django: tuple[int, ...]) -> str:
    """The class of an `id` that nobody wrote: DEFAULT_AUTO_FIELD, whose own default changed in Django 6.0."""
    path = text_of(setting) if isinstance(setting, Literal) else None
    if isinstance(setting, Reference):
        path = setting.path
    return path.rpartition(".")[2] if path else DEFAULT_AUTO_FIELD[django >= (6, 0)]
