"""The command line as its users and other programs meet it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from miglint.cli import main

MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"

FIRST = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),
    ]
"""

LEAF = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
"""


def project(folder: Path, **files: str) -> Path:
    """A Django project with one app, `shop`, whose migrations are `files`."""
    migrations = folder / "shop" / "migrations"
    migrations.mkdir(parents=True)
    (folder / "manage.py").write_text(MANAGE)
    (folder / "shop" / "__init__.py").touch()
    (migrations / "__init__.py").touch()
    (migrations / "0001_initial.py").write_text(FIRST)
    for name, text in files.items():
        (migrations / f"{name}.py").write_text(text)
    return folder


@pytest.fixture
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project(tmp_path))
    return tmp_path


@pytest.fixture
def two_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project(tmp_path, **{"0002_a": LEAF, "0002_b": LEAF}))
    return tmp_path


def codes(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]]


def test_a_clean_project_exits_0_and_says_what_was_checked(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "Checked 1 migration of 1 app: no findings." in capsys.readouterr().out


def test_findings_exit_1(two_leaves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "."]) == 1
    out = capsys.readouterr().out
    assert "MIG101" in out
    assert "0002_a" in out
    assert "0002_b" in out


def test_json_is_as_the_contract_prints_it(two_leaves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--output-format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert list(document)[:3] == ["version", "findings", "summary"]
    (finding,) = document["findings"]
    assert list(finding) == [
        "code", "name", "severity", "message", "hint", "path", "line", "column", "end_line", "end_column",
        "project", "app", "migration", "operation", "subject", "fingerprint", "related", "fixable", "suppressed",
    ]  # fmt: skip
    assert (finding["code"], finding["path"], finding["line"]) == ("MIG101", "shop/migrations/0002_b.py", 4)
    assert (finding["project"], finding["app"], finding["migration"]) == (".", "shop", "0002_b")
    assert [related["path"] for related in finding["related"]] == ["shop/migrations/0002_a.py"]
    assert document["summary"] == {
        "migrations": 3,
        "apps": 1,
        "in_scope": 3,
        "findings": {"error": 1, "warning": 0, "info": 0},
        "unreadable": 0,
        "unanalysed_operations": 0,
        "suppressed": 0,
        "base": None,
        "new": None,
    }


def test_fail_on_decides_which_findings_fail_the_run(two_leaves: Path) -> None:
    (two_leaves / "shop/migrations/0003_merge.py").write_text(
        LEAF.replace('("shop", "0001_initial")', '("shop", "0002_a"), ("shop", "0002_b")').replace(
            "operations = []", "operations = [migrations.RunSQL('SELECT 1')]"
        )
    )
    assert main(["check", "--select", "MIG502"]) == 1
    assert main(["check", "--select", "MIG502", "--fail-on", "error"]) == 0
    assert main(["check", "--select", "MIG502", "--exit-zero"]) == 0


def test_fail_on_in_the_settings_holds_for_that_project(two_leaves: Path) -> None:
    (two_leaves / "miglint.toml").write_text('fail-on = "error"\nignore = ["MIG101"]\n')
    path = two_leaves / "shop/migrations/0002_b.py"
    path.write_text(path.read_text().replace("operations = []", "operations = [migrations.RunSQL('SELECT 1')]"))
    assert main(["check"]) == 0
    assert main(["check", "--fail-on", "warning"]) == 1
    (two_leaves / "miglint.toml").write_text('fail-on = "info"\nselect = ["MIG502"]\n')
    assert main(["check"]) == 1


def test_selection_by_prefix(two_leaves: Path) -> None:
    assert main(["check", "--select", "MIG5"]) == 0
    assert main(["check", "--ignore", "MIG101"]) == 0
    assert main(["check", "--select", "MIG5", "--extend-select", "MIG101"]) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["check", "nowhere"], "'nowhere' does not exist."),
        (["check", "--select", "MIG999"], "--select names no rule: 'MIG999'"),
        (["check", "--databse", "x"], "--databse"),
        (["check", "--database", "mongo"], "is not a database: 'mongo'"),
        (["check", "--django", "five"], "is not a version of Django"),
        (["check", "--output-format", "yaml"], "there is no format 'yaml'"),
        (["check", "--output-format", "json", "--output-format", "sarif"], "standard output"),
        (["check", "--config", "nowhere.toml"], "cannot be read"),
        (["rule", "MIG999"], "There is no rule 'MIG999'"),
        (["chek"], "chek"),
    ],
)
def test_what_cannot_be_run_exits_2_and_says_why(
    clean: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(arguments) == 2
    assert complaint in capsys.readouterr().err


def test_a_path_that_is_not_there_does_not_hide_the_others(
    two_leaves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "nowhere", ".", "--output-format", "json"]) == 2
    captured = capsys.readouterr()
    assert "'nowhere' does not exist." in captured.err
    assert [finding["code"] for finding in json.loads(captured.out)["findings"]] == ["MIG101"]


def test_unknown_settings_exit_2_all_at_once(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clean / "miglint.toml").write_text('selct = ["MIG1"]\nfail-on = "never"\n')
    assert main(["check"]) == 2
    err = capsys.readouterr().err
    assert "unknown key 'selct' (did you mean 'select'?)" in err
    assert "'fail-on' must be one of" in err
    assert main(["check", "--isolated"]) == 0


def test_an_app_that_the_settings_call_external_is_neither_judged_nor_missed(
    two_leaves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (two_leaves / "blog/migrations").mkdir(parents=True)
    (two_leaves / "blog/migrations/__init__.py").touch()
    (two_leaves / "blog/migrations/0001_initial.py").write_text(FIRST.replace("= []", '= [("shop", "0007_later")]', 1))
    assert main(["check", "--output-format", "json"]) == 1
    assert codes(capsys) == ["MIG102", "MIG101"]
    (two_leaves / "miglint.toml").write_text('external-apps = ["shop"]\n')
    assert main(["check"]) == 0


def test_broken_toml_exits_2_with_its_line(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clean / "miglint.toml").write_text("select = [\n")
    assert main(["check"]) == 2
    assert "miglint.toml" in capsys.readouterr().err


def test_settings_are_found_in_pyproject_and_the_command_line_wins(two_leaves: Path) -> None:
    (two_leaves / "pyproject.toml").write_text('[tool.miglint]\nignore = ["MIG101"]\n')
    assert main(["check"]) == 0
    assert main(["check", "--select", "MIG101"]) == 1
    (two_leaves / "miglint.toml").write_text('select = ["MIG101"]\n')
    assert main(["check"]) == 1


def test_a_severity_can_be_configured(two_leaves: Path) -> None:
    (two_leaves / "miglint.toml").write_text('[rules.multiple-leaf-nodes]\nseverity = "info"\n')
    assert main(["check"]) == 0
    assert main(["check", "--fail-on", "info"]) == 1


def test_a_file_that_cannot_be_parsed_is_a_finding_and_the_others_are_judged(
    two_leaves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (two_leaves / "shop/migrations/0003_c.py").write_text("class Migration(:\n")
    assert main(["check", "--output-format", "json"]) == 1
    assert "MIG001" in codes(capsys)


def test_several_formats_go_to_several_places_in_one_run(two_leaves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "check",
        "--output-format",
        "concise",
        "--output-format",
        "sarif:out.sarif",
        "--output-format",
        "json:out.json",
    ]
    assert main(arguments) == 1
    assert "MIG101" in capsys.readouterr().out
    assert json.loads((two_leaves / "out.sarif").read_text())["version"] == "2.1.0"
    assert json.loads((two_leaves / "out.json").read_text())["version"] == 1


def test_the_output_file_gets_the_report_without_colours(two_leaves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-o", "out.txt", "--color", "always"]) == 1
    text = (two_leaves / "out.txt").read_text()
    assert "MIG101" in text
    assert "\x1b" not in text


def test_an_output_file_that_cannot_be_written_exits_2(two_leaves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-o", "no/such/folder/out.txt"]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_colours_follow_the_environment(
    two_leaves: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["check"])
    assert "\x1b[" not in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(["check"])
    assert "\x1b[" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    main(["check"])
    assert "\x1b[" not in capsys.readouterr().out
    main(["check", "--color", "always"])
    assert "\x1b[" in capsys.readouterr().out


def test_a_path_below_the_project_reports_only_what_lies_there(
    two_leaves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (two_leaves / "blog/migrations").mkdir(parents=True)
    assert main(["check", "blog"]) == 0
    assert main(["check", "shop/migrations/0002_a.py", "--output-format", "json"]) == 1
    capsys.readouterr()
    # The finding stands at 0002_b; 0002_a is one of its places.
    assert main(["check", "shop/migrations/0001_initial.py"]) == 0


def test_a_comment_hides_a_finding_and_a_useless_one_can_be_fixed_away(
    two_leaves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = two_leaves / "shop/migrations/0002_b.py"
    path.write_text(
        path.read_text()
        .replace("(migrations.Migration):", "(migrations.Migration):  # miglint: ignore[MIG101] merged tomorrow")
        .replace("operations = []", "operations = []  # miglint: ignore[MIG501] nothing here")
    )
    assert main(["check", "--output-format", "json"]) == 1
    assert codes(capsys) == ["MIG003"]
    assert main(["check", "--fix"]) == 0
    assert "MIG501" not in path.read_text()
    assert "operations = []\n" in path.read_text()
    capsys.readouterr()
    main(["check", "--show-suppressed", "--output-format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert document["findings"][0]["suppressed"] == {"by": "comment", "reason": "merged tomorrow"}


def test_show_files_and_show_settings_judge_nothing(two_leaves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--show-files"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "shop/migrations/0001_initial.py",
        "shop/migrations/0002_a.py",
        "shop/migrations/0002_b.py",
    ]
    assert main(["check", "--show-settings"]) == 0
    assert "postgresql:14 (the oldest that Django 5.2 supports)" in capsys.readouterr().out


def test_several_trees_in_one_run_are_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        project(tmp_path / name, **{"0002_a": LEAF, "0002_b": "# another line\n" + LEAF})
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert main(["check", "../one", "../two", "--output-format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [finding["path"] for finding in document["findings"]] == [
        "../one/shop/migrations/0002_b.py",
        "../two/shop/migrations/0002_b.py",
    ]
    assert [finding["project"] for finding in document["findings"]] == ["../one", "../two"]
    assert document["summary"]["migrations"] == 6


def test_people_see_paths_from_where_they_are(
    two_leaves: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(two_leaves / "shop/migrations")
    main(["check", "--output-format", "concise", "--output-format", "json:out.json"])
    assert capsys.readouterr().out.startswith("0002_b.py:4:1: MIG101")
    assert json.loads(Path("out.json").read_text())["findings"][0]["path"] == "shop/migrations/0002_b.py"
    monkeypatch.chdir("/")
    main(["check", str(two_leaves), "--output-format", "concise"])
    assert capsys.readouterr().out.startswith(f"{str(two_leaves)[1:]}/shop/migrations/0002_b.py:4:1")


def test_useless_suppressions_are_all_reported_and_fixed_in_one_run(
    two_leaves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = two_leaves / "shop/migrations/0003_c.py"
    line = "        migrations.RunSQL('', ''),  # miglint: ignore[MIG501] a\n"
    path.write_text(
        LEAF.replace('("shop", "0001_initial")', '("shop", "0002_a"), ("shop", "0002_b")').replace(
            "[]", f"[\n{line * 3}    ]"
        )
    )
    assert main(["check", "--output-format", "json"]) == 1
    assert codes(capsys) == ["MIG003"] * 3
    assert main(["check", "--fix"]) == 0
    assert "miglint" not in path.read_text()


def test_a_misspelt_suppression_is_reported_and_left_to_be_mended(
    two_leaves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = two_leaves / "shop/migrations/0002_b.py"
    path.write_text(path.read_text().replace("Migration):", "Migration):  # miglint: ignore[multiple-leaf-nodes] soon"))
    assert main(["check", "--fix", "--output-format", "json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert "did you mean 'MIG101'?" in next(one["message"] for one in findings if one["code"] == "MIG003")
    assert "multiple-leaf-nodes" in path.read_text()
    path.write_text(path.read_text().replace("multiple-leaf-nodes", "mig101"))
    assert main(["check"]) == 0


def test_the_database_is_the_one_of_djangos_settings(two_leaves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = two_leaves / "settings.py"
    for engine, said in [
        ("django.db.backends.mysql", "mysql (Django's settings)"),
        (
            "django_prometheus.db.backends.postgresql",
            "postgresql:14 (Django's settings; the oldest that Django 5.2 supports)",
        ),
        ("django.db.backends.sqlite3", "postgresql:14 (the oldest that Django 5.2 supports)"),
    ]:
        settings.write_text(f"DATABASES = {{'default': {{'ENGINE': '{engine}', 'NAME': 'x'}}}}\n")
        main(["check", "--show-settings"])
        assert said in capsys.readouterr().out, engine
    main(["check", "--show-settings", "--database", "oracle"])
    assert "oracle (the command line)" in capsys.readouterr().out


def test_versions_are_said_to_be_from_where_they_were_named(
    two_leaves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (two_leaves / "miglint.toml").write_text('django = "4.2"\n')
    main(["check", "--show-settings", "--database", "postgresql:15"])
    out = capsys.readouterr().out
    assert "django           = 4.2 (miglint.toml)" in out
    assert "database         = postgresql:15 (the command line)" in out


def test_a_folder_without_migrations_in_a_project_says_so_and_nothing_else(
    two_leaves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (two_leaves / "empty").mkdir()
    assert main(["check", "empty"]) == 0
    assert capsys.readouterr().out == (
        "warning: No migrations found under 'empty' (3 migrations elsewhere in this tree).\n"
    )


def test_patterns_of_settings_start_from_their_own_folder_and_are_those_of_exclude(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path / "backend", **{"0002_a": LEAF, "0002_b": LEAF})
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "backend" / "miglint.toml"
    for pattern, code in [
        ("shop/migrations/*", 0),
        ("**/0002_b.py", 0),
        ("shop", 0),
        ("backend/shop/*", 1),
        ("blog/*", 1),
    ]:
        settings.write_text(f'[per-file-ignores]\n"{pattern}" = ["MIG1"]\n')
        assert main(["check", "backend", "--output-format", "json"]) == code, pattern
        assert codes(capsys) == ["MIG101"] * code, pattern


def test_a_file_given_by_hand_brings_its_folder_along_though_settings_leave_it_out(
    two_leaves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (two_leaves / "miglint.toml").write_text('exclude = ["shop/"]\n')
    assert main(["check"]) == 0
    capsys.readouterr()
    assert main(["check", "shop/migrations/0002_b.py", "--output-format", "json"]) == 1
    assert codes(capsys) == ["MIG101"]


def test_the_graph_is_printed_as_the_contract_says(two_leaves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--output-format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (shown,) = document["projects"]
    assert shown["root"] == "."
    assert shown["apps"] == {"shop": {"path": "shop/migrations", "migrations": ["0001_initial", "0002_a", "0002_b"]}}
    assert shown["edges"] == [["shop.0002_a", "shop.0001_initial"], ["shop.0002_b", "shop.0001_initial"]]
    assert shown["leaves"] == ["shop.0002_a", "shop.0002_b"]
    assert shown["roots"] == ["shop.0001_initial"]
    assert shown["conflicts"] == {"shop": ["0002_a", "0002_b"]}
    assert shown["missing"] == []
    assert shown["cycles"] == []


def test_rules_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule"]) == 0
    assert "MIG101" in capsys.readouterr().out
    assert main(["rule", "MIG101"]) == 0
    assert "multiple-leaf-nodes" in capsys.readouterr().out
    assert main(["rule", "mig101"]) == 0


def test_the_same_input_gives_the_same_bytes(two_leaves: Path) -> None:
    def run(seed: str) -> bytes:
        return subprocess.run(
            [sys.executable, "-m", "miglint", "check", "--output-format", "json"],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[1] / "src"), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            check=False,
        ).stdout

    assert run("1") == run("2") != b""


def test_a_reader_that_stops_early_gets_no_traceback(two_leaves: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "miglint", "check", "--output-format", "json", "--no-cache"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    said = running.stderr.read()
    running.stderr.close()
    assert running.wait() == 2
    assert said == b""


def test_an_output_that_takes_nothing_more_is_said_in_one_line(two_leaves: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "miglint", "check", "--no-cache"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.decode().startswith("miglint: the output cannot be written: No space left")
    assert b"Traceback" not in done.stderr


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed history: after the first, 15 migrations that cannot be undone."""
    folder = project(tmp_path, **{f"{number:04}_x": one_way(number) for number in range(2, 17)})
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "CI", "MIGLINT_"))]:
        monkeypatch.delenv(name)
    for command in (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", "as it is"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *command], check=True)
    return folder


def one_way(number: int) -> str:
    parent = f"{number - 1:04}_x" if number > 2 else "0001_initial"
    return LEAF.replace("0001_initial", parent).replace("[]", "[migrations.RunPython(print)]")


def test_a_first_run_shows_the_newest_migration_and_counts_the_older_ones(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 1
    text = capsys.readouterr().out
    assert text.startswith("shop/migrations/0016_x.py:6:19 MIG501 irreversible-run-python (warning)\n")
    assert (
        "14 findings about older migrations, by rule with an example:\n"
        "14  warning  MIG501 irreversible-run-python  shop/migrations/0015_x.py:6\n"
    ) in text
    assert "1 of them is shown, 14 are in the table." in text
    assert main(["check", "--output-format", "json"]) == 1
    assert len(codes(capsys)) == 15
    assert main(["check", "--all"]) == 1
    assert capsys.readouterr().out.count("MIG501 irreversible-run-python (warning)") == 15


def test_each_project_of_a_tree_has_newest_migrations_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, newest in (("a", 9), ("b", 12)):
        project(tmp_path / name, **{f"{number:04}_x": one_way(number) for number in range(2, newest + 1)})
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 1
    text = capsys.readouterr().out
    assert [line.split(":")[0] for line in text.splitlines() if "MIG501 irreversible-run-python (" in line] == [
        "a/shop/migrations/0009_x.py",
        "b/shop/migrations/0012_x.py",
    ]
    assert "\n17  warning  MIG501 irreversible-run-python  b/shop/migrations/0011_x.py:6\n" in text


def test_a_file_that_is_named_is_shown_however_old(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *(f"shop/migrations/{number:04}_x.py" for number in range(2, 14))]) == 1
    assert capsys.readouterr().out.count("MIG501 irreversible-run-python (warning)") == 12


def test_what_a_branch_adds_is_all_that_is_told_and_the_base_is_named(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (old / "shop/migrations/0017_x.py").write_text(one_way(17))
    subprocess.run(["git", "add", "-A"], check=True)
    commit = subprocess.check_output(["git", "rev-parse", "--short=10", "HEAD"], text=True).strip()
    assert main(["check", "--since", "main"]) == 1
    text = capsys.readouterr().out
    assert text.count("MIG501 irreversible-run-python (warning)") == 1
    assert f"Held against main ({commit}, --since): 1 of 17 migrations is new.\n" in text
    assert "table" not in text
    assert main(["check", "--staged", "--output-format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["summary"]["base"] == {"ref": "HEAD", "commit": commit, "told_by": "--staged"}
    assert document["summary"]["new"] == 1
