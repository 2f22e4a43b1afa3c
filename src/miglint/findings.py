"""Findings, what is offered to mend them, and the report that holds them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.facts.migration import MigrationKey
from miglint.facts.source import Location, Span
from miglint.records import dataclass


class Severity(enum.IntEnum):
    """How bad, if true."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Related(NamedTuple):
    """Another place that a finding speaks of, and what is there."""

    location: Location
    message: str


class Edit(NamedTuple):
    """Replace a span of a file by `text`."""

    location: Location
    text: str


Applicability: TypeAlias = OneOf["safe", "unsafe", "display"]


class Fix(NamedTuple):
    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability


class Suppressed(NamedTuple):
    """What hid a finding, and the reason given there; `location` is the comment, where it was one."""

    by: OneOf["comment", "baseline", "settings"]
    reason: str
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One report by one rule at one place.

    `operation` is the dotted index path in `operations`; `subject` what the finding is about in the words of the
    history (`shop.order.total`), stable when lines move. `ordinal` numbers findings that are otherwise alike.
    """

    code: str
    name: str
    severity: Severity
    message: str
    location: Location
    hint: str = ""
    project: str = "."
    app: str | None = None
    migration: str | None = None
    operation: str | None = None
    subject: str = ""
    related: tuple[Related, ...] = ()
    fixes: tuple[Fix, ...] = ()
    suppressed: Suppressed | None = None
    ordinal: int = 0
    # Lines whose suppression comments speak for this finding, beside its own: those of the operation that it is about.
    extent: Span | None = None
    # Its severity follows the size of a table, which a severity of the settings does not.
    by_size: bool = False

    @property
    def fingerprint(self) -> str:
        """32 hex digits that survive moved lines and inserted operations."""
        from hashlib import sha256  # imported where used: a clean run needs none

        parts = (self.project, self.code, self.app or "", self.migration or "", self.subject, str(self.ordinal))
        return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Example(NamedTuple):
    """One python or text block of a rule page, as a file of a small project."""

    path: str
    text: str
    # (line, code) for every line that is marked with the code of a finding.
    marks: tuple[tuple[int, str], ...]
    # False leaves the file's folder without an `__init__.py`: that is what the story is about.
    packaged: bool = True
    # "main" is the file as the main branch has it, to which the story's branch goes; "untracked" is not committed.
    git: OneOf["", "main", "untracked"] = ""


@dataclass(frozen=True, slots=True)
class RulePage:
    """A page under `rules/`: `summary` is its first paragraph, `text` the whole in Markdown."""

    code: str
    title: str
    summary: str
    text: str
    given: tuple[Example, ...] = ()
    bad: tuple[tuple[Example, ...], ...] = ()
    good: tuple[tuple[Example, ...], ...] = ()


class RuleInfo(NamedTuple):
    """What reports say of a rule that took part: `severity` as configured.

    `of_deploying`: it is about the moment in which a migration is applied, and says nothing of released ones.
    """

    code: str
    name: str
    severity: Severity
    of_deploying: bool = False


class Notice(NamedTuple):
    """Something about the run itself, not about the code: a rule that failed, a folder that could not be read."""

    message: str
    internal: bool = False


class Assumption(NamedTuple):
    """A version that the judgement rests on, and where it is from: `postgresql:14`, `the default for Django 5.2`."""

    project: str
    django: str
    django_from: str
    database: str
    database_from: str


class Held(NamedTuple):
    """What migrations were held against: a base as in `facts.repository.Base`, and the projects that it is the base of.

    Of their `migrations`, which are a number, `new` are not on it.
    """

    ref: str
    commit: str
    told_by: str
    projects: tuple[str, ...]
    migrations: int
    new: int


class Unanalysed(NamedTuple):
    """An operation or attribute that could not be known without running the file.

    `subject` names it (`pgtrigger.migrations.AddTrigger`, `dependencies`), `operation` is its index path, None for
    an attribute; `reason` is a whole sentence. `foreign` says that a class of another package is all there is to know.
    """

    key: MigrationKey
    location: Location
    reason: str
    subject: str = ""
    operation: str | None = None
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one run.

    `findings` are those to show, in order of path, line, column, code; `suppressed` those that were hidden.
    `sources` holds the text of every file that a finding points into, by path, for frames and columns.
    `paths` are what was asked for, as given, and are there. `here` is where the working folder lies in the tree, and
    `way_in` what leads from it to the tree's root where it lies outside.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...] = ()
    rules: tuple[RuleInfo, ...] = ()
    migrations: int = 0
    apps: int = 0
    in_scope: int = 0
    unreadable: int = 0
    unanalysed: tuple[Unanalysed, ...] = ()
    notices: tuple[Notice, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    # Every migration that was read, by path, and the settings in force, as lines for people.
    migration_files: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    exit_code: int = 0
    paths: tuple[str, ...] = (".",)
    here: str = "."
    way_in: str = ""
    # The base of every project that has one. `new` counts migrations that are on none, and is None where there is no
    # base at all.
    held: tuple[Held, ...] = ()
    new: int | None = None
    # The migrations that a reader is after, as (project, app, name): where a base is known those that are new, else
    # each app's newest, and those whose files were named.
    current: frozenset[tuple[str, str, str]] = frozenset()
    # Whether there is a repository that could tell what is new.
    in_repository: bool = True

    def is_current(self, finding: Finding) -> bool:
        return (finding.project, finding.app, finding.migration) in self.current

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)
