from __future__ import annotations

from miglint.facts.source import Span
from miglint.findings import Severity
from miglint.report import Style
from miglint.report.frame import Mark, frame, source_lines
from miglint.report.terminal import columns

ERROR = Severity.ERROR


def drawn(source: str, *marks: Mark, width: int = 80, unicode: bool = True, context: int = 2) -> str:
    style = Style(width=width, unicode=unicode)
    return "\n".join(frame(source_lines(source), marks, style, context=context, indent=""))


def mark(line: int, column: int, end_line: int, end_column: int, label: str = "") -> Mark:
    return Mark(Span(line, column, end_line, end_column), ERROR, label)


def test_nothing_is_drawn_for_a_file_that_is_not_there():
    assert frame([], [mark(1, 1, 1, 5)], Style()) == []


def test_nothing_is_drawn_for_a_line_that_is_not_there():
    assert frame(["a"], [mark(7, 1, 7, 5)], Style()) == []


def test_carets_stand_under_the_span():
    assert (
        drawn("a\nb\nc = add(x)\nd\ne\nf", mark(3, 5, 3, 11))
        == """\
1 │ a
2 │ b
3 │ c = add(x)
  │     ^^^^^^
4 │ d
5 │ e"""
    )


def test_blank_lines_at_either_end_are_left_out():
    assert drawn("a\n\nb\n\nc", mark(3, 1, 3, 2)) == "1 │ a\n2 │\n3 │ b\n  │ ^\n4 │\n5 │ c"
    assert drawn("\n\nb\n\n", mark(3, 1, 3, 2)) == "3 │ b\n  │ ^"


def test_an_empty_span_gets_one_caret():
    assert drawn("", mark(1, 1, 1, 1)) == "1 │\n  │ ^"


def test_a_span_may_end_after_its_line():
    assert drawn("ab", mark(1, 3, 1, 4)) == "1 │ ab\n  │   ^"


def test_tabs_are_spread_to_stops():
    assert drawn("\tx\ty", mark(1, 4, 1, 5)) == "1 │     x   y\n  │         ^"


def test_wide_characters_take_two_columns_and_combining_ones_none():
    assert drawn("尺寸 = e\u0301 + x", mark(1, 11, 1, 12)) == "1 │ 尺寸 = e\u0301 + x\n  │            ^"


def test_what_a_terminal_would_obey_is_made_visible_and_counted():
    assert drawn("'\x1b[31m' \u202e x", mark(1, 11, 1, 12)) == "1 │ '\\x1b[31m' \\u202e x\n  │                   ^"


def test_a_form_feed_ends_no_line():
    assert source_lines("a\x0cb\u2028c\r\nd\re\nf") == ["a\x0cb\u2028c", "d", "e", "f"]


def test_a_span_of_several_lines_has_a_bar():
    assert (
        drawn("a\nadd(\n  x,\n)\nb", mark(2, 1, 4, 2))
        == """\
1 │   a
2 │ ╭ add(
3 │ │   x,
4 │ ╰ )
5 │   b"""
    )


def test_the_bar_of_labelled_spans_ends_in_the_label():
    assert (
        drawn("add(\n  x,\n)\nb", mark(1, 1, 3, 2, "MIG301"), mark(2, 3, 2, 4, "MIG201"))
        == """\
1 │ ╭ add(
2 │ │   x,
  │ │   ^ MIG201
3 │ │ )
  │ ╰ MIG301
4 │   b"""
    )


def test_the_middle_of_a_long_span_is_left_out():
    text = drawn("\n".join(f"line {number}" for number in range(1, 31)), mark(5, 1, 25, 3))
    assert (
        text
        == """\
 3 │   line 3
 4 │   line 4
 5 │ ╭ line 5
 6 │ │ line 6
 7 │ │ line 7
 8 │ │ line 8
 ⋮   │
24 │ │ line 24
25 │ ╰ line 25
26 │   line 26
27 │   line 27"""
    )


def test_a_mark_in_the_middle_of_a_long_span_is_shown():
    text = drawn(
        "\n".join(f"line {number}" for number in range(1, 31)), mark(5, 1, 25, 3, "A"), mark(16, 1, 16, 5, "B")
    )
    assert "16 │ │ line 16\n   │ │ ^^^^ B\n" in text


def test_a_second_span_of_several_lines_is_shown_by_its_first():
    assert "1 │ ╭ add(  x,\n  │ │       ^^ B\n" in drawn(
        "add(  x,\n  y,\n  z)", mark(1, 1, 3, 5, "A"), mark(1, 7, 2, 4, "B")
    )


def test_equal_spans_share_their_carets():
    assert drawn("add(x)", mark(1, 1, 1, 7, "MIG201"), mark(1, 1, 1, 7, "MIG301")) == (
        "1 │ add(x)\n  │ ^^^^^^ MIG201, MIG301"
    )


def test_a_label_that_does_not_fit_beside_stands_below():
    text = drawn("add(" + "x" * 28 + ")", mark(1, 5, 1, 33, "MIG201"), width=40)
    assert text == "1 │ add(" + "x" * 28 + ")\n  │     " + "^" * 28 + "\n  │     MIG201"


def test_distant_marks_have_a_gap_between_them():
    text = drawn("\n".join("abcdefghijkl"), mark(1, 1, 1, 2, "A"), mark(11, 1, 11, 2, "B"), context=1)
    assert text == " 1 │ a\n   │ ^ A\n 2 │ b\n ⋮\n10 │ j\n11 │ k\n   │ ^ B\n12 │ l"


def test_a_long_line_is_cut_around_the_span():
    text = drawn("x" * 100 + "HERE" + "y" * 100, mark(1, 101, 1, 105), width=44)
    line, carets = text.splitlines()
    assert line == "1 │ …xxxxxxxxxxHERE" + "y" * 24 + "…"
    assert line.index("HERE") == carets.index("^^^^")
    assert columns(line) <= 44


def test_a_long_line_whose_span_comes_early_is_cut_at_its_end_only():
    text = drawn("HERE" + "y" * 100, mark(1, 1, 1, 5), width=44)
    assert text.splitlines()[0] == "1 │ HERE" + "y" * 35 + "…"


def test_carets_do_not_run_over_the_edge():
    for width in (44, 80):
        text = drawn("x" * 30 + "y" * 200, mark(1, 31, 1, 231), width=width)
        assert max(columns(row) for row in text.splitlines()) <= width


def test_ascii_will_do():
    text = drawn("add(\n  x,\n)" + "y" * 80, mark(1, 1, 3, 2), width=44, unicode=False)
    assert text.isascii()
    assert text.startswith("1 | / add(\n2 | |   x,\n3 | \\ )yyy")


def test_colour_goes_by_severity():
    rows = frame(["add(x)"], [Mark(Span(1, 1, 1, 4), Severity.WARNING)], Style(colour=True))
    assert rows[1].endswith("\x1b[1;33m^^^\x1b[0m")
