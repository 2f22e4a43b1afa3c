"""Every rule, in code order: one line each."""

from __future__ import annotations

from miglint.rules.base import Rule
from miglint.rules.broken_squash import BrokenSquash
from miglint.rules.byte_string_option import ByteStringOption
from miglint.rules.circular_dependency import CircularDependency
from miglint.rules.dangling_dependency import DanglingDependency
from miglint.rules.dropped_column import DroppedColumn
from miglint.rules.dropped_table import DroppedTable
from miglint.rules.duplicate_app_label import DuplicateAppLabel
from miglint.rules.duplicate_index_name import DuplicateIndexName
from miglint.rules.existing_column import ExistingColumn
from miglint.rules.existing_table import ExistingTable
from miglint.rules.first_dependency import FirstDependency
from miglint.rules.gitignored_migrations import GitignoredMigrations
from miglint.rules.identifier_too_long import IdentifierTooLong
from miglint.rules.impossible_alteration import ImpossibleAlteration
from miglint.rules.irreversible_operation import IrreversibleOperation
from miglint.rules.irreversible_run_python import IrreversibleRunPython
from miglint.rules.irreversible_run_sql import IrreversibleRunSQL
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
from miglint.rules.recreated_column import RecreatedColumn
from miglint.rules.renamed_column import RenamedColumn
from miglint.rules.renamed_table import RenamedTable
from miglint.rules.required_column import RequiredColumn
from miglint.rules.rewriting_add_field import RewritingAddField
from miglint.rules.state_only_removal import StateOnlyRemoval
from miglint.rules.unanalysed_operation import UnanalysedOperation
from miglint.rules.unfinished_squash import UnfinishedSquash
from miglint.rules.unknown_field import UnknownField
from miglint.rules.unknown_model import UnknownModel
from miglint.rules.unreadable_migration import UnreadableMigration

ALL_RULES: tuple[type[Rule], ...] = (
    UnreadableMigration,
    UnanalysedOperation,
    MultipleLeafNodes,
    DanglingDependency,
    CircularDependency,
    BrokenSquash,
    MissingAppDependency,
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
    MissingImport,
    ByteStringOption,
    NeedsOtherDjango,
    ImpossibleAlteration,
    RewritingAddField,
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
    GitignoredMigrations,
    MissingInit,
)
