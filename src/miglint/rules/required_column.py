"""MIG405: a column becomes required to the database, and INSERTs of the running release say nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.breaks import Break
from miglint.facts.operations import AddField, AlterOrderWithRespectTo
from miglint.facts.target import Target
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, subject
from miglint.schema.state import FieldState
from miglint.steps import Step


@dataclass(frozen=True)
class RequiredColumn(OperationRule):
    """What counts is the column as the migration leaves it: a database default that comes later will do."""

    code = "MIG405"
    name = "required-column"
    severity = Severity.WARNING
    looks_at = "breaks"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        for broken in project.breaks_of(step).breaks:
            if broken.kind == "required column":
                yield self._finding(broken, step, project.target)

    def _finding(self, broken: Break, step: Step, target: Target) -> Finding:
        match step.operation:
            case AddField(name=name):
                return self.finding(
                    step.location,
                    f"'{broken.place}' is NOT NULL, and its default lives in Python only: an INSERT of the release "
                    "that is still running, which does not know the column, fails.",
                    hint=_hint(target),
                    subject=subject(step, broken, str(name)),
                )
            case AlterOrderWithRespectTo(order_with_respect_to=respected):
                return self.finding(
                    step.location,
                    f"Ordering '{broken.table}' with respect to '{respected}' adds '_order', which is NOT NULL without "
                    "a default in the database: an INSERT of the release that is still running fails.",
                    hint="Add a column of your own for the order, with null=True or a db_default, and sort by it.",
                    subject=subject(step, broken, broken.column),
                )
            case _:
                field = broken.evidence if isinstance(broken.evidence, FieldState) else None
                by = f" with {broken.statement}" if broken.statement is not None else ""
                related = [Related(field.defined.location, f"'{field.name}' was defined here")] if field else []
                return self.finding(
                    step.location,
                    f"'{broken.place}' becomes required{by}: {broken.why}, so an INSERT of the release that is still "
                    "running fails.",
                    hint=_hint(target) if broken.statement is None else _IN_SQL,
                    related=tuple(related),
                    subject=subject(step, broken, field.name if field is not None else broken.column),
                )


_IN_SQL = (
    "Give the column a DEFAULT in the same migration, or let it take NULL until the release that writes it is "
    "everywhere."
)


def _hint(target: Target) -> str:
    slowly = "add it with null=True, and make it NOT NULL once the release that writes it is everywhere"
    if target.django >= (5,):
        return f"Give it a db_default=…, which stays in the database. Or {slowly}."
    return (
        f"{slowly[0].upper()}{slowly[1:]}. Or keep the default in the database: RunSQL with ALTER COLUMN … SET DEFAULT."
    )
