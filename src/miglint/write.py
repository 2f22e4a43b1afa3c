"""What is written to disk: reports and fixes, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from miglint.fix import Fixed
from miglint.parse.text import decode

CACHE = ".miglint_cache"


def write_text(path: str, text: str) -> None:
    """Put `text` at `path` in one move, so that no reader sees half of it. Raises OSError.

    What is no plain file (`/dev/stdout`, a pipe) is written to as it is.
    """
    data = text.encode("utf-8", "backslashreplace")
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as stream:
            stream.write(data)
        return
    _replace(target, data)


def rewrite(root: Path, path: str, change: Callable[[str], Fixed]) -> int:
    """Change a file of the tree below `root`; how many findings that mended. Raises OSError, ValueError.

    The encoding, line ends and byte-order mark stay as they are. A link that leads out of the tree is not followed.
    """
    target = os.path.realpath(root / path)
    if not target.startswith(os.path.realpath(root) + os.sep):
        raise ValueError("it is a link that leads out of the tree")
    data = Path(target).read_bytes()
    decoded = decode(data)
    fixed = change(decoded.text)
    if fixed.text != decoded.text:
        _replace(target, decoded.mark + fixed.text.encode(decoded.encoding))
    return fixed.findings


def remove_cache(path: str, cache_dir: str | None) -> list[str]:
    """Remove the cache of the folder, or of the nearest one above that has one; the folders removed."""
    folders = [Path(cache_dir)] if cache_dir else [folder / CACHE for folder in _upwards(Path(path))]
    for folder in folders:
        # Only what the cache itself has marked as its own is removed.
        if (folder / "CACHEDIR.TAG").is_file():
            shutil.rmtree(folder)
            return [str(folder)]
    return []


def _upwards(path: Path) -> list[Path]:
    resolved = path.resolve()
    return [resolved, *resolved.parents]


def _replace(target: str, data: bytes) -> None:
    folder, name = os.path.split(target)
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder or ".")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        # mkstemp lets nobody else read; a file that is there keeps its mode, a new one gets the usual one.
        os.chmod(temporary, os.stat(target).st_mode & 0o7777 if os.path.exists(target) else 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
