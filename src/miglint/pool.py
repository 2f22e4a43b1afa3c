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
from _thread import allocate_lock, start_new_thread
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from queue import Empty, SimpleQueue
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from miglint.facts.migration import Failure, Module


_FORKS = hasattr(os, "fork")
# Below this many files, starting processes that import libcst costs more than it saves.
_WORTH_IT = 64
_MOST = 8
# Bytes of source: the last pieces of work are small, so that all processes end together; and none is so large that a
# process goes on for long where the one that asked has been killed, which it sees in between.
_LEAST_WORK, _MOST_WORK = 8_000, 64_000
# No list of files or facts is as large; what else may stand in a pipe (text, say) is larger when read as a size.
_NO_SIZE = 1 << 32
# Seconds between looks at whether those that are waited for are still there; and without a word from any of them, after
# which they are given up: a piece of work takes a small part of a second, a file of the largest size some ten.
_PATIENCE = 5
_MOST_SILENCE = 60
# Seconds after which a thread lets another one have its turn; Python's own is fifty times as long.
_SWITCH = 0.0001

_Answer: TypeAlias = tuple[str, str]


class Pool:
    """Processes that parse. Where they cannot be had, or die, they are done without.

    `jobs` 0 is as many as there are processors to use. `meanwhile` is called once, while they are at it: what else has
    to be done before anything can be said.
    """

    def __init__(self, jobs: int, meanwhile: Callable[[], None] | None = None) -> None:
        self.jobs = processes(jobs)
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
        # A program that Python is a part of may not know where there is one to start.
        if self._workers is None and self.jobs > 1 and sys.executable:
            self._workers = _Workers(self.jobs)

    def expect(self, files: int) -> None:
        """Start where so many files are worth it."""
        if files >= _WORTH_IT:
            self.start()

    def parse_all(
        self, files: Mapping[str, bytes], meanwhile: Callable[[Work], None] | None = None
    ) -> Iterator[tuple[str, bytes, Module | Failure, str | None]]:
        """Each file's path, bytes and facts, and the facts as the cache writes them where a process wrote them so.

        In the order in which they are done: where there are processes, they are at it already, and `meanwhile` is
        called, with what they take their work from. What they leave out, or answer with what are no facts, is parsed
        here.
        """
        self.expect(len(files))
        work = Work(files)
        answers = self._workers.parse(work) if files and self._workers is not None else None
        return self._collected(work, answers, meanwhile)

    def _collected(
        self, work: Work, answers: Iterable[_Answer] | None, meanwhile: Callable[[Work], None] | None
    ) -> Iterator[tuple[str, bytes, Module | Failure, str | None]]:
        left = work.files
        if answers is not None:
            with _attentive:
                if self._meanwhile is not None:
                    self._meanwhile()
                    self._meanwhile = None
                if meanwhile is not None:
                    meanwhile(work)
                for path, text in answers:
                    # Imported where used: nobody waits for this while processes start.
                    from miglint.cache import decode_facts

                    try:
                        facts = decode_facts(text)
                    except ValueError:
                        continue
                    yield path, left.pop(path), facts, text
        if left:
            from miglint.parse import parse  # it brings libcst

            # Whoever gets them may ask for more.
            while left:
                path = next(iter(left))
                data = left.pop(path)
                yield path, data, parse(data), None


class _Attentive:
    """While anybody is in it, a thread that waits for the interpreter's lock gets it soon.

    Whoever asks for facts is busy with those that he got already, and no process is to wait until he is through.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._inside = 0
        self._interval = 0.0

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._interval = sys.getswitchinterval()
                sys.setswitchinterval(min(self._interval, _SWITCH))
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                sys.setswitchinterval(self._interval)


_attentive = _Attentive()


class Work:
    """Files to be parsed, of which several threads take some each; `files` are those without facts so far."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self._lock = allocate_lock()
        self._sizes = {path: len(data) for path, data in files.items()}
        # To be taken from the end: the large ones first.
        self._waiting = sorted(files, key=lambda path: len(files[path]))
        self._left = sum(self._sizes.values())

    def prefer(self, paths: Iterable[str]) -> None:
        """Give out these first, in this order, of those that are waiting."""
        with self._lock:
            waiting = dict.fromkeys(self._waiting)
            first = [path for path in dict.fromkeys(paths) if path in waiting]
            rest = waiting.keys() - set(first)
            self._waiting = [path for path in self._waiting if path in rest] + first[::-1]

    def add(self, path: str, data: bytes) -> None:
        """One more, to be given out next."""
        with self._lock:
            self.files[path] = data
            self._sizes[path] = len(data)
            self._left += len(data)
            self._waiting.append(path)

    def take(self, workers: int) -> list[str]:
        """A piece of work for one of so many; empty where none is left."""
        with self._lock:
            most = min(max(_LEAST_WORK, self._left // (4 * workers)), _MOST_WORK)
            taken: list[str] = []
            filled = 0
            while self._waiting and filled <= most:
                taken.append(self._waiting.pop())
                filled += self._sizes[taken[-1]]
            self._left -= filled
            return taken

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()


class _Channel(NamedTuple):
    """What goes to a process and what comes back from it."""

    tasks: IO[bytes]
    answers: IO[bytes]

    def close(self) -> None:
        # A process that is writing gives up where nobody reads; then it reads no more, and a flush cannot wait for it.
        for file in (self.answers, self.tasks):
            with contextlib.suppress(OSError):
                file.close()


class _Workers:
    """All the processes that were asked for, or none."""

    def __init__(self, count: int) -> None:
        self._processes: list[Popen[bytes]] = []
        self._channels: list[_Channel] = []
        self._asked = False
        self._busy: list[_Channel] = []
        try:
            if _FORKS:
                self._start_one_that_forks(count)
            else:
                for _ in range(count):
                    self._start_one()
        except Exception:  # noqa: BLE001  # no descriptors, no processes, no memory: the files can be parsed here
            self.end()

    def parse(self, work: Work) -> Iterator[_Answer]:
        """What the processes say, as soon as one has said it; what they leave out they did not survive."""
        channels = [channel for channel in self._channels if not channel.answers.closed]
        done: SimpleQueue[list[_Answer] | None] = SimpleQueue()
        running = 0
        with contextlib.suppress(RuntimeError, MemoryError):
            for channel in channels:
                # Not with `threading`: where there is no memory, it waits for ever for the thread to begin.
                start_new_thread(_hand_out, (work, len(channels), channel, self._busy, done))
                self._asked = True
                running += 1
        return self._told(work, done, running)

    def _told(self, work: Work, done: SimpleQueue[list[_Answer] | None], running: int) -> Iterator[_Answer]:
        silence = 0.0
        try:
            while running:
                try:
                    answer = done.get(timeout=_PATIENCE)
                except Empty:
                    if not self._busy and done.empty():
                        break  # There was not even the memory to begin, or to say that it is over.
                    silence += _PATIENCE
                    if silence >= _MOST_SILENCE:
                        work.clear()
                        self._kill()  # Those who wait for an answer see that there is none.
                    continue
                silence = 0
                if answer is None:
                    running -= 1
                else:
                    yield from answer
        finally:
            work.clear()

    def end(self) -> None:
        if not self._asked or self._busy:
            # Nobody asked for anything, and they may be importing still; or somebody gave up on what they do.
            self._kill()
        for channel in self._channels:
            channel.close()
        for process in self._processes:
            try:
                process.wait(_PATIENCE)
            except TimeoutExpired:
                self._kill()
                process.wait()
        self._channels = []

    def _kill(self) -> None:
        for process in self._processes:
            with contextlib.suppress(OSError):
                if _FORKS:
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()

    def _start_one_that_forks(self, count: int) -> None:
        theirs: list[int] = []
        try:
            for _ in range(count):
                self._channels.append(_channel(theirs))
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


def _channel(theirs: list[int]) -> _Channel:
    """Two pipes; the ends that are for the process are added to `theirs`."""
    read, write = os.pipe()
    theirs.append(read)
    tasks = os.fdopen(write, "wb")
    try:
        read, write = os.pipe()
    except OSError:
        tasks.close()
        raise
    theirs.append(write)
    return _Channel(tasks, os.fdopen(read, "rb"))


def _program(descriptors: Sequence[int]) -> list[str]:
    # Python looks first in the working folder for what a new process imports, and there lies what is checked: the
    # first thing to do is to look only where this process does.
    code = "import sys; sys.path[:] = sys.argv[2:]; from miglint.pool import serve; serve(sys.argv[1])"
    return [sys.executable, *_flags(), "-c", code, ",".join(map(str, descriptors)), *filter(None, sys.path)]


def _flags() -> Iterator[str]:
    """What this Python was told to leave alone, the others leave alone too."""
    flags = sys.flags
    if flags.isolated:
        yield "-I"
    if flags.ignore_environment:
        yield "-E"
    if flags.no_user_site:
        yield "-s"
    if flags.no_site:
        yield "-S"
    if flags.dont_write_bytecode:
        yield "-B"
    yield from ("-X", f"utf8={flags.utf8_mode}")


def _hand_out(
    work: Work,
    workers: int,
    channel: _Channel,
    busy: list[_Channel],
    done: SimpleQueue[list[_Answer] | None],
) -> None:
    """Give one process a piece of work after the other, until none is left or it is no more."""
    busy.append(channel)
    try:
        _ask(work, workers, channel, done)
    except Exception:  # noqa: BLE001  # no memory, a process that died, or one that talks nonsense
        # The next answer would be taken for that to another question.
        channel.close()
    finally:
        busy.remove(channel)
    done.put(None)


def _ask(work: Work, workers: int, channel: _Channel, done: SimpleQueue[list[_Answer] | None]) -> None:
    while paths := work.take(workers):
        _send(channel.tasks, [work.files[path] for path in paths])
        done.put(list(zip(paths, _receive(channel.answers), strict=True)))


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
    mine = pairs[0]
    with contextlib.suppress(OSError):  # as many as can be had
        for pair in pairs[1:]:
            if os.fork() == 0:
                mine = pair
                break
    for pair in pairs:
        if pair != mine:
            # A pipe ends when nobody has it open any more.
            os.close(pair[0])
            os.close(pair[1])
    try:
        with contextlib.suppress(Exception):
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
    if size >= _NO_SIZE:
        raise ValueError("no size")
    return marshal.loads(_whole(file, size))


def _whole(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return data


def processes(jobs: int) -> int:
    """As many as somebody asked for; for 0 as many as there is room for."""
    return jobs or min(_processors(), _MOST)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
