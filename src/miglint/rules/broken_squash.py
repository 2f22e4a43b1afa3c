"""MIG104: a squash that Django cannot put in the place of what it replaces, or not for everybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from miglint.facts.migration import MigrationKey
from miglint.facts.source import Location
from miglint.facts.target import Version, written
from miglint.findings import Finding, Related, Severity
from miglint.graph import SquashProblem
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class BrokenSquash(ProjectRule):
    code = "MIG104"
    name = "broken-squash"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        for problem in project.graph.squash_problems:
            message, hint = _explained(problem, project.target.django)
            place, *others = problem.entries
            # Half-worked squashes are common while they are being finished; only the last case harms nobody new.
            harmless = problem.fault == "named-though-gone"
            yield self.finding(
                place.location,
                message,
                hint=hint,
                severity=Severity.INFO if harmless else self.severity,
                app=place.migration.app_label,
                migration=place.migration.name,
                subject=" ".join((str(problem.squash), problem.fault, *map(str, problem.others))),
                related=(
                    *(Related(entry.location, f"in the {entry.attribute} of '{entry.migration}'") for entry in others),
                    *(Related(there, f"'{key}'") for key in problem.others if (there := _class_of(project, key))),
                ),
            )


def _explained(problem: SquashProblem, django: Version) -> tuple[str, str]:
    squash, others = problem.squash, problem.others
    match problem.fault:
        case "replaces-itself":
            message = f"'{squash}' lists itself in `replaces`, so Django takes it out of the history."
            hint = "Take it out of its own `replaces`."
        case "replaced-in-turn":
            message = f"'{squash}' and {_listed(others)} replace each other, so Django finds neither."
            hint = "Decide which of them stays, and take it out of the `replaces` of the others."
        case "depends-on-replaced" if problem.entries[0].migration == squash:
            message = (
                f"'{squash}' depends on {_listed(others)}, which it replaces: it would have to wait for itself, "
                "so `migrate` refuses to run."
            )
            hint = "Depend on what the first of the replaced migrations depends on."
        case "depends-on-replaced":
            message = (
                f"'{squash}' replaces {_listed(others)}, which has to come after it: the squash would have to wait for "
                "itself, so `migrate` refuses to run."
            )
            hint = f"Take {_listed(others)} out of `replaces`, or undo its dependency on the squash."
        case "overlaps":
            first, *shared = others
            both = f"'{squash}' and '{first}' both replace {_listed(shared)}"
            # Django 6.1 sorts the names of an app; before, they came out of a set.
            message = (
                f"{both}, and the squash that Django happens to meet first gets it: histories differ from run to run."
                if django < (6, 1)
                else f"{both}, and the squash that is first by name gets it: the other repeats its operations."
            )
            hint = "Keep one of the two squashes, or let the longer one replace the other."
        case "nested":
            message = (
                f"'{squash}' replaces {_listed(others)}, itself a squash: Django {written(django)} takes "
                "the two in random order, and one of the orders ends in NodeNotFoundError."
            )
            hint = (
                "Finish the inner squash first (delete the files it replaces, then its `replaces`), or use Django 6.0."
            )
        case "half-removed":
            message = (
                f"'{squash}' replaces {_listed(others)}, already deleted, and others that are still there: a database "
                "that has applied only some of them can go on neither by the squash nor by the files."
            )
            hint = "Restore the deleted files; once the squash is applied everywhere, delete all of them."
        case "named-though-gone":
            message = (
                f"'{problem.entries[0].migration}' names {_listed(others)}, whose file is gone: on an empty database "
                f"Django reads '{squash}' instead, but it fails on one that has applied a part of what that replaces."
            )
            hint = f"Name ('{squash.app_label}', '{squash.name}')."
    return message, hint


def _class_of(project: Project, key: MigrationKey) -> Location | None:
    migration = project.migrations.get(key)
    return Location(migration.path, migration.span) if migration else None


def _listed(keys: Iterable[MigrationKey], most: int = 4) -> str:
    names = [f"'{key}'" for key in keys]
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    *firsts, last = shown
    return f"{', '.join(firsts)} and {last}" if firsts else last
