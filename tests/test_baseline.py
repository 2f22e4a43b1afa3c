"""Baselines as text: what is written, what is read back, what is refused."""

from __future__ import annotations

import json

import pytest

from miglint.baseline import Baseline, entry_of, pruned, read_baseline, refreshed, render
from miglint.config import ConfigError
from miglint.facts.source import TOP, Location
from miglint.findings import Finding, Severity

PATH = "miglint-baseline.json"


def finding(subject: str, code: str = "MIG501", **values: object) -> Finding:
    location = Location("shop/migrations/0002_x.py", TOP)
    given = {"app": "shop", "migration": "0002_x"} | values
    return Finding(code, "a-name", Severity.ERROR, "It breaks.", location, subject=subject, **given)  # type: ignore[arg-type]


def written(*findings: Finding) -> str:
    return render(map(entry_of, findings))


def read(text: str) -> Baseline:
    return read_baseline(text.encode(), PATH)


def problems(text: str | bytes) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as raised:
        read_baseline(text if isinstance(text, bytes) else text.encode(), PATH)
    return raised.value.problems


def test_an_empty_baseline_is_read_back() -> None:
    assert read(written()).entries == {}


def test_a_line_says_what_people_want_to_know() -> None:
    here, there, app = finding("a"), finding("b", project="backend"), finding("c", code="MIG601", migration=None)
    entries = read(written(here, there, app)).entries
    assert entries[here.fingerprint].values == {"code": "MIG501", "migration": "shop.0002_x", "subject": "a"}
    assert entries[there.fingerprint].values["project"] == "backend"
    assert entries[app.fingerprint].values == {"code": "MIG601", "app": "shop", "subject": "c"}


def test_it_is_json_with_a_line_for_each_entry_in_order() -> None:
    text = written(*(finding(f'{{"{number}": {{\u2028é\ud800') for number in range(20)))
    document = json.loads(text)
    assert document.pop("version") == 1
    assert list(document) == sorted(document)
    assert text.count("\n") == 23
    assert text.isascii()
    entries = read(text).entries
    lines = text.split("\n")
    assert all(json.loads(f"{{{lines[one.line - 1].rstrip(',')}}}") for one in entries.values())
    assert [one.line for one in entries.values()] == list(range(2, 22))


def test_one_more_finding_is_one_more_line() -> None:
    before = written(*(finding(str(number)) for number in range(20)))
    for extra in ("a", "b", "c", "d", "e"):
        after = written(*(finding(str(number)) for number in range(20)), finding(extra))
        assert len(set(after.split("\n")) - set(before.split("\n"))) == 1
        assert set(before.split("\n")) <= set(after.split("\n"))


def test_what_windows_or_a_merge_make_of_it_is_read() -> None:
    text = written(finding("a"), finding("b"))
    lines = text.split("\n")
    assert read(text.replace("\n", "\r\n")).entries.keys() == read(text).entries.keys()
    assert read("\ufeff" + text).entries == read(text).entries
    # Both sides added a line, and neither at its place.
    assert read("\n".join([lines[0], lines[2], lines[1], *lines[1:]])).entries.keys() == read(text).entries.keys()
    assert read(json.dumps(json.loads(text), indent=4)).entries.keys() == read(text).entries.keys()


def test_entries_that_are_gone_leave_the_others_as_they_stand() -> None:
    gone, kept = finding("a"), finding("b")
    text = written(gone, kept).replace("\n", "\r\n").replace('"b"', '"b"  ')
    line = next(line for line in text.split("\r\n") if gone.fingerprint in line)
    assert pruned(read(text), {gone.fingerprint}) == text.replace(f"{line}\r\n", "")


def test_entries_go_from_a_file_that_a_formatter_has_changed() -> None:
    gone, kept = finding("a"), finding("b")
    for indent in (2, None):
        text = json.dumps(json.loads(written(gone, kept)), indent=indent)
        assert pruned(read(text), {gone.fingerprint}) == written(kept)
    first = '{"version": 1,\n' + written(gone, kept).split("\n", 1)[1].replace(',\n"version": 1', "")
    assert read(pruned(read(first), {kept.fingerprint, gone.fingerprint})).entries == {}


def test_writing_anew_keeps_what_people_wrote() -> None:
    old, gone, new = finding("a"), finding("b"), finding("c")
    text = written(old, gone).replace('"subject": "a"', '"subject": "a", "reason": "small table"')
    entries = refreshed(read(text), [old, new], {gone.fingerprint})
    assert {entry.fingerprint for entry in entries} == {old.fingerprint, new.fingerprint}
    assert read(render(entries)).entries[old.fingerprint].values["reason"] == "small table"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1 is no JSON: Expecting value"),
        ('{\n"version": 1,\n}\n', "is no JSON"),
        ("[]", "line 1: this is no baseline of miglint"),
        ('{"name": "x"}', "line 1: this is no baseline of miglint"),
        ('{\n"name": "x",\n"version": "1.0.0"}', 'line 3: version "1.0.0" is none that this miglint can read'),
        ('{\n"version": 2}', "line 2: version 2 is none that this miglint can read"),
        ('{"version": true}', "line 1: version true is none"),
        ('{\n"findings": [],\n"version": 1}', "line 2: 'findings' is no fingerprint"),
        (f'{{\n"{"a" * 32}": 1,\n"version": 1}}', 'line 2: an entry is an object with a "code"'),
        (f'{{\n"{"a" * 32}": {{}},\n"version": 1}}', 'line 2: an entry is an object with a "code"'),
        (
            f'{{\n"{"a" * 32}": {{"code": "MIG501", "subject": 1}},\n"version": 1}}',
            'line 2: "subject" is to be a string',
        ),
        ('{\n<<<<<<< HEAD\n"version": 1}', "line 2: a merge has left a conflict here"),
        (b'{\n"\xff"}', "line 2 is not UTF-8"),
        ("[" * 100_000, "line 1: this is nested too deeply"),
    ],
)
def test_what_is_no_baseline_is_refused_with_its_line(text: str | bytes, said: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"{PATH}: ")
    assert said in problem


def test_every_problem_is_told_at_once() -> None:
    lines = "".join(f'"{number}": {{}},\n' for number in range(30))
    told = problems(f'{{\n{lines}"version": 1}}')
    assert told[:2] == (f"{PATH}: line 2: '0' is no fingerprint.", f"{PATH}: line 3: '1' is no fingerprint.")
    assert told[-1] == f"{PATH}: and 10 more."
