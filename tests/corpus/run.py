"""Runs miglint on a corpus tree, once for all test modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any


@cache
def miglint(command: str, tree: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    # A CI that runs these tests names a target branch; the packages have none.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI"))}
    done = subprocess.run(
        [sys.executable, "-m", "miglint", command, ".", "--isolated", "--no-cache", "--output-format", "json"],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout, done.stderr
    return done, json.loads(done.stdout)
