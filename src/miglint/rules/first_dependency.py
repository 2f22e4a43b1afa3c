"""MIG108: `__first__` or `__latest__` of an app in which several migrations are first, or last."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.migration import MigrationKey, SwappableDependency
from miglint.facts.operations import CreateModel
from miglint.facts.source import Location
from miglint.facts.values import text_of
from miglint.findings import Finding, Related, Severity
from miglint.graph import Symbolic
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class FirstDependency(ProjectRule):
    code = "MIG108"
    name = "first-dependency"
    severity = Severity.WARNING

    def check(self, project: Project) -> Iterator[Finding]:
        for symbolic in project.graph.symbolic:
            # A squash and what it replaces are one migration in the end.
            candidates = tuple(dict.fromkeys(_loaded(key, project) for key in symbolic.candidates))
            chosen, *others = candidates
            if not others:
                continue
            setting = _setting(symbolic, project)
            if setting is not None and _makes_model_of(setting, chosen, project):
                continue
            if symbolic.entry.attribute == "dependencies":
                migration = _loaded(symbolic.entry.migration, project)
                if project.graph.ancestors(migration).issuperset(candidates):
                    continue  # others are named as well
            yield self._finding(symbolic, chosen, others, setting, project)

    def _finding(
        self,
        symbolic: Symbolic,
        chosen: MigrationKey,
        others: list[MigrationKey],
        setting: str | None,
        project: Project,
    ) -> Finding:
        entry, (label, end) = symbolic.entry, symbolic.target
        which = "first" if end == "__first__" else "last"
        names = _listed([chosen, *others])
        verb = "depends on" if entry.attribute == "dependencies" else "wants to run before"
        if setting is not None:
            hint = f"Let '{label}' begin with one migration: the others depend on it."
        else:
            hint = f'Name the migration that is meant, for example ("{label}", "{others[0].name}").'
        return self.finding(
            entry.location,
            f"'{entry.migration}' {verb} '{end}' of '{label}', where {names} are {which}: Django takes "
            f"'{chosen.name}', which is the smallest by name, and nothing orders the rest.",
            hint=hint,
            app=entry.migration.app_label,
            migration=entry.migration.name,
            subject=f"{label}.{end}",
            related=tuple(
                Related(Location(migration.path, migration.span), f"'{key}' is {which} in '{label}'")
                for key in (chosen, *others)
                if (migration := project.migrations.get(key)) is not None
            ),
        )


def _loaded(key: MigrationKey, project: Project) -> MigrationKey:
    """The squash that Django loads in a migration's place, else the migration itself."""
    seen = {key}
    while (squash := project.graph.replaced.get(key)) is not None and squash not in seen:
        seen.add(squash)
        key = squash
    return key


def _setting(symbolic: Symbolic, project: Project) -> str | None:
    """The setting behind an entry that is a `swappable_dependency`."""
    for entry in project.migrations[symbolic.entry.migration].dependencies:
        if isinstance(entry, SwappableDependency) and entry.span == symbolic.entry.location.span:
            return entry.setting
    return None


def _makes_model_of(setting: str, key: MigrationKey, project: Project) -> bool:
    named = setting if "." in setting else text_of(project.layout.settings.values.get(setting)) or ""
    model = named.partition(".")[2].lower()
    return any(
        isinstance(operation, CreateModel) and isinstance(operation.name, str) and operation.name.lower() == model
        for operation in project.migrations[key].operations
    )


def _listed(keys: list[MigrationKey], most: int = 4) -> str:
    names = [f"'{key.name}'" for key in keys]
    *firsts, last = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    return f"{', '.join(firsts)} and {last}"
