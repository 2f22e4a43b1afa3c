"""What each operation of a migration does to the database: text for people, Markdown for reviews, JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from miglint.effects.effect import BuildIndex, Lock, Run, WriteRows
from miglint.findings import Assumption
from miglint.plans import MigrationPlan, OperationPlan, Plans, ProjectPlan
from miglint.report import Style
from miglint.report.brief_sql import brief
from miglint.report.consequences import (
    Consequence,
    Grade,
    broken,
    consequences,
    grade_of,
    in_order,
    needs_rows,
    verdicts,
)
from miglint.report.json import VERSION, dumps
from miglint.report.markdown import code, literal
from miglint.report.terminal import Paint, columns, paint, visible, wrap
from miglint.report.text import assumed, count_of, from_here, held_against

_SIGNS: Mapping[Grade, str] = {"fails": "✗", "blocks": "✗", "breaks": "!", "locks": "!", "unknown": "?", "safe": "✓"}
_PLAIN_SIGNS: Mapping[Grade, str] = {
    "fails": "x",
    "blocks": "x",
    "breaks": "!",
    "locks": "!",
    "unknown": "?",
    "safe": ".",
}
_PAINT: Mapping[Grade, Paint] = {
    "fails": "red",
    "blocks": "red",
    "breaks": "yellow",
    "locks": "yellow",
    "unknown": "yellow",
    "safe": "green",
}


def render(plans: Plans, format_: str, style: Style) -> str:
    """The plans as `text`, `json` or `markdown`; ends with a newline."""
    match format_:
        case "json":
            return render_json(plans)
        case "markdown":
            return render_markdown(plans)
        case _:
            return render_text(plans, style)


def render_json(plans: Plans) -> str:
    document = {
        "version": VERSION,
        "projects": [_project(project) for project in plans.projects],
        "bases": [held._asdict() for held in plans.held],
    }
    return dumps(document)


def render_text(plans: Plans, style: Style) -> str:
    """A block for each migration: its verdict, then a line for each operation and what matters about it.

    `verbose` shows every statement and every lock; `quiet` leaves the verdicts alone.
    """
    blocks: list[list[str]] = []
    for project in plans.projects:
        if len(plans.projects) > 1 and project.migrations:
            blocks.append([paint(f"Project {visible(project.root)}", "bold", style.colour)])
        blocks += [list(_migration(migration, style)) for migration in project.migrations]
    if not style.quiet:
        blocks.append(list(_footer(plans, style)))
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks if block)


def _migration(migration: MigrationPlan, style: Style) -> Iterator[str]:
    key = visible(f"{migration.app}.{migration.name}")
    name = paint(key, "bold", style.colour)
    path = visible(from_here(migration.path, style))
    about = f"{'atomic' if migration.atomic else 'not atomic'}, {path}"
    if columns(key) + 2 + columns(about) <= style.width:
        yield f"{name}  {paint(about, 'dim', style.colour)}"
    else:
        yield name
        yield f"  {paint(about, 'dim', style.colour)}"
    for grade, label, rest in verdicts(migration):
        yield from _labelled(label, rest, _PAINT[grade], "  ", style)
    if migration.sizes:
        yield from _labelled("Sizes", f": {_sizes(migration)}.", "bold", "  ", style)
    if style.quiet:
        return
    if migration.operations:
        yield ""
        yield from _operations(migration, style)


def _sizes(migration: MigrationPlan) -> str:
    """`shop_order (12,000,000 rows by tables.csv), shop_item (listed as large)`"""
    return ", ".join(f"{table} ({size.evidence})" for table, size in sorted(migration.sizes.items()))


def _operations(migration: MigrationPlan, style: Style) -> Iterator[str]:
    told, transactions = consequences(migration), _Transactions(migration)
    # What is nested has a longer index, which pushes its own line to the right alone.
    room = max((len(one.index) for one in migration.operations if "." not in one.index), default=1)
    indent = " " * (6 + room)
    # Reasons that were given: they are not repeated for each operation.
    said: set[str] = set()
    for operation in migration.operations:
        yield from _headline(operation, room, indent, style)
        for one, last in _shown(operation, told[operation.index], style):
            yield from _statement(one, last, transactions, said, indent, style)
        if operation.fails is not None:
            when = " where there are rows" if needs_rows(operation) else ""
            yield from _labelled(f"fails{when}", f": {operation.fails.rstrip('.')}", "red", indent, style)
        if operation.breaks != "none":
            yield from _labelled(*broken(operation), "yellow", indent, style)
        yield from _doubts(operation.why, said, indent, style)


def _headline(operation: OperationPlan, room: int, indent: str, style: Style) -> Iterator[str]:
    grade = grade_of(operation)
    sign = (_SIGNS if style.unicode else _PLAIN_SIGNS)[grade]
    head = f"  {sign} {operation.index:<{room}}  "
    note = " (state only)" if operation.in_state_alone else ""
    first, *more = wrap(operation.describe + note, style.width, head, indent)
    loud = style.colour and grade != "safe"
    start = f"  {paint(sign, _PAINT[grade], style.colour)} {paint(operation.index, 'dim', style.colour)}"
    yield f"{start}{' ' * (len(head) - 4 - len(operation.index))}{paint(first[len(head) :], 'bold', loud)}"
    yield from (f"{indent}{paint(line[len(indent) :], 'bold', loud)}" for line in more)


def _shown(operation: OperationPlan, told: Sequence[Consequence], style: Style) -> Iterator[tuple[Consequence, bool]]:
    """The statements to show, each with whether it is the last of those for which the same people wait."""
    shown = told if style.verbose else _telling(operation, told)
    for one, following in zip_longest(shown, shown[1:]):
        same = following is not None and following.meanwhile == one.meanwhile
        yield one, style.verbose > 0 or not same


def _statement(
    one: Consequence, last: bool, transactions: _Transactions, said: set[str], indent: str, style: Style
) -> Iterator[str]:
    inner = indent
    if one.run.sql:
        yield from _sql(one.run, transactions, indent, style)
        inner += "  "
    meanwhile = one.meanwhile if last else ""
    how: Paint = "red" if one.run.is_dangerous else "yellow" if one.waits or one.locks_rows else "dim"
    together = f"{one.beside_sql} {meanwhile}"
    if one.work and meanwhile and not one.unknown and columns(inner + visible(together)) <= style.width:
        yield f"{inner}{visible(one.beside_sql)} {paint(visible(meanwhile), how, style.colour)}"
    else:
        yield from wrap(one.beside_sql, style.width, inner, inner + "  ") if one.work else ()
        yield from _doubts(one.unknown, said, inner, style)
        yield from _painted(meanwhile, how, inner, style) if meanwhile else ()
    if style.verbose:
        yield from _painted(_locks(one.run), "dim", inner, style)


def _doubts(reasons: Sequence[str], said: set[str], indent: str, style: Style) -> Iterator[str]:
    for reason in reasons:
        if reason not in said:
            said.add(reason)
            yield from _labelled("not known", f", because {reason.rstrip('.')}", "yellow", indent, style)


def _telling(operation: OperationPlan, told: Sequence[Consequence]) -> Sequence[Consequence]:
    """The statements to show: those that somebody wrote or that take their time, else all where there is a reason."""
    telling = [one for one in told if one.work or one.unknown or one.run.text is not None]
    return telling if telling or grade_of(operation) == "safe" else told


def _sql(run: Run, transactions: _Transactions, indent: str, style: Style) -> Iterator[str]:
    notes = transactions.notes(run)
    label = f"{notes}: " if notes else ""
    # Two lines, or a little more, since lines end where a word does.
    room = 2 * (style.width - len(indent)) - len(label)
    sql = brief(run.sql, room, "…" if style.unicode else "...")
    first, *more = wrap(label + sql, style.width, indent, indent + "  ")
    start = len(indent) + len(label)
    note = paint(label.rstrip(), "dim", style.colour)
    yield f"{indent}{note}{' ' if label else ''}{paint(first[start:], 'cyan', style.colour)}"
    yield from (paint(line, "cyan", style.colour) for line in more)


class _Transactions:
    """Which transaction each statement of a migration runs in."""

    def __init__(self, migration: MigrationPlan) -> None:
        self._atomic = migration.atomic
        self._runs: dict[int, list[Run]] = {}
        for _, run in in_order(migration):
            self._runs.setdefault(run.transaction, []).append(run)

    def notes(self, run: Run) -> str:
        """When and where a statement runs; empty where that is at once, and as the migration's own word has it."""
        return ", ".join([*(["at the end"] if run.deferred else []), *self._where(run)])

    def _where(self, run: Run) -> Iterator[str]:
        if self._atomic and run.transaction == 0:
            yield "outside of the transaction"
        elif not self._atomic and run.transaction:
            # The statements of one string share one, and so does what a script runs between BEGIN and COMMIT.
            first, *more = self._runs[run.transaction]
            together = "in one transaction" if more else "in a transaction of its own"
            yield together if run is first else "in the same transaction"


def _by_lock(locks: Mapping[str, Lock]) -> Iterator[str]:
    """`ACCESS EXCLUSIVE on a and b`, the strongest first."""
    for lock in sorted({*locks.values()}, reverse=True):
        tables = sorted(table for table, held in locks.items() if held is lock)
        yield f"{lock} on {' and '.join([*filter(None, [', '.join(tables[:-1])]), tables[-1]])}"


def _locks(run: Run) -> str:
    held = "; ".join(_by_lock(run.held))
    return f"holds {held}" if held else "holds no lock on a table that was there before"


def _labelled(label: str, rest: str, how: Paint, indent: str, style: Style) -> Iterator[str]:
    """A paragraph that begins with coloured words."""
    first, *more = wrap(label + rest, style.width, indent, indent + "  ")
    # They may be longer than a narrow screen.
    cut = len(indent) + len(label)
    yield f"{indent}{paint(first[len(indent) : cut], how, style.colour)}{first[cut:]}"
    yield from more


def _painted(text: str, how: Paint, indent: str, style: Style) -> Iterator[str]:
    for line in wrap(text, style.width, indent, indent + "  "):
        bare = line.lstrip(" ")
        yield " " * (len(line) - len(bare)) + paint(bare, how, style.colour)


def _footer(plans: Plans, style: Style) -> Iterator[str]:
    migrations = [migration for project in plans.projects for migration in project.migrations]
    if not migrations:
        yield "No migrations to plan."
    elif len(migrations) > 1:
        operations = sum(len(migration.operations) for migration in migrations)
        counted = f"{count_of(len(migrations), 'migration')}, {count_of(operations, 'operation')}"
        yield from wrap(f"{counted}: {_count(migrations)}.", style.width, "", "  ")
    yield from held_against(plans.held, len(plans.projects), style)
    projects = [project for project in plans.projects if project.migrations]
    yield from assumed(_assumptions(projects), style)


_COUNTED: tuple[tuple[Grade, str, str], ...] = (
    ("fails", "fails", "fail"),
    ("blocks", "blocks traffic", "block traffic"),
    ("breaks", "breaks the running release", "break the running release"),
    ("locks", "locks every row of a table", "lock every row of a table"),
    ("unknown", "is not known in full", "are not known in full"),
)


def _count(migrations: Sequence[MigrationPlan]) -> str:
    """How many of them are what; one may be several things."""
    grades = [{verdict.grade for verdict in verdicts(migration)} for migration in migrations]
    counted = [(sum(grade in one for one in grades), word, words) for grade, word, words in _COUNTED]
    parts = [f"{count} {word if count == 1 else words}" for count, word, words in counted if count]
    return ", ".join(parts) or "safe under traffic"


def _assumptions(projects: Sequence[ProjectPlan]) -> list[Assumption]:
    return [Assumption(one.root, one.django, one.django_from, one.database, one.database_from) for one in projects]


# --- JSON ---


def _project(project: ProjectPlan) -> dict[str, Any]:
    return {
        "root": project.root,
        "database": project.database,
        "database_from": project.database_from,
        "django": project.django,
        "django_from": project.django_from,
        "migrations": [
            {
                "app": migration.app,
                "name": migration.name,
                "path": migration.path,
                "atomic": migration.atomic,
                "operations": [_operation_facts(operation) for operation in migration.operations],
                "dangerous": migration.dangerous,
                "breaks": migration.breaks,
                "sizes": {table: size._asdict() for table, size in sorted(migration.sizes.items())},
            }
            for migration in project.migrations
        ],
    }


def _operation_facts(operation: OperationPlan) -> dict[str, Any]:
    return {
        "index": operation.index,
        "describe": operation.describe,
        "line": operation.line,
        "analysed": operation.analysed,
        "fails": operation.fails,
        "why": list(operation.why),
        "statements": [_run(run) for run in operation.runs if run.sql],
        "strongest_locks": {table: str(lock) for table, lock in sorted(operation.strongest_locks.items())},
        "dangerous": operation.dangerous,
        "breaks": operation.breaks,
        "breaks_why": list(operation.breaks_why),
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "sql": run.sql,
        "locks": {table: str(lock) for table, lock in sorted(run.held.items())},
        "takes": {table: str(lock) for table, lock in sorted(run.takes.items())},
        "scans": list(run.scans),
        "rewrites": list(run.rewrites),
        "builds_index_on": sorted({effect.table for effect in run.effects if isinstance(effect, BuildIndex)}),
        "writes_rows": sorted({effect.table for effect in run.effects if isinstance(effect, WriteRows)}),
        "kind": "rewrite" if run.rewrites else "scan" if run.scans else "catalog",
        "deferred": run.deferred,
        "transaction": run.transaction,
        "dangerous": run.is_dangerous,
    }


# --- Markdown ---


def render_markdown(plans: Plans) -> str:
    """For a review: the verdict, a table of the operations, and the statements folded away. Paths are the tree's."""
    blocks: list[str] = []
    for project in plans.projects:
        if len(plans.projects) > 1 and project.migrations:
            blocks.append(f"## Project {code(project.root)}")
        for migration in project.migrations:
            blocks += _section(migration)
    if not blocks:
        blocks.append("No migrations to plan.")
    projects = [project for project in plans.projects if project.migrations]
    wide = Style(width=10_000)
    about = [*held_against(plans.held, len(plans.projects), wide), *assumed(_assumptions(projects), wide)]
    blocks += [f"<sub>{literal(line)}</sub>" for line in about]
    return "\n\n".join(blocks) + "\n"


def _section(migration: MigrationPlan) -> Iterator[str]:
    told = consequences(migration)
    found = verdicts(migration)
    worst = found[0].grade if found else "safe"
    yield f"### {_EMOJI[worst]} {code(f'{migration.app}.{migration.name}')}"
    sizes = [f"**Sizes**: {literal(_sizes(migration))}."] if migration.sizes else []
    yield "\\\n".join([*(f"**{verdict.label}**{literal(verdict.rest)}" for verdict in found), *sizes])
    if migration.operations:
        said: set[str] = set()
        rows = ["| | | Operation | What it does |", "|---|---|---|---|"]
        rows += [_row(operation, told[operation.index], said) for operation in migration.operations]
        yield "\n".join(rows)
    count = sum(bool(run.sql) for operation in migration.operations for run in operation.runs)
    about = f"{code(migration.path)}, {'atomic' if migration.atomic else 'not atomic'}"
    if not count:
        yield about
        return
    yield from (f"<details><summary>{count_of(count, 'statement')}</summary>", about, _script(migration), "</details>")


_EMOJI: Mapping[Grade, str] = {
    "fails": "❌",
    "blocks": "❌",
    "breaks": "⚠️",
    "locks": "⚠️",
    "unknown": "❔",
    "safe": "✅",
}


def _row(operation: OperationPlan, told: Sequence[Consequence], said: set[str]) -> str:
    lines: list[str] = []
    for one, last in _shown(operation, told, Style()):
        if one.work:
            lines.append(literal(f"at the end, {one.work}" if one.run.deferred else one.work))
        lines += _reasons(one.unknown, said)
        if last and (meanwhile := one.meanwhile):
            lines.append(f"**{literal(meanwhile)}**" if one.run.is_dangerous else literal(meanwhile))
    if operation.fails is not None:
        when = " where there are rows" if needs_rows(operation) else ""
        lines.append(f"**fails{when}**: {literal(operation.fails.rstrip('.'))}")
    if operation.breaks != "none":
        lines.append("".join(map(literal, broken(operation))))
    lines += _reasons(operation.why, said)
    described = literal(operation.describe + (" (state only)" if operation.in_state_alone else ""))
    return f"| {_SIGNS[grade_of(operation)]} | {operation.index} | {described} | {'<br>'.join(lines)} |"


def _reasons(reasons: Sequence[str], said: set[str]) -> list[str]:
    new = [reason for reason in reasons if reason not in said]
    said.update(new)
    return [literal(f"not known, because {reason.rstrip('.')}") for reason in new]


def _script(migration: MigrationPlan) -> str:
    """Every statement in a fence, in the order in which the database meets them, under what runs it."""
    lines: list[str] = []
    heading = ""
    transactions = _Transactions(migration)
    for operation, run in in_order(migration):
        if not run.sql:
            continue
        notes = transactions.notes(run)
        title = visible(f"-- {operation.index}: {operation.describe}{', ' if notes else ''}{notes}")
        if title != heading:
            lines += ["", title]
            heading = title
        lines += [visible(f"-- takes {taken}") for taken in _by_lock(run.takes)]
        statement = [visible(line) for line in run.sql.strip().rstrip(";").splitlines()]
        # A comment would swallow it.
        lines += [*statement, ";"] if "--" in statement[-1] else [*statement[:-1], f"{statement[-1]};"]
    body = "\n".join(lines[1:])
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", body)), default=0))
    return f"{fence}sql\n{body}\n{fence}"
