"""Facts by the content of the file that they are about: never a source of truth, and lost without harm.

One line an entry: the content's hash, a checksum, the facts as JSON. JSON and not pickle, since a cache that CI
restores may have been written by anybody.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from miglint import __version__, write
from miglint.facts import fields as field_facts
from miglint.facts import migration, operations, source, values
from miglint.facts.migration import Failure, Module

# Entries of files that are not there now, another branch's for example, are kept up to this many for each that is.
_KEPT_BESIDE = 3

_TUPLE, _SET, _BYTES, _COMPLEX = -1, -2, -3, -4


class FactsCache:
    """The cache in one folder, read when it is first asked and written by `save`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: dict[str, str] = {}
        self.used: dict[str, str] = {}
        self.grown = False
        self._load()

    @property
    def path(self) -> Path:
        return self.folder / "facts"

    def get(self, data: bytes) -> Module | Failure | None:
        """The facts of a file's bytes, or None: also where the entry is damaged."""
        key = content_key(data)
        line = self.lines.get(key)
        if line is None:
            return None
        checksum, _, text = line.partition("\t")
        if checksum != _checksum(text):
            return None
        try:
            facts = decode(text)
        except (ValueError, LookupError, TypeError, AttributeError):
            return None
        if isinstance(facts, (Module, Failure)):
            self.used[key] = line
            return facts
        return None

    def put(self, data: bytes, text: str) -> None:
        """Remember facts, as `encode` writes them."""
        self.used[content_key(data)] = f"{_checksum(text)}\t{text}"
        self.grown = True

    def save(self) -> None:
        """Write what this run used, and as much of the rest as is kept; where that fails there is just no cache."""
        if not self.grown:
            return
        room = _KEPT_BESIDE * len(self.used)
        others = [key for key in self.lines if key not in self.used][:room]
        kept = self.used | {key: self.lines[key] for key in others}
        text = "".join([f"{_key()}\n", *(f"{key}\t{line}\n" for key, line in kept.items())])
        with contextlib.suppress(OSError):
            if not self.folder.is_dir():
                self.folder.mkdir(parents=True)
                # git is to leave it alone, backup programs too, and `miglint clean` knows by it what it may remove.
                (self.folder / ".gitignore").write_text("*\n", encoding="ascii")
                tag = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of miglint.\n"
                (self.folder / "CACHEDIR.TAG").write_text(tag, encoding="ascii")
            write.replace(self.path, text.encode("ascii"))

    def _load(self) -> None:
        try:
            text = self.path.read_bytes().decode("ascii")
        except (OSError, ValueError):
            return
        header, *lines = text.split("\n")
        if header == _key():
            self.lines = {key: line for key, _, line in (entry.partition("\t") for entry in lines) if line}


def content_key(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def encode(facts: Module | Failure) -> str:
    return json.dumps(_encoded(facts), separators=(",", ":"), allow_nan=True)


def decode(text: str) -> object:
    """The facts in a text that `encode` made; raises ValueError, LookupError or TypeError for any other."""
    return _decoded(json.loads(text))


def _encoded(value: Any) -> Any:
    tag = _tags().get(type(value))
    if tag is not None:
        return [tag, *(_encoded(getattr(value, name)) for name in _shapes()[type(value)])]
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [_TUPLE, *map(_encoded, value)]
        case Mapping():
            return {key: _encoded(item) for key, item in value.items()}
        case frozenset():
            return [_SET, *sorted(value)]
        case bytes():
            return [_BYTES, value.decode("latin-1")]
        case complex():
            return [_COMPLEX, value.real, value.imag]
        case _:
            raise TypeError(f"{type(value).__name__} is no fact")


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        tag = value[0]
        if tag >= 0:
            return _builders()[tag](value)
        if tag == _TUPLE:
            return tuple([_decoded(item) for item in value[1:]])
        if tag == _SET:
            return frozenset(value[1:])
        if tag == _BYTES:
            return value[1].encode("latin-1")
        return complex(value[1], value[2])
    if isinstance(value, dict):
        return {key: _decoded(item) for key, item in value.items()}
    return value


@cache
def _shapes() -> dict[type[Any], tuple[str, ...]]:
    """Every class of facts that a module's facts may hold and its fields, in an order that only their names decide."""
    found: dict[type[Any], tuple[str, ...]] = {}
    for module in (source, values, field_facts, operations, migration):
        for one in vars(module).values():
            if isinstance(one, type) and one.__module__ == module.__name__:
                if is_dataclass(one):
                    found[one] = tuple(item.name for item in fields(one))
                elif hasattr(one, "_fields"):
                    found[one] = one._fields
    return dict(sorted(found.items(), key=lambda pair: pair[0].__name__))


@cache
def _tags() -> dict[type[Any], int]:
    return {one: tag for tag, one in enumerate(_shapes())}


@cache
def _builders() -> tuple[Callable[[list[Any]], Any], ...]:
    return tuple(_builder(one, names) for one, names in _shapes().items())


def _builder(one: type[Any], names: tuple[str, ...]) -> Callable[[list[Any]], Any]:
    if one is source.Span:
        # By far the most frequent, and made of plain numbers.
        return lambda given: source.Span(given[1], given[2], given[3], given[4])
    if is_dataclass(one) and any(item.kw_only for item in fields(one)):
        return lambda given: one(**dict(zip(names, map(_decoded, given[1:]), strict=True)))
    return lambda given: one(*map(_decoded, given[1:]))


@cache
def _key() -> str:
    """What facts depend on beside a file's bytes: miglint's version, Python's, and the code that makes them."""
    hashed = blake2b(digest_size=16)
    shapes = [(one.__name__, names) for one, names in _shapes().items()]
    hashed.update(repr((__version__, sys.version_info[:2], shapes, _code())).encode())
    return f"miglint facts {hashed.hexdigest()}"


def _code() -> Iterable[tuple[str, int, int]]:
    """Of a checkout that is worked on, the version says too little."""
    folder = Path(__file__).parent
    names = ("signatures.py", "ancestry.py", "binding.py", "folding.py", "dependencies.py", "cache.py")
    paths = [*sorted((folder / "parse").glob("*.py")), *(folder / name for name in names)]
    stats = [(path.name, path.stat()) for path in paths]
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]


def _checksum(text: str) -> str:
    return blake2b(text.encode("ascii", "replace"), digest_size=8).hexdigest()
