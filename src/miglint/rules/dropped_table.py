"""MIG402: a table is dropped that the models of the running release still use."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.breaks import Break
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, subject
from miglint.schema.state import FieldState, Origin
from miglint.steps import Step

_BREAKS = "breaks the release that is still running"
_LATER = "drop the table in the release after that one, with RunSQL."


@dataclass(frozen=True)
class DroppedTable(OperationRule):
    code = "MIG402"
    name = "dropped-table"
    severity = Severity.WARNING
    looks_at = "breaks"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        for broken in project.breaks_of(step).breaks:
            if broken.kind == "dropped table":
                yield self._finding(broken, step)

    def _finding(self, broken: Break, step: Step) -> Finding:
        table = broken.table
        match broken.evidence:
            case FieldState(name=name, added=added) if broken.statement is None:
                return self.finding(
                    step.location,
                    f"Removing the many-to-many field '{name}' drops '{table}' (there since {added.migration}), which "
                    f"{_BREAKS}.",
                    hint=f"Remove it from the state alone first, with SeparateDatabaseAndState; {_LATER}",
                    related=(Related(added.location, f"'{name}' was added here"),),
                    subject=subject(step, broken, name),
                )
            case Origin() as made if broken.statement is None and step.model is not None:
                name = step.model.name
                return self.finding(
                    step.location,
                    f"Dropping '{table}' (there since {made.migration}) {_BREAKS}, {broken.why}, deletions of what it "
                    "refers to included.",
                    hint=f"Delete the model from the state alone first, with SeparateDatabaseAndState; {_LATER}",
                    related=(Related(made.location, f"{name} was created here"),),
                    subject=subject(step, broken),
                )
            case Origin() as made:
                return self.finding(
                    step.location,
                    f"Dropping '{table}' (there since {made.migration}) with {broken.statement} {_BREAKS}: "
                    f"{broken.why}.",
                    hint="Take what uses it out of the models first, and out of the state with "
                    "SeparateDatabaseAndState; drop it in the release after that one.",
                    related=(Related(made.location, "its model was created here"),),
                    subject=subject(step, broken),
                )
            case _:
                raise AssertionError(f"nothing is known of '{table}'")  # pragma: no cover
