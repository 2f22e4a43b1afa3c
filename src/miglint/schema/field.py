"""What a field's attributes are in Django, once its constructor is through with the options that are written.

A class's own way with an option is in one table here, and the same in Django 3.2 to 6.1. Whether a field is a
column, and what existing rows hold in it, is in `schema.column`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.facts.fields import CallSite, Field
from miglint.facts.source import TOP
from miglint.facts.values import Literal, Value, truth_of

Attribute: TypeAlias = OneOf["type", "null", "unique", "db_index", "primary_key", "max_length"]


class Attributes(NamedTuple):
    """`type`, the class's name, and `null`, `_unique`, `db_index`, `primary_key` and `max_length` as Django's field
    has them; `unknown` names those that may be something else than what stands here.
    """

    type: str
    null: bool
    unique: bool
    db_index: bool
    primary_key: bool
    max_length: int | None
    unknown: tuple[Attribute, ...]


def attributes(field: Field) -> Attributes:
    if field.kind is not None and not field.opaque and _ATTRIBUTES.isdisjoint(field.options):
        return _unset(field.path, field.kind)
    return _attributes(field)


def is_primary_key(field: Field) -> bool:
    """`attributes(field).primary_key`, for those who ask it of every field of a model."""
    forced = _FORCED.get(field.kind or "", _NONE).get("primary_key")
    return truth_of(forced or field.options.get("primary_key"), False) is True


@cache
def _unset(path: str, kind: str) -> Attributes:
    """What a field has whose options say nothing of it."""
    return _attributes(Field(path, kind, {}, False, CallSite(TOP, TOP, {})))


def _attributes(field: Field) -> Attributes:
    unknown: list[Attribute] = [] if field.path else ["type"]
    kind = field.kind or ""
    may_hide = field.kind is None or field.opaque
    given: Mapping[str, Value] = field.options
    if kind in _IMPLIED or kind in _FORCED:
        given = {**_IMPLIED.get(kind, _NONE), **given, **_FORCED.get(kind, _NONE)}
    truths: list[bool] = []
    for option in _TRUTHS:
        value = given.get(option)
        answer = False if value is None else truth_of(value, False)
        if answer is None or (may_hide and _may_hide(field, option)):
            unknown.append(option)
        truths.append(bool(answer))
    null, unique, db_index, primary_key = truths
    longest = given.get("max_length")
    if (may_hide and _may_hide(field, "max_length")) or not _is_length(longest):
        unknown.append("max_length")
    return Attributes(
        type=field.path.rpartition(".")[2].lstrip("#"),
        null=null,
        unique=unique,
        db_index=db_index,
        primary_key=primary_key,
        max_length=longest.value if isinstance(longest, Literal) and isinstance(longest.value, int) else None,
        unknown=tuple(unknown),
    )


_TRUTHS: tuple[OneOf["null", "unique", "db_index", "primary_key"], ...] = ("null", "unique", "db_index", "primary_key")

_ATTRIBUTES = frozenset((*_TRUTHS, "max_length"))

_NONE: dict[str, Value] = {}

# Field.__init__ of a subclass that calls the next one with a value of its own, whatever it is given.
_FORCED: dict[str, dict[str, Value]] = {
    "NullBooleanField": {"null": Literal(True)},
    "OneToOneField": {"unique": Literal(True)},
    "CompositePrimaryKey": {"primary_key": Literal(True)},
    "IPAddressField": {"max_length": Literal(15)},
    "GenericIPAddressField": {"max_length": Literal(39)},
    "UUIDField": {"max_length": Literal(32)},
}

# … with a value of its own where it is given none.
_IMPLIED: dict[str, dict[str, Value]] = {
    "ForeignKey": {"db_index": Literal(True)},
    "OneToOneField": {"db_index": Literal(True)},
    "SlugField": {"db_index": Literal(True), "max_length": Literal(50)},
    "EmailField": {"max_length": Literal(254)},
    "CIEmailField": {"max_length": Literal(254)},
    "URLField": {"max_length": Literal(200)},
    "FileField": {"max_length": Literal(100)},
    "ImageField": {"max_length": Literal(100)},
    "FilePathField": {"max_length": Literal(100)},
}


# Kinds whose columns have a length that an option sets.
_LENGTHY = frozenset(
    {
        *("BinaryField", "CharField", "CommaSeparatedIntegerField", "EmailField", "FileField", "FilePathField"),
        *("ImageField", "SlugField", "TextField", "URLField", "CICharField", "CIEmailField", "CITextField"),
    }
)


def _may_hide(field: Field, option: Attribute) -> bool:
    """Whether an option that is not written may be set all the same: by `**`, or by a class that is not known."""
    if field.kind is None:
        return option not in field.options
    if not field.opaque or option in field.options or option in _FORCED.get(field.kind, _NONE):
        return False
    # A class may set what it likes for its own column, but not what its kind has no use for.
    if option == "max_length":
        return field.kind in _LENGTHY
    return field.kind != "ManyToManyField" or option == "null"


def _is_length(value: Value | None) -> bool:
    match value:
        case None | Literal(None):
            return True
        case Literal(known):
            return isinstance(known, int)
        case _:
            return False
