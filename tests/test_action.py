"""`action.yml`: its shape, and its steps run by bash as a runner would, on a pull request of a scratch repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[1]
ACTION = yaml.safe_load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
INSTALL, FETCH, CHECK = "Install miglint", "Fetch the base", "Check migrations"

COMMAND = "import sys; sys.path.pop(0); from miglint.cli import main; sys.exit(main())"

runs_bash = pytest.mark.skipif(shutil.which("bash") is None or os.name == "nt", reason="runs the steps with bash")


def test_it_is_a_composite_action_of_scripts_alone() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert list(STEPS) == [INSTALL, FETCH, CHECK]
    for step in STEPS.values():
        assert step["shell"] == "bash"
        assert "uses" not in step


def test_no_script_holds_an_expression() -> None:
    for step in STEPS.values():
        assert "${{" not in step["run"]


def test_every_input_is_described_and_reaches_a_script_through_the_environment() -> None:
    passed = {
        name
        for step in STEPS.values()
        for value in step["env"].values()
        for name in re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", str(value))
    }
    assert passed == set(ACTION["inputs"])
    for given in ACTION["inputs"].values():
        assert given["description"]
        # Missing would be null, and the environment's value then empty anyway: said, so that it is meant.
        assert isinstance(given["default"], str)


def test_outputs_are_those_of_the_last_step() -> None:
    written = set(re.findall(r'echo "([\w-]+)=\$\w+" >> "\$GITHUB_OUTPUT"', STEPS[CHECK]["run"]))
    assert written == set(ACTION["outputs"])
    for name, output in ACTION["outputs"].items():
        assert output["value"] == f"${{{{ steps.check.outputs.{name} }}}}"


class Ran(NamedTuple):
    code: int
    log: str
    outputs: dict[str, str]
    summary: str


class Runner:
    """Runs steps in a folder, with the variables that GitHub's runner sets."""

    def __init__(self, folder: Path, temporary: Path) -> None:
        self.folder = folder
        self.temporary = temporary
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GIT_", "GITHUB_", "INPUT_", "CI", "PYTHON", "MIGLINT_"))
        } | {
            "HOME": str(temporary),
            "RUNNER_TEMP": str(temporary),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "GITHUB_OUTPUT": str(temporary / "output"),
            "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
            # GitHub sets it everywhere, and leaves it empty but for pull requests.
            "GITHUB_BASE_REF": "",
        }

    def step(self, name: str, **inputs: str) -> Ran:
        """One step, with the inputs that are given and the defaults of the others."""
        values = {key: str(given["default"]) for key, given in ACTION["inputs"].items()}
        values |= {key.replace("_", "-"): value for key, value in inputs.items()}
        environment = {
            key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: values[match[1]], str(value)).replace(
                "${{ github.action_path }}", str(CHECKOUT)
            )
            for key, value in STEPS[name]["env"].items()
        }
        for file in ("output", "summary"):
            (self.temporary / file).write_text("")
        # https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
        script = self.temporary / "step.sh"
        script.write_text(STEPS[name]["run"], encoding="utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        outputs = dict(line.split("=", 1) for line in (self.temporary / "output").read_text().splitlines())
        summary = (self.temporary / "summary").read_text(encoding="utf-8")
        return Ran(done.returncode, done.stdout + done.stderr, outputs, summary)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """The runner's folder, with this checkout's miglint where the first step would install it."""
    bin_ = tmp_path / "runner temp/miglint/bin"
    bin_.mkdir(parents=True)
    miglint = bin_ / "miglint"
    # As an installed command: the working folder is not where modules are looked for.
    miglint.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{COMMAND}" "$@"\n')
    miglint.chmod(0o755)
    return tmp_path / "runner temp"


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A repository whose `main` has gone on since a branch left it, and both merged for a test, as GitHub does."""
    remote = tmp_path / "remote"
    remote.mkdir()
    git(remote, "init", "-q", "-b", "main")
    write(remote / "manage.py", "import django\n")
    write(remote / "shop/__init__.py", "")
    write(remote / "shop/migrations/__init__.py", "")
    write_migration(remote, "0001_initial", parent=None, operations="migrations.RunPython(fill)")
    commit(remote, "Shop")
    git(remote, "checkout", "-q", "-b", "change")
    write_migration(remote, "0002_fill", parent="0001_initial", operations="migrations.RunPython(fill)")
    commit(remote, "Fill")
    git(remote, "checkout", "-q", "main")
    write(remote / "README.md", "Shop\n")
    commit(remote, "Read me")
    git(remote, "checkout", "-q", "--detach")
    git(remote, "merge", "-q", "--no-edit", "change")
    git(remote, "update-ref", "refs/pull/1/merge", "HEAD")
    git(remote, "checkout", "-q", "main")
    return remote


@pytest.fixture
def checkout(remote: Path, tmp_path: Path) -> Path:
    """What actions/checkout makes of a pull request: one commit, no branch."""
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "remote", "add", "origin", remote.as_uri())
    git(folder, "fetch", "-q", "--no-tags", "--depth=1", "origin", "+refs/pull/1/merge:refs/remotes/pull/1/merge")
    git(folder, "checkout", "-q", "--detach", "refs/remotes/pull/1/merge")
    return folder


@runs_bash
def test_outside_of_a_pull_request_nothing_is_fetched(checkout: Path, temporary: Path) -> None:
    done = Runner(checkout, temporary).step(FETCH)
    assert (done.code, done.log) == (0, "")
    assert git(checkout, "for-each-ref", "--format=%(refname)") == "refs/remotes/pull/1/merge"


@runs_bash
def test_the_base_of_a_pull_request_is_fetched_as_deep_as_it_takes(checkout: Path, temporary: Path) -> None:
    runner = Runner(checkout, temporary)
    runner.environment["GITHUB_BASE_REF"] = "main"
    done = runner.step(FETCH)
    assert (done.code, done.log) == (0, "")
    assert git(checkout, "merge-base", "HEAD", "origin/main") == git(checkout, "rev-parse", "origin/main")
    assert git(checkout, "rev-parse", "--is-shallow-repository") == "true"


@runs_bash
def test_a_base_that_has_gone_on_since_is_fetched_deeper(checkout: Path, remote: Path, temporary: Path) -> None:
    for number in range(20):
        write(remote / "README.md", f"Shop {number}\n")
        commit(remote, f"Read {number}")
    runner = Runner(checkout, temporary)
    runner.environment["GITHUB_BASE_REF"] = "main"
    assert runner.step(FETCH).code == 0
    assert git(checkout, "merge-base", "HEAD", "origin/main") == git(remote, "rev-parse", "main~20")


@runs_bash
def test_a_named_base_is_fetched_too(checkout: Path, remote: Path, temporary: Path) -> None:
    git(remote, "branch", "stable/1.x")
    assert Runner(checkout, temporary).step(FETCH, since="origin/stable/1.x").code == 0
    assert git(checkout, "rev-parse", "origin/stable/1.x") == git(remote, "rev-parse", "stable/1.x")


@runs_bash
def test_a_commit_is_fetched_too(checkout: Path, remote: Path, temporary: Path) -> None:
    """As in a merge queue, or after a push: there the event names the commit that was there before."""
    before = git(remote, "rev-parse", "main~1")
    runner = Runner(checkout, temporary)
    assert runner.step(FETCH, since=before).code == 0
    assert git(checkout, "merge-base", "HEAD", before) == before
    assert [uri(result) for result in results(runner.step(CHECK, since=before))] == ["shop/migrations/0002_fill.py"]


@runs_bash
def test_a_whole_clone_stays_whole(remote: Path, tmp_path: Path, temporary: Path) -> None:
    git(tmp_path, "clone", "-q", remote.as_uri(), "whole")
    runner = Runner(tmp_path / "whole", temporary)
    runner.environment["GITHUB_BASE_REF"] = "main"
    for gone in (False, True):
        if gone:
            git(tmp_path / "whole", "update-ref", "-d", "refs/remotes/origin/main")
        assert runner.step(FETCH).code == 0
        assert git(tmp_path / "whole", "rev-parse", "--is-shallow-repository") == "false"
        assert git(tmp_path / "whole", "rev-parse", "origin/main") == git(remote, "rev-parse", "main")


@runs_bash
@pytest.mark.parametrize("base", ["nowhere", "$(touch made)", "; touch made", "--upload-pack=touch made"])
def test_a_base_that_cannot_be_fetched_is_said_and_stops_nothing(checkout: Path, temporary: Path, base: str) -> None:
    runner = Runner(checkout, temporary)
    runner.environment["GITHUB_BASE_REF"] = base
    done = runner.step(FETCH)
    assert done.code == 0
    assert "The base cannot be fetched, so every migration counts as new." in done.log
    assert not (checkout / "made").exists()


@runs_bash
def test_findings_are_annotated_summed_up_and_written_to_a_file(checkout: Path, temporary: Path) -> None:
    done = Runner(checkout, temporary).step(CHECK)
    assert done.code == 1
    assert "::warning file=shop/migrations/0002_fill.py,line=" in done.log
    assert done.outputs == {"sarif-file": str(temporary / "miglint.sarif"), "exit-code": "1"}
    assert {result["ruleId"] for result in results(done)} == {"MIG501"}
    assert done.summary.startswith("### ")
    assert "MIG501" in done.summary
    assert git(checkout, "status", "--porcelain") == ""


@runs_bash
@pytest.mark.parametrize("since", ["", "origin/main"])
def test_what_the_base_has_is_released(checkout: Path, temporary: Path, since: str) -> None:
    runner = Runner(checkout, temporary)
    runner.environment["GITHUB_BASE_REF"] = "" if since else "main"
    assert len(results(runner.step(CHECK))) == 2
    assert runner.step(FETCH, since=since).code == 0
    done = runner.step(CHECK, since=since)
    assert [uri(result) for result in results(done)] == ["shop/migrations/0002_fill.py"]
    assert "every migration counts as new" not in done.log


@runs_bash
def test_inputs_reach_the_command_line(checkout: Path, temporary: Path) -> None:
    runner = Runner(checkout, temporary)
    asked = {"args": "--select=MIG501\n--ignore=MIG1", "paths": "shop\nmanage.py", "sarif_file": "a b.sarif"}
    done = runner.step(CHECK, fail_on="error", **asked)
    assert (done.code, done.outputs) == (0, {"sarif-file": "a b.sarif", "exit-code": "0"})
    assert json.loads((checkout / "a b.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    done = runner.step(CHECK, paths="shop/migrations/0002_fill.py")
    assert [uri(result) for result in results(done)] == ["shop/migrations/0002_fill.py"]


@runs_bash
def test_a_run_that_could_not_be_made_fails_with_its_own_code(checkout: Path, temporary: Path) -> None:
    done = Runner(checkout, temporary).step(CHECK, paths="nowhere")
    assert (done.code, done.outputs["exit-code"]) == (2, "2")
    assert "::warning::'nowhere' does not exist." in done.log
    done = Runner(checkout, temporary).step(CHECK, args="--no-such-option")
    assert (done.code, done.outputs["exit-code"], done.summary) == (2, "2", "")


@runs_bash
@pytest.mark.parametrize("given", ["$(touch made)", "`touch made`", "; touch made", '" && touch made "', "--help"])
def test_an_input_is_never_run(checkout: Path, temporary: Path, given: str) -> None:
    runner = Runner(checkout, temporary)
    for name in ("paths", "args", "since", "fail_on"):
        runner.step(CHECK, **{name: given})
        runner.step(FETCH, **{name: given})
    assert not (checkout / "made").exists()


@runs_bash
def test_the_first_step_installs_what_the_last_one_runs(checkout: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "empty"
    temporary.mkdir()
    runner = Runner(checkout, temporary)
    installed = runner.step(INSTALL, python=sys.executable)
    if installed.code:
        pytest.skip(f"nothing could be installed: {installed.log}")
    # A module of the project that is called like one of ours stays unread.
    write(checkout / "click.py", "raise SystemExit('the project was imported')\n")
    assert [result["ruleId"] for result in results(runner.step(CHECK))] == ["MIG501", "MIG501"]


def results(done: Ran) -> list[dict[str, Any]]:
    """What is in the SARIF file that a step wrote."""
    assert done.code in (0, 1), done.log
    return json.loads(Path(done.outputs["sarif-file"]).read_text(encoding="utf-8"))["runs"][0]["results"]


def uri(result: dict[str, Any]) -> str:
    return result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def git(folder: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(repository: Path, subject: str) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "-q", "-m", subject)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_migration(project: Path, name: str, parent: str | None, operations: str = "") -> None:
    dependencies = f"[('shop', '{parent}')]" if parent else "[]"
    write(
        project / f"shop/migrations/{name}.py",
        "from django.db import migrations\n\n\ndef fill(apps, schema_editor):\n    pass\n\n\n"
        "class Migration(migrations.Migration):\n"
        f"    dependencies = {dependencies}\n    operations = [{operations}]\n",
    )
