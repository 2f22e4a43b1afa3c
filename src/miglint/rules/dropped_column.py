"""MIG401: a column is dropped that the models of the running release still select."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, subject
from miglint.schema.state import FieldState
from miglint.steps import Step


@dataclass(frozen=True)
class DroppedColumn(OperationRule):
    code = "MIG401"
    name = "dropped-column"
    severity = Severity.WARNING
    looks_at = "breaks"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        for broken in project.breaks_of(step).breaks:
            if broken.kind != "dropped column":
                continue
            field = broken.evidence if isinstance(broken.evidence, FieldState) else None
            since = f" (there since {field.added.migration})" if field is not None else ""
            by = f" with {broken.statement}" if broken.statement is not None else ""
            if broken.statement is not None:
                hint = (
                    "Take the field out of the models first, and out of the state with SeparateDatabaseAndState, once "
                    "the column takes NULL or has a default in the database. Drop it in the release after that one."
                )
            elif field is None:
                hint = (
                    "Do it in the state alone first, with SeparateDatabaseAndState, once a RunSQL has given the column "
                    "a default; drop it in the release after that one."
                )
            else:
                hint = (
                    "Take it out of the models and the state first: SeparateDatabaseAndState with this RemoveField "
                    "among its state_operations, once the column takes NULL or has a db_default. Drop the column in "
                    "the release after that one, with RunSQL."
                )
            yield self.finding(
                step.location,
                f"Dropping '{broken.place}'{since}{by} breaks the release that is still running: {broken.why}.",
                hint=hint,
                related=(Related(field.added.location, f"'{field.name}' was added here"),) if field is not None else (),
                subject=subject(step, broken, field.name if field is not None else broken.column),
            )
