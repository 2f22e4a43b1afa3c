"""The versions that a project is judged for, the settings in force, and where each is from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from miglint.config import Config
from miglint.facts.evidence import Evidence, Wanted
from miglint.facts.layout import Layout
from miglint.facts.target import (
    DEFAULT_DJANGO,
    KNOWN_DJANGO,
    Database,
    Target,
    Vendor,
    Version,
    oldest_postgresql,
    written,
)
from miglint.facts.values import Literal, text_of
from miglint.findings import Assumption
from miglint.folding import fold_item
from miglint.requirements import allows, exact, highest, lowest

# The last part of ENGINE, of Django's own backends and of those that wrap them (`django_prometheus.db.backends.mysql`).
_ENGINES: dict[str, Vendor] = {
    "postgresql": "postgresql",
    "postgresql_psycopg2": "postgresql",
    "postgis": "postgresql",
    "mysql": "mysql",
    "oracle": "oracle",
}

_COMMAND_LINE = "the command line"


def target_of(config: Config, layout: Layout, evidence: Evidence, django_said: bool, database_said: bool) -> Target:
    """The versions for one project; `…_said` where the command line named them and not the settings file.

    `evidence` is what its files say, of its root first.
    """
    file = config.path or _COMMAND_LINE
    if config.django is not None:
        django = Found(config.django, _COMMAND_LINE if django_said else file)
    else:
        django = django_of(evidence) or Found(DEFAULT_DJANGO, "the default", assumed=True)
    if config.database is not None:
        database, database_from = config.database, _COMMAND_LINE if database_said else file
    else:
        database, database_from = _database_of(layout) or (Database("postgresql", ()), "")
    if database.vendor == "postgresql" and not database.version:
        database, why = _postgresql(evidence, django.version)
        database_from = f"{database_from}; {why}" if database_from else why
    return Target(
        django=django.version,
        django_from=django.source,
        django_assumed=django.assumed,
        database=database,
        database_from=database_from,
    )


class Found(NamedTuple):
    """A version of Django, and where it is from; `assumed` where nobody named it for what is deployed."""

    version: Version
    source: str
    assumed: bool = False


def django_of(evidence: Evidence) -> Found | None:
    """The version that a project's files name; None where they name none.

    The nearest to its root counts, there a pin before a range. A pin further up says which release of a range it is. A
    range stands for the oldest release in it: what that one lacks, the project must do without. What is there for
    tests or documentation counts in the root alone, and only where nothing else is said.
    """
    for number, folder in enumerate(evidence):
        said = _weightiest(one for one in folder.django if not one.aside)
        if said is None:
            continue
        if said.pin is None:
            above = (one for further in evidence[number + 1 :] for one in further.django if not one.aside)
            pins = (one for wanted in above if (one := _said(wanted)) is not None)
            said = next((one for one in pins if one.pin is not None and said.admits(one.pin)), said)
        return said.found()
    aside = _weightiest(one for one in evidence[0].django if one.aside) if evidence else None
    return aside.found()._replace(assumed=True) if aside is not None else None


class _Said(NamedTuple):
    """What one file says of Django: `pins` where every alternative is one, ascending."""

    wanted: Wanted
    pins: tuple[Version, ...]

    @property
    def pin(self) -> Version | None:
        return self.pins[0] if self.pins else None

    def admits(self, version: Version) -> bool:
        return any(allows(clauses, version) for clauses in self.wanted.alternatives)

    def found(self) -> Found:
        version, why = self._pinned() if self.pins else self._ranged()
        return Found(version, f"{self.wanted.path}: {why}" if why else self.wanted.path)

    def _pinned(self) -> tuple[Version, str]:
        known, why = _known(self.pins[0])
        said = f"the oldest of {_and(map(written, self.pins))}" if len(self.pins) > 1 else written(self.pins[0])
        return known, f"{said}, {why}" if why else said if len(self.pins) > 1 else ""

    def _ranged(self) -> tuple[Version, str]:
        bounds = [lowest(clauses) for clauses in self.wanted.alternatives]
        admitted = [version for version in KNOWN_DJANGO if self.admits(version)]
        if None not in bounds:
            lower = min(bound for bound in bounds if bound is not None)
            known, why = _known((*lower, 0)[:2])
            said = f"at least {written(lower)}"
            return admitted[0] if admitted else known, f"{said}, {why}" if why else said
        uppers = [bound for clauses in self.wanted.alternatives if (bound := highest(clauses)) is not None]
        if not uppers:
            return admitted[0] if admitted else KNOWN_DJANGO[0], "the oldest that it allows"
        upper = max(uppers, key=lambda one: one.release)
        said = f"{'below' if upper.operator == '<' else 'at most'} {written(upper.release)}"
        return (admitted[-1], f"the newest {said}") if admitted else (KNOWN_DJANGO[0], f"{said}, {_OLDEST}")


_OLDEST = f"the oldest known is {written(KNOWN_DJANGO[0])}"
_NEWEST = f"the newest known is {written(KNOWN_DJANGO[-1])}"


def _weightiest(files: Iterable[Wanted]) -> _Said | None:
    """What counts of the files of one folder: the first pin, else the first range."""
    said = [one for wanted in files if (one := _said(wanted)) is not None]
    return next((one for one in said if one.pins), said[0] if said else None)


def _said(wanted: Wanted) -> _Said | None:
    """None where it says nothing: any version but one, say."""
    telling = tuple(one for one in wanted.alternatives if exact(one) or lowest(one) or highest(one))
    if not telling:
        return None
    pins = [exact(clauses) for clauses in telling]
    known = {pin for pin in pins if pin is not None}
    return _Said(wanted._replace(alternatives=telling), () if None in pins else tuple(sorted(known)))


def _known(version: Version) -> tuple[Version, str]:
    """The release of Django that stands for a version, and why where it is another."""
    if version < KNOWN_DJANGO[0]:
        return KNOWN_DJANGO[0], _OLDEST
    if version > KNOWN_DJANGO[-1]:
        return KNOWN_DJANGO[-1], _NEWEST
    known = [one for one in KNOWN_DJANGO if one <= version][-1]
    return known, "" if known == version else f"the nearest known is {written(known)}"


def _postgresql(evidence: Evidence, django: Version) -> tuple[Database, str]:
    """The PostgreSQL that a project's containers run, else the oldest that its Django supports."""
    supported = oldest_postgresql(django)
    served = next((folder.postgresql for folder in evidence if folder.postgresql), ())
    if not served:
        return supported, f"the oldest that Django {written(django)} supports"
    versions = sorted({version for one in served for version in one.versions})
    why = next(one.path for one in served if versions[0] in one.versions)
    if len(versions) > 1:
        why += f": the oldest of {_and(map(written, versions))}"
    if versions[0] < supported.version:
        why += f"; Django {written(django)} supports {written(supported.version)} and newer"
    return Database("postgresql", versions[0]), why


def _and(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def assumption(root: str, target: Target) -> Assumption:
    """What a report says of it."""
    return Assumption(
        project=root,
        django=written(target.django),
        django_from=target.django_from,
        database=str(target.database),
        database_from=target.database_from,
    )


def in_force(
    layout: Layout, target: Target, config: Config, evidence: Evidence, statistics: str, baseline: str
) -> Iterator[str]:
    """The settings of one project, line by line, for `--show-settings`."""
    yield f"[{layout.root}]"
    yield f"settings file    = {config.path or 'none'}"
    yield f"Django settings  = {layout.settings.path or 'none found'}"
    yield f"django           = {written(target.django)} ({target.django_from})"
    yield f"database         = {target.database} ({target.database_from})"
    for note in dict.fromkeys(note for folder in evidence for note in folder.notes):
        yield f"not read         = {note}"
    yield f"fail-on          = {config.fail_on}"
    yield f"rules            = {', '.join(sorted(config.selected()))}"
    yield f"large-tables     = {', '.join(config.large_tables) or 'none'}"
    yield f"table-statistics = {statistics or 'none'}"
    yield f"baseline         = {baseline or 'none'}"
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
