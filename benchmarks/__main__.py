"""`python -m benchmarks [PART …]`: measure, print, and write benchmarks/README.md, results.json and the pictures."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.environments import REQUIREMENTS, miglint
from benchmarks.timing import CORES

RESULTS = Path(__file__).with_name("results.json")

# Part → module and function.
PARTS = {
    "hazards": "benchmarks.hazards:measure",
    "speed": "benchmarks.speed:measure",
    "django speed": "benchmarks.speed:beside_django",
    "curve": "benchmarks.speed:curve",
    "agreement": "benchmarks.django_agreement:measure",
    "findings": "benchmarks.findings:measure",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"all, or some of: {', '.join(PARTS)}")
    parser.add_argument("--draw", action="store_true", help="measure nothing: page and pictures of results.json")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    measured: dict[str, Any] = {}
    if not arguments.draw:
        # Before anything is measured, so that all of it is measured with the same.
        miglint()
        for part in arguments.parts or PARTS:
            print(f"{part} …", flush=True)
            measured[part] = _function(PARTS[part])()
            print(json.dumps(measured[part], indent=1, ensure_ascii=False), flush=True)
        measured["about"] = _about()
    # Parts that were not asked for stay as they are.
    results = (json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}) | measured
    results = {name: results[name] for name in ("about", *PARTS) if name in results}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    tables.write(results)
    print(tables.page(results))


def _function(name: str) -> Callable[[], Any]:
    module, _, function = name.partition(":")
    found: Callable[[], Any] = getattr(import_module(module), function)
    return found


def _about() -> dict[str, Any]:
    """When, with what, and on what kind of machine: not on which."""
    _, commit = miglint()
    pins = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if "==" in line]
    versions = dict(pin.split("==") for pin in pins if not pin.startswith("psycopg"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {CORES} cores of {os.cpu_count()}, {memory:.0f} GB",
        "versions": {"miglint": commit, "Python": platform.python_version(), **versions},
    }


if __name__ == "__main__":
    main()
