"""MIG304: a check is verified for every row while others wait."""

from __future__ import annotations

from miglint.effects.danger import Danger
from miglint.facts.operations import AddConstraint, AlterField, RenameField, RunSQL
from miglint.findings import Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import LockRule, besides, listed
from miglint.schema.column import POSITIVE
from miglint.sql import statement as sql
from miglint.steps import Step

_SCANS_ALONE = "VALIDATE CONSTRAINT in the next migration, which reads the rows while everybody goes on"


@dataclass(frozen=True)
class ValidatingCheck(LockRule):
    code = "MIG304"
    name = "validating-check"
    severity = Severity.ERROR
    causes = frozenset({"check"})

    def what(self, danger: Danger, step: Step, project: Project) -> str:
        validated = [f"'{action.name}'" for _, action in danger.actions if isinstance(action, sql.ValidateConstraint)]
        if validated:
            return f"Validating {listed(validated)}"
        added = [
            action.constraint
            for _, action in danger.actions
            if isinstance(action, sql.AddConstraint) and action.constraint.kind == "check"
        ]
        return f"Verifying {listed([_shown(one) for one in added]) or danger.effects[0].detail}"

    def hint(self, danger: Danger, step: Step, project: Project) -> str:
        has_operations = project.target.django >= (4, 0)
        if any(isinstance(action, sql.ValidateConstraint) for _, action in danger.actions):
            return (
                "Validate it in a migration of its own: the transaction of this one still holds the lock that another "
                "statement took."
            )
        match step.operation:
            case AddConstraint() if has_operations:
                return (
                    "Use AddConstraintNotValid here, and ValidateConstraint in the next migration, which reads the "
                    "rows while everybody goes on."
                )
            case AlterField() if has_operations:
                return (
                    f"Leave the check out of the field{_plain(step.operation)}, and make it a CheckConstraint: "
                    "AddConstraintNotValid here, and ValidateConstraint in the next migration, which reads the rows "
                    "while everybody goes on."
                )
            case RenameField():
                # Before Django 5 the check of a PositiveIntegerField goes off and on.
                rest = besides("check", step, project)
                return f"Leave the check alone: run just {rest} by RunSQL, with this operation in its state_operations."
            case RunSQL():
                return f"ADD CONSTRAINT … NOT VALID here, and {_SCANS_ALONE}."
            case _:
                return (
                    f"RunSQL with ADD CONSTRAINT … NOT VALID, and this operation in its "
                    f"state_operations, and {_SCANS_ALONE}."
                )


# A condition that is longer than this says less than its name.
_LONG = 60


def _shown(check: sql.Constraint) -> str:
    condition = f"CHECK ({check.condition.sql})" if check.condition is not None else "the check"
    if check.name is None:
        return condition
    return f"the check '{check.name}'" if len(condition) > _LONG else f"{condition} of '{check.name}'"


def _plain(operation: AlterField) -> str:
    kind = operation.field.kind or ""
    return f" (a plain {kind.removeprefix('Positive')})" if kind in POSITIVE else ""
