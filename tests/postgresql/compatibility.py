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
    from django.db import transaction

    row, other = rows
    with transaction.atomic():
        found = {(severity, name): _tried(probe) for severity, name, probe in _probes(model, row, other)}
        transaction.set_rollback(True)
    return found


def _tried(probe: Callable[[], Any]) -> Any:
    from django.db import DatabaseError, connection, transaction

    class UndoneError(Exception):
        pass

    result: Any = False
    try:
        with transaction.atomic():
            result = probe()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            raise UndoneError
    except UndoneError:
        return result
    except (DatabaseError, ValueError, TypeError, ArithmeticError):
        return False


def _probes(model: Any, row: dict[str, Any], other: dict[str, Any]) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    manager = model._base_manager
    fields = model._meta.local_concrete_fields
    pk = model._meta.pk

    def read() -> Any:
        # The Python types of values matter, and which they are in this row does not.
        values = manager.order_by(pk.attname).values_list(*(field.attname for field in fields))[:1]
        return [[type(value).__name__ for value in line] for line in values]

    yield "reads", "all columns", read
    for field in fields:
        if row[field.attname] is not None:
            yield (
                "reads",
                f"by {field.name}",
                lambda field=field: manager.filter(**{field.attname: row[field.attname]}).exists() or True,
            )

    def insert(changes: dict[str, Any], *, number: bool = False) -> bool:
        _delete(model, row[pk.attname])
        values = {**row, **changes}
        if number:
            del values[pk.attname]
        model(**values).save_base(raw=True, force_insert=True)
        return True

    yield "writes", "insert", lambda: insert({})
    if pk.get_internal_type().endswith("AutoField"):
        yield "writes", "insert with the next number", lambda: insert({}, number=True)
    settable = {field.attname: row[field.attname] for field in fields if not field.primary_key and not field.generated}
    if settable:
        yield "writes", "update", lambda: manager.filter(pk=row[pk.attname]).update(**settable) >= 0
    alike = {
        field.attname: other[field.attname]
        for field in fields
        if not field.primary_key and not field.unique and not field.generated
    }
    yield "tightens", "the same again", lambda: insert(alike)
    for field in fields:
        if not field.primary_key and not field.generated:
            for value in _extremes(field):
                yield (
                    "tightens",
                    f"{field.name} = {value!r:.40}",
                    lambda field=field, value=value: insert({field.attname: value}),
                )
    for field in fields:
        if field.attname in alike:
            yield (
                "tightens",
                f"the same {field.name}",
                lambda field=field: insert({field.attname: other[field.attname]}),
            )


def _delete(model: Any, pk: Any) -> None:
    """Without the keys that point at the row having a say: it comes back."""
    from django.db import connection

    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"DELETE FROM {quote(model._meta.db_table)} WHERE {quote(model._meta.pk.column)} = %s", [pk])
        cursor.execute("SET LOCAL session_replication_role = origin")


def _extremes(field: Any) -> list[Any]:
    from django.db import connection, models

    found: list[Any] = [None] if field.null else []
    target = field.target_field if field.remote_field else field
    kind = target.get_internal_type()
    if kind in {"CharField", "SlugField", "URLField", "EmailField", "FileField", "FilePathField"}:
        found += ["", "x" * (target.max_length or 300)]
    elif kind == "TextField":
        found += ["", "x" * 300]
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
