"""The dependency graph, for people as a sketch of each app's history and for programs as JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from miglint.facts.migration import MigrationKey
from miglint.project import Project
from miglint.report import Style
from miglint.report.json import VERSION, dumps
from miglint.report.terminal import paint, visible
from miglint.report.text import count_of


def render_json(projects: Iterable[Project]) -> str:
    return dumps({"version": VERSION, "projects": [_project(project) for project in projects]})


def render_text(projects: Sequence[Project], style: Style) -> str:
    """Every app's history, oldest first: what comes last, and matters, stands last."""
    lines: list[str] = []
    for project in projects:
        if len(projects) > 1:
            lines += [paint(f"Project {visible(project.root)}", "bold", style.colour), ""]
        marks = _Marks(project)
        for label in sorted({key.app_label for key in project.graph.nodes}):
            lines += [*_app(project, label, marks, style), ""]
        lines += _footer(project, style)
        lines.append("")
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{line}\n" for line in lines) or "No migrations found.\n"


def _project(project: Project) -> dict[str, Any]:
    graph = project.graph
    known = {*project.migrations, *(unreadable.key for unreadable in project.unreadable)}
    return {
        "root": project.root,
        "apps": {
            app.label: {
                "path": app.path,
                "migrations": sorted(key.name for key in known if key.app_label == app.label),
            }
            for app in sorted(project.layout.apps, key=lambda app: app.label)
            if app.has_init
        },
        "nodes": [str(key) for key in graph.nodes],
        "edges": [[str(child), str(parent)] for child, parent in graph.edges],
        "leaves": [str(key) for key in graph.leaves],
        "roots": [str(key) for key in graph.roots],
        "conflicts": {label: list(names) for label, names in graph.conflicts.items()},
        "missing": [[str(missing.entry.migration), str(missing.target)] for missing in graph.missing],
        "cycles": [[str(key) for key in cycle] for cycle in graph.cycles],
        "external": list(graph.external),
    }


class _Signs(NamedTuple):
    """What lines are drawn with; `fork` and `merge` are the far ends of an edge that opens or closes a lane."""

    node: str
    lane: str
    tee: str
    across: str
    cross: str
    fork: str
    merge: str
    needs: str


_UNICODE = _Signs("●", "│", "├", "─", "┼", "╮", "╯", "←")
_ASCII = _Signs("*", "|", "|", "-", "+", "\\", "/", "<-")


class _Row(NamedTuple):
    """One row of a sketch: its drawing, and the migration that stands there."""

    drawing: str
    key: MigrationKey | None


class _Marks:
    """What is said of each migration, looked up once for a whole project."""

    def __init__(self, project: Project) -> None:
        graph = project.graph
        self.leaves, self.roots = frozenset(graph.leaves), frozenset(graph.roots)
        self.order: defaultdict[str, list[MigrationKey]] = defaultdict(list)
        # Django cannot order what lies in a cycle, or behind one.
        for key in dict.fromkeys((*graph.plan, *sorted(graph.nodes))):
            self.order[key.app_label].append(key)
        self.squashed: defaultdict[MigrationKey, list[MigrationKey]] = defaultdict(list)
        for old, squash in sorted(graph.replaced.items()):
            self.squashed[squash].append(old)
        self.missing: defaultdict[MigrationKey, set[MigrationKey]] = defaultdict(set)
        for missing in graph.missing:
            self.missing[missing.entry.migration].add(missing.target)


def _app(project: Project, label: str, marks: _Marks, style: Style) -> Iterator[str]:
    graph = project.graph
    order = marks.order[label]
    app = project.app(label)
    where = f" in {visible(app.path)}" if app else ""
    yield f"{paint(visible(label), 'bold', style.colour)}  {count_of(len(order), 'migration')}{where}"
    parents = {key: [parent for parent in graph.parents(key) if parent.app_label == label] for key in order}
    rows = list(_sketch(order, parents, _UNICODE if style.unicode else _ASCII))
    for row in rows:
        yield f"  {row.drawing}{'' if row.key is None else ' ' + _described(row.key, project, marks, style)}".rstrip()


def _sketch(
    order: Sequence[MigrationKey], parents: dict[MigrationKey, list[MigrationKey]], signs: _Signs
) -> Iterator[_Row]:
    """Rows, oldest first. They are laid out from the newest, each lane awaiting the migration that it leads to."""
    rows: list[_Row] = []
    lanes: list[MigrationKey | None] = []
    undrawn = set(order)
    for key in reversed(order):
        undrawn.discard(key)
        awaiting = [column for column, awaited in enumerate(lanes) if awaited == key]
        here = awaiting[0] if awaiting else _free(lanes)
        lanes[here] = key
        for column in awaiting[1:]:
            rows.append(_Row(_joint(lanes, here, column, signs.fork, signs), None))
            lanes[column] = None
        rows.append(_Row(_straight(lanes, here, signs), key))
        # Of a cycle, one edge would lead back to what is drawn already; the footer names it.
        ahead = [parent for parent in parents[key] if parent in undrawn]
        lanes[here] = ahead[0] if ahead else None
        for parent in ahead[1:]:
            column = _free(lanes)
            lanes[column] = parent
            rows.append(_Row(_joint(lanes, here, column, signs.merge, signs), None))
        while lanes and lanes[-1] is None:
            lanes.pop()
        if not lanes and undrawn:
            # Below a root, a history begins that has nothing to do with this one.
            rows.append(_Row("", None))
    yield from reversed(rows)


def _free(lanes: list[MigrationKey | None]) -> int:
    if None in lanes:
        return lanes.index(None)
    lanes.append(None)
    return len(lanes) - 1


def _straight(lanes: Sequence[MigrationKey | None], here: int, signs: _Signs) -> str:
    return " ".join(
        signs.node if column == here else " " if awaited is None else signs.lane for column, awaited in enumerate(lanes)
    ).rstrip()


def _joint(lanes: Sequence[MigrationKey | None], here: int, there: int, corner: str, signs: _Signs) -> str:
    """A row in which an edge runs across from one lane to another."""
    low, high = sorted((here, there))
    drawn: list[str] = []
    for column, awaited in enumerate(lanes):
        if column == here:
            sign = signs.tee if here < there else _mirrored(signs.tee)
        elif column == there:
            sign = corner if here < there else _mirrored(corner)
        elif awaited is None:
            sign = signs.across if low < column < high else " "
        else:
            sign = signs.cross if low < column < high else signs.lane
        drawn += [sign, signs.across if low <= column < high else " "]
    return "".join(drawn).rstrip()


def _mirrored(sign: str) -> str:
    return {"├": "┤", "╮": "╭", "╯": "╰", "\\": "/", "/": "\\"}.get(sign, sign)


def _described(key: MigrationKey, project: Project, marks: _Marks, style: Style) -> str:
    """A migration's name, and what there is to say of its place in the graph."""
    graph = project.graph
    conflicting = key.name in graph.conflicts.get(key.app_label, ())
    name = paint(
        visible(key.name), "red" if conflicting else "bold", style.colour and (conflicting or key in marks.leaves)
    )
    said: list[str] = []
    if key in marks.roots:
        said.append("root")
    if conflicting:
        said.append(paint("one of several leaves", "red", style.colour))
    elif key in marks.leaves:
        said.append("leaf")
    if replaced := marks.squashed.get(key):
        first, last = replaced[0].name, replaced[-1].name
        span = first if len(replaced) == 1 else f"{first} … {last}" if style.unicode else f"{first} .. {last}"
        said.append(f"squashes {count_of(len(replaced), 'migration')}: {visible(span)}")
    if key in graph.unknown:
        said.append(paint("not all dependencies are known", "yellow", style.colour))
    missing = marks.missing.get(key, set())
    others = [parent for parent in graph.parents(key) if parent.app_label != key.app_label and parent not in missing]
    text = name + (f" ({', '.join(said)})" if said else "")
    signs = _UNICODE if style.unicode else _ASCII
    if others:
        text += paint(f"  {signs.needs} {', '.join(visible(str(parent)) for parent in others)}", "dim", style.colour)
    for target in sorted(missing):
        text += paint(f"  {signs.needs} {visible(str(target))} is missing", "red", style.colour)
    return text


def _footer(project: Project, style: Style) -> Iterator[str]:
    graph = project.graph
    for cycle in graph.cycles:
        arrow = " → " if style.unicode else " -> "
        path = cycle if len(cycle) > 1 and cycle[0] == cycle[-1] else (*cycle, cycle[0])
        yield paint(f"Cycle: {arrow.join(visible(str(key)) for key in path)}", "red", style.colour)
    for label, names in graph.conflicts.items():
        yield paint(f"Conflict in {visible(label)}: {', '.join(map(visible, names))}", "red", style.colour)
    if graph.external:
        yield paint(f"Not in this tree: {', '.join(map(visible, graph.external))}", "dim", style.colour)
