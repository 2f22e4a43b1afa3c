"""An old project takes miglint up: green after one command, and red at the next new finding."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from miglint.cli import main

HEAD = "from django.db import migrations, models\n\n\n"

BODY = """\
def fill(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("shop", "{before}")]

    operations = [
{operations}
    ]
"""

OLD = 500


class Shop:
    """A repository with one app, `shop`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "shop" / "migrations"
        self.folder.mkdir(parents=True)
        (root / "manage.py").write_text("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n")
        (root / "shop" / "__init__.py").touch()
        (self.folder / "__init__.py").touch()
        self.names = ["0001_initial"]
        model = 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))])'
        self.write("0001_initial", f"class Migration(migrations.Migration):\n    operations = [{model}]\n")
        git(root, "init", "-q")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.py"
        path.write_text(HEAD + text)
        return path

    def add(self, *operations: str) -> Path:
        name = f"{len(self.names) + 1:04}_change"
        lines = "\n".join(f"        {operation}," for operation in operations)
        path = self.write(name, BODY.format(before=self.names[-1], operations=lines))
        self.names.append(name)
        # One that git does not track would be a finding of its own.
        git(self.root, "add", "--all")
        return path

    def commit(self) -> None:
        git(self.root, "add", "-A")
        git(self.root, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "as it is")


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "CI", "MIGLINT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Shop(tmp_path)


@pytest.fixture
def old(shop: Shop) -> Shop:
    """Columns that cannot be added, and in every migration two operations alike that cannot be undone."""
    for number in range(OLD // 5):
        columns = [f'migrations.AddField("order", "c{number}_{column}", models.IntegerField())' for column in range(3)]
        shop.add(*columns, "migrations.RunPython(fill)", "migrations.RunPython(fill)")
    shop.commit()
    return shop


@pytest.fixture
def few(shop: Shop) -> Shop:
    """Two findings by the same rule in one file, and one that no comment can hide."""
    shop.add("migrations.RunPython(fill)", "migrations.RunPython(fill)")
    return shop


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["check", "--no-cache", "--output-format", "json", *arguments])
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, report


def codes(report: dict[str, Any]) -> list[str]:
    return sorted(finding["code"] for finding in report["findings"])


# The story, both ways.


def test_a_baseline_makes_500_old_findings_green_and_the_next_one_red(
    old: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = check(capsys)
    assert code == 1
    assert len(report["findings"]) >= OLD
    assert main(["check", "-q", "--write-baseline", "miglint-baseline.json"]) == 0
    capsys.readouterr()
    old.commit()
    code, green = check(capsys, "--baseline", "miglint-baseline.json")
    assert code == 0
    assert green["findings"] == []
    assert green["summary"]["suppressed"] == len(report["findings"])
    old.add("migrations.RunPython(fill)")
    code, red = check(capsys, "--baseline", "miglint-baseline.json")
    assert code == 1
    assert codes(red) == ["MIG501"]
    # Accepting that one too is one more line.
    assert main(["check", "-q", "--write-baseline", "miglint-baseline.json"]) == 0
    changed = git(old.root, "diff", "--numstat", "--", "miglint-baseline.json")
    assert changed.split()[:2] == ["1", "0"]


def test_comments_make_500_old_findings_green_and_the_next_one_red(
    old: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "-q", "--add-ignore", "released long ago"]) == 0
    capsys.readouterr()
    changes = [line.split("\t") for line in git(old.root, "diff", "--numstat").splitlines()]
    assert {(added, removed) for added, removed, _ in changes} == {("5", "0")}
    code, green = check(capsys)
    assert code == 0
    assert green["findings"] == []
    assert green["summary"]["suppressed"] >= OLD
    before = {path: path.read_bytes() for path in old.folder.iterdir() if path.is_file()}
    assert main(["check", "-q", "--add-ignore", "once more"]) == 0
    assert {path: path.read_bytes() for path in before} == before
    old.add("migrations.RunPython(fill)")
    capsys.readouterr()
    code, red = check(capsys)
    assert code == 1
    assert codes(red) == ["MIG501"]


# The baseline.


def test_a_baseline_is_the_same_bytes_wherever_it_is_written(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "-q", "--write-baseline", "a.json"])
    main(["check", "-q", str(few.root), "--write-baseline", str(few.root / "b.json")])
    text = Path("a.json").read_text()
    assert text == Path("b.json").read_text()
    assert str(few.root) not in text
    assert json.loads(text)["version"] == 1
    lines = text.splitlines()
    assert lines == [lines[0], *sorted(lines[1:-1]), lines[-1]]


def test_suppressed_findings_say_which_baseline_hid_them(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "-q", "--write-baseline", "accepted.json"])
    capsys.readouterr()
    code, report = check(capsys, "--baseline", "accepted.json", "--show-suppressed")
    assert code == 0
    assert [finding["suppressed"] for finding in report["findings"]] == [
        {"by": "baseline", "reason": "accepted.json"},
        {"by": "baseline", "reason": "accepted.json"},
    ]


def test_settings_name_a_baseline_from_their_own_folder(
    few: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["check", "-q", "--write-baseline", "accepted.json"])
    Path("miglint.toml").write_text('baseline = "accepted.json"\n')
    capsys.readouterr()
    assert check(capsys)[0] == 0
    monkeypatch.chdir(few.folder)
    assert check(capsys)[0] == 0


def test_settings_that_name_no_file_are_exit_2(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    Path("miglint.toml").write_text('baseline = "gone.json"\n')
    assert main(["check", "-q"]) == 2
    assert "'gone.json' cannot be read: No such file or directory" in capsys.readouterr().err


def test_a_finding_that_is_gone_leaves_an_entry_that_is_told_and_pruned(
    few: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = few.add("migrations.RunPython(fill)")
    main(["check", "-q", "--write-baseline", "accepted.json"])
    text = Path("accepted.json").read_text()
    gone.write_text(gone.read_text().replace("RunPython(fill)", "RunPython(fill, migrations.RunPython.noop)"))
    capsys.readouterr()
    code, report = check(capsys, "--baseline", "accepted.json")
    (finding,) = report["findings"]
    assert code == 1
    assert (finding["code"], finding["path"], finding["fixable"]) == ("MIG003", "accepted.json", True)
    line = text.splitlines()[finding["line"] - 1]
    assert '"shop.0003_change"' in line
    assert main(["check", "-q", "--baseline", "accepted.json", "--prune-baseline"]) == 0
    assert Path("accepted.json").read_text() == text.replace(f"{line}\n", "")
    assert capsys.readouterr().err == "Removed 1 entry from the baseline.\n"


def test_fix_takes_stale_entries_out_too(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "-q", "--write-baseline", "accepted.json"])
    (few.folder / "0002_change.py").unlink()
    assert main(["check", "-q", "--baseline", "accepted.json", "--fix"]) == 0
    assert Path("accepted.json").read_text() == '{\n"version": 1\n}\n'


@pytest.mark.parametrize("restricted", [("--select", "MIG1,MIG003"), ("--ignore", "MIG501"), ("shop",), ("--staged",)])
def test_what_a_run_did_not_look_at_is_not_stale(
    few: Shop, capsys: pytest.CaptureFixture[str], restricted: tuple[str, ...]
) -> None:
    main(["check", "-q", "--write-baseline", "accepted.json"])
    text = Path("accepted.json").read_text()
    few.commit()
    (few.folder / "0002_change.py").unlink()
    capsys.readouterr()
    assert check(capsys, *restricted, "--baseline", "accepted.json")[0] == 0
    main(["check", "-q", *restricted, "--baseline", "accepted.json", "--prune-baseline"])
    # Nor does a baseline that is written anew by such a run lose it.
    main(["check", "-q", *restricted, "--write-baseline", "accepted.json"])
    assert Path("accepted.json").read_text() == text


def test_a_file_that_cannot_be_read_for_now_makes_nothing_stale(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "-q", "--write-baseline", "accepted.json"])
    (few.folder / "0002_change.py").write_text("class Migration(\n")
    capsys.readouterr()
    assert codes(check(capsys, "--baseline", "accepted.json")[1]) == ["MIG001"]


def test_what_a_comment_hides_too_is_not_stale(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "-q", "--write-baseline", "accepted.json"])
    main(["check", "-q", "--add-ignore", "as agreed"])
    capsys.readouterr()
    assert check(capsys, "--baseline", "accepted.json")[0] == 0


def test_ignores_and_severities_of_the_settings_hold_beside_a_baseline(
    few: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", "-q", "--write-baseline", "accepted.json"])
    few.add("migrations.RunPython(fill)", 'migrations.RunSQL("DROP TABLE x")')
    settings = 'baseline = "accepted.json"\n[rules.irreversible-run-python]\nseverity = "error"\n'
    Path("miglint.toml").write_text(settings)
    capsys.readouterr()
    # A severity is no part of a finding's name: what was accepted as a warning is accepted as an error.
    code, report = check(capsys)
    assert [finding["migration"] for finding in report["findings"]] == ["0003_change"] * len(report["findings"])
    assert {finding["severity"] for finding in report["findings"] if finding["code"] == "MIG501"} == {"error"}
    ignores = '[per-file-ignores]\n"shop/migrations/0003*.py" = ["ALL"]\n"accepted.json" = ["MIG003"]\n'
    Path("miglint.toml").write_text(settings + ignores)
    code, report = check(capsys, "--show-suppressed")
    assert code == 0
    by = {(finding["migration"], finding["suppressed"]["by"]) for finding in report["findings"]}
    assert by == {("0002_change", "baseline"), ("0003_change", "settings")}
    (few.folder / "0003_change.py").unlink()
    (few.folder / "0002_change.py").unlink()
    code, report = check(capsys)
    assert (code, report["findings"]) == (0, [])


def test_a_reason_that_people_write_into_a_line_stays_and_is_said(
    few: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", "-q", "--write-baseline", "accepted.json"])
    path = Path("accepted.json")
    path.write_text(path.read_text().replace('"code"', '"reason": "see ticket 12", "code"'))
    few.add("migrations.RunPython(fill)")
    main(["check", "-q", "--write-baseline", "accepted.json"])
    capsys.readouterr()
    report = check(capsys, "--baseline", "accepted.json", "--show-suppressed")[1]
    reasons = sorted(finding["suppressed"]["reason"] for finding in report["findings"])
    assert reasons == ["accepted.json", "see ticket 12", "see ticket 12"]


def test_a_baseline_that_changes_is_read_again(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "-q", "--write-baseline", "accepted.json"])
    few.commit()
    arguments = ["check", "--output-format", "json", "--baseline", "accepted.json", "--cache-dir", ".cache"]
    assert main(arguments) == 0
    # As long as it was, and written at the same time.
    path = Path("accepted.json")
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    other = {"0": "1"}.get(path.read_text()[3], "0")
    path.write_text(path.read_text()[:3] + other + path.read_text()[4:])
    os.utime(path, ns=times)
    capsys.readouterr()
    assert main(arguments) == 1
    assert codes(json.loads(capsys.readouterr().out)) == ["MIG003", "MIG501"]


def test_show_settings_names_the_baseline(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "-q", "--write-baseline", "accepted.json"])
    capsys.readouterr()
    main(["check", "--baseline", "accepted.json", "--show-settings"])
    assert "baseline         = accepted.json\n" in capsys.readouterr().out


def test_a_file_that_is_no_baseline_is_not_written_over(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-q", "--write-baseline", "manage.py"]) == 2
    assert "manage.py: line 1 is no JSON" in capsys.readouterr().err
    assert "DJANGO_SETTINGS_MODULE" in Path("manage.py").read_text()


def test_a_run_that_is_not_whole_writes_no_baseline(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-q", ".", "nowhere", "--write-baseline", "accepted.json"]) == 2
    assert not Path("accepted.json").exists()


def test_two_projects_of_one_tree_share_a_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    for name in ("one", "two"):
        Shop(tmp_path / name).add("migrations.RunPython(fill)")
        for path in sorted((tmp_path / name / ".git").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        (tmp_path / name / ".git").rmdir()
    assert main(["check", "-q", "one", "--write-baseline", "accepted.json"]) == 0
    assert main(["check", "-q", "one", "--baseline", "accepted.json"]) == 0
    assert main(["check", "-q", "--baseline", "accepted.json"]) == 1
    assert main(["check", "-q", "--write-baseline", "accepted.json"]) == 0
    assert main(["check", "-q", "two", "--baseline", "accepted.json"]) == 0
    # The project itself is gone: only a look at the whole tree can know that.
    (tmp_path / "one" / "shop" / "migrations" / "0002_change.py").unlink()
    assert main(["check", "-q", "two", "--baseline", "accepted.json"]) == 0
    assert main(["check", "-q", "--baseline", "accepted.json"]) == 1


def test_what_two_branches_accept_is_merged_by_git(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    (few.root / ".gitattributes").write_text("accepted.json merge=union\n")
    main(["check", "-q", "--write-baseline", "accepted.json"])
    few.commit()
    start = git(few.root, "rev-parse", "--abbrev-ref", "HEAD").strip()
    git(few.root, "checkout", "-qb", "theirs")
    few.add(*["migrations.RunPython(fill)"] * 5)
    main(["check", "-q", "--write-baseline", "accepted.json"])
    few.commit()
    git(few.root, "checkout", "-q", start)
    few.folder.joinpath("0002_change.py").write_text(
        few.folder.joinpath("0002_change.py")
        .read_text()
        .replace("    ]\n", "        migrations.RunPython(fill),\n    ]\n")
    )
    main(["check", "-q", "--write-baseline", "accepted.json"])
    few.commit()
    git(few.root, "-c", "user.name=a", "-c", "user.email=a@example.org", "merge", "-q", "--no-edit", "theirs")
    capsys.readouterr()
    code, report = check(capsys, "--baseline", "accepted.json")
    assert (code, report["findings"], report["summary"]["suppressed"]) == (0, [], 8)


# The comments.


def test_what_cannot_carry_a_comment_is_listed(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    Path(".gitignore").write_text("shop/migrations/\n")
    (few.folder / "0003_broken.py").write_text("class Migration(\n")
    assert main(["check", "-q", "shop", "--add-ignore", "as agreed"]) == 1
    said = capsys.readouterr().err
    assert "Accepted 2 findings with comments in 1 file." in said
    assert "  .gitignore:1 MIG601: it is not about a Python file.\n" in said
    assert "0003_broken.py:1 MIG001: a comment would not be read there.\n" in said


def test_a_link_that_leads_out_of_the_tree_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "project").mkdir()
    shop = Shop(tmp_path / "project")
    monkeypatch.chdir(shop.root)
    path = shop.add("migrations.RunPython(fill)")
    outside = tmp_path / "outside.py"
    path.rename(outside)
    path.symlink_to(outside)
    before = outside.read_bytes()
    assert main(["check", "-q", "--add-ignore", "as agreed"]) == 1
    assert outside.read_bytes() == before
    assert "0002_change.py:12 MIG501: it is a link that leads out of the tree." in capsys.readouterr().err


def test_line_ends_encoding_and_byte_order_mark_stay(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    path = few.folder / "0002_change.py"
    text = path.read_text().replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    old = few.add('migrations.RunPython(fill), migrations.RunPython(fill)  # "é"')
    old.write_bytes(("# coding: latin-1\n" + old.read_text()).encode("latin-1"))
    assert main(["check", "-q", "--add-ignore", "déjà vu"]) == 0
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbffrom")
    assert data.count(b"\n") == data.count(b"\r\n") == text.count("\r\n") + 2
    assert old.read_bytes().startswith(b"# coding: latin-1\n")
    assert "déjà vu" in old.read_bytes().decode("latin-1")


def test_a_reason_that_a_files_encoding_lacks_leaves_the_file_alone(
    few: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    path = few.folder / "0002_change.py"
    data = ("# coding: latin-1\n" + path.read_text()).encode("latin-1")
    path.write_bytes(data)
    assert main(["check", "-q", "--add-ignore", "→ later"]) == 1
    assert path.read_bytes() == data
    assert "2 findings that no comment can hide" in capsys.readouterr().err


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "a\rb", "a\u2028b", "#12", "--", "old coding: utf-7"])
def test_a_reason_that_cannot_be_said_is_exit_2(few: Shop, capsys: pytest.CaptureFixture[str], reason: str) -> None:
    before = (few.folder / "0002_change.py").read_bytes()
    assert main(["check", "-q", "--add-ignore", reason]) == 2
    assert "--add-ignore: the reason " in capsys.readouterr().err
    assert (few.folder / "0002_change.py").read_bytes() == before


def test_ways_to_change_files_do_not_go_together(few: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--fix", "--add-ignore", "x"]) == 2
    assert "--fix and --add-ignore do not go together" in capsys.readouterr().err
    assert main(["check", "--baseline", "a.json", "--write-baseline", "b.json"]) == 2
    assert main(["check", "--baseline", ""]) == 2
    assert main(["check", "--prune-baseline"]) == 2
    assert "there is no baseline" in capsys.readouterr().err
