"""MIG307: SET NOT NULL reads every row while nobody can use the table."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.danger import Danger
from miglint.effects.postgresql.proof import proves_not_null
from miglint.facts.operations import AlterField, RunSQL
from miglint.findings import Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import LockRule, listed
from miglint.sql import statement as sql
from miglint.steps import Step


@dataclass(frozen=True)
class ScanningSetNotNull(LockRule):
    code = "MIG307"
    name = "scanning-set-not-null"
    severity = Severity.WARNING
    causes = frozenset({"not null"})

    def what(self, danger: Danger, step: Step, project: Project) -> str:
        columns = dict.fromkeys(f"'{column}'" for _, column in _columns(danger))
        if columns:
            return f"Making {listed(list(columns))} NOT NULL"
        return danger.effects[0].detail

    def why(self, danger: Danger, step: Step, project: Project) -> str:
        return ", to see that none of them holds NULL"

    def hint(self, danger: Danger, step: Step, project: Project) -> str:
        if any(isinstance(action, sql.AddColumn) for _, action in danger.actions):
            return (
                "Leave out NOT NULL: a generated column that is not stored is computed for each row to see whether it "
                "holds NULL."
            )
        if project.target.database.version < (12,):
            return (
                "PostgreSQL 11 reads the rows whatever is known of them: keep a validated CHECK (… IS NOT NULL) in "
                "place of NOT NULL until 12, or do this while nobody uses the table."
            )
        again = "Then SET NOT NULL reads nothing; drop the check after it."
        if _fills(step, project):
            again = (
                "Then ALTER COLUMN … SET NOT NULL by RunSQL, with this operation in its state_operations, reads "
                "nothing: the UPDATE with which Django fills in the default would read every row all the same."
            )
        waiting = _unvalidated(danger, step)
        if waiting is not None:
            validate = (
                f"ValidateConstraint('{waiting}')"
                if project.target.django >= (4, 0)
                else f"RunSQL with VALIDATE CONSTRAINT {waiting}"
            )
            return (
                f"The check '{waiting}' proves nothing while it is NOT VALID: {validate} in a migration before. {again}"
            )
        if project.target.django < (4, 0) or isinstance(step.operation, RunSQL):
            return (
                "First prove it: RunSQL with ADD CONSTRAINT … CHECK (… IS NOT NULL) NOT VALID, and VALIDATE CONSTRAINT "
                f"in the next migration, which reads the rows while everybody goes on. {again}"
            )
        argument = "condition" if project.target.django >= (5, 1) else "check"
        named = step.operation.name if isinstance(step.operation, AlterField) else "…"
        return (
            f"First prove it: AddConstraintNotValid with CheckConstraint({argument}=Q({named}__isnull=False), name=…), "
            "and ValidateConstraint in the next migration, which reads the rows while everybody goes on. "
            f"{again}"
        )


def _columns(danger: Danger) -> Iterator[tuple[str, str]]:
    """The tables and columns that are made NOT NULL."""
    for table, action in danger.actions:
        match action:
            case sql.SetNotNull(column):
                yield table, column
            case sql.AddConstraint(constraint) if constraint.kind == "not null":
                yield from ((table, column) for column in constraint.columns or ())
            case sql.AddColumn(column) if column.not_null:
                yield table, column.name
            case _:
                continue


def _fills(step: Step, project: Project) -> bool:
    """Whether Django writes the default of a field into the rows that hold NULL, as part of the same operation."""
    return isinstance(step.operation, AlterField) and any(
        isinstance(statement, sql.Update) for run in project.runs(step) for statement in run.statements
    )


def _unvalidated(danger: Danger, step: Step) -> str | None:
    """The check that would prove it, were it validated."""
    for table, column in _columns(danger):
        state = step.database_before.table(table)
        for one in state.constraints if state is not None else ():
            proves = one.kind == "check" and one.condition is not None and proves_not_null(one.condition, column)
            if proves and not one.validated:
                return one.name
    return None
