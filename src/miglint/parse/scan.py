"""A look at a file's text before libcst gets it, since some texts make libcst take gigabytes, hours, or the process.

Measured with libcst 1.9: 3,000 nested brackets end the process, 1,000 nested calls take 2.2 GB, time doubles with each
bracket in a `case` pattern, and recursion over a long chain of operators or calls outgrows Python's stack.
"""

from __future__ import annotations

import re
from itertools import accumulate

from miglint.facts.migration import Failure
from miglint.facts.source import TOP, Span

LARGEST_FILE = 1_000_000
DEEPEST = 100
LONGEST_CHAIN = 350
_DEEPEST_PATTERN = 12

_TRIPLE = r"\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''"
_SINGLE = r"\"(?:[^\"\\\r\n]|\\\r\n|\\.)*\"|'(?:[^'\\\r\n]|\\\r\n|\\.)*'"
STRING = rf"(?:{_TRIPLE}|{_SINGLE})"
COMMENT = r"#[^\r\n]*"

# Strings become one character, comments none: what is left are names, numbers, operators and line ends.
_TEXTS = re.compile(rf"({STRING})|{COMMENT}", re.DOTALL)
_BRACKETS = re.compile(r"[()\[\]{}]")
_STEPS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
# A chain's links: what follows a bracket that closes, and what stands between two operands.
_WORDS = r"\b(?:and|or|not|if|else|await|in|is|for)\b"
_TRAILER = re.compile(rf"[)\]}}][\s\\]*(?:[-+*/%@&|^<>!.(\[\"]|{_WORDS})")
_LINK = re.compile(rf"[-+*/%@&|^~<>.\"(\[]|{_WORDS}")
_PIECE = re.compile(r"[,;:]|(?<![=!<>:])=(?!=)")
_DEEP_INDENT = re.compile(rf"^[ \t]{{{DEEPEST},}}", re.MULTILINE)
# `case` and `match` may be names as well.
_CASE = re.compile(r"^[ \t]*case\b(?![ \t]*[=.:,)]).*$", re.MULTILINE)
_FORMATTED = re.compile(rf"(?i:\b(?:[ft]|r[ft]|[ft]r))({STRING})", re.DOTALL)
_HOLE = re.compile(r"\{[^{}]*\}")

_TOKEN = re.compile(
    rf"(?P<text>(?i:\b[rbuft]{{1,2}})?{STRING})|{COMMENT}"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<reset>[,;]|(?<![=!<>:])=(?!=))|(?P<colon>:)|(?P<newline>\r\n|\r|\n)"
    r"|(?P<word>\b(?:and|or|not|if|else|elif|lambda|await|in|is|for)\b)|(?P<name>\w+)"
    r"|(?P<operator>\.|\*\*|//|<<|>>|<=|>=|==|!=|->|:=|[-+*/%@&|^~<>])|\\\r?\n|[ \t\f]+|.",
    re.DOTALL,
)


def scan(text: str) -> Failure | None:
    """Why libcst must not see this text, and where."""
    bare = _TEXTS.sub(lambda found: '"' if found.group(1) else "", text)
    suspicious = (
        _deepest(bare) > DEEPEST
        or len(_TRAILER.findall(bare)) > LONGEST_CHAIN // 2
        # Hardly any file has so much text between two separators, to which it is divided in a tenth of the time.
        or (
            max(map(len, bare.replace(";", ",").replace(":", ",").split(","))) > LONGEST_CHAIN
            and any(len(piece) > LONGEST_CHAIN and _links(piece) > LONGEST_CHAIN for piece in _PIECE.split(bare))
        )
        or bare.count("lambda") > DEEPEST
        or bare.count("elif") > DEEPEST
    )
    failure = _look_closely(text) if suspicious else None
    if failure is None and _DEEP_INDENT.search(bare):
        failure = _indentation(text)
    if failure is None and "case" in bare and "match" in bare:
        failure = _patterns(text)
    if failure is None and "{" in text:
        failure = _formatted(text)
    return failure


def _deepest(bare: str) -> int:
    return max(accumulate(map(_STEPS.__getitem__, _BRACKETS.findall(bare))), default=0)


def _links(piece: str) -> int:
    return len(_LINK.findall(piece))


def _look_closely(text: str) -> Failure | None:
    """The place where brackets are too deep, or a chain is too long, counted token by token."""
    # For each open bracket, and the statement that holds them: links since the last comma, whether an operand ended.
    links = [0]
    lambdas = 0
    elifs = 0
    ended = string = False
    fresh = following = True
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind is None:
            continue
        fresh, following = following, kind == "newline" and len(links) == 1
        if kind == "open":
            links[-1] += ended
            links.append(0)
            if len(links) > DEEPEST + 1:
                return Failure(
                    f"its brackets are nested more than {DEEPEST} deep", _span(text, found.start()), limit=True
                )
            ended = string = False
        elif kind == "close":
            if len(links) > 1:
                links.pop()
            ended, string = True, False
        elif kind == "newline":
            if len(links) == 1:
                links[0] = lambdas = 0
                ended = string = False
        elif kind == "reset" or (kind == "colon" and len(links) == 1 and not lambdas):
            links[-1] = lambdas = 0
            ended = string = False
        elif kind == "text":
            links[-1] += string
            ended = string = True
        elif kind in ("operator", "word"):
            word = found.group()
            elifs = elifs + 1 if word == "elif" else 0 if word == "lambda" else elifs
            lambdas += word == "lambda"
            links[-1] += word != "elif"
            if word == "if" and fresh:
                elifs = 0
            ended = string = False
        elif kind == "name":
            if found.group() in ("def", "class", "while", "with", "return"):
                elifs = 0
            ended, string = True, False
        if links[-1] > LONGEST_CHAIN or lambdas > DEEPEST or elifs > LONGEST_CHAIN:
            what = "operators, calls or strings" if elifs <= LONGEST_CHAIN else "elif branches"
            return Failure(
                f"more than {LONGEST_CHAIN} {what} hang together here", _span(text, found.start()), limit=True
            )
    return None


def _indentation(text: str) -> Failure | None:
    levels = [0]
    depth = 0
    start = True
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "newline":
            start = depth == 0
            continue
        if kind is None and (found.group().isspace() or found.group().startswith(("#", "\\"))):
            continue
        depth += (kind == "open") - (kind == "close" and depth > 0)
        if start:
            start = False
            line = max(text.rfind("\n", 0, found.start()), text.rfind("\r", 0, found.start())) + 1
            width = len(text[line : found.start()].expandtabs(8))
            while levels[-1] > width:
                levels.pop()
            if width > levels[-1]:
                levels.append(width)
            if len(levels) >= DEEPEST:
                return Failure(f"its blocks are nested {DEEPEST} deep", _span(text, found.start()), limit=True)
    return None


def _patterns(text: str) -> Failure | None:
    hidden = _blanked(text)
    for found in _CASE.finditer(hidden):
        # A pattern may go on for lines; its brackets tell.
        depth = 0
        for bracket in _BRACKETS.finditer(hidden, found.start()):
            depth += _STEPS[bracket.group()]
            if depth > _DEEPEST_PATTERN:
                reason = f"the brackets of a 'case' are nested more than {_DEEPEST_PATTERN} deep"
                return Failure(reason, _span(text, bracket.start()), limit=True)
            if depth <= 0 and bracket.start() >= found.end():
                break
            if depth == 0 and hidden.find(":", bracket.end(), found.end()) >= 0:
                break
    return None


def _formatted(text: str) -> Failure | None:
    """An f-string holds expressions that the scan of the rest takes for text."""
    for found in _FORMATTED.finditer(text):
        inside = found.group(1)
        if len(inside) <= DEEPEST:
            continue
        holes = _HOLE.findall(inside)
        if _deepest(inside) > DEEPEST or any(_links(hole) > LONGEST_CHAIN for hole in holes):
            reason = f"an f-string is nested more than {DEEPEST} deep, or holds too long an expression"
            return Failure(reason, _span(text, found.start()), limit=True)
    return None


def _blanked(text: str) -> str:
    """The text with strings and comments made blank, every other character in its place."""
    return _TEXTS.sub(lambda found: re.sub(r"[^\r\n]", " ", found.group()), text)


def _span(text: str, offset: int) -> Span:
    before = re.split(r"\r\n|\r|\n", text[:offset])
    return Span(len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 2)


def refused(data: bytes) -> Failure | None:
    """Why a file's bytes are not even decoded."""
    if len(data) > LARGEST_FILE:
        return Failure(f"it is larger than 1 MB ({len(data) / 1_000_000:.1f} MB)", TOP, limit=True)
    null = data.find(b"\0")
    if null >= 0:
        line = data.count(b"\n", 0, null) + 1
        column = null - (data.rfind(b"\n", 0, null) + 1) + 1
        return Failure("it holds a null byte, so it is no Python source", Span(line, column, line, column + 1))
    return None
