"""MIG218: a change that Django's operations refuse, or after which its state cannot be rendered."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.effect import Failing, Fails
from miglint.facts.fields import Field
from miglint.facts.operations import (
    AddField,
    AlterField,
    AlterTogether,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RenameField,
    RenameModel,
    RunSQL,
    model_named,
)
from miglint.facts.values import Call, Literal, Reference, Sequence, Value, text_of, truth_of
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, named
from miglint.schema.column import has_column
from miglint.schema.missing import missing_from
from miglint.schema.model import has_table, parents_of
from miglint.schema.replay import members_of
from miglint.schema.state import ModelState
from miglint.schema.tables import DatabaseState
from miglint.steps import Step

_HINTS: dict[Failing, str] = {
    "view in the way": "Drop the view with RunSQL before it, and create it again after it.",
    "needs another PostgreSQL": "Leave it for the release that no longer has to run on this version.",
    "exists already": "Give it another name, or leave the statement out, where what is there is what it would make.",
    "not found": "Name what is there, or let it be nothing to the statement: IF EXISTS.",
    "other": "Take what stands in the way out first, in a migration before this one.",
}

_GONE = (
    "Put this operation before the one that takes it out of the database. Where that one has been applied, put this "
    "one in state_operations of SeparateDatabaseAndState: the state has it still, the database has not."
)


@dataclass(frozen=True)
class ImpossibleAlteration(OperationRule):
    code = "MIG218"
    name = "impossible-alteration"
    severity = Severity.ERROR

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        yield from self._refused(step, project)
        model, subclass = step.model, step.operation.subclass
        if model is None or model.unknown is not None or (subclass is not None and subclass.state != "same"):
            return
        if model.app_label in project.unsettled_apps:
            return
        match step.operation:
            case AlterField(name=str(name), field=field) if name in model.fields:
                reaches = not step.in_state_alone and has_table(model, project.ground) is True
                if reaches and (subclass is None or subclass.database == "same"):
                    yield from self._altered(step, model, name, field)
            case RenameField(old_name=str(name)) if text_of(model.options.get("order_with_respect_to")) == name:
                yield self._finding(
                    step,
                    f"{model.app_label}.{model.name.lower()}.{name}",
                    f"'{model}' is ordered with respect to '{name}', and renaming that field does not rename it there: "
                    "`migrate` fails with FieldDoesNotExist.",
                    "Before it, put AlterOrderWithRespectTo with None, and after it one with the new name, each in "
                    "state_operations of SeparateDatabaseAndState, so that the column `_order` stays.",
                )
            case RenameField(old_name=str(name)) if name in model.fields:
                yield from self._renamed_field(step, model, name)
            case RemoveField(name=str(name)) if name in model.fields:
                yield from self._removed(step, model, name, project)
            case RenameModel(old_name=str(old), new_name=str(new)):
                yield from self._renamed(step, model, old, new)
            case _:
                return

    def _refused(self, step: Step, project: Project) -> Iterator[Finding]:
        """What the server refuses, whatever the rows."""
        for run in project.runs(step):
            for effect in run.effects:
                if not isinstance(effect, Fails) or effect.kind not in _HINTS:
                    continue
                hint = _HINTS[effect.kind]
                related: tuple[Related, ...] = ()
                if effect.kind in ("exists already", "not found") and not isinstance(step.operation, RunSQL):
                    # Of the names in Django's own operations, MIG202 to MIG206 tell, as the state has them.
                    if effect.kind == "exists already" or not _has_in_state(step, project):
                        continue
                    hint, related = _GONE, _removal(effect, step, project)
                server = named(project.target.database)
                message = f"{server} refuses this: {effect.why}."
                yield self._finding(step, step.subject or effect.table or "", message, hint, *related)

    def _altered(self, step: Step, model: ModelState, name: str, new: Field) -> Iterator[Finding]:
        before = model.fields[name]
        complaint = _complaint(before.field, new)
        if complaint is not None:
            what, hint = complaint
            yield self._finding(
                step,
                f"{model.app_label}.{model.name.lower()}.{name}",
                f"'{model}.{name}' {what} (defined in {before.defined.migration}, line "
                f"{before.defined.location.span.line}): Django refuses to alter it: `migrate` fails with ValueError.",
                hint,
                Related(before.defined.location, f"'{name}' as it is before"),
            )

    def _renamed_field(self, step: Step, model: ModelState, name: str) -> Iterator[Finding]:
        for option, operation in (("unique_together", "AlterUniqueTogether"), ("index_together", "AlterIndexTogether")):
            if model.options.get(option) == Literal(None):
                yield self._finding(
                    step,
                    f"{model.app_label}.{model.name.lower()}.{name}",
                    f"{option} of '{model}' is None, and RenameField looks for the field in it: `migrate` fails with "
                    "TypeError.",
                    f"Put {operation}('{model.name.lower()}', set()) before it: that changes nothing in the database.",
                )

    def _removed(self, step: Step, model: ModelState, name: str, project: Project) -> Iterator[Finding]:
        subject = f"{model.app_label}.{model.name.lower()}.{name}"
        if text_of(model.options.get("order_with_respect_to")) == name:
            yield self._finding(
                step,
                subject,
                f"'{model}' is ordered with respect to '{name}', and is so still when that field is gone: "
                "`migrate` fails with FieldDoesNotExist.",
                f"Put AlterOrderWithRespectTo('{model.name.lower()}', None) before it.",
            )
        for option in ("unique_together", "index_together"):
            named = [members for members in members_of(model.options.get(option)) or () if name in members]
            if named and _is_met_later(step, model, name, option, project):
                yield self._finding(
                    step,
                    subject,
                    f"{option} of '{model}' still names '{name}' when the field is gone: SQLite refuses to drop the "
                    "column, and elsewhere the next change of it fails with FieldDoesNotExist.",
                    f"Put the operation that takes '{name}' out of {option} before this one.",
                )

    def _renamed(self, step: Step, model: ModelState, old: str, new: str) -> Iterator[Finding]:
        subject = f"{model.app_label}.{old.lower()}"
        if old.lower() == new.lower():
            yield self._finding(
                step,
                subject,
                f"'{old}' and '{new}' are one name to Django's state, so the model is gone from it after this: "
                f"`migrate` fails with KeyError: ('{model.app_label}', '{old.lower()}').",
                "Rename it to a name in between first, and from there to the new one, in two operations.",
            )
            return
        for child in step.before.relating_to(model.key):
            if child.key != model.key and model.key in parents_of(child):
                proxy = truth_of(child.options.get("proxy"), False)
                what = "a proxy of" if proxy else "a child of"
                yield self._finding(
                    step,
                    subject,
                    f"'{child}' is {what} '{model}' (made in {child.made.migration}, line "
                    f"{child.made.location.span.line}), and RenameModel leaves the old name in its bases: "
                    f"`migrate` fails with {'InvalidBasesError' if proxy else 'FieldError'}.",
                    f"Before it, put DeleteModel('{child.name}'), and after it CreateModel with the new base"
                    + (
                        ": neither touches the database."
                        if proxy
                        else ", all of them in state_operations of one SeparateDatabaseAndState, with "
                        f"AlterModelTable('{new}', …) that names the table as it is."
                    ),
                    Related(child.made.location, f"'{child}' is made here"),
                )
                return

    def _finding(self, step: Step, subject: str, message: str, hint: str, *related: Related) -> Finding:
        return self.finding(step.location, message, hint=hint, subject=subject, related=related)


def _has_in_state(step: Step, project: Project) -> bool:
    """Whether Django's state has what the operation removes or changes, whatever the database has."""
    if step.model is None or not isinstance(step.operation, AlterField | RemoveConstraint | RemoveField | RenameField):
        return False
    return missing_from(step.before, step.migration.key.app_label, step.operation, project.ground) is None


def _removal(effect: Fails, step: Step, project: Project) -> tuple[Related, ...]:
    """The operation that took it out of the database."""

    def has(state: DatabaseState) -> bool:
        table = state.table(effect.table or "")
        if table is None:
            return False
        if effect.column is not None:
            return effect.column in table.columns
        name = getattr(step.operation, "name", None)
        return any(one.name == name for one in table.constraints)

    for one in project.earlier_of_app(step):
        if has(one.database_before) and not has(one.database_after):
            return (Related(one.location, "this takes it out of the database"),)
    return ()


def _complaint(old: Field, new: Field) -> tuple[str, str] | None:
    """What `BaseDatabaseSchemaEditor.alter_field` refuses, and the way out; None where it does not, or may not."""
    many = [field.kind == "ManyToManyField" for field in (old, new)]
    if all(many):
        through = [_has_through(field) for field in (old, new)]
        if None in through or through[0] == through[1]:
            return None
        if through[1]:
            return "has a table that Django made, and is to get one of its own by through=", (
                "In state_operations of SeparateDatabaseAndState, put CreateModel with the table's db_table for the "
                "model in between, and this AlterField after it: the table stays as it is."
            )
        return "has a model of its own for its table by through=, and is to lose it", (
            "Remove the field and add it anew; the rows of the table in between have to be copied by hand."
        )
    if any(many):
        other = old if many[1] else new
        if has_column(other) is not True:
            return None
        change = "is many-to-many, and is to be a column" if many[0] else "is a column, and is to be many-to-many"
        return change, "Add the new field under another name, copy the data with RunPython, and remove the old one."
    generated = [field.kind == "GeneratedField" for field in (old, new)]
    recreate = "Remove the field and add it anew: a generated column holds nothing that is not computed again."
    if all(generated):
        persist = [truth_of(field.options.get("db_persist"), False) for field in (old, new)]
        if None not in persist and persist[0] != persist[1]:
            return "is a generated column, and db_persist changes", recreate
        if _is_same(old.options.get("expression"), new.options.get("expression")) is False:
            return "is a generated column, and its expression changes", recreate
        return None
    if any(generated) and has_column(old) is True and has_column(new) is True:
        if generated[0]:
            return "is a generated column, and is to be a plain one", (
                "Add the new field under another name, copy the values with RunPython, and remove the old one."
            )
        return "is a plain column, and is to be a generated one", (
            "Remove the field and add it anew: what the column holds is lost, and computed from then on."
        )
    return None


def _has_through(field: Field) -> bool | None:
    if field.opaque or not field.path.startswith("django."):
        return None
    match field.options.get("through"):
        case None | Literal(None):
            return False
        case Literal() | Reference():
            return True
        case _:
            return None


def _is_same(one: Value | None, other: Value | None) -> bool | None:
    """Whether two expressions are written alike, up to what makes no difference to their SQL; None is unknown."""
    one, other = _plain(one), _plain(other)
    if any(isinstance(value, Call) and not _is_djangos(value) for value in (one, other)):
        return None
    match one, other:
        case (Literal(left), Literal(right)):
            return left == right and type(left) is type(right)
        case (Reference(left_path), Reference(right_path)):
            # A class may be imported by several ways.
            return left_path.rpartition(".")[2] == right_path.rpartition(".")[2]
        case (Call(), Call()):
            if len(one.arguments) != len(other.arguments):
                return False
            pairs = list(zip(one.arguments, other.arguments, strict=True))
            if any(left.name != right.name for left, right in pairs):
                return None
            return _all([_is_same(one.function, other.function), *(_is_same(a.value, b.value) for a, b in pairs)])
        case (Sequence(), Sequence()):
            if len(one.items) != len(other.items):
                return False
            return _all([_is_same(a, b) for a, b in zip(one.items, other.items, strict=True)])
        case (Literal() | Call() | Sequence(), Literal() | Call() | Sequence()):
            return False
        case _:
            return None


def _is_djangos(call: Call) -> bool:
    """Whether what is called is Django's or an operator: what a project's own function returns is not known."""
    return isinstance(call.function, Reference) and call.function.path.startswith(("django.", "operator."))


def _plain(value: Value | None) -> Value | None:
    """`F('x')` and `Value(1)` as what they are of: either way Django makes the same SQL of it."""
    match value:
        case Call(Reference(path), (only,)) if path.rpartition(".")[2] in ("F", "Value"):
            return only.value
        case _:
            return value


def _all(answers: list[bool | None]) -> bool | None:
    if None in answers:
        return None
    return all(answers)


def _is_met_later(step: Step, model: ModelState, name: str, option: str, project: Project) -> bool:
    """Whether a name that `*_together` holds on to does harm: not so where the model goes, or the field comes back."""
    if project.target.database.vendor == "sqlite" and not step.in_state_alone:
        return has_table(model, project.ground) is True
    for one in project.later_of_app(step):
        named = model_named(one.operation)
        if named is None or named.lower() != model.name.lower():
            continue
        match one.operation:
            case DeleteModel():
                return False
            case AddField(name=added) | RenameField(new_name=added) if added == name:
                return False
            case AlterTogether(option=altered) if altered == option and not one.in_state_alone:
                return True
            case AlterTogether(option=altered, value=value) if altered == option:
                return any(name in members for members in members_of(value) or ())
            case RenameModel():
                return True
            case _:
                continue
    return True
