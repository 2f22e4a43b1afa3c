"""MIG605: a folder with migrations in the format of South."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from miglint.facts.source import TOP, Location
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class SouthMigration(ProjectRule):
    code = "MIG605"
    name = "south-migration"
    severity = Severity.WARNING

    def check(self, project: Project) -> Iterator[Finding]:
        apps = {app.path: app for app in (*project.layout.duplicates, *project.layout.apps)}
        for folder, group in groupby(sorted(project.layout.south), key=lambda path: path.rpartition("/")[0]):
            first, *others = group
            app = apps.get(folder)
            package, _, last = folder.rpartition("/")
            count = f"{1 + len(others)} files" if others else "a file"
            is_loaded = app is not None or last == "migrations"
            what = (
                "Django takes every module here for a migration of its own, and stops where South cannot be imported"
                if is_loaded
                else "Django does not look into it, so nothing there is ever applied"
            )
            yield self.finding(
                Location(first, TOP),
                f"'{folder}' holds {count} in the format of South, which Django has replaced since 1.7: {what}.",
                hint=f"Delete {'them' if others else 'it'}"
                + (
                    "; if Django's own migrations are not there yet, run `python manage.py makemigrations "
                    f"{app.label if app is not None else package.rpartition('/')[2]}`, and `migrate --fake-initial` "
                    "on the databases that there are."
                    if is_loaded
                    else "; no supported Django can run South."
                ),
                app=app.label if app is not None else package.rpartition("/")[2] or None,
                subject=folder,
                related=tuple(Related(Location(path, TOP), "In the format of South too.") for path in others),
            )
