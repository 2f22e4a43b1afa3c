"""Comments that hide findings: which lines they speak for, and where their codes stand."""

from __future__ import annotations

from miglint.facts.migration import Module, Suppression
from miglint.facts.source import Span
from miglint.parse import parse


def suppressions_of(source: str) -> tuple[Suppression, ...]:
    module = parse(source.encode())
    assert isinstance(module, Module)
    return module.suppressions


def test_a_comment_behind_code_speaks_for_its_line() -> None:
    assert suppressions_of("x = 1\ny = f(  # miglint: ignore[MIG302, MIG405] the table is tiny\n)\n") == (
        Suppression(
            kind="ignore",
            codes=("MIG302", "MIG405"),
            code_spans=(Span(2, 27, 2, 33), Span(2, 35, 2, 41)),
            reason="the table is tiny",
            span=Span(2, 9, 2, 60),
            lines=(2, 2),
        ),
    )


def test_a_comment_on_its_own_line_speaks_for_what_stands_below() -> None:
    source = """\
class Migration:
    operations = [
        f(1),
        # miglint: ignore[MIG302]
        # Another remark.

        migrations.AddIndex(
            "a",
        ),
        # miglint: ignore[MIG303]
        (
            "b",
        ),
    ]
    # miglint: ignore[MIG304]
    x = [
        1,
    ]
    # miglint: ignore[MIG305]
    def f():
        pass
# miglint: ignore[MIG306]
"""
    assert [(one.codes, one.lines) for one in suppressions_of(source)] == [
        (("MIG302",), (4, 9)),
        (("MIG303",), (10, 13)),
        (("MIG304",), (15, 18)),
        (("MIG305",), (19, 20)),
        (("MIG306",), (22, 22)),
    ]


def test_a_comment_for_the_file_stands_near_the_top() -> None:
    head, below = suppressions_of(
        "# miglint: ignore-file[MIG501] old history\nimport a\n"
        + "x = 1\n" * 10
        + "class A:\n"
        + "    y = 1\n" * 20
        + "    z = 2  # miglint: ignore-file[MIG502]\n"
    )
    assert (head.kind, head.lines, head.reason) == ("ignore-file", (1, 35), "old history")
    assert (below.kind, below.lines) == ("ignore", (34, 34))


def test_noqa_counts_with_our_codes_alone() -> None:
    (one,) = suppressions_of("x = 1  # noqa: MIG302, E501\ny = 1  # noqa\nz = 1  # noqa: E501,F401\n")
    assert (one.kind, one.codes, one.code_spans, one.lines) == ("noqa", ("MIG302",), (Span(1, 16, 1, 22),), (1, 1))


def test_several_suppressions_share_a_comment() -> None:
    first, second = suppressions_of("x = 1  # noqa: MIG101  # miglint: ignore[MIG302] because\n")
    assert {first.kind, second.kind} == {"noqa", "ignore"}
    assert {one.codes for one in (first, second)} == {("MIG101",), ("MIG302",)}


def test_one_without_codes_is_kept_to_be_reported() -> None:
    assert [
        (one.kind, one.codes) for one in suppressions_of("x = 1  # miglint: ignore\ny = 1  # miglint: ignore[]\n")
    ] == [
        ("ignore", ()),
        ("ignore", ()),
    ]


def test_what_only_looks_like_a_comment_is_none() -> None:
    assert suppressions_of("x = '# miglint: ignore[MIG302]'\ny = '''\n# noqa: MIG302\n'''\n# miglint is a tool\n") == ()
    assert suppressions_of("# xmiglint: ignore[MIG302]\n") == ()


def test_what_is_said_to_miglint_in_other_words_is_kept_without_codes_so_that_it_is_reported() -> None:
    for text in ("# miglint: ignored[MIG302]", "# miglint: disable[MIG302] why", "x = 1  # miglint:ignore-all"):
        (kept,) = suppressions_of(f"{text}\n")
        assert (kept.kind, kept.codes) == ("ignore", ())
