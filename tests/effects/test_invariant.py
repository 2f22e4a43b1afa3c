"""What is predicted and what is reported are two views of one thing: every hazard has a finding, every finding one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from effects.scenarios import SCENARIOS, Scenario

from miglint.cli import command_line

# MIG311 tells of LOCK TABLE and TRUNCATE too, which go through no table while they keep everybody waiting.
LOCKS = {"MIG301", "MIG302", "MIG303", "MIG304", "MIG305", "MIG306", "MIG307", "MIG311", "MIG313"}
BREAKS = {"MIG401", "MIG402", "MIG403", "MIG404", "MIG405", "MIG406", "MIG407"}

# They tell of what fails or parts under a condition that nobody knows here: a name that is cut and may collide, a NULL
# that may be left, an INSERT that may come, SQL that the state may be told of elsewhere.
CONDITIONAL = {"MIG207", "MIG208", "MIG210", "MIG219"}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def asked(command: str, folder: Path, cache: Path, *arguments: str) -> dict[str, Any]:
    options = ["--output-format", "json", "--cache-dir", str(cache), "--database", "postgresql:18", "--django", "5.2"]
    result = CliRunner().invoke(command_line, [command, str(folder), *arguments, *options])
    assert result.exit_code in (0, 1), result.output
    told = json.loads(result.stdout)
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_each_hazard_is_a_finding_and_each_finding_a_hazard(scenario: Scenario, tmp_path: Path, cache: Path) -> None:
    for path, text in scenario.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (project,) = asked("plan", tmp_path, cache, "--migration", "shop.9999_tested")["projects"]
    (migration,) = project["migrations"]
    codes = {
        one["code"]
        for one in asked("check", tmp_path, cache)["findings"]
        if one["migration"] == "9999_tested" and one["severity"] in ("error", "warning")
    }
    statements = [one for operation in migration["operations"] for one in operation["statements"]]
    shuts_out = any(one["sql"].upper().startswith(("LOCK", "TRUNCATE")) for one in statements)
    fails = any(operation["fails"] for operation in migration["operations"])
    assert bool(codes & LOCKS) == migration["dangerous"] or (shuts_out and "MIG311" in codes)
    assert bool(codes & BREAKS) == (migration["breaks"] != "none")
    schema = {code for code in codes if code.startswith("MIG2")} - CONDITIONAL
    # Django refuses more than the server is asked: what it does not know is no statement.
    assert schema or not fails
    assert fails or not schema
