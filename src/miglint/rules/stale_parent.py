"""MIG106: a new migration that follows what is no longer the newest one on the base branch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from miglint.facts.migration import Migration, MigrationKey
from miglint.facts.repository import Base, Commit
from miglint.facts.source import Location
from miglint.findings import Finding, Severity
from miglint.graph import MigrationGraph, in_dependency_order
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule
from miglint.schema.edits import Version, does_the_same


@dataclass(frozen=True)
class StaleParent(ProjectRule):
    code = "MIG106"
    name = "stale-parent"
    severity = Severity.ERROR
    needs_base = True

    def check(self, project: Project) -> Iterator[Finding]:
        if project.base is None or not project.changeset:
            return
        merged = _merged(project, project.base)
        moved = {key.app_label for key, one in merged.items() if project.migrations.get(key) is not one}
        moved |= {key.app_label for key in project.base.dropped}
        labels = sorted(moved & {key.app_label for key in project.changeset})
        if not labels:
            return
        graphs = _Graphs(project, _linked(project, project.base.migrations), _linked(project, merged))
        for label in labels:
            leaves = [key for key in graphs.base.leaves if key.app_label == label]
            # Of several leaves here, MIG101 speaks; several on the base are older than this change.
            if len(leaves) == 1 and sum(key.app_label == label for key in project.graph.leaves) == 1:
                yield from self._stale(leaves[0], project.base, graphs)

    def _stale(self, leaf: MigrationKey, base: Base, graphs: _Graphs) -> Iterator[Finding]:
        project, merged = graphs.project, graphs.merged
        label = leaf.app_label
        own = [key for key in project.graph.plan if key.app_label == label and key in (project.changeset or ())]
        gone = {
            missing.entry.migration: missing
            for missing in merged.missing
            if missing.target.app_label == label and missing.target in base.dropped
        }
        if label in merged.conflicts:
            stand_in = merged.replaced.get(leaf, leaf)
            trunk = {stand_in, *merged.ancestors(stand_in)}
            first = next((key for key in own if key not in trunk), None)
            if first is not None:
                parents = [key for key in project.graph.parents(first) if key.app_label == label]
                yield self._finding(first, parents[0] if parents else None, leaf, base, project)
        elif lost := next((key for key in own if key in gone), None):
            target = gone[lost].target
            yield self.finding(
                gone[lost].entry.location,
                f"'{lost}' depends on '{target}', which is gone on '{base.name}': once both are merged, `migrate` "
                "refuses to run.",
                hint=f"Merge '{base.name}' into this branch, and let '{lost.name}' depend on {_pair(leaf)}, the newest "
                "migration there.",
                app=label,
                migration=lost.name,
                subject=str(lost),
            )

    def _finding(
        self, key: MigrationKey, parent: MigrationKey | None, leaf: MigrationKey, base: Base, project: Project
    ) -> Finding:
        migration = project.migrations[key]
        entry = project.graph.declared(key, parent) if parent is not None else None
        place = entry.location if entry is not None and entry.location.path == migration.path else None
        follows = f"follows '{parent.name}'" if parent is not None else "follows none of its app"
        where = base.migrations[leaf].path
        return self.finding(
            place or Location(migration.path, migration.attribute_spans.get("dependencies", migration.span)),
            f"'{key}' {follows}, but the newest migration of '{key.app_label}' on '{base.name}' is '{leaf.name}' by "
            f"now ({where}{_told(base.commits.get(leaf))}): once both are merged, the app has two leaf migrations, and "
            "`migrate` refuses to run.",
            hint=_hint(key, parent, leaf, base, migration),
            app=key.app_label,
            migration=key.name,
            subject=str(key),
        )


@dataclass(frozen=True)
class _Graphs:
    project: Project
    base: MigrationGraph
    merged: MigrationGraph


def _merged(project: Project, base: Base) -> dict[MigrationKey, Migration]:
    """The migrations as git would merge both sides: who has changed something since the fork has the last word."""
    renamed = _renamed(project, base) if base.fork is None else frozenset[MigrationKey]()
    merged = {key: one for key, one in project.migrations.items() if key not in base.dropped}
    for key, one in base.migrations.items():
        if (key not in merged or base.fork is not None) and key not in base.forked and key not in renamed:
            merged[key] = one
    return merged


def _renamed(project: Project, base: Base) -> frozenset[MigrationKey]:
    """What is not here under its name, where nobody knows whether the base is newer, or this branch renamed it."""
    new = [project.migrations[key] for key in project.changeset or () if key in project.migrations]
    return frozenset(
        key
        for key, one in base.migrations.items()
        if key not in project.migrations
        and any(
            other.key.app_label == key.app_label and does_the_same(Version(one, {}), Version(other, {}))
            for other in new
        )
    )


def _linked(project: Project, migrations: Mapping[MigrationKey, Migration]) -> MigrationGraph:
    return in_dependency_order(
        migrations.values(),
        layout=project.layout,
        django=project.target.django,
        unreadable=[broken.key for broken in project.unreadable if broken.key not in migrations],
    )


def _told(commit: Commit | None) -> str:
    if commit is None:
        return ""
    return f", since '{commit.subject}' by {commit.author}, {commit.date}, {commit.id}"


def _hint(key: MigrationKey, parent: MigrationKey | None, leaf: MigrationKey, base: Base, migration: Migration) -> str:
    if len(migration.dependencies) == 1:
        depend = f"write `dependencies = [{_pair(leaf)}]`"
    elif parent is not None:
        depend = f"write {_pair(leaf)} in the place of {_pair(parent)}"
    else:
        depend = f"let '{key.name}' depend on {_pair(leaf)}"
    name = _renumbered(key.name, leaf.name)
    rename = f" and rename it to '{name}'" if name else ""
    return (
        f"Merge '{base.name}' into this branch, or rebase onto it, then {depend}{rename}; if it is applied somewhere "
        f"already, run `python manage.py makemigrations --merge {key.app_label}` instead."
    )


def _pair(key: MigrationKey) -> str:
    return f'("{key.app_label}", "{key.name}")'


def _renumbered(name: str, leaf: str) -> str | None:
    """The name with the number after the leaf's, where it has a number that is not beyond that."""
    own, last = re.match(r"(\d+)(?=_)", name), re.match(r"\d+", leaf)
    if own is None or last is None or int(own[1]) > int(last[0]):
        return None
    return f"{int(last[0]) + 1:0{len(own[1])}d}{name[own.end() :]}"
