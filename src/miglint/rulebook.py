"""The rules' pages: `rules/CODE.md`, read for the command line, for SARIF and for the tests that run them.

A page is Markdown: a heading with code and name, a summary paragraph, then sections. In *Given*, *Bad* and *Good*
every block with a `title` is a file of a small project. Below *Bad* and *Good*, headings of the third level set
independent projects apart; each has the files of *Given* too. A line that is flagged ends with its code in a
comment, or is named in the fence where the language has no such comment: `flags="3"`. `init="no"` leaves the
file's folder without the `__init__.py` that every other folder of a Python file gets. Where a story needs a
repository, *Given* is what its branch started from: `git="main"` is a file as the main branch has it by now, beside the
story's own of that name if there is one, and `git="untracked"` one that is not committed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from miglint.findings import Example, RulePage, Severity

if TYPE_CHECKING:
    from importlib.abc import Traversable

_HEADING = re.compile(r"(#{1,3}) +(.+?) *#* *$")
_FENCE = re.compile(r"(`{3,}|~{3,})(.*)$")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_MARK = re.compile(r"#\s*((?:MIG\d{3})(?:\s*,\s*MIG\d{3})*)\s*$")


class Entry(NamedTuple):
    """A rule as the list of rules shows it; `default` says whether it takes part unless it is selected."""

    code: str
    name: str
    severity: Severity
    default: bool


def page(code: str) -> RulePage | None:
    """A rule's page; None where there is none."""
    return _pages().get(code)


def codes() -> tuple[str, ...]:
    """The codes that have a page, in order."""
    return tuple(_pages())


def entries() -> tuple[Entry, ...]:
    """Every rule in code order, the one that suppressions are judged by among them."""
    from miglint.config import UNUSED_SUPPRESSION
    from miglint.rules import ALL_RULES
    from miglint.suppress import UNUSED_SUPPRESSION_NAME

    listed = [Entry(rule.code, rule.name, rule.severity, rule.default) for rule in ALL_RULES]
    listed.append(Entry(UNUSED_SUPPRESSION, UNUSED_SUPPRESSION_NAME, Severity.WARNING, True))
    return tuple(sorted(listed))


def explain(code: str, as_json: bool = False) -> str | None:
    """A rule's page below a line about the rule, in Markdown or as JSON; None where there is no such rule."""
    wanted = code.upper()
    entry = next((entry for entry in entries() if wanted == entry.code or code.lower() == entry.name), None)
    if entry is None:
        return None
    if as_json:
        return _json({"version": 1, **_described(entry)})
    return _explained(entry)


def listing(as_json: bool = False, pages: bool = False) -> str:
    """Every rule on a line of its own, or with its page."""
    if as_json:
        return _json({"version": 1, "rules": [_described(entry) for entry in entries()]})
    if pages:
        return "\n\n".join(_explained(entry) for entry in entries())
    longest = max(len(entry.name) for entry in entries())
    rows = (
        f"{entry.code}  {entry.severity!s:<7}  {entry.name:<{longest}}{'' if entry.default else '  off by default'}"
        for entry in entries()
    )
    return "\n".join(row.rstrip() for row in rows)


def parse(text: str) -> RulePage:
    """A page from its Markdown. Raises ValueError where its form is wrong."""
    lines = text.splitlines()
    heading = re.fullmatch(r"# (MIG\d{3}) (\S+)", lines[0] if lines else "")
    if heading is None:
        raise ValueError("a page starts with '# CODE name'")
    code, title = heading.groups()
    given: list[Example] = []
    stories: dict[str, dict[str, list[Example]]] = {"Bad": {}, "Good": {}}
    for block in _blocks(lines, code):
        if block.section == "Given":
            given.append(block.example)
        elif block.section in stories:
            stories[block.section].setdefault(block.story, []).append(block.example)
    bad, good = (tuple(tuple(files) for files in stories[section].values()) for section in ("Bad", "Good"))
    return RulePage(code, title, _summary(lines), text, tuple(given), bad, good)


def project(page: RulePage, story: tuple[Example, ...]) -> tuple[Example, ...]:
    """The files of one story, those of *Given* among them; the story's own take their place."""
    by_path = {example.path: example for example in (*page.given, *story) if example.git != "main"}
    return tuple(by_path[path] for path in sorted(by_path))


@cache
def _pages() -> dict[str, RulePage]:
    texts = {entry.name: entry for entry in _root().iterdir() if re.fullmatch(r"MIG\d{3}\.md", entry.name)}
    parsed = (parse(texts[name].read_text("utf-8")) for name in sorted(texts))
    return {page.code: page for page in parsed}


def _root() -> Traversable:
    """The wheel carries the pages beside the code; in a checkout they lie at its top."""
    packaged = files("miglint").joinpath("rulepages")
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "rules"


def _explained(entry: Entry) -> str:
    known = page(entry.code)
    default = "on by default" if entry.default else "off by default"
    header = f"{entry.code} {entry.name} · {entry.severity} · {default}"
    if known is None:
        return header
    return f"{header}\n\n{known.text.partition(chr(10))[2].strip()}"


def _described(entry: Entry) -> dict[str, Any]:
    known = page(entry.code)
    return {
        "code": entry.code,
        "name": entry.name,
        "severity": str(entry.severity),
        "default": entry.default,
        "summary": known.summary if known else "",
        "text": known.text if known else "",
    }


def _json(document: dict[str, Any]) -> str:
    import json

    return json.dumps(document, indent=2, ensure_ascii=False)


def _summary(lines: list[str]) -> str:
    """The first paragraph below the heading."""
    paragraph: list[str] = []
    for line in lines[1:]:
        if line.startswith("#") or (paragraph and not line.strip()):
            break
        if line.strip():
            paragraph.append(line.strip())
    return " ".join(paragraph)


class _Block(NamedTuple):
    """A titled block, the section that it stands in, and the heading of the story that it belongs to."""

    section: str
    story: str
    example: Example


def _blocks(lines: list[str], code: str) -> Iterator[_Block]:
    section = story = ""
    numbered = iter(lines)
    for line in numbered:
        fence = _FENCE.match(line)
        if fence is not None:
            body = _body(numbered, fence[1])
            attributes = dict(_ATTRIBUTE.findall(fence[2]))
            if "title" in attributes:
                yield _Block(section, story, _example(attributes, body, code))
            continue
        heading = _HEADING.match(line)
        if heading is None:
            continue
        if len(heading[1]) == 2:
            section, story = heading[2], ""
        elif len(heading[1]) == 3:
            story = heading[2]


def _body(lines: Iterator[str], fence: str) -> list[str]:
    body: list[str] = []
    for line in lines:
        if line.rstrip() == fence:
            return body
        body.append(line)
    raise ValueError(f"a block that starts with {fence} does not end")


def _example(attributes: dict[str, str], body: list[str], code: str) -> Example:
    marks = [(number, marked) for number, line in enumerate(body, start=1) for marked in _marked(line)]
    marks += [(int(number), code) for number in re.findall(r"\d+", attributes.get("flags", ""))]
    text = "".join(f"{line}\n" for line in body)
    match attributes.get("git", ""):
        case "" | "main" | "untracked" as git:
            return Example(attributes["title"], text, tuple(sorted(marks)), attributes.get("init") != "no", git)
        case other:
            raise ValueError(f"git={other!r} is neither main nor untracked")


def _marked(line: str) -> list[str]:
    """The codes in the comment that ends a line. `# noqa: MIG302` is a suppression, not a mark."""
    mark = _MARK.search(line)
    return re.findall(r"MIG\d{3}", mark[1]) if mark else []
