"""MIG101: an app whose history ends in several migrations at once."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.migration import MigrationKey
from miglint.facts.source import Location
from miglint.findings import Finding, Related, Severity
from miglint.graph import MigrationGraph
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class MultipleLeafNodes(ProjectRule):
    code = "MIG101"
    name = "multiple-leaf-nodes"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        for label, names in project.graph.conflicts.items():
            leaves = [MigrationKey(label, name) for name in names]
            *others, greatest = leaves
            how, hint = _fork(project.graph, leaves)
            yield self.finding(
                _class_of(project, greatest),
                f"App '{label}' has {len(leaves)} leaf migrations, so `migrate` refuses to run: {how}.",
                hint=hint,
                app=label,
                migration=greatest.name,
                subject=label,
                related=tuple(
                    Related(_class_of(project, leaf), f"'{leaf.name}' is a leaf of '{label}' too") for leaf in others
                ),
            )


def _fork(graph: MigrationGraph, leaves: list[MigrationKey]) -> tuple[str, str]:
    """How the leaves came apart, and what to do about it."""
    label, newest = leaves[-1]
    names = _listed([leaf.name for leaf in leaves])
    ancestors = [graph.ancestors(leaf) for leaf in leaves]
    for leaf, before in zip(leaves, ancestors, strict=True):
        for other in sorted(before.intersection(leaves)):
            by_way_of = graph.path_between(leaf, other)[1]
            how = (
                f"'{leaf.name}' needs '{other.name}' by way of '{by_way_of}' only, and Django wants a direct "
                "dependency between migrations of one app"
            )
            return how, f"Add ('{label}', '{other.name}') to the dependencies of '{leaf.name}'."
    shared = frozenset.intersection(*ancestors)
    common = [key for key in graph.plan if key.app_label == label and key in shared]
    reparent = f"let '{newest}' depend on ('{label}', '{leaves[0].name}')"
    if not common:
        # `makemigrations --merge` gives up here: "Could not find common ancestor".
        return f"{names} have no ancestor in common", f"Join the histories: {reparent}."
    fork = common[-1]
    follow = "follow" if all(fork in graph.parents(leaf) for leaf in leaves) else "descend from"
    both = "both" if len(leaves) == 2 else "all"
    merge = f"Run `python manage.py makemigrations --merge {label}`"
    hint = f"{merge}, or {reparent} if it is not applied anywhere yet." if len(leaves) == 2 else f"{merge}."
    return f"{names} {both} {follow} '{fork.name}'", hint


def _class_of(project: Project, key: MigrationKey) -> Location:
    migration = project.migrations[key]
    return Location(migration.path, migration.span)


def _listed(names: list[str], most: int = 10) -> str:
    quoted = [f"'{name}'" for name in names]
    *others, last = quoted if len(quoted) <= most else [*quoted[: most - 1], f"{len(quoted) - most + 1} more"]
    return f"{', '.join(others)} and {last}"
