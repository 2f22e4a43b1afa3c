"""MIG217: an operation, a field or an option that the project's Django does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from miglint.binding import build_constraint
from miglint.facts.fields import Constraint, Field
from miglint.facts.operations import (
    AddConstraint,
    AddField,
    AlterConstraint,
    AlterField,
    CreateModel,
    NamedField,
    Operation,
)
from miglint.facts.source import Location, Span
from miglint.facts.target import Version, written
from miglint.facts.values import Call, Reference, Sequence, Unresolved
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.steps import Step
from miglint.versions import (
    CONSTRAINT_OPTIONS_SINCE,
    CONSTRAINT_OPTIONS_UNTIL,
    FIELD_OPTIONS_SINCE,
    FIELDS_SINCE,
    OPERATIONS_SINCE,
    VALUES_SINCE,
)


@dataclass(frozen=True)
class NeedsOtherDjango(OperationRule):
    code = "MIG217"
    name = "needs-other-django"
    severity = Severity.ERROR

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        target = project.target
        if target.django_assumed:
            return
        have = written(target.django)
        for use in _uses(step.operation):
            location = Location(step.migration.path, use.span)
            subject = f"{step.migration.key}:{use.what}"
            if use.since is not None and target.django < use.since:
                yield self.finding(
                    location,
                    f"{use.what} came with Django {written(use.since)}, and this project runs on {have}: the "
                    "migration cannot be loaded.",
                    hint=f"Upgrade Django first, or do without {use.what}.",
                    subject=subject,
                )
            if use.until is not None and target.django >= use.until:
                yield self.finding(
                    location,
                    f"{use.what} went with Django {written(use.until)}, and this project runs on {have}: the "
                    "migration cannot be loaded.",
                    hint=f"Write {use.instead} instead; Django has it since {written(use.instead_since)}.",
                    subject=subject,
                )


class _Use(NamedTuple):
    what: str
    span: Span
    since: Version | None = None
    until: Version | None = None
    instead: str = ""
    instead_since: Version = ()


def _uses(operation: Operation) -> Iterator[_Use]:
    name = operation.site
    called = _called(operation)
    if called in OPERATIONS_SINCE:
        yield _Use(called, name.callee, OPERATIONS_SINCE[called])
    match operation:
        case CreateModel(fields=fields, options=options):
            for item in fields:
                if isinstance(item, NamedField):
                    yield from _of_field(item.field)
            constraints = None if isinstance(options, Unresolved) else options.get("constraints")
            if isinstance(constraints, Sequence):
                for written in constraints.items:
                    if isinstance(written, Call) and (constraint := build_constraint(written)) is not None:
                        yield from _of_constraint(constraint)
        case AddField(field=field) | AlterField(field=field):
            yield from _of_field(field)
        case AddConstraint(constraint=constraint) | AlterConstraint(constraint=constraint):
            yield from _of_constraint(constraint)
        case _:
            return


def _called(operation: Operation) -> str:
    """The operation's name in Django; AddConstraintNotValid is a kind of AddConstraint in facts."""
    if isinstance(operation, AddConstraint) and operation.not_valid:
        return "AddConstraintNotValid"
    return type(operation).__name__


def _of_field(field: Field) -> Iterator[_Use]:
    if field.kind in FIELDS_SINCE and field.path.startswith("django."):
        yield _Use(str(field.kind), field.site.callee, FIELDS_SINCE[str(field.kind)])
        return
    for option, since in FIELD_OPTIONS_SINCE.items():
        if option in field.options:
            yield _Use(option, field.site.arguments.get(option, field.site.span), since)
    match field.options.get("on_delete"):
        case Reference(path) if path.startswith("django.") and (name := path.rpartition(".")[2]) in VALUES_SINCE:
            yield _Use(name, field.site.arguments.get("on_delete", field.site.span), VALUES_SINCE[name])


def _of_constraint(constraint: Constraint) -> Iterator[_Use]:
    kind = constraint.kind or ""
    for option in constraint.options:
        span = constraint.site.arguments.get(option, constraint.site.span)
        what = f"{kind}({option}=…)" if option != "expressions" else f"{kind} on expressions"
        yield _Use(
            what,
            span,
            CONSTRAINT_OPTIONS_SINCE.get((kind, option)),
            CONSTRAINT_OPTIONS_UNTIL.get((kind, option)),
            instead="condition=…",
            instead_since=(5, 1),
        )
