"""MIG305: a foreign key is validated while the tables at both its ends are locked."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.danger import Danger
from miglint.effects.effect import RewriteTable
from miglint.facts.operations import AddField, RunSQL
from miglint.findings import Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import LockRule, besides, dropped, listed
from miglint.schema.tables import ConstraintState
from miglint.sql import statement as sql
from miglint.steps import Step

_NEXT = "VALIDATE CONSTRAINT in the next migration, which reads the rows while everybody goes on"
# More keys than this are counted, not named.
_MANY = 3
# SQL that is longer than this is not quoted.
_LONG = 200


@dataclass(frozen=True)
class ValidatingForeignKey(LockRule):
    code = "MIG305"
    name = "validating-foreign-key"
    severity = Severity.ERROR
    causes = frozenset({"foreign key"})
    # Every key that an operation of Django's makes anew has the same reason.
    told_together = True

    def what(self, danger: Danger, step: Step, project: Project) -> str:
        validated = [f"'{action.name}'" for _, action in danger.actions if isinstance(action, sql.ValidateConstraint)]
        keys = validated or list(dict.fromkeys(effect.detail for effect in danger.effects))
        return f"Validating {listed(keys) if len(keys) <= _MANY else f'{len(keys)} foreign keys'}"

    def why(self, danger: Danger, step: Step, project: Project) -> str:
        if _is_made_anew(danger, step, project):
            several = len({effect.detail for effect in danger.effects}) > 1
            them, it = ("constraints", "them") if several else ("constraint", "it")
            return f". The key itself stays: Django drops the {them} and adds {it} anew"
        return ""

    def hint(self, danger: Danger, step: Step, project: Project) -> str:
        if any(isinstance(action, sql.ValidateConstraint) for _, action in danger.actions):
            return (
                "Validate it in a migration of its own: the transaction of this one still holds the lock that another "
                "statement took."
            )
        if _gets_another_type(step, project):
            return (
                "The key is looked up anew because its column gets another type: what avoids that avoids this too, a "
                "second column of the new type that takes the place of this one."
            )
        if _is_made_anew(danger, step, project):
            rest = besides("foreign key", step, project)
            if not rest:
                return (
                    "Nothing in the database has to change: put this operation into the state_operations of a "
                    "SeparateDatabaseAndState, without database_operations."
                )
            if len(rest) > _LONG or _is_dangerous_besides(danger, step, project):
                rest = "what else this operation does"
            return (
                f"Leave the constraint alone: run just {rest} by RunSQL, with this operation in its state_operations."
            )
        match step.operation:
            case RunSQL():
                comes = any(isinstance(action, sql.AddColumn) for _, action in danger.actions)
                first = "ADD COLUMN without REFERENCES, then " if comes else ""
                return f"{first}ADD CONSTRAINT … FOREIGN KEY … NOT VALID here, and {_NEXT}."
            case AddField():
                return (
                    "Add it with null=True and without a default: a column that is NULL in every row needs no "
                    "validation. Fill it in batches in a later migration."
                )
            case _:
                drops = "DROP CONSTRAINT …, " if any(_dropped(step, project)) else ""
                return (
                    f"RunSQL with ALTER TABLE … {drops}ADD CONSTRAINT … FOREIGN KEY … NOT VALID, and this operation "
                    f"in its state_operations, and {_NEXT}."
                )


def _is_made_anew(danger: Danger, step: Step, project: Project) -> bool:
    """Whether the keys refer to what they referred to before: Django takes them off to change something else."""
    if isinstance(step.operation, RunSQL):
        return False
    before = [one.references for one in _dropped(step, project) if one.references is not None]
    after = [
        action.constraint.references
        for _, action in danger.actions
        if isinstance(action, sql.AddConstraint) and action.constraint.references is not None
    ]
    same = {one.on_delete for one in before} == {one.on_delete for one in after}
    return bool(before) and same and {one.table for one in before} <= {effect.table for effect in danger.effects}


def _dropped(step: Step, project: Project) -> Iterator[ConstraintState]:
    for run in project.runs(step):
        for statement in run.statements:
            if isinstance(statement, sql.AlterTable):
                yield from dropped("foreign key", statement, step)


def _is_dangerous_besides(danger: Danger, step: Step, project: Project) -> bool:
    return any(run not in danger.runs for run in project.dangerous_runs(step))


def _gets_another_type(step: Step, project: Project) -> bool:
    return any(
        isinstance(effect, RewriteTable) and effect.cause == "type"
        for run in project.runs(step)
        for effect in run.effects
    )
