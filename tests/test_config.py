"""Settings: what they mean, and what is said of those that mean nothing."""

from __future__ import annotations

import pytest

from miglint.config import (
    Config,
    ConfigError,
    Selection,
    all_codes,
    database,
    django,
    from_mapping,
    override,
    selectors,
)
from miglint.facts.target import Database
from miglint.findings import Severity


def family(prefix: str) -> set[str]:
    return {code for code in all_codes() if code.startswith(prefix)}


def test_every_key_of_the_contract_is_read() -> None:
    config = from_mapping(
        {
            "select": ["MIG1", "MIG301"],
            "ignore": ["MIG104"],
            "extend-select": ["MIG501"],
            "per-file-ignores": {"legacy/*": ["MIG5"]},
            "exclude": ["vendor"],
            "database": "postgresql:16",
            "django": "4.2",
            "fail-on": "error",
            "large-tables": ["shop_order"],
            "apps": {"dojo": "dojo/db_migrations"},
            "external-apps": ["taggit"],
            "base-ref": "origin/main",
            "require-reason": True,
            "rules": {"rewriting-add-field": {"severity": "warning"}},
        },
        "pyproject.toml",
    )
    assert config.database == Database("postgresql", (16,))
    assert config.django == (4, 2)
    assert config.fail_on is Severity.ERROR
    assert config.large_tables == ("shop_order",)
    assert config.per_file_ignores == {"legacy/*": ("MIG5",)}
    assert config.severity("MIG301", "rewriting-add-field", Severity.ERROR) is Severity.WARNING
    assert config.selected() == family("MIG1") - {"MIG104"} | {"MIG301", "MIG501"}


def test_every_problem_is_said_at_once_with_the_closest_word() -> None:
    with pytest.raises(ConfigError) as raised:
        from_mapping(
            {
                "selct": ["MIG1"],
                "ignore": ["MIG999"],
                "fail-on": "fatal",
                "exclude": "vendor",
                "django": 5.2,
                "base-ref": True,
                "rules": {"rewriting-add-feild": {}, "missing-init": {"speed": 1}},
            },
            "miglint.toml",
        )
    assert raised.value.problems == (
        "miglint.toml: unknown key 'selct' (did you mean 'select'?).",
        "miglint.toml: 'ignore' names no rule: 'MIG999'.",
        "miglint.toml: 'fail-on' must be one of error, warning, info.",
        "miglint.toml: 'exclude' must be a list of strings.",
        "miglint.toml: 'django' must be a string.",
        "miglint.toml: 'base-ref' must be a string.",
        "miglint.toml: 'rules' names no rule: 'rewriting-add-feild' (did you mean 'rewriting-add-field'?).",
        "miglint.toml: 'rules' missing-init: unknown key 'speed'.",
    )


def selection(*sources: Selection) -> frozenset[str]:
    return Config(selections=sources).selected()


def test_by_default_every_default_rule_takes_part() -> None:
    assert {"MIG001", "MIG003", "MIG101", "MIG601"} <= Config().selected()


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([Selection(select=("MIG10",))], family("MIG10")),
        ([Selection(select=("MIG101", "MIG102"), ignore=("MIG1",))], {"MIG101", "MIG102"}),
        ([Selection(select=("MIG10",), ignore=("MIG101",))], family("MIG10") - {"MIG101"}),
        ([Selection(select=("MIG1",)), Selection(select=("MIG501",))], {"MIG501"}),
        ([Selection(select=("MIG501",)), Selection(ignore=("MIG501",))], set()),
        ([Selection(select=("MIG501",)), Selection(extend_select=("MIG502",))], {"MIG501", "MIG502"}),
        ([Selection(select=("MIG501",), ignore=("MIG502",)), Selection(extend_select=("MIG5",))], family("MIG5")),
    ],
)
def test_the_longer_selector_wins_and_the_command_line_beats_the_file(
    sources: list[Selection], expected: set[str]
) -> None:
    assert selection(*sources) == frozenset(expected)


def test_all_selects_everything_and_may_be_narrowed() -> None:
    assert "MIG101" in selection(Selection(select=("ALL",)))
    assert "MIG101" not in selection(Selection(select=("ALL",), ignore=("MIG101",)))


def test_selectors_are_read_in_any_case_and_unknown_ones_named() -> None:
    assert selectors(["mig1", " all "]) == ("MIG1", "ALL")
    with pytest.raises(ConfigError) as raised:
        selectors(["E501", "MIG101"])
    assert raised.value.problems == ("names no rule: 'E501' (did you mean 'MIG501'?).",)


def test_versions_are_read() -> None:
    assert database("postgres:16") == Database("postgresql", (16,))
    assert database("mysql:8.0.36") == Database("mysql", (8, 0, 36))
    assert str(database("postgresql")) == "postgresql"
    assert django("5.2.4") == (5, 2)


@pytest.mark.parametrize("text", ["mongo", "postgresql:new", ""])
def test_what_is_no_database_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        database(text)


def test_what_the_command_line_does_not_say_is_left_as_it_is() -> None:
    config = from_mapping({"django": "4.2", "select": ["MIG1"]})
    assert override(config) == config
    assert override(config, django=(5, 0)).django == (5, 0)
    assert override(config, selection=Selection(select=("MIG501",))).selected() == {"MIG501"}
