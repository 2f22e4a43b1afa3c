"""What the previous release's models meet in a migrated database: `none`, `tightens`, `writes` or `reads`.

The same probes run on the database before and after; what worked and no longer does is what breaks.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

# Rows that the probes stand on, by their place.
REPLACED, OTHER = 10, 20


# By severity and probe: what it gave; an error is False.
Outcomes = dict[tuple[str, str], Any]
Rows = tuple[dict[str, Any], dict[str, Any]]


def rows_of(apps: Any) -> dict[str, Rows]:
    """By model: two rows as the release has them, by attribute."""
    found = {}
    for model in _models(apps):
        rows = _two_rows(model)
        if rows is not None:
            found[model._meta.label_lower] = rows
    return found


def outcomes(apps: Any, rows: dict[str, Rows], labels: set[str]) -> dict[str, Outcomes]:
    """What the models can do with the database as it is now. It is left as it was."""
    return {
        model._meta.label_lower: _outcomes(model, rows[model._meta.label_lower])
        for model in _models(apps)
        if model._meta.label_lower in labels
    }


def labels_of(apps: Any, rows: dict[str, Rows], tables: set[str]) -> set[str]:
    return {
        model._meta.label_lower
        for model in _models(apps)
        if model._meta.label_lower in rows and model._meta.db_table in tables
    }


def breakage(before: dict[str, Outcomes], after: dict[str, Outcomes]) -> str:
    broken = {
        severity
        for label, tried in after.items()
        for (severity, probe), result in tried.items()
        if _is_broken(before[label][severity, probe], result)
    }
    return next((severity for severity in ("reads", "writes", "tightens") if severity in broken), "none")


def _is_broken(before: Any, after: Any) -> bool:
    """No rows to read any more is nothing to break on."""
    return before is not False and after != before and after != []


def _models(apps: Any) -> list[Any]:
    return [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]


def _two_rows(model: Any) -> Rows | None:
    from django.db import DatabaseError

    fields = model._meta.local_concrete_fields
    try:
        rows = list(model._base_manager.order_by("pk")[: OTHER + 1])
    except (DatabaseError, ValueError):
        return None
    if len(rows) <= OTHER:
        return None
    first, second = (
        {field.attname: getattr(rows[place], field.attname) for field in fields} for place in (REPLACED, OTHER)
    )
    return first, second


def _outcomes(model: Any, rows: Rows) -> Outcomes:
    from django.db import connection, transaction

    row, other = rows
    with transaction.atomic():
        _run(connection, "SAVEPOINT probe")
        found = {("reads", name): _tried(probe) for name, probe in _reads(model, row)}
        found["writes", "update"] = _tried(lambda: _update(model, row))
        # Then the row is taken out, so that it can be put in again.
        is_out = _tried(lambda: _delete(model, row), keep=True)
        for severity, name, changes in _inserts(model, row, other):
            found[severity, name] = is_out and _tried(lambda values=changes: _insert(model, values))
        transaction.set_rollback(True)
    return found


def _tried(probe: Callable[[], Any], *, keep: bool = False) -> Any:
    """What the probe gave, False where it fails, as it may at the commit. What it did is undone."""
    from django.db import DatabaseError, connection, transaction

    try:
        result = probe()
        _run(connection, "SAVEPOINT probe" if keep else "SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO SAVEPOINT probe")
        return result
    except (DatabaseError, ValueError, TypeError, ArithmeticError):
        # Django will not go on where save() has failed; the savepoint mends that.
        transaction.set_rollback(False)
        _run(connection, "ROLLBACK TO SAVEPOINT probe")
        return False


def _run(connection: Any, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _reads(model: Any, row: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    names = [field.attname for field in model._meta.local_concrete_fields]
    manager = model._base_manager

    def types() -> list[list[str]]:
        # Which values they are in this row does not matter.
        values = manager.order_by(model._meta.pk.attname).values_list(*names)[:1]
        return [[type(value).__name__ for value in line] for line in values]

    yield "all columns", types
    known = {name: row[name] for name in names if row[name] is not None}
    yield "by all columns", lambda: manager.filter(**known).exists() or True


def _update(model: Any, row: dict[str, Any]) -> bool:
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key and not field.generated]
    if fields:
        pk = row[model._meta.pk.attname]
        model._base_manager.filter(pk=pk).update(**{field.attname: row[field.attname] for field in fields})
    return True


def _delete(model: Any, row: dict[str, Any]) -> bool:
    """Without the keys that point at the row having a say: it comes back."""
    from django.db import connection

    table, column = map(connection.ops.quote_name, (model._meta.db_table, model._meta.pk.column))
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL session_replication_role = replica; "
            f"DELETE FROM {table} WHERE {column} = %s; SET LOCAL session_replication_role = origin",
            [row[model._meta.pk.attname]],
        )
    return True


def _insert(model: Any, values: dict[str, Any]) -> bool:
    # Raw: the table of the model itself, not those of its parents.
    model(**values).save_base(raw=True, force_insert=True)
    return True


def _inserts(model: Any, row: dict[str, Any], other: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    pk = model._meta.pk
    yield "writes", "insert", row
    if pk.get_internal_type().endswith("AutoField"):
        yield "writes", "insert with the next number", {name: row[name] for name in row if name != pk.attname}
    free = [field for field in model._meta.local_concrete_fields if not field.primary_key and not field.generated]
    alike = {field.attname: other[field.attname] for field in free if not field.unique}
    yield "tightens", "the same again", {**row, **alike}
    for name, value in alike.items():
        yield "tightens", f"the same {name}", {**row, name: value}
    for field in free:
        for value in _extremes(field):
            yield "tightens", f"{field.name} = {value!r:.40}", {**row, field.attname: value}


def _extremes(field: Any) -> list[Any]:
    from django.db import connection, models

    found: list[Any] = [None] if field.null else []
    target = field.target_field if field.remote_field else field
    kind = target.get_internal_type()
    if kind in {"CharField", "SlugField", "URLField", "EmailField", "FileField", "FilePathField"}:
        found += ["", "x" * (target.max_length or 300)]
    elif kind == "TextField":
        found += ["", "x" * 5_000]
    elif isinstance(target, models.IntegerField):
        low, high = connection.ops.integer_field_range(kind)
        found += [value for value in (low, high, -1, 0) if value is not None]
    elif kind == "DecimalField":
        most = Decimal(10 ** (target.max_digits - target.decimal_places) - 1)
        least = Decimal(1).scaleb(-target.decimal_places)
        found += [most, -most, least] if not field.unique else []
    elif kind == "FloatField":
        found += [1e300, -1.0]
    elif kind == "DateField":
        found += [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]
    elif kind == "DateTimeField":
        found += [datetime.datetime(1000, 1, 1, tzinfo=datetime.timezone.utc)]
    elif kind == "BooleanField":
        found += [True, False]
    elif kind == "JSONField":
        found += [[], "text", {"a": None}]
    return found
