"""One input through everything: parse, check in every format, graph, schema, plan. What went wrong comes back."""

from __future__ import annotations

import json
import re
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from miglint import cache, linking, lint, rulebook, showing
from miglint.cli import FORMATS
from miglint.config import ConfigError
from miglint.facts.migration import Failure, Module
from miglint.facts.source import Span
from miglint.parse import parse
from miglint.report import Style, graph, plan, render, schema

from .inputs import CANARY, Input, Inputs

_LINE_END = re.compile(rb"\r\n|\r|\n")
# What may be said to a terminal: nothing that it obeys.
_RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STYLE = Style(show_suppressed=True, everything=True, verbose=2)


class Trials:
    """Projects on the disk, in one of which a file is replaced for as long as a trial takes."""

    def __init__(self, inputs: Inputs, folder: Path) -> None:
        self.inputs = inputs
        self.folder = folder

    def run(self, one: Input) -> list[str]:
        """What went wrong: nothing, as a rule."""
        root = self._placed(one.project)
        path = root / one.path
        before = path.read_bytes()
        try:
            path.write_bytes(one.data)
            return [*_parsed(one.data), *self._checked(root, one), *self._planned(root, one), *self._canary(root)]
        finally:
            path.write_bytes(before)

    def _placed(self, number: int) -> Path:
        root = self.folder / str(number)
        if not root.exists():
            for path, data in self.inputs.projects[number].files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(data)
        return root

    def _options(self, root: Path) -> linking.Options:
        kept = str(self.folder / "cache" / root.name)
        return linking.Options(paths=(str(root),), isolated=True, cached=True, cache_dir=kept)

    def _checked(self, root: Path, one: Input) -> Iterator[str]:
        try:
            report = lint.check(self._options(root))
        except Exception:  # noqa: BLE001
            yield f"check: {traceback.format_exc()}"
            return
        for notice in report.notices:
            if notice.internal or report.exit_code == lint.FAILED:
                yield f"check: notice: {notice.message}"
        unreadable = [finding for finding in report.findings if finding.code == "MIG001"]
        if isinstance(parse(one.data), Failure) and [finding.location.path for finding in unreadable] != [one.path]:
            yield f"check: it cannot be read, and is not said to be: {[str(found.location) for found in unreadable]}"
        for finding in report.findings:
            data = one.data if finding.location.path == one.path else (root / finding.location.path).read_bytes()
            if finding.location.path.endswith(".py") and not _inside(finding.location.span, data):
                yield f"check: {finding.code} at {finding.location}, outside its file"
        for name in FORMATS:
            try:
                text = render(report, name, _STYLE, rulebook.page)
                text.encode("utf-8", "backslashreplace")
            except Exception:  # noqa: BLE001
                yield f"check --output-format {name}: {traceback.format_exc()}"
                continue
            if name in ("json", "sarif", "gitlab"):
                json.loads(text)
            if name in ("full", "concise") and (raw := _RAW.search(text)):
                yield f"check --output-format {name}: {raw.group()!r} would reach the terminal"

    def _planned(self, root: Path, one: Input) -> Iterator[str]:
        options = self._options(root)
        try:
            planned = showing.plan(options, (one.path.split("/")[0],))
        except ConfigError as error:
            planned = None
            # Where nothing of the app is in the plan.
            if not all("--migration" in problem for problem in error.problems):
                yield f"plan: {error}"
        except Exception:  # noqa: BLE001
            planned = None
            yield f"plan: {traceback.format_exc()}"
        if planned is not None:
            if planned.failed or any(notice.internal for notice in planned.notices):
                yield f"plan: {[notice.message for notice in planned.notices]}"
            for name in ("text", "json", "markdown"):
                try:
                    text = plan.render(planned.plans, name, _STYLE)
                except Exception:  # noqa: BLE001
                    yield f"plan --output-format {name}: {traceback.format_exc()}"
                    continue
                if name == "text" and (raw := _RAW.search(text)):
                    yield f"plan: {raw.group()!r} would reach the terminal"
        # They take as long as all that comes before, and are simpler.
        if one.number % 4 == 0:
            yield from self._linked(options)

    def _linked(self, options: linking.Options) -> Iterator[str]:
        try:
            projects, notices, failed = linking.link(options)
            texts = [
                graph.render_text(projects, _STYLE),
                schema.render_text(showing.schemas(projects, None), _STYLE),
            ]
            graph.render_json(projects)
            schema.render_json(showing.schemas(projects, None))
        except Exception:  # noqa: BLE001
            yield f"graph, schema: {traceback.format_exc()}"
            return
        if failed:
            yield f"graph: {[notice.message for notice in notices]}"
        if any(_RAW.search(text) for text in texts):
            yield "graph, schema: a control character would reach the terminal"

    def _canary(self, root: Path) -> Iterator[str]:
        for where in (Path.cwd(), root, self.folder):
            if (where / CANARY).exists():
                (where / CANARY).unlink()
                yield "the input was run"


@contextmanager
def trials(inputs: Inputs) -> Iterator[Trials]:
    with tempfile.TemporaryDirectory(prefix="fuzz") as name:
        yield Trials(inputs, Path(name))


def _parsed(data: bytes) -> Iterator[str]:
    try:
        facts = parse(data)
    except Exception:  # noqa: BLE001
        yield f"parse: {traceback.format_exc()}"
        return
    if isinstance(facts, Failure) and not _inside(facts.span, data):
        yield f"parse: {facts.reason} at {facts.span}, outside the file"
    text = cache.encode(facts)
    if cache.encode(cast("Module | Failure", cache.decode(text))) != text:
        yield "cache: what comes out is not what went in"


def _inside(span: Span, data: bytes) -> bool:
    lines = len(_LINE_END.findall(data)) + 1
    return 1 <= span.line <= span.end_line <= lines and span.column >= 1
