"""SQL cut to the length of a line or two: what is in brackets goes first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from miglint.report.terminal import columns, visible

_ELLIPSIS = "…"

_TOKEN = re.compile(
    r"""
      (?P<text> '(?:[^']|'')*' | \$(?P<tag>\w*)\$ .*? \$(?P=tag)\$ )
    | (?P<name> "(?:[^"]|"")*" )
    | (?P<space> (?: \s | --[^\n]* | /\*.*?\*/ )+ )
    | (?P<bracket> [()] )
    | (?P<rest> [^\s'"$()/-]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)

# A string, or what stands in brackets, that is no longer than this stays whole.
_SHORT = 16
_LONG_NAME = 32
_END = 14

# Of a text as long as a novel, this much is looked at.
_ENOUGH = 2_000

# What Django says of and beside every foreign key.
_DEFERRED = re.compile(
    r" DEFERRABLE INITIALLY DEFERRED\b|; SET CONSTRAINTS .*? IMMEDIATE$|^SET CONSTRAINTS .*? IMMEDIATE; "
)

# A kind of token, and its text.
_Piece: TypeAlias = tuple[str, str]

# All but the first column that an UPDATE sets.
_SET = re.compile(r"^(UPDATE .*? SET [^,]*), .*?(?= WHERE | FROM |$)", re.IGNORECASE)


def brief(sql: str, room: int, ellipsis: str = _ELLIPSIS) -> str:
    """One line of SQL, printable, without its comments and in at most `room` columns."""
    pieces = [
        (match.lastgroup or "", " " if match.lastgroup == "space" else match[0])
        for match in _TOKEN.finditer(sql[:_ENOUGH])
    ]
    if len(sql) > _ENOUGH:
        pieces.append(("rest", ellipsis))
    text = _joined(pieces)
    if columns(text) <= room:
        return text
    for kept in _shorter(pieces, ellipsis):
        text = _SET.sub(rf"\1, {ellipsis}", _DEFERRED.sub("", _joined(kept)))
        if columns(text) <= room:
            return text
    while columns(text) > room - len(ellipsis):
        text = text[:-1]
    return text.rstrip() + ellipsis


def _joined(pieces: list[_Piece]) -> str:
    return visible("".join(text for _, text in pieces).strip(" ;"))


def _shorter(pieces: list[_Piece], ellipsis: str) -> Iterator[list[_Piece]]:
    """The same with ever more left out: long strings and names, then what stands in brackets, the longest first."""
    made = [(kind, _cut(kind, text, ellipsis)) for kind, text in pieces]
    yield made
    while True:
        longest = max(_brackets(made), key=lambda span: _length(made, span), default=None)
        if longest is None or _length(made, longest) <= _SHORT:
            return
        start, end = longest
        made = [*made[: start + 1], ("rest", ellipsis), *made[end:]]
        yield made


def _cut(kind: str, text: str, ellipsis: str) -> str:
    if kind == "text" and len(text) > _SHORT:
        return f"'{ellipsis}'"
    if kind == "name" and len(text) > _LONG_NAME:
        # Generated names end in what tells them apart.
        return f"{text[:_END]}{ellipsis}{text[-_END:]}"
    return text


def _brackets(pieces: list[_Piece]) -> list[tuple[int, int]]:
    """Where the outermost brackets open and close."""
    spans = []
    depth = start = 0
    for place, (kind, text) in enumerate(pieces):
        if kind == "bracket" and text == "(":
            start = place if depth == 0 else start
            depth += 1
        elif kind == "bracket" and depth:
            depth -= 1
            if depth == 0:
                spans.append((start, place))
    return spans


def _length(pieces: list[_Piece], span: tuple[int, int]) -> int:
    return sum(len(text) for _, text in pieces[span[0] + 1 : span[1]])
