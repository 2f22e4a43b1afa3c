"""Which migrations each tool warns of, held against what they did to a real server.

The scenarios are those of tests/effects/scenarios. Nothing about them is written down: each is run, each time. A
migration is `dangerous` where a table that existed is scanned or rewritten while a lock that blocks writes is held; it
`breaks` where the release before meets errors afterwards; it `fails` where the server or Django refuses it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.environments import home, miglint, peers
from tests.effects.scenarios import SCENARIOS, Scenario
from tests.postgresql.measure import Benches
from tests.postgresql.servers import Servers, installations

KINDS = ("dangerous", "breaks", "fails")
DANGEROUS, BREAKS, FAILS = (frozenset({kind}) for kind in KINDS)

# What each rule warns of, by its own documentation; of none where it is about something else: whether a migration can
# be undone, how it is written. One that names several consequences is right where any of them is there.
ZDM = {
    "R001": DANGEROUS,
    "R002": DANGEROUS | BREAKS,
    "R003": DANGEROUS,
    "R004": FAILS,
    "R005": BREAKS,
    "R006": DANGEROUS,
    "R009": BREAKS,
    "R010": FAILS | BREAKS,
    "R011": BREAKS,
    "R015": DANGEROUS | BREAKS,
    "R016": DANGEROUS,
    "R017": DANGEROUS | BREAKS,
    "R018": DANGEROUS,
    "R019": BREAKS,
}
SAFE_MIGRATIONS = {
    "SM001": FAILS | BREAKS | DANGEROUS,
    "SM002": BREAKS,
    "SM003": BREAKS,
    "SM004": DANGEROUS | BREAKS,
    "SM005": DANGEROUS,
    "SM006": BREAKS,
    "SM009": DANGEROUS | BREAKS,
    "SM010": DANGEROUS,
    "SM011": DANGEROUS | BREAKS,
    "SM012": FAILS,
    "SM013": DANGEROUS | BREAKS,
    "SM014": BREAKS,
    "SM017": DANGEROUS | BREAKS,
    "SM018": FAILS,
    "SM020": DANGEROUS | BREAKS | FAILS,
    "SM021": DANGEROUS | BREAKS,
    "SM022": DANGEROUS,
    "SM029": BREAKS,
    "SM030": DANGEROUS,
    "SM033": DANGEROUS | BREAKS,
    "SM040": FAILS,
    "SM041": DANGEROUS,
    "SM042": FAILS,
    "SM047": DANGEROUS | BREAKS,
    "SM048": DANGEROUS,
    "SM049": FAILS,
    "SM054": DANGEROUS,
    "SM056": DANGEROUS | BREAKS,
}
MIGRATION_LINTER = {
    "RENAME_TABLE": BREAKS,
    "NOT_NULL": BREAKS | FAILS,
    "DROP_COLUMN": BREAKS,
    "DROP_TABLE": BREAKS,
    "RENAME_COLUMN": BREAKS,
    "ALTER_COLUMN": DANGEROUS | BREAKS,
    "ADD_UNIQUE": DANGEROUS | BREAKS,
    "CREATE_INDEX": DANGEROUS,
    "CREATE_INDEX_EXCLUSIVE": DANGEROUS,
    "DROP_INDEX": DANGEROUS,
    "REINDEX": DANGEROUS,
}

Claims = Mapping[str, list[frozenset[str]]]


def measure() -> dict[str, Any]:
    truths: dict[str, frozenset[str]] = {}
    claims: dict[str, dict[str, list[frozenset[str]]]] = {}
    crashed: Counter[str] = Counter()
    folders = _written()
    with Benches() as benches, Servers() as servers:
        for major, scenarios in folders.items():
            folder = home() / "scenarios" / str(major)
            for scenario in scenarios.values():
                truths[scenario.name] = _truth(scenario, benches[major].measure(scenario.files))
            for tool, said, failed in _said(folder, major, servers[major].host):
                crashed[tool] += failed
                for name, kinds in said.items():
                    claims.setdefault(tool, {})[scenarios[name].name] = kinds
    return {
        "scenarios": len(truths),
        "truth": dict(Counter(kind for truth in truths.values() for kind in truth)),
        "harmless": sum(not truth for truth in truths.values()),
        "postgresql": sorted(folders),
        "tools": {
            tool: {**{kind: _score(truths, said, kind) for kind in (*KINDS, "any")}, "crashed": crashed[tool]}
            for tool, said in claims.items()
        },
    }


def _written() -> dict[int, dict[str, Scenario]]:
    """Scenarios by the server that they run on and the folder they are in, all servers in turn.

    Left out are those that fail or not for what rows hold, which no tool sees, and those that need extensions.
    """
    root = home() / "scenarios"
    shutil.rmtree(root, ignore_errors=True)
    majors = tuple(installations())
    folders: dict[int, dict[str, Scenario]] = {major: {} for major in majors}
    for number, scenario in enumerate(SCENARIOS):
        if scenario.rows_decide or scenario.contrib:
            continue
        able = [major for major in majors if major >= scenario.since]
        major = able[number % len(able)]
        name = f"s{number:04}"
        folders[major][name] = scenario
        for path, text in scenario.files.items():
            target = root / str(major) / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    return folders


def _truth(scenario: Scenario, measured: Mapping[str, Any]) -> frozenset[str]:
    if measured["status"] != "ok":
        return FAILS
    breaks = scenario.breaks or measured["breaks"]
    return (DANGEROUS if measured["dangerous"] else frozenset()) | (BREAKS if breaks != "none" else frozenset())


def _said(folder: Path, major: int, host: str) -> Iterable[tuple[str, dict[str, list[frozenset[str]]], int]]:
    names = [project.name for project in sorted(folder.iterdir())]
    ours = _json(
        [miglint()[0] / "miglint", "check", ".", "--database", f"postgresql:{major}", "--django", "5.2", "--no-cache"],
        ["--isolated", "--output-format", "json"],
        folder,
    )
    by_miglint: dict[str, list[frozenset[str]]] = {name: [] for name in names}
    for finding in ours["findings"]:
        if finding["migration"] == "9999_tested":
            by_miglint[finding["path"].split("/")[0]] += filter(None, [_kind_of(finding)])
    yield "miglint", by_miglint, 0

    theirs = _json([peers() / "zdm", "--output-format", "json"], ["."], folder)
    by_zdm: dict[str, list[frozenset[str]]] = {name: [] for name in names}
    for diagnostic in theirs["diagnostics"] if isinstance(theirs, dict) else theirs:
        path = Path(str(diagnostic.get("file") or diagnostic.get("path")))
        if path.stem == "9999_tested":
            by_zdm[path.parts[-4]] += filter(None, [ZDM.get(diagnostic.get("rule_id") or diagnostic.get("rule"))])
    yield "zdm", by_zdm, 0

    script = Path(__file__).with_name("peers_on_scenarios.py")
    for tool, kinds in (("django-safe-migrations", SAFE_MIGRATIONS), ("django-migration-linter", MIGRATION_LINTER)):
        said = _json([peers() / "python", script, tool], [folder, host], folder)
        # One that cannot be asked (Django or the tool raises) has said nothing.
        told = {
            name: [kinds[code] for code in answer if code in kinds] if isinstance(answer, list) else []
            for name, answer in said.items()
        }
        yield tool, told, sum(isinstance(answer, str) for answer in said.values())


def _kind_of(finding: Mapping[str, Any]) -> frozenset[str] | None:
    """Families of rules: what fails is an error of family 2, what else is said there is how severe it says."""
    if finding["severity"] == "info":
        return None
    match finding["code"][:4], finding["severity"]:
        case "MIG2", "error":
            return FAILS
        case "MIG3", _:
            return DANGEROUS
        case "MIG4", _:
            return BREAKS
        case _:
            return None


def _json(command: list[str | Path], more: list[str | Path], folder: Path) -> Any:
    done = subprocess.run([*command, *more], cwd=folder, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        raise RuntimeError(f"{command}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def _score(truths: Mapping[str, frozenset[str]], said: Claims, kind: str) -> dict[str, Any]:
    """Of the scenarios: how many it warns of, in how many of these it is right, how many it should warn of and does.

    What a migration that fails would have done is not known: it counts for `fails` and `any` alone.
    """
    warned = right = found = there = 0
    for name, truth in truths.items():
        if kind in ("dangerous", "breaks") and truth == FAILS:
            continue
        mine = [one for one in said[name] if kind == "any" or kind in one]
        is_there = bool(truth) if kind == "any" else kind in truth
        warned += bool(mine)
        right += any(one & truth for one in mine)
        there += is_there
        found += bool(mine) and is_there
    return {"warned": warned, "right": right, "there": there, "found": found}
