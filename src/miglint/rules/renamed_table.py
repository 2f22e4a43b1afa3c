"""MIG404: a table gets another name, many-to-many tables included, and the running release asks for the old one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from miglint.facts.operations import AlterField, AlterModelTable, Operation, RenameField, RenameModel
from miglint.findings import Finding, Related, Severity
from miglint.project import Project, Step
from miglint.rules.base import OperationRule
from miglint.schema.model import between, has_table, table_of
from miglint.schema.replay import target_of
from miglint.schema.state import FieldState, ModelKey, ModelState, SchemaState


@dataclass(frozen=True)
class RenamedTable(OperationRule):
    code = "MIG404"
    name = "renamed-table"
    severity = Severity.WARNING

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        if step.model is None or step.table is None or step.in_state_alone or not step.existed_before:
            return
        operation, old = step.operation, step.model
        app = step.migration.key.app_label
        match operation:
            case RenameModel(new_name=str(new), subclass=None):
                renamed = step.after.model(app, new)
            case AlterModelTable(subclass=None) | RenameField(subclass=None) | AlterField(subclass=None):
                renamed = step.after.model(app, old.name)
            case _:
                return
        if renamed is None:
            return
        changes = list(_changes(old, renamed, step, project))
        if not changes:
            return
        subject = f"{app}.{old.name.lower()}"
        if isinstance(operation, RenameField | AlterField):
            subject += f".{operation.old_name if isinstance(operation, RenameField) else operation.name}"
        yield self.finding(
            step.location,
            f"{_capital('; '.join(changes))}: this breaks the release that is still running, which asks for the old "
            f"{'names' if len(changes) > 1 else 'name'}.",
            hint=_hint(operation, step.table, changes),
            related=(Related(old.made.location, f"{old.name} was created here"),),
            subject=subject,
        )


def _changes(old: ModelState, new: ModelState, step: Step, project: Project) -> Iterator[str]:
    """What is renamed, in words: the table itself, then the many-to-many tables of the model and those to it."""
    table = table_of(new, project.ground)
    if isinstance(table, str) and table != step.table and _is_missed(str(step.table), step, project):
        yield f"'{step.table}' (there since {old.made.migration}) becomes '{table}'"
    was, will = old.name.lower(), new.name.lower()
    for name, before in old.fields.items():
        after = new.fields.get(_new_name(name, step))
        one = between(old, before, project.ground)
        other = between(new, after, project.ground) if after is not None else None
        if after is None or one is None or other is None or not project.was_there(before.added, step):
            continue
        if one != other:
            yield f"the many-to-many table '{one}' becomes '{other}'"
        elif was != will:
            yield f"the column of the many-to-many table '{one}' that refers to {old.name} is renamed"
        elif _target(old, before, project) != _target(new, after, project):
            yield f"the column of the many-to-many table '{one}' that refers to the other model is renamed"
    if was == will:
        return
    for model in step.before.models():
        for field in model.fields.values():
            joining = between(model, field, project.ground) if has_table(model, project.ground) else None
            if model.key == old.key or joining is None or _target(model, field, project) != old.key:
                continue
            if project.was_there(field.added, step):
                yield f"the column of the many-to-many table '{joining}' that refers to {old.name} is renamed"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _new_name(name: str, step: Step) -> str:
    match step.operation:
        case RenameField(old_name=old, new_name=str(new)) if name == old:
            return new
        case _:
            return name


def _target(model: ModelState, field: FieldState, project: Project) -> ModelKey | None:
    return target_of(field.field, model.app_label, model.name, project.ground.swappable)


def _is_missed(table: str, step: Step, project: Project) -> bool:
    """Whether the migration finds a table of that name and leaves none: neither is it new, nor renamed back."""

    def has(state: SchemaState) -> bool:
        return any(
            has_table(model, project.ground) and table_of(model, project.ground) == table for model in state.models()
        )

    return has(project.start_of(step)) and not has(project.end_of(step))


def _hint(operation: Operation, table: str, changes: list[str]) -> str:
    if not isinstance(operation, RenameModel):
        return "Keep the name with db_table."
    if any("many-to-many" in change for change in changes):
        return (
            "A db_table keeps the table's name, not those of the many-to-many columns. Wait until no release of the "
            "old name runs, or first give those fields a through model, in the state alone, whose db_column keeps each "
            "column's name."
        )
    return (
        "Keep the table: SeparateDatabaseAndState with this RenameModel, and an AlterModelTable that pins "
        f"'{table}', among its state_operations."
    )
