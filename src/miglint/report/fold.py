"""Which findings a reader meets one by one, and which as numbers: the first run on an old code base finds hundreds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from miglint.findings import Finding, Report, Severity

# Never more frames than these; and where all of them are no more than a few, none is left out.
MOST, FEW = 50, 10


class Folded(NamedTuple):
    """`blocks` are to be shown, the findings about one operation together; `counted` are all others.

    `old`: of these so many are left out since they are about migrations that may have been released long ago.
    """

    blocks: list[list[Finding]]
    counted: list[Finding]
    old: int


def fold(findings: Iterable[Finding], report: Report, everything: bool) -> Folded:
    """What is wrong today and what is new, the worst first while there is room; shown in the order given."""
    blocks = by_operation(findings)
    if everything or len(blocks) <= FEW:
        return Folded(blocks, [], 0)
    ranks = _Ranks(report)
    ranked = [(ranks.of(block), block) for block in blocks]
    asked = [(rank, block) for rank, block in ranked if rank < _OLD]
    chosen = {id(block) for _, block in sorted(_fairly(asked), key=lambda one: one[0])[:MOST]}
    if len(chosen) == len(blocks):
        return Folded(blocks, [], 0)
    shown = sorted((one for one in ranked if id(one[1]) in chosen), key=lambda one: one[0])
    return Folded(
        [block for _, block in shown],
        [finding for _, block in ranked if id(block) not in chosen for finding in block],
        sum(len(block) for rank, block in ranked if rank == _OLD),
    )


def by_operation(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings about one operation together, where the first of them stands; all others alone."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for number, finding in enumerate(findings):
        about = (finding.location.path, finding.app, finding.migration, finding.operation)
        groups.setdefault(about if finding.operation is not None else (number,), []).append(finding)
    return list(groups.values())


# The rank of what speaks of deploying a migration that is not known to be new.
_OLD = 3


class _Ranks:
    """What comes first. With a base, what is new, then the tree as it is; without one, the other way round."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.of_deploying = frozenset(rule.code for rule in report.rules if rule.of_deploying)

    def of(self, block: Sequence[Finding]) -> int:
        return min(map(self._of, block))

    def _of(self, finding: Finding) -> int:
        is_current = self.report.is_current(finding)
        if self.report.held and is_current:
            return 0
        if finding.code not in self.of_deploying:
            # Notes, as of what could not be analysed, can be many, and wait for nobody.
            return 2 if finding.severity is Severity.INFO else 0 if not self.report.held else 1
        return 1 if is_current else _OLD


def _fairly(ranked: Iterable[tuple[int, list[Finding]]]) -> Iterable[tuple[tuple[int, int, int], list[Finding]]]:
    """With a key for sorting: by rank and severity, and of what is equal, each rule's first before any one's second."""
    met: Counter[tuple[int, str]] = Counter()
    for rank, block in ranked:
        worst = max(block, key=lambda finding: finding.severity)
        met[rank, worst.code] += 1
        yield (rank, -worst.severity, met[rank, worst.code]), block
