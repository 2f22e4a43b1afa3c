"""MIG201: a NOT NULL column is added, and nothing says what the rows that are there hold in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from miglint.effects.added import NoValueForRows
from miglint.facts.fields import Field
from miglint.facts.operations import AddField
from miglint.facts.target import Target
from miglint.facts.values import Literal, Unresolved, truth_of
from miglint.findings import Finding, Severity
from miglint.project import Project, Step
from miglint.rules.base import OperationRule


@dataclass(frozen=True)
class NotNullWithoutDefault(OperationRule):
    code = "MIG201"
    name = "not-null-without-default"
    severity = Severity.ERROR

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        operation = step.operation
        if not isinstance(operation, AddField) or isinstance(operation.model_name, Unresolved):
            return
        for effect in step.effects:
            match effect:
                # A table of this same migration has no rows yet.
                case NoValueForRows(table, column) if step.existed_before:
                    yield self.finding(
                        step.location,
                        _message(table, column, operation.field, project.target),
                        hint=_hint(operation.field, project.target),
                        subject=f"{step.migration.key.app_label}.{operation.model_name.lower()}.{operation.name}",
                    )


def _message(table: str, column: str, field: Field, target: Target) -> str:
    without = "with None for a default" if field.options.get("default") == Literal(None) else "without a default"
    if target.database.vendor in ("mysql", "mariadb"):
        outcome = f"gives every row of '{table}' a value that nobody chose (0, ''), or fails where its type has none"
    else:
        outcome = f"fails as soon as '{table}' has a row"
    return f"Adding '{table}.{column}' NOT NULL {without} {outcome}."


def _hint(field: Field, target: Target) -> str:
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
