"""Which versions a project is judged for, and where they are said to be from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from miglint.cli import main
from miglint.config import Config
from miglint.facts.evidence import FolderEvidence, Served, Wanted
from miglint.facts.layout import Layout, Settings
from miglint.facts.source import TOP
from miglint.facts.target import Database, Target
from miglint.facts.values import Literal, Mapping, Value
from miglint.read import read
from miglint.requirements import specifiers
from miglint.targets import target_of


def wants(path: str, *alternatives: str, aside: bool = False) -> Wanted:
    return Wanted(path, tuple(clauses for text in alternatives if (clauses := specifiers(text)) is not None), aside)


def folder(*django: Wanted, postgresql: tuple[Served, ...] = ()) -> FolderEvidence:
    return FolderEvidence(django, postgresql)


def target(*evidence: FolderEvidence, config: Config | None = None, engine: str | None = None) -> Target:
    values: dict[str, Value] = {}
    if engine is not None:
        one = Mapping(((Literal("ENGINE"), Literal(engine)),), TOP)
        values["DATABASES"] = Mapping(((Literal("default"), one),), TOP)
    layout = Layout(root=".", apps=(), duplicates=(), settings=Settings("settings.py", values))
    return target_of(config or Config(), layout, evidence, False, False)


def django(*evidence: FolderEvidence) -> tuple[str, str]:
    found = target(*evidence)
    return ".".join(map(str, found.django)), found.django_from


def test_where_nothing_is_said_the_default_is_assumed() -> None:
    for evidence in ((), (folder(),), (folder(wants("requirements.txt", "!=5.1.3")), folder())):
        assert django(*evidence) == ("5.2", "the default")
        assert target(*evidence).django_assumed


def test_the_settings_win_over_every_file() -> None:
    config = Config(path="miglint.toml", django=(4, 1), database=Database("postgresql", (17,)))
    served = (Served("compose.yaml", ((13,),)),)
    found = target(folder(wants("uv.lock", "==5.2.1"), postgresql=served), config=config)
    assert (found.django, found.django_from, found.django_assumed) == ((4, 1), "miglint.toml", False)
    assert (found.database, found.database_from) == (Database("postgresql", (17,)), "miglint.toml")


def test_a_pin_names_the_release() -> None:
    assert django(folder(wants("uv.lock", "==5.1.4"))) == ("5.1", "uv.lock")
    assert django(folder(wants("requirements.txt", "~=4.2.0"))) == ("4.2", "requirements.txt")
    assert not target(folder(wants("uv.lock", "==5.1.4"))).django_assumed


def test_a_range_stands_for_the_oldest_release_in_it() -> None:
    assert django(folder(wants("a.txt", ">=4.2,<5.2"))) == ("4.2", "a.txt: at least 4.2")
    assert django(folder(wants("a.txt", ">=4.2.3,!=4.2.*,<5.2"))) == ("5.0", "a.txt: at least 4.2.3")
    assert django(folder(wants("a.txt", ">=5"))) == ("5.0", "a.txt: at least 5")
    assert django(folder(wants("a.txt", "^3.2", "^5.0"))) == ("3.2", "a.txt: at least 3.2")
    assert django(folder(wants("a.txt", "==4.*"))) == ("4.0", "a.txt: at least 4")
    assert not target(folder(wants("a.txt", ">=4.2"))).django_assumed


def test_an_upper_bound_alone_stands_for_the_newest_release_below() -> None:
    assert django(folder(wants("a.txt", "<5"))) == ("4.2", "a.txt: the newest below 5")
    assert django(folder(wants("a.txt", "<=5.1"))) == ("5.1", "a.txt: the newest at most 5.1")
    assert django(folder(wants("a.txt", "<9"))) == ("6.1", "a.txt: the newest below 9")


def test_several_pins_in_one_file_stand_for_the_oldest() -> None:
    assert django(folder(wants("uv.lock", "==5.2.1", "==4.2.3"))) == ("4.2", "uv.lock: the oldest of 4.2 and 5.2")
    assert django(folder(wants("a.txt", "==4.2.1", "==4.2.3"))) == ("4.2", "a.txt")
    assert django(folder(wants("a.txt", "==5.2", ">=4.1,<5"))) == ("4.1", "a.txt: at least 4.1")


@pytest.mark.parametrize(
    ("text", "release", "said"),
    [
        ("==2.2.28", "3.2", "2.2, the oldest known is 3.2"),
        ("==7.0", "6.1", "7.0, the newest known is 6.1"),
        ("==4.7", "4.2", "4.7, the nearest known is 4.2"),
        (">=1.11", "3.2", "at least 1.11, the oldest known is 3.2"),
        (">=1.11,<3", "3.2", "at least 1.11, the oldest known is 3.2"),
        (">=7", "6.1", "at least 7, the newest known is 6.1"),
        ("<3", "3.2", "below 3, the oldest known is 3.2"),
    ],
)
def test_what_is_not_known_is_judged_as_the_nearest_that_is(text: str, release: str, said: str) -> None:
    assert django(folder(wants("setup.cfg", text))) == (release, f"setup.cfg: {said}")


def test_pins_beat_ranges_in_one_folder() -> None:
    evidence = folder(wants("pyproject.toml", ">=4.2"), wants("requirements.txt", "==5.1.4"))
    assert django(evidence) == ("5.1", "requirements.txt")


def test_the_nearest_to_the_root_wins() -> None:
    near, far = folder(wants("site/requirements.txt", "==4.2.1")), folder(wants("uv.lock", "==5.2.1"))
    assert django(near, far) == ("4.2", "site/requirements.txt")
    assert django(folder(), far) == ("5.2", "uv.lock")


def test_a_pin_further_up_says_which_release_of_a_range_it_is() -> None:
    far = folder(wants("uv.lock", "==5.2.1"))
    assert django(folder(wants("site/pyproject.toml", ">=4.2")), far) == ("5.2", "uv.lock")
    assert django(folder(wants("site/pyproject.toml", "<5")), far) == ("4.2", "site/pyproject.toml: the newest below 5")


def test_what_is_for_tests_counts_last_and_in_the_root_alone() -> None:
    aside = folder(wants("requirements-dev.txt", "==5.1.4", aside=True))
    assert django(aside) == ("5.1", "requirements-dev.txt")
    assert target(aside).django_assumed
    assert django(aside, folder(wants("setup.cfg", ">=4.2"))) == ("4.2", "setup.cfg: at least 4.2")
    assert django(folder(), aside) == ("5.2", "the default")


def database(*evidence: FolderEvidence, **more: str) -> tuple[str, str]:
    found = target(*evidence, **more)
    return str(found.database), found.database_from


PIN = wants("uv.lock", "==5.2.1")


def test_the_default_is_the_oldest_that_the_projects_django_supports() -> None:
    assert database() == ("postgresql:14", "the oldest that Django 5.2 supports")
    assert database(folder(wants("a", "==4.2"))) == ("postgresql:12", "the oldest that Django 4.2 supports")
    assert database(folder(wants("a", "==3.2"))) == ("postgresql:11", "the oldest that Django 3.2 supports")


def test_the_projects_containers_name_postgresql() -> None:
    served = (Served("compose.yaml", ((16,),)),)
    assert database(folder(PIN, postgresql=served)) == ("postgresql:16", "compose.yaml")
    assert database(folder(), folder(PIN, postgresql=served)) == ("postgresql:16", "compose.yaml")


def test_of_several_containers_the_oldest_counts() -> None:
    served = (Served("compose.yaml", ((16,),)), Served("compose.test.yaml", ((15,), (17,))))
    said = "compose.test.yaml: the oldest of 15, 16 and 17"
    assert database(folder(PIN, postgresql=served)) == ("postgresql:15", said)


def test_a_server_that_django_does_not_support_is_kept_and_said() -> None:
    served = (Served("compose.yaml", ((12,),)),)
    said = "compose.yaml; Django 5.2 supports 14 and newer"
    assert database(folder(PIN, postgresql=served)) == ("postgresql:12", said)


def test_the_engine_names_the_vendor() -> None:
    served = (Served("compose.yaml", ((16,),)),)
    evidence = folder(PIN, postgresql=served)
    assert database(evidence, engine="django.db.backends.mysql") == ("mysql", "Django's settings")
    assert database(evidence, engine="django.db.backends.postgresql") == (
        "postgresql:16",
        "Django's settings; compose.yaml",
    )
    assert database(evidence, engine="django.db.backends.sqlite3") == ("postgresql:16", "compose.yaml")


def test_a_vendor_without_a_version_is_completed() -> None:
    config = Config(path="miglint.toml", database=Database("postgresql", ()))
    found = target(folder(PIN, postgresql=(Served("compose.yaml", ((16,),)),)), config=config)
    assert (str(found.database), found.database_from) == ("postgresql:16", "miglint.toml; compose.yaml")


# From files to the report.

FIRST = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            "Order", [("id", models.BigAutoField(primary_key=True)), ("note", models.TextField(db_default=""))]
        )
    ]
"""

LOCK = '[[package]]\nname = "django"\nversion = "{}"\n'


def tree(root: Path, files: dict[str, str | bytes], projects: tuple[str, ...] = (".",)) -> None:
    for project in projects:
        app = root / project / "shop"
        (app / "migrations").mkdir(parents=True)
        for path in (app / "__init__.py", app / "migrations" / "__init__.py", root / project / "manage.py"):
            path.touch()
        (app / "migrations" / "0001_initial.py").write_text(FIRST)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text if isinstance(text, bytes) else text.encode())


def assumed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, tuple[str, str, str, str]]:
    """Project → Django, where from, database, where from."""
    main(["check", "--no-cache", "--output-format", "json", *arguments])
    found = json.loads(capsys.readouterr().out)["assumptions"]
    return {one["project"]: (one["django"], one["django_from"], one["database"], one["database_from"]) for one in found}


def codes(capsys: pytest.CaptureFixture[str], *arguments: str) -> set[str]:
    main(["check", "--no-cache", "--output-format", "json", *arguments])
    return {finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_lock_file_and_a_compose_file_beside_manage_py(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"uv.lock": LOCK.format("5.1.2"), "docker-compose.yml": "services:\n  db:\n    image: postgres:15-alpine\n"}
    tree(here, {**files, "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=4.2"]\n'})
    assert assumed(capsys) == {".": ("5.1", "uv.lock", "postgresql:15", "docker-compose.yml")}
    main(["check", "--no-cache"])
    assert "Assumed: Django 5.1 (uv.lock), postgresql:15 (docker-compose.yml)." in capsys.readouterr().out
    main(["check", "--no-cache", "--show-settings"])
    out = capsys.readouterr().out
    assert "django           = 5.1 (uv.lock)" in out
    assert "database         = postgresql:15 (docker-compose.yml)" in out


def test_the_command_line_wins(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(here, {"uv.lock": LOCK.format("5.1.2"), "compose.yaml": "services:\n  db:\n    image: postgres:15\n"})
    (found,) = assumed(capsys, "--django", "6.0", "--database", "postgresql:18").values()
    assert found == ("6.0", "the command line", "postgresql:18", "the command line")


def test_a_project_below_the_repositorys_root_has_its_files(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "requirements/base.txt": "Django==4.2.9\n",
        "requirements/local.txt": "-r base.txt\nDjango==5.2\n",
        ".github/workflows/test.yml": "services:\n  db:\n    image: postgis/postgis:13-3.4\n",
    }
    tree(here, files, ("backend/site",))
    said = ("4.2", "requirements/base.txt", "postgresql:13", ".github/workflows/test.yml")
    assert assumed(capsys) == {"backend/site": said}


def test_each_project_of_a_tree_has_its_own(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "one/requirements.txt": "-r ../shared/pins.list\n",
        "shared/pins.list": "Django==4.1.3\n-r pins.list\n",
        "two/setup.cfg": "[options]\ninstall_requires =\n    Django>=3.2\n",
        "poetry.lock": LOCK.format("5.1"),
        "three/pyproject.toml": '[project]\nname = "x"\ndependencies = ["Django<5"]\n',
    }
    tree(here, files, ("one", "two", "three", "four"))
    found = {project: said[:2] for project, said in assumed(capsys).items()}
    assert found == {
        "one": ("4.1", "shared/pins.list"),
        "two": ("5.1", "poetry.lock"),
        "three": ("4.2", "three/pyproject.toml: the newest below 5"),
        "four": ("5.1", "poetry.lock"),
    }


def test_the_files_of_a_folder_are_read_once_for_all_projects_below(here: Path) -> None:
    tree(here, {"requirements.txt": "Django==5.1\n"}, ("one", "two", "three"))
    (found,) = read(["."]).trees
    assert len({id(project.evidence[-1]) for project in found.projects}) == 1
    assert [len(project.evidence) for project in found.projects] == [2, 2, 2]


def test_what_a_named_django_lacks_is_found(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(here, {})
    assert "MIG217" not in codes(capsys)
    (here / "requirements.txt").write_text("Django==4.2.1\n")
    assert "MIG217" in codes(capsys)
    (here / "requirements.txt").write_text("Django==5.2.1\n")
    assert "MIG217" not in codes(capsys)
    (here / "requirements.txt").unlink()
    (here / "requirements-docs.txt").write_text("Django==4.2.1\n")
    assert "MIG217" not in codes(capsys)


def test_labels_are_those_that_the_named_django_gives(here: Path) -> None:
    tree(here, {"shop/__init__.py": "default_app_config = 'shop.conf.ShopConfig'\n"})
    config = "from django.apps import AppConfig\nclass ShopConfig(AppConfig):\n    name = 'shop'\n    label = 'store'\n"
    (here / "shop" / "conf.py").write_text(config)

    def labels() -> list[str]:
        (found,) = read(["."]).trees
        return [app.label for app in found.projects[0].layout.apps]

    assert labels() == ["shop"]
    (here / "requirements.txt").write_text("Django==4.0.2\n")
    assert labels() == ["store"]
    (here / "requirements.txt").write_text("Django==4.1\n")
    assert labels() == ["shop"]


def test_broken_files_are_left_out_and_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files: dict[str, str | bytes] = {
        "Pipfile.lock": '{"django"',
        "uv.lock": "django [[[",
        "requirements.txt": b"Django==5.2\n\xff\xfe\xff",
        "requirements/x.txt": "-r x.txt\n-r ../../../etc/passwd\n-r /etc/passwd\n-r gone.txt\n-r .\n",
        "setup.cfg": "django = 1\n",
        "compose.yml": b"\xff\x00image: \xfe",
    }
    tree(here, files)
    assert assumed(capsys) == {".": ("5.2", "the default", "postgresql:14", "the oldest that Django 5.2 supports")}
    assert main(["check", "--show-settings"]) == 0
    out = capsys.readouterr().out
    assert "not read         = uv.lock is no TOML: " in out
    assert "not read         = Pipfile.lock is no JSON: " in out
    assert "not read         = requirements.txt is not UTF-8" in out
    assert "not read         = setup.cfg cannot be read: " in out
