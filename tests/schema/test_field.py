"""A field's attributes are Django's own: every built-in field, with every option that counts, is put to Django."""

import itertools

from schema_of import described, models_after, state_of
from state_truth import answers
from written import UNKNOWN, call, field

from miglint.facts.values import Reference
from miglint.schema.field import Attributes, attributes

answers.configure()

PLAIN = (
    *("BigIntegerField", "BinaryField", "BooleanField", "CharField", "DateField", "DateTimeField", "DurationField"),
    *("EmailField", "Field", "FileField", "FilePathField", "FloatField", "GenericIPAddressField", "IPAddressField"),
    *("ImageField", "IntegerField", "JSONField", "NullBooleanField", "PositiveBigIntegerField", "PositiveIntegerField"),
    *("PositiveSmallIntegerField", "SlugField", "SmallIntegerField", "TextField", "TimeField", "URLField", "UUIDField"),
    *("DecimalField", "CommaSeparatedIntegerField"),
)
NEEDS = {
    "ForeignKey": "'self', models.CASCADE, ",
    "OneToOneField": "'self', models.CASCADE, ",
    "ManyToManyField": "'self', ",
    **dict.fromkeys(PLAIN, ""),
}
OPTIONS = {
    "null": ("", "null='True'"),
    "unique": ("", "unique=True"),
    "db_index": ("", "db_index=True", "db_index=False"),
    "primary_key": ("", "primary_key=True"),
    "max_length": ("", "max_length=7", "max_length=None"),
}


def test_every_built_in_field_has_the_attributes_that_django_gives_it():
    sources = [
        f"models.{kind}({needed}{', '.join(filter(None, options))})"
        for kind, needed in NEEDS.items()
        for options in itertools.product(*OPTIONS.values())
        # No two options meet in a field's constructor, so it is enough to have any two.
        if len(list(filter(None, options))) <= 2 and not (kind == "ManyToManyField" and "unique=True" in options)
    ]
    numbered = (f"('f{number}', {source})" for number, source in enumerate(sources))
    case = [("a", f"migrations.CreateModel('Foo', [{', '.join(numbered)}])")]
    theirs, raised = answers.state_after(case)
    assert raised == [""]
    ours = described(state_of(case))["a.foo"]["fields"]
    told = answers.models_of(theirs)["a.foo"]["fields"]
    assert [(source, one) for source, one, other in zip(sources, ours, told, strict=True) if one != other] == []
    assert len(sources) > 700


def test_columns_that_number_themselves_and_keys_of_several_columns_too():
    fields = "('a', models.BigAutoField(primary_key=True)), ('b', models.CompositePrimaryKey('c', 'd'))"
    case = [("a", f"migrations.CreateModel('Foo', [{fields}])")]
    theirs, _ = answers.state_after(case)
    assert described(state_of(case)) == answers.models_of(theirs)


# Needs psycopg to ask Django; these were asked once, with Django 5.2.
def test_fields_of_postgresql_have_djangos_attributes():
    path = "django.contrib.postgres.fields"
    assert attributes(field("CIEmailField", path=f"{path}.CIEmailField")).max_length == 254
    assert attributes(field("CICharField", path=f"{path}.CICharField", max_length=9)).max_length == 9
    assert attributes(field("ArrayField", path=f"{path}.ArrayField", size=3)).max_length is None


def test_the_type_is_the_class_as_it_is_written():
    assert attributes(field("CharField", path="shop.fields.MoneyField")).type == "MoneyField"
    assert attributes(field("CharField", path="#MoneyField")).type == "MoneyField"


def test_a_class_that_comes_from_djangos_has_its_ways():
    assert attributes(field("SlugField", path="shop.fields.NameField")) == Attributes(
        "NameField", null=False, unique=False, db_index=True, primary_key=False, max_length=50, unknown=()
    )


LIBRARY = """
from django.db import migrations
from phonenumber_field.modelfields import PhoneNumberField


class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Foo", [("phone", PhoneNumberField(region="GB", unique=True))])]
"""


def test_what_a_librarys_field_takes_beside_djangos_options_leaves_nothing_in_doubt():
    [foo] = models_after(LIBRARY)
    assert attributes(foo.fields["phone"].field) == Attributes(
        "PhoneNumberField", null=False, unique=True, db_index=False, primary_key=False, max_length=128, unknown=()
    )


def test_what_a_class_of_unknown_ways_may_set_is_not_known():
    assert attributes(field("CharField", path="shop.fields.Odd", opaque=True, null=True)).unknown == (
        *("unique", "db_index", "primary_key", "max_length"),
    )
    assert attributes(field(None, path="shop.fields.Odd", max_length=3, unique=True)).unknown == (
        *("null", "db_index", "primary_key"),
    )


def test_a_class_of_unknown_ways_cannot_set_what_its_kind_has_no_use_for():
    assert attributes(field("ManyToManyField", path="shop.fields.Odd", opaque=True)).unknown == ("null",)
    assert attributes(field("UUIDField", path="shop.fields.Odd", opaque=True)).unknown == (
        *("null", "unique", "db_index", "primary_key"),
    )
    assert attributes(field("OneToOneField", path="shop.fields.Odd", opaque=True)).unknown == (
        *("null", "db_index", "primary_key"),
    )


def test_a_value_that_could_not_be_read_is_not_known():
    assert attributes(field("CharField", null=UNKNOWN, max_length=UNKNOWN)).unknown == ("null", "max_length")
    assert attributes(field("CharField", max_length=Reference("django.conf.settings.LONG"))).unknown == ("max_length",)
    assert attributes(field("CharField", max_length=call("shop.long"))).unknown == ("max_length",)
