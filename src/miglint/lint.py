"""One run, in the order in which it happens: read → analyse → judge → suppress → baseline → scope → report."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from miglint import config as settings
from miglint import fix as fixing
from miglint import judging, read, write
from miglint.config import Selection
from miglint.consulted import Baselines, Consulted, Statistics, prune
from miglint.findings import Notice, Report
from miglint.gathering import Gathering
from miglint.linking import Options, Progress, analysed, config_for, read_paths
from miglint.pool import processes
from miglint.project import Project
from miglint.shares import shared

CLEAN, FINDINGS, FAILED = 0, 1, 2


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
    taken_out, unpruned = prune(run.baselines)
    count += taken_out
    problems += unpruned
    return Fixed(check(options) if count else concluded(run, options), count, tuple(problems))


class Run(NamedTuple):
    """`found`: a finding is as severe as its project's settings ask for. `failed`: the run is not whole."""

    report: Report
    trees: tuple[read.Tree, ...]
    found: bool
    failed: bool
    baselines: tuple[Consulted, ...] = ()


# Fewer are judged in the time that it takes to have several processes do so.
_WORTH_SHARING = 1_000


def _spread(project: Project, jobs: int) -> judging.Spread:
    count = processes(jobs) if len(project.steps) >= _WORTH_SHARING else 1
    return partial(shared, count=count)


def judge(options: Options, progress: Progress | None) -> Run:
    notices: list[Notice] = []
    reading, failed = read_paths(options, notices, progress)
    statistics = Statistics(options)
    baselines = Baselines(options)
    gathering = Gathering()
    for tree in reading.trees:
        for facts in tree.projects:
            config = config_for(facts, options, notices)
            sizes = statistics.sizes(tree, config, notices) if config is not None else None
            ledger = baselines.ledger(tree, config, notices) if config is not None else None
            if config is None or sizes is None or ledger is None:
                failed = True
                continue
            try:
                project = analysed(tree, facts, config, options, sizes)
            except Exception as error:
                whose = f"project '{facts.layout.root}' could not be replayed: {type(error).__name__}: {error}."
                notices.append(Notice(f"{whose} {judging.OURS} Other projects were judged.", internal=True))
                continue
            judged = judging.judge(project, config, _spread(project, options.jobs))
            notices += judged.notices
            gathering.add(project, tree, config, judged.findings, ledger, (sizes.source, facts.evidence))
        gathering.add_sources(tree)
    failed = failed or any(notice.internal for notice in notices)
    # Of what an unfinished run did not find, nobody knows whether it is gone.
    for tree in () if failed else reading.trees:
        for finding, config, text in baselines.stale(tree):
            gathering.add_stale(finding, tree, config, text)
    report = gathering.report(reading, options.paths, notices)
    return Run(report, reading.trees, gathering.found, failed, baselines.consulted())
