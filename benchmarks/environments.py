"""What the measurements run in: virtual environments and trees in a folder of their own, outside the checkout."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def home() -> Path:
    """`$MIGLINT_BENCHMARKS`, else a folder in the user's cache."""
    named = os.environ.get("MIGLINT_BENCHMARKS")
    folder = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = folder if named else folder / "miglint-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def peers() -> Path:
    """The folder of the programs of an environment with the peers."""
    folder = home() / f"peers-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]}"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        _pip(folder, "install", f"--requirement={REQUIREMENTS}")
        (folder / "complete").touch()
    return folder / "bin"


@functools.cache
def miglint() -> tuple[Path, str]:
    """The folder of the programs of an environment with miglint as it is committed, and the commit.

    Installed from its wheel, as users have it, with bytecode; not from the checkout itself. Once in a run, whatever is
    committed meanwhile.
    """
    commit = _git("rev-parse", "--short=12", "HEAD")
    folder = home() / "miglint"
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    installed = folder / "commit"
    if not installed.exists() or installed.read_text() != commit:
        with tempfile.TemporaryDirectory() as name:
            archive = Path(name, "source.tar")
            _git("archive", "--output", str(archive), "HEAD")
            shutil.unpack_archive(archive, Path(name, "source"))
            _pip(folder, "install", "--compile", "--upgrade", "--force-reinstall", str(Path(name, "source")))
        installed.write_text(commit)
    return folder / "bin", commit


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _pip(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
