"""MIG303: a constraint that is kept by an index builds it while nobody can use the table."""

from __future__ import annotations

from miglint.effects.danger import Danger
from miglint.effects.effect import BuildIndex
from miglint.facts.fields import Field
from miglint.facts.operations import AddField, AlterField, RunSQL
from miglint.findings import Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import LockRule, listed
from miglint.sql.statement import CreateIndex, DropIndex, SetConstraints
from miglint.steps import Step


@dataclass(frozen=True)
class BlockingUnique(LockRule):
    code = "MIG303"
    name = "blocking-unique"
    severity = Severity.ERROR
    causes = frozenset({"exclusion", "primary key", "unique"})

    def what(self, danger: Danger, step: Step, project: Project) -> str:
        built = [effect for effect in danger.effects if isinstance(effect, BuildIndex)]
        kinds = dict.fromkeys(_KINDS[effect.cause] for effect in built if effect.cause in _KINDS)
        names = dict.fromkeys(f"'{effect.index}'" for effect in built if effect.index is not None)
        shown = listed(tuple(names)) if names else _field_of(step)
        return f"Building the {listed(tuple(kinds))} {shown}".rstrip()

    def hint(self, danger: Danger, step: Step, project: Project) -> str:
        causes = {effect.cause for effect in danger.effects}
        if "exclusion" in causes:
            return (
                "No exclusion constraint can be built beside the traffic: add it while nobody uses the table, or to a "
                "new table that the rows are copied to in batches."
            )
        kind = "PRIMARY KEY" if "primary key" in causes else "UNIQUE"
        build = "CREATE UNIQUE INDEX CONCURRENTLY in RunSQL, in a migration of its own with atomic = False"
        attach = f"ALTER TABLE … ADD CONSTRAINT … {kind} USING INDEX"
        null = " Its columns have to be NOT NULL before, or the server reads every row for that." * (kind != "UNIQUE")
        match step.operation:
            case RunSQL():
                return f"Build it beside the traffic: {build}. In the next one {attach}, which reads nothing.{null}"
            case AddField(field=field):
                return (
                    f"Add the field {_not_unique(field)} and with null=True. Build the index beside the traffic: "
                    f"{build}. In the next one RunSQL with {attach}, which reads nothing, and an AlterField to what "
                    f"the field is here among its state_operations.{null}"
                )
            case AlterField(field=field) if _does_more(danger, step, project):
                return (
                    f"Make the rest of the change first, {_not_unique(field)}. Build the index beside the traffic: "
                    f"{build}. In the next one RunSQL with {attach}, which reads nothing, and this operation among its "
                    f"state_operations.{null}"
                )
            case _:
                return (
                    f"Build it beside the traffic: {build}. In the next one RunSQL with {attach}, which reads nothing, "
                    f"and this operation among its state_operations.{null}"
                )


_KINDS = {"unique": "unique index", "primary key": "primary key's index", "exclusion": "exclusion constraint's index"}


def _field_of(step: Step) -> str:
    """What a constraint that the server names is for."""
    return f"of '{step.operation.name}'" if isinstance(step.operation, AddField) else ""


def _not_unique(field: Field) -> str:
    return "as a ForeignKey with db_index=False" if field.kind == "OneToOneField" else "without unique=True"


def _does_more(danger: Danger, step: Step, project: Project) -> bool:
    """Whether an operation changes more than this, be it under the same lock."""
    return any(
        run not in danger.runs
        and not all(isinstance(statement, CreateIndex | DropIndex | SetConstraints) for statement in run.statements)
        for run in project.runs(step)
    )
