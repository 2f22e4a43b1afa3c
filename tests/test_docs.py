"""The recipes of `docs/`: their commands, their YAML and JSON, and their patterns on real output."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from miglint.cli import main

CHECKOUT = Path(__file__).resolve().parents[1]
CI = (CHECKOUT / "docs/ci.md").read_text(encoding="utf-8")
EDITORS = (CHECKOUT / "docs/editors.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    """Every `miglint check` up to whatever ends the command there."""
    named = text.replace('"$base"', "HEAD")
    return sorted({found.strip() for found in re.findall(r"miglint check[^\n`'\"|\\]*", named) if "--" in found})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with findings, and the working folder."""
    project = tmp_path / "project"
    shutil.copytree(CHECKOUT / "sample_migrations", project)
    for arguments in (
        ("init", "-q"),
        ("add", "--all", "--force"),
        ("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", "Everything"),
    ):
        subprocess.run(["git", *arguments], cwd=project, check=True)
    (project / "test-results").mkdir()
    monkeypatch.chdir(project)
    return project


@pytest.mark.parametrize("command", commands(CI + EDITORS))
def test_every_command_is_understood(command: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(command)[1:]) == 1, capsys.readouterr().err
    for file in re.findall(r"--output-format \w+:(\S+)", command):
        assert (project / file).stat().st_size


@pytest.mark.parametrize("text", blocks(CI + EDITORS, "yaml"))
def test_every_yaml_can_be_read(text: str) -> None:
    assert yaml.safe_load(text)


def test_every_input_of_the_action_is_told_of() -> None:
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))
    (table,) = re.findall(r"^\| input \|.*?\n\n", CI, flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"^\| `([\w-]+)` \|", table, flags=re.MULTILINE) == list(action["inputs"])


def concise(capsys: pytest.CaptureFixture[str]) -> list[str]:
    main(["check", "--output-format", "concise", "--quiet", "--no-cache"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 5
    return lines


def test_the_pattern_for_visual_studio_code_takes_every_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = blocks(EDITORS, "json")
    pattern = json.loads(text)["tasks"][0]["problemMatcher"]["pattern"]
    for line in concise(capsys):
        found = re.match(pattern["regexp"], line)
        assert found is not None
        assert (project / found[pattern["file"]]).is_file()
        assert found[pattern["code"]].startswith("MIG")
        assert found[pattern["message"]]


def test_the_patterns_for_neovim_take_every_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    patterns = re.findall(r'"(\^\(\.\+\).*\$)",\n\s+\{ (.*) \}', EDITORS)
    assert len(patterns) == 2
    lines = concise(capsys)
    for pattern, groups in patterns:
        # Of what Lua writes in another way, there are these two.
        regexp = re.compile(pattern.replace("%d", r"\d").replace("%u", "[A-Z]"))
        for line in lines:
            found = regexp.match(line)
            assert found is not None
            values = dict(zip(re.findall(r"\w+", groups), found.groups(), strict=True))
            assert (project / (values.get("file") or values["filename"])).is_file()
            assert values["code"].startswith("MIG")


@pytest.mark.skipif(shutil.which("vim") is None, reason="there is no Vim")
def test_vim_takes_every_line(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = concise(capsys)
    (tmp_path / "out.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (settings,) = blocks(EDITORS, "vim")
    (tmp_path / "run.vim").write_text(
        f"set encoding=utf-8\n{settings}\ncgetfile {tmp_path}/out.txt\n"
        "let shape = 'printf(\"%s:%d:%d: %s\", bufname(v:val.bufnr), v:val.lnum, v:val.col, v:val.text)'\n"
        "let found = map(getqflist(), shape)\n"
        f"call writefile(found, '{tmp_path}/found.txt')\nqa!\n",
        encoding="utf-8",
    )
    subprocess.run(["vim", "-u", "NONE", "-N", "-es", "-S", str(tmp_path / "run.vim")], check=False, timeout=60)
    assert (tmp_path / "found.txt").read_text(encoding="utf-8").splitlines() == lines


def test_every_link_into_the_repository_leads_somewhere() -> None:
    for page in (CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
