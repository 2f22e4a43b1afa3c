"""The files beside the migrations that a run consults: statistics of tables, and baselines."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from miglint import read, write
from miglint.baseline import Baseline, Ledger, pruned, read_baseline
from miglint.config import Config, ConfigError
from miglint.facts.sizes import Counted, TableSizes
from miglint.findings import Finding, Notice
from miglint.linking import Options, reason_of
from miglint.scope import in_scope
from miglint.table_statistics import read_statistics


class Statistics:
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
                self.read[path] = ConfigError([f"{who} '{shown}' cannot be read: {reason_of(error)}."])
            except ConfigError as error:
                self.read[path] = error
        return self.read[path]


class Consulted(NamedTuple):
    """A baseline that a run was held against, at `path`, or `at` from the tree's root; `stale` hid nothing."""

    path: str
    at: str
    baseline: Baseline
    stale: frozenset[str]


class Baselines:
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
                    if in_scope(finding, tree.scope) and entry.fingerprint not in self.stale_in.get(path, ()):
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
                self.ledgers[real] = ConfigError([f"{who} '{shown}' cannot be read: {reason_of(error)}."])
            except ConfigError as error:
                self.ledgers[real] = error
        return self.ledgers[real]


def prune(consulted: Sequence[Consulted]) -> tuple[int, list[str]]:
    """Take what is stale out of the baselines: how many entries, and why files could not be written."""
    count = 0
    problems = []
    for one in consulted:
        try:
            if one.stale:
                write.replace(Path(one.path), pruned(one.baseline, one.stale).encode())
                count += len(one.stale)
        except OSError as error:
            problems.append(f"'{one.baseline.path}' could not be written: {reason_of(error)}.")
    return count, problems


def _from_root(path: Path, tree: read.Tree) -> str:
    real = os.path.realpath(path)
    # On another drive than the tree, no way leads there from its root.
    with contextlib.suppress(ValueError):
        real = os.path.relpath(real, os.path.realpath(tree.root))
    return real.replace(os.sep, "/")
