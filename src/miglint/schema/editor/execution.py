"""What Django's schema editor sends to the database in one go."""

from __future__ import annotations

from dataclasses import dataclass

from miglint.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class Execution:
    """Statements that reach the database as one text: `a; b` where there are several.

    `deferred` is what waits for the end of the migration. `text` is the SQL where the statements do not say it all
    (the value in an UPDATE, a comment), None where they do. `query` is the number of the string in a RunSQL's list.
    """

    statements: tuple[Statement, ...]
    deferred: bool = False
    text: str | None = None
    query: int | None = None
