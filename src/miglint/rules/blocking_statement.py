"""MIG313: any other statement that reads or writes a whole table while a lock makes writers wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from miglint.effects.danger import Danger
from miglint.facts.operations import RunPython, RunSQL
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import LockRule
from miglint.steps import Step


@dataclass(frozen=True)
class BlockingStatement(LockRule):
    """The net under MIG301 to MIG307 and MIG311."""

    code = "MIG313"
    name = "blocking-statement"
    severity = Severity.ERROR
    causes = frozenset({"domain check", "expression", "partition", "refresh", "rows", "storage"})

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        for danger, finding in zip(self.dangers(step, project), super().check(step, project), strict=True):
            # Nobody but another REFRESH writes to a materialized view.
            quiet = danger.effects[0].detail == _READABLE and finding.severity is Severity.ERROR
            yield replace(finding, severity=Severity.WARNING) if quiet else finding

    def what(self, danger: Danger, step: Step, project: Project) -> str:
        first = danger.effects[0]
        match first.cause:
            case "partition" | "domain check":
                return f"Verifying {first.detail}"
            case "rows" if not isinstance(step.operation, RunSQL | RunPython):
                return f"The {first.detail} that Django runs for the default"
            case _:
                return first.detail

    def hint(self, danger: Danger, step: Step, project: Project) -> str:
        match danger.effects[0].cause:
            case "rows" if not isinstance(step.operation, RunSQL | RunPython):
                return (
                    "Replace the NULLs in batches in a migration before this one, with atomic = False. Then SET NOT "
                    "NULL alone: RunSQL with ALTER TABLE … ALTER COLUMN … SET NOT NULL, and this operation among its "
                    "state_operations."
                )
            case "rows":
                return (
                    "Move it to a migration of its own, before or after the one that takes the lock; where it writes "
                    "many rows, in batches and with atomic = False."
                )
            case "partition":
                return (
                    "Give the table that is read a CHECK which proves the bounds: ADD CONSTRAINT … NOT VALID, and "
                    "VALIDATE CONSTRAINT in the next migration. Then nothing is read."
                )
            case "domain check":
                return (
                    "ALTER DOMAIN … ADD CONSTRAINT … NOT VALID holds for what is written from now on, and reads "
                    "nothing; VALIDATE CONSTRAINT reads every row under SHARE again."
                )
            case "refresh":
                if danger.effects[0].detail == _READABLE:
                    return (
                        "Readers go on, and only another REFRESH or a write waits: leave it to a job outside of the "
                        "migration where it takes long."
                    )
                return "REFRESH MATERIALIZED VIEW CONCURRENTLY lets readers go on; it needs a unique index on the view."
            case _:
                return "Do it while nobody uses the table, or copy the rows in batches to a new table that replaces it."


_READABLE = "REFRESH MATERIALIZED VIEW CONCURRENTLY"
