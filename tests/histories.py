"""Histories as people write them: the operations of each migration as text, parsed and linked into a project."""

from __future__ import annotations

from collections.abc import Iterator

from factories import DEFAULT_TARGET, NO_SIZES, app, line

from miglint.facts.layout import Layout, Settings
from miglint.facts.migration import Dependency, Migration, MigrationKey, Module
from miglint.facts.repository import Repository
from miglint.facts.sizes import TableSizes
from miglint.facts.target import Target
from miglint.facts.values import Literal
from miglint.findings import Finding
from miglint.parse import parse
from miglint.project import Project, analyse
from miglint.rules.base import has
from miglint.steps import Step

HEADER = """\
import datetime
import uuid
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.migrations import (
    AddConstraint, AddField, AddIndex, AlterConstraint, AlterField, AlterModelOptions, AlterModelTable,
    AlterOrderWithRespectTo, AlterUniqueTogether, CreateModel, DeleteModel, RemoveConstraint, RemoveField, RemoveIndex,
    RenameField, RenameModel, RunPython, RunSQL, SeparateDatabaseAndState,
)
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Concat, Lower, Now
from django.utils import timezone
"""

CLASS = """\
class Migration(migrations.Migration):
    operations = [
"""


def history(
    *bodies: str,
    new: tuple[str, ...] | None = None,
    target: Target = DEFAULT_TARGET,
    settings: dict[str, object] | None = None,
    code: str = "",
    sizes: TableSizes = NO_SIZES,
) -> Project:
    """A project whose app `shop` has one migration for each text: 0001, 0002, … each after the one before.

    `new` names the migrations of the changeset, as `0003`; without it no base is known. `code` stands in each file.
    """
    keys = [MigrationKey("shop", f"{number:04}") for number in range(1, len(bodies) + 1)]
    migrations = {key: _migration(key, keys[:number][-1:], bodies[number], code) for number, key in enumerate(keys)}
    values = {name: Literal(value) for name, value in (settings or {}).items()}
    return analyse(
        layout=Layout(root=".", apps=(app("shop"),), duplicates=(), settings=Settings(None, values)),
        migrations=migrations,
        unreadable=(),
        modules={},
        repository=Repository(known=True, ignored=()),
        changeset=None if new is None else frozenset(MigrationKey("shop", name) for name in new),
        target=target,
        sizes=sizes,
    )


def found(rule, *bodies: str, **more) -> list:
    """What a rule for operations finds in a history."""
    return [finding for _, finding in _asked(rule, history(*bodies, **more))]


def said(rule, *bodies: str, **more) -> list[str]:
    """The subjects of what a rule finds, each after the number of its migration."""
    return [f"{step.migration.key.name} {finding.subject}" for step, finding in _asked(rule, history(*bodies, **more))]


def _asked(rule, project: Project) -> Iterator[tuple[Step, Finding]]:
    """A rule is asked about every step: it finds nothing where it says that there is nothing to find."""
    for step in project.steps:
        for finding in rule.check(step, project):
            assert rule.operations is None or type(step.operation) in rule.operations
            assert rule.looks_at is None or has(rule.looks_at, step, project)
            yield step, finding


def _migration(key: MigrationKey, parents: list[MigrationKey], body: str, code: str) -> Migration:
    module = parse(f"{HEADER}{code}\n\n{CLASS}{body}\n    ]\n".encode())
    assert isinstance(module, Module), module
    assert module.migration is not None
    return Migration(
        key=key,
        path=f"shop/migrations/{key.name}.py",
        span=module.migration.span,
        dependencies=tuple(Dependency(parent, line(1)) for parent in parents),
        run_before=(),
        replaces=(),
        operations=module.migration.operations,
        attribute_spans={},
        initial=None,
        atomic=True,
        module=module,
    )
