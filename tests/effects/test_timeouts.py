import pytest
from written import UNKNOWN

from miglint.effects.timeouts import has_timeout, is_limit
from miglint.facts.source import TOP
from miglint.facts.values import Literal, Mapping


def settings(options: object) -> dict[str, object]:
    value = options
    for key in ("options", "OPTIONS", "default"):
        value = Mapping(((Literal(key), value if isinstance(value, Mapping) else Literal(value)),), TOP)
    return {"DATABASES": value}


@pytest.mark.parametrize(
    "options",
    [
        "",
        "-c search_path=shop",
        "-c lock_timeout=0",
        "-c lock_timeout=0ms",
        "-c deadlock_timeout=1s",
        "-c",
        "lock_timeout=2s",
    ],
)
def test_options_without_a_limit_have_none(options):
    assert has_timeout(settings(options)) is False


def test_what_is_not_in_the_settings_or_not_known_is_no_limit():
    assert has_timeout({}) is False
    assert has_timeout({"DATABASES": UNKNOWN}) is False


@pytest.mark.parametrize(
    "options",
    [
        "-c lock_timeout=2s",
        "-clock_timeout=2000",
        "--lock_timeout=2000",
        "--lock-timeout=2s",
        "-c a=b -c statement_timeout=9s",
    ],
)
def test_libpqs_options_may_set_one(options):
    assert has_timeout(settings(options)) is True


@pytest.mark.parametrize(
    ("value", "limits"), [("'2s'", True), ("500", True), ("'0'", False), ("0", False), ("'0 ms'", False)]
)
def test_nought_is_no_limit(value, limits):
    assert is_limit(value) is limits
