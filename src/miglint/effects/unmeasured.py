"""What a statement does on a database whose locks nobody measured: only where rows stand against it."""

from __future__ import annotations

from miglint.effects.effect import UnknownEffect
from miglint.effects.new_column import refusals
from miglint.effects.postgresql.outcome import Outcome
from miglint.facts.target import Vendor
from miglint.sql.statement import AddColumn, AlterTable, Statement


def unmeasured(statement: Statement, vendor: Vendor) -> Outcome:
    done = Outcome()
    if isinstance(statement, AlterTable):
        for action in statement.actions:
            if isinstance(action, AddColumn):
                done.add(*refusals(action.column, statement.table))
    if not done.effects:
        done.add(UnknownEffect(f"locks of {vendor} are not among the things that miglint knows"))
    return done
