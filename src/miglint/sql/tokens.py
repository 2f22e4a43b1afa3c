"""SQL's text as tokens, as PostgreSQL's own lexer cuts it; comments and white space are left out."""

from __future__ import annotations

import re
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.facts.target import Vendor

# `other` is what no SQL holds outside a string: a brace, a backslash, a quote or comment that nothing closes.
Kind: TypeAlias = OneOf["word", "quoted", "string", "number", "parameter", "operator", "mark", "other"]


class Token(NamedTuple):
    """`word` is what a grammar compares: a keyword or unquoted name folded, an operator or mark; empty for the rest."""

    kind: Kind
    word: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokens(sql: str, dialect: Vendor = "postgresql") -> list[Token]:
    """Never raises: text that is no SQL becomes tokens of the kind `other`."""
    mysql = dialect in ("mysql", "mariadb")
    match = (_MYSQL if mysql else _STANDARD).match
    found: list[Token] = []
    add = found.append
    at, length = 0, len(sql)
    while at < length:
        piece = match(sql, at)
        assert piece is not None
        kind = piece.lastgroup
        at = piece.end()
        if kind == "word":
            text = piece["word"]
            add(Token("word", text.lower() if text.isascii() else _folded(text), text, at - len(text)))
        elif kind == "mark":
            text = piece["mark"]
            add(Token("mark", text, text, at - len(text)))
        elif kind == "quoted" or kind == "string" or kind == "number" or kind == "parameter":
            text = piece[kind]
            add(Token(kind, "", text, at - len(text)))  # type: ignore[arg-type]
        elif kind == "operator":
            text = piece["operator"]
            start = at - len(text)
            if len(text) > 1 and text[-1] in "+-" and not _SPECIAL.intersection(text):
                # Signs at its end belong to what follows, unless it holds what only longer operators do: `id=-1`.
                signs = text[len(text.rstrip("+-")) or 1 :]
                text = text[: -len(signs)]
                add(Token("operator", text, text, start))
                for place, sign in enumerate(signs, start + len(text)):
                    add(Token("operator", sign, sign, place))
            else:
                add(Token("operator", text, text, start))
        elif kind == "comment":
            start = piece.start("comment")
            at = _comment_end(sql, at, nested=not mysql)
            if at < 0:
                at = length
                add(Token("other", "/*", sql[start:], start))
        elif kind == "open":
            start = piece.start("open")
            add(Token("other", sql[start], sql[start:], start))
            at = length
        elif kind == "other":
            text = piece["other"]
            add(Token("other", text, text, at - len(text)))
    return found


def identifier(token: Token) -> str:
    """The name that a word or a quoted identifier stands for, not cut."""
    if token.kind == "word":
        return token.word
    text = token.text
    if text[0] in "uU":
        return _ESCAPE.sub(_unescaped, text[3:-1].replace('""', '"'))
    quote = text[0]
    inner = text[1:-1]
    return inner.replace(quote * 2, quote) if quote in inner else inner


_ESCAPE = re.compile(r"\\(?:\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4})|(\\))")


def _unescaped(escape: re.Match[str]) -> str:
    if escape[3]:
        return "\\"
    code = int(escape[1] or escape[2], 16)
    return chr(code) if code <= 0x10FFFF else escape[0]


def _folded(text: str) -> str:
    # The server folds ASCII alone where a character may take several bytes.
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


_SPECIAL = frozenset("~!@#%^&|`?")


def _comment_end(sql: str, at: int, nested: bool) -> int:
    """Where a comment ends whose opening ends at `at`; -1 where it does not."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(sql, at):
        if edge[0] == "*/":
            depth -= 1
            if depth == 0:
                return edge.end()
        elif nested:
            depth += 1
    return -1


_COMMENT_EDGE = re.compile(r"/\*|\*/")

# Letters, digits and all that is not ASCII, said by what they are not: sets of 65,536 characters take 1 ms to compile.
_FIRST = r"[^\x00-@\[-^`{-\x7f]"
_TAG = rf"{_FIRST}[^\x00-/:-@\[-^`{{-\x7f]*"
_WORD = rf"{_FIRST}[^\x00-#%-/:-@\[-^`{{-\x7f]*"
_NUMBER = (
    r"0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|"
    r"(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?"
)
_PARAMETER = r"%s(?![A-Za-z0-9_])|%\(\w+\)s|\$[0-9]+"
# Ends before a comment, and before a parameter of the driver's.
_OPERATOR = r"(?:[+*<>=~!@#^&|`?]|-(?!-)|/(?!\*)|%(?!s(?![A-Za-z0-9_])|\(\w+\)s))+"

# The last two alternatives match anything, so that what stands before them is never tried twice.
_STANDARD = re.compile(
    rf"""(?:\s|\ufeff|--[^\n]*)*(?:
      (?P<string>[eE]'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'
        |(?:[bBxXnN]|[uU]&)?'[^']*(?:''[^']*)*'
        |(?P<tag>\$(?:{_TAG})?\$).*?(?P=tag))
     |(?P<quoted>(?:[uU]&)?"[^"]*(?:""[^"]*)*"|`[^`]+`)
     |(?P<word>{_WORD})
     |(?P<comment>/\*)
     |(?P<number>{_NUMBER})
     |(?P<parameter>{_PARAMETER})
     |(?P<mark>::|:=|\.\.|[()\[\],;.:])
     |(?P<operator>{_OPERATOR})
     |(?P<open>['"])
     |(?P<end>\Z)
     |(?P<other>.))""",
    re.DOTALL | re.VERBOSE,
)
_MYSQL = re.compile(
    rf"""(?:\s|\ufeff|--(?=\s|\Z)[^\n]*|\#[^\n]*)*(?:
      (?P<string>(?:[bBxXnN]|_[a-z0-9]+\s*)?'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'
        |"[^"\\]*(?:(?:\\.|"")[^"\\]*)*")
     |(?P<quoted>`[^`]+(?:``[^`]*)*`)
     |(?P<word>{_WORD})
     |(?P<comment>/\*)
     |(?P<number>{_NUMBER})
     |(?P<parameter>{_PARAMETER})
     |(?P<mark>::|:=|\.\.|[()\[\],;.:])
     |(?P<operator>(?:[+*<>=~!@^&|?]|-(?!-\s)|/(?!\*)|%(?!s(?![A-Za-z0-9_])|\(\w+\)s))+)
     |(?P<open>['"`])
     |(?P<end>\Z)
     |(?P<other>.))""",
    re.DOTALL | re.VERBOSE,
)
