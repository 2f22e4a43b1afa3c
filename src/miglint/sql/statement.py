"""What a statement is, in PostgreSQL's words: the kinds, tables and flags that decide what it does to a server.

Names are as the server has them: unquoted ones folded to lower case, quoted ones as they are, both cut to 63 bytes.
A table of the schema `public` goes by its own name, one of another schema by `schema.name`. What Django's schema
editor runs and what RunSQL says are the same classes here, so what a statement does is known in one place.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.records import dataclass


class ColumnType(NamedTuple):
    """A column's type in the database's words; `sizes` are a length, or precision and scale, `of` an array's items.

    Names are those that Django writes where it has one (`varchar`, `integer`, `timestamp with time zone`), so that
    `int4` and `character varying` do not count as other types; a type that the server does not bring is `schema.name`
    or `name`, folded.
    """

    name: str
    sizes: tuple[int, ...] = ()
    of: ColumnType | None = None

    @property
    def item(self) -> ColumnType:
        """What an array holds, of however many dimensions; a type that is none, itself."""
        return self if self.of is None else self.of.item

    def __str__(self) -> str:
        if self.of is not None:
            return f"{self.of}[{', '.join(map(str, self.sizes))}]"
        return f"{self.name}({', '.join(map(str, self.sizes))})" if self.sizes else self.name


# What stands in SQL's text for what a statement's type leaves out, or what nobody knows before it runs.
LEFT_OUT = "…"


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression, of which only these are known: its text, the functions that it calls, the names in it.

    A value in the text that is known only once Python has run is `LEFT_OUT`: two that look alike may be unlike.
    `functions` and `names` (every identifier that may be a column's) are folded. `unknown` says why they are not all
    known, None where they are: it ends the sentence "unknown because …".
    """

    sql: str
    functions: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    unknown: str | None = None

    @property
    def is_null(self) -> bool:
        return self.sql.strip().casefold() == "null"


# `serial` is an integer with a sequence behind it; the others are GENERATED {ALWAYS | BY DEFAULT} AS IDENTITY.
Numbering: TypeAlias = OneOf["serial", "identity"]
Generation: TypeAlias = OneOf["stored", "virtual"]
ConstraintKind: TypeAlias = OneOf["primary key", "unique", "foreign key", "check", "exclusion", "not null"]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """What REFERENCES says; `columns` are empty where they are left to the primary key."""

    table: str
    columns: tuple[str, ...] = ()
    on_delete: str | None = None
    deferrable: bool = False


@dataclass(frozen=True, slots=True)
class Constraint:
    """A table's constraint, or a column's own; `name` is None where the server makes one up.

    `columns` are those that it is written for, None where that is not known (an exclusion's expressions). Of a
    foreign key they are the referring ones. `index` is the name in USING INDEX. `condition` is a check's
    expression, or an exclusion's WHERE; `elements` is an exclusion's list as it is written, without parentheses.
    `enforced` False is NOT ENFORCED: it refuses nothing.
    """

    kind: ConstraintKind
    name: str | None = None
    columns: tuple[str, ...] | None = ()
    condition: Expression | None = None
    references: ForeignKey | None = None
    not_valid: bool = False
    index: str | None = None
    deferrable: bool = False
    nulls_distinct: bool = True
    include: tuple[str, ...] = ()
    method: str | None = None
    elements: str = ""
    enforced: bool = True


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """A column as CREATE TABLE or ADD COLUMN has it; `type` is None where it is not known, which `unknown` explains.

    `constraints` are its own UNIQUE, PRIMARY KEY, CHECK and REFERENCES; NOT NULL is `not_null`. `default` is None
    where there is none. `generated` is a generated column's expression, `generation` how it is kept.
    """

    name: str
    type: ColumnType | None
    not_null: bool = False
    default: Expression | None = None
    numbering: Numbering | None = None
    generation: Generation | None = None
    generated: Expression | None = None
    collation: str | None = None
    constraints: tuple[Constraint, ...] = ()
    unknown: str | None = None


# --- ALTER TABLE ---


@dataclass(frozen=True, slots=True)
class AddColumn:
    column: ColumnDefinition
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn:
    name: str
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class RenameColumn:
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RenameTable:
    new: str


@dataclass(frozen=True, slots=True)
class RenameConstraint:
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class SetSchema:
    schema: str


@dataclass(frozen=True, slots=True)
class AlterColumnType:
    """`using_is_cast` says that USING is no more than `column::type`, which is what the server would do anyway."""

    column: str
    type: ColumnType | None
    using: Expression | None = None
    using_is_cast: bool = False
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class SetDefault:
    column: str
    default: Expression


@dataclass(frozen=True, slots=True)
class DropDefault:
    column: str


@dataclass(frozen=True, slots=True)
class SetNotNull:
    column: str


@dataclass(frozen=True, slots=True)
class DropNotNull:
    column: str


@dataclass(frozen=True, slots=True)
class SetExpression:
    column: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class DropExpression:
    column: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AddIdentity:
    """`always` refuses values that are not the sequence's own."""

    column: str
    always: bool = False


@dataclass(frozen=True, slots=True)
class DropIdentity:
    column: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AddConstraint:
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class DropConstraint:
    name: str
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterConstraint:
    """ALTER CONSTRAINT: deferrability, ENFORCED, INHERIT."""

    name: str
    enforced: bool | None = None


@dataclass(frozen=True, slots=True)
class ValidateConstraint:
    name: str


@dataclass(frozen=True, slots=True)
class AttachPartition:
    """`default` says that it takes the rows that no other partition does; else `bound` is what follows FOR VALUES."""

    partition: str
    default: bool = False
    bound: str = ""


@dataclass(frozen=True, slots=True)
class DetachPartition:
    partition: str
    concurrently: bool = False
    finalize: bool = False


# ALTER TABLE actions that touch neither rows nor what the models use, by the words that begin them. Which lock each
# takes is known where locks are known.
OtherActionKind: TypeAlias = OneOf[
    "set statistics",
    "set attributes",  # ALTER COLUMN … SET (n_distinct = …), RESET (…)
    "set storage",
    "set compression",
    "alter sequence",  # ALTER COLUMN … SET GENERATED, RESTART
    "set parameters",  # SET (fillfactor = …), RESET (…)
    "trigger",  # ENABLE, DISABLE TRIGGER
    "rule",  # ENABLE, DISABLE RULE
    "row security",
    "cluster on",
    "set without cluster",
    "set without oids",
    "set access method",
    "set tablespace",
    "set logged",
    "set unlogged",
    "inherit",
    "no inherit",
    "of type",
    "owner",
    "replica identity",
    "extension",  # DEPENDS ON EXTENSION
]


@dataclass(frozen=True, slots=True)
class OtherAction:
    """`table` is the parent in INHERIT; `text` is the action itself where it has been written down.

    `name` is that of a tablespace or an access method.
    """

    kind: OtherActionKind
    table: str | None = None
    name: str | None = None
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class UnknownAction:
    text: str


AlterTableAction: TypeAlias = (
    AddColumn
    | DropColumn
    | RenameColumn
    | RenameTable
    | RenameConstraint
    | SetSchema
    | AlterColumnType
    | SetDefault
    | DropDefault
    | SetNotNull
    | DropNotNull
    | SetExpression
    | DropExpression
    | AddIdentity
    | DropIdentity
    | AddConstraint
    | DropConstraint
    | AlterConstraint
    | ValidateConstraint
    | AttachPartition
    | DetachPartition
    | OtherAction
    | UnknownAction
)


@dataclass(frozen=True, slots=True)
class AlterTable:
    """ALTER TABLE; `only` leaves its children alone. ALTER FOREIGN TABLE counts as one."""

    table: str
    actions: tuple[AlterTableAction, ...]
    if_exists: bool = False
    only: bool = False


# --- tables ---


@dataclass(frozen=True, slots=True)
class CreateTable:
    """`constraints` are the table's own. `partition_of` is the parent, `default_partition` its DEFAULT.

    `partition_key` are the columns of PARTITION BY, empty where there are expressions among them.

    `reads` are the tables of CREATE TABLE … AS SELECT, `like` and `inherits` those that it takes columns from; its
    columns are not all in `columns` then. A temporary one is gone at the end of the session.
    """

    table: str
    columns: tuple[ColumnDefinition, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    if_not_exists: bool = False
    temporary: bool = False
    partitioned: bool = False
    partition_of: str | None = None
    default_partition: bool = False
    inherits: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    as_select: bool = False
    reads: tuple[str, ...] = ()
    partition_key: tuple[str, ...] = ()
    unlogged: bool = False
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class DropTable:
    tables: tuple[str, ...]
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class Truncate:
    tables: tuple[str, ...]
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class LockTable:
    """`mode` is as in the statement, in upper case: ACCESS EXCLUSIVE where none is written."""

    tables: tuple[str, ...]
    mode: str = "ACCESS EXCLUSIVE"


# --- indexes ---


@dataclass(frozen=True, slots=True)
class IndexPart:
    """A column, or an expression where `column` is None."""

    column: str | None
    expression: Expression | None = None
    opclass: str | None = None
    collation: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """`name` is None where the server makes one up."""

    name: str | None
    table: str
    parts: tuple[IndexPart, ...]
    unique: bool = False
    concurrently: bool = False
    method: str | None = None
    where: Expression | None = None
    include: tuple[str, ...] = ()
    nulls_distinct: bool = True
    if_not_exists: bool = False
    only: bool = False


@dataclass(frozen=True, slots=True)
class DropIndex:
    names: tuple[str, ...]
    concurrently: bool = False
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class RenameIndex:
    """ALTER INDEX … RENAME TO; PostgreSQL lets it name a table too."""

    old: str
    new: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class Reindex:
    """`names` are one index or table; empty where a whole database or system is meant."""

    kind: OneOf["index", "table", "schema", "database", "system"]
    name: str | None
    concurrently: bool = False


# --- rows ---


@dataclass(frozen=True, slots=True)
class Update:
    """`filtered` says that a WHERE picks rows, `by_key` that it is `id = constant` or the like: an index will do.

    `columns` are those in SET; `reads` the other tables that it names (FROM, subqueries). `equals` are the columns
    that WHERE holds to constants, `=` or IN, whatever else it asks for. `writes` are the statements in its WITH that
    change rows. `emptied` are the columns that are known to get NULL in every row, which no text says. `text` is the
    statement itself where it has been written down.
    """

    table: str
    columns: tuple[str, ...]
    filtered: bool
    by_key: bool = False
    reads: tuple[str, ...] = ()
    equals: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()
    emptied: tuple[str, ...] = ()
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Delete:
    """As Update."""

    table: str
    filtered: bool
    by_key: bool = False
    reads: tuple[str, ...] = ()
    equals: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Insert:
    """`reads` are the tables of INSERT … SELECT, which copies as many rows as they have; empty for VALUES.

    Where VALUES holds a subquery, its tables are in `reads` and `filtered` is True. `updates` is ON CONFLICT DO UPDATE.
    `writes` and `text` are as Update's.
    """

    table: str
    columns: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    filtered: bool = False
    updates: bool = False
    writes: tuple[Write, ...] = ()
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Merge:
    """As Update."""

    table: str
    reads: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()
    text: str = field(default="", compare=False)


# What may stand in a WITH and change rows.
Write: TypeAlias = Update | Delete | Insert | Merge


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT, VALUES, TABLE; `locks_rows` is FOR UPDATE and its like. `functions` are called, folded (`setval`).

    `filtered` says that a WHERE or LIMIT keeps it from reading whole tables. `writes` and `text` are as Update's.
    """

    reads: tuple[str, ...]
    locks_rows: bool = False
    functions: frozenset[str] = frozenset()
    filtered: bool = False
    writes: tuple[Write, ...] = ()
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY; `to_table` says that rows come in. `table` is None where it is a query's answer that goes out."""

    table: str | None
    to_table: bool
    reads: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()
    text: str = field(default="", compare=False)


# --- maintenance ---


@dataclass(frozen=True, slots=True)
class Vacuum:
    """VACUUM; `tables` are empty where all are meant."""

    tables: tuple[str, ...]
    full: bool = False


@dataclass(frozen=True, slots=True)
class Analyze:
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """CLUSTER, or REPACK; `table` is None where all are meant."""

    table: str | None


# --- views, types, and what stands beside tables ---


@dataclass(frozen=True, slots=True)
class CreateView:
    """`names` is every identifier in the query, so that whoever drops a column can see who may need it.

    `columns` are the view's own, None where they are not listed.
    """

    name: str
    reads: tuple[str, ...]
    names: frozenset[str] = frozenset()
    or_replace: bool = False
    materialized: bool = False
    with_data: bool = True
    temporary: bool = False
    if_not_exists: bool = False
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class DropView:
    names: tuple[str, ...]
    materialized: bool = False
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class RefreshMaterializedView:
    name: str
    concurrently: bool = False
    with_data: bool = True


@dataclass(frozen=True, slots=True)
class CreateTrigger:
    """`constraint` is CREATE CONSTRAINT TRIGGER, whose events may be deferred; `columns` are those in UPDATE OF."""

    name: str
    table: str
    constraint: bool = False
    columns: tuple[str, ...] = ()
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class DropTrigger:
    name: str
    table: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class CreateRule:
    name: str
    table: str
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AlterPolicy:
    """CREATE, ALTER or DROP POLICY."""

    verb: OneOf["create", "alter", "drop"]
    name: str
    table: str
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class CreateStatistics:
    name: str | None
    table: str
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Comment:
    """`table` is the table that it is on, or whose part it is on; None for anything else."""

    on: str
    table: str | None
    column: str | None = None
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class CreateDomain:
    name: str
    type: ColumnType | None
    constrained: bool
    default: Expression | None = None
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AlterDomain:
    """`verb`: "add constraint" reads every table that uses the domain, unless `not_valid`; "validate" does too."""

    name: str
    verb: OneOf["add constraint", "validate constraint", "set not null", "other"]
    not_valid: bool = False
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AlterEnum:
    """ALTER TYPE … ADD VALUE or RENAME VALUE."""

    name: str
    adds: bool
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class CreateSequence:
    """CREATE SEQUENCE; `owner` is the table in OWNED BY."""

    name: str
    if_not_exists: bool = False
    owner: str | None = None
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AlterSequence:
    """ALTER SEQUENCE; `owner` is the table in OWNED BY, `owner_column` its column, `type` is what follows AS."""

    name: str
    owner: str | None = None
    owner_column: str | None = None
    type: ColumnType | None = None
    if_exists: bool = False
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class DropSequence:
    """DROP SEQUENCE; `cascade` takes the defaults with it that use it."""

    names: tuple[str, ...]
    cascade: bool = False
    if_exists: bool = False


# --- the session ---


@dataclass(frozen=True, slots=True)
class Transaction:
    """BEGIN, COMMIT and their like; savepoints are `savepoint`, whichever way."""

    verb: OneOf["begin", "commit", "rollback", "savepoint", "prepare"]


@dataclass(frozen=True, slots=True)
class SetParameter:
    """SET, RESET: `value` is as written, None for RESET and DEFAULT. `local` ends with the transaction."""

    name: str
    value: str | None = None
    local: bool = False


@dataclass(frozen=True, slots=True)
class SetConstraints:
    """`names` are empty for ALL."""

    names: tuple[str, ...]
    immediate: bool


@dataclass(frozen=True, slots=True)
class OtherStatement:
    """A statement that takes no lock on a table that counts here: `kind` are its first words, in upper case.

    CREATE TYPE, CREATE FUNCTION, CREATE EXTENSION, GRANT, NOTIFY … `tables` are those that it names. `text` is the
    statement itself where it has been written down.
    """

    kind: str
    tables: tuple[str, ...] = ()
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class OpaqueStatement:
    """What it does cannot be read from it: DO, CALL, EXECUTE, a template, something that is no SQL.

    `reason` ends the sentence "unknown because …". `names` are the identifiers in it, folded: what it may touch.
    """

    kind: str
    reason: str
    names: frozenset[str] = frozenset()
    text: str = field(default="", compare=False)


Statement: TypeAlias = (
    AlterTable
    | CreateTable
    | DropTable
    | Truncate
    | LockTable
    | CreateIndex
    | DropIndex
    | RenameIndex
    | Reindex
    | Update
    | Delete
    | Insert
    | Merge
    | Select
    | Copy
    | Vacuum
    | Analyze
    | Cluster
    | CreateView
    | DropView
    | RefreshMaterializedView
    | CreateTrigger
    | DropTrigger
    | CreateRule
    | AlterPolicy
    | CreateStatistics
    | Comment
    | CreateDomain
    | AlterDomain
    | AlterEnum
    | CreateSequence
    | AlterSequence
    | DropSequence
    | Transaction
    | SetParameter
    | SetConstraints
    | OtherStatement
    | OpaqueStatement
)


@dataclass(frozen=True, slots=True)
class Written:
    """A statement with its text, without the semicolon; `start` is its offset in the string that it is from."""

    statement: Statement
    sql: str
    start: int = 0
