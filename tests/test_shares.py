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
