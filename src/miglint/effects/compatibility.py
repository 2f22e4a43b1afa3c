"""What the release that is still running meets after an operation: its models, and the database as it becomes.

While a deployment goes on, the processes of the release before it ask for the columns and tables of their own models,
in each SELECT, INSERT and UPDATE, and write what those allow. Operations of Django are looked at here, statements in
`effects.statement_breaks`. What counts is what the migration leaves: what it gives back, nobody misses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from miglint.effects.breaks import (
    DEFAULT_LOST,
    NO_DEFAULT,
    NOT_COMPUTED,
    NOT_KNOWN_TO_IT,
    NOTHING,
    NUMBERED_NO_LONGER,
    QUERIES_NAME_IT,
    Break,
    Change,
    Compatibility,
)
from miglint.effects.postgresql.proof import is_checked_already, keeps_null_out
from miglint.effects.retyping import retyping
from miglint.effects.statement_breaks import breaks_of_statements, unknown_in
from miglint.facts.fields import Constraint, Field
from miglint.facts.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterConstraint,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    AlterTogether,
    CreateCollation,
    CreateExtension,
    CreateModel,
    DeleteModel,
    RemoveCollation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
    UnknownOperation,
    ValidateConstraint,
)
from miglint.facts.target import Target
from miglint.facts.values import Argument, Call, Literal, Reference, Sequence, Unresolved, Value, text_of, truth_of
from miglint.schema.alteration import Alteration, between, same, type_in
from miglint.schema.column import (
    AUTOMATIC,
    FOREIGN_KEYS,
    accepts_empty_strings,
    column_name,
    column_type,
    db_default,
    has_column,
    has_effective_default,
    has_value,
    is_checked,
    is_enforced,
    takes_null,
)
from miglint.schema.constraint import against_null, condition_of, fields_in, unique_fields, unique_sets
from miglint.schema.field import attributes
from miglint.schema.model import between as table_between
from miglint.schema.model import has_table, table_of
from miglint.schema.names import in_database
from miglint.schema.replay import members_of, name_of, strings_of, target_of
from miglint.schema.state import FieldState, ModelKey, ModelState, SchemaState


def compatibility(change: Change) -> Compatibility:
    """What the operation breaks for the running release; one that holds others breaks nothing itself."""
    operation = change.operation
    if operation.subclass is not None and operation.subclass.database != "same":
        if operation.subclass.database == "nothing":
            return NOTHING
        return Compatibility(unknown=f"{operation.subclass.path} does what it likes with the database")
    match operation:
        case UnknownOperation(reason=reason):
            return Compatibility(unknown=reason)
        case RunSQL() | RunPython():
            if not change.statements:
                return NOTHING
            told: dict[tuple[str, str, str | None], Break] = {}
            for one in breaks_of_statements(change):
                told.setdefault((str(one), one.why, one.statement), one)
            return Compatibility(tuple(told.values()), unknown_in(change.statements))
        case _:
            # What a project's own class does to the state is not for sure what its base does.
            if operation.subclass is not None and operation.subclass.state != "same":
                return NOTHING
            model, table = change.model, change.table
            if model is None or table is None or change.existed_before is not True:
                return NOTHING
            found = tuple(_breaks(change, model, table))
            return Compatibility(found) if found else NOTHING


def _breaks(change: Change, model: ModelState, table: str) -> Iterator[Break]:
    match change.operation:
        case RemoveField(name=str(name)) if name in model.fields:
            yield from _removed(model.fields[name], model, table, change)
        case DeleteModel():
            yield Break("dropped table", "reads", table, None, f"wherever it uses {model.name}", model.made)
        case RenameModel() | AlterModelTable():
            yield from _renamed_tables(model, table, change)
        case RenameField(old_name=str(old), new_name=str(new)) if old in model.fields:
            written = model.fields[old].field
            yield from _renamed_column(model.fields[old], column_name(written, new), table, change)
            yield from _renamed_tables(model, table, change)
        case AlterField(name=str(name), field=field):
            if name in model.fields and has_column(field) is True:
                yield from _renamed_column(model.fields[name], column_name(field, name), table, change)
            yield from _renamed_tables(model, table, change)
            if change.alteration is not None:
                yield from _required(change.alteration, model, table, change)
                yield from _narrowed(change.alteration, model, table, change)
        case AddField(name=str(name), field=field):
            yield from _added(name, field, model, table, change)
        case AlterOrderWithRespectTo(order_with_respect_to=respected):
            yield from _ordered(respected, model, table)
        case AddConstraint(constraint=constraint):
            for why in _demands(constraint, change):
                yield Break("narrowed column", "tightens", table, None, why)
        case AlterTogether(option="unique_together", value=value):
            for members in members_of(value) or ():
                if not _is_unique_already(frozenset(members), change) and not _stays_null(members, change):
                    why = f"no two rows may have the same {', '.join(members)} any more"
                    yield Break("narrowed column", "tightens", table, None, why)
        case (
            # What makes room, or is nothing that a query names.
            AddIndex()
            | AlterConstraint()
            | AlterModelManagers()
            | AlterModelOptions()
            | AlterModelTableComment()
            | AlterTogether()
            | CreateCollation()
            | CreateExtension()
            | CreateModel()
            | RemoveCollation()
            | RemoveConstraint()
            | RemoveIndex()
            | RenameIndex()
            | RunPython()
            | RunSQL()
            | SeparateDatabaseAndState()
            | UnknownOperation()
            | ValidateConstraint()
            # A name that could not be read, or that is not there.
            | AddField()
            | AlterField()
            | RemoveField()
            | RenameField()
        ):
            return


# --- what goes ---


def _removed(field: FieldState, model: ModelState, table: str, change: Change) -> Iterator[Break]:
    if not change.was_there(field.added):
        return
    joining = table_between(model, field, change.ground)
    if joining is not None:
        # One that comes again is a field made anew.
        if not _comes_again(field.name, model, change):
            yield Break("dropped table", "reads", joining, None, "its queries join the table", field)
        return
    column = column_name(field.field, field.name)
    if has_column(field.field) is not True or not isinstance(column, str):
        return
    # A name that the migration gave, nobody reads.
    if column in change.columns_found() - change.columns_left():
        yield Break("dropped column", "reads", table, column, QUERIES_NAME_IT, field)
    elif column in change.columns_found() and takes_null(field.field) is False:
        again = _made_again(column, model, change)
        if again is not None and takes_null(again.field) is True and has_value(again.field) is False:
            why = "it comes again without its values, and NULL is none that the release knows there"
            yield Break("recreated column", "reads", table, column, why, field)


def _made_again(column: str, model: ModelState, change: Change) -> FieldState | None:
    """The field that the migration makes in place of one that it removed."""
    after = change.end.model(*model.key)
    for field in after.fields.values() if after is not None else ():
        if column_name(field.field, field.name) == column and change.was_there(field.added) is False:
            return field
    return None


def _comes_again(name: str, model: ModelState, change: Change) -> bool:
    after = change.end.model(*model.key)
    field = after.fields.get(name) if after is not None else None
    return field is not None and field.field.kind == "ManyToManyField"


def _ordered(respected: object, model: ModelState, table: str) -> Iterator[Break]:
    was = text_of(model.options.get("order_with_respect_to"))
    if respected is None and was is not None:
        yield Break("dropped column", "reads", table, "_order", QUERIES_NAME_IT)
    elif isinstance(respected, str) and was is None:
        yield Break("required column", "writes", table, "_order", NO_DEFAULT)


# --- what gets another name ---


def _renamed_column(field: FieldState, after: object, table: str, change: Change) -> Iterator[Break]:
    before = column_name(field.field, field.name)
    if not isinstance(before, str) or not isinstance(after, str) or before == after:
        return
    if has_column(field.field) is not True or change.was_there(field.added) is not True:
        return
    # A name that the migration itself gave, the running release does not know; one that comes back, it finds.
    if before in change.columns_found() and before not in change.columns_left():
        yield Break("renamed column", "reads", table, before, QUERIES_NAME_IT, field, becomes=after)


def _renamed_tables(old: ModelState, table: str, change: Change) -> Iterator[Break]:
    """The table itself, then the many-to-many tables of the model and those to it, columns of theirs included."""
    operation = change.operation
    name = operation.new_name if isinstance(operation, RenameModel) else old.name
    new = change.after.model(change.app_label, name) if isinstance(name, str) else None
    if new is None:
        return
    becomes = table_of(new, change.ground)
    if isinstance(becomes, str) and becomes != table and _is_missed(table, change):
        why = f"'{table}' (there since {old.made.migration}) becomes '{becomes}'"
        yield Break("renamed table", "reads", table, None, why, old.made, becomes=becomes)
    was, will = old.name.lower(), new.name.lower()
    for field_name, before in old.fields.items():
        if before.field.kind != "ManyToManyField":
            continue
        after = new.fields.get(_new_name(field_name, change))
        one = table_between(old, before, change.ground)
        other = table_between(new, after, change.ground) if after is not None else None
        if after is None or one is None or other is None or not change.was_there(before.added):
            continue
        if one != other:
            why = f"the many-to-many table '{one}' becomes '{other}'"
            yield Break("renamed table", "reads", one, None, why, before, becomes=other)
        elif was != will:
            yield _renamed_side(one, old.name, before)
        elif _target(old, before, change) != _target(new, after, change):
            yield _renamed_side(one, "the other model", before)
    if was != will:
        yield from _renamed_sides(old, change)


def _renamed_sides(old: ModelState, change: Change) -> Iterator[Break]:
    for model in change.before.relating_to(old.key):
        for field in model.fields.values():
            if field.field.kind != "ManyToManyField" or model.key == old.key or not has_table(model, change.ground):
                continue
            joining = table_between(model, field, change.ground)
            if joining is None or _target(model, field, change) != old.key or not change.was_there(field.added):
                continue
            yield _renamed_side(joining, old.name, field)


def _renamed_side(table: str, refers_to: str, field: FieldState) -> Break:
    why = f"the column of the many-to-many table '{table}' that refers to {refers_to} is renamed"
    return Break("renamed table", "reads", table, None, why, field)


def _new_name(name: str, change: Change) -> str:
    match change.operation:
        case RenameField(old_name=old, new_name=str(new)) if name == old:
            return new
        case _:
            return name


def _target(model: ModelState, field: FieldState, change: Change) -> ModelKey | None:
    return target_of(field.field, model.app_label, model.name, change.ground.swappable)


def _is_missed(table: str, change: Change) -> bool:
    """Whether the migration finds a table of that name and leaves none: neither is it new, nor renamed back."""

    def has(state: SchemaState) -> bool:
        models = (state.model(*key) for key in change.release.places(in_database(table)))
        return any(
            model is not None and table_of(model, change.ground) == table and has_table(model, change.ground)
            for model in models
        )

    # SQL may have put a view where the table was.
    held = change.database_end.table(table)
    return has(change.start) and not has(change.end) and (held is None or held.unknown is not None)


# --- what INSERTs leave out ---


def _added(name: str, field: Field, model: ModelState, table: str, change: Change) -> Iterator[Break]:
    if field.kind == "GeneratedField":
        if _may_fail(field, change):
            yield Break("narrowed column", "tightens", table, name, NOT_COMPUTED)
        return
    column = str(column_name(field, name))
    if not _is_required(field, change.target) or _was_known(column, model, change):
        return
    # Where nothing gives it a value, the migration fails.
    if has_effective_default(field) and _stays_required(name, model, change):
        why = "it is NOT NULL, and its default lives in Python only"
        yield Break("required column", "writes", table, column, why)


def _required(made: Alteration, model: ModelState, table: str, change: Change) -> Iterator[Break]:
    if made.reaches_database is False or not _is_required(made.after, change.target):
        return
    why = _why_required(made.before, change)
    column = str(column_name(made.after, made.before.name))
    if why is not None and _stays_required(made.before.name, model, change):
        yield Break("required column", "writes", table, column, why, made.before)


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


def _was_known(column: str, model: ModelState, change: Change) -> bool:
    """Whether the running release has such a column too, and writes it: it was removed a moment ago."""
    before = change.start.model(*model.key)
    return before is not None and any(
        column_name(one.field, one.name) == column and change.was_there(one.added) is not False
        for one in before.fields.values()
    )


def _why_required(before: FieldState, change: Change) -> str | None:
    """Why an INSERT of the running release lacks the column's value; None where it does not, or did so before."""
    if _is_required(before.field, change.target):
        return None
    if change.was_there(before.added) is False:
        return NOT_KNOWN_TO_IT
    # A default in Python is written out in every INSERT; a database default alone is left to the database, but for
    # SQLite, which knows no DEFAULT in VALUES.
    told = has_effective_default(before.field) is not False or change.target.database.vendor == "sqlite"
    if db_default(before.field) is not None and not told:
        return DEFAULT_LOST
    if before.field.kind in AUTOMATIC:
        return NUMBERED_NO_LONGER
    return None


def _stays_required(name: str, model: ModelState, change: Change) -> bool:
    """Whether it is still so at the migration's end, as far as that is known: SQL may give it a default, too."""
    here, after = change.after.model(*model.key), change.end.model(*model.key)
    made = here.fields.get(name) if here is not None else None
    if after is None or made is None:
        return True
    field = after.fields.get(name)
    if field is None and here is not None:
        # It may have got another name meanwhile.
        new = (one for one in after.fields.values() if one.name not in here.fields)
        field = next((one for one in new if one.added == made.added), None)
    if field is None or not _is_required(field.field, change.target):
        return False
    table = table_of(after, change.ground)
    held = change.database_end.table(table) if isinstance(table, str) else None
    left = held.columns.get(str(column_name(field.field, field.name))) if held is not None else None
    return left is None or (left.default is None and left.nullable is not True)


# --- what no longer fits ---


def _narrowed(made: Alteration, model: ModelState, table: str, change: Change) -> Iterator[Break]:
    name = made.before.name
    # A column that the changeset made, the running release does not write.
    if change.was_there(made.before.added) is not True:
        return
    found = list(_less(made, table, change))
    start = change.start.model(*model.key)
    first = start.fields.get(name) if start is not None else None
    if found and first is not None and first != made.before:
        # What the migration itself had loosened, it may tighten again.
        whole = between(first, made.after, model, change.before, change.ground, change.target.django)
        if not any(_less(whole, table, change)):
            return
    yield from found


def _less(made: Alteration, table: str, change: Change) -> Iterator[Break]:
    """What an altered column refuses that it took before."""
    name, old, new = made.before.name, made.before.field, made.after

    def tightened(why: str) -> Break:
        return Break("narrowed column", "tightens", table, name, why, made.before)

    if has_column(old) is not True or has_column(new) is not True:
        return
    if (
        "nullability" in made.changed
        and takes_null(new) is False
        and against_null(made.model, name) is None
        and not _is_refused_null(table, str(column_name(old, name)), change)
    ):
        yield tightened(f"it took NULL since {made.before.defined.migration}")
    if "type" in made.changed:
        before, after = (type_in(field, made.model, change.before, change.ground) for field in (old, new))
        if not isinstance(before, Unresolved) and not isinstance(after, Unresolved):
            match retyping(before, after, change.ground.vendor):
                case "narrower":
                    yield tightened(f"it goes from {before} to {after}")
                case "other":
                    # Values of the same kind are read as before; those of another are compared with the old kind's.
                    why = f"it goes from {before} to {after}, another kind of value"
                    yield Break("narrowed column", "reads", table, name, why, made.before)
                case "same":
                    pass
    if "check" in made.changed and is_checked(new, change.ground.vendor) and old.kind not in AUTOMATIC:
        yield tightened("nothing below 0 goes in any more" if new.kind != "JSONField" else "only JSON goes in any more")
    if "unique" in made.changed and _becomes_unique(made) and not _is_unique_already(frozenset({name}), change):
        yield tightened("no two rows may have the same value any more")
    if "foreign key" in made.changed and new.kind in FOREIGN_KEYS and is_enforced(new) is True:
        yield tightened("it has to refer to a row that exists")


def _is_refused_null(table: str, column: str, change: Change) -> bool:
    """Whether the database keeps NULL out already, whatever the state says."""
    held = change.database_start.table(table)
    return held is not None and keeps_null_out(held, column)


def _becomes_unique(made: Alteration) -> bool:
    known = attributes(made.after)
    return known.unique or known.primary_key


def _demands(constraint: Constraint, change: Change) -> Iterator[str]:
    """What a new constraint asks of rows that was not asked before, in words."""
    start = _model_before(change)
    name = name_of(constraint)
    called = f"'{name}'" if name is not None else "the constraint"
    if start is not None and any(_is_alike(constraint, one) for one in start.constraints):
        return
    match constraint.kind:
        case "UniqueConstraint":
            fields = unique_fields(constraint)
            if _stays_null(_distinct_by(constraint), change):
                return
            if fields is None:
                yield f"{called} allows no two rows that are alike"
            elif not _is_unique_already(fields, change):
                yield f"{called} allows no two rows with the same {', '.join(sorted(fields))}"
        case "CheckConstraint":
            if not _speaks_of_new_columns(condition_of(constraint), change) and not _is_implied(name, change):
                yield f"{called} checks each row that is written"
        case "ExclusionConstraint":
            yield f"{called} allows no two rows that overlap"
        case _:
            return


def _is_implied(name: str | None, change: Change) -> bool:
    """Whether the checks that the migration found refuse whatever a new one does."""
    start, end = (state.table(change.table or "") for state in (change.database_start, change.database_end))
    if start is None or end is None:
        return False
    made = next((one.condition for one in end.constraints if one.kind == "check" and one.name == name), None)
    return made is not None and is_checked_already(made, start)


def _is_unique_already(fields: frozenset[str], change: Change) -> bool:
    """Whether no two rows have the same values in these fields anyway."""
    # The same promise may stand under names of before the migration, or under those that it has given since.
    models = (_model_before(change), change.model)
    return any(known <= fields for model in models if model is not None for known in unique_sets(model))


def _stays_null(names: Iterable[str], change: Change) -> bool:
    """Whether the running release does not know one of these columns, and so leaves it NULL: NULLs differ."""
    fields = [change.model.fields.get(name) for name in names] if change.model is not None else []
    return any(
        field is not None
        and change.was_there(field.added) is False
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


def _speaks_of_new_columns(condition: Value | None, change: Change) -> bool:
    """Whether a check is only about columns that the running release does not know: NULL, or their default, passes."""
    names = fields_in(condition)
    if not names or change.model is None:
        return False
    fields = [change.model.fields.get(name) for name in names]
    return all(
        field is not None and change.was_there(field.added) is False and against_null(change.model, field.name) is None
        for field in fields
    )


def _model_before(change: Change) -> ModelState | None:
    """The operation's model as its migration found it."""
    return change.start.model(*change.model.key) if change.model is not None else None


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


def _may_fail(field: Field, change: Change) -> bool:
    """Whether a stored column's expression may overflow: it calculates, or what it gives has to fit a length."""
    if truth_of(field.options.get("db_persist"), default=False) is not True:
        return False
    kind = column_type(field, change.ground.vendor)
    limited = not isinstance(kind, Unresolved) and kind.name == "varchar" and bool(kind.sizes)
    return limited or _calculates(field.options.get("expression"))


def _calculates(value: Value | None) -> bool:
    match value:
        case Call(Reference(path), arguments):
            return path.startswith(("_operator.", "operator.")) or any(_calculates(one.value) for one in arguments)
        case _:
            return False
