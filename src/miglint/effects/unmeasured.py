"""What a statement does on a database whose locks nobody measured: only where it finds no value for a row."""

from __future__ import annotations

from miglint.effects.effect import Fails, UnknownEffect
from miglint.effects.postgresql.outcome import Outcome
from miglint.facts.target import Vendor
from miglint.sql.statement import AddColumn, AlterTable, Statement


def unmeasured(statement: Statement, vendor: Vendor) -> Outcome:
    done = Outcome()
    if isinstance(statement, AlterTable):
        for action in statement.actions:
            if isinstance(action, AddColumn) and _lacks_value(action):
                why = f"the rows that '{statement.table}' has get no value in '{action.column.name}', which is NOT NULL"
                done.add(Fails("no value for rows", why, statement.table, action.column.name))
    if not done.effects:
        done.add(UnknownEffect(f"locks of {vendor} are not among the things that miglint knows"))
    return done


def _lacks_value(action: AddColumn) -> bool:
    column = action.column
    filled = column.default is not None or column.numbering is not None or column.generation is not None
    return column.not_null and not filled and column.unknown is None
