"""The house's walls: who imports whom, what a light run leaves unloaded, and what a wheel carries."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCE = CHECKOUT / "src" / "miglint"

# Each costs more than the parse itself, or as much again.
SLOW_PARTS_OF_LIBCST = {
    "MetadataWrapper",
    "PositionProvider",
    "WhitespaceInclusivePositionProvider",
    "QualifiedNameProvider",
}
SLOW_MODULES_OF_LIBCST = ("libcst.matchers", "libcst.codemod", "libcst.metadata")


def test_every_import_points_down() -> None:
    contracts = [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"]
    done = subprocess.run(contracts, cwd=CHECKOUT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_table_of_rooms_names_every_module_and_package() -> None:
    table = [line for line in (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines() if "| `" in line]
    named = {name for line in table for name in re.findall(r"([\w.]+?)(?:\.py|/)?`", line.split("|")[1])}
    modules = {path.stem for path in SOURCE.glob("*.py")} - {"__init__", "__main__"}
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert modules | packages <= named


def test_what_is_frozen_is_made_by_records() -> None:
    others = [
        path.relative_to(SOURCE).as_posix()
        for path in sorted(SOURCE.rglob("*.py"))
        if re.search(r"^ *from dataclasses import .*\bdataclass\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert others == ["records.py"]


def test_help_loads_neither_libcst_nor_networkx() -> None:
    assert loaded_by("--help") & {"libcst", "networkx", "pathspec", "django"} == set()


def test_nothing_to_parse_means_no_parser(tmp_path: Path) -> None:
    assert loaded_by("check", str(tmp_path), "--no-cache") & {"libcst", "django"} == set()


def test_a_run_whose_facts_are_cached_loads_no_parser(tmp_path: Path) -> None:
    check = ("check", str(CHECKOUT / "sample_migrations" / "clean"), "--cache-dir", str(tmp_path))
    assert "libcst" in loaded_by(*check, "--jobs", "1")
    assert "libcst" not in loaded_by(*check)
    assert "libcst" not in loaded_by(*check, "--jobs", "1")


def test_a_first_run_leaves_the_parser_to_processes_that_start_before_all_else_is_imported() -> None:
    assert "libcst" not in loaded_by(
        "check", str(CHECKOUT / "sample_migrations" / "clean"), "--no-cache", "--jobs", "2"
    )
    program = "import miglint.pool, sys; print(*(name for name in sys.modules if name.startswith('miglint.')))"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["miglint.pool"]


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_a_module_keeps_to_the_quick_part_of_libcst(path: Path) -> None:
    names = set()
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(module), names=aliases):
                names |= {module} | {f"{module}.{alias.name}" for alias in aliases} | {alias.name for alias in aliases}
            case ast.Attribute(attr=attribute):
                names.add(attribute)
    assert names & SLOW_PARTS_OF_LIBCST == set()
    assert {name for name in names if name.startswith(SLOW_MODULES_OF_LIBCST)} == set()


def test_nothing_below_the_asking_of_rules_swallows_every_exception() -> None:
    bare = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler)
        and {"Exception", "BaseException"}
        & {name.id for name in ast.walk(node.type or ast.Name("Exception")) if isinstance(name, ast.Name)}
    }
    # libcst's parser panics with what is no Exception, and says nowhere what else it raises. Whatever goes wrong with
    # processes or ahead of time goes wrong again, and is seen, where it is done without them, or in its place.
    again = {"ahead.py", "pool.py", "read.py", "shares.py"}
    assert bare <= {"cli.py", "judging.py", "lint.py", "parse/module.py", *again}


def test_only_the_command_line_prints() -> None:
    printing = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing <= {"cli.py"}


def test_a_wheel_carries_every_rule_page_and_nothing_of_the_tests(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(CHECKOUT)]
    done = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = tmp_path.glob("miglint-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    pages = {f"miglint/rulepages/{page.name}" for page in (CHECKOUT / "rules").glob("MIG*.md")}
    assert pages
    assert pages <= names
    assert "miglint/py.typed" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"miglint"}


def loaded_by(*arguments: str) -> set[str]:
    """Top-level names of the modules that a run has loaded when it ends."""
    program = (
        "import sys\nfrom miglint.cli import main\n"
        "code = main(sys.argv[1:])\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "raise SystemExit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = re.search(r"^LOADED (.*)$", done.stdout, re.MULTILINE)
    assert loaded, done.stdout
    return set(loaded[1].split())


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI", "MIGLINT_"))}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
