"""What an AlterField changes, held against Django's own answers for many fields, each turned into each other."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from histories import history
from written import target

from miglint.schema.alteration import Alteration, alteration, between

FIELDS = [
    "models.BooleanField()",
    "models.BooleanField(null=True)",
    "models.NullBooleanField()",
    "models.IntegerField()",
    "models.IntegerField(null=False, unique=False, db_index=False)",
    "models.IntegerField(null=True)",
    "models.IntegerField(default=3)",
    "models.IntegerField(db_default=3)",
    "models.IntegerField(db_default=models.Value(3))",
    "models.IntegerField(db_default=4)",
    "models.IntegerField(unique=True)",
    "models.IntegerField(db_index=True)",
    "models.IntegerField(db_column='other')",
    "models.IntegerField(db_column='extra')",
    "models.IntegerField(choices=[(1, 'one')])",
    "models.IntegerField(verbose_name='x', help_text='y', editable=False, blank=True, validators=[])",
    "models.IntegerField(primary_key=True)",
    "models.IntegerField(serialize=False)",
    "models.IntegerField(db_comment='how many')",
    "models.PositiveIntegerField()",
    "models.BigIntegerField()",
    "models.SmallIntegerField()",
    "models.BigAutoField(primary_key=True)",
    "models.AutoField(primary_key=True)",
    "models.CharField(max_length=20)",
    "models.CharField(max_length=30)",
    "models.CharField(max_length=50)",
    "models.CharField(max_length=50, db_index=True)",
    "models.CharField(max_length=254)",
    "models.CharField(max_length=20, default='')",
    "models.CharField(max_length=20, db_collation='nocase')",
    "models.SlugField()",
    "models.SlugField(db_index=False)",
    "models.SlugField(max_length=50)",
    "models.EmailField()",
    "models.URLField()",
    "models.TextField()",
    "models.TextField(max_length=9)",
    "models.FileField(upload_to='a')",
    "models.FileField(upload_to='b')",
    "models.DecimalField(max_digits=9, decimal_places=2)",
    "models.DecimalField(max_digits=9, decimal_places=3)",
    "models.FloatField()",
    "models.DateField()",
    "models.DateField(auto_now=True)",
    "models.DateTimeField()",
    "models.DateTimeField(default=timezone.now)",
    "models.DateTimeField(db_default=Now())",
    "models.JSONField()",
    "models.UUIDField()",
    "models.GenericIPAddressField()",
    "models.GenericIPAddressField(protocol='ipv4')",
    "models.ForeignKey('shop.Author', models.CASCADE)",
    "models.ForeignKey('shop.author', models.PROTECT, related_name='+')",
    "models.ForeignKey('shop.Author', models.CASCADE, null=True)",
    "models.ForeignKey('shop.Author', models.CASCADE, db_index=False)",
    "models.ForeignKey('shop.Author', models.CASCADE, db_constraint=False)",
    "models.ForeignKey('shop.Writer', models.CASCADE)",
    "models.ForeignKey('shop.Editor', models.CASCADE)",
    "models.OneToOneField('shop.Author', models.CASCADE)",
    "models.BigIntegerField(db_column='extra_id')",
]

OTHERS = """
        CreateModel("Author", [("id", models.BigAutoField(primary_key=True))]),
        CreateModel("Writer", [], options={"proxy": True}, bases=("shop.author",)),
        CreateModel("Editor", [("id", models.BigAutoField(primary_key=True))]),
"""


def altered(old: str, new: str, django: tuple[int, ...] = (5, 2), vendor: str = "postgresql") -> Alteration:
    project = history(
        f'{OTHERS} CreateModel("Order", [("extra", {old})]),',
        f'AlterField("Order", "extra", {new}),',
        target=target(vendor, django=django),
    )
    step = project.steps[-1]
    made = alteration(step.operation, step.before, "shop", project.ground, django)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def ours() -> list[Alteration]:
    """Each of the fields turned into each."""
    project = history(
        OTHERS
        + "".join(f'CreateModel("Order{number}", [("extra", {field})]),\n' for number, field in enumerate(FIELDS)),
        target=target("sqlite"),
    )
    state = project.steps[-1].after
    models = [state.model("shop", f"Order{number}") for number in range(len(FIELDS))]
    return [
        between(old.fields["extra"], new.fields["extra"].field, old, state, project.ground, (5, 2))
        for old in models
        for new in models
        if old is not None and new is not None
    ]


@pytest.fixture(scope="module")
def truth() -> list[list]:
    script = Path(__file__).with_name("alterations_by_django.py")
    ran = subprocess.run(
        [sys.executable, str(script)], input=json.dumps(FIELDS), capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)


def test_what_reaches_the_database_is_what_django_lets_through(ours, truth):
    pairs = [(old, new) for old in FIELDS for new in FIELDS]
    wrong = [
        (old, new, made.reaches_database)
        for (old, new), made, (through, _, _) in zip(pairs, ours, truth, strict=True)
        if made.reaches_database is not through
    ]
    assert wrong == []


def test_a_type_changes_where_djangos_does(ours, truth):
    pairs = [(old, new) for old in FIELDS for new in FIELDS]
    wrong = [
        (old, new)
        for (old, new), made, (through, before, after) in zip(pairs, ours, truth, strict=True)
        if through and (("type" in made.changed) != (before != after) or "type" in made.unknown)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("IntegerField()", "IntegerField(null=True)", {"nullability"}),
        ("IntegerField(default=1)", "IntegerField(default=2)", {"default"}),
        ("IntegerField(db_default=1)", "IntegerField()", {"database default"}),
        ("IntegerField()", "IntegerField(db_index=True)", {"index"}),
        ("IntegerField(db_index=True)", "IntegerField(unique=True)", {"index", "unique"}),
        ("SlugField()", "SlugField(unique=True)", {"index", "unique"}),
        ("IntegerField()", "IntegerField(db_column='n')", {"column name"}),
        ("IntegerField()", "PositiveIntegerField()", {"check"}),
        ("IntegerField()", "BigIntegerField(null=True)", {"type", "nullability"}),
        ("IntegerField(primary_key=True)", "BigAutoField(primary_key=True)", {"type", "numbering"}),
        ("CharField(max_length=5)", "CharField(max_length=6)", {"type"}),
        ("CharField(max_length=5)", "CharField(max_length=5, db_collation='C')", {"collation"}),
        ("CharField(max_length=254)", "EmailField()", set()),
        ("TextField()", "TextField(max_length=9)", set()),
        ("IntegerField()", "IntegerField(db_comment='x')", {"comment"}),
        ("ForeignKey('shop.Author', 1)", "ForeignKey('shop.Author', 1, default=1)", {"default"}),
        ("ForeignKey('shop.Author', 1)", "ForeignKey('shop.Editor', 1)", {"foreign key"}),
        ("ForeignKey('shop.Author', 1)", "ForeignKey('shop.Author', 1, db_constraint=False)", {"foreign key"}),
        ("ForeignKey('shop.Author', 1)", "OneToOneField('shop.Author', 1)", {"index", "unique"}),
        ("BigIntegerField(db_column='extra_id')", "ForeignKey('shop.Author', 1)", {"foreign key", "index"}),
        ("ForeignKey('auth.User', 1)", "ForeignKey('auth.User', 1, null=True)", {"nullability"}),
        ("ManyToManyField('shop.Author')", "ManyToManyField('shop.Editor')", {"relation"}),
        (
            "IntegerField(default=1)",
            "IntegerField(null=True, unique=True, db_default=2)",
            {"nullability", "default", "database default", "unique"},
        ),
    ],
)
def test_what_changes_is_told_apart(old, new, changed):
    made = altered(f"models.{old}", f"models.{new}")
    assert (made.reaches_database, made.changed - {"definition"}, made.unknown) == (True, changed, frozenset())


def test_a_change_of_choices_reached_the_database_up_to_django_4_0():
    plain, chosen = "models.IntegerField()", "models.IntegerField(choices=[(1, 'one')])"
    assert altered(plain, chosen, django=(4, 0)).changed == {"definition"}
    assert altered(plain, chosen, django=(4, 1)).changed == frozenset()


def test_a_foreign_key_to_a_proxy_of_its_target_is_the_same_since_django_5_0():
    real, proxy = "models.ForeignKey('shop.Author', 1)", "models.ForeignKey('shop.Writer', 1)"
    assert altered(real, proxy, django=(4, 2)).changed == {"foreign key", "definition"}
    assert altered(real, proxy, django=(5, 0)).reaches_database is False


def test_a_one_off_default_counts_and_is_forgotten():
    project = history(
        'CreateModel("Order", [("extra", models.IntegerField(null=True))]),',
        'AlterField("order", "extra", models.IntegerField(default=0), preserve_default=False),',
    )
    step = project.steps[-1]
    made = alteration(step.operation, step.before, "shop", project.ground, (5, 2))
    assert made is not None
    assert made.changed == {"default", "nullability", "definition"}
    assert "default" not in step.after.model("shop", "Order").fields["extra"].field.options


def test_what_cannot_be_known_is_said_to_be_unknown():
    made = altered("models.IntegerField()", "models.IntegerField(null=env('NULL'))")
    assert (made.reaches_database, made.unknown) == (None, {"nullability"})
    made = altered("models.IntegerField()", "shop.fields.Odd()")
    assert made.reaches_database is True
    assert "type" in made.unknown
    assert altered("shop.fields.Odd(3)", "shop.fields.Odd(3, blank=True)").changed == frozenset()


def test_the_types_of_foreign_keys_follow_the_column_that_they_refer_to():
    made = altered("models.ForeignKey('shop.Author', 1)", "models.IntegerField(db_column='extra_id')")
    assert made.changed == {"type", "foreign key", "index", "definition"}
    made = altered("models.ForeignKey('shop.Author', 1)", "models.BigIntegerField(db_column='extra_id')")
    assert made.changed == {"foreign key", "index", "definition"}


def test_a_field_that_is_not_there_is_not_compared():
    project = history('CreateModel("Order", []),', 'AlterField("order", "extra", models.IntegerField()),')
    step = project.steps[-1]
    assert alteration(step.operation, step.before, "shop", project.ground, (5, 2)) is None
