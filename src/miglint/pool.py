"""Parsing in several processes, where there is enough to parse.

Not with `multiprocessing`: its processes import libcst each for itself, and the program's main module again, before
the first file is parsed. Here one process imports what parsing needs, while files are still being looked for, and
then forks the others.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from queue import SimpleQueue
from subprocess import DEVNULL, PIPE, Popen
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from miglint.facts.migration import Failure, Module


# Below this many files, starting processes that import libcst costs more than it saves.
_WORTH_IT = 64
_MOST = 8
# Bytes of source: the last pieces of work are small, so that all processes end together.
_LEAST_WORK = 8_000


class Pool:
    """Processes that parse. Where they cannot be had, or die, they are done without.

    `jobs` 0 is as many as there are processors to use. `meanwhile` is called once, while they are at it: what else has
    to be done before anything can be said.
    """

    def __init__(self, jobs: int, meanwhile: Callable[[], None] | None = None) -> None:
        self.jobs = jobs or min(_processors(), _MOST)
        self._meanwhile = meanwhile
        self._workers: _Workers | None = None

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._workers is not None:
            self._workers.end()
            self._workers = None

    def start(self) -> None:
        """Get ready while there is something else to do, which is what starting takes: libcst is imported."""
        if self._workers is None and self.jobs > 1:
            self._workers = _Workers(self.jobs)

    def expect(self, files: int) -> None:
        """Start where so many files are worth it."""
        if files >= _WORTH_IT:
            self.start()

    def parse_all(self, files: Mapping[str, bytes]) -> Iterator[tuple[str, Module | Failure, str | None]]:
        """Each file's path and facts, and the facts as the cache writes them where they came so from a process.

        In the order in which they are done: where there are processes, they are at it already.
        """
        self.expect(len(files))
        return self._collected(files, self._workers.parse(files) if files and self._workers is not None else ())

    def _collected(
        self, files: Mapping[str, bytes], answers: Iterable[tuple[str, str]]
    ) -> Iterator[tuple[str, Module | Failure, str | None]]:
        left = dict(files)
        if self._meanwhile is not None and answers:
            self._meanwhile()
            self._meanwhile = None
        for path, text in answers:
            # Imported where used: nobody waits for this while processes start.
            from miglint.cache import decode_facts

            del left[path]
            yield path, decode_facts(text), text
        if left:
            from miglint.parse import parse  # it brings libcst

            for path, data in left.items():
                yield path, parse(data), None


class _Channel(NamedTuple):
    """What goes to a process and what comes back from it."""

    tasks: IO[bytes]
    answers: IO[bytes]


class _Workers:
    def __init__(self, count: int) -> None:
        self._processes: list[Popen[bytes]] = []
        self._channels: list[_Channel] = []
        self._threads: list[Thread] = []
        with contextlib.suppress(OSError):
            if hasattr(os, "fork"):
                self._start_one_that_forks(count)
            else:
                for _ in range(count):
                    self._start_one()

    def parse(self, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
        """What the processes say, as soon as one has said it; what they leave out they did not survive."""
        work = _pieces(files, len(self._channels))
        done: SimpleQueue[list[tuple[str, str]] | None] = SimpleQueue()
        # They only wait: none of them keeps the program from ending.
        self._threads = [
            Thread(target=_hand_out, args=(work, files, channel, done), daemon=True) for channel in self._channels
        ]
        for thread in self._threads:
            thread.start()
        return self._told(work, done, len(self._threads))

    def _told(
        self, work: list[list[str]], done: SimpleQueue[list[tuple[str, str]] | None], running: int
    ) -> Iterator[tuple[str, str]]:
        try:
            while running:
                answer = done.get()
                if answer is None:
                    running -= 1
                else:
                    yield from answer
        finally:
            work.clear()

    def end(self) -> None:
        if any(thread.is_alive() for thread in self._threads):
            # Somebody gave up on what they do.
            self._kill()
        for thread in self._threads:
            thread.join()
        for channel in self._channels:
            with contextlib.suppress(OSError):
                channel.tasks.close()
        for process in self._processes:
            process.wait()
        for channel in self._channels:
            channel.answers.close()

    def _kill(self) -> None:
        for process in self._processes:
            with contextlib.suppress(OSError):
                if hasattr(os, "killpg"):
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()

    def _start_one_that_forks(self, count: int) -> None:
        theirs: list[int] = []
        try:
            for _ in range(count):
                tasks, to_them = os.pipe()
                from_them, answers = os.pipe()
                theirs += (tasks, answers)
                self._channels.append(_Channel(os.fdopen(to_them, "wb"), os.fdopen(from_them, "rb")))
            # A session of their own: Ctrl-C is for the one that waits.
            process = Popen(
                _program(theirs),
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=DEVNULL,
                pass_fds=theirs,
                start_new_session=True,
            )
            self._processes.append(process)
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def _start_one(self) -> None:
        process = Popen(_program(()), stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
        assert process.stdin is not None
        assert process.stdout is not None
        self._processes.append(process)
        self._channels.append(_Channel(process.stdin, process.stdout))


def _program(descriptors: Sequence[int]) -> list[str]:
    # Python looks first in the working folder for what a new process imports, and there lies what is checked: the
    # first thing to do is to look only where this process does.
    code = "import sys; sys.path[:] = sys.argv[2:]; from miglint.pool import serve; serve(sys.argv[1])"
    return [sys.executable, "-c", code, ",".join(map(str, descriptors)), *filter(None, sys.path)]


def _pieces(files: Mapping[str, bytes], workers: int) -> list[list[str]]:
    """The paths in pieces of work, to be taken from the end: the large ones first."""
    pieces: list[list[str]] = [[]]
    left = sum(map(len, files.values()))
    filled = 0
    for path in sorted(files, key=lambda path: len(files[path]), reverse=True):
        if filled > max(_LEAST_WORK, left // (4 * workers)):
            pieces.append([])
            left -= filled
            filled = 0
        pieces[-1].append(path)
        filled += len(files[path])
    return pieces[::-1]


def _hand_out(
    work: list[list[str]],
    files: Mapping[str, bytes],
    channel: _Channel,
    done: SimpleQueue[list[tuple[str, str]] | None],
) -> None:
    """Give one process a piece of work after the other, until none is left or it is no more."""
    with contextlib.suppress(OSError, ValueError, EOFError):
        while work:
            try:
                paths = work.pop()
            except IndexError:
                break
            _send(channel.tasks, [files[path] for path in paths])
            done.put(list(zip(paths, _receive(channel.answers), strict=True)))
    done.put(None)


# In the processes.


def serve(descriptors: str) -> None:
    """Parse what comes in, until nothing does. What goes wrong here, goes wrong again where it can be reported."""
    import gc

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Facts make no cycles to collect.
    gc.disable()
    from miglint import cache  # noqa: F401  # before it forks
    from miglint.parse import module  # noqa: F401

    numbers = [int(number) for number in descriptors.split(",") if number]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True)) or [(sys.stdin.fileno(), sys.stdout.fileno())]
    mine = next((pair for pair in pairs[1:] if os.fork() == 0), pairs[0])
    for pair in pairs:
        if pair != mine:
            # A pipe ends when nobody has it open any more.
            os.close(pair[0])
            os.close(pair[1])
    try:
        _answer(*mine)
        with contextlib.suppress(ChildProcessError):
            while mine == pairs[0] and len(pairs) > 1:
                os.wait()
    finally:
        # There is nothing to tidy up.
        os._exit(0)


def _answer(tasks: int, answers: int) -> None:
    from miglint import cache
    from miglint.parse import parse

    with os.fdopen(tasks, "rb") as source, os.fdopen(answers, "wb") as target, contextlib.suppress(EOFError):
        while True:
            # What goes back is text: to pickle facts would cost more than to make them.
            _send(target, [cache.encode(parse(data)) for data in _receive(source)])


def _send(file: IO[bytes], message: list[bytes] | list[str]) -> None:
    # Between processes of the same Python, and never kept.
    data = marshal.dumps(message)
    file.write(len(data).to_bytes(8, "little"))
    file.write(data)
    file.flush()


def _receive(file: IO[bytes]) -> Any:
    size = int.from_bytes(_whole(file, 8), "little")
    return marshal.loads(_whole(file, size))


def _whole(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
