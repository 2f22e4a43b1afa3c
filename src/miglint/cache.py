"""Facts by the content of the file that they are about: never a source of truth, and lost without harm.

One line an entry: the content's hash, a checksum, the facts as JSON. JSON and not pickle, since a cache that CI
restores may have been written by anybody: what is no fact is not believed, and a lie makes a run wrong or fail, but do
nothing.
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
from typing import Any, NamedTuple

from miglint import __version__, write
from miglint.facts import fields as field_facts
from miglint.facts import migration, operations, source, values
from miglint.facts.migration import Failure, Module
from miglint.witness import FACTS

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
        return self.folder / FACTS

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
            facts = decode_facts(text)
        except ValueError:
            return None
        self.used[key] = line
        return facts

    def has(self, data: bytes) -> bool:
        """Whether there is an entry; it may turn out to be damaged."""
        return content_key(data) in self.lines

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
            self.folder.mkdir(parents=True, exist_ok=True)
            # A CI may have made it, for what it restores; a folder with things in it is somebody's.
            if not any(self.folder.iterdir()):
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
    return json.dumps(_encoder()(facts), separators=(",", ":"), allow_nan=True)


def decode(text: str) -> object:
    """The facts in a text that `encode` made; raises ValueError, LookupError or TypeError for any other."""
    return _decoder()(json.loads(text))


def decode_facts(text: str) -> Module | Failure:
    """The facts in a text that `encode` made of a file's; raises ValueError for any other."""
    try:
        facts = decode(text)
    except (LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"no facts: {error}") from error
    if not isinstance(facts, (Module, Failure)):
        raise ValueError("no facts of a file")
    return facts


class _Form(NamedTuple):
    """How the value of a field is written and read: expressions, in which `{}` is where it comes from."""

    written: str
    read: str


_ANY = _Form("encoded({})", "decoded({})")
_AS_IT_IS = _Form("{}", "{}")
_SPAN = _Form("[*{}]", "span({})")
_TUPLE_OF_FACTS = _Form("[encoded(item) for item in {}]", "tuple([decoded(item) for item in {}])")
# What a field's annotation says is neither told by a tag nor looked at: that halves the time of both ways.
_FORMS = {
    "str": _AS_IT_IS,
    "str | None": _AS_IT_IS,
    "bool": _AS_IT_IS,
    "Span": _SPAN,
    "Mapping[str, Span]": _Form(
        "{{key: [*item] for key, item in {}.items()}}", "{{key: span(item) for key, item in {}.items()}}"
    ),
    "Mapping[str, Value]": _Form(
        "{{key: encoded(item) for key, item in {}.items()}}", "{{key: decoded(item) for key, item in {}.items()}}"
    ),
    "tuple[str, ...]": _Form("[*{}]", "tuple({})"),
}


def _form(annotation: str) -> _Form:
    of_facts = annotation.startswith("tuple[") and annotation.endswith(", ...]")
    return _FORMS.get(annotation) or (_TUPLE_OF_FACTS if of_facts else _ANY)


@cache
def _encoder() -> Callable[[Any], Any]:
    """Facts → lists that begin with a tag: a class's number, then its fields; what else JSON has no word for."""

    def encoded(value: Any) -> Any:
        writer = writers.get(type(value))
        if writer is not None:
            return writer(value)
        match value:
            case None | bool() | int() | float() | str():
                return value
            case tuple():
                return [_TUPLE, *map(encoded, value)]
            case Mapping():
                return {key: encoded(item) for key, item in value.items()}
            case frozenset():
                return [_SET, *sorted(value)]
            case bytes():
                return [_BYTES, value.decode("latin-1")]
            case complex():
                return [_COMPLEX, value.real, value.imag]
            case _:
                raise TypeError(f"{type(value).__name__} is no fact")

    sources = [
        f"lambda one: [{tag}, {', '.join(_form(kind).written.format(f'one.{name}') for name, kind in names.items())}]"
        for tag, names in enumerate(_shapes().values())
    ]
    # Functions made of source, as dataclasses are: a loop over the fields of each fact takes twice the time.
    writers = dict(zip(_shapes(), eval(f"[{', '.join(sources)}]", {"encoded": encoded}), strict=True))
    return encoded


@cache
def _decoder() -> Callable[[Any], Any]:
    """The way back. Raises ValueError, LookupError or TypeError for what nobody encoded."""

    def decoded(value: Any) -> Any:
        kind = type(value)
        if kind is list:
            return readers[value[0]](value)
        if kind is dict:
            return {key: decoded(item) for key, item in value.items()}
        return value

    others: dict[int, Callable[[list[Any]], Any]] = {
        _TUPLE: lambda given: tuple([decoded(item) for item in given[1:]]),
        _SET: lambda given: frozenset(given[1:]),
        _BYTES: lambda given: given[1].encode("latin-1"),
        _COMPLEX: lambda given: complex(given[1], given[2]),
    }
    names = {one.__name__: one for one in _shapes()}
    sources = [_reader(one, kinds) for one, kinds in _shapes().items()]
    made = eval(f"[{', '.join(sources)}]", {"decoded": decoded, "span": _span, **names})
    # Tags below zero count from the end.
    readers = [*made, *(others[tag] for tag in sorted(others))]
    return decoded


def _reader(one: type[Any], kinds: Mapping[str, str]) -> str:
    kw_only = {item.name for item in fields(one) if item.kw_only} if is_dataclass(one) else frozenset[str]()
    values = [
        (f"{name}=" if name in kw_only else "") + _form(kind).read.format(f"given[{number}]")
        for number, (name, kind) in enumerate(kinds.items(), 1)
    ]
    return f"lambda given: {one.__name__}({', '.join(values)})"


def _span(given: list[Any]) -> source.Span:
    # By far the most frequent: past the constructor that a NamedTuple has, in half the time.
    line, column, end_line, end_column = given
    return _new_tuple(source.Span, (line, column, end_line, end_column))


_new_tuple = tuple.__new__


@cache
def _shapes() -> dict[type[Any], dict[str, str]]:
    """Every class of facts that a module's facts may hold and its fields' types, in an order that only names decide."""
    found: dict[type[Any], dict[str, str]] = {}
    for module in (source, values, field_facts, operations, migration):
        for one in vars(module).values():
            if isinstance(one, type) and one.__module__ == module.__name__:
                if is_dataclass(one):
                    found[one] = {item.name: str(item.type) for item in fields(one)}
                elif hasattr(one, "_fields"):
                    types = one.__annotations__
                    found[one] = {name: getattr(types[name], "__forward_arg__", "") for name in one._fields}
    return dict(sorted(found.items(), key=lambda pair: pair[0].__name__))


@cache
def _key() -> str:
    """What facts depend on beside a file's bytes: miglint's version, Python's, and the code that makes them."""
    hashed = blake2b(digest_size=16)
    shapes = [(one.__name__, tuple(names.items())) for one, names in _shapes().items()]
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
