"""A place in a statement's tokens, and what every statement is made of: names, types, expressions."""

from __future__ import annotations

from collections.abc import Collection

from miglint.facts.target import Vendor
from miglint.sql.keywords import BARE_FUNCTIONS, NOT_CALLED, NOT_NAMED, RESERVED
from miglint.sql.statement import ColumnType, Expression
from miglint.sql.tokens import Token, identifier


class UnreadableError(Exception):
    """Why a statement cannot be read: the end of "unknown because …"."""


class Cursor:
    """Reads tokens from left to right; what is not as expected raises UnreadableError."""

    __slots__ = ("at", "dialect", "last", "sql", "tokens", "words")

    def __init__(self, sql: str, tokens: list[Token], dialect: Vendor) -> None:
        self.sql = sql
        self.tokens = tokens
        # Three more, so that looking ahead never falls off the end.
        self.words = [token.word for token in tokens] + ["", "", "", ""]
        self.at = 0
        self.last = len(tokens)
        self.dialect = dialect

    # --- words ---

    @property
    def word(self) -> str:
        return self.words[self.at]

    @property
    def done(self) -> bool:
        return self.at >= self.last

    def take(self, *words: str) -> bool:
        """Whether these come next; passes them if so."""
        at = self.at
        for word in words:
            if self.words[at] != word:
                return False
            at += 1
        self.at = at
        return True

    def take_any(self, words: Collection[str]) -> str | None:
        word = self.words[self.at]
        if word and word in words:
            self.at += 1
            return word
        return None

    def expect(self, *words: str) -> None:
        if not self.take(*words):
            raise self.unreadable()

    def unreadable(self) -> UnreadableError:
        if self.done:
            return UnreadableError("it ends where more was to come")
        return UnreadableError(f"it cannot be read from {self.tokens[self.at].text[:40]!r} on")

    def if_exists(self) -> bool:
        return self.take("if", "exists")

    def if_not_exists(self) -> bool:
        return self.take("if", "not", "exists")

    def cascade(self) -> bool:
        if self.take("cascade"):
            return True
        self.take("restrict")
        return False

    def finish(self) -> None:
        if not self.done:
            raise self.unreadable()

    # --- names ---

    def name(self) -> str:
        """A name that is not qualified, folded and cut."""
        if self.at >= self.last:
            raise self.unreadable()
        token = self.tokens[self.at]
        if token.kind == "word":
            if token.word in RESERVED:
                raise self.unreadable()
        elif token.kind != "quoted":
            raise self.unreadable()
        self.at += 1
        return self.cut(token)

    def label(self) -> str:
        """A name where any word will do: after a dot, after AS."""
        if self.at >= self.last or self.tokens[self.at].kind not in ("word", "quoted"):
            raise self.unreadable()
        self.at += 1
        return self.cut(self.tokens[self.at - 1])

    def cut(self, token: Token) -> str:
        name = identifier(token)
        if len(name) > 15 and self.dialect == "postgresql" and len(encoded := name.encode(errors="replace")) > 63:
            return encoded[:63].decode(errors="ignore")
        return name

    def qualified(self) -> str:
        """A table's name, or that of anything else in a schema: `public` goes without saying."""
        first = self.name()
        if self.words[self.at] != ".":
            return first
        parts = [first]
        while self.take("."):
            parts.append(self.label())
        return ".".join(parts[-2:]) if parts[-2] != "public" else parts[-1]

    def qualified_list(self) -> tuple[str, ...]:
        found = [self.qualified()]
        while self.take(","):
            found.append(self.qualified())
        return tuple(found)

    def names_in_parentheses(self) -> tuple[str, ...]:
        self.expect("(")
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        self.expect(")")
        return tuple(found)

    # --- passing over ---

    def skip_parentheses(self) -> None:
        self.at = self.closing() + 1

    def closing(self) -> int:
        """Where the parenthesis closes that opens here."""
        if self.word != "(":
            raise self.unreadable()
        depth = 0
        for at in range(self.at, self.last):
            word = self.words[at]
            if word == "(":
                depth += 1
            elif word == ")":
                depth -= 1
                if not depth:
                    return at
        raise UnreadableError("a parenthesis is not closed")

    def skip_to(self, *words: str) -> bool:
        """Stands on the first of these outside parentheses, or at the end: then it is False."""
        depth = 0
        for at in range(self.at, self.last):
            word = self.words[at]
            if not depth and word and word in words:
                self.at = at
                return True
            if word == "(" or word == "[":
                depth += 1
            elif word == ")" or word == "]":
                depth -= 1
                if depth < 0:
                    break
        else:
            at = self.last
        self.at = at
        return False

    def text(self, first: int, end: int) -> str:
        """The text of the tokens from `first` to before `end`."""
        if end <= first:
            return ""
        return self.sql[self.tokens[first].start : self.tokens[end - 1].end]

    # --- expressions ---

    def expression(self, stops: Collection[str] = ()) -> Expression:
        """Up to a comma, a closing parenthesis or one of the words, outside parentheses and CASE; never empty."""
        first = self.at
        depth = 0
        words = self.words
        at = first
        while at < self.last:
            word = words[at]
            if not depth and at > first and word and word in stops and words[at - 1] != ".":
                break
            if word == "(" or word == "[" or word == "case":
                depth += 1
            elif word == ")" or word == "]" or (word == "end" and depth):
                if not depth:
                    break
                depth -= 1
            elif word == "," and not depth:
                break
            at += 1
        if at == first:
            raise self.unreadable()
        self.at = at
        return self.expression_of(first, at)

    def expression_in_parentheses(self) -> Expression:
        """What the parentheses hold, without them."""
        closing = self.closing()
        first = self.at + 1
        if closing == first:
            self.at = closing
            raise self.unreadable()
        self.at = closing + 1
        return self.expression_of(first, closing)

    def expression_of(self, first: int, end: int) -> Expression:
        functions, names = self.uses(first, end)
        return Expression(self.text(first, end), functions, names)

    def uses(self, first: int, end: int) -> tuple[frozenset[str], frozenset[str]]:
        """The functions that are called between two tokens, and the names that may be columns."""
        tokens, words = self.tokens, self.words
        functions: set[str] = set()
        names: set[str] = set()
        at = first
        while at < end:
            kind = tokens[at].kind
            word = words[at]
            if kind == "word":
                following = words[at + 1] if at + 1 < end else ""
                if following == "(":
                    if word not in NOT_CALLED or (at and words[at - 1] == "."):
                        functions.add(self._function(at, first))
                elif word in NOT_NAMED:
                    if word == "collate":
                        at = self._after_qualified(at + 1, end)
                        continue
                    if word == "as" and words[at - 1] != "(":
                        at = self.after_cast(at + 1, end)
                        continue
                elif word in BARE_FUNCTIONS:
                    functions.add(word)
                elif following in ("with", "without") and word in ("time", "timestamp"):
                    # TIMESTAMP WITH TIME ZONE '2026-01-01'
                    at += 4
                    continue
                elif word == "at" and (following == "time" or following == "local"):
                    at += 3 if following == "time" else 2
                    continue
                elif following != "." and not (at + 1 < end and tokens[at + 1].kind == "string"):
                    names.add(self.cut(tokens[at]))
            elif kind == "quoted":
                following = words[at + 1] if at + 1 < end else ""
                if following == "(":
                    functions.add(self._function(at, first))
                elif following != ".":
                    names.add(self.cut(tokens[at]))
            elif word == "::":
                at = self.after_cast(at + 1, end)
                continue
            at += 1
        return frozenset(functions), frozenset(names)

    def _function(self, at: int, first: int) -> str:
        name = self.cut(self.tokens[at])
        if at - 2 >= first and self.words[at - 1] == ".":
            schema = self.cut(self.tokens[at - 2])
            return name if schema in ("pg_catalog", "public") else f"{schema}.{name}"
        return name

    def _after_qualified(self, at: int, end: int) -> int:
        while at + 1 < end and self.words[at + 1] == ".":
            at += 2
        return at + 1

    def after_cast(self, at: int, end: int) -> int:
        """After a type, or where there is none, where it stood."""
        before, last = self.at, self.last
        self.at, self.last = at, end
        try:
            self.type()
            return self.at
        except UnreadableError:
            return at
        finally:
            self.at, self.last = before, last

    # --- types ---

    def type(self) -> ColumnType:
        self.take("setof")
        found = self._scalar()
        while True:
            # ARRAY[4] is [4].
            if self.take("array") and self.word != "[":
                found = ColumnType("array", (), found)
            elif self.take("["):
                found = ColumnType("array", self._array_size(), found)
            else:
                return found

    def _array_size(self) -> tuple[int, ...]:
        """After the bracket that opens; the server heeds no size."""
        sizes: tuple[int, ...] = ()
        if self.at < self.last and self.tokens[self.at].kind == "number":
            text = self.tokens[self.at].text
            sizes = (int(text),) if text.isdecimal() else ()
            self.at += 1
        self.expect("]")
        return sizes

    def _scalar(self) -> ColumnType:
        if self.at >= self.last:
            raise self.unreadable()
        token = self.tokens[self.at]
        if token.kind == "quoted" and token.text == '"char"':
            self.at += 1
            return ColumnType('"char"')
        name = self.qualified()
        name = name.removeprefix("pg_catalog.")
        if name in _INTERVAL:
            return self._interval()
        if name == "double":
            if not self.take("precision"):
                return ColumnType(name, self._sizes())
            return ColumnType("double precision")
        if name == "national":
            if not self.take("character"):
                self.take("char")
            name = "character"
        if name in ("character", "char", "nchar", "bit"):
            varying = self.take("varying")
            sizes = self._sizes()
            if name == "bit":
                return ColumnType("bit varying", sizes) if varying else ColumnType("bit", sizes or (1,))
            return ColumnType("varchar", sizes) if varying else ColumnType("char", sizes or (1,))
        if name in ("time", "timestamp"):
            sizes = self._sizes()
            if self.take("with", "time", "zone"):
                return ColumnType(f"{name} with time zone", sizes)
            self.take("without", "time", "zone")
            return ColumnType(name, sizes)
        if self.take("%"):
            # Of another column's type: known to the server alone.
            raise UnreadableError("the type is another column's")
        first = self.at
        sizes = self._sizes()
        name = _TYPE_NAMES.get(name, name)
        if not sizes and self.at > first:
            # geometry(Point, 4326): what the type makes of it is its own affair.
            return ColumnType(f"{name}{self.text(first, self.at).lower()}")
        if name == "float":
            return ColumnType("real" if sizes and sizes[0] <= 24 else "double precision")
        if name == "numeric" and len(sizes) == 1:
            return ColumnType(name, (sizes[0], 0))
        if self.dialect in ("mysql", "mariadb"):
            if self.take("unsigned"):
                name += " unsigned"
            if self.take("character", "set") or self.take("charset"):
                self.label()
        return ColumnType(name, sizes)

    def _interval(self) -> ColumnType:
        name = "interval"
        if sizes := self._sizes():
            return ColumnType(name, sizes)
        if field := self.take_any(_FIELDS):
            name = f"interval {field}"
            if self.take("to"):
                to = self.take_any(_FIELDS)
                if to is None:
                    raise self.unreadable()
                name = f"{name} to {to}"
            return ColumnType(name, self._sizes())
        return ColumnType(name)

    def _sizes(self) -> tuple[int, ...]:
        """A type's length, or precision and scale; none where its modifiers are no numbers."""
        if self.word != "(":
            return ()
        first, closing = self.at + 1, self.closing()
        self.at = closing + 1
        text = self.text(first, closing)
        try:
            return tuple(int(size) for size in text.split(","))
        except ValueError:
            return ()


_INTERVAL = frozenset({"interval"})
_FIELDS = frozenset({"year", "month", "day", "hour", "minute", "second"})
_TYPE_NAMES = {
    "int": "integer",
    "int4": "integer",
    "int2": "smallint",
    "int8": "bigint",
    "dec": "numeric",
    "decimal": "numeric",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "bpchar": "char",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "varbit": "bit varying",
}
SERIALS = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}
