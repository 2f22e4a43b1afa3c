"""Which names of other modules a migration's file cannot be loaded without."""

from __future__ import annotations

import pytest

from miglint.facts.migration import Module
from miglint.facts.source import Span
from miglint.parse import parse

CLASS = "\nfrom django.db import migrations, models\nclass Migration(migrations.Migration):\n    operations = [{}]\n"


def needs(head: str, operations: str = "") -> list[str]:
    module = parse((head + CLASS.format(operations)).encode())
    assert isinstance(module, Module), module
    return list(module.needs)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("import shop.models", ["shop.models"]),
        ("import shop.models as m, blog", ["shop.models", "blog"]),
        ("from shop.models import a, b as c", ["shop.models.a", "shop.models.b"]),
        ("from ..models import a", ["..models.a"]),
        ("from . import base", [".base"]),
        ("from shop.fields import *", ["shop.fields"]),
        ("import django.utils.timezone\nfrom django.db.models import F", []),
        ("from __future__ import annotations", []),
    ],
)
def test_imports_are_needed(head: str, expected: list[str]) -> None:
    assert needs(head) == expected


@pytest.mark.parametrize(
    "head",
    [
        "try:\n    import shop.models\nexcept ImportError:\n    pass",
        "if DEBUG:\n    from shop.models import a",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.models import a",
        "def work(apps, schema_editor):\n    from shop.models import a",
    ],
)
def test_what_is_imported_under_a_condition_or_later_is_not(head: str) -> None:
    assert [need for need in needs(head) if need.startswith("shop")] == []


def test_what_is_reached_through_an_import_is_needed_too() -> None:
    head = "import shop.models\nfrom shop import checks as c"
    use = "models.IntegerField(choices=shop.models.KINDS, validators=[c.total.check, shop.models.f()])"
    assert needs(head, use) == [
        "shop.models",
        "shop.checks",
        "shop.models.KINDS",
        "shop.checks.total.check",
        "shop.models.f",
    ]


@pytest.mark.parametrize(
    "use",
    [
        "'shop.models.gone'",
        "# shop.models.gone\n",
        '"""it is in shop.models.gone"""',
        "workshop.models.gone",
        "a.shop.models.gone",
    ],
)
def test_what_only_looks_like_a_use_is_none(use: str) -> None:
    assert needs("import shop.models", use) == ["shop.models"]


def test_a_function_needs_its_names_only_when_it_runs() -> None:
    head = "import shop.models\ndef work(apps, schema_editor):\n    shop.models.gone()\n"
    assert needs(head) == ["shop.models"]


def test_a_name_that_is_bound_again_leads_elsewhere() -> None:
    assert needs("from shop import checks\nchecks = other()", "checks.gone") == ["shop.checks"]


def test_the_first_place_is_kept() -> None:
    head = "import shop.models\nx = shop.models.a\ny = shop.models.a\n"
    module = parse((head + CLASS.format("")).encode())
    assert isinstance(module, Module)
    assert module.needs == {"shop.models": Span(1, 8, 1, 19), "shop.models.a": Span(2, 5, 2, 18)}


def test_what_a_function_imports_is_needed_later() -> None:
    head = (
        "def work(apps, schema_editor):\n    from shop.work import copy\n    import shop.models\n"
        "    try:\n        import fast\n    except ImportError:\n        pass\n"
    )
    module = parse((head + CLASS.format("")).encode())
    assert isinstance(module, Module)
    assert module.later_needs == {"shop.work.copy": Span(2, 27, 2, 31), "shop.models": Span(3, 12, 3, 23)}


def test_a_file_that_defines_no_migration_is_not_asked() -> None:
    module = parse(b"import shop.models\n")
    assert isinstance(module, Module)
    assert module.needs == {}
