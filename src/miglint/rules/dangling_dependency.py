"""MIG102: a dependency on, or a run_before of, a migration that is not there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from miglint.contrib import contrib_migrations
from miglint.facts.migration import MigrationKey
from miglint.findings import Finding, Severity
from miglint.graph import Malformed, Missing
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class DanglingDependency(ProjectRule):
    code = "MIG102"
    name = "dangling-dependency"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        names = _names_by_app(project)
        for missing in project.graph.missing:
            app = project.app(missing.target.app_label)
            if missing.cause == "no-init" and app and app.files:
                continue  # one `__init__.py` mends them all: MIG603's finding names those who depend on it
            why, hint = _explained(missing, project, names)
            yield self.finding(
                missing.entry.location,
                f"{_wish(missing)} {why}.",
                hint=hint,
                app=missing.entry.migration.app_label,
                migration=missing.entry.migration.name,
                subject=str(missing.target),
            )
        for malformed in project.graph.malformed:
            yield self._malformed(malformed)

    def _malformed(self, malformed: Malformed) -> Finding:
        entry, dependency = malformed
        return self.finding(
            entry.location,
            f"'{entry.migration}' has `{dependency.text}` in its {entry.attribute}, which Django cannot load: "
            f"{dependency.why}.",
            hint="Write each entry as a tuple of two strings: ('app_label', 'migration_name').",
            app=entry.migration.app_label,
            migration=entry.migration.name,
            subject=dependency.text,
        )


def _wish(missing: Missing) -> str:
    verb = "wants to run before" if missing.entry.attribute == "run_before" else "depends on"
    return f"'{missing.entry.migration}' {verb} '{missing.target}',"


def _explained(missing: Missing, project: Project, names: Mapping[str, list[str]]) -> tuple[str, str]:
    """Why it is not there, and what to do."""
    label, name = missing.target
    match missing.cause:
        case "no-migration":
            return "which does not exist, so `migrate` refuses to run", _advice(missing.target, project, names)
        case "switched-off":
            return (
                f"but the migrations of '{label}' are switched off by {project.layout.settings.path or 'the settings'}",
                f"Depend on ('{label}', '__first__'): Django drops that while the app has no migrations.",
            )
        case "no-init":
            return (
                f"but the migrations folder of '{label}' has no __init__.py, so Django loads nothing from it",
                f"Run `python manage.py makemigrations {label}` to make the folder and the migration.",
            )
        case "no-migrations":
            return (
                f"but '{label}' has no migrations yet",
                f"Run `python manage.py makemigrations {label}` and commit what it makes.",
            )
        case "other-label":
            return (
                f"but Django knows that app as '{missing.label}'",
                f"Write ('{missing.label}', '{name}').",
            )
        case "own-latest":
            return (
                "but Django follows '__latest__' in other apps only",
                "Name the migration that this one comes after.",
            )


def _advice(target: MigrationKey, project: Project, names: Mapping[str, list[str]]) -> str:
    label, name = target
    meant = _meant(name, names.get(label, []))
    if meant:
        return f"Did you mean ('{label}', '{meant}')?"
    elsewhere = sorted(other for other, known in names.items() if other != label and name in known)
    if len(elsewhere) == 1 and not name.endswith("_initial"):
        return f"Did you mean ('{elsewhere[0]}', '{name}')?"
    if "." in name:
        return "Django does not load a file with a dot in its name: rename the file, and name it so here."
    app = project.app(label)
    if app and any(ignored.folder == app.path for ignored in project.repository.ignored):
        return (
            f"'{app.path}' is ignored by git, so the file may be on its author's machine only: add it by force there."
        )
    latest = [leaf.name for leaf in project.graph.leaves if leaf.app_label == label] or names.get(label, [])[-1:]
    newest = f" The newest migration of '{label}' is '{latest[-1]}'." if latest else ""
    return f"Restore the file, or name the migration that took its place.{newest}"


# Beyond this many names only those with the same number are compared letter by letter.
_MANY = 1000


def _meant(name: str, known: list[str]) -> str | None:
    for other in known:
        if other.lower() == name.lower():
            return other
    number = re.match(r"\d+", name)
    same_number = [other for other in known if number and other.startswith(f"{number.group()}_")]
    for candidates in (same_number, known if len(known) <= _MANY else []):
        close = difflib.get_close_matches(name, candidates, n=1, cutoff=0.75)
        if close:
            return close[0]
    # The file was renamed, most likely: `0002_auto_…` to something that speaks.
    return same_number[0] if len(same_number) == 1 else None


def _names_by_app(project: Project) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {
        label: [key.name for key in migrations] for label, migrations in contrib_migrations().items()
    }
    own: dict[str, list[str]] = {}
    for key in sorted({*project.migrations, *(broken.key for broken in project.unreadable)}):
        own.setdefault(key.app_label, []).append(key.name)
    return names | own
