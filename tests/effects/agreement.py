"""Where a plan (what `miglint plan` says of a migration) and the truth (what a server did) differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlparse

KINDS = ("catalog", "scan", "rewrite")
LOCKS = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)


def compare(truth: Mapping[str, Any], plan: Mapping[str, Any], breaks: str | None = None) -> list[str]:
    """A line for each difference; `breaks` is what the definition says, where the probes cannot tell."""
    reasons = [operation["fails"] for operation in plan["operations"] if operation["fails"]]
    if truth["status"] != "ok" or reasons:
        if bool(reasons) == (truth["status"] != "ok"):
            return []
        return [f"fails: {reasons or 'no'}, but the server said {truth.get('error', 'ok')}"]
    statements = in_order(plan)
    told = {
        "strongest_locks": strongest_locks(plan),
        "scans": _tables(statements, "scans"),
        "rewrites": _tables(statements, "rewrites"),
        "kinds": _kinds(statements, truth["statements"]),
        "dangerous": plan["dangerous"],
        "breaks": plan["breaks"],
    }
    measured = {
        "strongest_locks": truth["strongest_locks"],
        "scans": sorted(truth["scans"]),
        "rewrites": sorted(truth["rewrites"]),
        "kinds": [statement["kind"] for statement in truth["statements"]],
        "dangerous": truth["dangerous"],
        "breaks": breaks or truth["breaks"],
    }
    return [f"{key}: {told[key]}, but measured {measured[key]}" for key in told if told[key] != measured[key]]


def _kinds(planned: list[Mapping[str, Any]], run: list[Mapping[str, Any]]) -> list[str]:
    """What is planned, with the statements of one string taken together where they ran as one."""
    kinds = [statement["kind"] for statement in planned]
    if len(kinds) == len(run):
        return kinds
    for place, statement in enumerate(run):
        parts = kinds[place : place + _statements_in(statement["sql"])]
        kinds[place : place + len(parts)] = [max(parts, key=KINDS.index)] if parts else []
    return kinds


def _statements_in(text: str) -> int:
    return sum(1 for one in sqlparse.split(text) if one.strip(" \n;"))


def in_order(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements as they run: those that Django defers come last."""
    statements = [statement for operation in plan["operations"] for statement in operation["statements"]]
    return sorted(statements, key=lambda statement: bool(statement["deferred"]))


def strongest_locks(plan: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for operation in plan["operations"]:
        for table, lock in operation["strongest_locks"].items():
            if table not in found or LOCKS.index(lock) > LOCKS.index(found[table]):
                found[table] = lock
    return dict(sorted(found.items()))


def _tables(statements: list[Mapping[str, Any]], key: str) -> list[str]:
    return sorted({table for statement in statements for table in statement[key]})
