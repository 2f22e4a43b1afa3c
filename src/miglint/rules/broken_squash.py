"""MIG104: a squash that Django cannot put in the place of what it replaces, or not for everybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from miglint.facts.migration import MigrationKey
from miglint.facts.source import Location
from miglint.facts.target import Version
from miglint.findings import Finding, Related, Severity
from miglint.graph import SquashProblem
from miglint.project import Project
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
            return (
                f"'{squash}' lists itself in `replaces`, so Django removes it from the history.",
                "Take it out of its own `replaces`.",
            )
        case "replaced-in-turn":
            return (
                f"'{squash}' and {_listed(others)} replace each other, so Django finds neither.",
                "Keep the one to keep, and take it out of the `replaces` of the other.",
            )
        case "depends-on-replaced" if problem.entries[0].migration == squash:
            return (
                f"'{squash}' depends on {_listed(others)}, which it replaces: it would have to wait for itself, and "
                "`migrate` refuses to run.",
                "Depend on what came before the first replaced migration instead.",
            )
        case "depends-on-replaced":
            return (
                f"'{squash}' replaces {_listed(others)}, which depends on it: the squash would have to wait for itself, "
                "and `migrate` refuses to run.",
                f"Take {_listed(others)} out of `replaces`, or its dependency on the squash away.",
            )
        case "overlaps":
            first, *shared = others
            return (
                f"'{squash}' and '{first}' both replace {_listed(shared)}, and Django gives them to whichever squash it "
                "meets first: the history can differ from run to run.",
                "Keep one of the two squashes, or let the longer one replace the other.",
            )
        case "nested":
            version = ".".join(map(str, django))
            return (
                f"'{squash}' replaces {_listed(others)}, a squash itself: Django {version} takes them in random order, and "
                "in one of the two raises NodeNotFoundError.",
                "Finish the inner squash first (delete what it replaces and its `replaces`), or move to Django 6.0.",
            )
        case "half-removed":
            return (
                f"'{squash}' replaces {_listed(others)}, deleted already, and other migrations that are still there: a "
                "database that stopped halfway can go neither forward by the squash nor by the files.",
                "Restore the deleted files; or, when the squash is applied everywhere, delete the rest of them too.",
            )
        case "named-though-gone":
            return (
                f"'{problem.entries[0].migration}' names {_listed(others)}, whose file is gone: Django puts '{squash}' in "
                "its place on an empty database, but not on one that has applied a part of what the squash replaces.",
                f"Name ('{squash.app_label}', '{squash.name}') instead.",
            )


def _class_of(project: Project, key: MigrationKey) -> Location | None:
    migration = project.migrations.get(key)
    return Location(migration.path, migration.span) if migration else None


def _listed(keys: Iterable[MigrationKey], most: int = 4) -> str:
    names = [f"'{key}'" for key in keys]
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    *firsts, last = shown
    return f"{', '.join(firsts)} and {last}" if firsts else last
