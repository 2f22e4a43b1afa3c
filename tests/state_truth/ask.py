"""Asks a version of Django, in a process of its own. `python -m state_truth.ask` in tests/ stores the answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from corpus import download

from state_truth.cases import cases

HERE = Path(__file__).parent

# Asked in every run: 5.2 is installed for the tests, the others each in a folder of its own.
LIVE: dict[tuple[int, int], str | None] = {(4, 2): "4.2.30", (5, 2): None}

# Django 3.2 needs distutils, which Python 3.12 no longer has.
if sys.version_info < (3, 12):
    LIVE[3, 2] = "3.2.25"

# These need Python 3.12, so their answers are kept, and asked for anew where such a Python is found.
STORED = {(6, 0): "6.0.10", (6, 1): "6.1.3"}


def ask(django: tuple[int, int], python: str = sys.executable) -> dict[str, Any]:
    """Case → answer, in `answers`; `auto_field` is the class of an id where the settings do not say."""
    environment = dict(os.environ)
    release = (LIVE | STORED)[django]
    if release is not None:
        environment["PYTHONPATH"] = str(installed(release, python))
    done = subprocess.run(
        [python, HERE / "answers.py"],
        input=json.dumps(cases(django)),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answered = json.loads(done.stdout)
    assert answered["django"].startswith(".".join(map(str, django)))
    del answered["django"]
    return answered  # type: ignore[no-any-return]


def stored(django: tuple[int, int]) -> dict[str, Any]:
    return json.loads(place(django).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def newer_python() -> str | None:
    """A Python that runs Django 6, where there is one: named by MIGLINT_PYTHON_FOR_DJANGO_6, or on the path."""
    named = os.environ.get("MIGLINT_PYTHON_FOR_DJANGO_6")
    found = [sys.executable] if sys.version_info >= (3, 12) else []
    found += filter(None, (named, *(shutil.which(f"python3.{minor}") for minor in (12, 13, 14))))
    return next(filter(_runs, found), None)


def installed(release: str, python: str) -> Path:
    """The folder of one release of Django, fetched once."""
    folder = download.cache() / f"django-{release}"
    if not folder.exists():
        scratch = folder.with_name(f"{folder.name}.{os.getpid()}")
        command = [python, "-m", "pip", "install", "--quiet", f"--target={scratch}", f"Django=={release}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        download._settle(scratch, folder)
    return folder


def place(django: tuple[int, int]) -> Path:
    return HERE / f"django_{django[0]}_{django[1]}.json"


def _runs(python: str) -> bool:
    asked = [python, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 12))"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def main() -> None:
    python = newer_python()
    assert python is not None, "There is no Python 3.12."
    for django in STORED:
        answered = ask(django, python)
        lines = (f"{json.dumps(name)}: {json.dumps(one)}" for name, one in answered["answers"].items())
        start = f'{{"auto_field": {json.dumps(answered["auto_field"])}, "answers": {{\n'
        place(django).write_text(start + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
