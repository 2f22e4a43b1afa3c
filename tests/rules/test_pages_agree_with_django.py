"""What the pages say fails, fails with Django itself, and what they offer instead works: on SQLite, all in one go."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from miglint import rulebook

# Rules about what fails when it is applied, whatever the database.
CODES = ("MIG202", "MIG203", "MIG204", "MIG205", "MIG211", "MIG218")


@cache
def outcomes() -> dict[tuple[str, str, int], str | None]:
    """(code, section, number of the story) → what Django raises as it applies the story's migrations."""
    stories = {}
    for code in CODES:
        page = rulebook.page(code)
        assert page is not None
        for section, told in (("Bad", page.bad), ("Good", page.good)):
            stories |= {(code, section, number): rulebook.project(page, one) for number, one in enumerate(told, 1)}
    with TemporaryDirectory() as name:
        folders = []
        for key, examples in stories.items():
            folder = Path(name, "-".join(map(str, key)))
            folders.append(str(folder))
            for example in examples:
                file = folder / example.path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(example.text, encoding="utf-8")
                (file.parent / "__init__.py").touch()
                (file.parent.parent / "__init__.py").touch()
        script = Path(__file__).with_name("django_applies.py")
        done = subprocess.run(
            [sys.executable, "-W", "ignore", script, json.dumps(folders)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return dict(zip(stories, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("code", CODES)
def test_what_is_bad_fails(code: str) -> None:
    assert [key for key, error in outcomes().items() if key[:2] == (code, "Bad") and error is None] == []


@pytest.mark.parametrize("code", CODES)
def test_what_is_good_works(code: str) -> None:
    assert {key: error for key, error in outcomes().items() if key[:2] == (code, "Good") and error} == {}
