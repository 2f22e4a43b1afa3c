"""The versions that a project is judged for, the settings in force, and where each is from."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.config import Config
from miglint.facts.layout import Layout
from miglint.facts.target import DEFAULT_DJANGO, Database, Target, Vendor, oldest_postgresql, written
from miglint.facts.values import Literal, text_of
from miglint.findings import Assumption
from miglint.folding import fold_item

# The last part of ENGINE, of Django's own backends and of those that wrap them (`django_prometheus.db.backends.mysql`).
_ENGINES: dict[str, Vendor] = {
    "postgresql": "postgresql",
    "postgresql_psycopg2": "postgresql",
    "postgis": "postgresql",
    "mysql": "mysql",
    "oracle": "oracle",
}

_COMMAND_LINE = "the command line"


def target_of(config: Config, layout: Layout, django_said: bool, database_said: bool) -> Target:
    """The versions for one project; `…_said` where the command line named them and not the settings file."""
    file = config.path or _COMMAND_LINE
    django = config.django or DEFAULT_DJANGO
    database, database_from = config.database, _COMMAND_LINE if database_said else file
    if database is None:
        database, database_from = _database_of(layout) or (Database("postgresql", ()), "")
    if database.vendor == "postgresql" and not database.version:
        database = oldest_postgresql(django)
        oldest = f"the oldest that Django {written(django)} supports"
        database_from = f"{database_from}; {oldest}" if database_from else oldest
    return Target(
        django=django,
        django_from="the default" if config.django is None else _COMMAND_LINE if django_said else file,
        django_assumed=config.django is None,
        database=database,
        database_from=database_from,
    )


def assumption(root: str, target: Target) -> Assumption:
    """What a report says of it."""
    return Assumption(
        project=root,
        django=written(target.django),
        django_from=target.django_from,
        database=str(target.database),
        database_from=target.database_from,
    )


def in_force(layout: Layout, target: Target, config: Config, statistics: str) -> Iterator[str]:
    """The settings of one project, line by line, for `--show-settings`."""
    yield f"[{layout.root}]"
    yield f"settings file    = {config.path or 'none'}"
    yield f"Django settings  = {layout.settings.path or 'none found'}"
    yield f"django           = {written(target.django)} ({target.django_from})"
    yield f"database         = {target.database} ({target.database_from})"
    yield f"fail-on          = {config.fail_on}"
    yield f"rules            = {', '.join(sorted(config.selected()))}"
    yield f"large-tables     = {', '.join(config.large_tables) or 'none'}"
    yield f"table-statistics = {statistics or 'none'}"
    yield f"exclude          = {', '.join(config.exclude) or 'none'}"
    for app in layout.apps:
        note = ", for linking only" if app.label in layout.linking_only else ""
        count = f"{len(app.files)} migration{'' if len(app.files) == 1 else 's'}"
        yield f"app {app.label:<12} = {app.path} ({count}{note})"


def _database_of(layout: Layout) -> tuple[Database, str] | None:
    """The vendor of the default database in Django's settings. SQLite is a developer's own: no evidence."""
    databases = layout.settings.values.get("DATABASES")
    default = fold_item(databases, Literal("default")) if databases is not None else None
    engine = text_of(fold_item(default, Literal("ENGINE"))) if default is not None else None
    vendor = _ENGINES.get((engine or "").rpartition(".")[2])
    return (Database(vendor, ()), "Django's settings") if vendor is not None else None
