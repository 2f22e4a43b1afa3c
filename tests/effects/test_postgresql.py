"""What adding a column makes PostgreSQL do; the truths were measured on servers of versions 11 to 18."""

import pytest
from written import UNKNOWN, add_field, call, field, separately, target

from miglint.effects import effects_of
from miglint.effects.added import (
    Lock,
    NoValueForRows,
    Refused,
    RewriteTable,
    ScanTable,
    UnknownEffect,
    ValidateForeignKey,
)
from miglint.facts.operations import Subclass
from miglint.facts.values import Reference

NOW = call("django.db.models.functions.datetime.Now")
RANDOM = call("django.db.models.functions.math.Random")
RANDOM_UUID = call("django.contrib.postgres.functions.RandomUUID")
CLOCK = call("django.db.models.Func", function="clock_timestamp")
TWICE = call("operator.mul", call("django.db.models.F", "qty"), 2)
INTEGER = call("django.db.models.IntegerField")
POSITIVE = call("django.db.models.PositiveIntegerField")


def effects(added, *version: int, name: str = "extra"):
    return effects_of(add_field("order", name, added), "shop_order", target("postgresql", *version))


def kinds(added, *version: int) -> list[str]:
    return [type(effect).__name__ for effect in effects(added, *version)]


FOREIGN = {"to": "shop.author", "on_delete": Reference("django.db.models.deletion.CASCADE")}

# A field, and what PostgreSQL 10, 11, 14 and 18 do to the rows when it is added.
NOTHING = ([], [], [], [])
CONSTANT = (["RewriteTable"], [], [], [])
REWRITE = (["RewriteTable"],) * 4
SCAN = (["ScanTable"],) * 4
TRUTHS = {
    "nullable integer": (field("IntegerField", null=True), NOTHING),
    "nullable text": (field("TextField", null=True, blank=True), NOTHING),
    "nullable with default": (field("IntegerField", null=True, default=5), CONSTANT),
    "nullable boolean with default": (field("BooleanField", null=True, default=False), CONSTANT),
    "default": (field("DecimalField", max_digits=9, decimal_places=2, default=0), CONSTANT),
    "callable default": (field("DateTimeField", default=Reference("django.utils.timezone.now")), CONSTANT),
    "random default made by Python": (field("UUIDField", default=Reference("uuid.uuid4")), CONSTANT),
    "implicit default": (field("CharField", max_length=50, blank=True), CONSTANT),
    "auto_now_add": (field("DateTimeField", auto_now_add=True), CONSTANT),
    "nullable auto_now": (field("DateTimeField", auto_now=True, null=True), CONSTANT),
    "comment": (field("IntegerField", null=True, db_comment="the extra"), NOTHING),
    "constant db_default": (field("IntegerField", db_default=7), CONSTANT),
    "db_default of NULL": (field("IntegerField", null=True, db_default=None), NOTHING),
    "stable db_default": (field("DateTimeField", db_default=NOW), CONSTANT),
    "random float": (field("FloatField", db_default=RANDOM), REWRITE),
    "clock": (field("DateTimeField", db_default=CLOCK), REWRITE),
    "random uuid": (field("UUIDField", db_default=RANDOM_UUID), REWRITE),
    "unique random uuid": (field("UUIDField", db_default=RANDOM_UUID, unique=True), REWRITE),
    "nullable random uuid": (field("UUIDField", db_default=RANDOM_UUID, null=True), REWRITE),
    "numbered": (field("BigAutoField", primary_key=True), REWRITE),
    "nullable positive": (field("PositiveIntegerField", null=True), SCAN),
    "nullable positive big": (field("PositiveBigIntegerField", null=True), SCAN),
    "positive with default": (
        field("PositiveSmallIntegerField", default=0),
        (["RewriteTable"], ["ScanTable"], ["ScanTable"], ["ScanTable"]),
    ),
    "stored": (
        field("GeneratedField", db_persist=True, expression=TWICE, output_field=INTEGER),
        (["Refused"], ["Refused"], ["RewriteTable"], ["RewriteTable"]),
    ),
    "virtual": (
        field("GeneratedField", db_persist=False, expression=TWICE, output_field=INTEGER),
        (["Refused"], ["Refused"], ["Refused"], []),
    ),
    "virtual positive": (
        field("GeneratedField", db_persist=False, expression=TWICE, output_field=POSITIVE),
        (["Refused"], ["Refused"], ["Refused"], ["ScanTable"]),
    ),
    "array of positive": (
        field("ArrayField", path="django.contrib.postgres.fields.ArrayField", base_field=POSITIVE, null=True),
        NOTHING,
    ),
    "nullable foreign key": (field("ForeignKey", null=True, **FOREIGN), NOTHING),
    "nullable one to one": (field("OneToOneField", null=True, **FOREIGN), NOTHING),
    "foreign key with default": (
        field("ForeignKey", default=1, **FOREIGN),
        (["RewriteTable", "ValidateForeignKey"], *[["ValidateForeignKey"]] * 3),
    ),
    "foreign key to Django alone": (field("ForeignKey", default=1, db_constraint=False, **FOREIGN), CONSTANT),
    "many to many": (field("ManyToManyField", to="shop.author"), NOTHING),
    "not null": (field("IntegerField"), (["NoValueForRows"],) * 4),
    "not null foreign key": (field("ForeignKey", **FOREIGN), (["NoValueForRows"],) * 4),
    "not null positive": (field("PositiveIntegerField"), (["NoValueForRows"],) * 4),
}


@pytest.mark.parametrize("what", TRUTHS)
def test_adding_a_column_touches_the_rows_where_and_when_the_server_does(what):
    added, truth = TRUTHS[what]
    assert tuple(kinds(added, version) for version in (10, 11, 14, 18)) == truth


def test_an_effect_names_the_table_its_lock_and_what_makes_it():
    assert effects(field("UUIDField", db_default=RANDOM_UUID), 14) == (
        RewriteTable("shop_order", Lock.ACCESS_EXCLUSIVE, "volatile default", "gen_random_uuid()"),
    )
    assert effects(field("PositiveIntegerField", null=True, db_column="n"), 14) == (
        ScanTable("shop_order", Lock.ACCESS_EXCLUSIVE, "check", 'CHECK ("n" >= 0)'),
    )
    assert effects(field("ForeignKey", **FOREIGN), 14, name="author") == (NoValueForRows("shop_order", "author_id"),)
    assert effects(field("ForeignKey", default=1, **FOREIGN), 14) == (
        ValidateForeignKey("shop_order", Lock.ACCESS_EXCLUSIVE),
    )
    assert effects(field("GeneratedField", db_persist=False), 17) == (
        Refused("shop_order", "virtual generated columns need PostgreSQL 18"),
    )


def test_the_strongest_lock_alone_stops_reads():
    assert [lock.blocks for lock in Lock] == ["", "", "", "", "writes", "writes", "writes", "reads and writes"]
    assert str(Lock.SHARE_ROW_EXCLUSIVE) == "SHARE ROW EXCLUSIVE"


def test_what_is_not_known_is_said():
    project_function = call("shop.functions.next_number")
    assert effects(field("IntegerField", db_default=project_function), 14) == (
        UnknownEffect("shop.functions.next_number is defined elsewhere"),
    )
    assert kinds(field(None, path="taggit.managers.TaggableManager"), 14) == ["UnknownEffect"]
    assert kinds(field("GeneratedField", opaque=True), 14) == ["UnknownEffect"]
    assert kinds(field("IntegerField", opaque=True), 14) == ["UnknownEffect"]
    assert kinds(field("IntegerField", default=UNKNOWN), 10) == ["UnknownEffect"]


def test_a_default_that_is_not_known_does_no_harm_since_11():
    assert effects(field("IntegerField", default=UNKNOWN), 11) == ()


def test_other_databases_are_known_to_need_a_value_and_nothing_else():
    added = add_field("order", "extra", field("IntegerField"))
    for vendor in ("mysql", "mariadb", "sqlite", "oracle"):
        assert effects_of(added, "shop_order", target(vendor)) == (NoValueForRows("shop_order", "extra"),)
    nullable = add_field("order", "extra", field("PositiveIntegerField", null=True))
    assert [type(effect) for effect in effects_of(nullable, "shop_order", target("mysql", 8))] == [UnknownEffect]


def test_oracle_has_no_not_null_text():
    added = add_field("order", "extra", field("CharField", max_length=9))
    assert [type(effect) for effect in effects_of(added, "shop_order", target("oracle"))] == [UnknownEffect]


def test_a_subclass_of_add_field_does_what_its_own_method_does():
    added = field("PositiveIntegerField", null=True)

    def kinds_of(database):
        subclass = Subclass("shop.operations.FakeAddField", "same", database)
        operation = add_field("order", "extra", added, subclass=subclass)
        return [type(effect).__name__ for effect in effects_of(operation, "shop_order", target("postgresql", 14))]

    assert [kinds_of(database) for database in ("same", "nothing", "unknown")] == [
        ["ScanTable"],
        [],
        ["UnknownEffect"],
    ]


def test_operations_that_hold_operations_have_no_effect_of_their_own():
    held = add_field("order", "extra", field("IntegerField"))
    assert effects_of(separately(database=(held,)), "shop_order", target("postgresql", 14)) == ()
