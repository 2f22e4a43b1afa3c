"""Bytes → text, as Python decodes a source file."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from miglint.facts.migration import Failure
from miglint.facts.source import Span

# https://peps.python.org/pep-0263/
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#.*)?\Z")
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Decoded(NamedTuple):
    """A file's text without its byte-order mark; `mark` is that mark, `encoding` what encodes the text again."""

    text: str
    encoding: str
    mark: bytes


class UndecodableError(ValueError):
    """The bytes are no text: `failure` says why and where."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def decode(data: bytes) -> Decoded:
    """A source file's text, line ends as they are. Raises UndecodableError, a ValueError."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    body = data[len(mark) :]
    encoding, line = _declared(body)
    cookie = Span(line, 1, line, 1)
    if not _is_text_encoding(encoding):
        raise UndecodableError(Failure(f"its coding line names '{encoding}', which is no encoding", cookie))
    if mark and codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig"):
        reason = f"it has the byte-order mark of UTF-8, and its coding line names '{encoding}'"
        raise UndecodableError(Failure(reason, cookie))
    try:
        return Decoded(body.decode(encoding), encoding, mark)
    except UnicodeDecodeError as error:
        # Some codecs decode part by part, and say where it is in the part: there is no place for that in the file.
        where = _place(body, error.start, encoding) if error.object == body else cookie
        raise UndecodableError(Failure(f"it is not valid {encoding.upper()} here", where)) from None
    except (UnicodeError, ValueError, LookupError, OverflowError):
        raise UndecodableError(Failure(f"it is not valid {encoding.upper()}", cookie)) from None


def _declared(body: bytes) -> tuple[str, int]:
    """The encoding that the first two lines name, and the line that does."""
    rest = body
    for number in (1, 2):
        end = _LINE_END.search(rest)
        line = rest[: end.start()] if end else rest
        cookie = _COOKIE.match(line)
        if cookie is not None:
            return cookie.group(1).decode("ascii", "replace"), number
        if end is None or not _BLANK.match(line):
            break
        rest = rest[end.end() :]
    return "utf-8", 1


def _is_text_encoding(name: str) -> bool:
    try:
        # Some codecs (rot13, base64) turn text into text or bytes into bytes.
        return bool(getattr(codecs.lookup(name), "_is_text_encoding", True))
    except (LookupError, ValueError):
        return False


def _place(body: bytes, offset: int, encoding: str) -> Span:
    ends = list(_LINE_END.finditer(body, 0, offset))
    start = ends[-1].end() if ends else 0
    try:
        column = len(body[start:offset].decode(encoding, "replace")) + 1
    except UnicodeError:
        # There are codecs that replace nothing.
        column = offset - start + 1
    return Span(len(ends) + 1, column, len(ends) + 1, column + 1)
