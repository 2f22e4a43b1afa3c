"""Inputs: mutilated migrations, made-up modules and SQL, bytes of no meaning, and what is made to hurt a parser.

Each comes from a number alone, so that one that does harm can be had again.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .words import BOMBS, EXPRESSIONS, FIELDS, NAMES, OPERATIONS, OPTIONS, SQL_WORDS

# A file that an input makes is to be read by nobody, so that nothing of it is to happen.
CANARY = "canary-of-the-fuzzer"
_RUN = f"open({CANARY!r}, 'w')"

_LARGEST_HISTORY = 12
_LARGEST_FILE = 20_000
_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
_HEADER = """\
import datetime
import uuid
import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations import *
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
"""


class Project(NamedTuple):
    """Files by path; `targets` are the migrations among them that may be replaced."""

    name: str
    files: Mapping[str, bytes]
    targets: tuple[str, ...]


class Input(NamedTuple):
    kind: str
    number: int
    project: int
    path: str
    data: bytes


@dataclass(frozen=True)
class Inputs:
    """What can be made of some projects. The first one has the shop's history, on which what is made up works."""

    projects: tuple[Project, ...]
    sql: tuple[str, ...]

    def __getitem__(self, number: int) -> Input:
        chance = random.Random(number)
        kind = chance.choices(tuple(_KINDS), tuple(_KINDS.values()))[0]
        at = chance.randrange(len(self.projects)) if kind in ("mutilated", "bytes changed") else 0
        project = self.projects[at]
        path = chance.choice(project.targets)
        original = project.files[path]
        match kind:
            case "mutilated":
                data = _encoded(self._mutilated(_text(original), chance), chance)
            case "bytes changed":
                data = _bytes_changed(original, chance)
            case "made up":
                data = _encoded(module(chance), chance)
            case "SQL":
                data = self._sql(chance).encode("utf-8", "surrogatepass")
            case "noise":
                data = _noise(chance)
            case _:
                data = _bomb(chance)
        return Input(kind, number, at, path, data)

    def _mutilated(self, text: str, chance: random.Random) -> str:
        for _ in range(chance.randint(1, 6)):
            match chance.randrange(8):
                case 0 | 1:
                    text = _lines_changed(text, chance)
                case 2:
                    other = chance.choice(self.projects)
                    given = _text(other.files[chance.choice(other.targets)]).splitlines(keepends=True)
                    lines = text.splitlines(keepends=True)
                    start = chance.randrange(len(given) + 1)
                    at = chance.randrange(len(lines) + 1)
                    lines[at:at] = given[start : start + chance.randint(1, 9)]
                    text = "".join(lines)
                case 3:
                    # The value of a keyword, or what stands where one would.
                    places = list(re.finditer(r"(?<==)(?:\w+|\"[^\"\n]*\"|'[^'\n]*')", text))
                    if places:
                        place = chance.choice(places)
                        text = text[: place.start()] + expression(chance) + text[place.end() :]
                case _:
                    text = _tokens_changed(text, chance)
        return text

    def _sql(self, chance: random.Random) -> str:
        given = [self._statement(chance) for _ in range(chance.randint(1, 3))]
        match chance.randrange(5):
            case 0:
                written = repr(";\n".join(given))
            case 1:
                written = repr(given)
            case 2:
                written = repr([(one, chance.choice([None, [], [1, "a"], {"a": None}])) for one in given])
            case 3:
                written = f"{given[0]!r}, reverse_sql={given[-1]!r}, state_operations=[{operation(chance)}]"
            case _:
                written = repr(given[0])
        done = f"migrations.RunSQL({written})"
        more = [operation(chance) for _ in range(chance.randint(0, 2))]
        return _migration([done, *more] if chance.random() < 0.7 else [*more, done], chance)

    def _statement(self, chance: random.Random) -> str:
        tokens = _TOKEN.findall(chance.choice(self.sql))
        for _ in range(chance.randint(0, 5)):
            at = chance.randrange(len(tokens) + 1)
            match chance.randrange(5):
                case 0:
                    del tokens[at : at + chance.randint(1, 4)]
                case 1:
                    tokens[at:at] = _TOKEN.findall(chance.choice(self.sql))[: chance.randint(1, 30)]
                case 2:
                    tokens[at : at + 1] = [" ", chance.choice(SQL_WORDS), " "]
                case 3:
                    tokens[at:at] = tokens[: chance.randint(0, 12)]
                case _:
                    tokens[at : at + 1] = [chance.choice(NAMES)]
        return "".join(tokens)


_KINDS = {"mutilated": 40, "made up": 22, "SQL": 20, "bytes changed": 8, "noise": 4, "bomb": 6}


def module(chance: random.Random) -> str:
    """A migration that is Python more often than not, on models and columns that are there more often than not."""
    return _migration([operation(chance) for _ in range(chance.randint(0, 7))], chance)


def operation(chance: random.Random, depth: int = 0) -> str:
    name = chance.choice(tuple(OPERATIONS))
    arguments = []
    for parameter in OPERATIONS[name]:
        if chance.random() < 0.04:
            continue
        value = expression(chance) if chance.random() < 0.08 else _argument(parameter, chance, depth)
        arguments.append(f"{parameter}={value}")
    if chance.random() < 0.04:
        arguments.append(chance.choice(["**{'a': 1}", "*[]", "hints=None", "elidable=True", *arguments]))
    chance.shuffle(arguments)
    prefix = chance.choice(["", "migrations."])
    return f"{prefix}{name}({', '.join(arguments)})"


def expression(chance: random.Random) -> str:
    return chance.choice(EXPRESSIONS).replace("RUN", _RUN)


def _argument(parameter: str, chance: random.Random, depth: int) -> str:
    def names(most: int = 3) -> list[str]:
        return [chance.choice(NAMES) for _ in range(chance.randint(1, most))]

    match parameter:
        case "field":
            return _field(chance)
        case "fields":
            return "[" + ", ".join(f"({chance.choice(NAMES)!r}, {_field(chance)})" for _ in range(3)) + "]"
        case "options":
            chosen = {chance.choice(tuple(OPTIONS)) for _ in range(chance.randint(0, 3))}
            return "{" + ", ".join(f"{one!r}: {OPTIONS[one]}" for one in sorted(chosen)) + "}"
        case "bases":
            return chance.choice(["()", "('shop.album',)", "(models.Model,)", "('shop.nothing', object)"])
        case "index":
            more = chance.choice(["", ", name='one'", ", condition=Q(id__gt=1), name='two'", ", include=['id']"])
            return f"models.Index(fields={names()!r}{more})"
        case "constraint":
            return chance.choice(
                [
                    f"models.UniqueConstraint(fields={names()!r}, name='u', deferrable=models.Deferrable.DEFERRED)",
                    f"models.CheckConstraint(condition=Q({chance.choice(NAMES)}__gt={expression(chance)}), name='c')",
                    f"models.CheckConstraint(check=~Q(a=F('id')) | Q(b__in=[1, 2]), name={chance.choice(NAMES)!r})",
                    f"models.UniqueConstraint(F({chance.choice(NAMES)!r}).desc(), name='e')",
                ]
            )
        case "unique_together" | "index_together":
            return repr([names() for _ in range(chance.randint(0, 2))])
        case "operations" | "database_operations" | "state_operations":
            if depth > 3:
                return "[]"
            return "[" + ", ".join(operation(chance, depth + 1) for _ in range(chance.randint(0, 3))) + "]"
        case "code" | "reverse_code":
            return chance.choice(["forwards", "RunPython.noop", f"lambda apps, editor: {_RUN}"])
        case "sql" | "reverse_sql":
            return repr(f"UPDATE shop_{chance.choice(NAMES)} SET {chance.choice(NAMES)} = 1 -- {chance.choice(NAMES)}")
        case "preserve_default" | "atomic":
            return chance.choice(["True", "False"])
        case _:
            return repr(chance.choice(NAMES))


def _field(chance: random.Random) -> str:
    name = chance.choice(tuple(FIELDS))
    options = list(FIELDS[name])
    for option in ("null", "unique", "db_index", "primary_key", "blank"):
        if chance.random() < 0.15:
            options.append(f"{option}={chance.choice(['True', 'False'])}")
    if chance.random() < 0.2:
        options.append(f"default={expression(chance)}")
    if chance.random() < 0.1:
        options.append(f"db_default={expression(chance)}")
    if chance.random() < 0.1:
        options.append(f"db_column={chance.choice(NAMES)!r}")
    return f"models.{name}({', '.join(options)})"


def _migration(operations: Sequence[str], chance: random.Random) -> str:
    body = "".join(f"        {one},\n" for one in operations)
    before = chance.choice(["", f"VALUE = {expression(chance)}\n", f"for one in range(3):\n    {_RUN}\n"])
    atomic = chance.choice(["", "    atomic = False\n", f"    atomic = {expression(chance)}\n"])
    function = f"def forwards(apps, editor):\n    {_RUN}\n    apps.get_model('shop', 'album').objects.update(stock=1)\n"
    return (
        f"{_HEADER}{before}\n\n{function}\n\nclass Migration(migrations.Migration):\n{atomic}"
        f'    dependencies = [("shop", "0001")]\n    operations = [\n{body}    ]\n'
    )


def _lines_changed(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            del lines[at : at + chance.randint(1, 3)]
        case 1:
            lines.insert(at, chance.choice(lines))
        case 2:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            lines[at] = chance.choice(["    ", "\t", "\f", ""]) + lines[at].lstrip(" ")
    return "".join(lines)


def _tokens_changed(text: str, chance: random.Random) -> str:
    tokens = _TOKEN.findall(text) or [""]
    at = chance.randrange(len(tokens))
    match chance.randrange(4):
        case 0:
            del tokens[at]
        case 1:
            tokens.insert(at, chance.choice(tokens))
        case 2:
            tokens[at] = chance.choice(["(", ")", "[", "]", "{", "}", ",", ":", "=", "*", "**", "'", '"""', "\\", "#"])
        case _:
            words = [place for place, token in enumerate(tokens) if token[0].isalnum()]
            if words:
                made = [*(tokens[place] for place in words), *NAMES, *FIELDS, *OPERATIONS, expression(chance)]
                tokens[chance.choice(words)] = chance.choice(made)
    return "".join(tokens)


def _encoded(text: str, chance: random.Random) -> bytes:
    match chance.randrange(24):
        case 0:
            text = text.replace("\n", "\r\n")
        case 1:
            text = "".join(one if one != "\n" else chance.choice(["\n", "\r\n", "\r"]) for one in text)
        case 2:
            return b"\xef\xbb\xbf" + text.encode("utf-8", "surrogatepass")
        case 3:
            return text.encode(chance.choice(["utf-16", "utf-32", "utf-7", "cp1252", "utf-8"]), "replace")
        case 4:
            codec = chance.choice(
                ["latin-1", "utf-7", "utf-16", "idna", "punycode", "rot13", "hex", "mbcs", "unicode_escape"]
            )
            return f"# -*- coding: {codec} -*-\n".encode() + text.encode("latin-1", "replace")
        case 5:
            text = text.replace("    ", "\t")
        case _:
            pass
    return text.encode("utf-8", "surrogatepass")


def _bytes_changed(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                changed[at:at] = chance.choice(
                    [b"\0", b"\xed\xa0\x80", b"\xff\xfe", b"\x1b[2J", b"\r", b"\x0c", b"\x1a"]
                )
            case 2:
                del changed[at : at + chance.randint(1, 40)]
            case 3:
                changed[at:at] = changed[: chance.randint(0, 60)]
            case _:
                changed = changed[: max(at, 1)]
    return bytes(changed)


def _noise(chance: random.Random) -> bytes:
    size = chance.randint(0, 400)
    if chance.random() < 0.5:
        return chance.randbytes(size)
    return "".join(
        chance.choice("ab01 \n\t()[]{}.,:=+-*'\"\\#@%fr\r\x0cé😀 if for def lambda") for _ in range(size)
    ).encode()


def _bomb(chance: random.Random) -> bytes:
    size = chance.choice([3, 20, 99, 101, 340, 360, 1000, 5000, 12_000])
    text = chance.choice(BOMBS)(size)
    if chance.random() < 0.5:
        inside = text.rstrip("\n").removeprefix("x = ") if text.startswith("x = ") and "\n" not in text.rstrip() else ""
        if inside:
            text = f"{_HEADER}\nclass Migration(migrations.Migration):\n    operations = [{inside}]\n"
    else:
        text += f"{_HEADER}\nclass Migration(migrations.Migration):\n    operations = [migrations.RunSQL(x)]\n"
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def projects_of(root: Path) -> list[Project]:
    """Every app with a small history below a folder, on its own."""
    found = []
    for folder in sorted(root.rglob("migrations")):
        files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.py"))}
        targets = tuple(name for name, data in files.items() if name[0].isdigit() and len(data) < _LARGEST_FILE)
        if targets and len(files) <= _LARGEST_HISTORY:
            app = folder.parent.name
            placed = {f"{app}/migrations/{name}": data for name, data in files.items()}
            placed |= {"manage.py": b"", f"{app}/__init__.py": b"", f"{app}/migrations/__init__.py": b""}
            # What makes the folder an app's, whatever becomes of its migrations.
            placed[f"{app}/models.py"] = b"from django.db import models\n"
            found.append(
                Project(str(folder.relative_to(root)), placed, tuple(f"{app}/migrations/{name}" for name in targets))
            )
    return found


def sql_in(files: Iterable[bytes]) -> list[str]:
    """The strings that RunSQL gets in these files."""
    found = set()
    for data in files:
        for node in ast.walk(ast.parse(data)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("RunSQL"):
                strings = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
                found |= {one for one in strings if isinstance(one, str) and " " in one}
    return sorted(found)


def shop() -> tuple[Project, list[str]]:
    """A project whose newest migration may be anything after a history with a bit of everything; and SQL for it."""
    from effects.scenarios import SCENARIOS

    files = {path: text.encode() for path, text in SCENARIOS[0].files.items()}
    target = "shop/migrations/9999_tested.py"
    return Project("shop", files, (target,)), sql_in(
        data.encode() for one in SCENARIOS for path, data in one.files.items() if path.endswith(".py")
    )


def scenarios() -> list[Project]:
    """Each scenario of what migrations do to a server: its history, and the migration that is measured."""
    from effects.scenarios import SCENARIOS

    found = []
    for one in SCENARIOS:
        files = {path: text.encode() for path, text in one.files.items()}
        targets = tuple(path for path in files if path.endswith(".py") and Path(path).name[0].isdigit())
        found.append(Project(one.name, files, targets[-2:]))
    return found
