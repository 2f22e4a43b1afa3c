"""PostgreSQL's regression suite, as apt's sources have it: fetched once, kept beside the corpus."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from corpus.download import cache

PACKAGE = "postgresql-15"
# Version of the original tarball → its SHA-256. Another version is as good: apt has checked it against its signature.
CHECKSUMS = {
    "15.18": "11df0df97fe3ea4ba9a791faaf39cee1d2fe571e78885b5b55d8517d27c323b4",
    "15.20": "30e65cbbb771a39b553ed2df7e65622e65647aed55dbc19bd0fe853ff0a08442",
}


class UnavailableError(Exception):
    """Why the suite is not there, and what to do."""


def suite() -> dict[str, str]:
    """Name of a file → its text, without what is psql's; in order."""
    folder = cache() / PACKAGE
    archives = sorted(folder.glob(f"{PACKAGE}_*.orig.tar.*"))
    if not archives:
        _fetch(folder)
        archives = sorted(folder.glob(f"{PACKAGE}_*.orig.tar.*"))
    unpacked = _unpacked(archives[-1])
    return {
        script.name: _without_psql(script.read_text(encoding="utf-8", errors="replace"))
        for script in sorted(unpacked.glob("*.sql"))
    }


def _unpacked(archive: Path) -> Path:
    version = archive.name.split("_")[1].split(".orig")[0]
    folder = archive.parent / version
    if not folder.exists():
        if version in CHECKSUMS and hashlib.sha256(archive.read_bytes()).hexdigest() != CHECKSUMS[version]:
            raise UnavailableError(f"{archive} is not what its checksum says: remove it")
        # A scratch folder first: half of it never looks like all of it.
        scratch = Path(tempfile.mkdtemp(dir=archive.parent))
        with tarfile.open(archive) as files:
            for member in files:
                if re.search(r"/src/test/regress/sql/[^/]+\.sql$", member.name):
                    content = files.extractfile(member)
                    assert content is not None
                    (scratch / Path(member.name).name).write_bytes(content.read())
        try:
            scratch.rename(folder)
        except OSError:
            # Another test process was faster; its copy is as good.
            shutil.rmtree(scratch)
    return folder


_COPIED = re.compile(r"^(copy\b[^;]*?from\s+stdin\b[^;]*;)[^\n]*\n.*?^\\\.$", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_SENT = re.compile(r"\\(?:g|gset|gexec|gdesc|gx|crosstabview)\b.*$", re.MULTILINE)
_COMMAND = re.compile(r"^\s*\\.*$", re.MULTILINE)


def _without_psql(text: str) -> str:
    """Rows for COPY and psql's own commands are no SQL; where one ends a statement, a semicolon does."""
    text = _COPIED.sub(r"\1", text)
    return _SENT.sub(";", _COMMAND.sub("", text).replace("\\;", ";"))


_SOURCES = re.compile(r"(?<=^Types: )deb\b.*$|^deb(?= )", re.MULTILINE)
_DOWNLOAD = ("source", "--download-only", "--tar-only")


def _fetch(folder: Path) -> None:
    """With apt-get and the machine's own sources, in a state of its own: nothing on the machine is changed."""
    if shutil.which("apt-get") is None:
        raise UnavailableError(_advice(folder, "there is no apt-get"))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        sources = Path(scratch, "sources")
        for part in ("lists/partial", "archives/partial", "sources"):
            Path(scratch, part).mkdir(parents=True)
        for file in (Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))):
            if file.suffix in (".list", ".sources") and file.exists():
                (sources / file.name).write_text(_SOURCES.sub("deb-src", file.read_text(encoding="utf-8")), "utf-8")
        options = (
            "-oDir::Etc::sourcelist=/dev/null",
            f"-oDir::Etc::sourceparts={sources}",
            f"-oDir::State::lists={scratch}/lists",
            f"-oDir::Cache={scratch}",
            "-oAcquire::http::Timeout=30",
            "-oAcquire::Retries=1",
        )
        _run(folder, "apt-get", *options, "update")
        listed = _run(folder, "apt-cache", *options, "showsrc", PACKAGE)
        problem = ""
        # A mirror may list a version that it does not hold.
        for version in sorted(set(re.findall(r"^Version: (\S+)$", listed, re.MULTILINE))):
            try:
                _run(Path(scratch), "apt-get", *options, *_DOWNLOAD, f"{PACKAGE}={version}")
            except UnavailableError as error:
                problem = str(error)
                continue
            for archive in Path(scratch).glob(f"{PACKAGE}_*.orig.tar.*"):
                archive.rename(folder / archive.name)
            return
    raise UnavailableError(_advice(folder, problem or f"apt's sources do not have {PACKAGE}"))


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(_advice(folder, done.stderr.strip()))
    return done.stdout


def _advice(folder: Path, problem: str) -> str:
    return (
        f"PostgreSQL's regression suite could not be fetched: {problem}\n"
        f"Put the source package's {PACKAGE}_….orig.tar.bz2 into {folder}."
    )
