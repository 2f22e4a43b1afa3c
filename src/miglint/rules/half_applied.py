"""MIG508: several operations without a transaction around them: a failure leaves the migration half-applied."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.migration import Migration
from miglint.facts.operations import RunPython
from miglint.facts.values import Reference
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import MigrationRule, named
from miglint.sql.statement import (
    AddColumn,
    AlterTable,
    Analyze,
    Comment,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropTable,
    DropTrigger,
    DropView,
    Select,
    SetConstraints,
    SetDefault,
    SetNotNull,
    SetParameter,
    Statement,
    Transaction,
    Vacuum,
    ValidateConstraint,
)
from miglint.steps import Step


@dataclass(frozen=True)
class HalfApplied(MigrationRule):
    code = "MIG508"
    name = "half-applied"
    severity = Severity.WARNING

    def check(self, migration: Migration, project: Project) -> Iterator[Finding]:
        database = project.target.database
        # They commit with each schema statement: https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html
        committing = database.vendor in ("mariadb", "mysql", "oracle")
        # What an app's first migration leaves behind, nobody uses yet.
        if (migration.atomic is not False and not committing) or migration.initial:
            return
        done = [step for step in project.steps_of(migration.key) if _acts(step, project)]
        # Rather what fails a second time than Python, which may well look first what is left to do.
        lasting = [number for number, step in enumerate(done[:-1]) if not _is_repeatable(step, project)]
        if not lasting:
            return
        first = next((number for number in lasting if not isinstance(done[number].operation, RunPython)), lasting[0])
        again = "does it once more" if isinstance(done[first].operation, RunPython) else "fails there"
        why = "it sets atomic = False" if migration.atomic is False else f"{named(database)} commits each of them"
        following = done[first + 1]
        yield self.finding(
            following.location,
            f"{len(done)} operations of this migration change the database without a transaction around them, since "
            f"{why}: if this one fails, what line {done[first].location.span.line} does stays done, and running the "
            f"migration again {again}.",
            hint="One operation to a migration, so that each is done or not done.",
            operation=following.index,
            subject=str(migration.key),
            related=(Related(done[first].location, "this stays done"),),
        )


def _acts(step: Step, project: Project) -> bool:
    """Whether an operation changes anything that outlasts the session."""
    if isinstance(step.operation, RunPython):
        return not (isinstance(step.operation.code, Reference) and step.operation.code.path.endswith("RunPython.noop"))
    return any(
        not isinstance(statement, Select | SetConstraints | SetParameter | Transaction)
        for run in project.runs(step)
        for statement in run.statements
    )


def _is_repeatable(step: Step, project: Project) -> bool:
    """Whether it does no harm to run it once more after it is done."""
    return not isinstance(step.operation, RunPython) and all(
        _does_no_harm(statement) for run in project.runs(step) for statement in run.statements
    )


def _does_no_harm(statement: Statement) -> bool:
    match statement:
        case AlterTable(_, actions):
            return all(
                action.if_not_exists
                if isinstance(action, AddColumn)
                else action.if_exists
                if isinstance(action, DropColumn | DropConstraint)
                else isinstance(action, DropDefault | DropNotNull | SetDefault | SetNotNull | ValidateConstraint)
                for action in actions
            )
        case CreateIndex() | CreateTable():
            return statement.if_not_exists
        case DropIndex() | DropTable() | DropTrigger() | DropView():
            return statement.if_exists
        case _:
            return isinstance(
                statement, Analyze | Comment | Select | SetConstraints | SetParameter | Transaction | Vacuum
            )
