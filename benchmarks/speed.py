"""How long a run takes, cold, warm and after one change; what it costs to start; how much memory it takes."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import histories, published
from benchmarks.environments import home, miglint, peers
from benchmarks.timing import Program, in_turn, peak_memory
from tests.postgresql.servers import Servers, installations

SIZES = (100, 300, 1_000, 3_000, 10_000, 20_000)
# As many as the published packages have, for those that need every package to be installed.
GENERATED = 1_400


def measure(rounds: int = 5) -> dict[str, Any]:
    tree = published.tree()
    files = published.migrations(tree)
    programs = _programs(tree, files)
    seconds = in_turn(programs, rounds)
    # The first one was to warm up.
    bare = median(map(float, _bare_seconds().read_text(encoding="utf-8").split()[-rounds:]))
    memory = {name: round(peak_memory(programs[name])) for name in ("cold", "warm", "zdm")}
    return {
        "packages": list(published.PACKAGES),
        "rounds": rounds,
        "migrations": len(files),
        "bytes": sum(path.stat().st_size for path in files),
        "seconds": {name: round(taken, 4) for name, taken in seconds.items()},
        "bare parse, seconds": round(bare, 3),
        "cold / bare parse": round(seconds["cold"] / bare, 2),
        "cold / process that parses": round(seconds["cold"] / seconds["bare"], 2),
        "warm / zdm": round(seconds["warm"] / seconds["zdm"], 2),
        "one changed / zdm": round(seconds["one changed"] / seconds["zdm"], 2),
        "cold / zdm": round(seconds["cold"] / seconds["zdm"], 1),
        "--help / import click": round(seconds["--help"] / seconds["import click"], 2),
        "peak memory, MB": memory,
    }


def _programs(tree: Path, files: list[Path]) -> dict[str, Program]:
    ours, _ = miglint()
    names = home() / "names"
    names.write_text("".join(f"{path}\n" for path in files), encoding="utf-8")
    _bare_seconds().unlink(missing_ok=True)
    kept = {name: home() / "caches" / name for name in ("cold", "warm", "changed")}
    shutil.rmtree(home() / "caches", ignore_errors=True)
    script = Path(__file__).with_name("bare_parse.py")

    def checked(name: str, before: Callable[[], None] = lambda: None, where: Path = tree) -> Program:
        arguments = ("check", ".", "--output-format", "json", "--cache-dir", str(kept[name]))
        return _program((str(ours / "miglint"), *arguments), where, name, before)

    def forget() -> None:
        shutil.rmtree(kept["cold"], ignore_errors=True)

    # A copy: what is measured without a change is not even touched.
    other = home() / f"{tree.name}-changed"
    if not other.exists():
        shutil.copytree(tree, other)
    changes = itertools.count(1)
    changed = other / files[len(files) // 2].relative_to(tree)
    original = changed.read_bytes().partition(b"\n# changed ")[0].rstrip(b"\n") + b"\n"

    def change() -> None:
        changed.write_bytes(original + b"\n# changed %d\n" % next(changes))

    programs = {
        "bare": _program((str(ours / "python"), str(script), str(names), str(_bare_seconds())), tree, "bare"),
        "cold": checked("cold", forget),
        "warm": checked("warm"),
        "one changed": checked("changed", change, other),
        "zdm": _program((str(peers() / "zdm"), "--output-format", "json", "."), tree, "zdm"),
        "--help": _program((str(ours / "miglint"), "--help"), tree, "help"),
        "import click": _program((str(ours / "python"), "-c", "import click"), tree, "click"),
    }
    # Caches are filled, and files are in memory.
    in_turn(programs, 1)
    return programs


def _bare_seconds() -> Path:
    return home() / "bare-seconds"


def curve(sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """For generated projects of growing size: seconds and memory, without a cache and with a full one."""
    ours, _ = miglint()
    points = []
    for size in sizes:
        tree = generated(size)
        kept = home() / "caches" / f"generated-{size}"
        shutil.rmtree(kept, ignore_errors=True)

        def forget(kept: Path = kept) -> None:
            shutil.rmtree(kept, ignore_errors=True)

        check = (str(ours / "miglint"), "check", ".", "--output-format", "json", "--cache-dir", str(kept))
        cold = _program(check, tree, "curve", forget)
        warm = _program(check, tree, "curve")
        rounds = 3 if size <= 3_000 else 1
        seconds = in_turn({"cold": cold}, rounds) | in_turn({"warm": warm}, rounds)
        memory = peak_memory(cold)
        points.append(
            {
                "migrations": size,
                "cold, s": round(seconds["cold"], 2),
                "warm, s": round(seconds["warm"], 3),
                "cold, ms each": round(1000 * seconds["cold"] / size, 2),
                "warm, ms each": round(1000 * seconds["warm"] / size, 3),
                "peak memory, MB": round(memory),
            }
        )
    return points


def beside_django(rounds: int = 3) -> dict[str, Any]:
    """Beside those that load the project: on a generated one, since they need every package's dependencies."""
    tree = generated(GENERATED)
    ours, _ = miglint()
    theirs = peers()
    with Servers() as servers:
        host = servers[max(installations())].host
        environment = {"DJANGO_SETTINGS_MODULE": "config.peers", "PYTHONPATH": str(tree), "BENCHMARK_HOST": host}
        check = ("check", ".", "--output-format", "json", "--no-cache")
        quick = {
            "miglint, cold": _program((str(ours / "miglint"), *check), tree, "generated"),
            "zdm": _program((str(theirs / "zdm"), "--output-format", "json", "."), tree, "zdm"),
            "django-safe-migrations": Program(
                (str(theirs / "check-migrations"), "--format", "json"),
                tree,
                home() / "out-dsm",
                environment=environment,
            ),
        }
        slow = Program(
            (str(theirs / "python"), "manage.py", "lintmigrations", "--no-cache", "--unapplied-migrations"),
            tree,
            home() / "out-dml",
            environment=environment,
        )
        seconds = in_turn(quick, rounds) | in_turn({"django-migration-linter": slow}, 1)
    return {"migrations": GENERATED, "seconds": {name: round(taken, 2) for name, taken in seconds.items()}}


def generated(size: int) -> Path:
    folder = home() / f"generated-{size}"
    if not folder.exists():
        scratch = folder.with_suffix(".making")
        shutil.rmtree(scratch, ignore_errors=True)
        histories.write(scratch, size)
        scratch.rename(folder)
    return folder


def _program(arguments: tuple[str, ...], folder: Path, name: str, before: Callable[[], None] = lambda: None) -> Program:
    return Program(arguments, folder, home() / f"out-{name}", before)
