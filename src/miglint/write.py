"""What is written to disk: reports and fixes, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from miglint.witness import CACHE

if TYPE_CHECKING:
    from miglint.fix import Fixed


def write_text(path: str, text: str) -> None:
    """Put `text` at `path` in one move, so that no reader sees half of it. Raises OSError.

    What is no plain file (`/dev/stdout`, a pipe) is written to as it is.
    """
    data = text.encode("utf-8", "backslashreplace")
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        with target.open("wb") as stream:
            stream.write(data)
    else:
        replace(target, data)


def rewrite(root: Path, path: str, change: Callable[[str], Fixed]) -> int:
    """Change a file of the tree below `root`; how many findings that mended. Raises OSError, ValueError.

    The encoding, line ends and byte-order mark stay as they are. A link that leads out of the tree is not followed.
    """
    from miglint.parse.text import decode  # most runs write nothing of the tree

    target = Path(os.path.realpath(root / path))
    if not target.is_relative_to(os.path.realpath(root)):
        raise ValueError("it is a link that leads out of the tree")
    decoded = decode(target.read_bytes())
    fixed = change(decoded.text)
    if fixed.text != decoded.text:
        replace(target, decoded.mark + fixed.text.encode(decoded.encoding))
    return fixed.findings


def remove_cache(path: str, cache_dir: str | None) -> list[str]:
    """Remove the cache of the folder, or of the nearest one above that has one; the folders removed."""
    resolved = Path(path).resolve()
    folders = [Path(cache_dir)] if cache_dir else [folder / CACHE for folder in (resolved, *resolved.parents)]
    for folder in folders:
        # Only what the cache itself has marked as its own is removed.
        if (folder / "CACHEDIR.TAG").is_file():
            shutil.rmtree(folder)
            return [str(folder)]
    return []


def replace(target: Path, data: bytes) -> None:
    """Put `data` at `target` in one move. Raises OSError, and leaves nothing behind then."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        # mkstemp lets nobody else read; a file that is there keeps its mode, a new one gets the usual one.
        temporary.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
