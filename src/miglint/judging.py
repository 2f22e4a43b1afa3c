"""The selected rules, asked about one project: what they say, placed and numbered."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from miglint.config import Config
from miglint.facts.migration import Migration
from miglint.findings import Finding, Notice, Severity
from miglint.project import Project
from miglint.rules.base import Consequence, MigrationRule, OperationRule, ProjectRule, Rule, has
from miglint.shares import Share
from miglint.steps import Step

OURS = "This is a fault of miglint."


class Judgement(NamedTuple):
    """What the rules found, in reading order; `notices` tell of those that failed."""

    findings: list[Finding]
    notices: list[Notice]


# How judging is spread: what is to be made of each share → what was made of all of them, in order.
Spread: TypeAlias = Callable[[Callable[[Share], list["Said"]]], list[list["Said"]]]


def alone(work: Callable[[Share], list[Said]]) -> list[list[Said]]:
    return [work(Share(0, 1))]


def judge(project: Project, config: Config, spread: Spread = alone) -> Judgement:
    """What the selected rules say. One that fails is reported as ours; the others go on."""
    rules = config.build_rules()

    def judged(share: Share) -> list[Said]:
        asked = _Asked(project, share)
        return [_asked(rule, asked, project, config) for rule in rules]

    found: list[Finding] = []
    notices: list[Notice] = []
    for rule, said in zip(rules, zip(*spread(judged), strict=True), strict=True):
        found += [finding for one in said for finding in one.found]
        failures = [failure for one in said for failure in one.failures]
        if failures:
            more = f" It failed {len(failures) - 1} more times." if len(failures) > 1 else ""
            complaint = f"rule {rule.code} failed{failures[0]}.{more} {OURS} Everything else was judged."
            notices.append(Notice(complaint, internal=True))
    return Judgement(numbered(found), notices)


class Said(NamedTuple):
    """What one rule says of one share."""

    found: list[Finding]
    failures: list[str]


def _asked(rule: Rule, asked: _Asked, project: Project, config: Config) -> Said:
    place = _Placing.of(rule, project, config)
    subjects, ask = asked.by(rule)
    said = Said([], [])
    for about in subjects:
        try:
            said.found.extend([place(finding, about) for finding in ask(about, project)])
        except Exception as error:
            said.failures.append(f"{_where(about)}: {type(error).__name__}: {error}")
    return said


# What a rule is asked about; None is the whole project.
_About: TypeAlias = Step | Migration | None


class _Asked:
    """What rules are asked about: of a project's own, everything, or what is not known to be released.

    Of several shares each has as many steps, of migrations that follow one another: what is worked out about one is
    worked out once. The last has what is about the whole project.
    """

    def __init__(self, project: Project, share: Share) -> None:
        others = project.layout.linking_only
        own = [one for one in project.planned() if one.key.app_label not in others]
        migrations = tuple(_part(own, share, lambda one: len(project.steps_of(one.key)) + 1))
        new_migrations = tuple(one for one in migrations if is_new(one, project))
        steps = tuple(step for one in migrations for step in project.steps_of(one.key))
        keys = {one.key for one in new_migrations}
        self._is_last = share.number == share.of - 1
        self._project = project
        # Whichever it is, then what is new of it.
        self._migrations = migrations, new_migrations
        self._steps = steps, tuple(step for step in steps if step.migration.key in keys)
        self._known: dict[tuple[Consequence, bool], Sequence[Step]] = {}

    def by(self, rule: Rule) -> tuple[Sequence[_About], Callable[[Any, Project], Iterable[Finding]]]:
        """What a rule is asked about, and how."""
        match rule:
            case OperationRule():
                return self._steps_for(rule), rule.check
            case MigrationRule():
                return self._migrations[rule.speaks_of_deploying()], rule.check
            case ProjectRule():
                return (None,) if self._is_last else (), lambda _, project: _of_its_own(rule.check(project), project)
            case _:
                raise AssertionError(f"{rule.code} is about nothing")  # pragma: no cover

    def _steps_for(self, rule: OperationRule) -> Sequence[Step]:
        kinds, consequence, deploying = rule.operations, rule.looks_at, rule.speaks_of_deploying()
        steps = self._having(consequence, deploying=deploying) if consequence is not None else self._steps[deploying]
        return steps if kinds is None else [step for step in steps if type(step.operation) in kinds]

    def _having(self, consequence: Consequence, *, deploying: bool) -> Sequence[Step]:
        known = self._known.get((consequence, deploying))
        if known is None:
            known = [step for step in self._steps[deploying] if _may_have(consequence, step, self._project)]
            self._known[consequence, deploying] = known
        return known


def _part(migrations: Sequence[Migration], share: Share, weight: Callable[[Migration], int]) -> Iterator[Migration]:
    whole = sum(map(weight, migrations))
    before = 0
    for one in migrations:
        if before * share.of // whole == share.number:
            yield one
        before += weight(one)


def _may_have(consequence: Consequence, step: Step, project: Project) -> bool:
    try:
        return has(consequence, step, project)
    except Exception:  # The rules that ask for it say so themselves.
        return True


def _of_its_own(findings: Iterable[Finding], project: Project) -> Iterable[Finding]:
    return (finding for finding in findings if finding.app not in project.layout.linking_only)


def _where(about: _About) -> str:
    if about is None:
        return ""
    return f" on {about.migration.key}, operation {about.index}" if isinstance(about, Step) else f" on {about.key}"


class _Placing(NamedTuple):
    """What the findings of one rule get beside what it says: what they are about, and what the settings want.

    `said`: the settings name that severity. What follows the size of a table gives way to it.
    """

    project: Project
    by_default: Severity
    severity: Severity
    said: bool

    @classmethod
    def of(cls, rule: Rule, project: Project, config: Config) -> _Placing:
        severity = config.severity(rule.code, rule.name, rule.severity)
        return cls(project, rule.severity, severity, config.sets_severity(rule.name))

    def __call__(self, finding: Finding, about: _About) -> Finding:
        """The finding with what the rule left open, under the severity that it is to have."""
        app, migration, subject = finding.app, finding.migration, finding.subject
        operation, extent = finding.operation, finding.extent
        if about is not None:
            key = about.migration.key if isinstance(about, Step) else about.key
            app, migration, subject = app or key.app_label, migration or key.name, subject or str(key)
        if isinstance(about, Step):
            operation, extent = operation or about.index, extent or about.operation.site.span
        # The rule itself may have lowered or raised it.
        takes_it = self.said if finding.by_size else finding.severity is self.by_default
        return dataclasses.replace(
            finding,
            app=app,
            migration=migration,
            subject=subject,
            operation=operation,
            extent=extent,
            project=owner(app, self.project),
            severity=self.severity if takes_it else finding.severity,
        )


def numbered(findings: Iterable[Finding]) -> list[Finding]:
    """In reading order, those that are otherwise alike told apart by a number."""
    counts: Counter[str] = Counter()
    result = []
    for finding in sorted(findings, key=reading_order):
        ordinal = counts[finding.fingerprint]
        counts[finding.fingerprint] += 1
        result.append(dataclasses.replace(finding, ordinal=ordinal) if ordinal else finding)
    return result


def reading_order(finding: Finding) -> tuple[str, int, int, str, str, str]:
    span = finding.location.span
    return finding.location.path, span.line, span.column, finding.code, finding.operation or "", finding.subject


def is_new(migration: Migration, project: Project) -> bool:
    """Whether a migration is not known to be released."""
    if project.changeset is None:
        return True
    # What is not staged is no part of the commit.
    left_out = project.base is not None and project.base.told_by == "--staged"
    return migration.key in project.changeset and not (left_out and migration.path in project.repository.untracked)


def owner(label: str | None, project: Project) -> str:
    """The root of the project that an app belongs to, or whose settings speak for it."""
    app = project.app(label) if label else None
    return app.owner if app is not None else project.root
