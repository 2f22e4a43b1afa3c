"""Frozen dataclasses that cost little: to mypy and in the tests they are what `dataclasses` makes of them.

At run time nothing stops an assignment, and equality, hash and repr are not generated for each class. Of 250 classes
that makes up a third of what importing miglint takes, and one of them is made in a quarter of the time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

# Whether an assignment raises FrozenInstanceError: as the tests set it before they import anything else.
FROZEN = False

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type[Any] | None = None, /, *, frozen: bool = False, eq: bool = True, **options: Any) -> Any:
        """`dataclasses.dataclass`; `frozen` asks for records."""
        if cls is None:
            return lambda given: dataclass(given, frozen=frozen, eq=eq, **options)
        if FROZEN or not frozen:
            return dataclasses.dataclass(cls, frozen=frozen, eq=eq, **options)
        if cls.__doc__ is None:
            # Else it would be made from the signature, at some expense.
            cls.__doc__ = cls.__name__
        bases = [base for base in cls.__mro__[1:] if base in _RECORDS]
        _say(bases, frozen=False)
        try:
            made = dataclasses.dataclass(cls, eq=False, repr=False, **options)
        finally:
            _say(bases, frozen=True)
        # Whoever inherits from a record with `dataclasses.dataclass(frozen=True)` may do so: rules of others do.
        _RECORDS.add(made)
        _say([made], frozen=True)
        values = _getter([one.name for one in dataclasses.fields(made) if one.compare])

        def equal(self: Any, other: Any) -> bool:
            return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

        def hashed(self: Any) -> int:
            return hash(values(self))

        methods = {"__repr__": _repr, "__eq__": equal, "__hash__": hashed} if eq else {"__repr__": _repr}
        for name, method in methods.items():
            if name not in cls.__dict__ or (name == "__hash__" and cls.__dict__[name] is None):
                setattr(made, name, method)
        return made


# Those that only say that they are frozen; classes live as long as the program does.
_RECORDS: set[type[Any]] = set()


def _say(classes: Iterable[Any], *, frozen: bool) -> None:
    for one in classes:
        one.__dataclass_params__.frozen = frozen


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple([getattr(record, name) for name in names])


def _repr(self: Any) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"
