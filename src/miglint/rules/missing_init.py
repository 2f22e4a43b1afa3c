"""MIG603: a migrations folder that Django does not load, for want of an `__init__.py`."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.layout import place_of
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class MissingInit(ProjectRule):
    code = "MIG603"
    name = "missing-init"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        for app in project.layout.apps:
            if app.has_init or not app.files or app.label in project.layout.unmigrated:
                continue
            migrations = "its migration" if len(app.files) == 1 else f"its {len(app.files)} migrations"
            yield self.finding(
                place_of(app),
                f"'{app.path}' has no __init__.py, so Django does not load {migrations}: `migrate` passes over the app "
                "without a word and makes none of its tables.",
                hint=f"Create an empty '{app.path}/__init__.py' and commit it.",
                app=app.label,
                subject=app.path,
                # Dependencies on these migrations dangle for this reason alone, so MIG102 leaves them to this finding.
                related=tuple(
                    Related(missing.entry.location, f"'{missing.entry.migration}' names '{missing.target}', not loaded")
                    for missing in project.graph.missing
                    if missing.cause == "no-init" and missing.target.app_label == app.label
                ),
            )
