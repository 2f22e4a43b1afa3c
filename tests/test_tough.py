"""What a machine, a disk or a repository may do to a run, and what a run must not do to them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from miglint.process import uninterrupted

# Limits, signals, pipes and devices as POSIX has them.
resource = pytest.importorskip("resource")

MIGRATION = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown")
COMMAND = (sys.executable, "-m", "miglint")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with findings, enough of them for a report of some pages."""
    root = tmp_path / "work"
    put(root, "manage.py", "")
    put(root, "shop/__init__.py", "")
    put(root, "shop/models.py", "from django.db import models\n")
    put(root, "shop/migrations/__init__.py", "")
    for number in range(90):
        needs = f"    dependencies = [('shop', '{number - 1:04}_x')]\n" if number else ""
        put(
            root,
            f"shop/migrations/{number:04}_x.py",
            f"{MIGRATION}{needs}    operations = [migrations.RunSQL('UPDATE a SET b = {number}')]\n",
        )
    return root


def put(root: Path, path: str, text: str) -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8", errors="surrogateescape")
    return root / path


def run(root: Path, *arguments: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], cwd=root, capture_output=True, check=False, timeout=120, **more)  # type: ignore[call-overload]


def files_of(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if ".miglint_cache" not in path.parts}


# --- a disk that is full, or not to be written ---


def no_more_than(size: int) -> object:
    """A disk that takes only so many bytes of a file."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_report_that_finds_no_room_leaves_the_old_one_as_it_was(shop: Path) -> None:
    old = put(shop, "report.json", "old")
    before = files_of(shop)
    done = run(shop, "check", "--no-cache", "--output-format", "json:report.json", preexec_fn=no_more_than(500))
    assert done.returncode == 2
    assert done.stderr.decode().startswith("Error: 'report.json' cannot be written: ")
    assert old.read_text() == "old"
    assert files_of(shop) == before


def test_a_cache_that_finds_no_room_is_done_without_and_leaves_nothing_behind(shop: Path) -> None:
    whole = run(shop, "check", "--no-cache", "--output-format", "json")
    done = run(shop, "check", "--output-format", "json", preexec_fn=no_more_than(900))
    assert (done.returncode, done.stdout, done.stderr) == (1, whole.stdout, b"")
    assert not [path for path in (shop / ".miglint_cache").rglob("*") if path.is_file() and path.stat().st_size >= 900]
    assert not [path for path in (shop / ".miglint_cache").rglob(".*") if path.name != ".gitignore"]
    assert run(shop, "check", "--output-format", "json").stdout == whole.stdout


def test_a_cache_that_cannot_be_made_is_done_without(shop: Path) -> None:
    whole = run(shop, "check", "--no-cache", "--output-format", "json")
    in_the_way = put(shop, "file", "")
    for folder in (str(in_the_way / "cache"), "/proc/miglint"):
        done = run(shop, "check", "--output-format", "json", "--cache-dir", folder)
        assert (done.returncode, done.stdout, done.stderr) == (1, whole.stdout, b"")


# --- a cache that is damaged, or that others write ---


def test_whatever_becomes_of_the_cache_the_report_is_the_same(shop: Path) -> None:
    first = run(shop, "check", "--output-format", "json")
    kept = [path for path in (shop / ".miglint_cache").rglob("*") if path.is_file() and path.name != ".gitignore"]
    assert kept
    for path in kept:
        whole = path.read_bytes()
        for damaged in (b"", whole[: len(whole) // 2], whole[:-1], os.urandom(400), b"{}", b"[]\n", b"null", whole * 2):
            path.write_bytes(damaged)
            done = run(shop, "check", "--output-format", "json")
            assert (done.returncode, done.stdout, done.stderr) == (1, first.stdout, b""), (path.name, damaged[:40])
        path.unlink()
        path.mkdir()
        assert run(shop, "check", "--output-format", "json").stdout == first.stdout
        path.rmdir()


def test_runs_at_the_same_time_do_not_get_in_each_others_way(shop: Path) -> None:
    command = [*COMMAND, "check", "--output-format", "json"]
    running = [subprocess.Popen(command, cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    said = [one.communicate(timeout=120) for one in running]
    assert [one.returncode for one in running] == [1] * 4
    assert said == [said[0]] * 4
    assert said[0][1] == b""
    assert not list((shop / ".miglint_cache").rglob(".facts*"))


# --- somebody who has seen enough ---


def test_an_interruption_while_files_are_read_exits_130_and_says_no_more(shop: Path) -> None:
    for number in range(2000):
        put(shop, f"shop/migrations/{number + 100:04}_y.py", f"{MIGRATION}    operations = [*{'[1], ' * 300}]\n")
    running = subprocess.Popen(
        [*COMMAND, "check", "--output-format", "json"],
        cwd=shop,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(1.5)
    # As a terminal does it: to everybody.
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode in (130, -signal.SIGINT)
    assert out == b""
    assert b"Traceback" not in err
    assert not list(shop.rglob(".facts*"))


def test_an_interruption_while_modules_are_imported_is_not_lost() -> None:
    steps = []

    def work() -> None:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            steps.append("imported")
        steps.append("too late")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert steps == ["imported"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_reader_that_takes_one_line_gets_no_traceback(shop: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m miglint check --no-cache | head -n 1",
        shell=True,
        cwd=shop,
        capture_output=True,
        check=False,
    )
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""


def test_a_pipe_or_a_device_among_the_migrations_is_not_waited_for(shop: Path) -> None:
    os.mkfifo(shop / "shop/migrations/0090_pipe.py")
    os.symlink("/dev/zero", shop / "shop/migrations/0091_zero.py")
    assert run(shop, "check", "--no-cache").returncode == 1


# --- names that command ---

HOSTILE = (
    "\x1b[31mred",
    "a\nb",
    "::error::x",
    "<b>&\"'",
    "|x|`y`[z](w)",
    "\u202eevil",
    "\x9b2J",
    "\ud800",
    "%0A::warning::",
)
# What a terminal obeys: controls of both kinds, and what turns the direction of a text.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    put(root, "manage.py", "")
    for number, name in enumerate(HOSTILE):
        folder = name.replace("/", "").encode("utf-8", "replace").decode()
        label = f"{folder}/migrations"
        put(root, f"{folder}/__init__.py", "")
        put(root, f"{folder}/models.py", "from django.db import models\n")
        put(root, f"{label}/__init__.py", "")
        said = repr(name)
        put(
            root,
            f"{label}/0001_{folder}.py",
            f"{MIGRATION}    dependencies = [('nowhere', {said}), ({said}, {said})]\n    operations = [\n"
            f"        migrations.RunSQL('UPDATE a SET b = 1'),  # miglint: ignore[{number}\x1b[1m] because {folder!r}\n"
            f"        migrations.AddField({said}, {said}, models.IntegerField()),\n"
            f"        migrations.CreateModel({said}, [({said}, models.CharField(max_length=1))]),\n"
            f'        migrations.RunSQL(\'ALTER TABLE "x\x1b[2J" DROP COLUMN "y\x9b"\'),\n    ]\n',
        )
    (root / os.fsdecode(b"\xff\xfe")).mkdir()
    put(root, "broken/__init__.py", "")
    put(root, "broken/models.py", "from django.db import models\n")
    put(root, "broken/migrations/0001_x.py", "class \x1b[31m Migration(:\n")
    put(root, "pyproject.toml", '[tool.miglint]\n"\\u001b[31mkey" = 1\n')
    return root


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--isolated"),
        ("check", "--isolated", "--output-format", "concise", "--show-suppressed", "-v"),
        ("check",),
        ("check", "--show-files", "--isolated"),
        ("check", "--show-settings", "--isolated"),
        ("check", "--statistics", "--isolated"),
        ("check", "\x1b[31mnowhere"),
        ("check", "--select", "\x1b[31m"),
        ("check", "--output-format", "\x1b[31m"),
        ("graph", "--isolated"),
        ("schema", "--isolated"),
        ("schema", "--isolated", "--at", "\x1b[31m.x"),
        ("plan", "--isolated", "-v"),
        ("plan", "--isolated", "-m", "\x1b[31m"),
        ("rule", "\x1b[31m"),
    ],
)
def test_nothing_that_a_terminal_obeys_reaches_it(hostile: Path, arguments: tuple[str, ...]) -> None:
    done = run(hostile, *arguments, env={**os.environ, "MIGLINT_NO_CACHE": "1", "NO_COLOR": "1"})
    for said in (done.stdout.decode(), done.stderr.decode()):
        assert "Traceback" not in said
        assert [repr(found) for found in OBEYED.findall(said)] == []


def test_every_format_escapes_what_it_must(hostile: Path) -> None:
    texts = {}
    for name in FORMATS:
        done = run(hostile, "check", "--isolated", "--no-cache", "--output-format", name)
        assert done.returncode == 1, done.stderr
        texts[name] = done.stdout.decode()
    findings = json.loads(texts["json"])["findings"]
    assert len(findings) > len(HOSTILE)
    assert len(json.loads(texts["sarif"])["runs"][0]["results"]) == len(findings)
    assert len(json.loads(texts["gitlab"])) == len(findings)
    assert json.loads(texts["rdjson"])
    cases = list(ElementTree.fromstring(texts["junit"]).iter("testcase"))
    assert len(cases) == len(findings)
    # One command, one line; none that a name has made.
    commands = [line for line in texts["github"].splitlines() if line.startswith("::")]
    assert all(re.match(r"::(error|warning|notice) (file=|title=)", line) for line in commands), commands


# --- a repository that would like to be run ---


def test_nothing_of_a_repository_is_run_or_imported(shop: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    bad = f"open({str(canary)!r}, 'a').write(__name__)\n"
    for path in shop.rglob("*.py"):
        path.write_text(bad + path.read_text())
    # What Python, and what miglint's own processes, would find here first.
    for name in ("signal", "selectors", "socket", "struct", "json", "click", "libcst", "networkx", "multiprocessing"):
        put(shop, f"{name}.py", bad)
    for name in ("conftest", "sitecustomize", "usercustomize", "settings", "setup", "tomllib", "pathspec", "queue"):
        put(shop, f"{name}.py", bad)
    settings = "import os\n" + bad + "INSTALLED_APPS = ['shop', *os.environ]\nROOT_URLCONF = 'x'\n"
    put(shop, "config/settings.py", settings)
    for command in ("check", "graph", "schema", "plan"):
        assert run(shop, command, "--no-cache").returncode in (0, 1)
    assert not canary.exists()


def test_a_link_does_not_lead_what_is_written_out_of_the_project(shop: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    useless = f"{MIGRATION}    operations = [\n        migrations.RunPython(f),  # miglint: ignore[MIG301] x\n    ]\n"
    target = put(outside, "0090_x.py", useless)
    (outside / "cache").mkdir()
    os.symlink(target, shop / "shop/migrations/0090_x.py")
    os.symlink(outside / "cache", shop / ".miglint_cache")
    run(shop, "check", "--fix")
    run(shop, "check", "--add-ignore", "MIG501")
    assert target.read_text() == useless
