"""The numbers as a page: benchmarks/README.md, its pictures, and what a terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import drawing
from benchmarks.drawing import Bar

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"

_KINDS = {
    "dangerous": "reads or rewrites a table while others wait for it",
    "breaks": "breaks the release that is still running",
    "fails": "fails when it is applied",
    "any": "any of these",
}


def write(results: Mapping[str, Any]) -> None:
    """The page and the pictures."""
    PICTURES.mkdir(exist_ok=True)
    for name, picture in pictures(results).items():
        (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")
    (HERE / "README.md").write_text(page(results), encoding="utf-8")
    readme = HERE.parent / "README.md"
    before, opening, rest = readme.read_text(encoding="utf-8").partition(_OPENING)
    _, closing, after = rest.partition(_CLOSING)
    if closing:
        readme.write_text(f"{before}{opening}\n{summary(results)}\n{closing}{after}", encoding="utf-8")


# Between them, the README says in short what was measured.
_OPENING, _CLOSING = "<!-- measured -->", "<!-- /measured -->"


def summary(results: Mapping[str, Any]) -> str:
    parts = [_circumstances(results["about"])]
    if "hazards" in results:
        told = results["hazards"]
        tools = told["tools"]
        rows = [
            (f"{what}: {name}", *(_percent(score(one[kind])) for one in tools.values()))
            for kind, what in _KINDS.items()
            for name, score in (("right", _precision), ("found", _recall))
        ]
        parts += [
            "![How many warnings are right, and how much harm is warned of](benchmarks/pictures/hazards.svg)",
            (
                f"{told['scenarios']} migrations, each of them run on a real PostgreSQL, and what the tools said before: how "
                "much of what they warn of is there, and how much of what is there they warn of. miglint is developed against "
                "these, the others are not."
            ),
            _table(("a migration …", *tools), rows),
        ]
    if "speed" in results:
        told = results["speed"]
        seconds, memory = told["seconds"], told["peak memory, MB"]
        rows = [
            (
                "first run",
                f"{seconds['cold']:.2f} s ({told['cold / bare parse']} × a bare `libcst.parse_module`)",
                f"{seconds['zdm']:.2f} s",
            ),
            ("nothing changed", f"{seconds['warm']:.2f} s", f"{seconds['zdm']:.2f} s"),
            ("one file changed", f"{seconds['one changed']:.2f} s", f"{seconds['zdm']:.2f} s"),
            ("memory, first run", f"{memory['cold']} MB", f"{memory['zdm']} MB"),
        ]
        parts += [f"{told['migrations']:,} migrations of published packages:", _table(("", "miglint", "zdm"), rows)]
    parts += ["More, and how it was measured: [benchmarks](benchmarks/README.md)."]
    return "\n\n".join(parts)


def pictures(results: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    if "hazards" in results:
        tools = results["hazards"]["tools"]
        rows = {
            tool: [Bar(_share(score), _percent(score)) for score in (_precision(told["any"]), _recall(told["any"]))]
            for tool, told in tools.items()
        }
        title = f"{results['hazards']['scenarios']} migrations, and what each did to a real PostgreSQL"
        found["hazards"] = drawing.bars(title, rows, ("warnings that are right", "harm that is warned of"))
    if "speed" in results:
        seconds = results["speed"]["seconds"]
        named = {
            "miglint, nothing changed": seconds["warm"],
            "miglint, one file changed": seconds["one changed"],
            "zdm": seconds["zdm"],
            "miglint, first run": seconds["cold"],
            "bare libcst.parse_module": results["speed"]["bare parse, seconds"],
        }
        most = max(named.values())
        title = f"Seconds for {results['speed']['migrations']:,} migrations of published packages"
        found["speed"] = drawing.bars(title, {name: [Bar(t / most, f"{t:.2f} s")] for name, t in named.items()})
    if "curve" in results:
        lines = {"cold, ms each": "first run", "warm, ms each": "nothing changed"}
        found["curve"] = drawing.curve("What a migration costs, by the size of the project", results["curve"], lines)
    return found


def page(results: Mapping[str, Any]) -> str:
    parts = [
        "# Measured",
        (
            "Written by `python -m benchmarks`, which also says how: one module for each section. Times are medians of runs "
            "in turn; compare those of one table, not those of two machines."
        ),
        _circumstances(results["about"]),
    ]
    for name, section in (
        ("hazards", _hazards),
        ("speed", _speed),
        ("django speed", _beside_django),
        ("curve", _curve),
        ("agreement", _agreement),
        ("findings", _findings),
    ):
        if name in results:
            parts += section(results[name])
    return "\n\n".join(parts) + "\n"


def _circumstances(about: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return f"{about['date']}, {about['machine']}. {versions}."


def _hazards(told: Mapping[str, Any]) -> Iterable[str]:
    servers = " and ".join(map(str, told["postgresql"]))
    yield "## What is warned of, and what happened"
    yield "![Precision and recall](pictures/hazards.svg)"
    yield (
        f"{told['scenarios']} migrations, each run on PostgreSQL {servers} with rows in every table: "
        f"{told['truth'].get('dangerous', 0)} were dangerous (a table that existed is read through or rewritten while "
        f"writes wait), {told['truth'].get('breaks', 0)} broke what the release before does, "
        f"{told['truth'].get('fails', 0)} failed, {told['harmless']} did none of it. "
        "*Right*: of the migrations that a tool warns of, those where what it warns of is there. *Found*: of the "
        "migrations that do harm, those it warns of for that reason. A rule that names several consequences is right if "
        "any of them is there. Rules about style and rollback do not count. These scenarios are miglint's own tests: it was "
        "mended until it agreed, and the others were not."
    )
    for kind, what in _KINDS.items():
        rows = [
            (
                tool,
                _counted(_precision(one[kind])),
                _counted(_recall(one[kind])),
            )
            for tool, one in told["tools"].items()
        ]
        yield f"**{what[0].upper()}{what[1:]}**"
        yield _table(("", "right", "found"), rows)
    crashed = [f"{tool}: {one['crashed']}" for tool, one in told["tools"].items() if one["crashed"]]
    if crashed:
        yield f"Migrations that a tool, or the Django under it, could not get through; they count as silence. {'; '.join(crashed)}."


def _speed(told: Mapping[str, Any]) -> Iterable[str]:
    yield "## Speed"
    yield "![Seconds](pictures/speed.svg)"
    seconds, memory = told["seconds"], told["peak memory, MB"]
    yield (
        f"{told['migrations']:,} migrations ({told['bytes'] / 1e6:.1f} MB) of {', '.join(told['packages'])}, two cores, "
        f"JSON to a file, bytecode compiled, {_rounds(told['rounds'])}. zdm is a native program without a cache and "
        "without a history; Python is what miglint pays for being read and extended by those who use it."
    )
    yield _table(
        ("", "seconds", "is", "largest process"),
        [
            (
                "miglint, first run",
                f"{seconds['cold']:.2f}",
                f"{told['cold / bare parse']} × bare parse",
                f"{memory['cold']} MB",
            ),
            (
                "miglint, nothing changed",
                f"{seconds['warm']:.3f}",
                f"{told['warm / zdm']} × zdm",
                f"{memory['warm']} MB",
            ),
            ("miglint, one file changed", f"{seconds['one changed']:.3f}", f"{told['one changed / zdm']} × zdm", ""),
            ("zdm", f"{seconds['zdm']:.3f}", "", f"{memory['zdm']} MB"),
            ("`libcst.parse_module` of the same bytes, one process", f"{told['bare parse, seconds']:.2f}", "", ""),
            ("`miglint --help`", f"{seconds['--help']:.3f}", f"{told['--help / import click']} × `import click`", ""),
        ],
    )


def _rounds(number: int) -> str:
    return f"medians of {number} interleaved runs" if number > 1 else "one run of each"


def _beside_django(told: Mapping[str, Any]) -> Iterable[str]:
    yield (
        f"On a generated project of {told['migrations']:,} migrations, since these load the project with everything that "
        "it needs (django-migration-linter: one run, with a database):"
    )
    yield _table(("", "seconds"), [(tool, f"{seconds:.2f}") for tool, seconds in told["seconds"].items()])


def _curve(points: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    yield "## Growth"
    yield "![Cost of a migration](pictures/curve.svg)"
    yield "Generated projects, with apps of up to 60 migrations."
    keys = tuple(points[0])
    yield _table(keys, [tuple(f"{point[key]:,}" for key in keys) for point in points])


def _agreement(told: Mapping[str, Any]) -> Iterable[str]:
    yield "## Agreement with Django"
    yield (
        f"The graph and the operations that Django's own loader makes of {', '.join(told['graph and operations of'])}, and "
        f"ProjectState's schema of these and {', '.join(told['schema of'][len(told['graph and operations of']) :])}. "
        "What is not agreed hangs on settings, and miglint says that it does not know it."
    )
    rows = [(what, f"{told['agreed'][what]:,} of {count:,}") for what, count in told["counted"].items()]
    yield _table(("", "the same"), rows)


def _findings(told: Mapping[str, Any]) -> Iterable[str]:
    yield "## Findings in published packages"
    packages = ", ".join(f"{name} {version}" for name, version in told["packages"].items())
    yield (
        f"{told['migrations']:,} migrations of {packages}, all of them judged as if they were new. Of each rule, some "
        f"findings were read with the history before them: {told['right']} of {told['read']} were right"
        f"{_arguable(told)} ([the list](../tests/corpus/verdicts.tsv))."
    )
    rows = [
        (
            f"{code} {one['name']}",
            f"{one['findings']:,}",
            f"{one['right']} of {one['read']}" if one["read"] else "none read",
        )
        for code, one in told["rules"].items()
    ]
    yield _table(("", "findings", "right of those read"), rows)


def _arguable(told: Mapping[str, Any]) -> str:
    return f", {told['arguable']} of them by the rule's definition and of little use" if told["arguable"] else ""


def _precision(score: Mapping[str, int]) -> tuple[int, int]:
    return score["right"], score["warned"]


def _recall(score: Mapping[str, int]) -> tuple[int, int]:
    return score["found"], score["there"]


def _share(score: tuple[int, int]) -> float:
    return score[0] / score[1] if score[1] else 0


def _percent(score: tuple[int, int]) -> str:
    # Rounded down: 99.7 % is not all.
    return f"{int(100 * _share(score))} %" if score[1] else "–"


def _counted(score: tuple[int, int]) -> str:
    return f"{_percent(score)} ({score[0]} of {score[1]})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
