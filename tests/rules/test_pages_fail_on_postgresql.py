"""What the pages say PostgreSQL refuses, it refuses where the tables have rows, and what they offer instead works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from postgresql.measure import Benches

from miglint import rulebook
from miglint.findings import Example

FAILING = ("MIG201", "MIG209", "MIG212", "MIG213")
# Rules about what goes through, at a price, and about what SQL does to Django's transaction and state.
WORKING = (*FAILING, "MIG219", "MIG308", "MIG309", "MIG310", "MIG311", "MIG313", "MIG508")


def stories(section: str, codes: tuple[str, ...]) -> list[object]:
    listed = []
    for code in codes:
        page = rulebook.page(code)
        assert page is not None
        for number, story in enumerate(page.bad if section == "Bad" else page.good, start=1):
            listed.append(pytest.param(rulebook.project(page, story), id=f"{code}-{number}"))
    return listed


def measured(examples: tuple[Example, ...], benches: Benches) -> Iterator[tuple[str, str, str]]:
    """The migrations of a story in order, with what becomes of each; the first one is given."""
    files = {one.path: one.text for one in examples if "/migrations/" in one.path}
    names = sorted(PurePosixPath(path).stem for path in files)
    for package in ("shop", "shop/migrations"):
        files[f"{package}/__init__.py"] = ""
    for place, name in enumerate(names[1:], start=2):
        later = {f"shop/migrations/{one}.py" for one in names[place:]}
        present = {path: text for path, text in files.items() if path not in later}
        truth = benches[16].measure(present, ("shop", name))
        yield name, str(truth["status"]), str(truth.get("error") or "")


@pytest.mark.parametrize("examples", stories("Bad", FAILING))
def test_what_is_bad_fails(examples: tuple[Example, ...], benches: Benches) -> None:
    assert [name for name, status, _ in measured(examples, benches) if status == "error"]


@pytest.mark.parametrize("examples", stories("Good", WORKING))
def test_what_is_good_works(examples: tuple[Example, ...], benches: Benches) -> None:
    assert [one for one in measured(examples, benches) if one[1] != "ok"] == []
