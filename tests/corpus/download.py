"""Fetches the corpus once: wheels by their hashes, their Python files unpacked, and a venv for Django's own answers."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = HERE / "packages.txt"
CONSTRAINTS = HERE / "constraints.txt"


def cache() -> Path:
    """`$MIGLINT_CORPUS`, else a folder in the user's cache; never inside the repository, so that git is not asked."""
    if named := os.environ.get("MIGLINT_CORPUS"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "miglint-corpus"


def versions() -> dict[str, str]:
    """Package → pinned version, in the order of the file."""
    pins = (line.split() for line in PACKAGES.read_text(encoding="utf-8").splitlines() if "==" in line)
    return dict(pin[0].split("==") for pin in pins)


def wheels() -> dict[str, Path]:
    """Package → its wheel, downloaded if it is not there, its hash checked by pip."""
    folder = cache() / "wheels" / _digest(PACKAGES)
    if not folder.exists():
        # A scratch folder first: half a download never looks like a whole one.
        scratch = _scratch(folder)
        # The newest packages want a newer Python than the oldest that miglint runs on; nothing of theirs is run here.
        _pip(
            sys.executable,
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--python-version=3.12",
            "--require-hashes",
            f"--requirement={PACKAGES}",
            f"--dest={scratch}",
        )
        _settle(scratch, folder)
    found = {wheel.name.split("-")[0].replace("_", "-"): wheel for wheel in folder.glob("*.whl")}
    return {package: found[package] for package in versions()}


_UNPACKED = (".py", ".sql", ".dist-info/METADATA")


def tree(package: str) -> Path:
    """The folder that holds a package's Python files as it ships them, and the mark of a distribution."""
    folder = cache() / "unpacked" / f"{package}-{versions()[package]}"
    if not folder.exists():
        scratch = _scratch(folder)
        with zipfile.ZipFile(wheels()[package]) as archive:
            archive.extractall(scratch, [name for name in archive.namelist() if name.endswith(_UNPACKED)])
        _settle(scratch, folder)
    return folder


def python_with(packages: tuple[str, ...]) -> Path:
    """The Python of a venv in which these packages, what they need, and Django are installed."""
    folder = cache() / f"venv-{sys.version_info[0]}.{sys.version_info[1]}-{_digest(PACKAGES, CONSTRAINTS)}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    complete = folder / "complete"
    if not complete.exists():
        venv.create(folder, with_pip=True, clear=True)
        # python3-openid: one of allauth's own apps imports it, though only an extra of allauth names it.
        required = ("Django", "python3-openid", *(wheels()[package] for package in packages))
        _pip(python, "install", f"--constraint={CONSTRAINTS}", *required)
        complete.touch()
    return python


def _pip(python: str | Path, *arguments: str | Path) -> None:
    done = subprocess.run([python, "-m", "pip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _scratch(folder: Path) -> Path:
    scratch = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    return scratch


def _settle(scratch: Path, folder: Path) -> None:
    try:
        scratch.rename(folder)
    except OSError:
        # Another test process was faster; its copy is as good.
        if not folder.exists():
            raise
        shutil.rmtree(scratch)
