"""MIG213: something that cannot run inside a transaction runs inside one."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.effect import Fails
from miglint.facts.operations import RunPython, RunSQL
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.sql.statement import Transaction
from miglint.steps import Step


@dataclass(frozen=True)
class ConcurrentInTransaction(OperationRule):
    code = "MIG213"
    name = "concurrent-in-transaction"
    severity = Severity.ERROR
    looks_at = "effects"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        refused = [
            effect.why
            for run in project.runs(step)
            for effect in run.effects
            if isinstance(effect, Fails) and effect.kind == "concurrently in a transaction"
        ]
        # Whether there is a transaction has to be known.
        if refused and isinstance(step.migration.atomic, bool):
            why, hint = _transaction(step, project)
            yield self.finding(step.location, f"{refused[0]}{why}.", hint=hint, subject=step.subject)


def _transaction(step: Step, project: Project) -> tuple[str, str]:
    """Which transaction it is, as the end of a sentence, and the way out of it."""
    if step.migration.atomic:
        several = _is_one_of_several(step)
        return (
            ", and this migration is one: it does not set atomic = False",
            "Set atomic = False on the migration, and leave nothing else in it"
            + (": one statement to a string of RunSQL's list." if several else "."),
        )
    if isinstance(step.operation, RunSQL) and _is_one_of_several(step):
        return (
            ", and PostgreSQL makes one of several statements in one string",
            "Give RunSQL a list with one statement to a string.",
        )
    if isinstance(step.operation, RunPython):
        return ", and this RunPython is one", "Leave out atomic=True."
    if any(
        isinstance(one, Transaction)
        for each in project.around(step)
        for run in project.runs(each)
        for one in run.statements
    ):
        return (
            ", and a BEGIN before it opened one",
            "Leave out BEGIN and COMMIT: with atomic = False each statement commits.",
        )
    return "", "Run it by itself, in a migration with atomic = False."


def _is_one_of_several(step: Step) -> bool:
    queries = [one.query for one in step.executions if one.query is not None]
    return len(set(queries)) < len(queries)
