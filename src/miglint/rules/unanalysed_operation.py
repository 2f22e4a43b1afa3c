"""MIG002: what cannot be known without running the file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from miglint.facts.migration import MigrationKey
from miglint.findings import Finding, Severity, Unanalysed
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule
from miglint.unanalysed import unanalysed


@dataclass(frozen=True)
class UnanalysedOperation(ProjectRule):
    code = "MIG002"
    name = "unanalysed-operation"
    severity = Severity.INFO

    def check(self, project: Project) -> Iterator[Finding]:
        for key, of_migration in groupby(unanalysed(project), key=lambda unknown: unknown.key):
            foreign: dict[str, list[Unanalysed]] = {}
            for unknown in of_migration:
                if unknown.foreign:
                    foreign.setdefault(unknown.subject, []).append(unknown)
                else:
                    yield self._about(key, unknown, unknown.reason)
            # A library's operation is as opaque the tenth time as it was the first: say it once in each migration.
            for alike in foreign.values():
                first, more = alike[0], len(alike) - 1
                times = f" It stands here {more + 1} times." if more else ""
                yield self._about(key, first, first.reason + times)

    def _about(self, key: MigrationKey, unknown: Unanalysed, message: str) -> Finding:
        if unknown.operation is None:
            hint = "Write it out as a literal, so that it can be read without running the file."
        elif unknown.foreign:
            hint = "Look at it yourself: no rule speaks about it, nor about what it may have changed."
        else:
            hint = "Write it out in the migration; until then no rule speaks about what is not known here."
        return self.finding(
            unknown.location,
            message,
            hint=hint,
            app=key.app_label,
            migration=key.name,
            operation=unknown.operation,
            subject=f"{key}:{unknown.subject}",
        )
