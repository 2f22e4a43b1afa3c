"""MIG107: a squash is there, and so is everything that it replaces, though nothing needs that any more."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.migration import Dependency, Migration, MigrationKey
from miglint.facts.source import TOP, Location
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class UnfinishedSquash(ProjectRule):
    code = "MIG107"
    name = "unfinished-squash"
    severity = Severity.INFO

    def check(self, project: Project) -> Iterator[Finding]:
        # Of a package that others install, some database somewhere is always in the middle of its history.
        if project.layout.distributed:
            return
        named_by = _named_by(project)
        troubled = {problem.squash for problem in project.graph.squash_problems}
        for key, migration in sorted(project.migrations.items()):
            if not migration.replaces or key in troubled or key in (project.changeset or ()):
                continue
            replaced = [entry.key for entry in migration.replaces if isinstance(entry, Dependency)]
            files = [project.migrations.get(target) for target in replaced]
            # What an inner squash replaces would come back if that went first.
            if len(files) < len(migration.replaces) or any(file is None or file.replaces for file in files):
                continue
            family = {key, *replaced}
            # Whose dependencies are not all known may depend on any of them.
            others = project.graph.unknown.union(*(named_by.get(target, ()) for target in replaced))
            if others <= family:
                yield self._finding(migration, [project.migrations[target] for target in replaced])

    def _finding(self, squash: Migration, replaced: list[Migration]) -> Finding:
        files = "file" if len(replaced) == 1 else f"{len(replaced)} files"
        them = "it" if len(replaced) == 1 else "them"
        return self.finding(
            Location(squash.path, squash.attribute_spans.get("replaces", squash.span)),
            f"'{squash.key}' replaces {files} that nothing else names: {_listed(replaced)} can go once every database "
            "has applied the squash.",
            hint=f"Delete {them}, then take `replaces` out of the squash.",
            app=squash.key.app_label,
            migration=squash.key.name,
            subject=str(squash.key),
            related=tuple(Related(Location(one.path, TOP), f"'{one.key}' is replaced") for one in replaced),
        )


def _named_by(project: Project) -> dict[MigrationKey, set[MigrationKey]]:
    """Which migrations name each one, in whatever attribute."""
    named: dict[MigrationKey, set[MigrationKey]] = {}
    for migration in project.migrations.values():
        for entry in (*migration.dependencies, *migration.run_before, *migration.replaces):
            if isinstance(entry, Dependency):
                named.setdefault(entry.key, set()).add(migration.key)
    return named


def _listed(migrations: list[Migration], most: int = 4) -> str:
    names = [f"'{one.key.name}'" for one in migrations]
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    *firsts, last = shown
    return f"{', '.join(firsts)} and {last}" if firsts else last
