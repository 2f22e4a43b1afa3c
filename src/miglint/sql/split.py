"""A text's statements, as the server would part them."""

from __future__ import annotations

from typing import NamedTuple

from miglint.facts.target import Vendor
from miglint.sql.tokens import Token, tokens


class Part(NamedTuple):
    """One statement's tokens, without the semicolon: never none."""

    tokens: list[Token]

    @property
    def start(self) -> int:
        return self.tokens[0].start


def split(sql: str, dialect: Vendor = "postgresql") -> list[Part]:
    """Semicolons part, outside parentheses and the body of a SQL function (BEGIN ATOMIC … END)."""
    parts: list[Part] = []
    part: list[Token] = []
    depth = blocks = 0
    # A line that begins with a backslash is for psql.
    command_until = -1
    for token in tokens(sql, dialect):
        if command_until >= 0 and token.start > command_until:
            parts.append(Part(part))
            part, command_until = [], -1
        word = token.word
        if word == ";":
            if depth <= 0 and blocks <= 0 and command_until < 0:
                if part:
                    parts.append(Part(part))
                part, depth, blocks = [], 0, 0
                continue
        elif word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        elif word == "\\" and not part:
            newline = sql.find("\n", token.start)
            command_until = newline if newline >= 0 else len(sql)
        elif word == "atomic":
            if part and part[-1].word == "begin" and part[0].word == "create":
                blocks = 1
        elif word == "begin":
            # A trigger's body stands in the statement itself.
            if dialect != "postgresql" and part and part[0].word == "create":
                blocks += 1
        elif blocks:
            if word == "case":
                blocks += 1
            elif word == "end":
                blocks -= 1
        part.append(token)
    if part:
        parts.append(Part(part))
    return parts
