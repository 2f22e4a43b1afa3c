"""What a constraint that is there already proves, so that the server need not look at the rows."""

from __future__ import annotations

import re

from miglint.schema.tables import TableState
from miglint.sql.statement import Expression

_NOT_NULL = re.compile(r'"?([^"\s().]+)"?\s+IS\s+NOT\s+NULL', re.IGNORECASE)


def proves_not_null(condition: Expression, column: str) -> bool:
    """Whether a check refuses NULL in a column: `column IS NOT NULL`, by itself or joined to others by AND."""
    return any(_says_not_null(part, column) for part in _joined(condition.sql))


def proves_partition(part: TableState, parent: TableState | None) -> bool:
    """Whether a check of a table may prove a partition's bounds: a validated one that rules out NULL and the rest.

    The bounds themselves are not compared: who writes such a check right before ATTACH means it so.
    """
    return any(
        one.kind == "check" and one.validated and one.condition is not None and len(_joined(one.condition.sql)) > 1
        for one in part.constraints
    )


def _says_not_null(part: str, column: str) -> bool:
    found = _NOT_NULL.fullmatch(part)
    if found is not None:
        return found[1] == column or found[1].lower() == column
    negated = re.fullmatch(r'NOT\s*\(\s*"?([^"\s().]+)"?\s+IS\s+NULL\s*\)', part, re.IGNORECASE)
    return negated is not None and (negated[1] == column or negated[1].lower() == column)


def _joined(sql: str) -> list[str]:
    """The parts that AND joins at the top, without the brackets around them."""
    text = sql.strip()
    while text.startswith("(") and _closing(text, 0) == len(text) - 1:
        text = text[1:-1].strip()
    parts, start, place = [], 0, 0
    while place < len(text):
        if text[place] == "(":
            place = _closing(text, place)
        elif text[place] == "'":
            place = text.find("'", place + 1) if "'" in text[place + 1 :] else len(text)
        elif re.match(r"AND\b", text[place:], re.IGNORECASE) and (place == 0 or not text[place - 1].isalnum()):
            parts.append(text[start:place])
            start = place + 3
        elif re.match(r"OR\b", text[place:], re.IGNORECASE) and (place == 0 or not text[place - 1].isalnum()):
            return [text]
        place += 1
    if not parts:
        return [text]
    return [inner for part in (*parts, text[start:]) for inner in _joined(part)]


def _closing(text: str, place: int) -> int:
    """Where the bracket that opens at `place` closes; the end, where it does not."""
    depth = 0
    while place < len(text):
        if text[place] == "'":
            end = text.find("'", place + 1)
            place = end if end >= 0 else len(text)
        elif text[place] == "(":
            depth += 1
        elif text[place] == ")":
            depth -= 1
            if depth == 0:
                return place
        place += 1
    return len(text) - 1
