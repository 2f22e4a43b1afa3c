"""Work that several processes share: each is a copy of this one, and has what it needs already."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

T = TypeVar("T")

# Elsewhere a copy of a process may not do all that a program does.
_COPIES = sys.platform == "linux"


class Share(NamedTuple):
    number: int
    of: int


def shared(work: Callable[[Share], T], count: int) -> list[T]:
    """What `work` makes of each of so many shares, in order; all but the first in processes of their own.

    What a process does not deliver, for whatever reason, is made here.
    """
    with _copies(work, count if _COPIES else 1) as copies:
        made = [work(Share(0, count))]
        for number in range(1, count):
            delivered = _delivered(copies[number]) if number in copies else None
            made.append(work(Share(number, count)) if delivered is None else pickle.loads(delivered))
    return made


class _Copy(NamedTuple):
    process: int
    answer: int


@contextmanager
def _copies(work: Callable[[Share], object], count: int) -> Iterator[dict[int, _Copy]]:
    copies: dict[int, _Copy] = {}
    try:
        for number in range(1, count):
            try:
                answer, ours = os.pipe()
            except OSError:
                break
            try:
                process = os.fork()
            except OSError:
                os.close(answer)
                os.close(ours)
                break
            if process == 0:
                _deliver(work, Share(number, count), ours)
            os.close(ours)
            copies[number] = _Copy(process, answer)
        yield copies
    finally:
        for copy in copies.values():
            os.close(copy.answer)
            # It has delivered, or nobody waits for it any more.
            os.kill(copy.process, signal.SIGKILL)
            os.waitpid(copy.process, 0)


def _deliver(work: Callable[[Share], object], share: Share, answer: int) -> None:
    """All that a copy does. What goes wrong in it, goes wrong again where it can be reported."""
    try:
        # Ctrl-C is for the one that waits.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        data = pickle.dumps(work(share), pickle.HIGHEST_PROTOCOL)
        with os.fdopen(answer, "wb") as file:
            file.write(len(data).to_bytes(8, "little"))
            file.write(data)
    finally:
        # What the program does in the end, it does once.
        os._exit(0)


def _delivered(copy: _Copy) -> bytes | None:
    with os.fdopen(copy.answer, "rb", closefd=False) as file:
        size = file.read(8)
        data = file.read(int.from_bytes(size, "little")) if len(size) == 8 else b""
    return data if len(size) == 8 and len(data) == int.from_bytes(size, "little") else None
