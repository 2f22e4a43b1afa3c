"""Processes that cannot be had, die or talk nonsense: the files are parsed all the same, and nobody waits for ever."""

from __future__ import annotations

import marshal
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import miglint.pool as pool_module
from miglint.parse import parse
from miglint.pool import Pool

# Limits and processes as POSIX has them.
resource = pytest.importorskip("resource")

FILES = {
    f"{number}.py": f"class Migration(migrations.Migration):\n    initial = {number}\n".encode() for number in range(70)
}
FACTS = {path: parse(data) for path, data in FILES.items()}
# What is started instead of a Python: it has the descriptors of the pipes.
IMPOSTOR = """\
#!{python}
import os, sys, time
numbers = [int(number) for number in next(word for word in sys.argv if "," in word and "(" not in word).split(",")]
{does}
"""
MESSAGES = {
    "text": b"Segmentation fault\n",
    "much of it": b"Segmentation fault\n" * 10_000,
    "a size alone": (1000).to_bytes(8, "little"),
    "no list": len(marshal.dumps(5)).to_bytes(8, "little") + marshal.dumps(5),
    "too few": len(marshal.dumps([])).to_bytes(8, "little") + marshal.dumps([]),
    "no facts": len(marshal.dumps(["[]"] * 70)).to_bytes(8, "little") + marshal.dumps(["[]"] * 70),
    "no text": len(marshal.dumps([None] * 70)).to_bytes(8, "little") + marshal.dumps([None] * 70),
    "nothing": b"",
}


def impostor(folder: Path, does: str) -> str:
    program = folder / "python"
    program.write_text(IMPOSTOR.format(python=sys.executable, does=does))
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("message", MESSAGES)
def test_what_talks_nonsense_is_done_without(message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A process for each pair, as there are: which of them is asked first is chance.
    does = f"os.write(numbers[3 if os.fork() else 1], {MESSAGES[message]!r})\ntime.sleep(0.5)"
    monkeypatch.setattr(sys, "executable", impostor(tmp_path, does))
    started = time.monotonic()
    with Pool(2) as pool:
        done = {path: facts for path, _, facts, _ in pool.parse_all(FILES)}
        # An answer that is late is none to the next question.
        again = {path: facts for path, _, facts, _ in pool.parse_all(FILES)}
    assert done == again == FACTS
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("program", [None, "", "/nowhere/python", "\0"])
def test_where_no_python_can_be_started_files_are_parsed_here(
    program: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    with Pool(2) as pool:
        assert {path: facts for path, _, facts, _ in pool.parse_all(FILES)} == FACTS


def test_where_there_are_no_descriptors_files_are_parsed_here() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = os.listdir("/dev/fd")
    highest = max(map(int, before))
    try:
        for more in range(1, 12):
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest + more, limits[1]))
            with Pool(4) as pool:
                assert {path: facts for path, _, facts, _ in pool.parse_all(FILES)} == FACTS
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert os.listdir("/dev/fd") == before


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is not limited so")
@pytest.mark.parametrize("megabytes", [110, 120, 130])
def test_a_run_with_little_memory_ends(megabytes: int, tmp_path: Path) -> None:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    operations = "        migrations.RunSQL('SELECT 1', migrations.RunSQL.noop),\n" * 30
    for number in range(200):
        text = f"class Migration(migrations.Migration):\n    operations = [\n{operations}    ]\n"
        (folder / f"{number:04}_x.py").write_text(f"from django.db import migrations\n\n\n{text}")
    check = [sys.executable, "-m", "miglint", "check", "--no-cache", "--output-format", "json"]
    whole = subprocess.run([*check, "--jobs", "1"], cwd=tmp_path, capture_output=True, check=False)
    limit = megabytes * 1_000_000
    done = subprocess.run(
        [*check, "--jobs", "8"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    # What Python itself says of a thread that it cannot start is not ours.
    assert (done.returncode, done.stdout) in [(whole.returncode, whole.stdout), (2, b"")]


def test_where_nothing_is_to_be_parsed_nobody_waits_for_a_process_to_get_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", impostor(tmp_path, "time.sleep(60)"))
    started = time.monotonic()
    with Pool(2) as pool:
        pool.start()
        assert pool._workers is not None
        [process] = pool._workers._processes
    assert process.returncode == -signal.SIGKILL
    assert time.monotonic() - started < 4


def test_a_process_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", impostor(tmp_path, "time.sleep(600)"))
    monkeypatch.setattr(pool_module, "_PATIENCE", 0.2)
    monkeypatch.setattr(pool_module, "_MOST_SILENCE", 1)
    started = time.monotonic()
    with Pool(2) as pool:
        assert {path: facts for path, _, facts, _ in pool.parse_all(FILES)} == FACTS
        assert {path: facts for path, _, facts, _ in pool.parse_all(FILES)} == FACTS
    assert time.monotonic() - started < 30


def test_the_switch_interval_is_as_before_whoever_ends_last() -> None:
    before = sys.getswitchinterval()

    def parse_some() -> None:
        with Pool(2) as pool:
            assert len(list(pool.parse_all(FILES))) == len(FILES)

    threads = [threading.Thread(target=parse_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sys.getswitchinterval() == before


def test_a_process_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "executable", impostor(tmp_path, "for number in numbers: os.close(number)\ntime.sleep(60)")
    )
    with Pool(2) as pool:
        assert {path: facts for path, _, facts, _ in pool.parse_all(FILES)} == FACTS
        assert pool._workers is not None
        [process] = pool._workers._processes
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("flags", [[], ["-I"], ["-E", "-s"], ["-B"], ["-S"], ["-X", "utf8"], ["-X", "utf8=0"]])
def test_processes_leave_alone_what_their_parent_was_told_to(flags: list[str]) -> None:
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; from miglint.pool import _program; command = _program(());"
        "import subprocess; print(sys.flags, flush=True);"
        "subprocess.run([*command[:command.index('-c')], '-c', 'import sys; print(sys.flags)'], check=True)"
    )
    done = subprocess.run([sys.executable, *flags, "-c", program], capture_output=True, text=True, check=True)
    mine, theirs = done.stdout.splitlines()
    assert mine == theirs
