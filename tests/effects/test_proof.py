"""What a check that holds says of a column, and of another check."""

import pytest

from miglint.effects.postgresql.proof import implies, proves_not_null
from miglint.sql.statement import Expression


@pytest.mark.parametrize(
    "condition",
    [
        "b IS NOT NULL",
        '"A" IS NOT NULL',
        "a IS NOT NULL OR b > 0",
        "note = 'x AND a IS NOT NULL AND y'",
        "b > 0 -- AND a IS NOT NULL",
        "CASE WHEN b > 0 AND a IS NOT NULL AND c > 0 THEN true ELSE true END",
        "coalesce(a, b) IS NOT NULL",
        "NOT (a IS NOT NULL)",
        "(a IS NOT NULL",
    ],
)
def test_what_leaves_room_for_null(condition: str) -> None:
    assert not proves_not_null(Expression(condition), "a")


@pytest.mark.parametrize(
    "condition",
    [
        "a IS NOT NULL",
        '("a" IS NOT NULL)',
        "A is not null and b between 1 and 2",
        "b = 'it''s (' AND (c > 0 OR d > 0) AND (b > 0 AND a /* each */ IS NOT NULL)",
        "NOT (a IS NULL)",
        "shop_order.a IS NOT NULL",
    ],
)
def test_what_refuses_null(condition: str) -> None:
    assert proves_not_null(Expression(condition), "a")


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ("a > 0", "a > 1"),
        ("a >= 0", "a > 0"),
        ("a IN (1, 2, 3)", "a IN (1, 2)"),
        ("a BETWEEN 0 AND 10", "a BETWEEN 0 AND 9"),
        ("a >= 'b'", "a >= 'a'"),
        ('"A" > 0', "a > 0"),
        ("a > 0 OR b > 0", "a > 0"),
        ("lower(a) = 'x'", "lower(a) = 'X'"),
        # What is worked out as Python runs may be something else each time.
        ("at >= '…'", "at >= '…'"),
        ("at BETWEEN '…' AND '…'", "at BETWEEN '…' AND '…'"),
    ],
)
def test_what_does_not_follow(held: str, wanted: str) -> None:
    assert not implies([Expression(held)], Expression(wanted))


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ("a > 1", "a > 0"),
        ("a = -1", "a<=-1"),
        ("a IN (1, 2)", '"a" IN (1, 2, (3)::smallint)'),
        ("a BETWEEN 1 AND 9", "a >= 0 AND a <= 10"),
        ("day >= '2020-02-01'::date", "(\"day\" >= '2020-01-01')"),
        ("lower(A)  = 'x' AND b > 0", "LOWER(a) = 'x'"),
        ("note = 'it''s'", "note IN ('it''s', 'and')"),
    ],
)
def test_what_follows(held: str, wanted: str) -> None:
    assert implies([Expression(held)], Expression(wanted))
