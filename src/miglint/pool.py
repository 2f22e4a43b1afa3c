"""Parsing in several processes, where there is enough to parse."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from miglint import cache
from miglint.facts.migration import Failure, Module

# Below this many files, starting processes that import libcst costs more than it saves.
_WORTH_IT = 64
_CHUNK = 25
_MOST = 8


def parse_all(files: Mapping[str, bytes], jobs: int) -> Iterator[tuple[str, Module | Failure, str | None]]:
    """Each file's path and facts, in order, and the facts as the cache writes them where they came so from a process.

    `jobs` 0 is as many as there are processors to use. A pool that cannot be had, or that dies, is done without.
    """
    jobs = jobs or min(_processors(), _MOST)
    left = dict(files)
    if jobs > 1 and len(files) >= _WORTH_IT:
        for path, text in _in_processes(left, jobs):
            facts = cache.decode(text)
            del left[path]
            assert isinstance(facts, (Module, Failure))
            yield path, facts, text
    from miglint.parse import parse  # imported where used: it brings libcst

    for path, data in left.items():
        yield path, parse(data), None


def _in_processes(files: Mapping[str, bytes], jobs: int) -> Iterator[tuple[str, str]]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_all_start_methods, get_context

    paths = list(files)
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    # A fork of this process would copy its threads' locks; a server that forks has none.
    method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
    try:
        work = [[files[path] for path in chunk] for chunk in chunks]
        with _away_from_the_project():
            pool = ProcessPoolExecutor(min(jobs, len(chunks)), get_context(method), _start)
            answers = pool.map(_parsed, work)
        with pool:
            for chunk, texts in zip(chunks, answers, strict=True):
                yield from zip(chunk, texts, strict=True)
    except (BrokenProcessPool, OSError, EOFError):
        return


@contextlib.contextmanager
def _away_from_the_project() -> Iterator[None]:
    """Python looks first in the working folder for what a new process imports, and there lies what is checked."""
    before = os.environ.get(_SAFE_PATH)
    here = Path.cwd()
    os.environ[_SAFE_PATH] = "1"
    if sys.version_info < (3, 11):
        # It knows no such variable.
        os.chdir(Path(__file__).parent)
    try:
        yield
    finally:
        if sys.version_info < (3, 11):
            os.chdir(here)
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


_SAFE_PATH = "PYTHONSAFEPATH"


def _start() -> None:
    """In each process: Ctrl-C is for the one that waits, and facts make no cycles to collect."""
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()


def _parsed(contents: Sequence[bytes]) -> list[str]:
    """What goes back is text: to pickle facts would cost more than to make them."""
    from miglint.parse import parse

    return [cache.encode(parse(data)) for data in contents]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
