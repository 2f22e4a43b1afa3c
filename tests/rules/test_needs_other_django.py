"""MIG217 beyond its page."""

from __future__ import annotations

import json

import pytest

from miglint.cli import main

HEAD = """\
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


"""


def messages(tmp_path, monkeypatch, capsys, operation: str, *arguments: str) -> list[str]:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "0001_initial.py").write_text(
        f"{HEAD}class Migration(migrations.Migration):\n    operations = [{operation}]\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--select", "MIG217", "--output-format", "json", *arguments]) in (0, 1)
    return [finding["message"].partition(",")[0] for finding in json.loads(capsys.readouterr().out)["findings"]]


YOUNG = "migrations.AddField('order', 'state', models.TextField(db_default='new'))"


def test_an_assumed_version_is_no_reason_for_a_finding(tmp_path, monkeypatch, capsys):
    assert (
        messages(tmp_path, monkeypatch, capsys, "models.DB_CASCADE and migrations.AlterConstraint('a', 'b', None)")
        == []
    )


def test_a_version_that_has_it_is_silent(tmp_path, monkeypatch, capsys):
    assert messages(tmp_path, monkeypatch, capsys, YOUNG, "--django", "5.0") == []


@pytest.mark.parametrize(
    ("operation", "django", "said"),
    [
        (YOUNG, "4.2", "db_default came with Django 5.0"),
        ("migrations.RenameIndex('order', new_name='a', old_name='b')", "4.0", "RenameIndex came with Django 4.1"),
        (
            "AddConstraintNotValid('order', models.CheckConstraint(check=models.Q(a=1), name='c'))",
            "3.2",
            "AddConstraintNotValid came with Django 4.0",
        ),
        (
            "migrations.AddConstraint('order', models.CheckConstraint(check=models.Q(a=1), name='c'))",
            "6.0",
            "CheckConstraint(check=…) went with Django 6.0",
        ),
        (
            "migrations.AddConstraint('order', models.UniqueConstraint(models.F('a'), name='c'))",
            "3.2",
            "UniqueConstraint on expressions came with Django 4.0",
        ),
        (
            "migrations.CreateModel('Order', [('pk', models.CompositePrimaryKey('a', 'b'))])",
            "5.1",
            "CompositePrimaryKey came with Django 5.2",
        ),
        (
            "migrations.AddField('order', 'to', models.ForeignKey('shop.Order', models.DB_CASCADE))",
            "6.0",
            "DB_CASCADE came with Django 6.1",
        ),
        (
            "migrations.CreateModel('Order', [], {'constraints': [models.UniqueConstraint(nulls_distinct=False)]})",
            "4.2",
            "UniqueConstraint(nulls_distinct=…) came with Django 5.0",
        ),
    ],
)
def test_what_that_django_lacks_is_named_with_its_version(tmp_path, monkeypatch, capsys, operation, django, said):
    assert messages(tmp_path, monkeypatch, capsys, operation, "--django", django) == [said]
