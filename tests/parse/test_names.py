"""What a module's names hold after its last line: settings, helpers, apps.py, manage.py."""

from __future__ import annotations

import pytest

from miglint.facts.migration import Class, Module
from miglint.facts.source import Span
from miglint.facts.values import (
    Call,
    Literal,
    Mapping,
    Parameter,
    Reference,
    Sequence,
    Unresolved,
    Value,
)
from miglint.folding import substitute
from miglint.parse import parse


def module_of(source: str) -> Module:
    module = parse(source.encode())
    assert isinstance(module, Module), module
    return module


def plain(value: Value | None) -> object:
    """A value without spans: literals as themselves, `?` for what is not known, `=path` for a reference."""
    match value:
        case None:
            return None
        case Literal(known):
            return known
        case Sequence("list", items):
            return [plain(item) for item in items]
        case Sequence("tuple", items):
            return tuple(plain(item) for item in items)
        case Sequence("set", items):
            return {plain(item) for item in items}
        case Mapping(items=pairs):
            return {plain(key): plain(item) for key, item in pairs}
        case Reference(path):
            return f"={path}"
        case Parameter(name):
            return f"<{name}>"
        case Call(function, arguments):
            return (plain(function), *(plain(argument.value) for argument in arguments))
        case _:
            return "?"


def x(source: str) -> object:
    return plain(module_of(source).names.get("x"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 'a' 'b'", "ab"),
        ("x = u'a'", "a"),
        ("x = r'\\d'", "\\d"),
        ("x = 'a\\n\\'b'", "a\n'b"),
        ("x = '''a\r\nb'''", "a\nb"),
        ("x = b'a' b'\\x00'", b"a\0"),
        ("x = -1", -1),
        ("x = - - 0x10", 16),
        ("x = 1_000", 1000),
        ("x = 1.5e3", 1500.0),
        ("x = 2j", 2j),
        ("x = not ''", True),
        ("x = 1 + 2 * 3", 7),
        ("x = 60 * 60 * 24", 86400),
        ("x = 'a' + 'b' * 2", "abb"),
        ("x = 'a%s-%d' % ('b', 3)", "ab-3"),
        ("x = 'a%(k)s' % {'k': 1}", "a1"),
        ("x = '{} {a}'.format(1, a='b')", "1 b"),
        ("x = ', '.join(['a', 'b'])", "a, b"),
        ("y = 'z'\nx = f'a{y}{1 + 1}{{}}'", "az2{}"),
        ("x = f'{3:03d}'", "003"),
        ("x = 'A'.lower()", "a"),
        ("x = [1, *(2, 3)]", [1, 2, 3]),
        ("x = (1,) + (2,)", (1, 2)),
        ("x = {1, 2}", {1, 2}),
        ("x = {'a': 1, **{'b': 2}}", {"a": 1, "b": 2}),
        ("x = dict(a=1, **{'b': 2})", {"a": 1, "b": 2}),
        ("x = dict([('a', 1)])", {"a": 1}),
        ("x = list((1, 2))", [1, 2]),
        ("x = tuple([])", ()),
        ("x = set(['a'])", {"a"}),
        ("x = {'a': [1, 2]}['a'][-1]", 2),
        ("x = [1, 2, 3][1:]", [2, 3]),
        ("x = {'a': 1}.get('b', 2)", 2),
        ("x = 1 if 'a' in ['a'] else 2", 1),
        ("x = None or 'a'", "a"),
        ("x = [a + b for a in (1, 2) for b in (10, 20) if a + b != 21]", [11, 12, 22]),
        ("x = {k: v for k, v in {'a': 1}.items()}", {"a": 1}),
        ("x, *rest = 1, 2", "?"),
        ("x, y = 1, 2", 1),
        ("y = x = 3", 3),
        ("x: int = 4", 4),
        ("x = 1\nx += 2", 3),
        ("x = [1]\nx += (2,)", [1, 2]),
        ("x = {'a': 1}\nx |= {'b': 2}", {"a": 1, "b": 2}),
        ("x = 1\ndel x", None),
        ("from a import b\nx = b.c", "=a.b.c"),
        ("from . import b\nx = b", "=.b"),
        ("from ..a import b as c\nx = c", "=..a.b"),
        ("import a.b.c\nx = a.b.c.d", "=a.b.c.d"),
        ("import a.b as c\nx = c", "=a.b"),
        ("x = len", "=builtins.len"),
        ("x = ...", "=builtins.Ellipsis"),
        ("from a import f\nx = f(1, k='b')", ("=a.f", 1, "b")),
        ("from a import A\nx = A | 1", ("=operator.or_", "=a.A", 1)),
        ("from a import A\nx = [1] + A", ("=operator.add", [1], "=a.A")),
        ("from a import A\nx = [1, *A, 2]", ("=operator.add", ("=operator.add", [1], "=a.A"), [2])),
        ("from a import A\nx = f'{A}_x'", ("=operator.add", ("=builtins.str", "=a.A"), "_x")),
        ("x = [1]\nx.append(2)\nx.extend([3])\nx.insert(0, 0)\nx.remove(2)", [0, 1, 3]),
        ("x = {}\nx['a'] = {}\nx['a']['b'] = [1]\nx['a']['b'].append(2)", {"a": {"b": [1, 2]}}),
        ("x = {'a': 1}\nx.update({'b': 2}, c=3)\nx.setdefault('a', 9)", {"a": 1, "b": 2, "c": 3}),
        ("from a import *\nx += ['b']", ("=operator.add", "=builtins.x", ["b"])),
        ("from a import *\nx.append('b')", ("=operator.add", "=builtins.x", ["b"])),
        ("from a import *\nx['k'] = 1", ("=operator.or_", "=builtins.x", {"k": 1})),
        ("x = [1]\nx.sort(key=f)", "?"),
        ("for x in (1, 2):\n    pass", 2),
        ("x = 0\nfor i in (1, 2, 3):\n    if i == 3:\n        break\n    x += i", 3),
        ("x = 1\nwhile f():\n    x = 2", "?"),
        ("from a import items\nx = 1\nfor i in items:\n    x += i", "?"),
        ("with open('f') as f:\n    x = f.read()", "?"),
        ("if True:\n    x = 1\nelse:\n    x = 2", 1),
        ("from a import A\nif A:\n    x = 1\nelse:\n    x = 1", 1),
        ("from a import A\nif A:\n    x = 1\nelse:\n    x = 2", "?"),
        ("from a import A\nif A:\n    x = 1", "?"),
        ("from a import A\nx = [1]\nif A:\n    x += [2]", [1, "?"]),
        ("from a import A\nif A:\n    x = 1\nelse:\n    raise ValueError", 1),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    x = 1\nelse:\n    x = 2", 2),
        ("try:\n    import a as x\nexcept ImportError:\n    x = None", "=a"),
        ("try:\n    from a import b\n    x = 1\nexcept (ImportError, KeyError):\n    x = 2", 1),
        ("try:\n    x = f()\nexcept ValueError:\n    x = 2", "?"),
        ("def f(a, b=2):\n    return [a, b]\nx = f(1)", [1, 2]),
        ("def f(*a, **k):\n    return [a, k]\nx = f(1, b=2)", [(1,), {"b": 2}]),
        ("def f(a):\n    if a > 1:\n        return 'big'\n    return 'small'\nx = [f(1), f(2)]", ["small", "big"]),
        ("def f(a):\n    return g(a) + 1\ndef g(a):\n    return a * 2\nx = f(2)", 5),
        ("f = lambda a: a + 1\nx = f(1)", 2),
        ("from a import A\ndef f(a):\n    if A:\n        return 1\n    return a\nx = f(2)", ("=#f", 2)),
        ("@d\ndef f():\n    return 1\nx = f()", ("=#f",)),
        ("def f():\n    yield 1\nx = f()", ("=#f",)),
        ("class A:\n    b = 1\nx = A.b", 1),
        ("class A:\n    def f(self): pass\nx = A.f", "=#A.f"),
        ("class A:\n    class B:\n        c = 1\nx = A.B.c", 1),
        ("from a import B\nclass A(B): pass\nx = A.c", "=a.B.c"),
        ("class A:\n    b = [1]\nA.b.append(2)\nx = A.b", [1, 2]),
        ("x = 10 ** 10 ** 10", ("=operator.pow", 10, 10000000000)),
        ("x = 'a' * 10 ** 9", ("=operator.mul", "a", 1000000000)),
    ],
)
def test_a_name_holds_what_its_last_line_leaves(source: str, expected: object) -> None:
    assert x(source) == expected


def test_installed_apps_are_added_up() -> None:
    module = module_of(
        "DJANGO_APPS = ['django.contrib.admin']\n"
        "PROJECT_APPS = ('shop',)\n"
        "INSTALLED_APPS = DJANGO_APPS + list(PROJECT_APPS)\n"
        "DEBUG = True\n"
        "if DEBUG:\n"
        "    INSTALLED_APPS.append('debug_toolbar')\n"
    )
    assert plain(module.names["INSTALLED_APPS"]) == ["django.contrib.admin", "shop", "debug_toolbar"]


def test_star_imports_are_kept_in_order() -> None:
    module = module_of("from .base import *\ntry:\n    from .local import *\nexcept ImportError:\n    pass\n")
    assert module.stars == (".base", ".local")


def test_a_conditional_value_says_why_it_is_not_known() -> None:
    value = module_of("from a import A\nif A:\n    x = 1\nelse:\n    x = 2\n").names["x"]
    assert value == Unresolved("it is bound differently under a condition", Span(2, 4, 2, 5))


def test_classes_say_their_bases_attributes_and_methods() -> None:
    module = module_of(
        "from django.apps import AppConfig\n"
        "class ShopConfig(AppConfig):\n"
        "    name = 'shop'\n"
        "    label: str = 'store'\n"
        "    def ready(self):\n"
        "        pass\n"
    )
    found = module.classes["ShopConfig"]
    assert found == Class(
        "ShopConfig",
        (Reference("django.apps.AppConfig"),),
        {"name": Literal("shop"), "label": Literal("store")},
        {"ready": module.functions["ShopConfig.ready"]},
        Span(2, 1, 2, 28),
    )
    assert found.methods["ready"].does_nothing
    assert found.methods["ready"].span == Span(5, 5, 5, 14)


def test_a_functions_result_is_a_template() -> None:
    function = module_of(
        "from django.db import migrations\n"
        "def drop(table, suffix='_old'):\n"
        "    'Drops it.'\n"
        "    name = f'{table}{suffix}'\n"
        "    return [migrations.DeleteModel(name)]\n"
    ).functions["drop"]
    assert function.parameters == ("table", "suffix")
    assert plain(function.returns) == [
        (
            "=django.db.migrations.DeleteModel",
            ("=operator.add", ("=builtins.str", "<table>"), ("=builtins.str", "<suffix>")),
        )
    ]
    filled = substitute(function.returns, {"table": Literal("a"), **function.defaults}, Span(9, 1, 9, 2))
    assert plain(filled) == [("=django.db.migrations.DeleteModel", "a_old")]
    assert isinstance(filled, Sequence)
    assert filled.span == Span(9, 1, 9, 2)


def test_a_function_that_has_to_be_run_says_why() -> None:
    functions = module_of(
        "def a(n):\n    for i in n:\n        return i\n"
        "def b(apps, editor):\n    for row in apps.get_model('a', 'B').objects.all():\n        row.save()\n"
        "def c():\n    return None\n"
        "def d():\n    ...\n"
        "def e():\n    print(1)\n"
    ).functions
    assert functions["a"].returns == Unresolved("what it loops over is not known", Span(1, 1, 1, 6))
    assert functions["b"].returns == Literal(None)
    assert [functions[name].does_nothing for name in "abcde"] == [False, False, True, True, False]
