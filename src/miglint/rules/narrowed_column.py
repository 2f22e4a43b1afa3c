"""MIG406: values that the running release may still write no longer fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from miglint.effects.breaks import Break
from miglint.facts.operations import AddConstraint, AddField, AlterField, Operation
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, subject
from miglint.schema.replay import name_of
from miglint.schema.state import FieldState
from miglint.steps import Step


@dataclass(frozen=True)
class NarrowedColumn(OperationRule):
    code = "MIG406"
    name = "narrowed-column"
    severity = Severity.WARNING
    looks_at = "breaks"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        found = [broken for broken in project.breaks_of(step).breaks if broken.kind == "narrowed column"]
        if step.model is None:
            for broken in found:
                yield self._finding([broken], step)
        elif found:
            yield self._finding(found, step)

    def _finding(self, found: list[Break], step: Step) -> Finding:
        first = found[0]
        field = first.evidence if isinstance(first.evidence, FieldState) else None
        after = f"After {first.statement}, " if first.statement is not None else ""
        return self.finding(
            step.location,
            f"{after}'{first.place}' {_verdict(found)}: {'; '.join(broken.why for broken in found)}.",
            hint="Let a release that keeps to it go out first, everywhere; narrow the column in the one after.",
            related=(Related(field.defined.location, f"'{field.name}' was defined here"),) if field is not None else (),
            subject=subject(step, first, _member(step.operation)),
        )


def _verdict(found: Iterable[Break]) -> str:
    # PostgreSQL may well take a date for a timestamp; what it gives back is no date any more.
    if any(broken.level == "reads" for broken in found):
        return "is no longer what the release that is still running writes and reads"
    return "refuses what the release that is still running may write"


def _member(operation: Operation) -> str:
    match operation:
        case AlterField(name=name) | AddField(name=name):
            return str(name)
        case AddConstraint(constraint=constraint):
            return str(name_of(constraint))
        case _:
            return "unique_together"
