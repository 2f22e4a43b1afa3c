"""What a terminal shows: colours, columns, and nothing that the text would like to tell the terminal itself."""

from __future__ import annotations

import unicodedata
from typing import Literal as OneOf
from typing import TypeAlias

from miglint.findings import Severity

Paint: TypeAlias = OneOf["bold", "dim", "red", "yellow", "blue", "green", "cyan"]

_SGR: dict[Paint, str] = {
    "bold": "1",
    "dim": "2",
    "red": "1;31",
    "yellow": "1;33",
    "blue": "1;34",
    "green": "32",
    "cyan": "36",
}

SEVERITY_PAINT: dict[Severity, Paint] = {
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.INFO: "blue",
}

TAB = 4

_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def paint(text: str, how: Paint, colour: bool) -> str:
    return f"\x1b[{_SGR[how]}m{text}\x1b[0m" if colour and text else text


def visible(text: str) -> str:
    """The text with everything that a terminal would obey, or that has no shape, written as an escape.

    Escape sequences, control characters, bidirectional overrides, zero-width characters, lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(visible_character(character) for character in text)


def visible_character(character: str) -> str:
    if character.isprintable():
        return character
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def columns(text: str) -> int:
    """How many columns a printable text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def wrap(text: str, width: int, indent: str = "", hanging: str | None = None) -> list[str]:
    """A paragraph as lines of at most `width` columns; `hanging` indents all but the first."""
    rest = indent if hanging is None else hanging
    lines: list[str] = []
    line, used = indent, columns(indent)
    empty = True
    # Messages are one paragraph; a line feed in one is from a name, and shown as such.
    for word in visible(text).split():
        needed = columns(word)
        if not empty and used + 1 + needed > width:
            lines.append(line)
            line, used, empty = rest, columns(rest), True
        line += word if empty else f" {word}"
        used += needed if empty else needed + 1
        empty = False
    return [*lines, line]


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
