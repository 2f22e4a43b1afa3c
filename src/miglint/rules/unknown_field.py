"""MIG203: an operation on a field, or an index or constraint over one, that the model does not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from miglint.facts.fields import Constraint, Index
from miglint.facts.operations import (
    AddConstraint,
    AddIndex,
    AlterField,
    AlterOrderWithRespectTo,
    AlterTogether,
    CreateModel,
    RemoveField,
    RenameField,
    RenameIndex,
    model_named,
)
from miglint.facts.values import Call, Reference, Value, text_of
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.missing import Missing, missing_from, names_within
from miglint.schema.model import has_table
from miglint.schema.replay import members_of, strings_of
from miglint.schema.state import ModelState
from miglint.steps import Step


@dataclass(frozen=True)
class UnknownField(OperationRule):
    code = "MIG203"
    name = "unknown-field"
    severity = Severity.ERROR

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        label = step.migration.key.app_label
        if label in project.unsettled_apps:
            return
        missing = missing_from(step.before, label, step.operation, project.ground)
        if missing is not None:
            yield from self._missing(missing, step, project)
            return
        model = _model_after(step)
        used = dict.fromkeys(_used(step, model)) if model is not None else {}
        if model is None or not used or step.in_state_alone or has_table(model, project.ground) is not True:
            return
        names = names_within(model, step.after, project.ground)
        if names is None:
            return
        for owner, name in used:
            if name not in names and not _is_reverse(name, step):
                yield self.finding(
                    step.location,
                    f"{owner} names '{name}', which is no field of '{model}' here: `migrate` fails with "
                    f"{'FieldError' if owner.endswith('condition') else 'FieldDoesNotExist'}.",
                    hint=_closest(name, sorted(names)) or "Correct the name, or add the field first.",
                    subject=f"{label}.{model.name.lower()}.{name}",
                )

    def _missing(self, missing: Missing, step: Step, project: Project) -> Iterator[Finding]:
        if missing.kind == "model":
            return
        removal = project.removal(missing, step)
        if step.in_database_alone and removal is not None:
            return  # MIG211
        model = step.model
        if model is None:
            return
        tableless = has_table(model, project.ground) is not True
        # An index or constraint is looked up for the database's sake alone.
        if missing.kind in ("index", "constraint") and (step.in_state_alone or tableless):
            return
        # So is the field before an AlterField: without a table the state just gains the new one, and nothing fails.
        if isinstance(step.operation, AlterField) and tableless:
            return
        gone = ""
        if removal is not None:
            what = "renamed" if isinstance(removal.operation, RenameField | RenameIndex) else "removed"
            gone = f" since {removal.migration.key}, line {removal.location.span.line}, where it is {what}"
        yield self.finding(
            step.location,
            f"'{model}' has no {missing.kind} '{missing.name}' here{gone}: {_outcome(missing, step)}.",
            hint=_hint(missing, removal, model),
            subject=f"{model.app_label}.{model.name.lower()}.{missing.name}",
            related=() if removal is None else (Related(removal.location, f"'{missing.name}' is gone from here on"),),
        )


def _outcome(missing: Missing, step: Step) -> str:
    match missing.kind:
        case "index" | "constraint":
            return "`migrate` fails with ValueError"
        case _ if isinstance(step.operation, RemoveField):
            return f"`migrate` fails with KeyError: '{missing.name}'"
        case _ if isinstance(step.operation, AlterField) and step.in_state_alone:
            return "Django takes it for a new field, and the database has no column for it"
        case _:
            return "`migrate` fails with FieldDoesNotExist"


def _hint(missing: Missing, removal: Step | None, model: ModelState) -> str:
    match removal.operation if removal is not None else None:
        case RenameField(new_name=str(name)) | RenameIndex(new_name=str(name)):
            return f"Name it '{name}', or put this operation before the rename."
        case None:
            pass
        case _:
            return "Put this operation before the one that removes it, or take it out."
    close = _closest(missing.name, list(model.fields)) if missing.kind == "field" else ""
    return close or f"Restore the operation that makes the {missing.kind}, or correct the name."


def _closest(name: str, known: list[str]) -> str:
    for other in known:
        if other.lower() == name.lower():
            return f"Names of fields are case-sensitive: write '{other}'."
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return f"Did you mean '{close[0]}'?" if close else ""


def _model_after(step: Step) -> ModelState | None:
    named = model_named(step.operation)
    if named is None or (step.operation.subclass is not None and step.operation.subclass.database != "same"):
        return None
    return step.after.model(step.migration.key.app_label, named)


def _used(step: Step, model: ModelState) -> Iterator[tuple[str, str]]:
    """What an operation makes over fields, and each field that it names."""
    match step.operation:
        case AddIndex(index=index):
            yield from _of_index(index)
        case AddConstraint(constraint=constraint):
            yield from _of_constraint(constraint)
        case AlterTogether(option=option, value=value):
            before = members_of(step.model.options.get(option)) if step.model is not None else None
            # What stays the same is not looked at.
            for members in members_of(value) or ():
                if before is None or members not in before:
                    yield from ((option, name) for name in members)
        case AlterOrderWithRespectTo(order_with_respect_to=str(name)):
            yield "order_with_respect_to", name
        case CreateModel():
            for option in ("unique_together", "index_together"):
                for members in members_of(model.options.get(option)) or ():
                    yield from ((option, name) for name in members)
            for index in model.indexes:
                yield from _of_index(index)
            for constraint in model.constraints:
                yield from _of_constraint(constraint)
            respected = text_of(model.options.get("order_with_respect_to"))
            if respected:
                yield "order_with_respect_to", respected
        case _:
            pass


def _of_index(index: Index) -> Iterator[tuple[str, str]]:
    owner = f"The index '{text_of(index.options.get('name')) or ''}'"
    yield from ((owner, name.removeprefix("-")) for name in strings_of(index.options.get("fields")) or ())
    yield from ((owner, name) for name in strings_of(index.options.get("include")) or ())
    yield from ((f"{owner}, in its condition", name) for name in _asked(index.options.get("condition")))


def _of_constraint(constraint: Constraint) -> Iterator[tuple[str, str]]:
    owner = f"The constraint '{text_of(constraint.options.get('name')) or ''}'"
    for option in ("fields", "include"):
        yield from ((owner, name) for name in strings_of(constraint.options.get(option)) or ())
    if constraint.kind in ("CheckConstraint", "UniqueConstraint"):
        for option in ("condition", "check"):
            yield from ((f"{owner}, in its condition", name) for name in _asked(constraint.options.get(option)))


def _asked(condition: Value | None) -> Iterator[str]:
    """The fields that a Q object asks for by keyword, `pk` left out."""
    if not isinstance(condition, Call):
        return
    made = condition.function.path if isinstance(condition.function, Reference) else ""
    if made.startswith("django.db.models.") and made.endswith(".Q"):
        for argument in condition.arguments:
            if argument.name is not None and argument.name.isidentifier() and argument.name[0] != "_":
                name = argument.name.partition("__")[0]
                if name != "pk":
                    yield name
            elif argument.name is None:
                yield from _asked(argument.value)
    elif made.startswith("operator."):
        for argument in condition.arguments:
            yield from _asked(argument.value)


def _is_reverse(name: str, step: Step) -> bool:
    """Whether a condition may mean what points to the model, by its model's name or its own."""
    for model in step.after.models():
        if model.name.lower() == name.lower():
            return True
        for one in model.fields.values():
            if name in (text_of(one.field.options.get(way)) for way in ("related_name", "related_query_name")):
                return True
    return False
