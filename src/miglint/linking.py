"""From paths to linked projects: what every run begins with."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from miglint import base as bases
from miglint import config as settings
from miglint import read
from miglint.ahead import Ahead
from miglint.base import Wanted as WantedBase
from miglint.config import Config, ConfigError, Selection
from miglint.facts.evidence import Evidence
from miglint.facts.layout import Layout
from miglint.facts.migration import Module
from miglint.facts.repository import Repository
from miglint.facts.sizes import TableSizes
from miglint.facts.target import Database, Target, Version
from miglint.findings import Notice, Severity
from miglint.pool import Pool
from miglint.project import Project, analyse
from miglint.records import dataclass
from miglint.scope import is_under
from miglint.targets import target_of

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What one run asks for; None and empty leave it to the settings."""

    paths: tuple[str, ...] = (".",)
    selection: Selection | None = None
    database: Database | None = None
    django: Version | None = None
    fail_on: Severity | None = None
    # A CSV file, from the working folder.
    table_statistics: str | None = None
    # A file of accepted findings, from the working folder; with `new_baseline` it need not be there yet.
    baseline: str | None = None
    new_baseline: bool = False
    config: str | None = None
    isolated: bool = False
    exit_zero: bool = False
    # Facts are kept from run to run; `jobs` is how many processes may work, 0 as many as there is room for.
    cached: bool = False
    cache_dir: str | None = None
    jobs: int = 1
    # Processes that have been started for the run already.
    pool: Pool | None = None
    # What the migrations are held against: a ref, or with `staged` the last commit; and where a CI may name one.
    since: str | None = None
    staged: bool = False
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Linked(NamedTuple):
    projects: tuple[Project, ...]
    notices: tuple[Notice, ...]
    failed: bool


def link(options: Options, progress: Progress | None = None) -> Linked:
    """The projects that the paths belong to, linked and replayed, without judgement."""
    notices: list[Notice] = []
    reading, failed = read_paths(options, notices, progress)
    projects = []
    for tree in reading.trees:
        for facts in tree.projects:
            config = config_for(facts, options, notices)
            failed = failed or config is None
            config = config or with_options(Config(), options)
            projects.append(analysed(tree, facts, config, options, TableSizes(config.large_tables)))
    return Linked(tuple(projects), tuple(dict.fromkeys(notices)), failed)


def read_paths(options: Options, notices: list[Notice], progress: Progress | None) -> tuple[read.Reading, bool]:
    """Everything below and around the paths; True where a path or a settings file could not be read."""
    configuration = None
    failed = False
    if options.config is not None:
        try:
            configuration = read.read_configuration(options.config)
        except (OSError, ValueError) as error:
            raise ConfigError([f"--config: '{options.config}' cannot be read: {reason_of(error)}."]) from error
    reading = read.read(
        options.paths,
        configuration=configuration,
        isolated=options.isolated,
        progress=progress,
        django=options.django,
        cached=options.cached,
        cache_dir=options.cache_dir,
        jobs=options.jobs,
        pool=options.pool,
        base=_wanted(options),
        environment=options.environment,
        begin=partial(_begin, options=options),
    )
    for path in reading.missing:
        notices.append(Notice(f"'{path}' does not exist."))
        failed = True
    for tree in reading.trees:
        notices += tree.notices
        for problem in tree.problems:
            notices.append(Notice(problem))
            failed = True
    return reading, failed


def _begin(
    layout: Layout, configuration: read.Configuration | None, evidence: Evidence, options: Options
) -> Ahead | None:
    config = _config_of(configuration, options, [])
    return None if config is None else Ahead(_judged(layout, config), _target_of(layout, evidence, config, options))


def _wanted(options: Options) -> WantedBase | None:
    if options.since is not None:
        return bases.since(options.since)
    return bases.staged() if options.staged else None


def reason_of(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error).rstrip(".")


def config_for(facts: read.ProjectFacts, options: Options, notices: list[Notice]) -> Config | None:
    """The settings of one project with the command line on top; None where they cannot be used."""
    return _config_of(facts.configuration, options, notices)


def _config_of(given: read.Configuration | None, options: Options, notices: list[Notice]) -> Config | None:
    try:
        config = settings.from_mapping(given.values, given.path) if given is not None else Config()
        if given is not None and options.config is None:
            config = dataclasses.replace(config, folder=given.path.rpartition("/")[0] or ".")
    except ConfigError as error:
        notices += [Notice(problem) for problem in error.problems]
        return None
    return with_options(config, options)


def with_options(config: Config, options: Options) -> Config:
    return settings.override(
        config,
        selection=options.selection,
        database=options.database,
        django=options.django,
        fail_on=options.fail_on,
    )


def analysed(tree: read.Tree, facts: read.ProjectFacts, config: Config, options: Options, sizes: TableSizes) -> Project:
    external = frozenset(config.external_apps)
    return analyse(
        layout=_judged(facts.layout, config),
        migrations={key: one for key, one in facts.migrations.items() if key.app_label not in external},
        unreadable=tuple(one for one in facts.unreadable if one.key.app_label not in external),
        modules={path: module for path, module in tree.modules.items() if isinstance(module, Module)},
        repository=_repository_of(tree, facts),
        changeset=None if facts.base is None else frozenset(facts.migrations.keys() - facts.base.released),
        base=None if facts.base is None else facts.base.without(external),
        target=_target_of(facts.layout, facts.evidence, config, options),
        sizes=sizes,
        absent=facts.absent,
        begun=facts.begun,
    )


def _judged(layout: Layout, config: Config) -> Layout:
    """What the settings call external is somebody else's, wherever its files lie."""
    external = frozenset(config.external_apps)
    return dataclasses.replace(layout, apps=tuple(app for app in layout.apps if app.label not in external))


def _target_of(layout: Layout, evidence: Evidence, config: Config, options: Options) -> Target:
    return target_of(config, layout, evidence, options.django is not None, options.database is not None)


def _repository_of(tree: read.Tree, facts: read.ProjectFacts) -> Repository:
    """What git says of one project: of an ignored folder below several roots only the nearest project speaks."""
    roots = sorted((project.layout.root for project in tree.projects), key=len)

    def speaker(folder: str) -> str:
        return next((root for root in reversed(roots) if is_under(folder, (root,))), roots[0])

    mine = tuple(one for one in tree.repository.ignored if speaker(one.folder) == facts.layout.root)
    return dataclasses.replace(tree.repository, ignored=mine)
