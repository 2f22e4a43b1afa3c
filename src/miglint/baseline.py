"""Findings that are accepted as they are: a file of fingerprints, read, written and held against a run. Pure."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, NamedTuple

from miglint.config import UNUSED_SUPPRESSION, Config, ConfigError, all_codes, code_meant
from miglint.facts.source import Location, Span
from miglint.findings import Edit, Finding, Fix, Severity, Suppressed
from miglint.records import dataclass
from miglint.suppress import UNUSED_SUPPRESSION_NAME, PerFileIgnores

VERSION = 1

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
# Inside a string of JSON the quotes would be escaped, so this finds keys alone.
_KEY = re.compile(r'"([^"\\\n]*)"[ \t]*:[ \t]*\{')
# An entry that can be taken out without a look at its neighbours.
_OWN_LINE = re.compile(r'[ \t]*"[0-9a-f]{32}"[ \t]*:[ \t]*\{.*\}[ \t]*,[ \t]*\r?\n')
_CONFLICT = re.compile(r"^(?:<<<<<<<|=======|>>>>>>>)", re.MULTILINE)
_MOST_PROBLEMS = 20


class Entry(NamedTuple):
    """One accepted finding. `values` are the line's; `line` and `column` are where it starts, `width` is the line's."""

    fingerprint: str
    values: Mapping[str, Any]
    line: int = 0
    column: int = 1
    width: int = 0

    @property
    def code(self) -> str:
        return str(self.values["code"])

    @property
    def project(self) -> str:
        return str(self.values.get("project", "."))

    @property
    def migration(self) -> str:
        """`app.name`; empty where the finding was about no single migration."""
        return str(self.values.get("migration", ""))


@dataclass(frozen=True, slots=True)
class Baseline:
    """`path` is the file as people know it, `text` what it holds, `entries` by fingerprint in its order."""

    path: str
    text: str = ""
    entries: Mapping[str, Entry] = field(default_factory=dict)


def read_baseline(data: bytes, path: str) -> Baseline:
    """A baseline from a file's bytes. Raises ConfigError, each problem with its line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: line {data.count(10, 0, error.start) + 1} is not UTF-8."]) from error
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        line = _line(text, conflict.start())
        raise ConfigError([f"{path}: line {line}: a merge has left a conflict here. Keep the lines of both sides."])
    try:
        # Both sides of a merge may have added the same line: the last one counts, as everywhere in JSON.
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError([f"{path}: line {error.lineno} is no JSON: {error.msg}."]) from error
    except RecursionError:
        raise ConfigError([f"{path}: line 1: this is nested too deeply to be a baseline."]) from None
    if not isinstance(document, dict) or "version" not in document:
        raise ConfigError([f"{path}: line 1: this is no baseline of miglint; `--write-baseline` writes one."])
    version = document.pop("version")
    if type(version) is not int or version != VERSION:
        line = _line(text, max(text.rfind('"version"'), 0))
        raise ConfigError([f"{path}: line {line}: version {json.dumps(version)} is none that this miglint can read."])
    places = {place.key: place for place in reversed(list(_keys(text)))}
    problems: list[str] = []
    entries: dict[str, Entry] = {}
    for key, values in document.items():
        place = places.get(key) or _Place(key, _line(text, max(text.find(json.dumps(key)), 0)), 1, 0)
        problem = _problem(key, values)
        if problem is not None:
            problems.append(f"{path}: line {place.line}: {problem}.")
        else:
            entries[key] = Entry(key, values, *place[1:])
    if problems:
        more = [f"{path}: and {len(problems) - _MOST_PROBLEMS} more."] if len(problems) > _MOST_PROBLEMS else []
        raise ConfigError([*problems[:_MOST_PROBLEMS], *more])
    return Baseline(path, text, entries)


def render(entries: Iterable[Entry]) -> str:
    """A baseline's text: JSON, one line for each entry, by fingerprint.

    Fingerprints spread new lines over the file, so that two branches seldom add to the same place. The version stands
    last, where it sorts anyway: so every entry's line ends alike, and one more finding is one more line.
    """
    lines = [
        f"{json.dumps(entry.fingerprint)}: {json.dumps(entry.values)},"
        for entry in sorted(entries, key=lambda entry: entry.fingerprint)
    ]
    return "\n".join(["{", *lines, f'"version": {VERSION}', "}", ""])


def refreshed(baseline: Baseline, findings: Iterable[Finding], gone: Collection[str]) -> tuple[Entry, ...]:
    """The entries without those that are `gone`, and with `findings`; what people wrote into the others stays."""
    kept = {fingerprint: entry for fingerprint, entry in baseline.entries.items() if fingerprint not in gone}
    for finding in findings:
        kept.setdefault(finding.fingerprint, entry_of(finding))
    return tuple(kept.values())


def entry_of(finding: Finding) -> Entry:
    values: dict[str, str] = {"code": finding.code}
    if finding.project != ".":
        values["project"] = finding.project
    if finding.app is not None:
        values |= {"migration": f"{finding.app}.{finding.migration}"} if finding.migration else {"app": finding.app}
    return Entry(finding.fingerprint, values | {"subject": finding.subject})


def pruned(baseline: Baseline, gone: Collection[str]) -> str:
    """The text without the lines of `gone`, everything else as it stands."""
    lines = re.split(r"(?<=\n)", baseline.text)
    keys: dict[int, list[str]] = {}
    for place in _keys(baseline.text):
        keys.setdefault(place.line, []).append(place.key)
    matched = {
        line
        for line, here in keys.items()
        if len(here) == 1 and here[0] in gone and _OWN_LINE.fullmatch(lines[line - 1])
    }
    if {keys[line][0] for line in matched} == set(gone):
        return "".join(text for line, text in enumerate(lines, 1) if line not in matched)
    # Somebody's formatter has been here: lines are no entries any more.
    return render(entry for fingerprint, entry in baseline.entries.items() if fingerprint not in gone)


class Judged(NamedTuple):
    """A project that was held against a baseline: whether all of it was, and what of it could not be read."""

    root: str
    config: Config
    whole: bool
    unreadable: frozenset[str]


class Ledger:
    """A baseline during one run: what it hid, and which projects it was held against.

    `at` is the file's path from the root of the tree that is looked at.
    """

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self.at = baseline.path
        self.used: set[str] = set()
        self.judged: list[Judged] = []

    def sift(
        self, findings: Iterable[Finding], hidden: Iterable[Finding]
    ) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """What is still to be shown, and all that is hidden. What hides twice has earned its place too."""
        before = tuple(hidden)
        self.used.update(finding.fingerprint for finding in before)
        kept: list[Finding] = []
        here: list[Finding] = []
        for finding in findings:
            entry = self.baseline.entries.get(finding.fingerprint)
            if entry is None:
                kept.append(finding)
                continue
            self.used.add(entry.fingerprint)
            reason = str(entry.values.get("reason") or self.baseline.path)
            here.append(dataclasses.replace(finding, suppressed=Suppressed("baseline", reason, self._place(entry))))
        return tuple(kept), (*before, *here)

    def stale(self, everything: bool) -> Iterator[tuple[Entry, Finding, Config]]:
        """Entries that hid nothing although what they are about was looked at, each with a finding (MIG003).

        `everything` says that the whole tree was: then an entry of a project that is not there is stale too.
        """
        known = frozenset(all_codes())
        # What is misspelt would never have been made, whatever is selected.
        judged = [(one, one.config.selected() | {None}) for one in self.judged]
        for entry in self.baseline.entries.values():
            if entry.fingerprint in self.used:
                continue
            code = entry.code if entry.code in known else None
            about = [pair for pair in judged if pair[0].root == entry.project] or (judged if everything else [])
            if about and all(
                one.whole and code in selected and entry.migration not in one.unreadable for one, selected in about
            ):
                config, selected = about[0][0].config, about[0][1]
                if UNUSED_SUPPRESSION in selected:
                    yield entry, self._complaint(entry, code is not None, config), config

    def _complaint(self, entry: Entry, is_code: bool, config: Config) -> Finding:
        place, whole = self._place(entry), Span(entry.line, 1, entry.line, entry.width + 1)
        whose = f" in '{entry.migration}'" if entry.migration else ""
        if is_code:
            message = f"The finding by {entry.code}{whose} that this entry accepts is gone."
        else:
            message = f"No rule has the code '{entry.code}'{code_meant(entry.code)}, so this entry hides nothing."
        finding = Finding(
            code=UNUSED_SUPPRESSION,
            name=UNUSED_SUPPRESSION_NAME,
            severity=config.severity(UNUSED_SUPPRESSION, UNUSED_SUPPRESSION_NAME, Severity.WARNING),
            message=message,
            hint="Remove it: `miglint check --prune-baseline` does.",
            location=place,
            project=entry.project,
            subject=f"{self.at}:{entry.fingerprint}",
            fixes=(Fix("Remove the entry", (Edit(Location(self.at, whole), ""),), "safe"),),
        )
        by = PerFileIgnores(config).hide(finding)
        return finding if by is None else dataclasses.replace(finding, suppressed=by)

    def _place(self, entry: Entry) -> Location:
        """The fingerprint in quotes: the whole line is too long to be shown."""
        end = entry.column + len(entry.fingerprint) + 2
        return Location(self.at, Span(entry.line, entry.column, entry.line, end))


def _problem(key: str, values: object) -> str | None:
    if not _FINGERPRINT.fullmatch(key):
        return f"'{key}' is no fingerprint"
    if not isinstance(values, dict) or not isinstance(values.get("code"), str):
        return 'an entry is an object with a "code"'
    texts = ("project", "migration", "subject", "reason")
    wrong = next((name for name in texts if not isinstance(values.get(name, ""), str)), None)
    return f'"{wrong}" is to be a string' if wrong else None


class _Place(NamedTuple):
    key: str
    line: int
    column: int
    width: int


def _keys(text: str) -> Iterator[_Place]:
    """Every key that holds an object, where it stands, and how wide its line is."""
    line, seen = 1, 0
    for found in _KEY.finditer(text):
        line += text.count("\n", seen, found.start())
        seen = found.start()
        end = text.find("\n", seen)
        start = text.rfind("\n", 0, seen) + 1
        yield _Place(found[1], line, seen - start + 1, len(text[start : len(text) if end < 0 else end].rstrip("\r")))


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
