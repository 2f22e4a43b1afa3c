"""What the projects of a run are held against."""

from __future__ import annotations

from miglint import judging, read
from miglint.findings import Held
from miglint.project import Project
from miglint.scope import own_migrations, prefixed


class Bases:
    """What the projects of a run are held against; a migration that several of them share counts once."""

    def __init__(self) -> None:
        self.projects: dict[tuple[str, str, str], list[str]] = {}
        self.migrations: dict[tuple[str, str, str], dict[str, bool]] = {}

    def add(self, project: Project, tree: read.Tree) -> None:
        if project.base is None:
            return
        base = (project.base.ref, project.base.commit, project.base.told_by)
        own = {
            tree.prefix + migration.path: judging.is_new(migration, project) for migration in own_migrations(project)
        }
        self.projects.setdefault(base, []).append(prefixed(project.root, tree.prefix))
        self.migrations.setdefault(base, {}).update(own)

    def held(self) -> tuple[Held, ...]:
        return tuple(
            Held(*base, tuple(projects), len(self.migrations[base]), sum(self.migrations[base].values()))
            for base, projects in self.projects.items()
        )

    def new(self) -> int | None:
        if not self.projects:
            return None
        return sum({path: new for one in self.migrations.values() for path, new in one.items()}.values())
