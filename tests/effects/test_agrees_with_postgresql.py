"""What is predicted, held against real servers: each scenario runs on one of them, in turn."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import django
import pytest
from click.testing import CliRunner
from effects.agreement import compare
from effects.scenarios import SCENARIOS, Scenario
from postgresql.measure import Benches, Truth
from postgresql.servers import VARIABLE, installations

from miglint.cli import command_line

MAJORS = tuple(installations())
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}

needs_servers = pytest.mark.skipif(not MAJORS and VARIABLE not in os.environ, reason="no PostgreSQL for this platform")


# What is known to be predicted otherwise than a server has it, whichever: what the server does, or what is missing.
OPEN: dict[str, str] = {
    "alter table: on nothing": "a table that no migration made may be there all the same",
    "collation dropped that is in use": "a column is in the way",
    "alter table: generated column": "its sum overflows for no number of the rows that could be there",
    "python that reads": "what a function reads is not known",
}


def majors_for(scenario: Scenario) -> tuple[int, ...]:
    return tuple(major for major in MAJORS if major >= scenario.since)


def measured(benches: Benches, scenario: Scenario) -> tuple[int, Truth]:
    """On a server that can run it; which one is the same each time."""
    able = [major for major in majors_for(scenario) if benches.has_contrib(major) or not scenario.contrib]
    if not able and VARIABLE not in os.environ:
        pytest.skip(f"needs extensions: {VARIABLE} names no PostgreSQL that has them")
    major = able[SCENARIOS.index(scenario) % len(able)]
    return major, benches[major].measure(scenario.files)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def planned_by_miglint(scenario: Scenario, major: int, folder: Path, cache: Path) -> dict[str, Any]:
    for path, text in scenario.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    assumed = ["--database", f"postgresql:{major}", "--django", f"{django.VERSION[0]}.{django.VERSION[1]}"]
    asked = ["--migration", "shop.9999_tested", "--output-format", "json", "--cache-dir", str(cache)]
    result = CliRunner().invoke(command_line, ["plan", str(folder), *asked, *assumed])
    assert result.exit_code == 0, result.output
    ((migration,),) = (project["migrations"] for project in json.loads(result.stdout)["projects"])
    assert isinstance(migration, dict)
    return migration


@needs_servers
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_plan_says_what_a_server_does(scenario: Scenario, benches: Benches, tmp_path: Path, cache: Path) -> None:
    major, truth = measured(benches, scenario)
    plan = planned_by_miglint(scenario, major, tmp_path, cache)
    if scenario.rows_decide:
        assert truth["status"] == "error"
        return
    differences = compare(truth, plan, scenario.breaks)
    if scenario.name in OPEN:
        assert differences, "agrees by now: take it off the list"
        pytest.xfail(f"PostgreSQL {major}: {'; '.join(differences)}")
    assert differences == []


def test_the_list_of_disagreements_names_scenarios() -> None:
    assert OPEN.keys() <= BY_NAME.keys()
    assert len(OPEN) <= len(SCENARIOS) // 15


def test_scenarios_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(SCENARIOS)


@needs_servers
def test_there_are_servers_of_two_majors_and_one_has_extensions_where_it_was_promised(benches: Benches) -> None:
    assert len(MAJORS) >= 2
    if VARIABLE in os.environ:
        assert any(benches.has_contrib(major) for major in MAJORS)


NOTHING: dict[str, Any] = {"dangerous": False, "scans": [], "rewrites": [], "breaks": "none"}

# From the manual: https://www.postgresql.org/docs/current/explicit-locking.html, and of ALTER TABLE.
KNOWN: dict[str, dict[str, Any]] = {
    "add nullable bigint": {**NOTHING, "strongest_locks": {"shop_album": "ACCESS EXCLUSIVE"}},
    "add boolean with a default": {**NOTHING, "breaks": "writes"},
    "add boolean with db_default": NOTHING,
    "add float with db_default Random": {"dangerous": True, "rewrites": ["shop_album"], "scans": ["shop_album"]},
    "add nullable foreign key": {
        "strongest_locks": {"shop_album": "ACCESS EXCLUSIVE", "shop_tag": "SHARE ROW EXCLUSIVE"},
        "scans": ["shop_album"],
        "dangerous": True,
    },
    "widen varchar": NOTHING,
    "integer to bigint": {"rewrites": ["shop_track"], "dangerous": True},
    "nullable to required": {"scans": ["shop_album"], "dangerous": True, "breaks": "tightens"},
    "nullable to required with a valid check": {"scans": [], "dangerous": False},
    "nullable to required with a check not validated": {"scans": ["shop_album"], "dangerous": True},
    "concurrent index": {
        **NOTHING,
        "strongest_locks": {"shop_track": "SHARE UPDATE EXCLUSIVE"},
        "scans": ["shop_track"],
    },
    "index without a transaction": {"strongest_locks": {"shop_track": "SHARE"}, "dangerous": True},
    "check validated alone": {
        **NOTHING,
        "strongest_locks": {"shop_track": "SHARE UPDATE EXCLUSIVE"},
        "scans": ["shop_track"],
    },
    "check not valid then validated": {"dangerous": True},
    "check not valid then validated without a transaction": {"dangerous": False, "scans": ["shop_track"]},
    "foreign key to nullable": {
        "strongest_locks": {"shop_album": "ACCESS EXCLUSIVE", "shop_artist": "ACCESS EXCLUSIVE"},
        "scans": ["shop_album", "shop_artist"],
    },
    "remove column": {**NOTHING, "breaks": "reads"},
    "rename column": {**NOTHING, "breaks": "reads"},
    "rows: update all": {**NOTHING, "strongest_locks": {"shop_track": "ROW EXCLUSIVE"}, "scans": ["shop_track"]},
    "upkeep: vacuum": {**NOTHING, "strongest_locks": {"shop_chart": "SHARE UPDATE EXCLUSIVE"}},
    "state only": {**NOTHING, "statements": []},
}


@needs_servers
@pytest.mark.parametrize("name", KNOWN)
def test_what_everybody_knows_is_measured(name: str, benches: Benches) -> None:
    _, truth = measured(benches, BY_NAME[name])
    assert {key: truth.get(key) for key in KNOWN[name]} == KNOWN[name]


FAILING = {
    "add text without default": "IntegrityError: column",
    "add column that is there": "ProgrammingError: column",
    "concurrent index in a transaction": "NotSupportedError: The AddIndexConcurrently",
    "integer of a view to bigint": "NotSupportedError: cannot alter type of a column used by a view",
    "python then change": "OperationalError: cannot ALTER TABLE",
    "index: concurrently after a setting": "InternalError: CREATE INDEX CONCURRENTLY cannot run",
}


@needs_servers
@pytest.mark.parametrize("name", FAILING)
def test_what_a_server_refuses_is_an_error(name: str, benches: Benches) -> None:
    _, truth = measured(benches, BY_NAME[name])
    assert truth["status"] == "error"
    assert truth["error"].startswith(FAILING[name])


# --- how they are compared ---

TRUTH: Truth = {
    "status": "ok",
    "statements": [{"kind": "catalog", "sql": "…"}, {"kind": "scan", "sql": "…"}],
    "strongest_locks": {"shop_album": "ACCESS EXCLUSIVE"},
    "scans": ["shop_album"],
    "rewrites": [],
    "dangerous": True,
    "breaks": "none",
}


def planned(*, fails: str | None = None, breaks: str = "none", deferred: bool = True) -> dict[str, Any]:
    build = {"kind": "scan", "scans": ["shop_album"], "rewrites": [], "deferred": deferred}
    add = {"kind": "catalog", "scans": [], "rewrites": [], "deferred": False}
    operations = [
        {"fails": None, "statements": [build], "strongest_locks": {"shop_album": "SHARE"}},
        {"fails": fails, "statements": [add], "strongest_locks": {"shop_album": "ACCESS EXCLUSIVE"}},
    ]
    return {"operations": operations, "dangerous": True, "breaks": breaks}


def test_a_plan_that_says_what_was_measured_agrees() -> None:
    assert compare(TRUTH, planned()) == []


def test_statements_are_compared_in_the_order_in_which_they_run() -> None:
    assert compare(TRUTH, planned(deferred=False)) == ["kinds: ['scan', 'catalog'], but measured ['catalog', 'scan']"]


def test_statements_of_one_string_that_ran_as_one_are_taken_together() -> None:
    one = {**TRUTH, "statements": [{"kind": "scan", "sql": "ALTER TABLE a ADD b int; CREATE INDEX ON a (b)"}]}
    assert compare(one, planned()) == []
    assert compare({**TRUTH, "statements": [{"kind": "scan", "sql": "CREATE INDEX ON a (b)"}]}, planned()) != []


def test_each_difference_is_a_line() -> None:
    assert compare({**TRUTH, "dangerous": False, "scans": []}, planned()) == [
        "scans: ['shop_album'], but measured []",
        "dangerous: True, but measured False",
    ]


def test_what_breaks_by_definition_comes_before_what_the_probes_found() -> None:
    assert compare(TRUTH, planned(breaks="tightens"), breaks="tightens") == []


def test_what_fails_on_both_sides_agrees_whatever_else_is_said() -> None:
    assert compare({"status": "error", "error": "…"}, planned(fails="a view needs it")) == []


def test_what_fails_on_one_side_alone_is_a_difference() -> None:
    assert compare({"status": "error", "error": "DataError: x"}, planned()) == [
        "fails: no, but the server said DataError: x"
    ]
    assert compare(TRUTH, planned(fails="a view needs it")) == ["fails: ['a view needs it'], but the server said ok"]
