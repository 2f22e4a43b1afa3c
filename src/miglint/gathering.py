"""What a run found in one project after another, and the report that it comes to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from miglint import config as settings
from miglint import judging, read
from miglint.baseline import Judged, Ledger
from miglint.config import Config
from miglint.facts.evidence import Evidence
from miglint.facts.migration import Suppression
from miglint.facts.source import Location
from miglint.findings import Assumption, Finding, Notice, Report, RuleInfo, Severity, Unanalysed
from miglint.held import Bases
from miglint.parse.text import UndecodableError, decode
from miglint.project import Project
from miglint.rules import ALL_RULES
from miglint.scope import in_scope, is_own, is_under, moved_finding, own_migrations, prefixed
from miglint.suppress import UNUSED_SUPPRESSION_NAME, suppress
from miglint.targets import assumption, in_force
from miglint.unanalysed import unanalysed


class Gathering:
    """Adds up what there is to report; `found`: a finding is as severe as its project's settings ask for."""

    def __init__(self) -> None:
        self.found = False
        self._judged_any = False
        self._kept: list[Finding] = []
        self._hidden: list[Finding] = []
        self._unknowns: dict[tuple[Location, str | None], Unanalysed] = {}
        self._assumptions: list[Assumption] = []
        self._settings: list[str] = []
        self._rules: dict[str, RuleInfo] = {}
        # By path, whether it is in scope.
        self._migrations: dict[str, bool] = {}
        self._unreadable: set[str] = set()
        self._apps: set[str] = set()
        self._sources: dict[str, str] = {}
        self._bases = Bases()
        self._current: set[tuple[str, str, str]] = set()

    def add(
        self,
        project: Project,
        tree: read.Tree,
        config: Config,
        findings: Sequence[Finding],
        ledger: Ledger,
        told_by: tuple[str, Evidence],
    ) -> None:
        """What the rules found in one project, less what its comments, settings and baseline hide.

        `told_by`: where its tables' sizes are from, and what its files say of versions.
        """
        self._judged_any = True
        self._bases.add(project, tree)
        self._current.update(_current(project, tree))
        # A comment in a file that a squash replaces has nothing to hide while the squash is there.
        planned = {migration.path for migration in project.planned() if is_own(migration.key.app_label, project)}
        outcome = suppress(findings, _suppressions(project), planned, config.selected(), config, _not_asked(project))
        unused = judging.numbered(_placed(outcome.unused, project))
        shown, covered = ledger.sift((*outcome.kept, *unused), outcome.hidden)
        ledger.judged.append(_judged(project, config, tree))
        here = [finding for finding in shown if in_scope(finding, tree.scope)]
        self.found = self.found or any(finding.severity >= config.fail_on for finding in here)
        self._kept += [moved_finding(finding, tree.prefix) for finding in here]
        self._hidden += [moved_finding(finding, tree.prefix) for finding in covered if in_scope(finding, tree.scope)]
        self._rules |= {info.code: info for info in _infos(config)}
        sizes, evidence = told_by
        self._settings += in_force(project.layout, project.target, config, evidence, sizes, ledger.baseline.path)
        # What nothing that is shown rests on need not be said.
        if self._add_files(project, tree) or here:
            self._assumptions.append(assumption(prefixed(project.root, tree.prefix), project.target))
        for unknown in unanalysed(project):
            if is_under(unknown.location.path, tree.scope):
                place = unknown.location._replace(path=tree.prefix + unknown.location.path)
                self._unknowns.setdefault((place, unknown.operation), unknown._replace(location=place))

    def _add_files(self, project: Project, tree: read.Tree) -> bool:
        """Count the project's apps and migrations; whether any of these is in scope."""
        broken = [one.path for one in project.unreadable if is_own(one.key.app_label, project) and not one.excluded]
        own = {path: is_under(path, tree.scope) for path in (*(one.path for one in own_migrations(project)), *broken)}
        self._migrations |= {tree.prefix + path: here for path, here in own.items()}
        self._unreadable |= {tree.prefix + path for path in broken if own[path]}
        self._apps |= {
            tree.prefix + app.path for app in project.layout.apps if app.files and is_own(app.label, project)
        }
        return any(own.values())

    def add_sources(self, tree: read.Tree) -> None:
        """The text of every file of a tree that a finding points into."""
        self._sources |= _sources(tree, [*self._kept, *self._hidden])

    def add_stale(self, finding: Finding, tree: read.Tree, config: Config, text: str) -> None:
        """A finding about a baseline's entry, and that baseline's text."""
        moved = moved_finding(finding, tree.prefix)
        (self._kept if finding.suppressed is None else self._hidden).append(moved)
        self.found = self.found or (finding.suppressed is None and finding.severity >= config.fail_on)
        self._sources[moved.location.path] = text

    def report(self, reading: read.Reading, paths: Sequence[str], notices: Iterable[Notice]) -> Report:
        only = reading.trees[0] if len(reading.trees) == 1 else None
        unknowns = sorted(self._unknowns.values(), key=lambda unknown: (unknown.location, unknown.operation or ""))
        return Report(
            findings=_shown(self._kept),
            suppressed=_shown(self._hidden),
            rules=tuple(self._rules[code] for code in sorted(self._rules)),
            paths=tuple(path for path in paths if self._judged_any and path not in reading.missing),
            here=only.here if only is not None else ".",
            way_in=only.way_in if only is not None else "",
            migrations=len(self._migrations),
            apps=len(self._apps),
            in_scope=sum(self._migrations.values()),
            unreadable=len(self._unreadable),
            unanalysed=tuple(unknowns),
            notices=tuple(dict.fromkeys(notices)),
            assumptions=tuple(self._assumptions),
            sources=self._sources,
            migration_files=tuple(sorted(path for path, here in self._migrations.items() if here)),
            settings=tuple(self._settings),
            held=self._bases.held(),
            new=self._bases.new(),
            current=frozenset(self._current),
            in_repository=any(tree.repository.known for tree in reading.trees),
        )


def _judged(project: Project, config: Config, tree: read.Tree) -> Judged:
    """What an entry of a baseline has to be asked about. What is released is not judged whole."""
    whole = project.changeset is None and is_under(project.root, tree.scope)
    return Judged(project.root, config, whole, frozenset(str(one.key) for one in project.unreadable))


def _current(project: Project, tree: read.Tree) -> Iterator[tuple[str, str, str]]:
    """The migrations that a reader is after, as `Report.current` has them."""
    leaves = frozenset(project.graph.leaves)
    for migration in own_migrations(project):
        key = migration.key
        is_it = key in leaves if project.changeset is None else judging.is_new(migration, project)
        if is_it or migration.path in tree.scope:
            yield prefixed(judging.owner(key.app_label, project), tree.prefix), *key


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
