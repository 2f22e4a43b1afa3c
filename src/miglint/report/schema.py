"""The schema that the migrations make, for people as a sketch of each model and for programs as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from miglint.facts.fields import Constraint, Field
from miglint.facts.values import Literal, text_of, truth_of
from miglint.project import Project
from miglint.report import Style
from miglint.report.json import VERSION, dumps
from miglint.report.terminal import columns, paint, visible, wrap
from miglint.report.text import count_of
from miglint.schema.field import Attributes, attributes
from miglint.schema.model import doubt, own_table, parents_of
from miglint.schema.replay import members_of, name_of, strings_of, target_of
from miglint.schema.state import FieldState, ModelState, SchemaState


class Schema(NamedTuple):
    """A project's schema at some point of its history; `at` says which, None is the end."""

    project: Project
    state: SchemaState
    at: str | None = None


def render_json(schemas: Iterable[Schema]) -> str:
    return dumps({"version": VERSION, "projects": [_project(schema) for schema in schemas]})


def render_text(schemas: Sequence[Schema], style: Style) -> str:
    """Every app's models, each with its table, its fields, its indexes and constraints."""
    lines: list[str] = []
    for schema in schemas:
        if len(schemas) > 1:
            lines += [paint(f"Project {visible(schema.project.root)}", "bold", style.colour), ""]
        models = list(schema.state.models())
        for label, group in groupby(models, lambda model: model.app_label):
            of_app = list(group)
            lines += [f"{paint(visible(label), 'bold', style.colour)}  {count_of(len(of_app), 'model')}", ""]
            for model in of_app:
                lines += [*_sketch(model, schema, style), ""]
        lines += [*_footer(schema, models, style), ""]
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{line}\n" for line in lines)


def _project(schema: Schema) -> dict[str, Any]:
    models = list(schema.state.models())
    return {
        "root": schema.project.root,
        "at": schema.at,
        "complete": not any(True for _ in _gaps(schema)) and all(doubt(model) is None for model in models),
        "models": {f"{model.app_label}.{model.name.lower()}": _model(model, schema.project) for model in models},
    }


def _model(model: ModelState, project: Project) -> dict[str, Any]:
    reason = doubt(model)
    since = model.unknown_since
    answer: dict[str, Any] = {
        "db_table": own_table(model, project.ground),
        "managed": truth_of(model.options.get("managed"), True) is not False,
        "proxy": truth_of(model.options.get("proxy"), False) is True,
        "known": reason is None,
        "fields": {name: _field(attributes(state.field)) for name, state in model.fields.items()},
        "indexes": [name for name in map(name_of, model.indexes) if name is not None],
        "constraints": [name for name in map(name_of, model.constraints) if name is not None],
    }
    if reason is not None:
        answer["unknown"] = {
            "reason": reason,
            "migration": None if since is None else str(since.migration),
            "operation": None if since is None else since.operation,
        }
    return answer


def _field(made: Attributes) -> dict[str, Any]:
    answer = made._asdict()
    del answer["unknown"]
    return {**answer, "unknown": list(made.unknown)} if made.unknown else answer


def _gaps(schema: Schema) -> Iterator[str]:
    """Why models may be missing, or be there and gone."""
    project, state = schema.project, schema.state
    for label in sorted({app.label for app in project.layout.apps}):
        reason = state.unknown(label)
        if reason is not None:
            yield f"{label}: {reason}"
    nodes = {*project.graph.nodes}
    for broken in project.unreadable:
        if broken.key in nodes and state.unknown(broken.key.app_label) is None:
            yield f"{broken.key.app_label}: {broken.path} could not be read"
    for missing in project.graph.missing:
        if project.app(missing.target.app_label) is not None:
            yield f"{missing.target.app_label}: {missing.target} is missing"
    for key in sorted(nodes - {*project.graph.plan}):
        yield f"{key.app_label}: {key} lies in a cycle"


class _Row(NamedTuple):
    """A line of a model's sketch: what it is called, what it is, and what else there is to say."""

    name: str
    what: str
    notes: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def _sketch(model: ModelState, schema: Schema, style: Style) -> Iterator[str]:
    project = schema.project
    said = []
    parents = [f"{label}.{name}" for label, name in parents_of(model)]
    if truth_of(model.options.get("proxy"), False):
        said.append(f"proxy of {', '.join(parents) or 'nothing known'}")
    else:
        said.append(own_table(model, project.ground) or "its table's name is not known")
        if parents:
            said.append(f"extends {', '.join(parents)}")
        if truth_of(model.options.get("managed"), True) is False:
            said.append("unmanaged")
    swappable = text_of(model.options.get("swappable"))
    if swappable is not None:
        said.append(f"swappable by {swappable}")
    about = paint(visible(", ".join(said)), "dim", style.colour)
    yield f"  {paint(visible(model.name), 'bold', style.colour)}  {about}"
    reason = doubt(model)
    if reason is not None:
        since = f"since {model.unknown_since.migration}, " if model.unknown_since is not None else ""
        for line in wrap(f"not known for sure: {since}{reason}", style.width, "    "):
            yield paint(line, "yellow", style.colour)
    yield from _aligned([_described(state, model, schema, style) for state in model.fields.values()], style)
    yield from _aligned([*_keys(model)], style)


# Longer names than these push their own line to the right alone.
_WIDEST_NAME = 28
_WIDEST_TYPE = 26


def _aligned(rows: Sequence[_Row], style: Style) -> Iterator[str]:
    first = min(max((columns(row.name) for row in rows), default=0), _WIDEST_NAME)
    second = min(max((columns(row.what) for row in rows), default=0), _WIDEST_TYPE)
    for row in rows:
        notes = ", ".join((*row.notes, *row.doubts))
        line = f"    {_padded(row.name, first)}  {_padded(row.what, second)}"
        painted = [paint(note, "dim", style.colour) for note in row.notes]
        painted += [paint(note, "yellow", style.colour) for note in row.doubts]
        text = ", ".join(painted)
        if notes and columns(line) + 2 + columns(notes) > style.width:
            yield line.rstrip()
            yield f"      {' ' * min(first, style.width // 3)}{text}"
        else:
            yield f"{line}  {text}" if notes else line.rstrip()


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def _described(state: FieldState, model: ModelState, schema: Schema, style: Style) -> _Row:
    made = attributes(state.field)
    relation = "to" in state.field.options
    notes = []
    if relation:
        target = target_of(state.field, model.app_label, model.name, schema.project.ground.swappable)
        # The model's own way to write its name is nicer than the key.
        found = schema.state.model(*target) if target is not None else None
        named = str(found) if found is not None else ".".join(target) if target is not None else "?"
        notes.append(f"{'→' if style.unicode else '->'} {visible(named)}")
    if made.primary_key:
        notes.append("primary key")
    if made.null:
        notes.append("null")
    # A relation of one to one is unique, a foreign key indexed, unless somebody says otherwise.
    if made.unique and not made.primary_key and not (relation and state.field.kind == "OneToOneField"):
        notes.append("unique")
    if relation and not made.db_index and state.field.kind == "ForeignKey":
        notes.append("no index")
    elif made.db_index and not relation and not made.unique and not made.primary_key:
        notes.append("index")
    doubts = tuple(f"{_WORDS.get(option, option)}?" for option in made.unknown)
    return _Row(visible(state.name), visible(_type(made, state.field)), tuple(notes), doubts)


# What options are called here, where that is not as in Django.
_WORDS = {"db_index": "index", "primary_key": "primary key", "max_length": "length"}

# Their length is a detail of how Django keeps them, which nobody writes.
_LENGTH_OF_ITS_OWN = frozenset({"GenericIPAddressField", "IPAddressField", "UUIDField"})


def _type(made: Attributes, field: Field) -> str:
    digits, places = field.options.get("max_digits"), field.options.get("decimal_places")
    if isinstance(digits, Literal) and isinstance(places, Literal):
        return f"{made.type}({digits.value!r}, {places.value!r})"
    if made.max_length is not None and field.kind not in _LENGTH_OF_ITS_OWN:
        return f"{made.type}({made.max_length})"
    return made.type or "?"


_KINDS = {"CheckConstraint": "check", "UniqueConstraint": "unique", "ExclusionConstraint": "exclude"}


def _keys(model: ModelState) -> Iterator[_Row]:
    for option, what in (("unique_together", "unique"), ("index_together", "index")):
        for members in sorted(members_of(model.options.get(option)) or ()):
            yield _Row(f"{what}:", visible(f"({', '.join(members)})"), ())
    for index in model.indexes:
        yield _Row("index:", visible(name_of(index) or "?"), _over(index.options.get("fields"), index))
    for constraint in model.constraints:
        what = _KINDS.get(constraint.kind or "", "constraint")
        yield _Row(f"{what}:", visible(name_of(constraint) or "?"), _over(constraint.options.get("fields"), constraint))


def _over(fields: Any, built: Any) -> tuple[str, ...]:
    names = strings_of(fields)
    over = [visible(f"({', '.join(names)})")] if names else []
    if "condition" in built.options and not (isinstance(built, Constraint) and built.kind == "CheckConstraint"):
        over.append("partial")
    return tuple(over)


def _footer(schema: Schema, models: Sequence[ModelState], style: Style) -> Iterator[str]:
    fields = sum(len(model.fields) for model in models)
    at = f" after {schema.at}" if schema.at is not None else ""
    if not models:
        yield f"No models{visible(at)}."
    else:
        yield f"{count_of(len(models), 'model')}, {count_of(fields, 'field')}{visible(at)}."
    for gap in _gaps(schema):
        for line in wrap(f"Something may be missing: {gap}.", style.width):
            yield paint(line, "yellow", style.colour)
