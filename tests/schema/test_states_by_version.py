"""What people get wrong about Django's state, case by case, in the versions of Django between which answers change.

Django up to 5.2 is asked live. The answers of 6.0 and 6.1, which need Python 3.12, are stored beside the script that
made them, and asked for anew where there is such a Python.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from schema_of import described, state_of, tables
from state_truth.ask import LIVE, STORED, ask, newer_python, stored
from state_truth.cases import cases

from miglint.schema.model import implicit_auto_field

EVERY = [(django, case) for django in (*LIVE, *STORED) for case in cases(django)]


@pytest.mark.parametrize(("django", "case"), EVERY)
def test_the_state_is_the_one_that_django_has(django: tuple[int, int], case: str) -> None:
    truth = truth_of(django)["answers"][case]
    state = state_of(cases(django)[case])
    assert described(state) == truth["models"]


@pytest.mark.parametrize(("django", "case"), EVERY)
def test_the_tables_and_columns_are_those_that_django_makes_of_the_state(django: tuple[int, int], case: str) -> None:
    truth = truth_of(django)["answers"][case]
    if truth["tables"] is not None:
        assert tables(state_of(cases(django)[case])) == truth["tables"]


@pytest.mark.parametrize("django", [*LIVE, *STORED])
def test_an_id_that_nobody_wrote_is_of_the_class_that_the_version_has_for_it(django: tuple[int, int]) -> None:
    assert implicit_auto_field(None, django) == truth_of(django)["auto_field"]


def test_stored_answers_are_those_of_every_case() -> None:
    for django in STORED:
        assert stored(django)["answers"].keys() == cases(django).keys()


def test_stored_answers_are_what_such_a_django_says_where_there_is_one() -> None:
    python = newer_python()
    for django in STORED if python is not None else ():
        assert ask(django, python) == stored(django)


@cache
def truth_of(django: tuple[int, int]) -> dict[str, Any]:
    return stored(django) if django in STORED else ask(django)
