"""Operations that a condition decides on: known where every way leaves the same state."""

from __future__ import annotations

from pathlib import Path

import pytest

from miglint import linking
from miglint.schema.replay import name_of
from miglint.schema.state import ModelState

HEAD = "from django.db import connection, migrations, models\n\n\nclass Migration(migrations.Migration):\n"
FIRST = f"""{HEAD}    operations = [
        migrations.CreateModel(
            "Order",
            [("id", models.AutoField(primary_key=True)), ("a", models.TextField()), ("b", models.TextField())],
        ),
    ]
"""
INDEX = "migrations.AddIndex('order', models.Index(fields=['a'], name='order_a'))"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "0001_initial.py").write_text(FIRST)
    monkeypatch.chdir(tmp_path)
    return folder


def order_after(shop: Path, *lines: str) -> ModelState:
    body = "".join(f"    {line}\n" for line in ('dependencies = [("shop", "0001_initial")]', *lines))
    (shop / "0002_x.py").write_text(HEAD + body)
    (project,) = linking.link(linking.Options()).projects
    model = project.state.model("shop", "Order")
    assert model is not None
    return model


def test_ways_that_differ_in_the_database_alone_leave_one_state(shop: Path) -> None:
    order = order_after(
        shop,
        "if connection.vendor == 'postgresql':",
        "    operations = [migrations.SeparateDatabaseAndState([migrations.RunSQL('CREATE INDEX …')],",
        f"                                                      [{INDEX}])]",
        "else:",
        f"    operations = [{INDEX}]",
    )
    assert order.unknown is None
    assert [name_of(index) for index in order.indexes] == ["order_a"]


def test_sql_for_one_database_alone_leaves_the_state_as_it_was(shop: Path) -> None:
    order = order_after(shop, "if connection.vendor == 'mysql':", "    operations = [migrations.RunSQL('OPTIMIZE')]")
    assert order.unknown is None
    assert list(order.fields) == ["id", "a", "b"]


def test_what_is_done_to_a_database_on_a_condition_is_not_done_to_the_state(shop: Path) -> None:
    order = order_after(
        shop,
        "database = []",
        "if connection.vendor != 'sqlite':",
        f"    database.append({INDEX})",
        f"operations = [migrations.SeparateDatabaseAndState(database, [{INDEX}])]",
    )
    assert order.unknown is None
    assert [name_of(index) for index in order.indexes] == ["order_a"]


def test_ways_that_leave_different_states_leave_the_model_in_doubt(shop: Path) -> None:
    order = order_after(
        shop,
        "if connection.vendor == 'postgresql':",
        f"    operations = [{INDEX}]",
        "else:",
        "    operations = [migrations.RemoveField('order', 'b')]",
    )
    assert order.unknown == "it is bound differently under a condition"
