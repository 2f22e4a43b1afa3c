"""MIG208: a column that takes NULL is made NOT NULL, and nothing says what rows that hold NULL shall get."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.fields import Field
from miglint.facts.operations import (
    AddConstraint,
    AlterField,
    RunPython,
    RunSQL,
    UnknownOperation,
    ValidateConstraint,
)
from miglint.facts.target import Target
from miglint.facts.values import Literal, Reference
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.alteration import Alteration
from miglint.schema.column import db_default, has_column, has_effective_default, takes_null
from miglint.schema.constraint import against_null
from miglint.schema.replay import name_of, target_of
from miglint.schema.state import ModelKey, ModelState
from miglint.signatures import RUN_PYTHON_NOOP, RUN_SQL_NOOP
from miglint.steps import Step


@dataclass(frozen=True)
class NullsLeftBehind(OperationRule):
    code = "MIG208"
    name = "nulls-left-behind"
    severity = Severity.WARNING
    operations = (AlterField,)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        operation, app = step.operation, step.migration.key.app_label
        if not isinstance(operation, AlterField) or step.table is None or step.in_state_alone:
            return
        if app in project.unsettled_apps:
            return
        # A table of this same migration has no rows yet.
        if not step.existed_before or operation.subclass is not None:
            return
        made = step.alteration
        if made is None or not _tightens(made) or _is_filled(made.after, project.target):
            return
        # Django put what it takes for a default into each row, when it added the column just now.
        if made.before.added.migration == step.migration.key and has_effective_default(made.before.field):
            return
        if _has_proof(made, step, project) or _may_have_been_filled(made, step, project):
            return
        name, since = made.before.name, made.before.defined
        yield self.finding(
            step.location,
            f"Making '{step.table}.{name}' NOT NULL fails if a row still holds NULL in it: it takes NULL since "
            f"{since.migration}, line {since.location.span.line}, and no migration fills it.",
            hint="Fill it first, in a migration of its own. Or give this AlterField a default=…, with "
            "preserve_default=False if only the old rows need one: Django then fills them, all in one UPDATE.",
            related=(Related(since.location, f"'{name}' takes NULL here"),),
            subject=f"{app}.{made.model.name.lower()}.{name}",
        )


def _tightens(made: Alteration) -> bool:
    return "nullability" in made.changed and takes_null(made.after) is False and has_column(made.after) is True


def _is_filled(after: Field, target: Target) -> bool:
    """Whether Django itself replaces the NULLs that are there (the four-way alteration of its schema editor)."""
    if "default" in after.options:
        # It asks whether there is one, and writes it, be it None.
        return after.options["default"] != Literal(None)
    # SQLite's table is made anew, with coalesce(column, default): an implicit default will do there.
    implicit = target.database.vendor == "sqlite" and has_effective_default(after) is not False
    return db_default(after) is not None or implicit


def _has_proof(made: Alteration, step: Step, project: Project) -> bool:
    """Whether a check that was validated says that there is no NULL."""
    check = against_null(made.model, made.before.name)
    if check is None:
        return False
    for other in project.earlier(step):
        match other.operation:
            case AddConstraint(constraint=added, not_valid=not_valid) if name_of(added) == name_of(check):
                return not not_valid
            case ValidateConstraint(name=name) if name == name_of(check):
                return True
            case _:
                continue
    return False


def _may_have_been_filled(made: Alteration, step: Step, project: Project) -> bool:
    """Whether the app has run code or SQL of its own on the model since the column came; on which rows is not known."""
    near = _near(made.model, project)
    return any(_may_write(other, near) for other in project.since(made.before.added.migration, step))


def _near(model: ModelState, project: Project) -> frozenset[str]:
    """The names of a model and of those at the other end of a relation: rows may be reached through them."""
    now = project.state
    same = now.model(*model.key)
    named = {*_named_by(model, project), *(_named_by(same, project) if same is not None else ())}
    naming = (other for other in now.relating_to(model.key) if model.key in _named_by(other, project))
    return frozenset({model.name.lower(), *(name for _, name in named), *(other.name.lower() for other in naming)})


def _named_by(model: ModelState, project: Project) -> Iterator[ModelKey]:
    for field in model.fields.values():
        target = target_of(field.field, model.app_label, model.name, project.ground.swappable)
        if target is not None:
            yield target


def _may_write(step: Step, near: frozenset[str]) -> bool:
    match step.operation:
        case RunPython(code=Reference(path)):
            function = step.migration.module.functions.get(path.removeprefix("#")) if path.startswith("#") else None
            if path == RUN_PYTHON_NOOP or (function is not None and function.does_nothing):
                return False
            # What it does with models that have nothing to do with this one, it does not do to this one.
            return (
                function is None
                or bool(function.calls)
                or not function.lookups
                or any(lookup.model is None or lookup.model.lower() in near for lookup in function.lookups)
            )
        case RunSQL(sql=sql):
            return sql != Reference(RUN_SQL_NOOP)
        case RunPython() | UnknownOperation():
            return True
        case _:
            return False
