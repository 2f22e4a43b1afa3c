"""Edits on text."""

from __future__ import annotations

from miglint.facts.source import Location, Span
from miglint.findings import Edit
from miglint.fix import apply


def edit(line: int, column: int, end_line: int, end_column: int, text: str) -> Edit:
    return Edit(Location("x.py", Span(line, column, end_line, end_column)), text)


def test_text_is_replaced_where_the_span_says_whatever_the_line_ends() -> None:
    text = "a = 1\r\nb = 'é😀', x\r\n"
    assert apply(text, [(edit(2, 11, 2, 12, "y"),)]).text == "a = 1\r\nb = 'é😀', y\r\n"


def test_several_fixes_are_applied_together_and_counted() -> None:
    outcome = apply("one\ntwo\n", [(edit(1, 1, 1, 4, "1"),), (edit(2, 1, 2, 4, "2"),)])
    assert outcome == ("1\n2\n", 2)


def test_a_fix_that_touches_an_applied_one_is_left_for_the_next_run() -> None:
    outcome = apply("abcdef", [(edit(1, 1, 1, 4, "x"),), (edit(1, 3, 1, 5, "y"),)])
    assert outcome == ("xdef", 1)


def test_a_removed_comment_takes_its_blanks_along() -> None:
    assert apply("x = 1  # noqa: MIG101\n", [(edit(1, 8, 1, 22, ""),)]).text == "x = 1\n"


def test_a_removed_comment_of_its_own_takes_its_line_along() -> None:
    assert apply("x\n    # note\r\ny\n", [(edit(2, 5, 2, 11, ""),)]).text == "x\ny\n"
