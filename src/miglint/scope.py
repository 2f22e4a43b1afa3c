"""What a run speaks of: a project's own migrations, the paths that it was given, and one of several trees."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from miglint.facts.migration import Migration
from miglint.facts.source import Location
from miglint.findings import Finding
from miglint.project import Project


def own_migrations(project: Project) -> Iterator[Migration]:
    for key, migration in sorted(project.migrations.items()):
        if is_own(key.app_label, project):
            yield migration


def is_own(label: str, project: Project) -> bool:
    """Whether the project reports on an app, and does not only read it so that it can be linked."""
    return label not in project.layout.linking_only


def in_scope(finding: Finding, scope: tuple[str, ...]) -> bool:
    return any(
        is_under(location.path, scope)
        for location in (finding.location, *(related.location for related in finding.related))
    )


def is_under(path: str, scope: tuple[str, ...]) -> bool:
    return any(folder == "." or path == folder or path.startswith(f"{folder}/") for folder in scope)


def moved_finding(finding: Finding, prefix: str) -> Finding:
    """A finding of one of several trees, under paths that tell them apart."""
    if not prefix:
        return finding

    def moved(location: Location) -> Location:
        return location._replace(path=prefix + location.path)

    return dataclasses.replace(
        finding,
        location=moved(finding.location),
        project=prefixed(finding.project, prefix),
        related=tuple(related._replace(location=moved(related.location)) for related in finding.related),
        fixes=tuple(
            fix._replace(edits=tuple(edit._replace(location=moved(edit.location)) for edit in fix.edits))
            for fix in finding.fixes
        ),
    )


def prefixed(root: str, prefix: str) -> str:
    """The root of a project of one of several trees; `prefix` is empty where there is one."""
    return prefix + root if root != "." else prefix.rstrip("/") or "."
