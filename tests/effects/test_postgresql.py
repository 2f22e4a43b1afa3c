"""What adding a column makes PostgreSQL do; the truths were measured on servers of versions 11 to 18."""

import pytest
from histories import history
from written import target

from miglint.effects.effect import BuildIndex, Fails, Lock, RewriteTable, ScanTable, UnknownEffect

TABLES = """
    CreateModel("Author", [("id", models.BigAutoField(primary_key=True))]),
    CreateModel("Order", [("id", models.BigAutoField(primary_key=True)), ("qty", models.IntegerField())]),
"""


def effects(field: str, *version: int, vendor: str = "postgresql", code: str = ""):
    added = f"AddField('order', 'extra', {field}),"
    project = history(TABLES, added, target=target(vendor, *version), code=code)
    step = next(step for step in project.steps if step.migration.key.name == "0002")
    return tuple(effect for run in project.runs(step) for effect in run.effects)


def kinds(field: str, *version: int) -> list[str]:
    return [f"{type(one).__name__} {getattr(one, 'cause', None) or one.kind}" for one in effects(field, *version)]


# A field, and what PostgreSQL 11, 14 and 18 do to the rows when it is added.
NOTHING = ([], [], [])
VOLATILE = (["RewriteTable volatile default"],) * 3
CHECKED = (["ScanTable column check"],) * 3
INDEXED = (["BuildIndex index"],) * 3
KEYED = (["BuildIndex unique"],) * 3
NO_VALUE = (["Fails no value for rows"],) * 3
TOO_OLD = ["Fails needs another PostgreSQL"]
TWICE = "expression=F('qty') * 2, output_field=models.{}()"
TRUTHS = {
    "IntegerField(null=True)": NOTHING,
    "TextField(null=True, blank=True)": NOTHING,
    "IntegerField(null=True, default=5)": NOTHING,
    "DecimalField(max_digits=9, decimal_places=2, default=0)": NOTHING,
    "DateTimeField(default=timezone.now)": NOTHING,
    "UUIDField(default=uuid.uuid4)": NOTHING,
    "CharField(max_length=50, blank=True)": NOTHING,
    "DateTimeField(auto_now_add=True)": NOTHING,
    "IntegerField(null=True, db_comment='the extra')": NOTHING,
    "IntegerField(db_default=7)": NOTHING,
    "IntegerField(null=True, db_default=None)": NOTHING,
    "DateTimeField(db_default=Now())": NOTHING,
    "FloatField(db_default=models.functions.Random())": VOLATILE,
    "DateTimeField(db_default=models.Func(function='clock_timestamp'))": VOLATILE,
    "UUIDField(db_default=RandomUUID())": VOLATILE,
    "UUIDField(db_default=RandomUUID(), null=True)": VOLATILE,
    "UUIDField(db_default=RandomUUID(), unique=True)": (["RewriteTable volatile default", "BuildIndex unique"],) * 3,
    "PositiveIntegerField(null=True)": CHECKED,
    "PositiveBigIntegerField(null=True)": CHECKED,
    "PositiveSmallIntegerField(default=0)": CHECKED,
    f"GeneratedField(db_persist=True, {TWICE.format('IntegerField')})": (
        TOO_OLD,
        ["RewriteTable stored generation"],
        ["RewriteTable stored generation"],
    ),
    f"GeneratedField(db_persist=False, {TWICE.format('IntegerField')})": (TOO_OLD, TOO_OLD, []),
    f"GeneratedField(db_persist=False, {TWICE.format('PositiveIntegerField')})": (
        TOO_OLD,
        TOO_OLD,
        ["ScanTable column check"],
    ),
    "IntegerField(null=True, db_index=True)": INDEXED,
    "CharField(null=True, max_length=9, db_index=True)": (["BuildIndex index"] * 2,) * 3,
    "IntegerField(null=True, unique=True)": KEYED,
    "ForeignKey('shop.Author', models.CASCADE, null=True)": INDEXED,
    "ForeignKey('shop.Author', models.CASCADE, null=True, db_index=False)": NOTHING,
    "OneToOneField('shop.Author', models.CASCADE, null=True)": KEYED,
    "ForeignKey('shop.Author', models.CASCADE, default=1, db_index=False)": (["ScanTable foreign key"] * 2,) * 3,
    "ForeignKey('shop.Author', models.CASCADE, default=1, db_index=False, db_constraint=False)": NOTHING,
    "ManyToManyField('shop.Author')": NOTHING,
    "IntegerField()": NO_VALUE,
    "ForeignKey('shop.Author', models.CASCADE, db_index=False)": NO_VALUE,
    "PositiveIntegerField()": NO_VALUE,
    "IntegerField(default=0, unique=True)": (["Fails one value for all rows"],) * 3,
}


@pytest.mark.parametrize("field", TRUTHS)
def test_adding_a_column_touches_the_rows_where_and_when_the_server_does(field):
    assert tuple(kinds(f"models.{field}", version) for version in (11, 14, 18)) == TRUTHS[field]


def test_an_effect_names_the_table_and_what_makes_it():
    assert effects("models.UUIDField(db_default=RandomUUID())", 14) == (
        RewriteTable("shop_order", "volatile default", "gen_random_uuid()"),
    )
    assert effects("models.PositiveIntegerField(null=True, db_column='n')", 14) == (
        ScanTable("shop_order", "column check", 'CHECK ("n" >= 0)'),
    )
    assert effects("models.IntegerField(null=True, unique=True)", 14) == (
        BuildIndex("shop_order", None, "unique", unique=True),
    )
    (refused,) = effects("models.ForeignKey('shop.Author', models.CASCADE, db_index=False)", 14)
    assert isinstance(refused, Fails)
    assert (refused.table, refused.column) == ("shop_order", "extra_id")


def test_the_strongest_lock_alone_stops_reads():
    assert [lock.blocks for lock in Lock] == ["", "", "", "", "writes", "writes", "writes", "reads and writes"]
    assert str(Lock.SHARE_ROW_EXCLUSIVE) == "SHARE ROW EXCLUSIVE"


def test_what_is_not_known_is_said():
    for field in ("models.IntegerField(db_default=next_number())", "TaggableManager()"):
        assert {type(one) for one in effects(field, 14)} == {UnknownEffect}


def test_a_default_of_python_that_is_not_known_does_no_harm():
    assert effects("models.IntegerField(default=next_number())", 14) == ()


def test_other_databases_are_known_to_need_a_value_and_nothing_else():
    for vendor in ("mysql", "mariadb", "sqlite", "oracle"):
        assert [one.kind for one in effects("models.IntegerField()", vendor=vendor)] == ["no value for rows"]
    assert [type(one) for one in effects("models.IntegerField(null=True)", vendor="mysql")] == [UnknownEffect]


def test_oracle_has_no_not_null_text():
    assert [type(one) for one in effects("models.CharField(max_length=9)", vendor="oracle")] == [UnknownEffect]
