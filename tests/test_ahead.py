"""What is replayed while files are still being parsed, and judged in shares: the report is the one without all that."""

from __future__ import annotations

import dataclasses
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from factories import DEFAULT_TARGET, app

from miglint import lint, parsing, pool
from miglint.ahead import Ahead
from miglint.facts.layout import Layout, Settings
from miglint.facts.migration import MigrationKey
from miglint.findings import Report
from miglint.linking import Options, link
from miglint.lookup import Lookup, Modules
from miglint.resolve import Resolving
from miglint.steps import Replaying

FIRST = "CreateModel('Album', [('id', models.AutoField(primary_key=True)), ('title', models.TextField())])"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # However few files there are: processes parse, there is time to look ahead, and judging is worth sharing.
    monkeypatch.setattr(pool, "_WORTH_IT", 1)
    monkeypatch.setattr(parsing, "_FOR_SOME_TIME", 1)
    monkeypatch.setattr(lint, "_WORTH_SHARING", 1)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(root: Path, app: str, name: str, *operations: str, after: str = "", head: str = "", body: str = "") -> None:
    folder = root / app / "migrations"
    folder.mkdir(parents=True, exist_ok=True)
    for init in (folder / "__init__.py", root / app / "__init__.py"):
        init.touch()
    listed = "".join(f"        migrations.{operation},\n" for operation in operations)
    (folder / f"{name}.py").write_text(
        f"from django.db import migrations, models\n{head}\n\nclass Migration(migrations.Migration):\n{body}"
        f"    dependencies = [{after}]\n    operations = [\n{listed}    ]\n"
    )


def shop(root: Path, length: int = 6) -> None:
    """Two apps, the earlier by name after the later one."""
    write(root, "shop", "0001_initial", FIRST)
    for number in range(2, length):
        field = f"AddField('album', 'f{number}', models.IntegerField(default=1, db_index=True))"
        write(root, "shop", f"{number:04}_add-f{number}", field, after=f"('shop', '{before(number)}')")
    key = "AddField('copy', 'album', models.ForeignKey('shop.Album', models.CASCADE))"
    made = "CreateModel('Copy', [('id', models.AutoField(primary_key=True))])"
    write(root, "copies", "0001_initial", made, key, after=f'("shop", "{before(length)}"),')


def before(number: int) -> str:
    return "0001_initial" if number == 2 else f"{number - 1:04}_add-f{number - 1}"


def both_ways(monkeypatch: pytest.MonkeyPatch, **options: str) -> tuple[Report, Counter[str]]:
    """The report by two processes, which is that by one; and how often each migration was replayed for it."""
    alone = lint.check(Options(jobs=1, **options))
    replayed: Counter[str] = Counter()
    apply = Replaying.apply

    def counted(self: Replaying, migration: object) -> None:
        replayed[str(migration.key)] += 1
        apply(self, migration)

    with monkeypatch.context() as patched:
        patched.setattr(Replaying, "apply", counted)
        together = lint.check(Options(jobs=2, **options))
    assert together == alone
    return together, replayed


def begun() -> list[list[str]]:
    """The migrations that were replayed before all were parsed, of each project."""
    seen: list[list[str]] = []

    def begins(self: Replaying, *_: object) -> bool:
        seen.append([str(migration.key) for migration in self.plan])
        return True

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Replaying, "begins", begins)
        link(Options(jobs=2))
    return seen


def test_everything_is_replayed_once_and_before_all_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(root)
    report, replayed = both_ways(monkeypatch)
    assert set(replayed.values()) == {1}
    assert len(replayed) == report.migrations == 6
    assert Counter(finding.code for finding in report.findings)["MIG302"] == 4
    assert begun() == [["shop.0001_initial", *(f"shop.{before(n)}" for n in range(3, 7)), "copies.0001_initial"]]


def test_a_parent_whose_history_is_not_settled_clashes_with_nobody(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "shop", "0001_initial", FIRST)
    write(root, "shop", "0002_less", after="('shop', '0001_initial')")
    child = "CreateModel('Live', [('title', models.TextField())], bases=('shop.album',))"
    write(root, "copies", "0001_initial", child, after="('shop', '0002_less')")
    assert "MIG205" in {finding.code for finding in both_ways(monkeypatch)[0].findings}
    (root / "shop" / "migrations" / "0002_less.py").write_text("class (")
    assert "MIG205" not in {finding.code for finding in both_ways(monkeypatch)[0].findings}


def test_a_text_that_looks_like_much_is_guessed_from_at_once() -> None:
    text = b"    dependencies = [\n" * 40_000
    key = MigrationKey("shop", "0001")
    layout = Layout(root=".", apps=(app("shop"),), duplicates=(), settings=Settings(None, {}))
    started = time.monotonic()
    resolving = Resolving(Modules(Lookup([]), {}))
    ahead = Ahead(layout, DEFAULT_TARGET)
    assert list(ahead.begin({key: ("x.py", text)}, resolving, lambda _: False)) == ["x.py"]
    # What grows with the square of the length would take minutes: no measure of speed.
    assert time.monotonic() - started < 30


def test_what_files_refer_to_is_read_at_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(root)
    (root / "shop" / "names.py").write_text("from shop.more import FIELD\n")
    (root / "shop" / "more.py").write_text("FIELD = 'title'\n")
    removal = "RemoveField('album', names.FIELD)"
    write(root, "shop", "0006_less", removal, after=f"('shop', '{before(6)}')", head="from shop import names\n")
    report, replayed = both_ways(monkeypatch)
    assert set(replayed.values()) == {1}
    assert "shop.album.title" in {finding.subject for finding in report.findings if finding.code == "MIG401"}
    assert len(begun()[0]) == 7


@pytest.mark.parametrize(
    "written",
    ["[*[('shop', '0003_add-f3')]]", "LATER", "[('shop', '0002_add-' + 'f2')]"],
    ids=["unpacked", "a name", "an expression"],
)
def test_a_wrong_guess_costs_time_alone(root: Path, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    shop(root)
    path = root / "copies" / "migrations" / "0001_initial.py"
    text = path.read_text().replace('[("shop", "0005_add-f5"),]', written)
    assert written in text
    path.write_text(text.replace("class", "LATER = [('shop', '0004_add-f4')]\n\n\nclass", 1))
    report, replayed = both_ways(monkeypatch)
    assert report.migrations == 6
    assert max(replayed.values()) <= 2


def test_a_file_that_cannot_be_read_ends_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(root)
    (root / "shop" / "migrations" / "0004_add-f4.py").write_text("class Migration(\n    dependencies = [\n")
    report, _ = both_ways(monkeypatch)
    assert [finding.code for finding in report.findings if finding.code == "MIG001"] == ["MIG001"]


def test_a_file_with_no_migration_in_it_ends_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(root)
    (root / "shop" / "migrations" / "0004_add-f4.py").write_text("x = 1\n")
    report, _ = both_ways(monkeypatch)
    assert "MIG001" in {finding.code for finding in report.findings}


@pytest.mark.parametrize("faulty", ["miglint.schema.editor.add_field", "miglint.graph._Linking.finish"])
def test_a_fault_of_miglints_own_is_said_as_ever(root: Path, monkeypatch: pytest.MonkeyPatch, faulty: str) -> None:
    shop(root)

    def fail(*_: object) -> None:
        raise ZeroDivisionError("one by none")

    monkeypatch.setattr(faulty, fail)
    report, _ = both_ways(monkeypatch)
    assert [(notice.internal, "one by none" in notice.message) for notice in report.notices] == [(True, True)]
    assert report.exit_code == 2


def test_apps_that_are_external_are_not_replayed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(root)
    (root / "miglint.toml").write_text("external-apps = ['shop']\n")
    _, replayed = both_ways(monkeypatch)
    assert replayed == {"copies.0001_initial": 1}


def test_what_is_said_of_other_files_does_not_hang_on_what_was_parsed_first(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        root,
        "a",
        "0001_initial",
        head="from a.broken import *\nfrom z.migrations.initial import *\n",
        body="    x = FIELD\n",
    )
    write(root, "z", "initial", head="FIELD = 'x'\n")
    write(root, "b", "0001_initial", FIRST.replace("'title'", "FIELD"), head="from b.good import FIELD\n")
    both = "from b.broken import *\nfrom b.good import *\n"
    more = "AddField('album', OTHER, models.TextField(default=''))"
    write(root, "b", "0002_more", more, head=both, after="('b', '0001_initial')")
    (root / "b" / "good.py").write_text("FIELD = 'name'\nOTHER = 'other'\n")
    for label in ("a", "b"):
        (root / label / "broken.py").write_text("class (")
    report, _ = both_ways(monkeypatch)
    assert [notice.message for notice in report.notices if "left out" in notice.message] == []
    (root / "b" / "good.py").write_text("FIELD = 'name'\n")
    report, _ = both_ways(monkeypatch)
    assert ["b/broken.py" in notice.message for notice in report.notices] == [True]


def test_settings_that_cannot_be_used_are_said_as_ever(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(root)
    (root / "miglint.toml").write_text("external-apps = 5\n")
    report, replayed = both_ways(monkeypatch)
    assert report.exit_code == 2
    assert not replayed


def project(root: Path, name: str, *apps: str) -> Path:
    """A folder with a manage.py, whose settings install these apps."""
    folder = root / name
    folder.mkdir()
    manage = f"os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{name}_settings')\n"
    (folder / "manage.py").write_text(f"import os\n{manage}")
    (folder / f"{name}_settings.py").write_text(f"INSTALLED_APPS = {list(apps)}\n")
    return folder


def test_several_projects_are_replayed_each_by_itself(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        folder = project(root, name, "shop", "copies")
        shop(folder)
    report, replayed = both_ways(monkeypatch)
    assert report.migrations == 12
    assert set(replayed.values()) == {2}


def test_an_app_of_several_projects_is_replayed_once_for_each(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(root)
    for name in ("one", "two"):
        folder = project(root, name, "shop", "copies", "own")
        write(folder, "own", "0001_initial", FIRST, after="('shop', '0001_initial')")
    _, replayed = both_ways(monkeypatch)
    assert set(replayed.values()) == {2}
    assert [len(plan) for plan in begun()] == [7, 7]


def test_what_a_base_has_is_found_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false", *arguments],
            check=True,
            capture_output=True,
        )

    shop(root, 4)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "base")
    shop(root)
    report, replayed = both_ways(monkeypatch, since="HEAD")
    assert set(replayed.values()) == {1}
    assert {finding.subject for finding in report.findings if finding.code == "MIG302"} == {
        "shop.album.f4",
        "shop.album.f5",
    }


def test_what_was_replayed_is_kept_to_itself(root: Path) -> None:
    shop(root)
    [one] = link(Options(jobs=2)).projects
    [again] = link(Options(jobs=1)).projects
    assert [dataclasses.astuple(step)[:3] for step in one.steps] == [
        dataclasses.astuple(step)[:3] for step in again.steps
    ]
