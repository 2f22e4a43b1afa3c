"""A history ten times as long is ten times the work: nothing in the replay looks at all that came before."""

import dataclasses
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice

from effort import effort
from schema_of import USER, migration, source

from miglint.facts.migration import Migration, MigrationKey
from miglint.schema.replay import replay

MODELS = 10

FIRST = [
    "migrations.CreateModel('Shop', [('id', models.AutoField(primary_key=True))])",
    *(
        f"migrations.CreateModel('M{number}', [('id', models.AutoField(primary_key=True)), "
        "('shop', models.ForeignKey('Shop', models.CASCADE))])"
        for number in range(MODELS)
    ),
]


def round_of(number: int) -> list[str]:
    """Every kind of change to one model, which leaves it as it was."""
    name = f"M{number}"
    return [
        f"migrations.AddField('{name}', 'x', models.ForeignKey('Shop', models.CASCADE, null=True))",
        f"migrations.AlterField('{name}', 'x', models.IntegerField(null=True))",
        f"migrations.RenameField('{name}', 'x', 'y')",
        f"migrations.AddIndex('{name}', models.Index(fields=['y'], name='i'))",
        f"migrations.RemoveIndex('{name}', 'i')",
        (
            "migrations.SeparateDatabaseAndState("
            f"[migrations.AddField('{name}', 'z', models.TextField())], [migrations.RemoveField('{name}', 'y')])"
        ),
        f"migrations.RunSQL('SELECT 1', state_operations=[migrations.AlterModelTable('{name}', 't')])",
        f"pgtrigger.AddTrigger(model_name='{name}')",
        f"migrations.RenameModel('{name}', 'Other')",
        f"migrations.RenameModel('Other', '{name}')",
    ]


@cache
def kinds() -> tuple[Migration, ...]:
    return tuple(migration(source([one])) for number in range(MODELS) for one in round_of(number))


def history(length: int) -> Iterator[Migration]:
    yield migration(source(FIRST))
    for number, kind in enumerate(islice(cycle(kinds()), length), 2):
        yield dataclasses.replace(kind, key=MigrationKey("app", f"{number:05}"))


def work(length: int) -> int:
    plan = list(history(length))

    def run() -> None:
        last = list(replay(plan, USER.get))[-1]
        assert len(list(last.after.models())) == MODELS + 1

    return effort(run)


def test_the_work_grows_as_the_history_does() -> None:
    one, two, ten = (work(length) for length in (400, 800, 4_000))
    assert ten - one < 1.05 * 9 * (two - one)
