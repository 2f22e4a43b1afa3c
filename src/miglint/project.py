"""A Django project as the rules see it, and the pipeline up to where judgement starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property  # noqa: F401

from miglint.effects.effect import Effect
from miglint.facts.layout import App, Layout
from miglint.facts.migration import Migration, MigrationKey, Module, Unreadable
from miglint.facts.operations import Operation
from miglint.facts.repository import Repository
from miglint.facts.source import Location
from miglint.facts.target import Target
from miglint.graph import MigrationGraph


@dataclass(frozen=True, slots=True)
class Step:
    """One operation in replay order; `index` is its dotted path in `operations`.

    `existed_before` says whether the operation's table was there before the changeset: None is unknown.
    """

    migration: Migration
    index: str
    operation: Operation
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

    @property
    def root(self) -> str:
        return self.layout.root

    def app(self, label: str) -> App | None:
        return next((app for app in self.layout.apps if app.label == label), None)
