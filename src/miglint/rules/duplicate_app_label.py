"""MIG109: two folders of one project claim one app label."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.layout import App, place_of
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class DuplicateAppLabel(ProjectRule):
    code = "MIG109"
    name = "duplicate-app-label"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        for loser in sorted(project.layout.duplicates, key=lambda app: app.path):
            winner = project.app(loser.label)
            if winner is None:
                continue
            both = winner.installed is True and loser.installed is True
            claim = f"The app label '{loser.label}' is claimed by '{winner.path}' and by '{loser.path}'"
            if both:
                message = f"{claim}, and both apps are installed: Django refuses to start."
            else:
                message = f"{claim}. Only the first is read here; should both be installed, Django refuses to start."
            yield self.finding(
                loser.labelled_at or place_of(loser),
                message,
                severity=self.severity if both else Severity.INFO,
                hint=f"Give the newer app a label of its own: {_suggestion(loser)} in its AppConfig.",
                app=loser.label,
                subject=loser.path,
                related=(Related(winner.labelled_at or place_of(winner), f"'{winner.path}' has this label too."),),
            )


def _suggestion(app: App) -> str:
    parts = app.package.split("/")[-2:]
    label = "_".join(parts)
    return f'`label = "{label}"`' if len(parts) == 2 and label.isidentifier() else "set `label`"
