"""Run miglint on inputs that nobody writes: `python -m benchmarks.fuzz [--inputs 20000] [--corpus]`.

Each input goes through everything in a process that is watched: one that dies, does not answer in time or grows too
large is as much of a failure as one that says so. Exit code 1 if there was any; inputs are known by their numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

# Seconds for an input, and megabytes: the cost of one that is as large as an input may be, several times over.
TIME = 60.0
MEMORY = 1500
GROWTH = 500


def main() -> int:
    arguments = _arguments()
    if arguments.work:
        return _work(arguments)
    numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in arguments.number or range(arguments.first, arguments.first + arguments.inputs):
        numbers.put(number)
    outcomes: list[dict[str, Any]] = []
    started = time.monotonic()
    threads = [threading.Thread(target=_watch, args=(numbers, outcomes, arguments)) for _ in range(arguments.processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _tell(outcomes, time.monotonic() - started)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz")
    parser.add_argument("--inputs", type=int, default=20_000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the number of the first one")
    parser.add_argument("--number", type=int, action="append", metavar="N", help="this one; may be given several times")
    parser.add_argument("--corpus", action="store_true", help="migrations of published packages too: see CONTRIBUTING")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--show", action="store_true", help="print the inputs of --number")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _watch(numbers: queue.SimpleQueue[int], outcomes: list[dict[str, Any]], arguments: argparse.Namespace) -> None:
    worker = None
    while True:
        try:
            number = numbers.get_nowait()
        except queue.Empty:
            break
        if worker is None:
            worker = _start(arguments)
        outcome = _ask(worker, number)
        if outcome.pop("over", False):
            worker = None
        outcomes.append(outcome)
        for problem in outcome["problems"]:
            print(f"{number} ({outcome['kind']}): {problem}", flush=True)
        if len(outcomes) % 1000 == 0:
            print(f"{len(outcomes)} inputs …", file=sys.stderr, flush=True)
    if worker is not None:
        worker.stdin.close()
        worker.wait()


def _start(arguments: argparse.Namespace) -> Any:
    command = [sys.executable, "-m", "benchmarks.fuzz", "--work", *(["--corpus"] if arguments.corpus else [])]
    worker = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    worker.stdout.readline()
    return worker


def _ask(worker: Any, number: int) -> dict[str, Any]:
    late = threading.Event()

    def end() -> None:
        late.set()
        worker.kill()

    timer = threading.Timer(TIME, end)
    timer.start()
    try:
        worker.stdin.write(f"{number}\n")
        worker.stdin.flush()
        answer = worker.stdout.readline()
    except OSError:
        answer = ""
    timer.cancel()
    if answer:
        outcome: dict[str, Any] = json.loads(answer)
        return outcome
    code = worker.wait()
    what = f"it took more than {TIME:.0f} s" if late.is_set() else f"the process ended ({_name_of(code)})"
    return {"number": number, "kind": "?", "problems": [what], "seconds": TIME, "facts": False, "over": True}


def _name_of(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _work(arguments: argparse.Namespace) -> int:
    from fuzzing.inputs import Inputs, projects_of, scenarios, shop
    from fuzzing.trial import trials

    from miglint.facts.migration import Module
    from miglint.parse import parse

    limit = MEMORY * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    first, sql = shop()
    projects = [first, *scenarios(), *projects_of(ROOT / "sample_migrations")]
    if arguments.corpus:
        from corpus import download

        for package in download.versions():
            projects += projects_of(download.tree(package))
    inputs = Inputs(tuple(projects), tuple(sql))
    with trials(inputs) as each:
        print("ready", flush=True)
        for line in sys.stdin:
            one = inputs[int(line)]
            if arguments.show:
                print(one.data.decode("utf-8", "replace"), file=sys.stderr)
            largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started = time.monotonic()
            problems = each.run(one)
            seconds = time.monotonic() - started
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - largest) // 1000
            if grown > GROWTH:
                problems.append(f"it took {grown} MB")
            answer = {
                "number": one.number,
                "kind": one.kind,
                "problems": problems,
                "seconds": seconds,
                "facts": isinstance(parse(one.data), Module),
            }
            print(json.dumps(answer), flush=True)
    return 0


def _tell(outcomes: list[dict[str, Any]], seconds: float) -> int:
    kinds = Counter(one["kind"] for one in outcomes)
    read = Counter(one["kind"] for one in outcomes if one["facts"])
    failed = Counter(one["kind"] for one in outcomes if one["problems"])
    print(f"\n{'kind':<16}{'inputs':>8}{'read':>8}{'failed':>8}{'slowest, s':>12}")
    for kind in sorted(kinds):
        slowest = max(one["seconds"] for one in outcomes if one["kind"] == kind)
        print(f"{kind:<16}{kinds[kind]:>8}{read[kind]:>8}{failed[kind]:>8}{slowest:>12.2f}")
    slow = sorted(outcomes, key=lambda one: -one["seconds"])[:5]
    print("slowest:", ", ".join(f"{one['number']} ({one['seconds']:.2f} s)" for one in slow))
    print(f"{len(outcomes)} inputs in {seconds:.0f} s, {sum(failed.values())} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
