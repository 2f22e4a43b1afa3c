"""Work shared with copies of the process: as if one had done it all, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from miglint import shares
from miglint.shares import Share, shared

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody shares")


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


@pytest.fixture(autouse=True)
def no_copy_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() == before


def test_each_share_is_made_once_and_in_order() -> None:
    made = shared(lambda share: (share, os.getpid()), 4)
    assert [share for share, _ in made] == [Share(number, 4) for number in range(4)]
    assert len({process for _, process in made}) == 4
    assert made[0][1] == os.getpid()


def test_one_share_needs_no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("nobody has to"))
    assert shared(lambda share: share, 1) == [Share(0, 1)]


@pytest.mark.parametrize(
    "end",
    [
        lambda: os._exit(0),
        lambda: os.kill(os.getpid(), signal.SIGKILL),
        lambda: sys.exit("no"),
        lambda: 1 / 0,
        lambda: lambda: "nothing that can be sent",
    ],
    ids=["ends", "is killed", "exits", "raises", "cannot say it"],
)
def test_what_a_copy_does_not_deliver_is_made_here(end, capfd: pytest.CaptureFixture[str]) -> None:
    here = os.getpid()

    def work(share: Share) -> object:
        return share.number if os.getpid() == here else end()

    assert shared(work, 3) == [0, 1, 2]
    assert capfd.readouterr() == ("", "")


def test_where_no_copies_can_be_had_everything_is_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise OSError("no processes")

    before = os.listdir("/dev/fd")
    for missing in ("fork", "pipe"):
        with monkeypatch.context() as patched:
            patched.setattr(os, missing, refused)
            assert [process for _, process in shared(lambda share: (share, os.getpid()), 3)] == [os.getpid()] * 3
    assert os.listdir("/dev/fd") == before


def test_what_goes_wrong_here_ends_the_copies() -> None:
    def work(share: Share) -> None:
        if share.number:
            time.sleep(60)
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        shared(work, 3)
    assert time.monotonic() - started < 30


def test_what_the_program_does_in_the_end_is_done_once() -> None:
    program = (
        "import atexit; from miglint.shares import shared; atexit.register(print, 'the end'); print('begun');"
        "print(shared(lambda share: share.number, 3))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["begun", "[0, 1, 2]", "the end", ""]


def test_a_copy_ends_with_the_one_that_waits_for_it(tmp_path: Path) -> None:
    program = (
        "import os, sys, time; from miglint.shares import shared\n"
        "def work(share):\n"
        "    if share.number == 0: time.sleep(60)\n"
        f"    open({str(tmp_path)!r} + f'/{{os.getpid()}}', 'w').close()\n"
        "    return b'x' * 1_000_000\n"
        "shared(work, 3)"
    )
    waiting = subprocess.Popen([sys.executable, "-c", program])
    until = time.monotonic() + 30
    while len(copies := sorted(tmp_path.iterdir())) < 2:
        assert time.monotonic() < until
        time.sleep(0.01)
    waiting.terminate()
    waiting.wait()
    while any(is_running(copy.name) for copy in copies):
        assert time.monotonic() < until
        time.sleep(0.01)


def is_running(process: str) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_where_nobody_may_wait_for_a_child_the_shares_are_made_all_the_same() -> None:
    program = (
        "import signal; from miglint.shares import shared; signal.signal(signal.SIGCHLD, signal.SIG_IGN);"
        "print(shared(lambda share: share.number, 3))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[0, 1, 2]\n"


def test_a_copy_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "_PATIENCE", 0.2)
    here = os.getpid()

    def work(share: Share) -> int:
        if os.getpid() != here:
            time.sleep(600)
        return share.number

    assert shared(work, 2) == [0, 1]


@pytest.mark.parametrize("in_copy", [True, False], ids=["in the copy", "here"])
def test_ctrl_c_while_a_copy_is_made_ends_all(in_copy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    fork = os.fork

    def interrupted() -> int:
        process = fork()
        if (process == 0) is in_copy:
            os.kill(os.getpid(), signal.SIGINT)
        return process

    before = os.listdir("/dev/fd")
    monkeypatch.setattr(os, "fork", interrupted)
    if in_copy:
        assert shared(lambda share: share.number, 3) == [0, 1, 2]
    else:
        with pytest.raises(KeyboardInterrupt):
            shared(lambda share: share.number, 3)
    assert os.listdir("/dev/fd") == before
