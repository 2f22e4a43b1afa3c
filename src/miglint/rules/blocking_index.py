"""MIG302: building an index keeps writers waiting until every row of the table is read."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.danger import Danger
from miglint.effects.effect import BuildIndex
from miglint.facts.operations import AddConstraint, AddField, AddIndex, AlterField, AlterTogether, RunSQL
from miglint.findings import Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import LockRule, listed
from miglint.sql.statement import CreateIndex
from miglint.steps import Step

_ALONE = "in a migration of its own with atomic = False"


@dataclass(frozen=True)
class BlockingIndex(LockRule):
    code = "MIG302"
    name = "blocking-index"
    severity = Severity.ERROR
    causes = frozenset({"index"})

    def dangers(self, step: Step, project: Project) -> tuple[Danger, ...]:
        # The twin that Django makes for LIKE belongs to what is said of the operation already.
        found = super().dangers(step, project)
        also = {
            effect.table
            for run in project.runs(step)
            for effect in run.effects
            if isinstance(effect, BuildIndex) and effect.cause in ("unique", "primary key")
        }
        return tuple(one for one in found if not (_is_twin(one) and {*one.tables} <= also))

    def what(self, danger: Danger, step: Step, project: Project) -> str:
        built = _built(danger)
        kind = "unique index" if all(effect.unique for effect in built) else "index"
        names = dict.fromkeys(f"'{effect.index}'" for effect in built if effect.index is not None)
        if not names:
            return f"Building the {kind}"
        return f"Building the {kind if len(names) == 1 else kind + 'es'} {listed(tuple(names))}"

    def hint(self, danger: Danger, step: Step, project: Project) -> str:
        if any(_is_on_partitioned(statement, step) for statement in _statements(danger)):
            return (
                "A partitioned table takes no CONCURRENTLY: CREATE INDEX … ON ONLY the table itself, which reads "
                "nothing, CREATE INDEX CONCURRENTLY on each partition, and ALTER INDEX … ATTACH PARTITION for each."
            )
        has_operation = project.target.django >= (3, 0)
        concurrently = (
            "AddIndexConcurrently"
            if has_operation
            else "CREATE INDEX CONCURRENTLY in RunSQL, with AddIndex in its state"
        )
        match step.operation:
            case AddIndex() if has_operation:
                return f"Use AddIndexConcurrently, {_ALONE}."
            case AddField() | AlterField():
                verb = "Add" if isinstance(step.operation, AddField) else "Leave"
                return (
                    f"{verb} the field with db_index=False, name the index in the model's Meta.indexes, and make "
                    f"it with {concurrently}, {_ALONE}.{_for_like(danger)}"
                )
            case AlterTogether():
                return (
                    f"Put the index into the model's Meta.indexes instead, and make it with {concurrently}, {_ALONE}."
                )
            case RunSQL():
                unique = "UNIQUE " if all(effect.unique for effect in _built(danger)) else ""
                return f"CREATE {unique}INDEX CONCURRENTLY, as the only statement of its string, {_ALONE}."
            case AddConstraint():
                return (
                    f"Build it with CREATE UNIQUE INDEX CONCURRENTLY in RunSQL, under the same name, {_ALONE}, and "
                    "put this operation into its state_operations."
                )
            case _:
                return (
                    f"Build it with CREATE INDEX CONCURRENTLY in RunSQL, {_ALONE}, and put this operation into its "
                    "state_operations."
                )


def _built(danger: Danger) -> list[BuildIndex]:
    return [effect for effect in danger.effects if isinstance(effect, BuildIndex)]


def _is_twin(danger: Danger) -> bool:
    return all((effect.index or "").endswith("_like") for effect in _built(danger))


def _is_on_partitioned(statement: CreateIndex, step: Step) -> bool:
    state = step.database_before.table(statement.table)
    return state is not None and state.partitioned


def _statements(danger: Danger) -> Iterator[CreateIndex]:
    for run in danger.runs:
        for statement in run.statements:
            if isinstance(statement, CreateIndex):
                yield statement


def _for_like(danger: Danger) -> str:
    opclasses = {part.opclass for statement in _statements(danger) for part in statement.parts if part.opclass}
    if not opclasses:
        return ""
    return (
        " The index for startswith and LIKE is an Index of its own, with "
        f"opclasses={sorted(opclasses)}, where it is needed at all."
    )
