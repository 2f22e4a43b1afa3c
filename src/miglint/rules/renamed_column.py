"""MIG403: a column gets another name, and the running release asks for the old one."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.breaks import Break
from miglint.facts.operations import RenameField
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, subject
from miglint.schema.state import FieldState
from miglint.steps import Step

_TAKES_LONGER = "Or add a new column, write both, and drop the old one two releases later."


@dataclass(frozen=True)
class RenamedColumn(OperationRule):
    code = "MIG403"
    name = "renamed-column"
    severity = Severity.WARNING
    looks_at = "breaks"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        for broken in project.breaks_of(step).breaks:
            if broken.kind != "renamed column":
                continue
            field = broken.evidence if isinstance(broken.evidence, FieldState) else None
            since = f" (there since {field.added.migration})" if field is not None else ""
            by = f" with {broken.statement}" if broken.statement is not None else ""
            yield self.finding(
                step.location,
                f"Renaming '{broken.place}'{since} to '{broken.becomes}'{by} breaks the release that is still running: "
                f"{broken.why}.",
                hint=_hint(broken, step),
                related=(Related(field.added.location, f"'{field.name}' was added here"),) if field is not None else (),
                subject=subject(step, broken, field.name if field is not None else broken.column),
            )


def _hint(broken: Break, step: Step) -> str:
    match step.operation:
        case RenameField(old_name=old):
            return (
                f"Keep the column: AlterField('{old}') with db_column='{broken.column}' before the rename, which then "
                f"changes the model alone. {_TAKES_LONGER}"
            )
        case _:
            return f"Keep the column with db_column='{broken.column}'. {_TAKES_LONGER}"
