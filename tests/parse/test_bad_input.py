"""What is no Python, or would be the end of the parser: a failure at its place, never an exception."""

from __future__ import annotations

import random
from encodings.aliases import aliases

import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miglint.facts.migration import Failure, Module
from miglint.parse import parse
from miglint.parse.scan import scan

REAL = """\
from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion


def forwards(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    for order in Order.objects.filter(total__gt=1):
        order.label = f"{order.pk:05d} – {order.name!r}"
        order.save()


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField(  # miglint: ignore[MIG302] small
            model_name="order",
            name="label",
            field=models.CharField(max_length=20, default='', verbose_name="la\\tbel" 'x'),
        ),
        *[migrations.DeleteModel(n) for n in ("A", 'B')],
        migrations.RunPython(forwards, migrations.RunPython.noop, hints={"a": [1, -2.5, 3j, None]}),
    ]
"""


def failure_of(data: bytes | str) -> Failure:
    failure = parse(data if isinstance(data, bytes) else data.encode())
    assert isinstance(failure, Failure), failure
    return failure


@pytest.mark.parametrize(
    ("data", "reason", "line", "column"),
    [
        (b"x = 1\n" * 200_000, "it is larger than 1 MB (1.2 MB)", 1, 1),
        (b"x = 1\ny = '\0'\n", "it holds a null byte, so it is no Python source", 2, 6),
        (b"x = 1\ny = '\xff'\n", "it is not valid UTF-8 here", 2, 6),
        (b"\xc3\xa9 = 1 \xff\n", "it is not valid UTF-8 here", 1, 7),
        (b"# -*- coding: klingon -*-\n", "its coding line names 'klingon', which is no encoding", 1, 1),
        (b"#!/usr/bin/python\n# coding: rot13\n", "its coding line names 'rot13', which is no encoding", 2, 1),
        (
            b"\xef\xbb\xbf# coding: latin-1\n",
            "it has the byte-order mark of UTF-8, and its coding line names 'latin-1'",
            1,
            1,
        ),
        (b"x = 1\n\nb = [1,\n 2,\n c d]\n", "it is no valid Python", 5, None),
        (b"class A:\n  x = 1\n y = 2\n", "it is no valid Python", 3, None),
        (b"x = 1\ny = 'abc\n", "it is no valid Python", 2, None),
        (b"x = 1\ny = $\n", "it is no valid Python", 2, None),
        (b"x = (\ny = 1\n", "it is no valid Python", 1, None),
        (b"x = 1\nu'a' b'b'\n", "it is no valid Python", 2, None),
    ],
)
def test_the_place_and_the_reason_of_a_failure(data: bytes, reason: str, line: int, column: int | None) -> None:
    failure = failure_of(data)
    assert failure.reason.startswith(reason)
    assert failure.span.line == line
    # Pythons differ in where on the line their complaint points.
    assert column is None or failure.span.column == column


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("\nx = " + "(" * 3000 + ")" * 3000, 2),
        ("\nx = " + "[\n" * 101 + "]" * 101, 102),
        ("x = " + "f(" * 1000 + ")" * 1000, 1),
        ("x = " + "+".join(["1"] * 3000), 1),
        ("x = a" + ".b(1, 2)" * 3000, 1),
        ("x = " + " | ".join(["Q(a=1)"] * 3000), 1),
        ("x = " + " or ".join(["a == 1"] * 3000), 1),
        ("x = " + " or \\\n".join(["f(a=1)"] * 3000), 176),
        ("x = (" + "\n  and  # so\n".join(["f(a=1, b={})"] * 3000) + ")", 351),
        ("x = a" + "[0]" * 3000, 1),
        ("x = a" + ".b" * 3000, 1),
        ("x = (" + " 'a'\n" * 3000 + ")", 352),
        ("x = " + "not " * 3000 + "a", 1),
        ("x = " + "-" * 3000 + "1", 1),
        ("x = " + "lambda: " * 3000 + "1", 1),
        ("x = " + "a if b else " * 3000 + "c", 1),
        ("if a:\n  pass\n" + "elif a:\n  pass\n" * 3000, 703),
        ("match a:\n  case " + "[" * 40 + "1" + "]" * 40 + ":\n    pass\n", 2),
        ("".join(" " * level + "if a:\n" for level in range(120)) + " " * 120 + "pass\n", 100),
        ("x = f'{" + "(" * 3000 + ")" * 3000 + "}'", 1),
        ("x = f'{" + "+".join(["1"] * 3000) + "}'", 1),
    ],
)
def test_what_would_end_the_parser_never_reaches_it(source: str, line: int) -> None:
    assert failure_of(source).span.line == line


@pytest.mark.parametrize(
    "source",
    [
        "x = " + " + ".join(f"'{number}'" for number in range(300)) + "\n",
        "x = (" + "".join(f"\n  'line {number}'" for number in range(300)) + ")\n",
        "x = [" + ", ".join(f"f({number} + 1, a.b.c)" for number in range(3000)) + "]\n",
        "x = {" + ", ".join(f"'k{number}': [({number},)]" for number in range(3000)) + "}\n",
        "x = '" + "((((" * 500 + "'\n",
        "x = '''\n" + "[[[[\n" * 500 + "'''\n",
        "# " + "{{{{" * 500 + "\nx = 1\n",
        "x = f'" + "-" * 3000 + "'\n",
        'x = f"{y["k"]} ((("\n',
        "def f():\n" + "".join(f"    a{number} = b + c - d\n" for number in range(3000)),
        "x = a \\\n  + b\n",
        "case = [[[[[[[[[[[[[[1]]]]]]]]]]]]]]\n",
        "x = 1\n" + "if a:\n  pass\nelif b:\n  pass\n" * 400,
        "x = " + "[" * 60 + "]" * 60 + "\n",
    ],
)
def test_ordinary_files_are_let_through(source: str) -> None:
    assert isinstance(parse(source.encode()), Module)


def test_a_large_file_of_ordinary_nesting_is_let_through() -> None:
    source = REAL + "\n".join(f"N{number} = ('a', [{number}, {{'k': (1, 2)}}], \"it's\")" for number in range(8000))
    assert len(source) > 290_000
    assert scan(source) is None


def test_a_loop_without_end_takes_no_time() -> None:
    module = parse(b"def f(n):\n    return f(n) + f(n)\nx = [f(a) for a in range(10000) for b in range(10000)]\n")
    assert isinstance(module, Module)


def test_a_small_file_makes_no_huge_value() -> None:
    doubled = "\n".join("x = [x, x]" for _ in range(200))
    summed = "\n".join("y = y + y" for _ in range(60))
    named = "\n".join("z = '%s%s' % (z, z)" for _ in range(60))
    module = parse(f"x = [1]\n{doubled}\ny = [1]\n{summed}\nz = 'a'\n{named}\nw = '%999999999d' % 1\n".encode())
    assert isinstance(module, Module)
    assert len(repr(module)) < 3_000_000


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200))
def test_random_bytes_never_raise(data: bytes) -> None:
    assert isinstance(parse(data), Module | Failure)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(alphabet="abx01 \n\t()[]{}.,:=+-*'\"\\#@%fr\r\x0cé😀lambdaifor", max_size=120))
def test_random_texts_never_raise(text: str) -> None:
    assert isinstance(parse(text.encode()), Module | Failure)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_mutilated_migrations_never_raise(seed: int) -> None:
    chance = random.Random(seed)
    tokens = ["(", ")", "[", "*", "**x", "None", "lambda: x", "\n", "    ", "=", "def f(): return 1", "Migration", "+"]
    lines = REAL.splitlines(keepends=True)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[chance.randrange(len(lines))])
            case 2:
                cut = chance.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + chance.choice(tokens) + lines[at][cut:]
            case _:
                words = lines[at].split(" ")
                chance.shuffle(words)
                lines[at] = " ".join(words)
        if not lines:
            return
    assert isinstance(parse("".join(lines).encode()), Module | Failure)


@pytest.mark.parametrize("codec", sorted({*aliases.values(), "idna", "undefined"}))
def test_no_codec_of_pythons_makes_a_file_a_crash(codec):
    for tail in (b"x = '\xe9\xff'\n", b"\\x\n", b"+\xff", b"\x00", b"xn--\xff.a\n", b"a.\xe9\xff\n"):
        assert isinstance(parse(b"# coding: " + codec.encode() + b"\n" + tail), (Module, Failure))


@pytest.mark.parametrize("value", ["a if b else(lambda: c)", "not(lambda: a)", "a or(lambda: b)", "0if a else 1or 2"])
def test_brackets_stand_for_blanks_as_in_python(value):
    found = parse(f"class Migration:\n    initial = {value}\n".encode())
    assert isinstance(found, Module)
    assert found.migration is not None


def test_nodes_made_elsewhere_are_checked_as_ever():
    for text in ("x = 1", "x = ("):
        parse(text.encode())
        with pytest.raises(cst.CSTValidationError):
            cst.Name("")
