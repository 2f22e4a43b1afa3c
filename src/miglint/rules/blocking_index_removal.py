"""MIG308: dropping an index takes the strongest lock for an instant, and everybody queues behind it."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.effect import DropIndexOf, Lock
from miglint.facts.operations import RemoveIndex, RunPython, RunSQL
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, is_held, listed, made_at, named, sized, weighed
from miglint.steps import Step


@dataclass(frozen=True)
class BlockingIndexRemoval(OperationRule):
    code = "MIG308"
    name = "blocking-index-removal"
    severity = Severity.INFO
    looks_at = "effects"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        dropped: dict[str, dict[str, None]] = {}
        for run in project.runs(step):
            # Who gives up waiting holds nobody up for long.
            for effect in run.effects if not run.lock_timeout else ():
                if (
                    isinstance(effect, DropIndexOf)
                    and not effect.concurrently
                    and (
                        effect.table in dropped or not is_held(effect.table, Lock.ACCESS_EXCLUSIVE, run, step, project)
                    )
                ):
                    dropped.setdefault(effect.table, {})[f"'{effect.index}'"] = None
        for table, indexes in dropped.items():
            finding = self.finding(
                step.location,
                f"Dropping the {'index' if len(indexes) == 1 else 'indexes'} {listed(tuple(indexes))} takes ACCESS "
                f"EXCLUSIVE on {sized(table, project)} on {named(project.target.database)}: for an instant, but while "
                "it waits for a long query to end, reads and writes queue behind it.",
                hint=_hint(step),
                subject=step.subject or table,
                related=made_at((table,), step),
            )
            yield weighed(finding, project.size_of(table)) if project.size_of(table).kind == "large" else finding


def _hint(step: Step) -> str:
    match step.operation:
        case RemoveIndex():
            return "Use RemoveIndexConcurrently, in a migration of its own with atomic = False."
        case RunSQL() | RunPython():
            return "DROP INDEX CONCURRENTLY, as the only statement of its string, with atomic = False."
        case _:
            return (
                "Have it give up after a while, and try again then: SET LOCAL lock_timeout = '2s' in a RunSQL before "
                "this operation."
            )
