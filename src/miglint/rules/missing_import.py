"""MIG215: a migration's file imports, or reaches through an import, what the project's code does not have."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.migration import Absent, Migration
from miglint.facts.source import TOP, Location
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class MissingImport(ProjectRule):
    code = "MIG215"
    name = "missing-import"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        # Django imports every file of the folder, those that a squash replaces too.
        for _, migration in sorted(project.migrations.items()):
            said = set()
            for absent in project.absent.get(migration.key, ()):
                if (absent.module, absent.name) not in said:
                    said.add((absent.module, absent.name))
                    yield self._finding(absent, migration)

    def _finding(self, absent: Absent, migration: Migration) -> Finding:
        package = absent.module.removesuffix("/__init__.py")
        where = f"the package '{package}'" if package != absent.module else f"'{absent.module}'"
        outcome = (
            "the function that imports it fails when it runs"
            if absent.later
            else "the file cannot be loaded, and no command that needs the history runs"
        )
        return self.finding(
            Location(migration.path, absent.span),
            f"'{migration.key}' needs '{absent.needed}', but {where} has no '{absent.name}': {outcome}.",
            hint=f"Keep '{absent.name}' while migrations name it, or write what it stood for into the migration.",
            app=migration.key.app_label,
            migration=migration.key.name,
            subject=absent.needed.lstrip("."),
            related=(Related(Location(absent.module, TOP), f"'{absent.name}' is not here"),),
        )
