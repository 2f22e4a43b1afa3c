"""MIG214: RunSQL ends or opens a transaction of its own in a migration that runs in Django's."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.operations import RunSQL
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.sql.statement import Transaction
from miglint.steps import Step


@dataclass(frozen=True)
class TransactionInSql(OperationRule):
    code = "MIG214"
    name = "transaction-in-sql"
    severity = Severity.ERROR
    operations = (RunSQL,)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        # Whether it is atomic has to be known.
        if step.migration.atomic is not True or not isinstance(step.operation, RunSQL):
            return
        verbs = {
            statement.verb: None
            for execution in step.executions
            for statement in execution.statements
            if isinstance(statement, Transaction) and statement.verb in _CONSEQUENCES
        }
        # Whoever begins and commits means the commit.
        verb = next((one for one in _CONSEQUENCES if one in verbs), None)
        if verb is not None:
            yield self.finding(
                step.location,
                f"{_words(verb)} in an atomic migration: {_CONSEQUENCES[verb]}.",
                hint="Leave it out: Django opens a transaction before the migration, and commits it after the last "
                "operation. Where statements have to be committed one by one, set atomic = False.",
                subject=step.subject,
            )


# The worst first. Measured with Django 5.2 on PostgreSQL 18: psycopg opens another transaction after each of them.
_CONSEQUENCES = {
    "rollback": "what this migration did before it is undone, and Django records the migration as applied",
    "commit": (
        "it ends Django's own transaction, so what stands before it stays done where something after it fails, and the "
        "migration can neither be undone nor run again"
    ),
    "prepare": (
        "it ends Django's own transaction, and what stands before it waits for COMMIT PREPARED, with all of its locks"
    ),
    "begin": "Django's own transaction is open already, so PostgreSQL does nothing but warn",
}


def _words(verb: str) -> str:
    return "PREPARE TRANSACTION" if verb == "prepare" else verb.upper()
