"""MIG103: migrations that wait for each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from miglint.facts.migration import MigrationKey
from miglint.findings import Finding, Related, Severity
from miglint.graph import Entry
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class CircularDependency(ProjectRule):
    code = "MIG103"
    name = "circular-dependency"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        # A squash that depends on what it replaces comes to depend on itself; MIG104 says so in better words.
        tangled = {p.squash for p in project.graph.squash_problems if p.fault == "depends-on-replaced"}
        for cycle in project.graph.cycles:
            if len(cycle) == 1 and cycle[0] in tangled:
                continue
            path = (*cycle, cycle[0])
            links = [
                Related(entry.location, _said(child, parent, entry))
                for child, parent in pairwise(path)
                if (entry := project.graph.declared(child, parent))
            ]
            first = next(entry for link in pairwise(path) if (entry := project.graph.declared(*link)))
            yield self.finding(
                first.location,
                "Migrations depend on each other in a circle, so none can be first and `migrate` refuses to run: "
                f"{' → '.join(map(str, path))}.",
                hint=_way_out(cycle),
                app=first.migration.app_label,
                migration=first.migration.name,
                subject=" → ".join(map(str, path)),
                related=tuple(links),
            )


def _said(child: MigrationKey, parent: MigrationKey, entry: Entry) -> str:
    said = (
        f"'{parent}' asks to run before '{child}'"
        if entry.attribute == "run_before"
        else f"'{child}' depends on '{parent}'"
    )
    # An edge that a squash took over stands in a file that it replaces, or names one.
    return said if entry.migration in (child, parent) else f"{said}, through '{entry.migration}', which is squashed"


def _way_out(cycle: tuple[MigrationKey, ...]) -> str:
    if len(cycle) == 1:
        return f"Remove '{cycle[0]}' from its own dependencies."
    apps = sorted({key.app_label for key in cycle})
    if len(apps) == 1:
        return "Remove the dependency that points from an earlier migration to a later one."
    return (
        "Move the operations that need the other app (often a foreign key) from one of these migrations into a new, "
        "later one of the same app, and their dependency with them."
    )
