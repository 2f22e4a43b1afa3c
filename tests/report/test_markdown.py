from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt
from report.samples import CLEAN, EMPTY, HIDDEN, LEAVES, ONE_WAY, REWRITE, RICH, finding, pages

from miglint.facts.source import Location, Span
from miglint.findings import Finding, Notice, Related, Report, RuleInfo, Severity
from miglint.report import Style, render
from miglint.report.markdown import LONGEST

WHOLE = """\
### ❌ miglint: found 1 error and 1 warning in 12 migrations of 3 apps.

<details open>
<summary><code>shop/migrations/0003_b.py</code>: 1 error, 1 warning</summary>

| | Line | Rule | What happens, and what to do |
|---|---:|---|---|
| ❌ | 4 | MIG101 multiple-leaf-nodes | App 'shop' has two leaf nodes, '0003_a' and '0003_b': migrate stops.<br>\
**Help:** Run <code>python manage.py makemigrations --merge</code>.<br>\
→ shop/migrations/0003_a.py:4 The other leaf, '0003_a'. |
| ⚠️ | 13 | MIG501 irreversible-run-python | RunPython(forwards) has no reverse_code, so migrating backwards stops \
here.<br>**Help:** Pass reverse_code, or RunPython.noop if there is nothing to undo. |

</details>

<sub>Assumed: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2 supports).</sub>
"""


def markdown(report: Report, **style: Any) -> str:
    return render(report, "markdown", Style(**style), pages)


def about(*findings: Finding, **more: Any) -> Report:
    return dataclasses.replace(CLEAN, findings=findings, exit_code=1, **more)


class Shown(HTMLParser):
    """What a browser makes of it: elements, and cells as text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.in_cell = False
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self.in_cell = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.in_cell:
            self.rows[-1][-1] += data


def rows(text: str) -> list[list[str]]:
    return [row for row in Shown(text).rows if row]


def test_nothing_found_is_said_in_one_line():
    assert markdown(CLEAN) == (
        "### ✅ miglint: checked 12 migrations of 3 apps: no findings.\n\n"
        "<sub>Assumed: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2 supports).</sub>\n"
    )
    assert markdown(CLEAN, quiet=True) == ""


def test_nothing_checked_is_no_success():
    assert markdown(EMPTY) == "### ⚠️ miglint: warning: No migrations found under 'src'.\n"


def test_a_file_is_a_table_with_what_to_do():
    assert markdown(about(LEAVES, ONE_WAY)) == WHOLE


def test_every_finding_is_a_row_of_four_cells():
    found = rows(markdown(RICH))
    assert sorted(row[2].split()[0] for row in found) == sorted(one.code for one in RICH.findings)
    assert {len(row) for row in found} == {4}


def test_files_with_the_worst_come_first():
    note = finding(severity=Severity.INFO, location=Location("a.py", Span(1, 1, 1, 1)))
    late = dataclasses.replace(ONE_WAY, location=Location("b.py", Span(1, 1, 1, 1)))
    assert re.findall("<code>(.*)</code>: ", markdown(about(note, late, REWRITE))) == [
        "shop/migrations/0003_b.py",
        "b.py",
        "a.py",
    ]


def test_files_are_folded_where_there_are_many_findings():
    apart = [finding(location=Location(f"{number:02}.py", Span(1, 1, 1, 1))) for number in range(30)]
    text = markdown(about(*apart))
    assert (text.count("<details open>"), text.count("<details>")) == (20, 10)
    assert len(rows(text)) == 30


def many(count: int, **more: Any) -> list[Finding]:
    return [
        finding(location=Location(f"app{number // 40}/migrations/0001.py", Span(1 + number, 1, 1 + number, 1)), **more)
        for number in range(count)
    ]


def test_of_many_findings_the_rest_is_counted_by_rule():
    text = markdown(about(*many(70), *many(40, code="MIG102", name="dangling-dependency")))
    found = rows(text)
    assert len([row for row in found if len(row) == 4]) == 50
    assert "**60 more findings**, by rule:" in text
    assert [row for row in found if len(row) == 3] == [
        ["❌", "45", "MIG101 multiple-leaf-nodes"],
        ["❌", "15", "MIG102 dangling-dependency"],
    ]


def test_findings_about_older_migrations_are_only_counted():
    """Where no base is known, of those about deploying the newest migration of each app has rows."""
    old = many(30, code="MIG501", name="irreversible-run-python", migration="0001_initial")
    rule = RuleInfo("MIG501", "irreversible-run-python", Severity.ERROR, of_deploying=True)
    text = markdown(about(LEAVES, *old, rules=(rule,)))
    assert [row[1] for row in rows(text)] == ["4", "30"]
    assert "**30 more findings**, by rule, 30 about older migrations (`miglint check --since origin/main` " in text


@pytest.mark.parametrize("count", [45, 400, 3000])
def test_what_does_not_fit_a_comment_is_counted(count: int):
    text = markdown(about(*many(count, hint="long " * 150, message="long " * 150)), everything=True)
    assert len(text) <= LONGEST
    found = rows(text)
    listed, (counted,) = [row for row in found if len(row) == 4], [row for row in found if len(row) == 3]
    assert 30 < len(listed) < count
    assert int(counted[1]) == count - len(listed)
    assert text.count("<details") == text.count("</details>")
    assert "<sub>Assumed: " in text


def test_one_message_cannot_use_up_the_room():
    text = markdown(about(finding(message="x" * 100_000), ONE_WAY))
    assert len(rows(text)) == 2


def test_many_places_are_counted():
    places = tuple(Related(Location(f"{number}.py", Span(1, 1, 1, 1)), "here") for number in range(7))
    assert markdown(about(dataclasses.replace(LEAVES, related=places))).count("→") == 6


def test_suppressed_findings_are_counted_and_listed_where_they_are_asked_for():
    report = dataclasses.replace(CLEAN, suppressed=(HIDDEN,))
    assert "<sub>Suppressed: 1 finding.</sub>" in markdown(report)
    assert rows(markdown(report)) == []
    ((sign, _, _, said),) = rows(markdown(report, show_suppressed=True))
    assert (sign, said) == ("🔇", "RunSQL has no reverse_sql.Suppressed by comment: agreed with operations")


def test_what_was_not_analysed_is_counted():
    assert "Not analysed: 1 operation that" in markdown(RICH)


def test_what_broke_comes_first():
    report = dataclasses.replace(CLEAN, notices=(Notice("rule MIG302 failed.", internal=True),), exit_code=2)
    assert markdown(report).startswith("❌ rule MIG302 failed.\n\n### ⚠️ miglint: checked 12 ")


ELEMENTS = {"h3", "details", "summary", "code", "table", "thead", "tbody", "tr", "th", "td", "br", "strong", "p", "sub"}

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</td></tr></table><script>x</script>",
    "a | b",
    "a \\| b",
    "a \\",
    "**bold** _em_ ~~gone~~ [x](http://y) ![x](y)",
    "&lt;b&gt; &amp;",
    "<!-- a",
    "-->",
    "$x$",
    "line\nline",
    "__first__ a_b _c_ __init__.py",
    "| --- |",
    "</details>",
    "\u202eright to left\u200b",
]


def visibly(text: str) -> str:
    return text.replace("\n", "\\n").replace("\u202e", "\\u202e").replace("\u200b", "\\u200b")


@pytest.mark.parametrize("said", HOSTILE)
def test_a_name_is_shown_as_it_is(said: str):
    shown = Shown(markdown(about(finding(message=said, hint=said, name=said), ONE_WAY)))
    hostile, other = (row for row in shown.rows if row)
    assert hostile[2:] == [f"MIG101 {visibly(said)}", f"{visibly(said)}Help: {visibly(said)}"]
    assert len(other) == 4
    assert set(shown.elements) <= ELEMENTS


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("run `a`", "run a"),
        ("`a | b`", "a | b"),
        ("`a \\| b`", "a \\| b"),
        ("`<b>`", "<b>"),
        ("`a\\`", "a\\"),
        ("``", "``"),
        ("`odd", "`odd"),
        ("`a` and `odd", "a and `odd"),
        ("``` `a` ```", "`` a ``"),
    ],
)
def test_what_stands_between_backticks_is_code_and_an_odd_one_is_itself(said: str, seen: str):
    shown = Shown(markdown(about(finding(message=said, hint=""))))
    ((_, _, _, cell),) = (row for row in shown.rows if row)
    assert cell == seen
    assert set(shown.elements) <= ELEMENTS


@pytest.mark.parametrize("said", [*HOSTILE, "a`b", "a``b`"])
def test_a_path_is_shown_as_it_is(said: str):
    shown = Shown(markdown(about(finding(location=Location(said, Span(1, 1, 1, 1))))))
    assert [len(row) for row in shown.rows if row] == [4]
    assert visibly(said) in shown.text
    assert set(shown.elements) <= ELEMENTS


def test_nobody_is_called_and_no_issue_is_pointed_at():
    one = finding(
        message="@everyone and `@org/team`, see #1", hint="", location=Location("@me/#2.py", Span(1, 1, 1, 1))
    )
    text = markdown(about(one))
    # A summary holds the path in code, where GitHub reads no names.
    assert "<code>@me/#2.py</code>" in text
    rest = text.replace("<code>@me/#2.py</code>", "")
    assert not re.search(r"[@#]\w", rest)


def test_the_text_is_utf8_whatever_a_file_is_called():
    markdown(about(finding(location=Location("a\udcff.py", Span(1, 1, 1, 1))))).encode("utf-8")
