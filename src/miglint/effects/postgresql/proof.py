"""What a constraint that is there already proves, so that the server need not look at the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from miglint.schema.tables import TableState
from miglint.sql.cursor import Cursor, UnreadableError
from miglint.sql.statement import LEFT_OUT, Expression
from miglint.sql.tokens import Token, identifier, tokens


def proves_not_null(condition: Expression, column: str) -> bool:
    """Whether a check refuses NULL in a column: `column IS NOT NULL`, by itself or joined to others by AND."""
    return any(_filled(part) == column for part in _joined(condition.sql))


def refused_null(condition: Expression) -> str | None:
    """The column in which a check refuses NULL, where it asks for nothing else."""
    parts = _joined(condition.sql)
    return _filled(parts[0]) if len(parts) == 1 else None


def keeps_null_out(table: TableState, column: str) -> bool:
    """Whether a constraint refuses NULL in what is written to a column; one that is NOT VALID does so too."""
    return any(
        one.columns == (column,)
        if one.kind == "not null"
        else one.condition is not None and one.enforced and proves_not_null(one.condition, column)
        for one in table.constraints
        if one.kind in ("check", "not null")
    )


def is_checked_already(condition: Expression, table: TableState) -> bool:
    """Whether the checks of a table refuse whatever another one would."""
    checks = [one.condition for one in table.constraints if one.kind == "check" and one.condition and one.enforced]
    return condition.unknown is None and implies(checks, condition)


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
    return wanted is not None and filled and _are_implied(wanted, _compared(_parts(checks)))


def implies(held: Iterable[Expression], condition: Expression) -> bool:
    """Whether what passes the checks `held` passes another; False where that cannot be told from simple comparisons."""
    known = _parts(held)
    told = {_words(one) for one in known}
    compared = _compared(known)
    for part in _joined(condition.sql):
        wanted = _comparisons(part)
        if _words(part) not in told and not (wanted and _are_implied(wanted, compared)):
            return False
    return True


class _Part(NamedTuple):
    """What stands between two ANDs, without the brackets around it."""

    sql: str
    tokens: list[Token]


class _Comparison(NamedTuple):
    """`column operator constant`; `in` has several constants."""

    column: str
    operator: str
    constants: tuple[Decimal | str, ...]


def _parts(conditions: Iterable[Expression]) -> list[_Part]:
    """What is known to hold: nothing can be told from a value that is not known before it runs."""
    parts = [part for one in conditions for part in _joined(one.sql)]
    return [part for part in parts if not any(LEFT_OUT in token.text for token in part.tokens)]


def _words(part: _Part) -> tuple[str, ...]:
    """A part as it compares with others: white space and needless quotes make no difference."""
    return tuple(map(_word, part.tokens))


def _word(token: Token) -> str:
    if token.kind != "quoted":
        return token.word or token.text
    name = identifier(token)
    # In quotes a name may look like a number or a text.
    return name if name.isidentifier() else f'"{name}"'


def _compared(parts: Iterable[_Part]) -> list[_Comparison]:
    return [one for part in parts for one in _comparisons(part)]


def _bounds(key: str, bound: str) -> list[_Comparison] | None:
    """What FOR VALUES asks of a column; None where that is not this simple."""
    cursor = Cursor(bound, tokens(bound), "postgresql")
    try:
        if cursor.take("in"):
            found = [_Comparison(key, "in", _constants(cursor))]
        else:
            cursor.expect("from")
            found = [*_end(cursor, key, ">=", "minvalue")]
            cursor.expect("to")
            found += _end(cursor, key, "<", "maxvalue")
        cursor.finish()
    except UnreadableError:
        return None
    return found


def _end(cursor: Cursor, key: str, operator: str, unbounded: str) -> Iterator[_Comparison]:
    """One end of a range, in parentheses; none where it is open."""
    cursor.expect("(")
    if not cursor.take(unbounded):
        yield _Comparison(key, operator, (_constant(cursor),))
    cursor.expect(")")


def _are_implied(wanted: Iterable[_Comparison], held: Iterable[_Comparison]) -> bool:
    return all(any(_is_stronger(one, other) for one in held) for other in wanted)


def _comparisons(part: _Part) -> list[_Comparison]:
    """One, or the two of BETWEEN; none where it is something else."""
    cursor = Cursor(part.sql, part.tokens, "postgresql")
    try:
        column = _column(cursor)
        if cursor.take("between"):
            low = _constant(cursor)
            cursor.expect("and")
            found = [_Comparison(column, ">=", (low,)), _Comparison(column, "<=", (_constant(cursor),))]
        elif cursor.take("in"):
            found = [_Comparison(column, "in", _constants(cursor))]
        else:
            operator = cursor.take_any(_OPERATORS)
            if operator is None:
                return []
            found = [_Comparison(column, "in" if operator == "=" else operator, (_constant(cursor),))]
        cursor.finish()
    except UnreadableError:
        return []
    return found


_OPERATORS = frozenset({"<", "<=", "=", ">", ">="})


def _column(cursor: Cursor) -> str:
    opened = _opened(cursor)
    name = cursor.name()
    while cursor.take("."):
        # What stands before it is the table's own name.
        name = cursor.label()
    for _ in range(opened):
        cursor.expect(")")
    return name


def _opened(cursor: Cursor) -> int:
    """How many brackets open here."""
    first = cursor.at
    while cursor.take("("):
        pass
    return cursor.at - first


def _constants(cursor: Cursor) -> tuple[Decimal | str, ...]:
    cursor.expect("(")
    found = [_constant(cursor)]
    while cursor.take(","):
        found.append(_constant(cursor))
    cursor.expect(")")
    return tuple(found)


def _constant(cursor: Cursor) -> Decimal | str:
    """A number or a text, whatever it is cast to."""
    opened = _opened(cursor)
    sign = cursor.take_any("+-") or ""
    if cursor.done:
        raise cursor.unreadable()
    token = cursor.tokens[cursor.at]
    constant: Decimal | str
    if token.kind == "number":
        try:
            constant = Decimal(sign + token.text)
        except InvalidOperation:
            raise cursor.unreadable() from None
    elif token.kind == "string" and token.text.startswith("'") and not sign:
        constant = token.text[1:-1].replace("''", "'")
    else:
        raise cursor.unreadable()
    cursor.at += 1
    while True:
        if cursor.take("::"):
            cursor.type()
        elif opened and cursor.take(")"):
            opened -= 1
        else:
            break
    if opened:
        raise cursor.unreadable()
    return constant


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


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?")


def _filled(part: _Part) -> str | None:
    """The column that a part says is not NULL."""
    cursor = Cursor(part.sql, part.tokens, "postgresql")
    try:
        if cursor.take("not"):
            # NOT (column IS NULL)
            cursor.expect("(")
            column = _column(cursor)
            cursor.expect("is", "null", ")")
        else:
            column = _column(cursor)
            cursor.expect("is", "not", "null")
        cursor.finish()
    except UnreadableError:
        return None
    return column


def _joined(sql: str) -> list[_Part]:
    """The parts that AND joins at the top, without the brackets around them."""
    words = tokens(sql)
    closings = _closings(words)
    found: list[_Part] = []
    left = [(0, len(words))]
    while left:
        first, end = left.pop()
        while first < end and words[first].word == "(" and closings.get(first) == end - 1:
            first, end = first + 1, end - 1
        parts = _parted(words, first, end, closings)
        if len(parts) > 1:
            left += reversed(parts)
        else:
            found.append(_Part(sql, words[first:end]))
    return found


def _parted(words: list[Token], first: int, end: int, closings: dict[int, int]) -> list[tuple[int, int]]:
    """Where AND parts the tokens, outside brackets; OR binds them all into one."""
    parts: list[tuple[int, int]] = []
    start = place = first
    between = False
    while place < end:
        word = words[place].word
        if word in _OPENING:
            place = closings.get(place, end)
        elif word == "between":
            between = True
        elif word == "or":
            return [(first, end)]
        elif word == "and" and between:
            between = False
        elif word == "and":
            parts.append((start, place))
            start = place + 1
        place += 1
    return [*parts, (start, end)]


_OPENING = {"(": ")", "[": "]", "case": "end"}


def _closings(words: list[Token]) -> dict[int, int]:
    """Where each bracket closes that does."""
    closings: dict[int, int] = {}
    opened: list[int] = []
    for place, token in enumerate(words):
        if token.word in _OPENING:
            opened.append(place)
        elif opened and token.word == _OPENING[words[opened[-1]].word]:
            closings[opened.pop()] = place
    return closings
