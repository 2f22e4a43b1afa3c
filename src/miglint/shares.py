"""Work that several processes share: each is a copy of this one, and has what it needs already."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

T = TypeVar("T")

# Elsewhere a copy of a process may not do all that a program does.
_COPIES = sys.platform == "linux"
# Seconds without a byte from a copy, after which it is given up: it may have been stopped, or wait for a lock that a
# thread held when it was made.
_PATIENCE = 60


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
            try:
                made.append(pickle.loads(_delivered(copies[number])))
            except Exception:  # noqa: BLE001  # no copy, none of an answer, or what cannot be read again
                made.append(work(Share(number, count)))
    return made


class _Copy(NamedTuple):
    process: int
    answer: int


@contextlib.contextmanager
def _copies(work: Callable[[Share], object], count: int) -> Iterator[dict[int, _Copy]]:
    copies: dict[int, _Copy] = {}
    try:
        for number in range(1, count):
            with _undisturbed():
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
                    # A pipe that nobody else can read from breaks when the one that waits is no more.
                    _deliver(work, Share(number, count), ours, [answer, *(one.answer for one in copies.values())])
                copies[number] = _Copy(process, answer)
                os.close(ours)
        yield copies
    finally:
        for copy in copies.values():
            os.close(copy.answer)
            # It has delivered, or nobody waits for it any more; where SIGCHLD is ignored, the system has waited for it.
            with contextlib.suppress(ProcessLookupError):
                os.kill(copy.process, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(copy.process, 0)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits until a copy is known to the one that ends it, and has learnt to ignore it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _deliver(work: Callable[[Share], object], share: Share, answer: int, others: list[int]) -> None:
    """All that a copy does. What goes wrong in it, goes wrong again where it can be reported."""
    try:
        # Ctrl-C is for the one that waits.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for other in others:
            os.close(other)
        data = pickle.dumps(work(share), pickle.HIGHEST_PROTOCOL)
        with os.fdopen(answer, "wb") as file:
            file.write(len(data).to_bytes(8, "little"))
            file.write(data)
    finally:
        # What the program does in the end, it does once.
        os._exit(0)


def _delivered(copy: _Copy) -> bytes:
    """Raises EOFError where that is not all of it, TimeoutError where nothing comes."""
    size = int.from_bytes(_read(copy.answer, 8), "little")
    return _read(copy.answer, size)


def _read(answer: int, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        ready, _, _ = select.select([answer], [], [], _PATIENCE)
        if not ready:
            raise TimeoutError
        parts.append(os.read(answer, min(size, 1 << 20)))
        if not parts[-1]:
            raise EOFError
        size -= len(parts[-1])
    return b"".join(parts)
