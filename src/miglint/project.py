"""A Django project as the rules see it, and the pipeline up to where judgement starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from miglint.effects import effects_of
from miglint.effects.effect import Effect
from miglint.facts.layout import App, Layout
from miglint.facts.migration import Migration, MigrationKey, Module, Unreadable
from miglint.facts.operations import Operation
from miglint.facts.repository import Repository
from miglint.facts.source import Location
from miglint.facts.target import Target
from miglint.graph import MigrationGraph, in_dependency_order
from miglint.schema.tables import Tables


@dataclass(frozen=True, slots=True)
class Step:
    """One operation in replay order; `index` is its dotted path in `operations`.

    `table` is what the operation's model is called in the database, None where it has none or it is not known.
    `existed_before` says whether that table was there before the changeset: None is unknown.
    """

    migration: Migration
    index: str
    operation: Operation
    table: str | None
    effects: tuple[Effect, ...]
    existed_before: bool | None

    @property
    def location(self) -> Location:
        return Location(self.migration.path, self.operation.site.span)


@dataclass(frozen=True, slots=True)
class Project:
    """One Django project, linked and replayed.

    `migrations` holds every first-party one by key, squashed ones that lost included; `graph` what Django's
    loader leaves. `modules` are the facts of every file that was read, by path. `changeset` is None
    where no base is known. `large_tables` are names of tables that the settings list.
    """

    layout: Layout
    target: Target
    repository: Repository
    changeset: frozenset[MigrationKey] | None
    graph: MigrationGraph
    migrations: Mapping[MigrationKey, Migration]
    unreadable: tuple[Unreadable, ...]
    steps: tuple[Step, ...]
    modules: Mapping[str, Module]
    large_tables: frozenset[str]
    _apps: Mapping[str, App] = field(repr=False)

    @property
    def root(self) -> str:
        return self.layout.root

    def app(self, label: str) -> App | None:
        return self._apps.get(label)

    def planned(self) -> Iterator[Migration]:
        """The migrations that Django would apply to an empty database, in its order."""
        for key in self.graph.plan:
            migration = self.migrations.get(key)
            if migration is not None:
                yield migration


def analyse(
    *,
    layout: Layout,
    migrations: Mapping[MigrationKey, Migration],
    unreadable: tuple[Unreadable, ...],
    modules: Mapping[str, Module],
    repository: Repository,
    changeset: frozenset[MigrationKey] | None,
    target: Target,
    large_tables: frozenset[str],
) -> Project:
    """Link and replay one project."""
    graph = in_dependency_order(
        migrations.values(),
        layout=layout,
        django=target.django,
        unreadable=[broken.key for broken in unreadable],
    )
    return Project(
        layout=layout,
        target=target,
        repository=repository,
        changeset=changeset,
        graph=graph,
        migrations=migrations,
        unreadable=unreadable,
        steps=tuple(_steps(graph, migrations, target)),
        modules=modules,
        large_tables=large_tables,
        _apps={app.label: app for app in layout.apps},
    )


def _steps(graph: MigrationGraph, migrations: Mapping[MigrationKey, Migration], target: Target) -> Iterator[Step]:
    tables = Tables()
    for key in graph.plan:
        migration = migrations.get(key)
        if migration is None:
            continue
        tables.begin(migration)
        for index, operation in migration.operations_within():
            table = tables.of(operation)
            yield Step(
                migration=migration,
                index=index,
                operation=operation,
                table=table,
                effects=_effects(operation, index, table, target),
                existed_before=tables.existed_before(operation),
            )
            tables.apply(index, operation)


def _effects(operation: Operation, index: str, table: str | None, target: Target) -> tuple[Effect, ...]:
    """What stands in `state_operations`, and a model without a table, never reaches the database."""
    return () if table is None or ".state." in index else effects_of(operation, table, target)
