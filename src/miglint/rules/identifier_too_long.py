"""MIG207: a name that is longer than the database, or Django's own check, lets it be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from miglint.facts.fields import Field
from miglint.facts.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelTable,
    CreateModel,
    NamedField,
    RenameField,
    RenameIndex,
    model_named,
)
from miglint.facts.target import Vendor
from miglint.facts.values import Unresolved, text_of
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.column import column_name, has_column
from miglint.schema.model import has_table, interpolated
from miglint.schema.names import LONGEST, split
from miglint.schema.replay import name_of
from miglint.steps import Step

# Index.max_name_length of Django. PostgresIndex.max_name_length lets a class's own suffix be longer than `idx`.
# https://docs.djangoproject.com/en/stable/ref/models/indexes/#name
_LONGEST_INDEX = 30
_LONGEST_BY_KIND = {"BTreeIndex": 32, "BloomIndex": 32, "BrinIndex": 31, "GistIndex": 31, "HashIndex": 31} | {
    "SpGistIndex": 33
}


class _Name(NamedTuple):
    what: str
    name: str
    # How long Django's own check lets it be, where it looks.
    checked: int | None = None


@dataclass(frozen=True)
class IdentifierTooLong(OperationRule):
    code = "MIG207"
    name = "identifier-too-long"
    severity = Severity.WARNING
    operations = (AddConstraint, AddField, AddIndex, AlterField, AlterModelTable, CreateModel, RenameField, RenameIndex)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        named = model_named(step.operation)
        label = step.migration.key.app_label
        model = step.after.model(label, named) if named is not None else None
        if model is None or step.in_state_alone or has_table(model, project.ground) is not True:
            return
        vendor = project.target.database.vendor
        for what, written, checked in _names(step):
            name = interpolated(written, model)
            longest = LONGEST[vendor]
            length = len(name.encode(errors="replace")) if vendor == "postgresql" else len(name)
            if length <= (longest or length) and len(name) <= (checked or len(name)):
                continue
            unit = "bytes" if vendor == "postgresql" and not name.isascii() else "characters"
            subject = f"{label}.{model.name.lower()}.{name}"
            if longest is not None and length > longest:
                yield self.finding(
                    step.location,
                    f"The {what} '{name}' has {length} {unit}: {_outcome(vendor, what)}.",
                    hint=f"Choose a name of at most {min(longest, checked or longest)} characters, in the model too.",
                    subject=subject,
                )
            # Django looks at today's models: a name that has gone since was never in the way.
            elif checked is not None and len(name) > checked and _is_there_still(written, label, project):
                yield self.finding(
                    step.location,
                    f"The {what} '{name}' has {len(name)} characters: with it in the model, Django's checks fail "
                    f"(models.E034, at most {checked}), and `migrate` does not start.",
                    hint=f"Choose a name of at most {checked} characters, in the model too.",
                    subject=subject,
                )


def _is_there_still(index: str, label: str, project: Project) -> bool:
    return any(
        name_of(one) == index for model in project.state.models() if model.app_label == label for one in model.indexes
    )


def _outcome(vendor: Vendor, what: str) -> str:
    match vendor:
        case "postgresql":
            return "PostgreSQL cuts it to 63 without an error, and two that begin alike become one"
        case "oracle":
            return "Django cuts it to 30 for Oracle, with a digest at the end"
        case "mysql" | "mariadb":
            return "64 is the longest that the server takes, so `migrate` fails"
        case "sqlite":
            return f"it is long for a {what}"


def _names(step: Step) -> Iterator[_Name]:
    """The names that an operation writes, those that Django makes up left out: they fit."""
    match step.operation:
        case CreateModel(options=options, fields=fields, name=str(name)):
            model = step.after.model(step.migration.key.app_label, name)
            if model is None or isinstance(options, Unresolved):
                return
            table = text_of(options.get("db_table"))
            if table:
                yield _Name("table", split(table)[1])
            for one in fields:
                if isinstance(one, NamedField) and isinstance(one.name, str):
                    yield from _column(one.field, one.name)
            for index in model.indexes:
                yield from _index(name_of(index), index.kind)
            for constraint in model.constraints:
                written = name_of(constraint)
                if written is not None:
                    yield _Name("constraint", written)
        case AlterModelTable(table=str(table)):
            yield _Name("table", split(table)[1])
        case AddField(name=str(name), field=field) | AlterField(name=str(name), field=field):
            yield from _column(field, name)
        case RenameField(new_name=str(name)):
            model = step.after.model(step.migration.key.app_label, model_named(step.operation) or "")
            if model is not None and name in model.fields:
                yield from _column(model.fields[name].field, name)
        case AddIndex(index=index):
            yield from _index(name_of(index), index.kind)
        case RenameIndex(new_name=str(name)):
            yield from _index(name, "Index")
        case AddConstraint(constraint=constraint):
            written = name_of(constraint)
            if written is not None:
                yield _Name("constraint", written)
        case _:
            pass


def _column(field: Field, name: str) -> Iterator[_Name]:
    column = column_name(field, name)
    if has_column(field) and isinstance(column, str):
        yield _Name("column", column)


def _index(name: str | None, kind: str | None) -> Iterator[_Name]:
    # A class of the project's own may allow more.
    if name is not None:
        yield _Name("index", name, None if kind is None else _LONGEST_BY_KIND.get(kind, _LONGEST_INDEX))
