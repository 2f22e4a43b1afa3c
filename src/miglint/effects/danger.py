"""What endangers live traffic: a table read or written in full while a lock makes others wait."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias, TypeGuard

from miglint.effects.effect import BuildIndex, Cause, Effect, Lock, RewriteTable, Run, ScanTable
from miglint.sql.statement import AlterTable, AlterTableAction

Touching: TypeAlias = RewriteTable | ScanTable | BuildIndex


class Danger(NamedTuple):
    """The dangerous effects that statements of one operation have on the same tables, for the same kind of cause.

    `tables` are those that are read or written in full, in the order in which the server comes to them. `blocked` is
    every table of which somebody has to wait, with its strongest lock, strongest first.
    """

    runs: tuple[Run, ...]
    effects: tuple[Touching, ...]
    tables: tuple[str, ...]
    blocked: Mapping[str, Lock]

    @property
    def actions(self) -> Iterator[tuple[str, AlterTableAction]]:
        """What its ALTER TABLEs do, each with its table."""
        for run in self.runs:
            for statement in run.statements:
                if isinstance(statement, AlterTable):
                    yield from ((statement.table, action) for action in statement.actions)

    @property
    def writes(self) -> bool:
        """Whether rows are written anew, not only read."""
        return any(isinstance(effect, RewriteTable) for effect in self.effects)

    @property
    def lock(self) -> Lock:
        """The strongest lock that is held meanwhile, on whichever table."""
        return max(run.blocking[0][1] for run in self.runs)

    @property
    def held_before(self) -> bool:
        """Whether the strongest of those locks was taken by a statement before these."""
        strongest = self.lock
        return not any(lock == strongest for run in self.runs for lock in run.takes.values())


def dangers(runs: Iterable[Run], causes: Collection[Cause]) -> tuple[Danger, ...]:
    """The dangers of dangerous runs for certain causes, one for each set of tables, in the order in which they come."""
    found: dict[tuple[str, ...], tuple[list[Run], list[Touching]]] = {}
    for run in runs:
        effects = [effect for effect in run.effects if is_touching(effect) and effect.cause in causes]
        if effects:
            tables = _tables(effects)
            held, touched = found.setdefault(tables, ([], []))
            held.append(run)
            touched.extend(effects)
    return tuple(
        Danger(tuple(held), tuple(touched), tables, _blocked(held)) for tables, (held, touched) in found.items()
    )


def _tables(effects: Iterable[Touching]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(effect.table for effect in effects))


def _blocked(runs: Iterable[Run]) -> dict[str, Lock]:
    found: dict[str, Lock] = {}
    for run in runs:
        for table, lock in run.blocking:
            if lock > found.get(table, 0):
                found[table] = lock
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def together(found: Iterable[Danger]) -> Danger:
    """Several dangers told as one."""
    every = tuple(found)
    runs = tuple(run for one in every for run in one.runs)
    effects = tuple(effect for one in every for effect in one.effects)
    return Danger(runs, effects, _tables(effects), _blocked(runs))


def is_touching(effect: Effect) -> TypeGuard[Touching]:
    return isinstance(effect, RewriteTable | ScanTable | BuildIndex)
