"""MIG602: a migration that is needed, and that git does not track."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.migration import Migration, MigrationKey
from miglint.facts.source import Location
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import MigrationRule


@dataclass(frozen=True)
class UntrackedMigration(MigrationRule):
    code = "MIG602"
    name = "untracked-migration"
    severity = Severity.WARNING

    def check(self, migration: Migration, project: Project) -> Iterator[Finding]:
        if migration.path not in project.repository.forgotten:
            return
        key = migration.key
        children = sorted(project.graph.linked.successors(key)) if key in project.graph.linked else []
        needy = [child for child in children if child in project.migrations]
        if not needy and key not in project.graph.leaves:
            return
        staged = project.base is not None and project.base.told_by == "--staged"
        without = "the commit goes without it" if staged else "a commit goes without it"
        yield self.finding(
            Location(migration.path, migration.span),
            f"'{key}', {_needed(key, needy, project)}, is not tracked by git: {without}, and colleagues and the deploy "
            "never get it.",
            hint=f"Run `git add {migration.path}`, or delete the file if it is left over.",
            related=tuple(
                Related(entry.location, f"'{child}' depends on it.")
                for child in needy
                if (entry := project.graph.declared(child, key)) is not None
            ),
        )


def _needed(key: MigrationKey, needy: list[MigrationKey], project: Project) -> str:
    tracked = [child for child in needy if project.migrations[child].path not in project.repository.untracked]
    if tracked:
        more = f" and {len(tracked) - 1} more" if len(tracked) > 1 else ""
        return f"on which '{tracked[0]}'{more}, tracked, depend{'' if more else 's'}"
    if needy:
        return f"on which '{needy[0]}' depends"
    return f"the newest migration of '{key.app_label}'"
