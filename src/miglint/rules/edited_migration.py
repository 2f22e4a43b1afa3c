"""MIG604: a migration that the base branch has, and that is edited, renamed or deleted here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from miglint.facts.migration import Dependency, Migration, MigrationKey
from miglint.facts.repository import Base
from miglint.facts.source import TOP, Location
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule
from miglint.schema.edits import Edit, Version, does_the_same, edits


@dataclass(frozen=True)
class EditedMigration(ProjectRule):
    code = "MIG604"
    name = "edited-migration"
    severity = Severity.ERROR
    needs_base = True

    def check(self, project: Project) -> Iterator[Finding]:
        base = project.base
        if base is None or not base.forked:
            return
        unreadable = {broken.key for broken in project.unreadable}
        squashed = _squashed(project, base)
        renamed = _renamed(project, base, squashed)

        def meant(key: MigrationKey) -> MigrationKey:
            seen = set()
            while key not in seen and (key in renamed or key in squashed):
                seen.add(key)
                key = renamed.get(key) or squashed[key]
            return key

        for key, then in sorted(base.forked.items()):
            # What the base has taken out meanwhile is nobody's any more.
            if key not in base.migrations or key in unreadable:
                continue
            now = project.migrations.get(key)
            if now is not None:
                version = Version(now, base.functions.get(key, {}))
                found = edits(
                    Version(then, base.forked_functions.get(key, {})),
                    version,
                    meant,
                    lambda gone: gone not in project.migrations,
                )
                if found and not _is_the_bases(base.migrations[key], then, version):
                    needs = [edit.needs for edit in found if edit.needs is not None]
                    if len(needs) == len(found):
                        yield self._needing(now, needs, project, base)
                    else:
                        yield self._edited(now, found, base)
            elif key in renamed:
                yield self._renamed(project.migrations[renamed[key]], then, base)
            elif key not in squashed:
                yield self._deleted(then, base)

    def _edited(self, now: Migration, found: tuple[Edit, ...], base: Base) -> Finding:
        return self.finding(
            Location(now.path, found[0].span),
            f"'{now.key}' is on '{base.name}' and says something else here: {_listed(found)}. Whoever has "
            f"'{base.name}' has applied it already, and `migrate` does not run it again: databases made before and "
            "after come apart.",
            hint=f"Restore it (`git checkout {base.name} -- {now.path}`), and put the change into a new migration.",
            app=now.key.app_label,
            migration=now.key.name,
            subject=str(now.key),
            related=tuple(Related(Location(now.path, edit.span), _sentence(edit.what)) for edit in found[1:]),
        )

    def _needing(self, now: Migration, needs: list[MigrationKey], project: Project, base: Base) -> Finding:
        """What differs is the order alone, which Django checks against what is applied."""
        new = [key for key in needs if key in (project.changeset or ())]
        which = ", ".join(f"'{key}'" for key in new or needs)
        stops = "`migrate` stops with InconsistentMigrationHistory"
        if new:
            outcome = f"which {'are' if new[1:] else 'is'} not: {stops} wherever '{now.key}' is applied."
            hint = f"Put what needs them both into a new migration that depends on '{now.key}' and {which}."
        else:
            outcome = f"where that is not applied though '{now.key}' is, {stops}. Elsewhere nothing changes."
            hint = (
                f"Keep it if every database that has '{now.key}' has {which} too, and say so: new ones need the order."
            )
        return self.finding(
            Location(now.path, now.attribute_spans.get("dependencies", now.span)),
            f"'{now.key}' is on '{base.name}' and depends on {which} besides{', ' if new else ': '}{outcome}",
            hint=hint,
            severity=Severity.ERROR if new else Severity.WARNING,
            app=now.key.app_label,
            migration=now.key.name,
            subject=str(now.key),
        )

    def _renamed(self, now: Migration, then: Migration, base: Base) -> Finding:
        return self.finding(
            Location(now.path, now.span),
            f"'{now.key}' is '{then.key}' of '{base.name}' under a new name. Whoever has '{base.name}' has applied it "
            "under the old one: `migrate` takes it for another and runs it again, and stops where it finds its work "
            "done.",
            hint=f"Give it back its name: `git mv {now.path} {then.path}`.",
            app=now.key.app_label,
            migration=now.key.name,
            subject=str(then.key),
        )

    def _deleted(self, then: Migration, base: Base) -> Finding:
        return self.finding(
            Location(then.path, TOP),
            f"'{then.key}' is on '{base.name}' and deleted here. Whoever has '{base.name}' has applied it already: "
            "those databases keep what it made, and new ones never get it.",
            hint=f"Restore it (`git checkout {base.name} -- {then.path}`), and undo its work in a new migration; "
            "`squashmigrations` makes one of many.",
            app=then.key.app_label,
            migration=then.key.name,
            subject=str(then.key),
        )


def _squashed(project: Project, base: Base) -> dict[MigrationKey, MigrationKey]:
    """What squashes replace, here, on the base, or before they were finished."""
    found: dict[MigrationKey, MigrationKey] = {}
    for migrations in (project.migrations, base.migrations, base.forked):
        for key, migration in migrations.items():
            for entry in migration.replaces:
                if isinstance(entry, Dependency) and entry.key != key:
                    found.setdefault(entry.key, key)
    return found


def _renamed(
    project: Project, base: Base, squashed: Mapping[MigrationKey, MigrationKey]
) -> dict[MigrationKey, MigrationKey]:
    """New migrations that do what one did which is not here any more, by its name."""
    new = [key for key in sorted(project.changeset or ()) if key in project.migrations]
    found: dict[MigrationKey, MigrationKey] = {}
    for key, then in sorted(base.forked.items()):
        if key in project.migrations or key in squashed:
            continue
        before = Version(then, base.forked_functions.get(key, {}))
        for candidate in new:
            now = Version(project.migrations[candidate], base.functions.get(candidate, {}))
            same_app = candidate.app_label == key.app_label
            if same_app and candidate not in found.values() and does_the_same(before, now):
                found[key] = candidate
                break
    return found


def _is_the_bases(on_base: Migration, then: Migration, now: Version) -> bool:
    """Whether the base was edited in the same way."""
    return on_base != then and not edits(Version(on_base, {}), now)


# More changes than these are told by their number.
_MOST = 3


def _listed(found: tuple[Edit, ...]) -> str:
    told = [edit.what for edit in found[:_MOST]]
    more = len(found) - _MOST
    return "; ".join((*told, f"and {more} more change{'s' if more > 1 else ''}") if more > 0 else told)


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."
