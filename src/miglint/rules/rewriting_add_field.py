"""MIG301: adding a column makes the server write or read every row while the table is locked."""

from __future__ import annotations

from miglint.effects.danger import Danger
from miglint.effects.effect import Cause
from miglint.facts.fields import Field
from miglint.facts.operations import AddField, RunSQL
from miglint.facts.target import Target
from miglint.findings import Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import LockRule
from miglint.schema.column import POSITIVE
from miglint.sql.statement import AddColumn, AlterTable
from miglint.steps import Step


@dataclass(frozen=True)
class RewritingAddField(LockRule):
    code = "MIG301"
    name = "rewriting-add-field"
    severity = Severity.ERROR
    causes = frozenset(
        {"column check", "constant default", "domain", "numbering", "stored generation", "volatile default"}
    )

    def what(self, danger: Danger, step: Step, project: Project) -> str:
        if isinstance(step.operation, AddField):
            return f"Adding '{step.operation.name}'"
        names = [
            f"'{action.column.name}'"
            for run in danger.runs
            for statement in run.statements
            if isinstance(statement, AlterTable)
            for action in statement.actions
            if isinstance(action, AddColumn)
        ]
        return f"Adding {' and '.join(names) or 'the column'}"

    def why(self, danger: Danger, step: Step, project: Project) -> str:
        first = danger.effects[0]
        return f", because {_reason(first.cause, first.detail)}"

    def hint(self, danger: Danger, step: Step, project: Project) -> str:
        cause = danger.effects[0].cause
        field = step.operation.field if isinstance(step.operation, AddField) else None
        recipe = _in_sql(cause) if isinstance(step.operation, RunSQL) else _recipe(cause, field, project.target)
        if not any(project.size_of(table).kind == "large" for table in danger.tables):
            return recipe
        # Who has set one needs not be told to.
        gives_up = all(run.lock_timeout for run in danger.runs)
        return f"{recipe} {_IN_BATCHES}{'' if gives_up else _GIVE_UP}."


_IN_BATCHES = "The table is large: fill it in batches of some thousand rows, each in a transaction of its own"
_GIVE_UP = (
    ", and set a lock_timeout before each ALTER TABLE, so that one which has to wait gives up and does not hold up all "
    "others"
)


def _reason(cause: Cause, detail: str) -> str:
    match cause:
        case "volatile default":
            return f"{detail} is another value for each row"
        case "stored generation":
            return "a stored generated column is computed and kept for each row"
        case "numbering":
            return "each row takes a number from a sequence"
        case "constant default":
            return "before PostgreSQL 11 a default is written into each row"
        case "domain":
            return f"{detail} are run for each row"
        case _:
            return f"{detail} is verified for each row"


def _recipe(cause: Cause, field: Field | None, target: Target) -> str:
    match cause:
        case "volatile default":
            return (
                "Add it with null=True and no default, set db_default with AlterField in the next migration (which "
                "holds for new rows only), and fill the old rows in batches in a third."
            )
        case "stored generation":
            return (
                "On PostgreSQL 18, db_persist=False costs nothing. Before, add a plain column with null=True, have the "
                "application or a trigger fill it, and fill the old rows in batches."
            )
        case "numbering":
            return (
                "Add a BigIntegerField with null=True, number the old rows in batches, and only then make a "
                "sequence its default."
            )
        case "constant default":
            return (
                "Add it with null=True and no default, set the default with AlterField in the next migration, and "
                "fill the old rows in batches in a third."
            )
        case "domain":
            return "Add it with the domain's own type, and the check as a constraint: NOT VALID first, validated later."
        case _:
            kind = field.kind if field is not None and field.kind in POSITIVE else "IntegerField"
            plain = (kind or "").removeprefix("Positive")
            if target.django < (4,):
                add, validate = "RunSQL with ADD CONSTRAINT … NOT VALID", "RunSQL with VALIDATE CONSTRAINT"
            else:
                add, validate = "AddConstraintNotValid", "ValidateConstraint"
            return (
                f"Make it a plain {plain}, with the check as a CheckConstraint: {add} in this migration, {validate} in "
                "the next, which blocks nobody."
            )


def _in_sql(cause: Cause) -> str:
    match cause:
        case "volatile default" | "constant default":
            return (
                "ADD COLUMN without DEFAULT, then ALTER COLUMN … SET DEFAULT (which holds for new rows only), and fill "
                "the old rows in batches in a later migration."
            )
        case "stored generation":
            return (
                "On PostgreSQL 18, VIRTUAL in place of STORED costs nothing. Before, add a plain column that takes "
                "NULL, have the application or a trigger fill it, and fill the old rows in batches."
            )
        case "numbering":
            return (
                "ADD COLUMN … bigint, CREATE SEQUENCE … OWNED BY it, ALTER COLUMN … SET DEFAULT nextval(…), and number "
                "the old rows in batches in a later migration."
            )
        case "domain":
            return (
                "ADD COLUMN with the domain's own type, then ADD CONSTRAINT … CHECK … NOT VALID, and VALIDATE "
                "CONSTRAINT in the next migration, which blocks nobody."
            )
        case _:
            return (
                "ADD COLUMN without the check, then ADD CONSTRAINT … CHECK … NOT VALID, and VALIDATE CONSTRAINT in the "
                "next migration, which blocks nobody."
            )
