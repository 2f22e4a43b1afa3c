"""Runs that show and do not judge: the schema, and the plan."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from miglint import config as settings
from miglint import read
from miglint.config import Config, ConfigError
from miglint.consulted import Statistics
from miglint.facts.migration import MigrationKey
from miglint.facts.sizes import TableSizes
from miglint.findings import Notice
from miglint.held import Bases
from miglint.linking import Options, Progress, analysed, config_for, read_paths, with_options
from miglint.plans import Plans, ProjectPlan, Wanted, plan_of
from miglint.project import Project
from miglint.report.schema import Schema
from miglint.scope import is_own, is_under, prefixed


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
    reading, failed = read_paths(options, notices, progress)
    found: list[ProjectPlan] = []
    wanted = Wanted(named)
    bases_known = Bases()
    statistics = Statistics(options)
    for tree in reading.trees:
        for facts in tree.projects:
            config = config_for(facts, options, notices)
            failed = failed or config is None
            config = config or with_options(Config(), options)
            sizes = statistics.sizes(tree, config, notices)
            failed = failed or sizes is None
            project = analysed(tree, facts, config, options, sizes or TableSizes(config.large_tables))
            bases_known.add(project, tree)
            shown = [
                migration.key
                for migration in project.planned()
                if is_own(migration.key.app_label, project) and is_under(migration.path, tree.scope)
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
        # Of what is excluded a notice tells already.
        if is_own(broken.key.app_label, project) and is_under(broken.path, tree.scope) and not broken.excluded:
            reason = broken.failure.reason.rstrip(".")
            yield Notice(f"'{tree.prefix}{broken.path}' cannot be read, so it is not in the plan: {reason}.")
    for cycle in project.graph.cycles:
        circle = ", ".join(map(str, cycle))
        yield Notice(f"{circle} depend on each other in a circle: `migrate` refuses to run, so the plan is not whole.")
    applied = {*project.graph.plan}
    for key in project.graph.nodes:
        migration = project.migrations.get(key)
        if migration is not None and key not in applied and is_under(migration.path, tree.scope):
            yield Notice(f"{key} is not in the plan: it lies in a cycle, or behind one.")


def _moved_plan(made: ProjectPlan, prefix: str) -> ProjectPlan:
    """The plan of a project of one of several trees, under paths that tell them apart."""
    if not prefix:
        return made
    return dataclasses.replace(
        made,
        root=prefixed(made.root, prefix),
        migrations=tuple(dataclasses.replace(one, path=prefix + one.path) for one in made.migrations),
    )
