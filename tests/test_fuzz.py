"""Whatever stands in a migration: facts or a finding with a line, from every command, in no time and no memory.

`python -m benchmarks.fuzz` tries thousands of inputs, each in a process that may die of it; here are some of them, and
those that did harm once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from fuzzing.inputs import Input, Inputs, module, projects_of, scenarios, shop
from fuzzing.trial import Trials, trials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SAMPLES = Path(__file__).parents[1] / "sample_migrations"


@pytest.fixture(scope="module")
def each() -> Iterator[Trials]:
    first, sql = shop()
    with trials(Inputs((first, *scenarios(), *projects_of(SAMPLES)), tuple(sql))) as made:
        yield made


# Operations in the newest migration of the shop.
HARMFUL = {
    "many signs in a row": f"migrations.RunSQL('SELECT 1', hints={'-' * 340}a)",
    "many calls in a row": f"migrations.RunSQL('SELECT 1', hints=a{'.b(1)' * 170})",
    "many holes in a row": f"migrations.RunPython(f'{'{a}' * 340}')",
    "many terms in a row": f"migrations.RunPython({' + '.join(['a'] * 340)})",
    "many conditions in a row": (
        "migrations.AddConstraint('album', models.CheckConstraint(name='c', "
        f"check={' | '.join(['models.Q(stock=1)'] * 170)}))"
    ),
    "a lock that there is not": "migrations.RunSQL('LOCK TABLE shop_album IN VERY EXCLUSIVE MODE')",
    "a number that cannot be written": f"migrations.RunSQL('SELECT 1', hints={{'a': 0x{'f' * 5000}}})",
    "half a surrogate pair in the name of an index": (
        r"migrations.RunSQL('CREATE INDEX ON shop_album (title, \"\ud800\")')"
    ),
    "half a surrogate pair in the name of a column": (
        r"migrations.AddField('album', '\ud800', models.IntegerField(db_index=True)), "
        r"migrations.AddIndex('album', models.Index(fields=['\ud800'], name='\ud800')), "
        r"migrations.AlterUniqueTogether('album', {('\ud800', 'title')}), "
        r"migrations.AddField('album', 'b', models.BinaryField(default='\ud800'))"
    ),
    "half a surrogate pair in the name of a table": (
        r"migrations.CreateModel('A\ud800', [('id', models.AutoField(primary_key=True)), "
        r"('to', models.ManyToManyField('shop.tag'))]), migrations.AlterModelTable('album', '\ud800' * 40)"
    ),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_what_did_harm_once_does_none(each: Trials, name: str) -> None:
    text = (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [('shop', '0001')]\n    operations = [{HARMFUL[name]}]\n"
    )
    assert each.run(of_the_shop(text, each)) == []


@pytest.mark.parametrize("start", range(0, 60, 10))
def test_inputs_of_every_kind_do_no_harm(each: Trials, start: int) -> None:
    assert [(number, problem) for number in range(start, start + 10) for problem in each.run(each.inputs[number])] == []


def test_half_a_surrogate_pair_in_a_file_does_no_harm(each: Trials) -> None:
    assert each.run(of_the_shop("class Migration(migrations.Migration):\n    a = Q(\ud800__gt=None)\n", each)) == []


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_made_up_migrations_do_no_harm(each: Trials, chance: Random) -> None:
    assert each.run(of_the_shop(module(chance), each)) == []


def of_the_shop(text: str, each: Trials) -> Input:
    [path] = each.inputs.projects[0].targets
    # A surrogate on its own is no character that a file can hold; its bytes are.
    return Input("given", 0, 0, path, text.encode("utf-8", "surrogatepass"))
