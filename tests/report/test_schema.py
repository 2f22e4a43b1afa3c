from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from factories import app, migration, project, unreadable
from histories import history

from miglint.cli import main
from miglint.facts.migration import MigrationKey
from miglint.project import Project
from miglint.report import Style
from miglint.report.schema import Schema, render_json, render_text

SHOP = history(
    """\
CreateModel("Customer", [("id", models.AutoField(primary_key=True)), ("mail", models.EmailField(unique=True))]),
CreateModel(
    "Order",
    [
        ("number", models.SlugField(max_length=20)),
        ("customer", models.ForeignKey("shop.customer", models.PROTECT, null=True, db_index=False)),
        ("total", models.DecimalField(max_digits=9, decimal_places=2)),
        ("tags", models.ManyToManyField("Customer", related_name="+")),
    ],
    options={
        "db_table": "orders",
        "unique_together": {("number", "customer")},
        "indexes": [Index(fields=["-total"], name="by_total")],
        "constraints": [
            CheckConstraint(condition=Q(total__gte=0), name="positive"),
            UniqueConstraint(fields=["number"], condition=Q(total=0), name="one_free"),
        ],
    },
),""",
    """\
CreateModel("Guest", [], options={"proxy": True}, bases=("shop.customer",)),
CreateModel("Member", [("since", models.DateField())], options={"managed": False}, bases=("shop.customer",)),
AddField("Customer", "avatar", Avatar(upload_to="a")),
Rework(model_name="order"),""",
)

AT_FIRST = """\
shop  2 models

  Customer  shop_customer
    id    AutoField        primary key
    mail  EmailField(254)  unique

  Order  orders
    number    SlugField(20)       index
    customer  ForeignKey          → shop.Customer, null, no index
    total     DecimalField(9, 2)
    tags      ManyToManyField     → shop.Customer
    unique:  (number, customer)
    index:   by_total            (-total)
    check:   positive
    unique:  one_free            (number), partial

2 models, 6 fields after shop.0001.
"""

AT_LAST = """\
shop  4 models

  Customer  shop_customer
    id      AutoField        primary key
    mail    EmailField(254)  unique
    avatar  Avatar
            null?, unique?, index?, primary key?, length?

  Guest  proxy of shop.customer

  Member  shop_member, extends shop.customer, unmanaged
    since  DateField

  Order  orders
    not known for sure: since shop.0002, 'Rework' is not
    known from this file alone
"""


def text(project: Project, at: str | None = None, **style) -> str:
    state = project.state if at is None else project.state_at(MigrationKey("shop", at))
    return render_text([Schema(project, state, at and f"shop.{at}")], Style(**style))


def test_a_model_is_shown_with_its_table_its_fields_and_its_keys():
    assert text(SHOP, "0001") == AT_FIRST


def test_what_is_not_known_for_sure_is_said_with_what_made_it_so():
    assert text(SHOP, width=60).startswith(AT_LAST)


def test_no_line_is_wider_than_the_screen_where_names_allow_it():
    assert max(map(len, text(SHOP, width=60).splitlines())) <= 60


def test_plain_arrows_where_the_screen_has_no_others():
    assert "-> shop.Customer, null" in text(SHOP, "0001", unicode=False)


def test_colours_change_nothing_but_colours():
    assert re.sub(r"\x1b\[[\d;]*m", "", text(SHOP, colour=True)) == text(SHOP)


def test_json_is_as_the_contract_prints_it():
    document = json.loads(render_json([Schema(SHOP, SHOP.state_at(MigrationKey("shop", "0001")), "shop.0001")]))
    assert document["version"] == 1
    [shop] = document["projects"]
    assert (shop["root"], shop["at"], shop["complete"], list(shop["models"])) == (
        *(".", "shop.0001", True),
        ["shop.customer", "shop.order"],
    )
    plain = {"null": False, "unique": False, "db_index": False, "primary_key": False, "max_length": None}
    assert shop["models"]["shop.order"] == {
        "db_table": "orders",
        "managed": True,
        "proxy": False,
        "known": True,
        "fields": {
            "number": {"type": "SlugField", **plain, "db_index": True, "max_length": 20},
            "customer": {"type": "ForeignKey", **plain, "null": True},
            "total": {"type": "DecimalField", **plain},
            "tags": {"type": "ManyToManyField", **plain},
        },
        "indexes": ["by_total"],
        "constraints": ["positive", "one_free"],
    }


def test_json_says_which_operation_left_a_model_in_doubt():
    [shop] = json.loads(render_json([Schema(SHOP, SHOP.state)]))["projects"]
    assert shop["complete"] is False
    assert {name: model["known"] for name, model in shop["models"].items()} == {
        "shop.customer": True,
        "shop.guest": True,
        "shop.member": True,
        "shop.order": False,
    }
    assert shop["models"]["shop.order"]["unknown"]["migration"] == "shop.0002"
    assert shop["models"]["shop.order"]["unknown"]["operation"] == "3"
    assert shop["models"]["shop.customer"]["fields"]["avatar"]["unknown"] == [
        *("null", "unique", "db_index", "primary_key", "max_length"),
    ]


def test_a_migration_that_could_not_be_read_may_hold_more():
    broken = project(
        apps=[app("shop")],
        migrations=[migration("shop.0001_initial")],
        unreadable=[unreadable("shop.0002_b", "it is no Python", 3)],
    )
    assert text(broken) == (
        "No models.\nSomething may be missing: shop: shop/migrations/0002_b.py could not be read.\n"
    )
    [shop] = json.loads(render_json([Schema(broken, broken.state)]))["projects"]
    assert shop["complete"] is False


FIRST = """
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Order", [("id", models.AutoField(primary_key=True))])]
"""

SECOND = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RenameModel("Order", "Purchase")]
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    migrations = tmp_path / "shop" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "__init__.py").touch()
    (migrations / "0001_initial.py").write_text(FIRST)
    (migrations / "0002_rename.py").write_text(SECOND)
    (tmp_path / "manage.py").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_shows_the_end_of_the_history(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == (
        "shop  1 model\n\n  Purchase  shop_purchase\n    id  AutoField  primary key\n\n1 model, 1 field.\n"
    )


SQUASH = """
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("shop", "0001_initial"), ("shop", "0002_rename")]
    operations = [migrations.CreateModel("Sale", [("id", models.AutoField(primary_key=True))])]
"""


def test_a_squash_stands_for_what_it_replaces(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "shop" / "migrations" / "0001_squashed.py").write_text(SQUASH)
    assert main(["schema", "--output-format", "json"]) == 0
    [project] = json.loads(capsys.readouterr().out)["projects"]
    assert list(project["models"]) == ["shop.sale"]
    assert main(["schema", "--at", "shop.0002_rename"]) == 2
    assert "shop.0002_rename is replaced by shop.0001_squashed" in capsys.readouterr().err


@pytest.mark.parametrize("at", ["shop.0001_initial", "shop.0001"])
def test_the_command_shows_the_state_after_one_migration(
    shop: Path, capsys: pytest.CaptureFixture[str], at: str
) -> None:
    assert main(["schema", "--at", at, "--output-format", "json"]) == 0
    [project] = json.loads(capsys.readouterr().out)["projects"]
    assert (project["at"], list(project["models"])) == ("shop.0001_initial", ["shop.order"])


@pytest.mark.parametrize(
    ("at", "complaint"),
    [
        ("shop.0001_inital", "there is no migration 'shop.0001_inital' (did you mean 'shop.0001_initial'?)"),
        ("shop", "there is no migration 'shop'"),
        ("shop.00", "'shop.00' may be any of shop.0001_initial, shop.0002_rename."),
    ],
)
def test_the_command_needs_one_migration_that_is_there(
    shop: Path, capsys: pytest.CaptureFixture[str], at: str, complaint: str
) -> None:
    assert main(["schema", "--at", at]) == 2
    assert complaint in capsys.readouterr().err
