"""Which folders are apps, under which label, and of which Django project."""

from __future__ import annotations

from collections.abc import Mapping

from miglint.facts.source import TOP, Location
from miglint.facts.values import Value
from miglint.records import dataclass


@dataclass(frozen=True, slots=True)
class App:
    """An app with migrations, or with a folder for them.

    `path` is its migrations folder, `files` the modules in it that Django's loader takes for migrations (by
    name, as it does), both relative to the tree's root. `package` is the app's own folder. `installed`
    is None where INSTALLED_APPS is not known. Without `has_init` Django does not load the folder.
    `owner` is the root of the project that reports on it: "." for an app that several projects share.
    `labelled_at` is where the label was read (an AppConfig, a setting), None where it is the folder's name.
    """

    label: str
    path: str
    package: str
    files: tuple[str, ...]
    has_init: bool
    installed: bool | None
    owner: str
    labelled_at: Location | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the settings that count say. `path` is the file that was believed, None where there is none.

    `values` are the names that matter, evaluated across star imports: INSTALLED_APPS, MIGRATION_MODULES,
    AUTH_USER_MODEL, DEFAULT_AUTO_FIELD, DATABASES, and every setting that a swappable dependency names.
    """

    path: str | None
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Layout:
    """One Django project of a tree: apps by label order, the losers of a label fight in `duplicates`.

    `unmigrated` are labels whose migrations the settings switch off. `linking_only` are labels that are
    read so that the project can be linked, and reported on elsewhere. `distributed` says that the tree is an
    unpacked or installed distribution (a `.dist-info` lies in it): how far its users have migrated, nobody knows.
    `south` are files in the format of South, which are nobody's migrations any more.
    """

    root: str
    apps: tuple[App, ...]
    duplicates: tuple[App, ...]
    settings: Settings
    unmigrated: frozenset[str] = frozenset()
    linking_only: frozenset[str] = frozenset()
    distributed: bool = False
    south: tuple[str, ...] = ()


def place_of(app: App) -> Location:
    """Where a finding about a migrations folder points: its first migration, else `__init__.py`, else the folder."""
    if app.files:
        return Location(min(app.files), TOP)
    return Location(f"{app.path}/__init__.py" if app.has_init else app.path, TOP)
