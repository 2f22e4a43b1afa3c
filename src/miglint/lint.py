"""One run, in the order it happens: read → analyse → judge → suppress → baseline → scope → report."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from miglint import base as bases
from miglint import config as settings
from miglint import fix as fixing
from miglint import judging, read, write
from miglint.base import Wanted as WantedBase
from miglint.baseline import Baseline, Judged, Ledger, pruned, read_baseline
from miglint.config import Config, ConfigError, Selection
from miglint.facts.migration import Migration, MigrationKey, Module, Suppression
from miglint.facts.repository import Repository
from miglint.facts.sizes import Counted, TableSizes
from miglint.facts.source import Location
from miglint.facts.target import Database, Version
from miglint.findings import Assumption, Finding, Held, Notice, Report, RuleInfo, Severity, Unanalysed
from miglint.parse.text import UndecodableError, decode
from miglint.plans import Plans, ProjectPlan, Wanted, plan_of
from miglint.pool import Pool
from miglint.project import Project, analyse
from miglint.records import dataclass
from miglint.report.schema import Schema
from miglint.rules import ALL_RULES
from miglint.suppress import UNUSED_SUPPRESSION_NAME, suppress
from miglint.table_statistics import read_statistics
from miglint.targets import assumption, in_force, target_of
from miglint.unanalysed import unanalysed

CLEAN, FINDINGS, FAILED = 0, 1, 2

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
    # Facts are kept from run to run; `jobs` is how many processes may parse, 0 as many as there is room for.
    cached: bool = False
    cache_dir: str | None = None
    jobs: int = 1
    # Processes that have been started for the run already.
    pool: Pool | None = None
    # What the migrations are held against: a ref, or with `staged` the last commit; and where a CI may name one.
    since: str | None = None
    staged: bool = False
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


def check_paths(
    paths: Sequence[str] = (".",), *, select: Sequence[str] = (), ignore: Sequence[str] = (), isolated: bool = False
) -> Report:
    """Check folders or files. Raises ConfigError where `select` or `ignore` name no rule."""
    selection = Selection(settings.selectors(select) or None, settings.selectors(ignore))
    return check(Options(paths=tuple(paths), selection=selection, isolated=isolated))


def check(options: Options, progress: Progress | None = None) -> Report:
    """Judge everything that the paths belong to, and report what lies under them. Never raises for bad input."""
    return concluded(judge(options, progress), options)


def concluded(run: Run, options: Options) -> Report:
    exit_code = FAILED if run.failed else FINDINGS if run.found and not options.exit_zero else CLEAN
    return dataclasses.replace(run.report, exit_code=exit_code)


class Fixed(NamedTuple):
    """`report` is about the files as they are afterwards; `problems` are files that could not be written."""

    report: Report
    fixed: int
    problems: tuple[str, ...]


def check_and_fix(options: Options, progress: Progress | None = None) -> Fixed:
    """Apply the safe fixes of what is reported, then judge what the files say."""
    run = judge(options, progress)
    count = 0
    problems: list[str] = []
    for tree in run.trees:
        mine = [one for one in run.report.findings if one.location.path.removeprefix(tree.prefix) in tree.sources]
        for path, edits in sorted(fixing.safe_edits(mine).items()):
            try:
                count += write.rewrite(tree.root, path.removeprefix(tree.prefix), partial(fixing.apply, fixes=edits))
            except (OSError, ValueError) as error:
                problems.append(f"'{path}' could not be mended: {error}.")
    taken_out, unpruned = prune(run)
    count += taken_out
    problems += unpruned
    return Fixed(check(options) if count else concluded(run, options), count, tuple(problems))


def prune(run: Run) -> tuple[int, list[str]]:
    """Take what is stale out of the baselines: how many entries, and why files could not be written."""
    count = 0
    problems = []
    for one in run.baselines:
        try:
            if one.stale:
                write.replace(Path(one.path), pruned(one.baseline, one.stale).encode())
                count += len(one.stale)
        except OSError as error:
            problems.append(f"'{one.baseline.path}' could not be written: {_reason(error)}.")
    return count, problems


class Linked(NamedTuple):
    projects: tuple[Project, ...]
    notices: tuple[Notice, ...]
    failed: bool


def link(options: Options, progress: Progress | None = None) -> Linked:
    """The projects that the paths belong to, linked and replayed, without judgement."""
    notices: list[Notice] = []
    reading, failed = _read(options, notices, progress)
    projects = []
    for tree in reading.trees:
        for facts in tree.projects:
            config = _config_for(facts, options, notices)
            failed = failed or config is None
            config = config or _with_options(Config(), options)
            projects.append(_analyse(tree, facts, config, options, TableSizes(config.large_tables)))
    return Linked(tuple(projects), tuple(dict.fromkeys(notices)), failed)


def schemas(projects: Sequence[Project], at: str | None) -> tuple[Schema, ...]:
    """The schema of each project, after one migration where it is named; raises ConfigError where no project has it."""
    if at is None:
        return tuple(Schema(project, project.state) for project in projects)
    label, _, name = at.partition(".")
    found = []
    nodes: list[MigrationKey] = []
    for project in projects:
        nodes += project.graph.nodes
        exact = MigrationKey(label, name)
        starting = [key for key in project.graph.nodes if key.app_label == label and key.name.startswith(name)]
        matching = [exact] if exact in starting else starting if name else []
        if len(matching) > 1:
            names = ", ".join(map(str, matching[:5]))
            raise ConfigError([f"--at: '{at}' may be any of {names}{', …' if len(matching) > 5 else ''}."])
        if exact in project.graph.replaced and not matching:
            raise ConfigError([f"--at: {exact} is replaced by {project.graph.replaced[exact]}, which Django loads."])
        found += [Schema(project, project.state_at(key), str(key)) for key in matching]
    if not found:
        raise ConfigError([f"--at: there is no migration '{at}'{settings.did_you_mean(at, map(str, nodes))}."])
    return tuple(found)


class Planned(NamedTuple):
    """`here` is where the working folder lies in the tree, `way_in` what leads to its root from outside."""

    plans: Plans
    notices: tuple[Notice, ...]
    failed: bool
    here: str = "."
    way_in: str = ""


def plan(options: Options, named: Sequence[str] = (), progress: Progress | None = None) -> Planned:
    """What migrations do to the database: those in scope, else each app's newest, else those that are named.

    Raises ConfigError where a name fits none of them, or several.
    """
    notices: list[Notice] = []
    reading, failed = _read(options, notices, progress)
    found: list[ProjectPlan] = []
    wanted = Wanted(named)
    bases_known = _Bases()
    statistics = _Statistics(options)
    for tree in reading.trees:
        for facts in tree.projects:
            config = _config_for(facts, options, notices)
            failed = failed or config is None
            config = config or _with_options(Config(), options)
            sizes = statistics.sizes(tree, config, notices)
            failed = failed or sizes is None
            project = _analyse(tree, facts, config, options, sizes or TableSizes(config.large_tables))
            bases_known.add(project, tree)
            shown = [
                migration.key
                for migration in project.planned()
                if _is_own(migration.key.app_label, project) and _under(migration.path, tree.scope)
            ]
            found.append(_moved_plan(plan_of(project, wanted.of(project, shown)), tree.prefix))
            notices += _unplanned(project, tree)
    problems = [
        f"--migration: {problem}{settings.did_you_mean(word, choices)}." for word, problem, choices in wanted.problems()
    ]
    if problems and reading.trees:
        raise ConfigError(problems)
    first = reading.trees[0] if len(reading.trees) == 1 else None
    return Planned(
        Plans(tuple(found), bases_known.held()),
        tuple(dict.fromkeys(notices)),
        failed,
        first.here if first is not None else ".",
        first.way_in if first is not None else "",
    )


def _unplanned(project: Project, tree: read.Tree) -> Iterator[Notice]:
    """What a plan cannot show, and would not miss."""
    for broken in project.unreadable:
        if _is_own(broken.key.app_label, project) and _under(broken.path, tree.scope):
            reason = broken.failure.reason.rstrip(".")
            yield Notice(f"'{tree.prefix}{broken.path}' cannot be read, so it is not in the plan: {reason}.")
    for cycle in project.graph.cycles:
        circle = ", ".join(map(str, cycle))
        yield Notice(f"{circle} depend on each other in a circle: `migrate` refuses to run, so the plan is not whole.")
    applied = {*project.graph.plan}
    for key in project.graph.nodes:
        migration = project.migrations.get(key)
        if migration is not None and key not in applied and _under(migration.path, tree.scope):
            yield Notice(f"{key} is not in the plan: it lies in a cycle, or behind one.")


def _moved_plan(made: ProjectPlan, prefix: str) -> ProjectPlan:
    """The plan of a project of one of several trees, under paths that tell them apart."""
    if not prefix:
        return made
    return dataclasses.replace(
        made,
        root=_prefixed(made.root, prefix),
        migrations=tuple(dataclasses.replace(one, path=prefix + one.path) for one in made.migrations),
    )


class Consulted(NamedTuple):
    """A baseline that a run was held against, at `path`, or `at` from the tree's root; `stale` hid nothing."""

    path: str
    at: str
    baseline: Baseline
    stale: frozenset[str]


class Run(NamedTuple):
    """`found`: a finding is as severe as its project's settings ask for. `failed`: the run is not whole."""

    report: Report
    trees: tuple[read.Tree, ...]
    found: bool
    failed: bool
    baselines: tuple[Consulted, ...] = ()


def judge(options: Options, progress: Progress | None) -> Run:
    notices: list[Notice] = []
    reading, failed = _read(options, notices, progress)
    kept: list[Finding] = []
    hidden: list[Finding] = []
    unknowns: dict[tuple[Location, str | None], Unanalysed] = {}
    assumptions: list[Assumption] = []
    described: list[str] = []
    infos: dict[str, RuleInfo] = {}
    migrations: dict[str, bool] = {}
    unreadable: set[str] = set()
    apps: set[str] = set()
    sources: dict[str, str] = {}
    found = False
    looked_at: set[str] = set()
    bases_known = _Bases()
    current: set[tuple[str, str, str]] = set()
    statistics = _Statistics(options)
    baselines = _Baselines(options)
    for tree in reading.trees:
        for facts in tree.projects:
            config = _config_for(facts, options, notices)
            sizes = statistics.sizes(tree, config, notices) if config is not None else None
            ledger = baselines.ledger(tree, config, notices) if config is not None else None
            if config is None or sizes is None or ledger is None:
                failed = True
                continue
            try:
                project = _analyse(tree, facts, config, options, sizes)
            except Exception as error:
                whose = f"project '{facts.layout.root}' could not be replayed: {type(error).__name__}: {error}."
                notices.append(Notice(f"{whose} {judging.OURS} Other projects were judged.", internal=True))
                continue
            looked_at.update(options.paths)
            bases_known.add(project, tree)
            current.update(_current(project, tree))
            judged = judging.judge(project, config)
            notices += judged.notices
            # A comment in a file that a squash replaces has nothing to hide while the squash is there.
            planned = {migration.path for migration in project.planned() if _is_own(migration.key.app_label, project)}
            outcome = suppress(
                judged.findings, _suppressions(project), planned, config.selected(), config, _not_asked(project)
            )
            unused = judging.numbered(_placed(outcome.unused, project))
            shown, covered = ledger.sift((*outcome.kept, *unused), outcome.hidden)
            ledger.judged.append(_judged(project, config, tree))
            here = [finding for finding in shown if _in_scope(finding, tree.scope)]
            found = found or any(finding.severity >= config.fail_on for finding in here)
            kept += [_moved(finding, tree.prefix) for finding in here]
            hidden += [_moved(finding, tree.prefix) for finding in covered if _in_scope(finding, tree.scope)]
            infos |= {info.code: info for info in _infos(config)}
            named = sizes.source, ledger.baseline.path
            described += in_force(project.layout, project.target, config, facts.evidence, *named)
            broken = [one.path for one in project.unreadable if _is_own(one.key.app_label, project)]
            for path in (*(one.path for one in _own(project)), *broken):
                migrations[tree.prefix + path] = _under(path, tree.scope)
            unreadable |= {tree.prefix + path for path in broken if _under(path, tree.scope)}
            # What nothing that is shown rests on need not be said.
            if any(_under(path, tree.scope) for path in (*(one.path for one in _own(project)), *broken)) or here:
                assumptions.append(assumption(_prefixed(project.root, tree.prefix), project.target))
            apps |= {tree.prefix + app.path for app in project.layout.apps if app.files and _is_own(app.label, project)}
            for unknown in unanalysed(project):
                if _under(unknown.location.path, tree.scope):
                    place = unknown.location._replace(path=tree.prefix + unknown.location.path)
                    unknowns.setdefault((place, unknown.operation), unknown._replace(location=place))
        sources |= _sources(tree, [*kept, *hidden])
    failed = failed or any(notice.internal for notice in notices)
    # Of what an unfinished run did not find, nobody knows whether it is gone.
    for tree in () if failed else reading.trees:
        for finding, config, text in baselines.stale(tree):
            moved = _moved(finding, tree.prefix)
            (kept if finding.suppressed is None else hidden).append(moved)
            found = found or (finding.suppressed is None and finding.severity >= config.fail_on)
            sources[moved.location.path] = text
    report = Report(
        findings=_shown(kept),
        suppressed=_shown(hidden),
        rules=tuple(infos[code] for code in sorted(infos)),
        paths=tuple(path for path in options.paths if path in looked_at and path not in reading.missing),
        here=reading.trees[0].here if len(reading.trees) == 1 else ".",
        way_in=reading.trees[0].way_in if len(reading.trees) == 1 else "",
        migrations=len(migrations),
        apps=len(apps),
        in_scope=sum(migrations.values()),
        unreadable=len(unreadable),
        unanalysed=tuple(sorted(unknowns.values(), key=lambda unknown: (unknown.location, unknown.operation or ""))),
        notices=tuple(dict.fromkeys(notices)),
        assumptions=tuple(assumptions),
        sources=sources,
        migration_files=tuple(sorted(path for path, shown in migrations.items() if shown)),
        settings=tuple(described),
        held=bases_known.held(),
        new=bases_known.new(),
        current=frozenset(current),
        in_repository=any(tree.repository.known for tree in reading.trees),
    )
    return Run(report, reading.trees, found, failed, baselines.consulted())


def _read(options: Options, notices: list[Notice], progress: Progress | None) -> tuple[read.Reading, bool]:
    """Everything below and around the paths; True where a path or a settings file could not be read."""
    configuration = None
    failed = False
    if options.config is not None:
        try:
            configuration = read.read_configuration(options.config)
        except (OSError, ValueError) as error:
            raise ConfigError([f"--config: '{options.config}' cannot be read: {_reason(error)}."]) from error
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


def _wanted(options: Options) -> WantedBase | None:
    if options.since is not None:
        return bases.since(options.since)
    return bases.staged() if options.staged else None


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error).rstrip(".")


def _config_for(facts: read.ProjectFacts, options: Options, notices: list[Notice]) -> Config | None:
    """The settings of one project with the command line on top; None where they cannot be used."""
    given = facts.configuration
    try:
        config = settings.from_mapping(given.values, given.path) if given is not None else Config()
        if given is not None and options.config is None:
            config = dataclasses.replace(config, folder=given.path.rpartition("/")[0] or ".")
    except ConfigError as error:
        notices += [Notice(problem) for problem in error.problems]
        return None
    return _with_options(config, options)


def _with_options(config: Config, options: Options) -> Config:
    return settings.override(
        config,
        selection=options.selection,
        database=options.database,
        django=options.django,
        fail_on=options.fail_on,
    )


class _Statistics:
    """The files of statistics that a run reads, each once. Raises ConfigError for that of the command line."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.read: dict[str, Mapping[str, Counted] | ConfigError] = {}
        if options.table_statistics is not None:
            outcome = self._given(options.table_statistics)
            if isinstance(outcome, ConfigError):
                raise outcome

    def sizes(self, tree: read.Tree, config: Config, notices: list[Notice]) -> TableSizes | None:
        """What is known of the sizes of one project's tables; None where its settings name a file that is no use."""
        source = self.options.table_statistics or config.table_statistics
        outcome: Mapping[str, Counted] | ConfigError = {}
        if self.options.table_statistics is not None:
            outcome = self._given(self.options.table_statistics)
        elif config.table_statistics is not None:
            at = Path(config.table_statistics)
            shown = at if config.folder == "." else Path(config.folder) / at
            given = self.options.config
            folder = Path(given).parent if given is not None else tree.root / config.folder
            outcome = self._of(str(folder / at), shown.as_posix(), f"{config.path}: 'table-statistics'")
        if isinstance(outcome, ConfigError):
            notices += [Notice(problem) for problem in outcome.problems]
            return None
        return TableSizes(config.large_tables, outcome, source or "", config.large_table_rows, config.small_table_rows)

    def _given(self, path: str) -> Mapping[str, Counted] | ConfigError:
        return self._of(path, path, "--table-statistics:")

    def _of(self, path: str, shown: str, who: str) -> Mapping[str, Counted] | ConfigError:
        if path not in self.read:
            try:
                self.read[path] = read_statistics(read.read_whole(path), shown)
            except OSError as error:
                self.read[path] = ConfigError([f"{who} '{shown}' cannot be read: {_reason(error)}."])
            except ConfigError as error:
                self.read[path] = error
        return self.read[path]


class _Baselines:
    """The baselines that a run is held against, each read once. Raises ConfigError for that of the command line."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.ledgers: dict[str, Ledger | ConfigError] = {}
        self.stale_in: dict[str, set[str]] = {}
        if options.baseline is not None:
            outcome = self._of(options.baseline, options.baseline, "--baseline:")
            if isinstance(outcome, ConfigError):
                raise outcome

    def ledger(self, tree: read.Tree, config: Config, notices: list[Notice]) -> Ledger | None:
        """What one project is held against; None where its settings name a file that is no use."""
        if self.options.baseline is not None:
            path, who = Path(self.options.baseline), "--baseline:"
        elif config.baseline is not None:
            given = self.options.config
            folder = Path(given).parent if given is not None else tree.root / config.folder
            path, who = folder / config.baseline, f"{config.path}: 'baseline'"
        else:
            return Ledger(Baseline(""))
        at = _from_root(path, tree)
        outcome = self._of(str(path), self.options.baseline or at, who)
        if isinstance(outcome, ConfigError):
            notices += [Notice(problem) for problem in outcome.problems]
            return None
        outcome.at = at
        return outcome

    def stale(self, tree: read.Tree) -> Iterator[tuple[Finding, Config, str]]:
        """Findings about entries that nothing answered to, where they are in scope, each with its file's text."""
        for path, ledger in self.ledgers.items():
            if isinstance(ledger, Ledger):
                ledger.at = _from_root(Path(path), tree)
                for entry, finding, config in ledger.stale("." in tree.scope):
                    if _in_scope(finding, tree.scope) and entry.fingerprint not in self.stale_in.get(path, ()):
                        yield finding, config, ledger.baseline.text
                        if finding.suppressed is None:
                            self.stale_in.setdefault(path, set()).add(entry.fingerprint)

    def consulted(self) -> tuple[Consulted, ...]:
        return tuple(
            Consulted(path, ledger.at, ledger.baseline, frozenset(self.stale_in.get(path, ())))
            for path, ledger in self.ledgers.items()
            if isinstance(ledger, Ledger)
        )

    def _of(self, path: str, shown: str, who: str) -> Ledger | ConfigError:
        real = os.path.realpath(path)
        if real not in self.ledgers:
            try:
                missing = self.options.new_baseline and not (Path(real).is_file() and Path(real).stat().st_size)
                baseline = Baseline(shown) if missing else read_baseline(read.read_whole(real), shown)
                self.ledgers[real] = Ledger(baseline)
            except OSError as error:
                self.ledgers[real] = ConfigError([f"{who} '{shown}' cannot be read: {_reason(error)}."])
            except ConfigError as error:
                self.ledgers[real] = error
        return self.ledgers[real]


def _from_root(path: Path, tree: read.Tree) -> str:
    real = os.path.realpath(path)
    # On another drive than the tree, no way leads there from its root.
    with contextlib.suppress(ValueError):
        real = os.path.relpath(real, os.path.realpath(tree.root))
    return real.replace(os.sep, "/")


def _judged(project: Project, config: Config, tree: read.Tree) -> Judged:
    """What an entry of a baseline has to be asked about. What is released is not judged whole."""
    whole = project.changeset is None and _under(project.root, tree.scope)
    return Judged(project.root, config, whole, frozenset(str(one.key) for one in project.unreadable))


def _analyse(tree: read.Tree, facts: read.ProjectFacts, config: Config, options: Options, sizes: TableSizes) -> Project:
    # What the settings call external is somebody else's, wherever its files lie.
    external = frozenset(config.external_apps)
    return analyse(
        layout=dataclasses.replace(
            facts.layout, apps=tuple(app for app in facts.layout.apps if app.label not in external)
        ),
        migrations={key: one for key, one in facts.migrations.items() if key.app_label not in external},
        unreadable=tuple(one for one in facts.unreadable if one.key.app_label not in external),
        modules={path: module for path, module in tree.modules.items() if isinstance(module, Module)},
        repository=_repository_of(tree, facts),
        changeset=None if facts.base is None else frozenset(facts.migrations.keys() - facts.base.released),
        base=None if facts.base is None else facts.base.without(external),
        target=target_of(
            config, facts.layout, facts.evidence, options.django is not None, options.database is not None
        ),
        sizes=sizes,
    )


def _repository_of(tree: read.Tree, facts: read.ProjectFacts) -> Repository:
    """What git says of one project: of an ignored folder below several roots only the nearest project speaks."""
    roots = sorted((project.layout.root for project in tree.projects), key=len)

    def speaker(folder: str) -> str:
        return next((root for root in reversed(roots) if _under(folder, (root,))), roots[0])

    mine = tuple(one for one in tree.repository.ignored if speaker(one.folder) == facts.layout.root)
    return dataclasses.replace(tree.repository, ignored=mine)


def _moved(finding: Finding, prefix: str) -> Finding:
    """A finding of one of several trees, under paths that tell them apart."""
    if not prefix:
        return finding

    def moved(location: Location) -> Location:
        return location._replace(path=prefix + location.path)

    return dataclasses.replace(
        finding,
        location=moved(finding.location),
        project=_prefixed(finding.project, prefix),
        related=tuple(related._replace(location=moved(related.location)) for related in finding.related),
        fixes=tuple(
            fix._replace(edits=tuple(edit._replace(location=moved(edit.location)) for edit in fix.edits))
            for fix in finding.fixes
        ),
    )


def _prefixed(root: str, prefix: str) -> str:
    """The root of a project of one of several trees; `prefix` is empty where there is one."""
    return prefix + root if root != "." else prefix.rstrip("/") or "."


class _Bases:
    """What the projects of a run are held against; a migration that several of them share counts once."""

    def __init__(self) -> None:
        self.projects: dict[tuple[str, str, str], list[str]] = {}
        self.migrations: dict[tuple[str, str, str], dict[str, bool]] = {}

    def add(self, project: Project, tree: read.Tree) -> None:
        if project.base is None:
            return
        base = (project.base.ref, project.base.commit, project.base.told_by)
        own = {tree.prefix + migration.path: judging.is_new(migration, project) for migration in _own(project)}
        self.projects.setdefault(base, []).append(_prefixed(project.root, tree.prefix))
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


def _current(project: Project, tree: read.Tree) -> Iterator[tuple[str, str, str]]:
    """The migrations that a reader is after, as `Report.current` has them."""
    leaves = frozenset(project.graph.leaves)
    for migration in _own(project):
        key = migration.key
        is_it = key in leaves if project.changeset is None else judging.is_new(migration, project)
        if is_it or migration.path in tree.scope:
            yield _prefixed(judging.owner(key.app_label, project), tree.prefix), *key


def _not_asked(project: Project) -> dict[str, frozenset[str]]:
    """The codes of which nothing would have been found in a file."""
    deploying = frozenset(rule.code for rule in ALL_RULES if rule.speaks_of_deploying())
    # What these find goes away with the next merge, and is there again for a branch that comes from before it.
    by_base = frozenset(rule.code for rule in ALL_RULES if rule.needs_base)
    return {
        migration.path: by_base if judging.is_new(migration, project) else by_base | deploying
        for migration in project.migrations.values()
    }


def _placed(findings: tuple[Finding, ...], project: Project) -> Iterator[Finding]:
    """Findings by `suppress`, which knows only their paths, under their migrations' names."""
    keys = {migration.path: key for key, migration in project.migrations.items()} if findings else {}
    for finding in findings:
        key = keys[finding.location.path]
        owner = judging.owner(key.app_label, project)
        yield dataclasses.replace(finding, project=owner, app=key.app_label, migration=key.name)


def _suppressions(project: Project) -> dict[str, tuple[Suppression, ...]]:
    """The comments of every file that was read: a finding may stand in an apps.py as well."""
    return {path: module.suppressions for path, module in project.modules.items() if module.suppressions}


def _own(project: Project) -> Iterator[Migration]:
    for key, migration in sorted(project.migrations.items()):
        if _is_own(key.app_label, project):
            yield migration


def _is_own(label: str, project: Project) -> bool:
    """Whether the project reports on an app, and does not only read it so that it can be linked."""
    return label not in project.layout.linking_only


def _in_scope(finding: Finding, scope: tuple[str, ...]) -> bool:
    return any(
        _under(location.path, scope)
        for location in (finding.location, *(related.location for related in finding.related))
    )


def _under(path: str, scope: tuple[str, ...]) -> bool:
    return any(folder == "." or path == folder or path.startswith(f"{folder}/") for folder in scope)


def _shown(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """In reading order; what several projects share is shown once."""
    unique: dict[str, Finding] = {}
    for finding in sorted(findings, key=judging.reading_order):
        unique.setdefault(finding.fingerprint, finding)
    return tuple(unique.values())


def _infos(config: Config) -> Iterator[RuleInfo]:
    for rule in config.build_rules():
        severity = config.severity(rule.code, rule.name, rule.severity)
        yield RuleInfo(rule.code, rule.name, severity, rule.speaks_of_deploying())
    if settings.UNUSED_SUPPRESSION in config.selected():
        code = settings.UNUSED_SUPPRESSION
        yield RuleInfo(code, UNUSED_SUPPRESSION_NAME, config.severity(code, UNUSED_SUPPRESSION_NAME, Severity.WARNING))


def _sources(tree: read.Tree, findings: Iterable[Finding]) -> dict[str, str]:
    """The text of every file that a finding points into."""
    paths = {finding.location.path for finding in findings}
    paths |= {related.location.path for finding in findings for related in finding.related}
    texts = {}
    for path in sorted(paths):
        if path.startswith(tree.prefix):
            data = tree.source(path.removeprefix(tree.prefix))
            if data:
                texts[path] = _text_of(data)
    return texts


def _text_of(data: bytes) -> str:
    try:
        return decode(data).text
    except UndecodableError:
        return data.decode("utf-8", "replace")
