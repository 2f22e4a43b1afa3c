"""MIG405: a column becomes required to the database, and INSERTs of the running release say nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from miglint.facts.fields import Field
from miglint.facts.operations import AddField, AlterField, AlterOrderWithRespectTo, RunSQL
from miglint.facts.target import Target
from miglint.facts.values import Literal, text_of, texts_in
from miglint.findings import Finding, Related, Severity
from miglint.project import Project, Step
from miglint.rules.base import OperationRule
from miglint.schema.column import (
    AUTOMATIC,
    accepts_empty_strings,
    column_name,
    db_default,
    has_column,
    has_effective_default,
    takes_null,
)
from miglint.schema.state import FieldState


@dataclass(frozen=True)
class RequiredColumn(OperationRule):
    """What counts is the column as the migration leaves it: a database default that comes later will do."""

    code = "MIG405"
    name = "required-column"
    severity = Severity.WARNING

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        operation = step.operation
        # Nobody writes to a table that the changeset makes.
        if step.model is None or step.table is None or step.in_state_alone or not step.existed_before:
            return
        app = f"{step.migration.key.app_label}.{step.model.name.lower()}"
        match operation:
            case AddField(name=str(name), field=field, subclass=None):
                column = str(column_name(field, name))
                if not _is_required(field, project.target) or _was_known(column, step, project):
                    return
                # Nothing gives it a value: the migration fails, which is MIG201's to say.
                if not has_effective_default(field) or not _stays(step, project, name):
                    return
                yield self.finding(
                    step.location,
                    f"'{step.table}.{column}' is NOT NULL, and its default lives in Python only: an INSERT of the "
                    "release that is still running, which does not know the column, fails.",
                    hint=_hint(project.target),
                    subject=f"{app}.{name}",
                )
            case AlterField(name=str(name), subclass=None):
                made = step.alteration
                if made is None or made.reaches_database is False or not _is_required(made.after, project.target):
                    return
                why = _why(made.before, step, project)
                if why is None or not _stays(step, project, name):
                    return
                yield self.finding(
                    step.location,
                    f"'{step.table}.{column_name(made.after, name)}' becomes required: {why}, so an INSERT of the "
                    "release that is still running fails.",
                    hint=_hint(project.target),
                    related=(Related(made.before.defined.location, f"'{name}' was defined here"),),
                    subject=f"{app}.{name}",
                )
            case AlterOrderWithRespectTo(order_with_respect_to=str(respected), subclass=None):
                if text_of(step.model.options.get("order_with_respect_to")) is None:
                    yield self.finding(
                        step.location,
                        f"Ordering '{step.table}' with respect to '{respected}' adds '_order', which is NOT NULL "
                        "without a default in the database: an INSERT of the release that is still running fails.",
                        hint="Add a column of your own for the order, with null=True or a db_default, and sort by it.",
                        subject=f"{app}._order",
                    )
            case _:
                return


def _is_required(field: Field, target: Target) -> bool:
    """Whether an INSERT that leaves the column out fails; False where it is not known."""
    if has_column(field) is not True or field.kind in AUTOMATIC or field.kind == "GeneratedField":
        return False
    vendor = target.database.vendor
    # MySQL keeps the default of a text; to Oracle an empty string is NULL, so Django leaves out NOT NULL.
    if vendor == "mysql" and field.kind in ("BinaryField", "JSONField", "TextField"):
        return False
    if vendor == "oracle" and accepts_empty_strings(field):
        return False
    return takes_null(field) is False and db_default(field) in (None, Literal(None))


def _was_known(column: str, step: Step, project: Project) -> bool:
    """Whether the running release has such a column too, and writes it: it was removed a moment ago."""
    model = project.start_of(step).model(*step.model.key) if step.model is not None else None
    return model is not None and any(
        column_name(one.field, one.name) == column and project.was_there(one.added, step) is not False
        for one in model.fields.values()
    )


def _why(before: FieldState, step: Step, project: Project) -> str | None:
    """Why an INSERT of the running release lacks the column's value; None where it does not, or did so before."""
    if _is_required(before.field, project.target):
        return None
    if project.was_there(before.added, step) is False:
        return "the running release does not know it, and the database has no default for it"
    # A default in Python is written out in every INSERT; a database default alone is left to the database, but for
    # SQLite, which knows no DEFAULT in VALUES.
    told = has_effective_default(before.field) is not False or project.target.database.vendor == "sqlite"
    if db_default(before.field) is not None and not told:
        return "the database loses the default on which INSERTs rely"
    if before.field.kind in AUTOMATIC:
        return "it numbers its rows no longer"
    return None


def _stays(step: Step, project: Project, name: str) -> bool:
    """Whether it is still so at the migration's end, as far as that is known."""
    model = project.end_of(step).model(*step.model.key) if step.model is not None else None
    field = model.fields.get(name) if model is not None else None
    if field is not None and not _is_required(field.field, project.target):
        return False
    return not any("set default" in sql.casefold() for sql in _sql_after(step, project))


def _sql_after(step: Step, project: Project) -> Iterator[str]:
    passed = False
    for other in project.around(step):
        passed = passed or other is step
        if passed and isinstance(other.operation, RunSQL):
            yield " ".join(texts_in(other.operation.sql))


def _hint(target: Target) -> str:
    slowly = "add it with null=True, and make it NOT NULL once the release that writes it is everywhere"
    if target.django >= (5,):
        return f"Give it a db_default=…, which stays in the database. Or {slowly}."
    return (
        f"{slowly[0].upper()}{slowly[1:]}. Or keep the default in the database: RunSQL with ALTER COLUMN … SET DEFAULT."
    )
