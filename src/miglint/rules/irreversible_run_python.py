"""MIG501: a RunPython that cannot be undone, so that neither can its migration nor any before it."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.operations import RunPython
from miglint.facts.values import Call, Literal, Reference, Value
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.steps import Step


@dataclass(frozen=True)
class IrreversibleRunPython(OperationRule):
    code = "MIG501"
    name = "irreversible-run-python"
    severity = Severity.WARNING
    operations = (RunPython,)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        match step.operation:
            # Django asks for reverse_code alone, whatever the code does. What stands in state_operations never runs,
            # and a subclass that does things its own way may undo them its own way.
            case RunPython(code=code, reverse_code=None | Literal(None), subclass=subclass) if (
                not step.in_state_alone and (subclass is None or subclass.database != "unknown")
            ):
                called = _name(code)
                yield self.finding(
                    step.location,
                    f"'{step.migration.key}' cannot be rolled back: RunPython({called or '…'}) has no reverse_code, so "
                    "migrating backwards fails here.",
                    hint="Give it a reverse_code that undoes the change, or migrations.RunPython.noop where nothing "
                    "has to be undone.",
                    subject=f"{step.migration.key}:RunPython:{called}",
                )


def _name(code: Value) -> str:
    """What is called, as people call it; empty where it has no name."""
    match code:
        case Reference(path) | Call(Reference(path)):
            return path.lstrip(".#").rpartition(".")[2]
        case _:
            return ""
