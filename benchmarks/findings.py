"""What miglint finds in published packages, by rule, and how much of what was read by a person is right."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

from tests.corpus import download
from tests.corpus.run import miglint

VERDICTS = Path(download.__file__).with_name("verdicts.tsv")


def measure() -> dict[str, Any]:
    found: Counter[str] = Counter()
    names: dict[str, str] = {}
    migrations = 0
    for package in download.versions():
        _, report = miglint("check", download.tree(package))
        migrations += report["summary"]["migrations"]
        for finding in report["findings"]:
            found[finding["code"]] += 1
            names[finding["code"]] = finding["name"]
    with VERDICTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    read = Counter(row["code"] for row in rows)
    right = Counter(row["code"] for row in rows if row["verdict"] in ("right", "arguable"))
    return {
        "packages": download.versions(),
        "migrations": migrations,
        "read": sum(read.values()),
        "right": sum(right.values()),
        "wrong": sum(row["verdict"] == "wrong" for row in rows),
        "arguable": sum(row["verdict"] == "arguable" for row in rows),
        "rules": {
            code: {"name": names[code], "findings": count, "read": read[code], "right": right[code]}
            for code, count in sorted(found.items())
        },
    }
