"""What the tree has of what a file imports: always said to be there where that cannot be known."""

from __future__ import annotations

import pytest

from miglint.facts.migration import Module
from miglint.facts.source import TOP
from miglint.imports import Imports
from miglint.parse import parse

MIGRATION = "shop/migrations/0001_initial.py"
PACKAGES = {"shop/__init__.py": "", "shop/migrations/__init__.py": "", MIGRATION: ""}


def absent(needed: str, files: dict[str, str] | None = None, path: str = MIGRATION) -> tuple[str, str] | None:
    """The part of a name that is missing and the file that lacks it."""
    there = PACKAGES | (files or {})

    def facts(name: str) -> Module | None:
        module = parse(there[name].encode())
        return module if isinstance(module, Module) else None

    imports = Imports(frozenset(there), there.__contains__, there.get, facts)
    file = Module({}, (), {}, {}, None, (), needs={needed: TOP})
    return next(((one.name, one.module) for one in imports.absent(file, path)), None)


@pytest.mark.parametrize(
    "text",
    [
        "def check(value): ...",
        "async def check(value): ...",
        "class check: ...",
        "check = 1",
        "check: int = 1",
        "first, check = 1, 2",
        "from .other import check",
        "from .other import (\n    first,\n    check as check,\n)",
        "import check",
        "try:\n    from fast import check\nexcept ImportError:\n    check = None",
        "if slow():\n    def check(value): ...",
        "for check in (1, 2): pass",
        "with opened() as check: pass",
        "match x:\n    case check: pass",
        "while True:\n    check = 1\n    break",
        "print(check := 1)",
        "def late():\n    global check\n    check = 1",
        "globals()['check'] = 1",
        "def __getattr__(name): return 1",
        "from elsewhere import *",
        "from .missing import *",
        "check(",
    ],
)
def test_whatever_may_bind_a_name_does(text: str) -> None:
    assert absent("shop.validators.check", {"shop/validators.py": text}) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def check_total(value): ...",
        "# check was here",
        "'check'",
        "other.check()",
        "class Field:\n    def check(self): ...",
        "def other(check): ...",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .other import check",
        "from .other import *",
    ],
)
def test_what_binds_no_such_name_has_none(text: str) -> None:
    files = {"shop/validators.py": text, "shop/other.py": "from .validators import *\nother = 1\n"}
    assert absent("shop.validators.check", files) == ("check", "shop/validators.py")


@pytest.mark.parametrize(
    ("needed", "files"),
    [
        ("shop", {}),
        ("shop.models", {"shop/models.py": ""}),
        ("shop.models", {"shop/models/__init__.py": ""}),
        ("shop.models.order", {"shop/models/__init__.py": "", "shop/models/order.py": ""}),
        ("shop.models.Order", {"shop/models/__init__.py": "from .order import *", "shop/models/order.py": "Order = 1"}),
        ("shop.models.Order.Kind", {"shop/models.py": "class Order: ..."}),
        ("shop.plain.names", {"shop/plain/names.py": ""}),
        ("shop.fast", {"shop/fast.cpython-311-x86_64-linux-gnu.so": ""}),
        ("..validators.check", {"shop/validators.py": "check = 1"}),
        (".base", {"shop/migrations/base.py": ""}),
        ("...other.check", {"other.py": ""}),
        ("blog.models", {}),
        ("requests.adapters.gone", {"shop/requests.py": ""}),
        ("tools.gone", {"tools/readme.txt": ""}),
        ("rest.gone", {"vendored/rest/__init__.py": ""}),
    ],
)
def test_what_is_there_or_cannot_be_known_is_not_absent(needed: str, files: dict[str, str]) -> None:
    assert absent(needed, files) is None


@pytest.mark.parametrize(
    ("needed", "files", "expected"),
    [
        ("shop.validators", {}, ("validators", "shop/__init__.py")),
        ("shop.validators.total.check", {}, ("validators", "shop/__init__.py")),
        ("..validators.check", {}, ("validators", "shop/__init__.py")),
        (".base", {}, ("base", "shop/migrations/__init__.py")),
        ("shop.models.Order", {"shop/models/__init__.py": ""}, ("Order", "shop/models/__init__.py")),
        ("blog.gone", {"blog/__init__.py": ""}, ("gone", "blog/__init__.py")),
    ],
)
def test_what_a_package_of_the_tree_lacks_is_absent(
    needed: str, files: dict[str, str], expected: tuple[str, str]
) -> None:
    assert absent(needed, files) == expected


def test_of_several_packages_of_a_name_each_has_to_lack_it() -> None:
    path = "src/shop/migrations/0001_initial.py"
    here = {"src/shop/__init__.py": "", "src/shop/migrations/__init__.py": "", "src/tools/__init__.py": ""}
    assert absent("tools.x", here, path) == ("x", "src/tools/__init__.py")
    assert absent("tools.x", here | {"tools/__init__.py": "x = 1"}, path) is None


def test_a_module_is_parsed_only_where_its_text_leaves_it_open() -> None:
    files = PACKAGES | {"shop/validators.py": "def check(value): ...\n", "shop/other.py": ""}

    def facts(name: str) -> Module | None:
        raise AssertionError(f"{name} was parsed")

    imports = Imports(frozenset(files), files.__contains__, files.get, facts)
    file = Module({}, (), {}, {}, None, (), needs={"shop.validators.check": TOP, "shop.other.check": TOP})
    assert [one.needed for one in imports.absent(file, MIGRATION)] == ["shop.other.check"]
