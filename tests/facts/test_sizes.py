"""What is taken for large, what for small, and what is not known."""

from __future__ import annotations

import pytest
from factories import line

from miglint.facts.sizes import UNKNOWN, Counted, Size, TableSizes
from miglint.facts.source import Location
from miglint.findings import Finding, Severity
from miglint.rules.base import weighed

GIB = 1024**3


def size(counted: Counted, table: str = "shop_order", **more: object) -> Size:
    return TableSizes(counted={"shop_order": counted}, source="tables.csv", **more).size_of(table, "shop.order")


def test_nothing_is_known_of_a_table_that_nobody_speaks_of() -> None:
    assert TableSizes().size_of("shop_order", "shop.order") == UNKNOWN == Size("unknown", "")
    assert size(Counted(10, 10), table="shop_line") == UNKNOWN
    assert size(Counted(None, None)) == UNKNOWN


def test_a_table_in_between_is_neither_and_its_rows_are_told() -> None:
    assert size(Counted(10_000, None)) == Size("unknown", "10,000 rows by tables.csv")
    assert size(Counted(999_999, GIB - 1)) == Size("unknown", "999,999 rows by tables.csv")


def test_few_rows_in_many_bytes_are_not_small() -> None:
    assert size(Counted(0, 500_000_000)) == Size("unknown", "0 rows by tables.csv")


@pytest.mark.parametrize("listed", ["shop_order", "SHOP_Order", "shop.Order", "shop_*", "shop.*", "*_order"])
def test_what_is_listed_is_large_whatever_was_counted(listed: str) -> None:
    sizes = TableSizes((listed,), {"shop_order": Counted(1, 1)}, "tables.csv")
    assert sizes.size_of("shop_order", "shop.order") == Size("large", "listed as large")


@pytest.mark.parametrize("listed", ["shop_orderline", "other.order", "order", "shop_order?", "bill*"])
def test_a_name_alike_is_not_listed(listed: str) -> None:
    assert TableSizes((listed,)).size_of("shop_order", "shop.order") == UNKNOWN


def test_a_table_without_a_model_is_found_by_its_name() -> None:
    assert TableSizes(("shop_order",)).size_of("shop_order", None).kind == "large"
    assert TableSizes(("archive.shop_order",)).size_of('archive"."shop_order', None).kind == "large"


def test_rows_or_bytes_make_it_large() -> None:
    assert size(Counted(1_000_000, None)) == Size("large", "1,000,000 rows by tables.csv")
    assert size(Counted(12_000_000, 3 * GIB)) == Size("large", "12,000,000 rows by tables.csv")
    assert size(Counted(5_000, GIB)) == Size("large", "1.0 GiB by tables.csv")
    assert size(Counted(None, 3 * GIB)) == Size("large", "3.0 GiB by tables.csv")


def test_few_rows_make_it_small() -> None:
    assert size(Counted(9_999, None)) == Size("small", "9,999 rows by tables.csv")
    assert size(Counted(1, 16_384)) == Size("small", "1 row by tables.csv")


def test_the_thresholds_may_be_others() -> None:
    assert size(Counted(50_000, None), large_rows=50_000).kind == "large"
    assert size(Counted(50_000, None), small_rows=50_001).kind == "small"
    assert size(Counted(1, 1), small_rows=0).kind == "unknown"


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("unknown", Severity.ERROR, Severity.ERROR),
        ("unknown", Severity.INFO, Severity.INFO),
        ("large", Severity.INFO, Severity.WARNING),
        ("large", Severity.WARNING, Severity.ERROR),
        ("large", Severity.ERROR, Severity.ERROR),
        ("small", Severity.ERROR, Severity.INFO),
        ("small", Severity.WARNING, Severity.INFO),
        ("small", Severity.INFO, Severity.INFO),
    ],
)
def test_the_larger_the_worse(kind: str, before: Severity, after: Severity) -> None:
    finding = Finding("MIG301", "rewriting-add-field", before, "…", Location("a.py", line(1)))
    assert weighed(finding, Size(kind)).severity is after
