"""The repository: what git lists, tracks and ignores, and what its objects hold.

What went wrong is a value (`Refused`): without git the disk is still there to be read.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from miglint.facts.repository import Commit
from miglint.process import Refused as Refused
from miglint.process import run
from miglint.process import toplevel as toplevel


class Listed(NamedTuple):
    """What `git ls-files` says below one folder, relative to it.

    `links` are symbolic links; `repositories` folders that hold a repository of their own, submodules included.
    """

    tracked: tuple[str, ...]
    untracked: tuple[str, ...]
    links: tuple[str, ...]
    repositories: tuple[str, ...]
    warnings: tuple[str, ...]


class Match(NamedTuple):
    """The rule that ignores a path: `source` is the absolute path of the ignore file."""

    source: str
    line: int
    pattern: str


def ls_files(folder: str) -> Listed | Refused:
    """Tracked files and those that are neither tracked nor ignored, deleted ones included."""
    answer = _run(("ls-files", "--stage", "--cached", "--others", "--exclude-standard", "-z"), folder)
    if isinstance(answer, Refused):
        return answer
    tracked: list[str] = []
    untracked: list[str] = []
    links: list[str] = []
    repositories: list[str] = []
    for entry in os.fsdecode(answer.output).split("\0"):
        stage, tab, path = entry.partition("\t")
        # "100644 d00491fd… 0<tab>path" for what is in the index, the bare path for the rest.
        if tab and stage.count(" ") == 2 and stage[:6].isdigit():
            match stage[:6]:
                case "160000":
                    repositories.append(path)
                case "120000":
                    links.append(path)
                case _:
                    tracked.append(path)
        elif entry.endswith("/"):
            repositories.append(entry[:-1])
        elif entry:
            untracked.append(entry)
    # A file with conflicts is listed once for each side.
    return Listed(
        tuple(dict.fromkeys(tracked)),
        tuple(untracked),
        tuple(dict.fromkeys(links)),
        tuple(dict.fromkeys(repositories)),
        tuple(line.removeprefix("warning: ") for line in answer.complaint.splitlines() if line.startswith("warning: ")),
    )


def check_ignore(paths: Iterable[str]) -> Mapping[str, Match]:
    """Which of these absolute paths git would ignore if they were new, and by which rule.

    Folders of the paths are resolved first: git refuses to look beyond a symbolic link. Paths outside any
    repository, and those that git gives no answer for, are left out.
    """
    real: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for path in paths:
        folder = os.path.realpath(os.path.dirname(path))
        top = toplevel(folder)
        if top is not None:
            real[top][os.path.relpath(os.path.join(folder, os.path.basename(path)), top)] = path
    found: dict[str, Match] = {}
    for top, asked in real.items():
        matches = _check_ignore(top, tuple(asked))
        found.update((asked[path], match) for path, match in matches.items() if path in asked)
    return found


def _check_ignore(top: str, paths: tuple[str, ...]) -> Mapping[str, Match]:
    arguments = ("check-ignore", "--verbose", "--no-index", "-z", "--stdin")
    answer = _run(arguments, top, os.fsencode("\0".join((*paths, ""))))
    if isinstance(answer, Refused):
        if len(paths) < 2:
            return {}
        # One path that git will not look at (in a submodule, say) ends the whole batch.
        return {path: match for one in paths for path, match in _check_ignore(top, (one,)).items()}
    found = {}
    fields = os.fsdecode(answer.output).split("\0")
    for source, line, pattern, path in zip(fields[::4], fields[1::4], fields[2::4], fields[3::4], strict=False):
        if not pattern.startswith("!"):
            found[path] = Match(os.path.normpath(os.path.join(top, source)), int(line), pattern)
    return found


def commit_of(folder: str, ref: str) -> str | Refused:
    """The full id of the commit that a ref means."""
    answer = _run(("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"), folder)
    if isinstance(answer, Refused):
        return answer if answer.why.startswith("git does not trust") else Refused(f"there is no '{ref}' here")
    return answer.output.decode("ascii", "replace").strip()


def merge_base(folder: str, one: str, other: str) -> str | Refused:
    """The newest commit that two histories have in common."""
    answer = _run(("merge-base", one, other), folder)
    if isinstance(answer, Refused):
        return Refused("they have no commit in common")
    return answer.output.decode("ascii", "replace").strip()


def is_shallow(folder: str) -> bool:
    """Whether the clone holds only the newest part of the history."""
    answer = _run(("rev-parse", "--is-shallow-repository"), folder)
    return not isinstance(answer, Refused) and answer.output.strip() == b"true"


def ls_tree(folder: str, commit: str) -> Mapping[str, str] | Refused:
    """The ids of the blobs of a commit's regular files, by their paths from the repository's root."""
    answer = _run(("ls-tree", "-r", "-z", "--full-tree", commit), folder)
    if isinstance(answer, Refused):
        return answer
    found = {}
    for entry in os.fsdecode(answer.output).split("\0"):
        # "100644 blob d00491fd…<tab>path"
        facts, _, path = entry.partition("\t")
        mode, _, rest = facts.partition(" ")
        if mode in ("100644", "100755"):
            found[path] = rest.partition(" ")[2]
    return found


def index(folder: str) -> Mapping[str, str] | Refused:
    """The ids of the blobs that the next commit will have, by their paths from a repository's root."""
    answer = _run(("ls-files", "--stage", "--full-name", "-z"), folder)
    if isinstance(answer, Refused):
        return answer
    found = {}
    for entry in os.fsdecode(answer.output).split("\0"):
        # "100644 d00491fd… 0<tab>path"
        facts, _, path = entry.partition("\t")
        if path:
            found[path] = facts.split(" ")[1]
    return found


def blobs(folder: str, ids: Iterable[str], commit: str) -> Mapping[str, bytes] | Refused:
    """What blobs of a commit hold, by id; those that are not here (of a partial clone) are left out."""
    asked = tuple(dict.fromkeys(ids))
    if not asked:
        return {}
    answer = _cat(folder, asked)
    if isinstance(answer, Refused):
        # git ends at the first of them, since it may not fetch it.
        lacking = _lacking(folder, commit)
        here = tuple(one for one in asked if one not in lacking)
        if len(here) == len(asked):
            return answer
        answer = _cat(folder, here) if here else b""
        if isinstance(answer, Refused):
            return answer
    found = {}
    data, place = answer, 0
    while place < len(data):
        end = data.index(b"\n", place)
        name, *facts = data[place:end].decode("ascii", "replace").split(" ")
        place = end + 1
        # "d00491fd… blob 1234", or "d00491fd… missing"
        if len(facts) == 2:
            size = int(facts[1])
            found[name] = data[place : place + size]
            place += size + 1
    return found


def _cat(folder: str, ids: tuple[str, ...]) -> bytes | Refused:
    answer = _run(("cat-file", "--batch"), folder, "".join(f"{one}\n" for one in ids).encode("ascii"))
    return answer if isinstance(answer, Refused) else answer.output


def _lacking(folder: str, commit: str) -> frozenset[str]:
    """The ids of a commit's objects that a partial clone has left at its origin."""
    answer = _run(("rev-list", "--objects", "--no-walk", "--missing=print", commit), folder)
    lines = () if isinstance(answer, Refused) else answer.output.splitlines()
    return frozenset(line[1:].decode("ascii", "replace") for line in lines if line.startswith(b"?"))


def blob_id(data: bytes, like: str) -> str:
    """The id that git gives to a file's bytes, in the format of another id."""
    known = hashlib.sha256 if len(like) == 64 else partial(hashlib.sha1, usedforsecurity=False)
    return known(b"blob %d\0%s" % (len(data), data)).hexdigest()


_MOST_PATHS = 500


def added_by(folder: str, since: str | None, until: str, paths: Iterable[str]) -> Mapping[str, Commit]:
    """The newest commits after `since` that added files, by path; empty where git does not say."""
    asked = frozenset(paths)
    if not asked:
        return {}
    # A command line holds so many arguments; folders will do.
    limits = asked if len(asked) <= _MOST_PATHS else {path.rpartition("/")[0] or "." for path in asked}
    named = [f":(literal){path}" for path in sorted(limits)]
    known = f"{since}..{until}" if since is not None else until
    shown = ("--format=%x01%h%x00%an%x00%as%x00%s", "--name-only", "-z", "--diff-filter=A", "--no-renames")
    answer = _run(
        ("log", "--first-parent", "-m", *shown, "--no-ext-diff", "--no-textconv", known, "--", *named), folder
    )
    if isinstance(answer, Refused):
        return {}
    found: dict[str, Commit] = {}
    for entry in answer.output.decode("utf-8", "surrogateescape").split("\1")[1:]:
        name, author, date, rest = (*entry.split("\0", 3), "", "", "")[:4]
        subject, _, files = rest.partition("\0")
        for path in files.split("\0"):
            if path.strip("\n") in asked:
                found.setdefault(path.strip("\n"), Commit(name, author, date, subject.strip("\n")))
    return found


class _Answer(NamedTuple):
    output: bytes
    complaint: str


def _run(arguments: tuple[str, ...], folder: str, given: bytes = b"") -> _Answer | Refused:
    reply = run(arguments, folder, given)
    if isinstance(reply, Refused):
        return reply
    # check-ignore ends with 1 where nothing is ignored.
    if reply.code == 0 or (reply.code == 1 and arguments[0] == "check-ignore"):
        return _Answer(reply.output, reply.complaint)
    if "dubious ownership" in reply.complaint:
        return Refused("git does not trust this folder's owner (see `git help config`, safe.directory)")
    return Refused(f"git failed ({reply.complaint.splitlines()[0] if reply.complaint else f'exit code {reply.code}'})")
