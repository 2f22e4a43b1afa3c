"""What Django's schema editor runs for alterations and renames, beside what it ran on PostgreSQL 18.

`altering.txt` has the operations of one migration, those of the next after `--`, and what Django executed for these
from a version on, up to the last before `until`; it was measured with Django 3.2, 4.0, 4.1, 4.2, 5.0, 5.1, 5.2, 6.0 and
6.1. CREATE TABLE is left out; `…` stands for a value that is made anew each time.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from schema_of import migration

from miglint.facts.migration import Migration
from miglint.facts.source import Location
from miglint.schema.database import Cause, Folding
from miglint.schema.editor import Execution, SchemaEditor
from miglint.schema.model import Ground
from miglint.schema.replay import replay
from miglint.schema.state import Origin
from miglint.sql.render import rendered
from miglint.sql.statement import CreateTable, OpaqueStatement

VERSIONS = ((3, 2), (4, 0), (4, 1), (4, 2), (5, 0), (5, 1), (5, 2), (6, 0), (6, 1))

HEADER = """\
import decimal
import uuid
from custom import MoneyField
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.migrations import (
    AddConstraint, AddField, AddIndex, AlterField, AlterModelTable, AlterUniqueTogether, CreateModel, RemoveField,
    RenameField, RenameModel, RunSQL, SeparateDatabaseAndState,
)
from django.utils import timezone


class Migration(migrations.Migration):
    operations = [
"""

GROUND = Ground(vendor="postgresql", auto_field="AutoField", swappable={}.get)


class Case(NamedTuple):
    before: list[str]
    operations: list[str]
    executed: dict[tuple[int, ...], list[str]]
    until: tuple[int, ...] = (99,)


def measured() -> dict[str, Case]:
    cases: dict[str, Case] = {}
    text = (Path(__file__).parent / "altering.txt").read_text()
    for block in text.removeprefix("# ").split("\n# "):
        name, *lines = block.strip().split("\n")
        place = lines.index("--")
        case, version = Case(lines[:place], [], {}), None
        for line in lines[place + 1 :]:
            if line.startswith("until "):
                case = case._replace(until=numbers(line.removeprefix("until ")))
            elif line.startswith("    "):
                assert version is not None
                case.executed[version].append(line.strip())
            elif line.endswith(":"):
                version = numbers(line.removesuffix(":"))
                case.executed[version] = []
            else:
                case.operations.append(line)
        cases[name] = case
    return cases


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


MEASURED = measured()


@pytest.mark.parametrize("name", MEASURED)
def test_what_runs_is_what_django_ran(name: str) -> None:
    before, operations, executed, until = MEASURED[name]
    migrations = [written(before, "0001"), written(operations, "0002")]
    for version in VERSIONS:
        known = [since for since in executed if since <= version]
        if known and version < until:
            assert said(run(*migrations, django=version)) == executed[known[-1]], version


def test_a_table_that_is_not_known_has_the_names_that_django_and_postgresql_give() -> None:
    field = "models.CharField(max_length=5, unique=True)"
    model = f"CreateModel('Book', [('x', {field})], options={{'db_table': 'b'}})"
    setup = f"SeparateDatabaseAndState(state_operations=[{model}])"
    operation = "AlterField('Book', 'x', models.TextField())"
    assert said(run(written([setup], "0001"), written([operation], "0002"))) == [
        'ALTER TABLE "b" DROP CONSTRAINT "b_x_key"',
        'DROP INDEX IF EXISTS "b_x_6f5770d5_like"',
        'ALTER TABLE "b" ALTER COLUMN "x" TYPE text USING "x"::text',
        'DROP INDEX IF EXISTS "b_x_6f5770d5_like"',
    ]


def test_a_field_of_an_unknown_class_says_that_its_type_is_not_known() -> None:
    executions = run(
        written(["CreateModel('Book', [('x', models.IntegerField())])"], "0001"),
        written(
            ["AlterField('Book', 'x', MoneyField(null=False, unique=False, db_index=False, primary_key=False))"], "0002"
        ),
    )
    opaque = [one for execution in executions for one in execution.statements if isinstance(one, OpaqueStatement)]
    assert [one.reason for one in opaque] == ["the type of custom.MoneyField is not known"]
    assert all("app_book" in one.names for one in opaque)


def test_an_unknown_class_with_other_words_for_people_runs_nothing() -> None:
    before = "CreateModel('Book', [('x', MoneyField(currency='EUR', null=True))])"
    after = "AlterField('Book', 'x', MoneyField(currency='EUR', null=True, help_text='in cents'))"
    assert run(written([before], "0001"), written([after], "0002")) == []


def test_the_known_part_of_an_unknown_class_is_told_too() -> None:
    before = "CreateModel('Book', [('x', MoneyField(currency='EUR', null=True))])"
    after = "AlterField('Book', 'x', MoneyField(currency='EUR', null=False))"
    assert said(run(written([before], "0001"), written([after], "0002"))) == [
        'ALTER TABLE "app_book" ALTER COLUMN "x" SET NOT NULL'
    ]


def test_models_without_a_table_run_nothing() -> None:
    before = "CreateModel('Book', [('id', models.AutoField(primary_key=True))], options={'managed': False})"
    for operation in (
        "AlterField('Book', 'id', models.BigAutoField(primary_key=True))",
        "RenameField('Book', 'id', 'key')",
        "RenameModel('Book', 'Tome')",
        "AlterModelTable('Book', 'tomes')",
    ):
        assert run(written([before], "0001"), written([operation], "0002")) == []


def test_a_field_that_is_not_there_runs_nothing() -> None:
    before = "CreateModel('Book', [('id', models.AutoField(primary_key=True))])"
    for operation in ("AlterField('Book', 'x', models.TextField())", "RenameField('Book', 'x', 'y')"):
        assert run(written([before], "0001"), written([operation], "0002")) == []


def written(operations: list[str], name: str) -> Migration:
    return migration(HEADER + "".join(f"        {one},\n" for one in operations) + "    ]\n", name=name)


def run(*migrations: Migration, django: tuple[int, ...] = (5, 2)) -> list[Execution]:
    """What the last migration executes, folded into the database as it goes."""
    folding, made = Folding(GROUND), []
    editors = {one.key: SchemaEditor(GROUND, django, (18,)) for one in migrations}
    transitions = list(replay(migrations, GROUND.swappable))
    for one in migrations:
        made = []
        here = Origin(one.key, "0", Location(one.path, one.span))
        cause = Cause(here, one.key.app_label)
        for transition in transitions:
            if transition.migration is one:
                at_once = [x for x in editors[one.key].run(transition, folding.state) if not x.deferred]
                made += at_once
                for statement in (statement for execution in at_once for statement in execution.statements):
                    folding.fold(statement, cause)
        left = [execution for _, execution in editors[one.key].close()]
        made += left
        for statement in (statement for execution in left for statement in execution.statements):
            folding.fold(statement, cause)
    return made


def said(executions: list[Execution]) -> list[str]:
    # A value that is not known has no cast that counts.
    return [
        re.sub(r"'…'::\w+", "'…'", one.text if one.text is not None else "; ".join(map(rendered, one.statements)))
        for one in executions
        if not isinstance(one.statements[0], CreateTable)
    ]
