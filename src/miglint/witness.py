"""What a run sees of the machine: files' contents, and git's answers. By it the next run knows that nothing changed.

It is kept while somebody asks for it (`watching`), and costs nothing else.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from hashlib import blake2b
from typing import NamedTuple

from miglint.records import dataclass

# The folder in which a run keeps what it may want again: no part of what it sees. In it, the folder of files' facts.
CACHE, FACTS = ".miglint_cache", "facts"

# What git says of object ids is true for ever.
_LASTING = frozenset({"cat-file", "log", "ls-tree"})

# A file that was written this shortly before it was read may be written again within one tick of its clock.
_TICK = 2_000_000_000


class File(NamedTuple):
    """`size` is -1 where there is no such file, `digest` empty where only its being there counts."""

    changed: int
    size: int
    digest: str


class Folder(NamedTuple):
    """When an entry last came or went, and a digest of what is in it."""

    changed: int
    digest: str


class Answer(NamedTuple):
    arguments: tuple[str, ...]
    folder: str
    given: str
    digest: str


@dataclass(slots=True)
class Seen:
    """By absolute path; of folders, what is in them, not what is below."""

    began: int = field(default_factory=time.time_ns)
    files: dict[str, File] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)


_watching: list[Seen] = []


@contextmanager
def watching() -> Iterator[Seen]:
    seen = Seen()
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.pop()


def saw_listed(root: str, paths: Iterable[str]) -> None:
    """Files of a folder that are there, whether they were read or not."""
    if not _watching:
        return
    for path in paths:
        for seen in _watching:
            whole = os.path.join(root, path)
            if whole not in seen.files:
                seen.files[whole] = _file(whole, None)


def saw_file(path: str, data: bytes | None = None) -> None:
    """A file was read, or only looked for (`data` None)."""
    for seen in _watching:
        known = seen.files.get(path)
        if known is None or (not known.digest and data is not None):
            seen.files[path] = _file(path, data)


def saw_folder(path: str) -> None:
    for seen in _watching:
        seen.folders[path] = Folder(_changed(path), _names_in(path))


def heard(arguments: tuple[str, ...], folder: str, given: bytes, output: bytes, code: int) -> None:
    """git gave an answer."""
    if arguments[0] not in _LASTING:
        for seen in _watching:
            text = given.decode("utf-8", "surrogateescape")
            seen.answers.append(Answer(arguments, folder, text, answer_digest(output, code)))


def is_as_before(began: int, files: Mapping[str, File], folders: Mapping[str, Folder]) -> bool:
    """Whether files and folders are as they were seen."""
    return all(_is_same(path, file, began) for path, file in files.items()) and all(
        _holds_the_same(path, folder, began) for path, folder in folders.items()
    )


def answer_digest(output: bytes, code: int) -> str:
    return blake2b(b"%d\0" % code + output, digest_size=16).hexdigest()


def _is_same(path: str, file: File, began: int) -> bool:
    try:
        status = os.stat(path)
    except OSError:
        return file.size < 0
    if status.st_size != file.size:
        return False
    if status.st_mtime_ns == file.changed and file.changed < began - _TICK:
        return True
    # Where only the clock says otherwise (a fresh checkout), what is in it decides.
    return not file.digest or _digest_of(path) == file.digest


def _holds_the_same(path: str, folder: Folder, began: int) -> bool:
    if folder.changed < began - _TICK and _changed(path) == folder.changed:
        return True
    # A report that is written anew each time comes and goes as well.
    return _names_in(path) == folder.digest


def _names_in(path: str) -> str:
    try:
        names = sorted(name for name in os.listdir(path) if name != CACHE)
    except OSError:
        return ""
    return blake2b("\0".join(names).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _file(path: str, data: bytes | None) -> File:
    try:
        status = os.stat(path)
    except OSError:
        return File(0, -1, "")
    digest = "" if data is None else blake2b(data, digest_size=16).hexdigest()
    return File(status.st_mtime_ns, status.st_size, digest)


def _digest_of(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return blake2b(file.read(), digest_size=16).hexdigest()
    except OSError:
        return ""


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return -1
