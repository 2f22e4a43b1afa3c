"""What a constraint that is there already proves, so that the server need not look at the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from miglint.schema.tables import TableState
from miglint.sql.statement import Expression

_NOT_NULL = re.compile(r'"?([^"\s().]+)"?\s+IS\s+NOT\s+NULL', re.IGNORECASE)


def proves_not_null(condition: Expression, column: str) -> bool:
    """Whether a check refuses NULL in a column: `column IS NOT NULL`, by itself or joined to others by AND."""
    return any(_says_not_null(part, column) for part in _joined(condition.sql))


def proves_partition(part: TableState, parent: TableState | None, bound: str) -> bool:
    """Whether a table's validated checks prove a partition's bounds, as the server sees it: of one column, constants.

    It compares constants by the operators of the column's type: to it `id > 1999` is not `id >= 2000`.
    """
    if parent is None or len(parent.partition_key) != 1 or part.unknown is not None:
        return False
    (key,) = parent.partition_key
    column = part.columns.get(key)
    wanted = _bounds(key, bound)
    checks = [
        one.condition
        for one in part.constraints
        if one.kind == "check" and one.validated and one.enforced and one.condition is not None
    ]
    filled = (column is not None and column.nullable is False) or any(proves_not_null(one, key) for one in checks)
    return wanted is not None and filled and all(_is_implied(one, _parts(checks)) for one in wanted)


def implies(held: Iterable[Expression], condition: Expression) -> bool:
    """Whether what passes the checks `held` passes another; False where that cannot be told from simple comparisons."""
    known = _parts(held)
    told = {_squeezed(one) for one in known}
    return all(_squeezed(part) in told or _is_implied(part, known) for part in _joined(condition.sql))


def _parts(conditions: Iterable[Expression]) -> list[str]:
    return [part for one in conditions for part in _joined(one.sql)]


def _squeezed(part: str) -> str:
    return "".join(part.replace('"', "").split())


class _Comparison(NamedTuple):
    """`column operator constant`; `in` has several constants."""

    column: str
    operator: str
    constants: tuple[Decimal | str, ...]


_CONSTANT = r"[-+]?\d+(?:\.\d+)?|'[^']*'"
_CAST = r"(?:\s*::\s*[\w ]+(?:\(\d+\))?)?"
_COMPARED = re.compile(rf'\(?"?([^"\s()<>=]+)"?\)?\s*(<=|>=|<|>|=)\s*\(?({_CONSTANT}){_CAST}\)?')
_BETWEEN = re.compile(rf'"?([^"\s()]+)"?\s+BETWEEN\s+({_CONSTANT}){_CAST}\s+AND\s+({_CONSTANT}){_CAST}', re.IGNORECASE)
_AMONG = re.compile(rf'"?([^"\s()]+)"?\s+IN\s*\(((?:\s*(?:{_CONSTANT}){_CAST}\s*,?)+)\)', re.IGNORECASE)
_FROM_TO = re.compile(r"FROM\s*\((.*)\)\s*TO\s*\((.*)\)", re.IGNORECASE | re.DOTALL)
_IN = re.compile(r"IN\s*\((.*)\)", re.IGNORECASE | re.DOTALL)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?")


def _bounds(key: str, bound: str) -> list[str] | None:
    """What FOR VALUES asks of a column, as conditions; None where they are not this simple."""
    ranged = _FROM_TO.fullmatch(bound.strip())
    if ranged is not None:
        ends = [(">=", ranged[1].strip(), "MINVALUE"), ("<", ranged[2].strip(), "MAXVALUE")]
        if not all(value.upper() == open_end or re.fullmatch(_CONSTANT + _CAST, value) for _, value, open_end in ends):
            return None
        return [f"{key} {operator} {value}" for operator, value, open_end in ends if value.upper() != open_end]
    listed = _IN.fullmatch(bound.strip())
    return [f"{key} IN ({listed[1]})"] if listed is not None and _AMONG.fullmatch(f"{key} IN ({listed[1]})") else None


def _is_implied(part: str, known: Iterable[str]) -> bool:
    wanted = _comparisons(part)
    if not wanted:
        return False
    held = [one for other in known for one in _comparisons(other)]
    return all(any(_is_stronger(one, other) for one in held) for other in wanted)


def _comparisons(part: str) -> list[_Comparison]:
    """One, or the two of BETWEEN; none where it is something else."""
    if (found := _COMPARED.fullmatch(part)) is not None:
        column, operator, value = found.groups()
        return [_Comparison(column, "in" if operator == "=" else operator, (_constant(value),))]
    if (found := _BETWEEN.fullmatch(part)) is not None:
        return [
            _Comparison(found[1], ">=", (_constant(found[2]),)),
            _Comparison(found[1], "<=", (_constant(found[3]),)),
        ]
    if (found := _AMONG.fullmatch(part)) is not None:
        return [_Comparison(found[1], "in", tuple(_constant(one[0]) for one in re.finditer(_CONSTANT, found[2])))]
    return []


def _constant(text: str) -> Decimal | str:
    return text[1:-1] if text.startswith("'") else Decimal(text)


def _is_stronger(one: _Comparison, other: _Comparison) -> bool:
    """Whether what passes `one` passes `other`."""
    if one.column != other.column:
        return False
    if other.operator == "in":
        return one.operator == "in" and set(one.constants) <= set(other.constants)
    (limit,) = other.constants
    return all(_is_within(one.operator, value, other.operator, limit) for value in one.constants)


def _is_within(operator: str, value: Decimal | str, wanted: str, limit: Decimal | str) -> bool:
    if operator != "in" and operator[0] != wanted[0]:
        return False
    if isinstance(value, str) and isinstance(limit, str):
        # How texts sort is the collation's business; how dates do, everybody's.
        if value != limit and not (_MOMENT.fullmatch(value) and _MOMENT.fullmatch(limit)):
            return False
        if value != limit:
            value, limit = f"{value} 00:00:00"[:19], f"{limit} 00:00:00"[:19]
        below, same = value < limit, value == limit
    elif isinstance(value, Decimal) and isinstance(limit, Decimal):
        below, same = value < limit, value == limit
    else:
        return False
    # `> 5` is `>= 5` and more; the other way round it is not.
    touching = same and (len(wanted) == 2 or operator == wanted)
    return touching or (below if wanted[0] == "<" else not below and not same)


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
    parts, start, place, between = [], 0, 0, False
    while place < len(text):
        if text[place] == "(":
            place = _closing(text, place)
        elif text[place] == "'":
            place = text.find("'", place + 1) if "'" in text[place + 1 :] else len(text)
        elif _begins("between", text, place):
            between = True
        elif _begins("and", text, place):
            if between:
                between = False
            else:
                parts.append(text[start:place])
                start = place + 3
        elif _begins("or", text, place):
            return [text]
        place += 1
    if not parts:
        return [text]
    return [inner for part in (*parts, text[start:]) for inner in _joined(part)]


def _begins(word: str, text: str, place: int) -> bool:
    """Whether a word stands there, by itself."""
    end = place + len(word)
    return (
        text[place:end].casefold() == word
        and not (place and (text[place - 1].isalnum() or text[place - 1] in '_"'))
        and not (end < len(text) and (text[end].isalnum() or text[end] in '_"'))
    )


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
