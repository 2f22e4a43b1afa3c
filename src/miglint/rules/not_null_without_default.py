"""MIG201: a NOT NULL column is added, and nothing says what the rows that are there hold in it."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.effect import Fails
from miglint.facts.fields import Field
from miglint.facts.operations import AddField
from miglint.facts.target import Target
from miglint.facts.values import Literal, truth_of
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.steps import Step


@dataclass(frozen=True)
class NotNullWithoutDefault(OperationRule):
    code = "MIG201"
    name = "not-null-without-default"
    severity = Severity.ERROR
    looks_at = "effects"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        for run in project.runs(step):
            for effect in run.effects:
                if not isinstance(effect, Fails) or effect.kind != "no value for rows":
                    continue
                table, column = effect.table or "", effect.column or ""
                field = step.operation.field if isinstance(step.operation, AddField) else None
                yield self.finding(
                    step.location,
                    _message(table, column, field, project.target),
                    hint=_hint(field, project.target),
                    subject=step.subject or f"{table}.{column}",
                )


def _message(table: str, column: str, field: Field | None, target: Target) -> str:
    without = (
        "with None for a default"
        if field is not None and field.options.get("default") == Literal(None)
        else "without a default"
    )
    if target.database.vendor in ("mysql", "mariadb"):
        outcome = f"gives every row of '{table}' a value that nobody chose (0, ''), or fails where its type has none"
    else:
        outcome = f"fails as soon as '{table}' has a row"
    return f"Adding '{table}.{column}' NOT NULL {without} {outcome}."


def _hint(field: Field | None, target: Target) -> str:
    if field is None:
        return (
            "Give the column a DEFAULT; or add it without NOT NULL, fill it in batches, and set NOT NULL in a later "
            "migration."
        )
    slowly = "Add it with null=True, fill it in a migration of its own, then make it NOT NULL with AlterField"
    # One default cannot serve a unique column: the second row that gets it collides with the first.
    if field.kind == "OneToOneField" or truth_of(field.options.get("unique"), default=False):
        return f"{slowly}."
    lasting = " db_default=… (which also serves the release that is still running) or" if target.django >= (5,) else ""
    return (
        f"Give it{lasting} default=…, with preserve_default=False if only the old rows need one. Or: {_lower(slowly)}."
    )


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
