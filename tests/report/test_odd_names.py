"""Whatever a migration, a model or a folder is called, each report that others read can be read."""

from __future__ import annotations

import dataclasses
import json
import re
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from report.samples import CLEAN, ONE_WAY, finding, pages
from report.test_markdown import ELEMENTS, Shown

from miglint.facts.source import TOP, Location
from miglint.report import Style, render
from miglint.report.terminal import visible

NAMES = st.text(max_size=30) | st.text(alphabet="`|\\<>*_[]()!&;#@~$-=+.:1a \n\r\t\"'/{}", max_size=25)


@settings(max_examples=150, deadline=None)
@given(NAMES, NAMES, NAMES)
def test_every_report_can_be_read(message: str, hint: str, path: str) -> None:
    odd = finding(message=message, hint=hint, subject=hint, location=Location(path or "a", TOP))
    report = dataclasses.replace(CLEAN, findings=(odd, ONE_WAY))
    said = {format_: render(report, format_, Style(), pages) for format_ in ("gitlab", "rdjson", "junit", "markdown")}
    for text in said.values():
        text.encode("utf-8")
    assert len(json.loads(said["gitlab"])) == len(json.loads(said["rdjson"])["diagnostics"]) == 2
    failure = ElementTree.fromstring(said["junit"].encode()).find(".//failure")
    assert failure is not None
    assert failure.get("message") == visible(message)

    shown = Shown(said["markdown"])
    (cells, others) = (row for row in shown.rows if row)
    assert (len(cells), len(others)) == (4, 4)
    assert set(shown.elements) <= ELEMENTS
    assert visible(path or "a") in shown.text
    if "`" not in message + hint:
        wanted = visible(message) + (f"Help: {visible(hint)}" if hint else "")
        assert cells[3].split() == wanted.split()
    # Nobody is called, and no issue pointed at; a path stands in code, where GitHub looks for neither.
    assert not re.search(r"[@#]\w", re.sub(r"<code>.*</code>:", "", said["markdown"]))
