import dataclasses
from dataclasses import field
from typing import Any

import pytest

from miglint import records


@pytest.fixture(autouse=True)
def as_at_run_time(monkeypatch):
    monkeypatch.setattr(records, "FROZEN", False)


def both(body: dict[str, Any], **options: Any) -> tuple[Any, Any]:
    """The same class as a record, and as the standard library makes it."""
    made = [type("Point", (), dict(body)) for _ in range(2)]
    return records.dataclass(made[0], frozen=True, **options), dataclasses.dataclass(made[1], frozen=True, **options)


POINT: dict[str, Any] = {
    "__annotations__": {"x": float, "y": "tuple[int, ...]", "seen": dict},
    "y": (),
    "seen": field(default_factory=dict, compare=False, repr=False),
}
ONE: dict[str, Any] = {"__annotations__": {"x": object}}
NONE: dict[str, Any] = {"__annotations__": {}}


@pytest.mark.parametrize("options", [{}, {"slots": True}, {"slots": True, "kw_only": True}])
@pytest.mark.parametrize(("body", "given"), [(POINT, {"x": 1.5, "y": (1, 2)}), (ONE, {"x": "a"}), (NONE, {})])
def test_a_record_is_equal_hashed_shown_and_replaced_as_a_frozen_dataclass_is(options, body, given):
    record, frozen = both(body, **options)
    assert record(**given) == record(**given)
    assert hash(record(**given)) == hash(frozen(**given))
    assert repr(record(**given)) == repr(frozen(**given))
    assert record.__match_args__ == frozen.__match_args__
    assert dataclasses.asdict(record(**given)) == dataclasses.asdict(frozen(**given))
    assert record(**given) != frozen(**given)
    if given:
        assert record(**given) != record(**{**given, "x": 2})
        assert dataclasses.replace(record(**given), x=3) == record(**{**given, "x": 3})


def test_what_does_not_count_for_equality_does_not():
    record, _ = both(POINT)
    assert record(1, seen={"a": 1}) == record(1, seen={})
    assert hash(record(1, seen={"a": 1})) == hash(record(1))


def test_a_value_that_is_not_equal_to_itself_makes_a_record_that_is():
    nan = float("nan")
    record, frozen = both(ONE)
    assert record(nan) == record(nan)
    assert frozen(nan) == frozen(nan)


def test_who_is_told_apart_by_identity_stays_so():
    record, _ = both(ONE, eq=False)
    one = record(1)
    assert one != record(1)
    assert {one: 1}[one] == 1


def test_a_class_keeps_the_methods_of_its_own():
    def greet(self):
        return "hello"

    record, _ = both({**ONE, "__repr__": greet}, slots=True)
    assert repr(record(1)) == "hello"


def test_a_record_may_be_inherited_from_as_from_any_frozen_dataclass():
    base, _ = both(ONE)
    frozen = dataclasses.dataclass(frozen=True)(type("Child", (base,), {"__annotations__": {"y": int}, "y": 2}))
    assert frozen(1) == frozen(1, 2) != frozen(1, 3)
    assert hash(frozen(1)) == hash(frozen(1, 2))
    with pytest.raises(dataclasses.FrozenInstanceError):
        frozen(1).x = 2
    child = records.dataclass(type("Child", (base,), {"__annotations__": {"y": int}, "y": 2}), frozen=True)
    assert child(1) == child(1, 2) != child(1, 3)
    with pytest.raises(TypeError):
        dataclasses.dataclass(type("Child", (base,), {"__annotations__": {"y": int}, "y": 2}))


def test_the_tests_see_who_assigns(monkeypatch):
    monkeypatch.setattr(records, "FROZEN", True)
    record, _ = both(ONE)
    with pytest.raises(dataclasses.FrozenInstanceError):
        record(1).x = 2
