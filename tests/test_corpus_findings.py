"""What miglint finds in published packages: counted, and a sample of each rule's findings judged by a reader."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from corpus import download
from corpus.run import miglint

PACKAGES = tuple(download.versions())

# One line for each finding that was read, together with the history before it: does what it says hold, for Django 5.2
# and PostgreSQL 14? `arguable` is right by the rule's definition, and of no use to whoever reads it.
VERDICTS = Path(download.__file__).with_name("verdicts.tsv")

# Code → findings in all packages. A change here is a change of what users see: look at the findings that came or went.
COUNTS = {
    "MIG002": 29,
    "MIG105": 4,
    "MIG201": 9,
    "MIG209": 1,
    "MIG216": 5,
    "MIG301": 49,
    "MIG302": 436,
    "MIG303": 139,
    "MIG304": 5,
    "MIG305": 230,
    "MIG306": 195,
    "MIG307": 72,
    "MIG308": 29,
    "MIG310": 98,
    "MIG313": 85,
    "MIG401": 285,
    "MIG402": 81,
    "MIG403": 95,
    "MIG404": 24,
    "MIG405": 453,
    "MIG406": 244,
    "MIG407": 2,
    "MIG501": 23,
    "MIG502": 1,
    "MIG507": 33,
    "MIG508": 4,
}

# Released packages work, so that these families find next to nothing in them. What their migrations may fail on by
# these rules, they did not meet: an empty table, a column without NULLs.
RIGHT_BY_DEFINITION = {"MIG201", "MIG208", "MIG209"}


class Place(NamedTuple):
    path: str
    line: int
    code: str


class Verdict(NamedTuple):
    package: str
    version: str
    place: Place
    verdict: str
    why: str


@pytest.mark.parametrize("package", PACKAGES)
def test_what_was_read_and_found_right_is_still_found(package: str) -> None:
    right = {verdict.place for verdict in verdicts(package) if verdict.verdict in ("right", "arguable")}
    assert right - set(places(package)) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_what_was_read_and_found_wrong_is_struck_off_the_list_once_it_is_mended(package: str) -> None:
    wrong = {verdict.place for verdict in verdicts(package) if verdict.verdict == "wrong"}
    assert wrong - set(places(package)) == set(), "mended: strike it off verdicts.tsv"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_released_package_has_no_broken_history_but_for_defects_that_are_known(package: str) -> None:
    known = {verdict.place for verdict in verdicts(package) if verdict.why.startswith("real defect: ")}
    told = {place for place in places(package) if place.code.startswith(("MIG1", "MIG2"))}
    assert {place for place in told if place.code not in RIGHT_BY_DEFINITION} == known


def test_each_rule_finds_as_much_as_it_did() -> None:
    counts = Counter(place.code for package in PACKAGES for place in places(package))
    assert dict(sorted(counts.items())) == COUNTS


def test_a_few_findings_of_each_rule_were_read() -> None:
    read = Counter(verdict.place.code for package in PACKAGES for verdict in verdicts(package))
    assert {code: read[code] for code in COUNTS if read[code] < min(COUNTS[code], 6)} == {}


def test_the_list_is_in_order_and_of_the_versions_that_are_checked() -> None:
    lines = VERDICTS.read_text(encoding="utf-8").splitlines()[1:]
    listed = [verdict for package in sorted(PACKAGES) for verdict in verdicts(package)]
    assert len(listed) == len(lines)
    assert [(verdict.package, verdict.place) for verdict in listed] == sorted(
        {(verdict.package, verdict.place) for verdict in listed}
    )
    assert {(verdict.package, verdict.version) for verdict in listed} <= set(download.versions().items())
    assert {verdict.verdict for verdict in listed} <= {"right", "wrong", "arguable"}
    assert all(verdict.why for verdict in listed)


def verdicts(package: str) -> list[Verdict]:
    with VERDICTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Verdict(package, row["version"], place_of(row), row["verdict"], row["why"])
        for row in rows
        if row["package"] == package
    ]


def places(package: str) -> list[Place]:
    _, report = miglint("check", download.tree(package))
    return [place_of(finding) for finding in report["findings"]]


def place_of(row: dict[str, Any]) -> Place:
    return Place(row["path"], int(row["line"]), row["code"])
