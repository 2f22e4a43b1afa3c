"""MIG404: a table gets another name, many-to-many tables included, and the running release asks for the old one."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.breaks import Break
from miglint.facts.operations import AlterField, Operation, RenameField, RenameModel
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, subject
from miglint.schema.state import ModelState, Origin
from miglint.steps import Step


@dataclass(frozen=True)
class RenamedTable(OperationRule):
    code = "MIG404"
    name = "renamed-table"
    severity = Severity.WARNING
    looks_at = "breaks"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        found = [broken for broken in project.breaks_of(step).breaks if broken.kind == "renamed table"]
        if found and step.model is not None:
            yield self._operation(found, step.model, step)
        else:
            for broken in found:
                yield self._statement(broken, step)

    def _operation(self, found: list[Break], old: ModelState, step: Step) -> Finding:
        operation = step.operation
        member = None
        if isinstance(operation, RenameField | AlterField):
            member = str(operation.old_name if isinstance(operation, RenameField) else operation.name)
        changes = [broken.why for broken in found]
        return self.finding(
            step.location,
            f"{_capital('; '.join(changes))}: this breaks the release that is still running, which asks for the old "
            f"{'names' if len(changes) > 1 else 'name'}.",
            hint=_hint(operation, str(step.table), changes),
            related=(Related(old.made.location, f"{old.name} was created here"),),
            subject=subject(step, found[0], member),
        )

    def _statement(self, broken: Break, step: Step) -> Finding:
        made = broken.evidence if isinstance(broken.evidence, Origin) else None
        since = f" (there since {made.migration})" if made is not None else ""
        return self.finding(
            step.location,
            f"'{broken.table}'{since} becomes '{broken.becomes}' with {broken.statement}: this breaks the release that "
            "is still running, which asks for the old name.",
            hint="Keep the name with db_table. Or create a view of the old name in the same migration, which is enough "
            "for SELECT, INSERT, UPDATE and DELETE until the release is gone.",
            related=(Related(made.location, "its model was created here"),) if made is not None else (),
            subject=subject(step, broken),
        )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _hint(operation: Operation, table: str, changes: list[str]) -> str:
    if not isinstance(operation, RenameModel):
        return "Keep the name with db_table."
    if any("many-to-many" in change for change in changes):
        return (
            "A db_table keeps the table's name, not those of the many-to-many columns. Wait until no release of the "
            "old name runs, or first give those fields a through model, in the state alone, whose db_column keeps each "
            "column's name."
        )
    return (
        "Keep the table: SeparateDatabaseAndState with this RenameModel, and an AlterModelTable that pins "
        f"'{table}', among its state_operations."
    )
