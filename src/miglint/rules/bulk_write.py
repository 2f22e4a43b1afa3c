"""MIG310: one statement writes every row of a table, and keeps each locked until the transaction ends."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.effect import Run, WriteRows
from miglint.facts.operations import RunPython, RunSQL
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, made_at, sized, weighed
from miglint.sql.statement import Truncate
from miglint.steps import Step


@dataclass(frozen=True)
class BulkWrite(OperationRule):
    code = "MIG310"
    name = "bulk-write"
    severity = Severity.INFO
    looks_at = "effects"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        by_hand = isinstance(step.operation, RunSQL | RunPython)
        written: dict[str, tuple[WriteRows, Run]] = {}
        for run in project.runs(step):
            for effect in run.effects:
                # Nobody waits for rows that are new; of its own accord Django fills where there is NULL, in every row
                # for all that is known.
                if (
                    isinstance(effect, WriteRows)
                    and effect.verb != "insert"
                    and (effect.whole or not by_hand)
                    and not any(isinstance(one, Truncate) for one in run.statements)
                ):
                    written.setdefault(effect.table, (effect, run))
        for table, (effect, run) in written.items():
            yield weighed(self._finding(effect, run, step, project), project.size_of(table))

    def _finding(self, effect: WriteRows, run: Run, step: Step, project: Project) -> Finding:
        table = sized(effect.table, project)
        does = "updates" if effect.verb == "update" else "deletes"
        what = f"This {does} every row of {table}"
        hint = (
            f"{effect.verb.capitalize()} some thousand rows at a time, each batch in a transaction of its own: "
            "RunPython in a migration with atomic = False."
        )
        if not isinstance(step.operation, RunSQL | RunPython):
            what = f"Django {does} every row of {table} that holds NULL, in one statement"
            hint = (
                "Replace the NULLs in batches in a migration before this one, with atomic = False: then this finds "
                "none."
            )
        return self.finding(
            step.location,
            f"{what}: each stays locked until the {_unit(run, step)} is through, and all that is written is undone if "
            "it fails.",
            hint=hint,
            subject=step.subject or effect.table,
            related=made_at((effect.table,), step),
        )


def _unit(run: Run, step: Step) -> str:
    if not run.transaction:
        return "statement"
    return "migration" if step.migration.atomic is not False else "transaction"
