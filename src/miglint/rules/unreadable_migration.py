"""MIG001: a migration file that could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.source import Location
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class UnreadableMigration(ProjectRule):
    code = "MIG001"
    name = "unreadable-migration"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        for key, path, failure, excluded in sorted(project.unreadable, key=lambda unreadable: unreadable.path):
            if excluded:
                continue
            reason = failure.reason.rstrip(".")
            hint = "Mend the file; if it is no migration, move it out of this folder or name it in `exclude`."
            if failure.limit:
                hint = "That is as far as miglint reads, not Python: break it up, by names for its parts for example."
            yield self.finding(
                Location(path, failure.span),
                f"This migration cannot be read: {reason}. It is not linked, replayed or judged.",
                hint=hint,
                app=key.app_label,
                migration=key.name,
                subject=str(key),
            )
