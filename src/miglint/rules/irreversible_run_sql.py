"""MIG502: a RunSQL that cannot be undone, so that neither can its migration nor any before it."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.operations import RunSQL
from miglint.facts.values import Literal, Reference, Sequence, Value, text_of
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.steps import Step


@dataclass(frozen=True)
class IrreversibleRunSQL(OperationRule):
    code = "MIG502"
    name = "irreversible-run-sql"
    severity = Severity.WARNING
    operations = (RunSQL,)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        match step.operation:
            # Django asks for reverse_sql alone: an empty one will do. What stands in state_operations never runs, and a
            # subclass that does things its own way may undo them its own way.
            case RunSQL(sql=sql, reverse_sql=None | Literal(None), subclass=subclass) if not step.in_state_alone and (
                subclass is None or subclass.database != "unknown"
            ):
                words = _first_words(sql)
                yield self.finding(
                    step.location,
                    f"'{step.migration.key}' cannot be rolled back: RunSQL({words or '…'}) has no reverse_sql, so "
                    "migrating backwards fails here.",
                    hint="Give it a reverse_sql that undoes the change, or migrations.RunSQL.noop where nothing has to "
                    "be undone.",
                    subject=f"{step.migration.key}:RunSQL:{words}",
                )


def _first_words(sql: Value, width: int = 40) -> str:
    """How the SQL starts, on one line, or what it is called; empty where it is not known."""
    while isinstance(sql, Sequence) and sql.items:
        sql = sql.items[0]
    if isinstance(sql, Reference):
        return sql.path.lstrip(".#").rpartition(".")[2]
    words = (text_of(sql) or "").split()
    start = ""
    for word in words:
        if len(start) + len(word) >= width:
            return f"{start.rstrip() or word[:width]} …"
        start += f"{word} "
    return start.rstrip()
