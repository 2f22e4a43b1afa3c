"""How long programs take, run in turn so that a noisy machine is as noisy for each; and how much memory."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# miglint is measured on as many cores as everybody has.
CORES = 2


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Program:
    """What is run where; `before` is not timed. Its output goes to a file. `may_exit` are codes that are no failure."""

    arguments: tuple[str, ...]
    folder: Path
    output: Path
    before: Callable[[], None] = _nothing
    may_exit: tuple[int, ...] = (0, 1)
    environment: Mapping[str, str] = field(default_factory=dict)


def in_turn(programs: Mapping[str, Program], rounds: int = 5) -> dict[str, float]:
    """The median of each program's seconds."""
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            program.before()
            started = time.perf_counter()
            _finish(program, _start(program))
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def peak_memory(program: Program) -> float:
    """Megabytes of the largest process, of the program or of those that it starts."""
    program.before()
    process = _start(program)
    largest = 0
    while process.poll() is None:
        largest = max(largest, *(_high_water(one) for one in _session(process.pid)), 0)
        time.sleep(0.003)
    _finish(program, process)
    return largest / 1024


def _start(program: Program) -> subprocess.Popen[bytes]:
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    with program.output.open("wb") as output:
        return subprocess.Popen(
            program.arguments,
            cwd=program.folder,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )


def _finish(program: Program, process: subprocess.Popen[bytes]) -> None:
    _, said = process.communicate()
    if process.returncode not in program.may_exit:
        raise RuntimeError(f"{' '.join(program.arguments)}: exit code {process.returncode}: {said.decode()[-2000:]}")
    # Who fails at once is fast, and 1 is the code of findings and of a traceback.
    if process.returncode and program.output.stat().st_size == 0:
        raise RuntimeError(f"{' '.join(program.arguments)}: it printed nothing: {said.decode()[-2000:]}")


def _session(leader: int) -> list[str]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                if int(Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[3]) == leader:
                    found.append(name)
    return found


def _high_water(process: str) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        status = Path("/proc", process, "status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])
    return 0
