"""Settings: a mapping in, a frozen `Config` or every problem at once out. Reads no file."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, get_args

from miglint.facts.sizes import LARGE_ROWS, SMALL_ROWS
from miglint.facts.target import Database, Vendor, Version
from miglint.findings import Severity
from miglint.records import dataclass
from miglint.rules import ALL_RULES
from miglint.rules.base import Rule

# MIG003 is made by `suppress`, not by a rule, and is selected like any other.
UNUSED_SUPPRESSION = "MIG003"


class ConfigError(Exception):
    """Settings that cannot be used: `problems` holds every one of them, each a sentence for people."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Selection:
    """Selectors of one source (a settings file, the command line): codes, prefixes of codes, `ALL`."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """`path` is the settings file, relative to the tree's root, or None; `selections` from weakest to strongest.

    `rules` holds, by rule name, that rule's severity and options as given and checked.
    """

    path: str | None = None
    # Where the file's patterns start from.
    folder: str = "."
    selections: tuple[Selection, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    database: Database | None = None
    django: Version | None = None
    fail_on: Severity = Severity.WARNING
    large_tables: tuple[str, ...] = ()
    # A CSV file, from `folder`; how many rows make a table large, and fewer than how many small.
    table_statistics: str | None = None
    large_table_rows: int = LARGE_ROWS
    small_table_rows: int = SMALL_ROWS
    external_apps: tuple[str, ...] = ()
    # A file of accepted findings, from `folder`.
    baseline: str | None = None
    require_reason: bool = False
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def selected(self) -> frozenset[str]:
        """The codes that take part. A later `select` starts afresh; in one source the longer selector wins."""
        chosen = {rule.code for rule in ALL_RULES if rule.default} | {UNUSED_SUPPRESSION}
        for selection in self.selections:
            if selection.select is not None:
                chosen = set()
            ranked = [(selector, True) for selector in (*(selection.select or ()), *selection.extend_select)]
            ranked += [(selector, False) for selector in selection.ignore]
            for selector, wanted in sorted(ranked, key=lambda pair: (_length(pair[0]), not pair[1])):
                matching = {code for code in all_codes() if _matches(selector, code)}
                chosen = chosen | matching if wanted else chosen - matching
        return frozenset(chosen)

    def severity(self, code: str, name: str, default: Severity) -> Severity:
        configured = self.rules.get(name, {}).get("severity")
        return configured if isinstance(configured, Severity) else default

    def sets_severity(self, name: str) -> bool:
        """Whether the settings themselves say how bad a rule's findings are."""
        return "severity" in self.rules.get(name, {})

    def build_rules(self) -> tuple[Rule, ...]:
        """The selected rules, each with its options, in code order."""
        chosen = self.selected()
        return tuple(
            rule(**{key: value for key, value in self.rules.get(rule.name, {}).items() if key != "severity"})
            for rule in ALL_RULES
            if rule.code in chosen
        )


def all_codes() -> tuple[str, ...]:
    return tuple(sorted({rule.code for rule in ALL_RULES} | {UNUSED_SUPPRESSION}))


def from_mapping(values: Mapping[str, Any], path: str | None = None) -> Config:
    """The settings of one file. Raises ConfigError with every problem at once."""
    where = path or "the settings"
    problems: list[str] = []
    known: dict[str, Any] = {"path": path}
    selection: dict[str, Any] = {}
    for key, value in values.items():
        reader = _READERS.get(key)
        if reader is None:
            problems.append(f"{where}: unknown key '{key}'{did_you_mean(key, _READERS)}.")
            continue
        try:
            read = reader(value)
        except ConfigError as error:
            problems.extend(f"{where}: '{key}' {problem}" for problem in error.problems)
            continue
        if key in ("select", "ignore", "extend-select"):
            selection[key.replace("-", "_")] = read
        elif key not in _FOR_READING:
            known[key.replace("-", "_")] = read
    if known.get("small_table_rows", SMALL_ROWS) > known.get("large_table_rows", LARGE_ROWS):
        problems.append(f"{where}: 'small-table-rows' must not be more than 'large-table-rows'.")
    if problems:
        raise ConfigError(problems)
    return Config(selections=(Selection(**selection),) if selection else (), **known)


def override(config: Config, *, selection: Selection | None = None, **values: Any) -> Config:
    """`config` with what the command line says on top; None says nothing."""
    said = {key: value for key, value in values.items() if value is not None}
    if selection is not None:
        said["selections"] = (*config.selections, selection)
    return dataclasses.replace(config, **said) if said else config


def selectors(given: Iterable[str]) -> tuple[str, ...]:
    """Selectors in capitals. Raises ConfigError naming those that match no rule."""
    found = tuple(selector.strip().upper() for selector in given if selector.strip())
    unknown = [selector for selector in found if not any(_matches(selector, code) for code in all_codes())]
    if unknown:
        raise ConfigError(f"names no rule: '{selector}'{code_meant(selector)}." for selector in sorted(set(unknown)))
    return found


def database(text: str) -> Database:
    """`postgresql:16`, `postgresql`, `mysql:8.0.36`. Raises ConfigError."""
    vendor, _, version = text.strip().partition(":")
    vendor = {"postgres": "postgresql", "pg": "postgresql", "sqlite3": "sqlite"}.get(vendor.lower(), vendor.lower())
    if vendor not in get_args(Vendor):
        raise ConfigError([f"is not a database: '{text}' (one of {', '.join(get_args(Vendor))})."])
    if version and not re.fullmatch(r"\d+(\.\d+)*", version):
        raise ConfigError([f"has no version that can be read: '{text}' (write it as postgresql:16)."])
    return Database(vendor, _version(version))  # type: ignore[arg-type]  # checked against the type's own members


def django(text: str) -> Version:
    """`5.2`, `4.2.11`. Raises ConfigError."""
    if not re.fullmatch(r"\d+\.\d+(\.\d+)?", str(text).strip()):
        raise ConfigError([f"is not a version of Django: '{text}' (write it as \"5.2\")."])
    return _version(str(text).strip())[:2]


def code_meant(word: str) -> str:
    """`did_you_mean` for a code: by its rule's name too, or by its first digits."""
    named = {rule.name: rule.code for rule in ALL_RULES}.get(word.lower())
    if named is not None:
        return f" (did you mean '{named}'?)"
    # The letter O is a slip for the digit.
    return did_you_mean(word.upper().replace("O", "0"), all_codes())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a complaint; codes are all alike, so one of them has to be closer to be meant."""
    cutoff = 0.75 if word.startswith("MIG") else 0.6
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=cutoff)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _version(text: str) -> Version:
    return tuple(int(part) for part in text.split(".")) if text else ()


def _length(selector: str) -> int:
    return 0 if selector == "ALL" else len(selector)


def _matches(selector: str, code: str) -> bool:
    return selector == "ALL" or (selector.startswith("MIG") and code.startswith(selector))


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(["must be a list of strings."])
    return tuple(value)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError(["must be a string."])
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(["must be true or false."])
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigError(["must be a whole number, 0 or more."])
    return value


def _severity(value: Any) -> Severity:
    if not isinstance(value, str) or value.upper() not in Severity.__members__:
        more = " (to switch a rule off, name it in 'ignore')" if value in ("off", "ignore", "none") else ""
        raise ConfigError([f"must be one of error, warning, info{more}."])
    return Severity[value.upper()]


def _selectors(value: Any) -> tuple[str, ...]:
    return selectors(_strings(value))


def _per_file(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise ConfigError(["must be a table of patterns, each with a list of codes."])
    problems: list[str] = []
    read: dict[str, tuple[str, ...]] = {}
    for pattern, codes in value.items():
        try:
            read[pattern.removeprefix("./")] = _selectors(codes)
        except ConfigError as error:
            problems.extend(f"'{pattern}' {problem}" for problem in error.problems)
        if pattern.startswith("!"):
            problems.append(f"'{pattern}': a pattern cannot be turned round with '!'.")
    if problems:
        raise ConfigError(problems)
    return read


def _apps(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(folder, str) for folder in value.values()):
        raise ConfigError(["must be a table of app labels, each with its migrations folder."])
    return dict(value)


def _rules(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict) or not all(isinstance(options, dict) for options in value.values()):
        raise ConfigError(["must hold one table for each rule, as in [tool.miglint.rules.irreversible-run-python]."])
    problems: list[str] = []
    read: dict[str, dict[str, Any]] = {}
    by_name = {rule.name: rule for rule in ALL_RULES}
    for name, options in value.items():
        rule = by_name.get(name)
        if rule is None:
            coded = next((f" (did you mean '{one.name}'?)" for one in ALL_RULES if one.code == name.upper()), None)
            problems.append(f"names no rule: '{name}'{coded or did_you_mean(name, by_name)}.")
            continue
        fields = {option.name.replace("_", "-"): option for option in dataclasses.fields(rule)}
        for key, given in options.items():
            try:
                if key == "severity":
                    read.setdefault(name, {})["severity"] = _severity(given)
                elif key in fields:
                    read.setdefault(name, {})[fields[key].name] = _option(given, fields[key])
                else:
                    problems.append(f"{name}: unknown key '{key}'{did_you_mean(key, [*fields, 'severity'])}.")
            except ConfigError as error:
                problems.extend(f"{name}: '{key}' {problem}" for problem in error.problems)
    if problems:
        raise ConfigError(problems)
    return read


def _option(given: Any, option: dataclasses.Field[Any]) -> Any:
    """A rule's option, held against the type of its default."""
    match option.default:
        case bool():
            return _boolean(given)
        case int():
            if not isinstance(given, int) or isinstance(given, bool):
                raise ConfigError(["must be a whole number."])
            return given
        case tuple():
            return _strings(given)
        case _:
            return _string(given)


# What finds the migrations and their base before there is a project to be configured: here it is checked alone.
_FOR_READING = frozenset({"apps", "base-ref"})

_READERS: dict[str, Callable[[Any], Any]] = {
    "select": _selectors,
    "ignore": _selectors,
    "extend-select": _selectors,
    "per-file-ignores": _per_file,
    "exclude": _strings,
    "database": lambda value: database(_string(value)),
    "django": lambda value: django(_string(value)),
    "fail-on": _severity,
    "large-tables": _strings,
    "table-statistics": _string,
    "large-table-rows": _count,
    "small-table-rows": _count,
    "apps": _apps,
    "external-apps": _strings,
    "base-ref": _string,
    "baseline": _string,
    "require-reason": _boolean,
    "rules": _rules,
}
