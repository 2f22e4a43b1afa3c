"""Every page's examples, run: *Bad* gives exactly the marked findings, *Good* gives none of any rule."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from miglint import rulebook
from miglint.cli import main
from miglint.findings import Example


def stories(section: str) -> list[object]:
    listed = []
    for code in rulebook.codes():
        page = rulebook.page(code)
        assert page is not None
        for number, story in enumerate(page.bad if section == "Bad" else page.good, start=1):
            listed.append(pytest.param(code, rulebook.project(page, story), id=f"{code}-{number}"))
    return listed


@pytest.mark.parametrize(("code", "examples"), stories("Bad"))
def test_bad_examples_are_flagged_where_they_are_marked(
    code: str, examples: tuple[Example, ...], tmp_path: Path, monkeypatch, capsys
):
    lay_out(examples, tmp_path)
    marked = {(example.path, line, code) for example in examples for line, code in example.marks}
    assert marked, "a bad example marks what is bad about it"
    assert findings_of(tmp_path, code, monkeypatch, capsys) == marked


@pytest.mark.parametrize(("code", "examples"), stories("Good"))
def test_good_examples_are_clean_for_every_default_rule(
    code: str, examples: tuple[Example, ...], tmp_path: Path, monkeypatch, capsys
):
    lay_out(examples, tmp_path)
    assert findings_of(tmp_path, None, monkeypatch, capsys) == set()


def lay_out(examples: tuple[Example, ...], folder: Path) -> None:
    """Write a project; folders of Python files become packages, and git is there to be asked what it ignores."""
    bare = {PurePosixPath(example.path).parent for example in examples if not example.packaged}
    for example in examples:
        file = folder / example.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(example.text, encoding="utf-8")
    for example in examples:
        if example.path.endswith(".py"):
            for package in PurePosixPath(example.path).parents:
                if package.name and package not in bare:
                    (folder / package / "__init__.py").touch()
    if any(PurePosixPath(example.path).name == ".gitignore" for example in examples):
        subprocess.run(["git", "init", "-q", str(folder)], check=True)


def findings_of(folder: Path, select: str | None, monkeypatch, capsys) -> set[tuple[str, int, str]]:
    """Path, line and code of what `miglint check` finds; every default rule takes part unless one is selected."""
    monkeypatch.chdir(folder)
    # A suppression is unused only where the rules that it names take part.
    selectors = ["MIG003", "MIG5"] if select == "MIG003" else [select]
    only = [part for selector in selectors if selector for part in ("--select", selector)]
    code = main(["check", ".", "--no-cache", "--jobs", "1", "--fail-on", "info", "--output-format", "json", *only])
    printed = capsys.readouterr()
    assert code in (0, 1), printed.err
    return {(found["path"], found["line"], found["code"]) for found in json.loads(printed.out)["findings"]}
