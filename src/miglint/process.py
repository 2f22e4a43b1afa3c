"""git as a process: each call one list of arguments, no shell, nothing of the repository's own run, no network.

And Ctrl-C in this one, where it has to wait.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from miglint import witness

# A repository's own `core.fsmonitor` names a program that ls-files would run, a signature is shown by another; locks
# are for those who write. Objects that a partial clone lacks are not fetched.
_ALWAYS = (
    *("--no-optional-locks", "--no-replace-objects", "--no-pager"),
    *("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "log.showSignature=false"),
    *("-c", "protocol.allow=never"),
)

# Set inside hooks, and about another repository or index than the one that is asked about.
_INHERITED = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"}
    | {"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"}
    | {"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"}
)

# Where CIs name the branch into which the change under test is to go:
# https://docs.github.com/actions/reference/workflows-and-actions/variables and its like elsewhere.
TARGET_BRANCHES = (
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "CHANGE_TARGET",
    "DRONE_TARGET_BRANCH",
    "CI_COMMIT_TARGET_BRANCH",
    "TRAVIS_BRANCH",
)

# The variables that a report may hang on, beside miglint's own.
HEEDED = frozenset(
    {
        *TARGET_BRANCHES,
        "TRAVIS_PULL_REQUEST",
        "GIT_INDEX_FILE",
        "NO_COLOR",
        "FORCE_COLOR",
        "TERM",
        "COLUMNS",
        "CI",
        "PATH",
        "HOME",
    }
    | {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_COUNT", "XDG_CONFIG_HOME", "PYTHONIOENCODING"}
)

_SECONDS = 60


class Refused(NamedTuple):
    """Why git gave no answer, as a sentence."""

    why: str


class Reply(NamedTuple):
    output: bytes
    complaint: str
    code: int


def toplevel(folder: str) -> str | None:
    """The nearest folder up that holds `.git` (a folder, or a worktree's or submodule's file); None without any."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def run(arguments: tuple[str, ...], folder: str, given: bytes = b"") -> Reply | Refused:
    """What git says; `Refused` where it says nothing at all."""
    program = shutil.which("git")
    if program is None:
        return Refused("git is not installed")
    environment = {name: value for name, value in os.environ.items() if name not in _INHERITED}
    environment |= _index_of_commit(folder)
    try:
        done = subprocess.run(
            (program, *_ALWAYS, *arguments),
            cwd=folder,
            input=given,
            capture_output=True,
            # Complaints are read, so they must not be translated.
            env=environment | {"LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1"},
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Refused(f"git gave no answer within {_SECONDS} seconds")
    except OSError as error:
        return Refused(f"git could not be started ({error.strerror or error})")
    witness.heard(arguments, folder, given, done.stdout, done.returncode)
    return Reply(done.stdout, done.stderr.decode("utf-8", "replace").strip(), done.returncode)


def _index_of_commit(folder: str) -> dict[str, str]:
    """The index that `git commit -a` has made for the commit, if this is its hook, and the folder of its repository."""
    named = os.environ.get("GIT_INDEX_FILE")
    top = toplevel(os.path.abspath(folder)) if named else None
    if not named or top is None:
        return {}
    git_folder = os.path.join(top, ".git")
    if os.path.isfile(git_folder):
        try:
            with open(git_folder, encoding="utf-8", errors="surrogateescape") as file:
                git_folder = os.path.join(top, file.read().removeprefix("gitdir:").strip())
        except OSError:
            return {}
    # Hooks run at the top.
    index = os.path.abspath(os.path.join(top, named))
    is_ours = os.path.realpath(os.path.dirname(index)) == os.path.realpath(git_folder)
    return {"GIT_INDEX_FILE": index} if is_ours else {}


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C waits. While modules are imported Python loses one now and then, in a callback whose errors it ignores."""
    came: list[int] = []
    try:
        before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    except ValueError:
        # Only the main thread is interrupted.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came and callable(before):
        before(signal.SIGINT, None)
