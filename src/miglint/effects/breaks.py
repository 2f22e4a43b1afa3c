"""What breaks for the release that is still running: kinds and levels, and what it takes to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal as OneOf
from typing import TypeAlias

from miglint.effects.release import Release
from miglint.facts.operations import Operation
from miglint.facts.target import Target
from miglint.records import dataclass
from miglint.schema.alteration import Alteration
from miglint.schema.model import Ground
from miglint.schema.state import FieldState, ModelState, Origin, SchemaState
from miglint.schema.tables import DatabaseState
from miglint.sql.statement import Statement

Kind: TypeAlias = OneOf[
    "dropped column",
    "dropped table",
    "renamed column",
    "renamed table",
    "required column",
    "narrowed column",
    # Its rows hold NULL now, which the running release does not expect.
    "recreated column",
]

# What no longer works: some values cannot be written, no row can be, nothing can be read.
Level: TypeAlias = OneOf["none", "tightens", "writes", "reads"]

LEVELS: tuple[Level, ...] = ("none", "tightens", "writes", "reads")

# Why it does, as clauses for messages.
QUERIES_NAME_IT = "each of its queries on the table names the column"
NOT_COMPUTED = "a row for which the generated value cannot be computed, or does not fit, cannot be written"
NO_DEFAULT = "it is NOT NULL without a default in the database"
NOT_KNOWN_TO_IT = "the running release does not know it, and the database has no default for it"
DEFAULT_LOST = "the database loses the default on which INSERTs rely"
NUMBERED_NO_LONGER = "it numbers its rows no longer"


@dataclass(frozen=True, slots=True)
class Break:
    """Something that the running release meets in `table`; `why` is a clause for messages.

    `statement` names the statement that does it, as `DROP COLUMN`; None where Django's own operation does. `becomes`
    is the new name of what is renamed. `column` is None where a whole table, or several columns, are meant.
    `evidence` is what the history knows of the thing.
    """

    kind: Kind
    level: Level
    table: str
    column: str | None
    why: str
    evidence: Origin | FieldState | None = None
    statement: str | None = None
    becomes: str | None = None

    @property
    def place(self) -> str:
        return self.table if self.column is None else f"{self.table}.{self.column}"

    def __str__(self) -> str:
        """What happens, as a clause of its own."""
        match self.kind:
            case "dropped column" | "dropped table":
                return f"'{self.place}' is dropped"
            case "renamed column" | "renamed table":
                return self.why if self.becomes is None else f"'{self.place}' becomes '{self.becomes}'"
            case "required column":
                return f"'{self.place}' becomes required: {self.why}"
            case "narrowed column" | "recreated column":
                return f"'{self.place}': {self.why}"


@dataclass(frozen=True, slots=True)
class Compatibility:
    """What one operation breaks; `unknown` says what else it may, ending the sentence "unknown because …"."""

    breaks: tuple[Break, ...] = ()
    unknown: str | None = None

    @property
    def level(self) -> Level:
        return worst(one.level for one in self.breaks)


NOTHING = Compatibility()


def worst(levels: Iterable[Level]) -> Level:
    return LEVELS[max((LEVELS.index(level) for level in levels), default=0)]


@dataclass(frozen=True, slots=True)
class Change:
    """An operation that reaches the database, and the state around it.

    `before` and `after` are the operation's, `start` and `end` its migration's: what counts is what that leaves.
    `model` and `table` are what the operation is about, `existed_before` whether that was there before the
    changeset; `alteration` is an AlterField's. `statements` are those of a RunSQL. `was_there` says whether the
    running release knows what an origin made; `columns_found` and `columns_left` are the table's at start and end.
    """

    operation: Operation
    app_label: str
    model: ModelState | None
    table: str | None
    existed_before: bool | None
    alteration: Alteration | None
    statements: tuple[Statement, ...]
    before: SchemaState
    after: SchemaState
    start: SchemaState
    end: SchemaState
    database_start: DatabaseState
    database_end: DatabaseState
    ground: Ground
    target: Target
    release: Release
    was_there: Callable[[Origin], bool | None]
    columns_found: Callable[[], frozenset[str]]
    columns_left: Callable[[], frozenset[str]]
