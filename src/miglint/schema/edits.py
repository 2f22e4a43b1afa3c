"""What two versions of one migration say differently, as far as a database or a later migration could tell.

Layout, comments, labels for people and new ways back make no difference; nor does what is not known of either.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from miglint.facts.fields import Constraint, Field, Index
from miglint.facts.migration import (
    AnyDependency,
    Dependency,
    MalformedDependency,
    Migration,
    MigrationKey,
    SwappableDependency,
)
from miglint.facts.operations import CreateModel, NamedField, Operation, UnknownOperation
from miglint.facts.repository import Functions
from miglint.facts.source import Span
from miglint.facts.values import Argument, Call, Digest, Literal, Parameter, Reference, Sequence, Unresolved, Value
from miglint.facts.values import Mapping as MappingValue
from miglint.schema.alteration import same
from miglint.schema.describe import describe


class Edit(NamedTuple):
    """One difference: `what` is a clause about the newer version, `span` where it is there, or would be.

    `needs` is the migration on which the newer version depends besides, where that is the difference.
    """

    what: str
    span: Span
    needs: MigrationKey | None = None


class Version(NamedTuple):
    """A migration, and digests of what its file's functions do."""

    migration: Migration
    functions: Functions


def edits(
    then: Version,
    now: Version,
    meant: Callable[[MigrationKey], MigrationKey] = lambda key: key,
    gone: Callable[[MigrationKey], bool] = lambda key: False,
) -> tuple[Edit, ...]:
    """`meant` says which migration stands for one that was renamed or squashed, `gone` which has no file any more."""
    return (*_Edits(then, now).found(), *_attribute_edits(then.migration, now.migration, meant, gone))


def does_the_same(then: Version, now: Version) -> bool:
    """Whether the operations are the same, and there are any."""
    return bool(then.migration.operations) and not _Edits(then, now).found()


# Labels for people, and what forms and `full_clean()` look at. https://docs.djangoproject.com/en/stable/ref/models/fields/
_FOR_PEOPLE = frozenset({"choices", "editable", "error_messages", "help_text", "validators", "verbose_name"})
_OPTIONS_FOR_PEOPLE = frozenset({"verbose_name", "verbose_name_plural"})

# What it comes to if an option is not there, whatever the field.
_ABSENT: Mapping[str, Value] = {
    **dict.fromkeys(("blank", "null", "primary_key", "unique", "auto_created"), Literal(False)),
    **dict.fromkeys(("db_column", "db_comment", "db_tablespace", "max_length", "serialize"), Literal(None)),
    "serialize": Literal(True),
}

# A way back may be added or mended: what was applied stays as it is.
_WAYS_BACK = frozenset({"reverse_code", "reverse_sql"})


class _Edits:
    def __init__(self, then: Version, now: Version) -> None:
        self.then, self.now = then, now

    def found(self) -> list[Edit]:
        around = self.now.migration.attribute_spans.get("operations", self.now.migration.span)
        return list(self._operations(self.then.migration.operations, self.now.migration.operations, around))

    def _operations(self, then: tuple[Operation, ...], now: tuple[Operation, ...], around: Span) -> Iterator[Edit]:
        titles = [describe(one) for one in then]
        matcher = SequenceMatcher(None, titles, [describe(one) for one in now], autojunk=False)
        for tag, start, end, here, until in matcher.get_opcodes():
            if tag == "equal" or (tag == "replace" and _alike(then[start:end], now[here:until])):
                for one, other in zip(then[start:end], now[here:until], strict=True):
                    yield from self._operation(one, other)
                continue
            if any(_is_several(one) for one in (*then[start:end], *now[here:until])):
                continue
            place = now[here - 1].site.span if here else around
            for one in then[start:end]:
                yield Edit(f"'{describe(one)}' is gone", place)
            for one in now[here:until]:
                yield Edit(f"'{describe(one)}' is new", one.site.span)

    def _operation(self, then: Operation, now: Operation) -> Iterator[Edit]:
        title = describe(now)
        if type(then) is not type(now):
            yield Edit(f"'{describe(then)}' became '{title}'", now.site.span)
            return
        if _path(then) != _path(now):
            yield Edit(f"'{title}': {_path(then) or 'the built-in class'} became {_path(now) or 'it'}", now.site.span)
        for one in dataclasses.fields(then):
            name = one.name
            if name in ("site", "call", "subclass", "arguments", "function", "reason", "several", "state"):
                continue
            before, after = getattr(then, name), getattr(now, name)
            place = now.site.arguments.get(name, now.site.span)
            for edit in self._part(name, before, after, now, place):
                yield edit._replace(what=f"'{title}': {edit.what}") if not edit.what.startswith("'") else edit

    def _part(self, name: str, then: object, now: object, operation: Operation, place: Span) -> Iterator[Edit]:
        match then, now:
            case Field() | Index() | Constraint(), Field() | Index() | Constraint():
                yield from self._built(then, now)
            case tuple(), tuple() if isinstance(operation, CreateModel) and name == "fields":
                yield from self._fields(then, now, place)
            case tuple(), tuple():
                yield from self._operations(then, now, operation.site.span)
            case (None, _) if name in _WAYS_BACK:
                return
            case (_, None) if name in _WAYS_BACK:
                yield Edit(f"{name} is gone, so it cannot be undone", place)
            case _ if name in _WAYS_BACK:
                return
            case (Unresolved(), _) | (_, Unresolved()):
                return
            case Mapping(), Mapping():
                yield from self._options(then, now, _OPTIONS_FOR_PEOPLE, lambda option: place)
            case str(), str():
                if then != now and not (name in ("model_name", "name") and then.lower() == now.lower()):
                    yield Edit(f"{name} '{then}' became '{now}'", place)
            case bool(), bool():
                if then != now:
                    yield Edit(f"{name}={then} became {name}={now}", place)
            case _:
                if self._differ(_usual(name, then), _usual(name, now)):
                    yield Edit(_change(name, _value(then), _value(now)), place)

    def _fields(self, then: tuple[object, ...], now: tuple[object, ...], place: Span) -> Iterator[Edit]:
        whole = not any(isinstance(one, Unresolved) for one in (*then, *now))
        before, after = _named(then), _named(now)
        for name in (*before, *(name for name in after if name not in before)):
            if name in before and name in after:
                for edit in self._built(before[name], after[name]):
                    yield edit._replace(what=f"field '{name}': {edit.what}")
            elif whole:
                gone = name in before
                yield Edit(f"field '{name}' is {'gone' if gone else 'new'}", place if gone else after[name].site.span)

    def _built(self, then: Field | Index | Constraint, now: Field | Index | Constraint) -> Iterator[Edit]:
        if _class_of(then) != _class_of(now):
            yield Edit(f"{_last(then.path)} became {_last(now.path)}", now.site.callee)
        elif not (then.opaque or now.opaque):
            left_out = _FOR_PEOPLE if isinstance(now, Field) else frozenset[str]()
            spans = now.site.arguments
            yield from self._options(
                then.options, now.options, left_out, lambda option: spans.get(option, now.site.span)
            )

    def _options(
        self,
        then: Mapping[str, Value],
        now: Mapping[str, Value],
        left_out: frozenset[str],
        place: Callable[[str], Span],
    ) -> Iterator[Edit]:
        for option in dict.fromkeys((*then, *now)):
            if option not in left_out:
                before, after = then.get(option, _ABSENT.get(option)), now.get(option, _ABSENT.get(option))
                if self._differ(before, after):
                    yield Edit(_change(option, then.get(option), now.get(option)), place(option))

    def _differ(self, then: object, now: object) -> bool:
        match then, now:
            case (None, None):
                return False
            case (Unresolved(), _) | (_, Unresolved()):
                return False
            case Reference(path), Reference(other) if path.startswith("#") and other.startswith("#"):
                before, after = self.then.functions.get(path[1:]), self.now.functions.get(other[1:])
                return before is not None and after is not None and before != after
            case Literal(str(text)), Literal(str(other)):
                return text.split() != other.split()
            case _:
                return same(_value(then), _value(now)) is False


def _alike(then: Iterable[Operation], now: Iterable[Operation]) -> bool:
    return [type(one) for one in then] == [type(one) for one in now]


def _is_several(operation: Operation) -> bool:
    return isinstance(operation, UnknownOperation) and operation.several


def _path(operation: Operation) -> str:
    if isinstance(operation, UnknownOperation):
        return operation.function.path if isinstance(operation.function, Reference) else ""
    return operation.subclass.path if operation.subclass is not None else ""


def _class_of(built: Field | Index | Constraint) -> str:
    """Django's own classes have several addresses."""
    ours = built.path.startswith("django.") and built.kind is not None
    return built.kind or "" if ours else built.path


def _named(fields: tuple[object, ...]) -> dict[str, Field]:
    return {one.name: one.field for one in fields if isinstance(one, NamedField) and isinstance(one.name, str)}


def _value(part: object) -> Value | None:
    if part is None or isinstance(
        part, Literal | Reference | Parameter | Call | Sequence | MappingValue | Digest | Unresolved
    ):
        return part
    return Literal(part) if isinstance(part, str | bool | int) else None


def _usual(name: str, part: object) -> object:
    """What an argument that is left out comes to."""
    match name, part:
        case "managers", Sequence(items=()):
            return None
        case "bases", Sequence(items=(Reference("django.db.models.Model" | "django.db.models.base.Model"),)):
            return None
        case "reverse_sql" | "reverse_code", Literal(None):
            return None
        case _:
            return part


def _change(name: str, then: Value | None, now: Value | None) -> str:
    """`max_length=100 became max_length=200`."""
    before, after = shown(then), shown(now)
    if then is None:
        return f"{name}={after} is new"
    if now is None:
        return f"{name}={before} is gone"
    return f"{name} is not what it was" if before == after else f"{name}={before} became {name}={after}"


# More than this is not shown in a message.
_LONG = 40


def shown(value: Value | None) -> str:
    """A value as it is written, cut short where it is long."""
    match value:
        case None:
            text = "None"
        case Literal(constant):
            text = repr(constant)
        case Reference(path):
            text = _last(path)
        case Sequence(kind, items):
            start, end = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}")}[kind]
            text = f"{start}{', '.join(map(shown, items))}{',' if kind == 'tuple' and len(items) == 1 else ''}{end}"
        case MappingValue(pairs):
            text = "{" + ", ".join(f"{shown(key)}: {shown(item)}" for key, item in pairs) + "}"
        case Call(function, arguments):
            text = f"{shown(function)}({', '.join(map(_argument, arguments))})"
        case Parameter() | Digest() | Unresolved():
            text = "…"
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def _argument(argument: Argument) -> str:
    name = argument.name
    if name is None or name.startswith("*"):
        return f"{name or ''}{shown(argument.value)}"
    return f"{name}={shown(argument.value)}"


def _last(path: str) -> str:
    return path.rpartition(".")[2].lstrip("#") or "…"


# What stands around the operations.


def _attribute_edits(
    then: Migration,
    now: Migration,
    meant: Callable[[MigrationKey], MigrationKey],
    gone: Callable[[MigrationKey], bool],
) -> Iterator[Edit]:
    for attribute in ("dependencies", "run_before", "replaces"):
        before, after = _entries(getattr(then, attribute), meant), _entries(getattr(now, attribute), meant)
        if before is None or after is None:
            continue
        place = now.attribute_spans.get(attribute, now.span)
        if attribute == "replaces":
            # A squash that is finished: nothing of what it replaced is left.
            before, after = _entries(then.replaces), _entries(now.replaces)
            if not after and all(gone(key) for key in before or () if isinstance(key, MigrationKey)):
                continue
        own = {then.key, now.key}
        for one in sorted(set(before or ()) - set(after or ()) - own, key=str):
            yield Edit(f"{attribute} no longer names {_pair(one)}", place)
        for one in sorted(set(after or ()) - set(before or ()) - own, key=str):
            needs = one if attribute == "dependencies" and isinstance(one, MigrationKey) else None
            yield Edit(f"{attribute} names {_pair(one)} besides", place, needs)
    if isinstance(then.atomic, bool) and isinstance(now.atomic, bool) and then.atomic != now.atomic:
        yield Edit(f"atomic={then.atomic} became atomic={now.atomic}", now.attribute_spans.get("atomic", now.span))
    if _is_initial(then) != _is_initial(now):
        yield Edit(
            f"it is {'an' if _is_initial(now) else 'no'} initial migration",
            now.attribute_spans.get("initial", now.span),
        )


def _entries(
    entries: Iterable[AnyDependency], meant: Callable[[MigrationKey], MigrationKey] = lambda key: key
) -> list[MigrationKey | str] | None:
    """What is named; None where that is not all known."""
    found: list[MigrationKey | str] = []
    for entry in entries:
        match entry:
            case Dependency(key):
                found.append(meant(key))
            case SwappableDependency(setting):
                found.append(f"settings.{setting}")
            case MalformedDependency(text):
                found.append(text)
            case Unresolved():
                return None
    return found


def _pair(one: MigrationKey | str) -> str:
    return f"('{one.app_label}', '{one.name}')" if isinstance(one, MigrationKey) else one


def _is_initial(migration: Migration) -> bool:
    """Django's own guess where the migration does not say: nothing before it in its app."""
    if migration.initial is not None:
        return migration.initial
    return not any(
        isinstance(one, Dependency) and one.key.app_label == migration.key.app_label for one in migration.dependencies
    )
