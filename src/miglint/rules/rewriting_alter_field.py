"""MIG306: a column becomes something else, and the server writes the table anew, or its indexes, while it is locked."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.danger import Danger
from miglint.effects.effect import BuildIndex, RewriteTable, ScanTable
from miglint.facts.operations import RunSQL
from miglint.facts.target import Target
from miglint.findings import Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import LockRule, listed
from miglint.schema.tables import ConstraintState, IndexState, TableState
from miglint.sql.statement import AlterColumnType
from miglint.sql.type_names import PLAIN_TEXTS
from miglint.steps import Step


@dataclass(frozen=True)
class RewritingAlterField(LockRule):
    code = "MIG306"
    name = "rewriting-alter-field"
    severity = Severity.ERROR
    causes = frozenset({"index rebuild", "type"})
    # A key's own table, then every table that refers to it.
    told_together = True

    def what(self, danger: Danger, step: Step, project: Project) -> str:
        first = next((effect for effect in danger.effects if isinstance(effect, RewriteTable)), None)
        if first is not None:
            columns = list(dict.fromkeys(f"'{action.column}'" for _, action in _changes(danger)))
            others = isinstance(step.operation, RunSQL) or len(danger.tables) == 1
            shown = listed(columns) if others else f"{columns[0]}"
            referring = "" if others else ", and the columns that refer to it,"
            return f"Changing {shown} from {first.detail}{referring}"
        parts = []
        indexes = dict.fromkeys(
            f"'{effect.index}'"
            for effect in danger.effects
            if isinstance(effect, BuildIndex) and effect.index is not None
        )
        if any(isinstance(effect, BuildIndex) for effect in danger.effects):
            parts.append(f"building {listed(list(indexes)) or 'an index'} anew")
        verified = dict.fromkeys(effect.detail for effect in danger.effects if isinstance(effect, ScanTable))
        if verified:
            parts.append(f"verifying {listed(list(verified))} anew")
        words = listed(parts)
        return words[:1].upper() + words[1:]

    def why(self, danger: Danger, step: Step, project: Project) -> str:
        if any(isinstance(effect, RewriteTable) for effect in danger.effects):
            return ""
        columns = dict.fromkeys(f"'{action.column}'" for _, action in _changes(danger))
        return f", because {listed(list(columns))} becomes another type or collation" if columns else ""

    def hint(self, danger: Danger, step: Step, project: Project) -> str:
        if any(isinstance(effect, RewriteTable) for effect in danger.effects):
            return _instead_of_writing(danger, step)
        kept = [_kept_by(effect, step) for effect in danger.effects if isinstance(effect, BuildIndex)]
        if any(isinstance(one, ConstraintState) for one in kept):
            # The twin for LIKE goes and comes with its constraint.
            kept = [one for one in kept if not (isinstance(one, IndexState) and one.by_field)]
        hints = [_instead_of_building(one, project.target) for one in kept]
        if any(isinstance(effect, ScanTable) for effect in danger.effects):
            hints.append(_instead_of_verifying(step, project.target))
        return " ".join(dict.fromkeys(hints))


def _changes(danger: Danger) -> Iterator[tuple[str, AlterColumnType]]:
    return ((table, action) for table, action in danger.actions if isinstance(action, AlterColumnType))


def _instead_of_writing(danger: Danger, step: Step) -> str:
    if len(danger.tables) > 1 and not isinstance(step.operation, RunSQL):
        tables = f"All {len(danger.tables)}" if len(danger.tables) > 2 else "Both"
        return (
            f"{tables} tables stay locked until the last one is written. Do it while nobody uses them. Or give each a "
            "second column of the new type that triggers fill, and let these columns take the places of the old ones: "
            "miglint rule MIG306 has the steps."
        )
    narrows = all(_is_text(table, action, step) for table, action in _changes(danger))
    return (
        "Add a second column of the new type, which takes NULL, have the application write both, fill the old rows in "
        "batches, and switch over in a later release."
    ) + (
        " Where only the length shrinks: leave the column's type, put this operation into state_operations, and let a "
        "CHECK keep the length, NOT VALID first and validated in the next migration."
    ) * narrows


def _is_text(table: str, action: AlterColumnType, step: Step) -> bool:
    """Whether a column holds text of some length before and after."""
    state = step.database_before.table(table)
    column = state.columns.get(action.column) if state is not None else None
    if column is None or column.type is None or action.type is None:
        return False
    return {column.type.name, action.type.name} <= PLAIN_TEXTS


def _kept_by(effect: BuildIndex, step: Step) -> IndexState | ConstraintState | None:
    table: TableState | None = step.database_before.table(effect.table)
    for one in table.held() if table is not None else ():
        if one.name == effect.index:
            return one
    return None


def _instead_of_building(kept: IndexState | ConstraintState | None, target: Target) -> str:
    if isinstance(kept, ConstraintState):
        return (
            "Drop the constraint before, change the column, and make it again as MIG303 has it: CREATE UNIQUE INDEX "
            "CONCURRENTLY, then ADD CONSTRAINT … USING INDEX. Nothing keeps the column unique in between."
        )
    if isinstance(kept, IndexState) and kept.by_field:
        return (
            "Change the field with db_index=False here, which drops its index, and make one that stands in the model's "
            f"Meta.indexes with {_concurrently('Add', target)} in the next migration, with atomic = False."
        )
    return (
        f"Drop the index before ({_concurrently('Remove', target)}), change the column, and build the index again "
        f"({_concurrently('Add', target)}), each in a migration of its own, with atomic = False for the indexes."
    )


def _concurrently(verb: str, target: Target) -> str:
    if target.django >= (3, 0):
        return f"{verb}IndexConcurrently"
    return f"{'CREATE' if verb == 'Add' else 'DROP'} INDEX CONCURRENTLY in RunSQL"


def _instead_of_verifying(step: Step, target: Target) -> str:
    if target.django >= (4, 0) and not isinstance(step.operation, RunSQL):
        return (
            "RemoveConstraint, this operation, and AddConstraintNotValid with the same check, all in this migration; "
            "ValidateConstraint in the next, which reads the rows while everybody goes on."
        )
    return (
        "DROP CONSTRAINT, this change, and ADD CONSTRAINT … NOT VALID with the same check, all in this migration; "
        "VALIDATE CONSTRAINT in the next, which reads the rows while everybody goes on."
    )
