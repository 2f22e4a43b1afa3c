"""What a rule is: metadata, and a check that yields findings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from miglint.effects.breaks import Break
from miglint.facts.migration import Migration
from miglint.facts.sizes import Size
from miglint.facts.source import Location
from miglint.findings import Finding, Severity
from miglint.project import Project, Step


@dataclass(frozen=True)
class Rule:
    """A coded judgement. Metadata are class attributes; options are dataclass fields with defaults."""

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    # Off until it is selected.
    default: ClassVar[bool] = True

    def finding(self, location: Location, message: str, **more: Any) -> Finding:
        """A finding by this rule; `more` are further attributes of `Finding`."""
        made = Finding(self.code, self.name, self.severity, message, location)
        return replace(made, **more) if more else made


def weighed(finding: Finding, size: Size) -> Finding:
    """A finding about a lock that is held while a table is read or written: the larger, the longer, the worse.

    A large table raises it by one step. A small one is through in milliseconds, so that nobody notices: info. A
    severity that the settings give the rule wins over both.
    """
    match size.kind:
        case "unknown":
            return finding
        case "large":
            severity = Severity(min(finding.severity + 1, Severity.ERROR))
        case "small":
            severity = Severity.INFO
    return replace(finding, severity=severity, by_size=True)


@dataclass(frozen=True)
class ProjectRule(Rule):
    """A rule that needs the whole project: it sets `app`, `migration` and `subject` itself."""

    @abstractmethod
    def check(self, project: Project) -> Iterator[Finding]: ...


@dataclass(frozen=True)
class MigrationRule(Rule):
    """A rule about one migration; `app` and `migration` are filled in."""

    @abstractmethod
    def check(self, migration: Migration, project: Project) -> Iterator[Finding]: ...


@dataclass(frozen=True)
class OperationRule(Rule):
    """A rule about one operation; `app`, `migration`, `operation` and the operation's extent are filled in."""

    @abstractmethod
    def check(self, step: Step, project: Project) -> Iterator[Finding]: ...


def subject(step: Step, broken: Break, member: str | None = None) -> str:
    """What a break is about: the operation's model and the field or constraint in it, or what a statement names."""
    if step.model is None:
        return broken.place
    model = f"{step.migration.key.app_label}.{step.model.name.lower()}"
    return model if member is None else f"{model}.{member}"
