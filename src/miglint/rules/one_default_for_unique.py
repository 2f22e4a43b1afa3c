"""MIG209: a unique column is added with a default, which is the same for every row that is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from miglint.effects.volatility import Steady, volatility
from miglint.facts.fields import Field
from miglint.facts.operations import AddField
from miglint.facts.values import Call, Literal, Reference
from miglint.findings import Finding, Severity
from miglint.project import Project, Step
from miglint.rules.base import OperationRule
from miglint.schema.column import column_name, db_default, has_column, has_effective_default
from miglint.schema.field import attributes


@dataclass(frozen=True)
class OneDefaultForUnique(OperationRule):
    code = "MIG209"
    name = "one-default-for-unique"
    severity = Severity.ERROR

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        match step.operation:
            case AddField(name=str(name), field=field, subclass=None) if step.model is not None:
                # A table of this same migration has no rows yet.
                if not step.existed_before or step.table is None or step.in_state_alone:
                    return
                value = _value_for_all(field)
                if value is None or not _is_unique(field):
                    return
                yield self.finding(
                    step.location,
                    f"Adding '{step.table}.{column_name(field, name)}' fails as soon as '{step.table}' has two rows: "
                    f"the column is unique, and both get {value}.",
                    hint="Add it with null=True and neither unique nor a default, give each row a value of its own in "
                    "a migration of its own, then make it unique, and NOT NULL, with AlterField.",
                    subject=f"{step.migration.key.app_label}.{step.model.name.lower()}.{name}",
                )
            case _:
                return


def _is_unique(field: Field) -> bool:
    known = attributes(field)
    return has_column(field) is True and (known.unique or known.primary_key) and "unique" not in known.unknown


def _value_for_all(field: Field) -> str | None:
    """What every row gets, in words; None where each gets its own, or NULL, or it is not known."""
    kept = db_default(field)
    if kept is not None:
        # DEFAULT NULL wins over `default`.
        is_null = kept == Literal(None) or (isinstance(kept, Call) and _holds_none(kept))
        return "the database's one default" if isinstance(volatility(kept), Steady) and not is_null else None
    if not has_effective_default(field):
        return None
    match field.options.get("default"):
        case None:
            return "the one value that Django makes up for it"
        case Reference(path):
            return f"the same value: Django calls {path.rpartition('.')[2].lstrip('#')} once, not for each row"
        case Literal(str() | int() | float() as value):
            return f"{value!r}"
        case _:
            return "the one default"


def _holds_none(value: Call) -> bool:
    return len(value.arguments) == 1 and value.arguments[0].value == Literal(None)
