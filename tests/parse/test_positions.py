"""Spans are libcst's own positions, in code points and from 1, whatever the file's line ends and characters."""

from __future__ import annotations

from pathlib import Path

import libcst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from miglint.facts.migration import Module
from miglint.facts.source import Span
from miglint.parse import decode, parse
from miglint.parse.positions import Positions, _Walk

SAMPLES = Path(__file__).resolve().parents[2] / "sample_migrations"

PLAIN = '''\
"""A docstring."""
from django.db import migrations, models


@decorated(1)
class Migration(  # why
    migrations.Migration,
):
    operations = [
        # first
        migrations.AddField(model_name="a", name = "b", field=( models.CharField(
            'x'  'y', *args, **{'k': -1},
        ) ), ),
        (yield_ or [i for i in (1, 2) if i]) [0],
        ("a", "b",),
    ]

    async def f(self, a=1, *, b: int = 2) -> None:
        return lambda: a if b else f"{a!r:>{b}} {'é'}"
if x:  y = 1; z = {1, 2}
'''

ODD = {
    "plain": PLAIN,
    "windows": PLAIN.replace("\n", "\r\n"),
    "old mac": PLAIN.replace("\n", "\r"),
    "tabs": PLAIN.replace("    ", "\t"),
    "mixed": PLAIN.replace("first\n", "first\r\n"),
    "beyond the first plane": PLAIN.replace("'x'", "'😀é'").replace("docstring", "𝒟ocstring"),
    "form feed": PLAIN.replace("\n\n@", "\n\x0c\n@"),
    "no last line end": PLAIN.rstrip("\n"),
    "line continuation": PLAIN.replace("name = ", "name = \\\n  "),
}


@pytest.mark.parametrize("name", ODD)
def test_positions_are_libcsts(name: str) -> None:
    text = ODD[name]
    tree = libcst.parse_module(text)
    positions = Positions(tree, text)
    wrapper = MetadataWrapper(tree, unsafe_skip_copy=True)
    checked = 0
    for node, place in wrapper.resolve(PositionProvider).items():
        if node not in positions or isinstance(
            node, libcst.Tuple | libcst.GeneratorExp | libcst.IndentedBlock | libcst.Module
        ):
            continue
        checked += 1
        start, end = place.start, place.end
        assert positions.span(node) == Span(start.line, start.column + 1, end.line, end.column + 1), node
    assert checked > 80


@pytest.mark.parametrize("name", ODD)
def test_lengths_add_up_to_the_places_that_libcst_generates(name: str) -> None:
    text = ODD[name]
    tree = libcst.parse_module(text)
    walk = _Walk(tree, text)
    assert walk.adds_up
    generated = Positions(tree, text)
    assert len(list(generated.nodes())) > len(walk.places) > 80
    assert {generated.offsets(node) == (start, end) for start, end, node in walk.places.values()} == {True}


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("migrations/0*.py")), ids=lambda path: path.name)
def test_no_migration_is_generated_again_as_a_whole(path: Path) -> None:
    text = decode(path.read_bytes()).text
    try:
        tree = libcst.parse_module(text)
    except libcst.ParserSyntaxError:
        return
    assert _Walk(tree, text).adds_up


@pytest.mark.parametrize("name", ODD)
def test_a_tuples_parentheses_belong_to_it(name: str) -> None:
    text = ODD[name]
    tree = libcst.parse_module(text)
    positions = Positions(tree, text)
    written = [positions.code(node) for node in positions.nodes() if isinstance(node, libcst.Tuple)]
    assert '("a", "b",)' in written
    assert "(1, 2)" in written


def test_columns_count_code_points_after_a_mark() -> None:
    module = parse("\ufeffx = '😀'; y = f(\tz)\n".encode())
    assert isinstance(module, Module)
    call = module.names["y"]
    assert getattr(call, "span", None) == Span(1, 14, 1, 19)


@pytest.mark.parametrize(
    ("data", "text", "encoding", "mark"),
    [
        (b"x = 1\n", "x = 1\n", "utf-8", b""),
        (b"\xef\xbb\xbfx = 1\r\n", "x = 1\r\n", "utf-8", b"\xef\xbb\xbf"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n", "latin-1", b""),
        (b"#!/bin/python\n# vim: set fileencoding=cp1252 :\n'\x80'", None, "cp1252", b""),
        (b"\x0c# coding:utf8\n'\xc3\xa9'", None, "utf8", b""),
        (b"# This Python file uses the following encoding: Latin_1\n'\xe9'", None, "Latin_1", b""),
        (b"x = 1\n# coding: klingon\n", None, "utf-8", b""),
        (b"", "", "utf-8", b""),
    ],
)
def test_text_is_decoded_as_python_does(data: bytes, text: str | None, encoding: str, mark: bytes) -> None:
    decoded = decode(data)
    assert (decoded.encoding, decoded.mark) == (encoding, mark)
    assert decoded.mark + decoded.text.encode(decoded.encoding) == data
    assert text is None or decoded.text == text
    assert isinstance(parse(data), Module)
