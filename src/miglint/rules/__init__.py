"""Every rule, in code order: one line each."""

from __future__ import annotations

from miglint.rules.base import Rule
from miglint.rules.blocking_index import BlockingIndex
from miglint.rules.blocking_index_removal import BlockingIndexRemoval
from miglint.rules.blocking_statement import BlockingStatement
from miglint.rules.blocking_unique import BlockingUnique
from miglint.rules.broken_squash import BrokenSquash
from miglint.rules.bulk_write import BulkWrite
from miglint.rules.byte_string_option import ByteStringOption
from miglint.rules.circular_dependency import CircularDependency
from miglint.rules.concurrent_in_transaction import ConcurrentInTransaction
from miglint.rules.dangling_dependency import DanglingDependency
from miglint.rules.dropped_column import DroppedColumn
from miglint.rules.dropped_table import DroppedTable
from miglint.rules.duplicate_app_label import DuplicateAppLabel
from miglint.rules.duplicate_index_name import DuplicateIndexName
from miglint.rules.edited_migration import EditedMigration
from miglint.rules.exclusive_maintenance import ExclusiveMaintenance
from miglint.rules.existing_column import ExistingColumn
from miglint.rules.existing_table import ExistingTable
from miglint.rules.first_dependency import FirstDependency
from miglint.rules.gitignored_migrations import GitignoredMigrations
from miglint.rules.half_applied import HalfApplied
from miglint.rules.identifier_too_long import IdentifierTooLong
from miglint.rules.impossible_alteration import ImpossibleAlteration
from miglint.rules.irreversible_operation import IrreversibleOperation
from miglint.rules.irreversible_run_python import IrreversibleRunPython
from miglint.rules.irreversible_run_sql import IrreversibleRunSQL
from miglint.rules.lock_on_hot_table import LockOnHotTable
from miglint.rules.missing_app_dependency import MissingAppDependency
from miglint.rules.missing_import import MissingImport
from miglint.rules.missing_init import MissingInit
from miglint.rules.multiple_leaf_nodes import MultipleLeafNodes
from miglint.rules.narrowed_column import NarrowedColumn
from miglint.rules.needs_other_django import NeedsOtherDjango
from miglint.rules.not_null_without_default import NotNullWithoutDefault
from miglint.rules.nulls_left_behind import NullsLeftBehind
from miglint.rules.one_default_for_unique import OneDefaultForUnique
from miglint.rules.operation_after_removal import OperationAfterRemoval
from miglint.rules.pending_trigger_events import PendingTriggerEvents
from miglint.rules.recreated_column import RecreatedColumn
from miglint.rules.renamed_column import RenamedColumn
from miglint.rules.renamed_table import RenamedTable
from miglint.rules.required_column import RequiredColumn
from miglint.rules.rewriting_add_field import RewritingAddField
from miglint.rules.rewriting_alter_field import RewritingAlterField
from miglint.rules.scanning_set_not_null import ScanningSetNotNull
from miglint.rules.south_migration import SouthMigration
from miglint.rules.stale_parent import StaleParent
from miglint.rules.state_drift import StateDrift
from miglint.rules.state_only_removal import StateOnlyRemoval
from miglint.rules.transaction_in_sql import TransactionInSql
from miglint.rules.unanalysed_operation import UnanalysedOperation
from miglint.rules.unfinished_squash import UnfinishedSquash
from miglint.rules.unknown_field import UnknownField
from miglint.rules.unknown_model import UnknownModel
from miglint.rules.unreadable_migration import UnreadableMigration
from miglint.rules.untracked_migration import UntrackedMigration
from miglint.rules.validating_check import ValidatingCheck
from miglint.rules.validating_foreign_key import ValidatingForeignKey

ALL_RULES: tuple[type[Rule], ...] = (
    UnreadableMigration,
    UnanalysedOperation,
    MultipleLeafNodes,
    DanglingDependency,
    CircularDependency,
    BrokenSquash,
    MissingAppDependency,
    StaleParent,
    UnfinishedSquash,
    FirstDependency,
    DuplicateAppLabel,
    NotNullWithoutDefault,
    UnknownModel,
    UnknownField,
    ExistingTable,
    ExistingColumn,
    DuplicateIndexName,
    IdentifierTooLong,
    NullsLeftBehind,
    OneDefaultForUnique,
    StateOnlyRemoval,
    OperationAfterRemoval,
    PendingTriggerEvents,
    ConcurrentInTransaction,
    TransactionInSql,
    MissingImport,
    ByteStringOption,
    NeedsOtherDjango,
    ImpossibleAlteration,
    StateDrift,
    RewritingAddField,
    BlockingIndex,
    BlockingUnique,
    ValidatingCheck,
    ValidatingForeignKey,
    RewritingAlterField,
    ScanningSetNotNull,
    BlockingIndexRemoval,
    LockOnHotTable,
    BulkWrite,
    ExclusiveMaintenance,
    BlockingStatement,
    DroppedColumn,
    DroppedTable,
    RenamedColumn,
    RenamedTable,
    RequiredColumn,
    NarrowedColumn,
    RecreatedColumn,
    IrreversibleRunPython,
    IrreversibleRunSQL,
    IrreversibleOperation,
    HalfApplied,
    GitignoredMigrations,
    UntrackedMigration,
    MissingInit,
    EditedMigration,
    SouthMigration,
)
