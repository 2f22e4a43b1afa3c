"""MIG202: an operation on a model that the history has not made, or has taken away."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from miglint.facts.operations import AddField, AlterField, CreateModel, DeleteModel, NamedField, RenameModel
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.missing import Missing, missing_from
from miglint.schema.replay import target_of
from miglint.schema.state import ModelKey
from miglint.steps import Step


@dataclass(frozen=True)
class UnknownModel(OperationRule):
    code = "MIG202"
    name = "unknown-model"
    severity = Severity.ERROR

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        label = step.migration.key.app_label
        if label in project.unsettled_apps:
            return
        yield from self._targets(step, project)
        yield from self._left_behind(step, project)
        missing = missing_from(step.before, label, step.operation, project.ground)
        if missing is None or missing.kind != "model" or project.is_opaque_before(step):
            return
        removal = project.removal(missing, step)
        # What left the state for good before its table went is another rule's subject: MIG211.
        if step.in_database_alone and removal is not None:
            return
        gone = ""
        if removal is not None:
            what = "renamed" if isinstance(removal.operation, RenameModel) else "removed"
            gone = f" since {removal.migration.key}, line {removal.location.span.line}, where it is {what}"
        yield self.finding(
            step.location,
            f"'{label}' has no model '{missing.name}' here{gone}: `migrate` fails with "
            f"KeyError: ('{label}', '{missing.name.lower()}').",
            hint=_hint(missing, removal, step, project),
            subject=f"{label}.{missing.name.lower()}",
            related=() if removal is None else (Related(removal.location, f"'{missing.name}' is gone from here on"),),
        )

    def _targets(self, step: Step, project: Project) -> Iterator[Finding]:
        """Relations to models that no migration of theirs ever makes: the state cannot be rendered."""
        label = step.migration.key.app_label
        match step.operation:
            case (
                AddField(model_name=str(model), name=str(name), field=field)
                | AlterField(model_name=str(model), name=str(name), field=field)
            ):
                related = [(model, name, field)]
            case CreateModel(name=str(model), fields=fields):
                related = [
                    (model, one.name, one.field)
                    for one in fields
                    if isinstance(one, NamedField) and isinstance(one.name, str) and "to" in one.field.options
                ]
            case _:
                return
        for model, name, field in related:
            target = target_of(field, label, model, project.ground.swappable)
            if target is not None and _is_never_made(target, step, project):
                yield self.finding(
                    step.location,
                    f"'{label}.{model}.{name}' refers to '{'.'.join(target)}', which no migration makes: `migrate` "
                    "fails with ValueError, since the model cannot be resolved.",
                    hint="Correct the name, or restore the migration that makes the model.",
                    subject=f"{label}.{model.lower()}.{name}",
                )

    def _left_behind(self, step: Step, project: Project) -> Iterator[Finding]:
        """Relations that still name a model which is deleted: nothing after it can be rendered."""
        match step.operation:
            case DeleteModel(name=str(name), subclass=None) if step.model is not None and not step.in_database_alone:
                gone = step.model.key
            case _:
                return
        end = project.end_of(step)
        if end.model(*gone) is not None or end.unknown(gone[0]) is not None:
            return
        for model in end.relating_to(gone):
            if model.key == gone or model.unknown is not None:
                continue
            for one in model.fields.values():
                if "to" not in one.field.options or one.field.opaque:
                    continue
                if target_of(one.field, model.app_label, model.name, project.ground.swappable) == gone:
                    yield self.finding(
                        step.location,
                        f"'{model}.{one.name}' still refers to '{name}', which is deleted here: `migrate` fails with "
                        "ValueError, since the model cannot be resolved any more.",
                        hint=f"Remove '{one.name}' from '{model}' first, or let it refer to another model.",
                        subject=f"{model.app_label}.{model.name.lower()}.{one.name}",
                        related=(Related(one.defined.location, f"'{one.name}' refers to it"),),
                    )


def _is_never_made(target: ModelKey, step: Step, project: Project) -> bool:
    """Whether the target's app has all its migrations here, and none of them ever has such a model."""
    app = project.app(target[0])
    if app is None or not app.files or not app.has_init or target[0] in project.unsettled_apps:
        return False
    if any(broken.key.app_label == target[0] for broken in project.unreadable):
        return False
    if step.after.history.unknown_apps.get(target[0]) is not None:
        return False
    return target not in step.after.history.versions


def _hint(missing: Missing, removal: Step | None, step: Step, project: Project) -> str:
    label = step.migration.key.app_label
    if removal is not None and isinstance(removal.operation, RenameModel):
        return f"Name it '{removal.operation.new_name}', or put this operation before the rename."
    if removal is not None:
        return "Put this operation before the one that removes the model, or take it out."
    if step.in_database_alone and _is_made_beside(missing, step, project):
        return (
            "Operations in database_operations do not see what state_operations of the same "
            "SeparateDatabaseAndState make: put it in an operation of its own, after this one."
        )
    for one in project.later_of_app(step):
        if _makes(one, missing.name):
            return f"'{one.migration.key}' makes it: depend on that migration, or put this operation after it."
    own = [model.name for model in step.before.models() if model.app_label == label]
    close = difflib.get_close_matches(missing.name.lower(), [name.lower() for name in own], n=1, cutoff=0.75)
    if close:
        return f"Did you mean '{close[0]}'?"
    others = [model for model in step.before.models() if model.name.lower() == missing.name.lower()]
    if others:
        return (
            f"The app '{others[0].app_label}' has one, but an operation acts on its own app's models only: move it "
            f"to a migration of '{others[0].app_label}'."
        )
    return "Restore the migration that makes the model, depend on it, or correct the name."


def _makes(step: Step, name: str) -> bool:
    if step.in_database_alone:
        return False
    match step.operation:
        case CreateModel(name=str(made)) | RenameModel(new_name=str(made)):
            return made.lower() == name.lower()
        case _:
            return False


def _is_made_beside(missing: Missing, step: Step, project: Project) -> bool:
    outer = step.index.rpartition(".database.")[0]
    return any(one.index.startswith(f"{outer}.state.") and _makes(one, missing.name) for one in project.around(step))
