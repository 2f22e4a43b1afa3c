"""Runs that accept what is found: written into a baseline, or into comments where it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from miglint import baseline, write
from miglint.annotate import annotate, wrong_with
from miglint.config import ConfigError
from miglint.consulted import prune
from miglint.facts.migration import Module
from miglint.facts.source import Span
from miglint.findings import Finding, Report
from miglint.fix import Fixed
from miglint.linking import Options, Progress
from miglint.lint import FAILED, Run, check, concluded, judge
from miglint.parse.text import decode
from miglint.read import Tree


class Written(NamedTuple):
    """`report` is about the project with the baseline; `problem` says why none was written, where none was."""

    report: Report
    entries: int = 0
    added: int = 0
    removed: int = 0
    is_new: bool = False
    problem: str | None = None


def write_baseline(options: Options, path: str, progress: Progress | None = None) -> Written:
    """Accept everything that is found into the baseline at `path`, and take out of it what is gone.

    What a baseline that is there already holds beyond what this run looks at stays. Raises ConfigError where the file
    is something else, or cannot serve all paths.
    """
    given = dataclasses.replace(options, baseline=path)
    run = judge(dataclasses.replace(given, new_baseline=True), progress)
    if len(run.trees) > 1:
        raise ConfigError(["--write-baseline: the paths lie in several repositories, and each needs its own baseline."])
    if run.failed:
        report = concluded(run, options)
        return Written(report, problem=f"'{path}' was not written, because not everything could be judged.")
    (old,) = run.baselines
    found = [finding for finding in run.report.findings if finding.location.path != old.at]
    entries = baseline.refreshed(old.baseline, found, old.stale)
    text = baseline.render(entries)
    try:
        if text != old.baseline.text:
            write.write_text(path, text)
    except OSError as error:
        report = dataclasses.replace(run.report, exit_code=FAILED)
        return Written(report, problem=f"'{path}' cannot be written: {error.strerror or error}.")
    kept = sum(entry.fingerprint in old.baseline.entries for entry in entries)
    removed = len(old.baseline.entries) - kept
    return Written(check(given), len(entries), len(entries) - kept, removed, not old.baseline.text)


class Pruned(NamedTuple):
    report: Report
    removed: int
    problems: tuple[str, ...]


def prune_baseline(options: Options, progress: Progress | None = None) -> Pruned:
    """Take out of the baselines what hid nothing. Raises ConfigError where there is no baseline."""
    run = judge(options, progress)
    if not run.baselines and not run.failed:
        raise ConfigError(["--prune-baseline: there is no baseline: name it with --baseline, or in the settings."])
    removed, problems = prune(run.baselines)
    report = check(options) if removed else concluded(run, options)
    return Pruned(dataclasses.replace(report, exit_code=FAILED) if problems else report, removed, tuple(problems))


class Commented(NamedTuple):
    """`report` is about the files as they are afterwards; `left` are findings that no comment hides, and why."""

    report: Report
    hidden: int
    files: int
    left: tuple[tuple[Finding, str], ...]


def add_ignores(options: Options, reason: str, progress: Progress | None = None) -> Commented:
    """Accept everything that is found by comments which say `reason`. Raises ConfigError where it cannot be said."""
    wrong = wrong_with(reason)
    if wrong is not None:
        raise ConfigError([f"--add-ignore: the reason {wrong}."])
    run = judge(options, progress)
    before = len(run.report.findings)
    written: set[tuple[str, str]] = set()
    problems: dict[str, str] = {}
    # What a comment at its operation does not reach, one for the whole file does.
    for file_wide in (False, True):
        changed = {
            (tree.listing.root, path)
            for tree in run.trees
            for path in _comment(tree, run, reason.strip(), file_wide, problems)
        }
        written |= changed
        if changed:
            run = judge(options, None)
    left = tuple((finding, _why(finding, run, problems)) for finding in run.report.findings)
    return Commented(concluded(run, options), before - len(left), len(written), left)


def _comment(tree: Tree, run: Run, reason: str, file_wide: bool, problems: dict[str, str]) -> Iterator[str]:
    """Write comments into the files of one tree; yields the paths of those that were changed."""
    by_path: dict[str, list[Finding]] = {}
    for finding in run.report.findings:
        by_path.setdefault(finding.location.path.removeprefix(tree.prefix), []).append(finding)
    operations: dict[str, list[Span]] = {}
    for facts in tree.projects:
        for migration in facts.migrations.values():
            if migration.path in by_path:
                spans = (one.operation.site.span for one in migration.operations_within())
                operations.setdefault(migration.path, []).extend(spans)
    for path, findings in sorted(by_path.items()):
        module = tree.modules.get(path)
        if path not in tree.sources or not isinstance(module, Module):
            continue
        change = partial(
            _annotated,
            tree.sources[path],
            findings,
            operations.get(path, ()),
            module,
            reason,
            file_wide,
        )
        try:
            if write.rewrite(tree.root, path, change):
                yield path
        except OSError as error:
            problems[tree.prefix + path] = f"the file cannot be written: {error.strerror or error}"
        except ValueError as error:
            problems[tree.prefix + path] = str(error)


def _annotated(
    judged: bytes,
    findings: Sequence[Finding],
    operations: Sequence[Span],
    module: Module,
    reason: str,
    file_wide: bool,
    text: str,
) -> Fixed:
    if text != decode(judged).text:
        raise ValueError("the file has changed meanwhile, or is a link to one that has")
    commented = annotate(text, findings, operations, module.suppressions, reason, file_wide=file_wide)
    return Fixed(commented, len(findings))


def _why(finding: Finding, run: Run, problems: dict[str, str]) -> str:
    path = finding.location.path
    if path in problems:
        return problems[path]
    for tree in run.trees:
        if isinstance(tree.modules.get(path.removeprefix(tree.prefix)), Module):
            return "no comment there hides it"
    return "a comment would not be read there" if path.endswith(".py") else "it is not about a Python file"
