"""The last report of each command line: printed again where nothing has changed since, and nothing else is loaded.

What decides is all that the run saw: the files that it read or listed, git's answers, the options, the environment
that it looks at, miglint itself. Never a source of truth, and lost without harm.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from miglint import __version__, process, witness
from miglint.witness import CACHE, File, Folder, Seen

# Of as many command lines a report is kept.
_KEPT = 8


class Said(NamedTuple):
    """A text that was printed: `to` is "out", "err", or the name of a file after "file:"."""

    to: str
    text: str
    colour: bool = False


class Outcome(NamedTuple):
    said: tuple[Said, ...]
    exit_code: int


class Place(NamedTuple):
    """Where a command line's report is kept."""

    folder: str
    name: str

    @property
    def path(self) -> Path:
        return Path(self.folder, self.name)


def place_of(arguments: Mapping[str, Any], cache_dir: str | None, terminal: Sequence[object]) -> Place | None:
    """None where no cache is there yet."""
    here = os.getcwd()
    folder = cache_dir or _nearest(here)
    if folder is None:
        return None
    hashed = blake2b(digest_size=12)
    said = sorted((name, repr(value)) for name, value in arguments.items())
    heeded = sorted((name, value) for name, value in os.environ.items() if _is_heeded(name))
    hashed.update(repr((said, here, heeded, list(terminal), _ourselves())).encode("utf-8", "surrogateescape"))
    return Place(folder, f"last-{hashed.hexdigest()}")


def _nearest(folder: str) -> str | None:
    """The cache of the folder, or of the nearest one above that has one; of a repository its root's."""
    top = process.toplevel(folder)
    if top is not None:
        return os.path.join(top, CACHE)
    while True:
        cache = os.path.join(folder, CACHE)
        if os.path.isdir(cache):
            return cache
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def recall(place: Place) -> Outcome | None:
    """What was printed last time, where all that led to it is as it was."""
    try:
        kept = json.loads(place.path.read_bytes())
        files = {path: File(*file) for path, file in kept["files"].items()}
        folders = {path: Folder(*folder) for path, folder in kept["folders"].items()}
        if not witness.is_as_before(kept["began"], files, folders):
            return None
        for arguments, folder, given, digest in kept["answers"]:
            if _asked_again(tuple(arguments), folder, given) != digest:
                return None
        return Outcome(tuple(Said(*one) for one in kept["said"]), int(kept["exit_code"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def remember(place: Place, seen: Seen, outcome: Outcome) -> None:
    """Keep an outcome; where that fails there is just none."""
    kept = {
        "began": seen.began,
        "files": seen.files,
        "folders": seen.folders,
        "answers": seen.answers,
        "said": outcome.said,
        "exit_code": outcome.exit_code,
    }
    with contextlib.suppress(OSError, ValueError):
        # The facts' cache makes the folder: where that could not be written, this need not be.
        if Path(place.folder, "CACHEDIR.TAG").is_file():
            from miglint import write

            write.replace(place.path, json.dumps(kept).encode("ascii"))
            _tidy(place)


def _tidy(place: Place) -> None:
    others = sorted(Path(place.folder).glob("last-*"), key=lambda path: path.stat().st_mtime_ns)
    for old in others[:-_KEPT]:
        old.unlink()


def _asked_again(arguments: tuple[str, ...], folder: str, given: str) -> str:
    answer = process.run(arguments, folder, given.encode("utf-8", "surrogateescape"))
    return "" if isinstance(answer, process.Refused) else witness.answer_digest(answer.output, answer.code)


def _is_heeded(name: str) -> bool:
    return name in process.HEEDED or name.startswith("MIGLINT_")


def _ourselves() -> tuple[object, ...]:
    """Of a checkout that is worked on, the version says too little."""
    folder = os.path.dirname(__file__)
    stats = []
    for path, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith((".py", ".md")):
                status = os.stat(os.path.join(path, name))
                stats.append((name, status.st_size, status.st_mtime_ns))
    return (__version__, sys.version_info[:3], tuple(stats))
