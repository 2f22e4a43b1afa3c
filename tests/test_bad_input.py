"""Whatever lies in a migrations folder gets a finding with a line, and hides nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from miglint.cli import main

GOOD = b"from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = []\n"
LATER = GOOD.replace(
    b"    operations = []", b"    dependencies = [('shop', '0001_initial')]\n    operations = [migrations.RunSQL('x')]"
)

BAD: dict[str, bytes] = {
    "0002_binary": bytes(range(256)) * 40,
    "0003_null": GOOD + b"\0",
    "0004_too_large": b"x = 1\n" * 1_800_000,
    "0005_brackets": b"x = 1\n" + b"[" * 3000 + b"]" * 3000,
    "0006_calls": GOOD.replace(b"[]", b"f(" * 1000 + b")" * 1000),
    "0007_indented": b"".join(b" " * depth + b"if x:\n" for depth in range(500)) + b" " * 500 + b"pass\n",
    "0008_syntax": GOOD.replace(b"):", b":"),
    "0009_latin": "# \xe9\n".encode("latin-1") + GOOD,
    "0010_codec": b"# -*- coding: klingon -*-\n" + GOOD,
    "0011_conflict": GOOD.replace(b"    operations", b"<<<<<<< HEAD\n    operations"),
    "0012_empty": b"",
    "0013_no_migration": b"def helper():\n    pass\n",
    "0014_utf16": GOOD.decode().encode("utf-16"),
}
LINES = {"0005_brackets": 2, "0006_calls": 5, "0011_conflict": 5, "0010_codec": 1, "0009_latin": 1}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "0001_initial.py").write_bytes(GOOD)
    (folder / "0002_later.py").write_bytes(LATER)
    monkeypatch.chdir(tmp_path)
    return folder


def test_every_kind_of_bad_file_is_a_finding_and_the_good_ones_are_judged(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in BAD.items():
        (shop / f"{name}.py").write_bytes(data)
    (shop / "0015_folder.py").mkdir()
    os.symlink(shop, shop / "0016_loop")
    # Python lists it as a module, and fails to import it.
    os.symlink("nowhere", shop / "0017_dangling.py")
    broken = [*BAD, "0017_dangling"]
    assert main(["check", "--output-format", "json"]) == 1
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    unreadable = {one["migration"]: one["line"] for one in document["findings"] if one["code"] == "MIG001"}
    assert sorted(unreadable) == sorted(broken)
    assert {name: unreadable[name] for name in LINES} == LINES
    assert [one["migration"] for one in document["findings"] if one["code"] == "MIG502"] == ["0002_later"]
    assert document["summary"]["unreadable"] == len(broken)
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\n", b"\r"),
        GOOD.replace(b"    ", b"\t"),
        b"# -*- coding: latin-1 -*-\n# \xe9\n" + GOOD,
        b"# vim: set fileencoding=utf8 :\n" + GOOD,
        b"\x0c\n" + GOOD,
        GOOD + b"\n\ntype Number = int\n",
        GOOD + b"\n\ntry:\n    pass\nexcept KeyError, ValueError:\n    pass\n",
    ],
)
def test_odd_files_that_python_reads_are_read(shop: Path, source: bytes) -> None:
    (shop / "0002_later.py").write_bytes(
        source.replace(b"operations", b"dependencies = [('shop', '0001_initial')]; operations")
    )
    assert main(["check"]) == 0


def test_an_empty_folder_and_a_file_without_migrations_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 0
    assert "No migrations found under '.'." in capsys.readouterr().out
