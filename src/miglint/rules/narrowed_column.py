"""MIG406: values that the running release may still write no longer fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from miglint.facts.fields import Constraint, Field
from miglint.facts.operations import AddConstraint, AddField, AlterField, AlterTogether
from miglint.facts.values import Argument, Call, Literal, Reference, Sequence, Unresolved, Value, text_of, truth_of
from miglint.findings import Finding, Related, Severity
from miglint.project import Project, Step
from miglint.rules.base import OperationRule
from miglint.schema.alteration import Alteration, between, same, type_in
from miglint.schema.column import (
    AUTOMATIC,
    FOREIGN_KEYS,
    column_type,
    db_default,
    has_column,
    is_checked,
    is_enforced,
    is_same_kind,
    takes_all_of,
    takes_null,
)
from miglint.schema.constraint import against_null, condition_of, fields_in, unique_fields, unique_sets
from miglint.schema.field import attributes
from miglint.schema.replay import members_of, name_of, strings_of
from miglint.schema.state import ModelState


@dataclass(frozen=True)
class NarrowedColumn(OperationRule):
    code = "MIG406"
    name = "narrowed-column"
    severity = Severity.WARNING

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        if step.model is None or step.table is None or step.in_state_alone or not step.existed_before:
            return
        subject = f"{step.migration.key.app_label}.{step.model.name.lower()}"
        match step.operation:
            case AlterField(name=str(name), field=field, subclass=None):
                made = step.alteration
                # A column that the changeset made, the running release does not write.
                if made is None or project.was_there(made.before.added, step) is not True:
                    return
                reasons = list(_reasons(made, step, project))
                start = _model_before(step, project)
                first = start.fields.get(name) if start is not None else None
                if first is not None and first != made.before:
                    # What the migration itself had loosened, it may tighten again.
                    whole = between(first, field, step.model, step.before, project.ground, project.target.django)
                    reasons = reasons if any(_reasons(whole, step, project)) else []
                related: tuple[Related, ...] = (Related(made.before.defined.location, f"'{name}' was defined here"),)
                subject += f".{name}"
                place = f"{step.table}.{name}"
            case AddField(name=str(name), field=field, subclass=None) if field.kind == "GeneratedField":
                reasons = [_COMPUTED] if _may_fail(field, project) else []
                related, place = (), f"{step.table}.{name}"
                subject += f".{name}"
            case AddConstraint(constraint=constraint, subclass=None):
                reasons = list(_demand(constraint, step, project))
                related, place = (), step.table
                subject += f".{name_of(constraint)}"
            case AlterTogether(option="unique_together", value=value, subclass=None):
                reasons = [
                    f"no two rows may have the same {', '.join(members)} any more"
                    for members in members_of(value) or ()
                    if not _is_unique_already(frozenset(members), step, project)
                    and not _stays_null(members, step, project)
                ]
                related, place = (), step.table
                subject += ".unique_together"
            case _:
                return
        if reasons:
            yield self.finding(
                step.location,
                f"'{place}' {_verdict(reasons)}: {'; '.join(reasons)}.",
                hint="Let a release that keeps to it go out first, everywhere; narrow the column in the one after.",
                related=related,
                subject=subject,
            )


_ANOTHER_KIND = ", another kind of value"
_COMPUTED = "a row for which the generated value cannot be computed, or does not fit, cannot be written"


def _verdict(reasons: Iterable[str]) -> str:
    # PostgreSQL may well take a date for a timestamp; what it gives back is no date any more.
    if any(reason.endswith(_ANOTHER_KIND) for reason in reasons):
        return "is no longer what the release that is still running writes and reads"
    return "refuses what the release that is still running may write"


def _reasons(made: Alteration, step: Step, project: Project) -> Iterator[str]:
    """What an altered column refuses that it took before."""
    name, old, new = made.before.name, made.before.field, made.after
    if has_column(old) is not True or has_column(new) is not True:
        return
    if "nullability" in made.changed and takes_null(new) is False and against_null(made.model, name) is None:
        yield f"it took NULL since {made.before.defined.migration}"
    if "type" in made.changed:
        before, after = (type_in(field, made.model, step.before, project.ground) for field in (old, new))
        loose = project.ground.vendor == "sqlite"
        if isinstance(before, Unresolved) or isinstance(after, Unresolved):
            pass
        elif not takes_all_of(after, before) and not (loose and before.name == after.name):
            # Values of the same kind are read as before; those of another kind are compared with the old kind's.
            yield f"it goes from {before} to {after}" + ("" if is_same_kind(before, after) else _ANOTHER_KIND)
    if "check" in made.changed and is_checked(new, project.ground.vendor) and old.kind not in AUTOMATIC:
        yield "nothing below 0 goes in any more" if new.kind != "JSONField" else "only JSON goes in any more"
    if "unique" in made.changed and _becomes_unique(made) and not _is_unique_already(frozenset({name}), step, project):
        yield "no two rows may have the same value any more"
    if "foreign key" in made.changed and new.kind in FOREIGN_KEYS and is_enforced(new) is True:
        yield "it has to refer to a row that exists"


def _becomes_unique(made: Alteration) -> bool:
    known = attributes(made.after)
    return known.unique or known.primary_key


def _demand(constraint: Constraint, step: Step, project: Project) -> Iterator[str]:
    """What a new constraint asks of rows that was not asked before, in words."""
    start = _model_before(step, project)
    name = name_of(constraint)
    called = f"'{name}'" if name is not None else "the constraint"
    if start is not None and any(_is_alike(constraint, one) for one in start.constraints):
        return
    match constraint.kind:
        case "UniqueConstraint":
            fields = unique_fields(constraint)
            if _stays_null(_distinct_by(constraint), step, project):
                return
            if fields is None:
                yield f"{called} allows no two rows that are alike"
            elif not _is_unique_already(fields, step, project):
                yield f"{called} allows no two rows with the same {', '.join(sorted(fields))}"
        case "CheckConstraint":
            if not _speaks_of_new_columns(condition_of(constraint), step, project):
                yield f"{called} checks each row that is written"
        case "ExclusionConstraint":
            yield f"{called} allows no two rows that overlap"
        case _:
            return


def _is_unique_already(fields: frozenset[str], step: Step, project: Project) -> bool:
    """Whether no two rows have the same values in these fields anyway."""
    # The same promise may stand under names of before the migration, or under those that it has given since.
    models = (_model_before(step, project), step.model)
    return any(known <= fields for model in models if model is not None for known in unique_sets(model))


def _stays_null(names: Iterable[str], step: Step, project: Project) -> bool:
    """Whether the running release does not know one of these columns, and so leaves it NULL: NULLs differ."""
    fields = [step.model.fields.get(name) for name in names] if step.model is not None else []
    return any(
        field is not None
        and project.was_there(field.added, step) is False
        and takes_null(field.field) is not False
        and db_default(field.field) is None
        for field in fields
    )


def _distinct_by(constraint: Constraint) -> Iterator[str]:
    """The fields of which a NULL makes a row unlike all others."""
    if constraint.options.get("nulls_distinct", Literal(None)) not in (Literal(None), Literal(True)):
        return
    yield from strings_of(constraint.options.get("fields")) or ()
    match constraint.options.get("expressions"):
        case Sequence(items=items):
            # Other expressions may have a value for NULL.
            for item in items:
                match item:
                    case Call(Reference(path), (Argument(None, value),)) if path.rpartition(".")[2] == "F":
                        yield text_of(value) or ""
                    case _:
                        continue
        case _:
            return


def _speaks_of_new_columns(condition: Value | None, step: Step, project: Project) -> bool:
    """Whether a check is only about columns that the running release does not know: NULL, or their default, passes."""
    names = fields_in(condition)
    if not names or step.model is None:
        return False
    fields = [step.model.fields.get(name) for name in names]
    return all(
        field is not None
        and project.was_there(field.added, step) is False
        and against_null(step.model, field.name) is None
        for field in fields
    )


def _model_before(step: Step, project: Project) -> ModelState | None:
    """The step's model as its migration found it."""
    return project.start_of(step).model(*step.model.key) if step.model is not None else None


def _is_alike(one: Constraint, other: Constraint) -> bool:
    """Whether two constraints ask the same, whatever they are called."""
    told = (one.options.keys() | other.options.keys()) - {
        *("name", "violation_error_code", "violation_error_message", "condition", "check")
    }
    return (
        one.kind == other.kind
        and not one.opaque
        and not other.opaque
        and same(condition_of(one), condition_of(other)) is True
        and all(same(one.options.get(option), other.options.get(option)) is True for option in told)
    )


def _may_fail(field: Field, project: Project) -> bool:
    """Whether a stored column's expression may overflow: it calculates, or what it gives has to fit a length."""
    if truth_of(field.options.get("db_persist"), default=False) is not True:
        return False
    kind = column_type(field, project.ground.vendor)
    limited = not isinstance(kind, Unresolved) and kind.name == "varchar" and bool(kind.sizes)
    return limited or _calculates(field.options.get("expression"))


def _calculates(value: Value | None) -> bool:
    match value:
        case Call(Reference(path), arguments):
            return path.startswith(("_operator.", "operator.")) or any(_calculates(one.value) for one in arguments)
        case _:
            return False
