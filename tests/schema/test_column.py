"""The facts about columns are Django's own: every built-in field, with every option that counts, is put to Django."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from written import UNKNOWN, call, field

from miglint.facts.fields import Field
from miglint.facts.values import Literal, Reference
from miglint.schema.column import (
    column_name,
    has_column,
    has_effective_default,
    has_value,
    lacks_value,
    takes_null,
)

# Each built-in field: what it cannot do without, and a value that it may have as a default (source, our fact).
TODAY = ("datetime.date.today", Reference("datetime.date.today"))
NOW = ("timezone.now", Reference("django.utils.timezone.now"))
FIELDS = {
    "BigIntegerField": ("", ("5", Literal(5))),
    "BinaryField": ("", ("b'x'", Literal(b"x"))),
    "BooleanField": ("", ("False", Literal(False))),
    "CharField": ("max_length=9", ("''", Literal(""))),
    "DateField": ("", TODAY),
    "DateTimeField": ("", NOW),
    "DecimalField": ("max_digits=9, decimal_places=2", ("0", Literal(0))),
    "DurationField": ("", ("datetime.timedelta", Reference("datetime.timedelta"))),
    "EmailField": ("", ("''", Literal(""))),
    "FileField": ("", ("''", Literal(""))),
    "FilePathField": ("", ("''", Literal(""))),
    "FloatField": ("", ("0.5", Literal(0.5))),
    "GenericIPAddressField": ("", ("''", Literal(""))),
    "ImageField": ("", ("'x.png'", Literal("x.png"))),
    "IntegerField": ("", ("0", Literal(0))),
    "JSONField": ("", ("dict", Reference("builtins.dict"))),
    "NullBooleanField": ("", ("True", Literal(True))),
    "PositiveBigIntegerField": ("", ("0", Literal(0))),
    "PositiveIntegerField": ("", ("0", Literal(0))),
    "PositiveSmallIntegerField": ("", ("0", Literal(0))),
    "SlugField": ("", ("''", Literal(""))),
    "SmallIntegerField": ("", ("1", Literal(1))),
    "TextField": ("", ("''", Literal(""))),
    "TimeField": ("", ("datetime.time(1)", call("datetime.time", Literal(1)))),
    "URLField": ("", ("''", Literal(""))),
    "UUIDField": ("", ("uuid.uuid4", Reference("uuid.uuid4"))),
    "CommaSeparatedIntegerField": ("max_length=9", ("''", Literal(""))),
    "ForeignKey": ("to='shop.Author', on_delete=models.CASCADE", ("1", Literal(1))),
    "OneToOneField": ("to='shop.Author', on_delete=models.CASCADE", ("1", Literal(1))),
}
NONE = ("None", Literal(None))
NULLS = (None, ("True", Literal(True)), ("'True'", Literal("True")), ("0", Literal(0)))
BLANKS = (None, ("True", Literal(True)))
NOT_PROVIDED = ("models.NOT_PROVIDED", Reference("django.db.models.fields.NOT_PROVIDED"))
VALUE_OF_NONE = ("models.Value(None)", call("django.db.models.Value", Literal(None)))
DATED = {"DateField", "DateTimeField", "TimeField"}


def variants() -> dict[str, Field]:
    """A field's source and our facts of it, for each combination of the options that count."""
    made: dict[str, Field] = {}
    for kind, (needed, sample) in FIELDS.items():
        defaults = (None, NONE, NOT_PROVIDED, sample)
        database = (None, NONE, VALUE_OF_NONE) + ((("7", Literal(7)),) if "Integer" in kind else ())
        dated = (None, ("True", Literal(True))) if kind in DATED else (None,)
        for null, blank, default, db_default, auto in itertools.product(NULLS, BLANKS, defaults, database, dated):
            options = {"null": null, "blank": blank, "default": default, "db_default": db_default, "auto_now": auto}
            given = {name: value for name, value in options.items() if value is not None}
            source = ", ".join(filter(None, (needed, *(f"{name}={value[0]}" for name, value in given.items()))))
            made[f"models.{kind}({source})"] = field(kind, **{name: value[1] for name, value in given.items()})
    return made


def ask_django(sources: list[str]) -> dict[str, list[bool | None]]:
    script = Path(__file__).with_name("columns_by_django.py")
    asked = json.dumps([[source, source] for source in sources])
    ran = subprocess.run([sys.executable, str(script)], input=asked, capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def ours() -> dict[str, Field]:
    return variants()


@pytest.fixture(scope="module")
def truth(ours) -> dict[str, list[bool | None]]:
    return ask_django(list(ours))


def test_every_built_in_field_has_the_nullability_and_default_that_django_gives_it(ours, truth):
    wrong = [
        source
        for source, facts in ours.items()
        if [has_column(facts), not takes_null(facts), has_effective_default(facts), has_value(facts)] != truth[source]
    ]
    assert wrong == []
    assert len(truth) > 3000


def test_a_column_lacks_a_value_exactly_where_django_writes_not_null_without_default(ours, truth):
    lacking = {source for source, (_, not_null, _, filled) in truth.items() if not_null and not filled}
    assert {source for source, facts in ours.items() if lacks_value(facts)} == lacking
    assert {source for source, facts in ours.items() if lacks_value(facts) is None} == set()


def test_fields_without_a_column_are_those_for_which_django_makes_none():
    sources = {
        "models.ManyToManyField('shop.Author')": field("ManyToManyField"),
        "models.CompositePrimaryKey('id', 'x')": field("CompositePrimaryKey"),
        "models.Field()": field("Field"),
    }
    assert [answer[0] for answer in ask_django(list(sources)).values()] == [False, False, False]
    assert [has_column(facts) for facts in sources.values()] == [False, False, False]
    assert [lacks_value(facts) for facts in sources.values()] == [False, False, False]


@pytest.mark.parametrize("kind", ["AutoField", "BigAutoField", "SmallAutoField", "GeneratedField"])
def test_columns_that_fill_themselves_lack_no_value(kind):
    assert lacks_value(field(kind, primary_key=True)) is False


# Needs psycopg to ask Django; these were asked once, with Django 5.2.
@pytest.mark.parametrize(
    ("kind", "implicit"),
    [
        ("ArrayField", False),
        ("CICharField", True),
        ("CIEmailField", True),
        ("CITextField", True),
        ("DateRangeField", False),
        ("HStoreField", False),
        ("IntegerRangeField", False),
        ("SearchQueryField", True),
        ("SearchVectorField", True),
    ],
)
def test_blank_postgres_fields_have_the_implicit_default_that_django_gives_them(kind, implicit):
    assert has_effective_default(field(kind, path=f"django.contrib.postgres.fields.{kind}", blank=True)) is implicit


def test_a_projects_own_field_is_judged_by_what_is_written_alone():
    path = "shop.fields.MoneyField"
    assert lacks_value(field("DecimalField", path=path)) is True
    assert lacks_value(field("DecimalField", path=path, opaque=True)) is None
    assert lacks_value(field("DecimalField", path=path, null=True)) is False
    assert lacks_value(field("DecimalField", path=path, default=0)) is False
    assert lacks_value(field("DecimalField", path=path, db_default=0)) is False
    assert lacks_value(field("DecimalField", path=path, null=False, default=None)) is True


def test_a_field_of_unknown_class_is_judged_by_what_is_written_alone():
    assert lacks_value(field(None, path="taggit.managers.TaggableManager")) is None
    assert lacks_value(field(None, path="shop.fields.Odd", null=True)) is False
    assert has_column(field(None, path="shop.fields.Odd", null=True)) is None


def test_options_that_are_not_all_known_leave_the_answer_open():
    assert lacks_value(field("IntegerField", opaque=True)) is None
    assert lacks_value(field("IntegerField", opaque=True, null=True)) is False
    assert lacks_value(field("IntegerField", opaque=True, default=1)) is False
    assert lacks_value(field("IntegerField", null=UNKNOWN)) is None
    assert lacks_value(field("IntegerField", null=UNKNOWN, default=1)) is False
    assert lacks_value(field("IntegerField", default=UNKNOWN)) is None
    assert lacks_value(field("IntegerField", default=UNKNOWN, null=True)) is False
    assert lacks_value(field("IntegerField", db_default=UNKNOWN)) is None
    assert lacks_value(field("CharField", blank=UNKNOWN)) is None


def test_a_column_is_named_as_its_field_unless_it_is_a_foreign_key_or_told_otherwise():
    assert column_name(field("IntegerField"), "total") == "total"
    assert column_name(field("ForeignKey"), "author") == "author_id"
    assert column_name(field("OneToOneField"), "author") == "author_id"
    assert column_name(field("ForeignKey", db_column="writer"), "author") == "writer"
    assert column_name(field("IntegerField", db_column=UNKNOWN), "total") == UNKNOWN
