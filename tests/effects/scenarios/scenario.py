"""A migration on top of one small music shop, to be measured and predicted alike."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

HEADER = """\
import datetime
import decimal
import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    ArrayField, DateRangeField, DateTimeRangeField, HStoreField, IntegerRangeField, RangeOperators,
)
from django.contrib.postgres.indexes import BrinIndex, GinIndex, GistIndex, HashIndex
from django.contrib.postgres.operations import (
    AddConstraintNotValid, AddIndexConcurrently, BtreeGistExtension, CITextExtension, CreateCollation, CreateExtension,
    HStoreExtension, RemoveCollation, RemoveIndexConcurrently, TrigramExtension, UnaccentExtension, ValidateConstraint,
)
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models
from django.db.migrations import (
    AddConstraint, AddField, AddIndex, AlterConstraint, AlterField, AlterIndexTogether, AlterModelManagers,
    AlterModelOptions, AlterModelTable, AlterModelTableComment, AlterOrderWithRespectTo, AlterUniqueTogether,
    CreateModel, DeleteModel, RemoveConstraint, RemoveField, RemoveIndex, RenameField, RenameIndex, RenameModel,
    RunPython, RunSQL, SeparateDatabaseAndState,
)
from django.db.models import CASCADE, DO_NOTHING, PROTECT, SET_NULL, CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Coalesce, Length, Lower, Now, Random, Upper
from django.utils import timezone
"""

SHOP = """\
    CreateModel("Artist", [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=80)),
        ("slug", models.SlugField(unique=True)),
        ("born", models.DateField()),
        ("rating", models.FloatField()),
        ("bio", models.TextField()),
        ("joined", models.DateTimeField()),
        ("active", models.BooleanField()),
        ("fans", models.IntegerField(db_index=True)),
        ("code", models.CharField(max_length=12, db_index=True)),
        ("website", models.URLField(null=True)),
    ]),
    CreateModel("Tag", [
        ("id", models.AutoField(primary_key=True)),
        ("word", models.CharField(max_length=30, unique=True)),
    ]),
    CreateModel("Album", [
        ("id", models.BigAutoField(primary_key=True)),
        ("artist", models.ForeignKey("shop.artist", on_delete=CASCADE)),
        ("title", models.CharField(max_length=120)),
        ("price", models.DecimalField(max_digits=10, decimal_places=2)),
        ("stock", models.PositiveIntegerField()),
        ("discs", models.SmallIntegerField()),
        ("released", models.DateField(null=True)),
        ("notes", models.TextField(null=True)),
        ("extra", models.JSONField()),
        ("uid", models.UUIDField()),
        ("playing", models.DurationField()),
        ("tags", models.ManyToManyField("shop.tag")),
    ]),
    CreateModel("Track", [
        ("id", models.AutoField(primary_key=True)),
        ("album", models.ForeignKey("shop.album", null=True, on_delete=SET_NULL)),
        ("parent", models.ForeignKey("shop.track", null=True, on_delete=SET_NULL)),
        ("number", models.IntegerField()),
        ("seconds", models.IntegerField()),
        ("address", models.GenericIPAddressField()),
    ], options={"unique_together": {("album", "number")}}),
    CreateModel("Sleeve", [
        ("album", models.OneToOneField("shop.album", primary_key=True, on_delete=CASCADE)),
        ("colour", models.CharField(max_length=20)),
    ]),
    CreateModel("Demo", [
        ("album_ptr", models.OneToOneField("shop.album", parent_link=True, primary_key=True, on_delete=CASCADE)),
        ("studio", models.CharField(max_length=50)),
    ], bases=("shop.album",)),
    CreateModel("Chart", [
        ("id", models.BigAutoField(primary_key=True)),
        ("week", models.DateField()),
        ("place", models.IntegerField()),
        ("country", models.CharField(max_length=2)),
        ("votes", models.BigIntegerField(null=True)),
        ("sizes", ArrayField(models.IntegerField())),
    ], options={
        "indexes": [Index(fields=["week", "place"], name="chart_week_place")],
        "constraints": [
            UniqueConstraint(fields=["week", "country", "place"], name="chart_one"),
            CheckConstraint(condition=Q(place__gt=0), name="chart_place"),
        ],
    }),
"""

MIGRATION = """\
{header}

{code}
class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [{dependencies}]
    operations = [
{operations}
    ]
"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`history` are the operations between the shop and the migration; `sql` is some that run there as they are.

    `since` is the oldest PostgreSQL that knows it. `breaks` is set where a probe says less than the definition: a
    value that could be refused, but is not among those tried. `rows_decide` says that it fails for what rows hold,
    which nobody can predict.
    """

    name: str
    operations: str
    history: str = ""
    sql: str = ""
    code: str = ""
    atomic: bool = True
    since: int = 0
    contrib: bool = False
    breaks: str | None = None
    rows_decide: bool = False

    @property
    def files(self) -> dict[str, str]:
        before = [SHOP]
        if self.history or self.sql:
            before.append(self.history or f"RunSQL({self.sql!r}, RunSQL.noop)")
        texts = [*before, self.operations]
        names = [*(f"{number:04}" for number in range(1, len(before) + 1)), "9999_tested"]
        files = {"manage.py": "", "shop/__init__.py": "", "shop/migrations/__init__.py": ""}
        for place, (name, text) in enumerate(zip(names, texts, strict=True)):
            files[f"shop/migrations/{name}.py"] = MIGRATION.format(
                header=HEADER,
                code=f"\n{textwrap.dedent(self.code)}\n" if place else "",
                atomic=self.atomic if name == "9999_tested" else True,
                dependencies=f'("shop", "{names[place - 1]}")' if place else "",
                operations=textwrap.indent(textwrap.dedent(text).strip("\n"), " " * 8) + ("" if place == 0 else ","),
            )
        return files


def sql(statement: str) -> str:
    return f"RunSQL({statement!r}, RunSQL.noop)"
