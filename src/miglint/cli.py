"""The command line: arguments in, output and an exit code out. The only module that prints."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from miglint import __version__

if TYPE_CHECKING:
    from miglint.findings import Notice, Report
    from miglint.last import Outcome, Place, Said
    from miglint.linking import Options
    from miglint.pool import Pool
    from miglint.report import Style

CLEAN, FINDINGS, FAILED, INTERRUPTED = 0, 1, 2, 130

FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown")


def run() -> NoReturn:
    """`main` as a program, which ends at once: to take facts and findings apart again takes a while, for nothing."""
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Nothing that goes wrong leaves a traceback, and only findings are a 1."""
    # Facts, steps and findings are many small objects without cycles: looking for some would take a quarter of a run.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _run(argv)
    finally:
        if collecting:
            gc.enable()


def _run(argv: Sequence[str] | None) -> int:
    # A name or message may hold what the terminal's encoding lacks, or half a surrogate pair.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        outcome = command_line.main(
            args=None if argv is None else list(argv), prog_name="miglint", standalone_mode=False
        )
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as problem:
        problem.show()
        return FAILED
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read has seen enough. (click turns it into a SystemExit of 1, which would say "findings".)
        _drop_output()
        return FAILED
    except OSError as error:
        # Files that are read or written for a run are minded where that is done: what is left is the output itself.
        with contextlib.suppress(OSError):
            click.echo(f"miglint: the output cannot be written: {error.strerror or error}.", err=True)
        _drop_output()
        return FAILED
    except Exception as error:
        _internal(error)
        return FAILED
    return outcome if isinstance(outcome, int) else CLEAN


def _drop_output() -> None:
    """Python would complain once more when it flushes at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Output(NamedTuple):
    """A format and where it goes: None is standard output."""

    format: str
    file: str | None


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="miglint %(version)s")
def command_line() -> None:
    """Static analysis of Django migrations: no Django, no database, no settings needed.

    miglint check reads every migration of the project, links and replays them, and says which
    ones will hurt: two leaves, a missing parent, a NOT NULL column without a default, a table that
    is rewritten under lock, a step that cannot be undone, a folder that git ignores.
    """


def _reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of every command that reads a project: what is read, and what is assumed."""
    options = [
        click.argument("paths", nargs=-1),
        click.option("--database", metavar="VENDOR[:VERSION]", help="The database, as in postgresql:16."),
        click.option("--django", metavar="VERSION", help="The version of Django, as in 5.2."),
        click.option("--since", metavar="REF", help="What is on this branch or commit counts as released."),
        click.option("--staged", is_flag=True, help="What is committed counts as released: for a hook."),
        click.option("--config", metavar="FILE", help="Use this settings file instead of those found."),
        click.option("--isolated", is_flag=True, help="Ignore all settings files."),
        click.option("--no-cache", is_flag=True, envvar="MIGLINT_NO_CACHE", help="Neither read nor write the cache."),
        click.option("--cache-dir", metavar="DIR", envvar="MIGLINT_CACHE_DIR", help="The cache's folder."),
        click.option(
            "--jobs", type=click.IntRange(min=1), metavar="N", help="Processes that parse and judge, at the most."
        ),
        click.option(
            "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours; default: auto."
        ),
        click.option("-q", "--quiet", is_flag=True, help="Print findings only."),
        click.option("-v", "--verbose", count=True, help="Say more about the run."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@command_line.command()
@_reading_options
@click.option("--select", multiple=True, metavar="CODES", help="Only these rules: codes, prefixes, ALL.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Not these rules.")
@click.option("--extend-select", multiple=True, metavar="CODES", help="These rules too.")
@click.option(
    "--fail-on", type=click.Choice(["error", "warning", "info"]), help="Exit 1 from this severity on; default: warning."
)
@click.option(
    "--output-format",
    "formats",
    multiple=True,
    metavar="FORMAT[:FILE]",
    help=f"One of {', '.join(FORMATS)}; may be given several times, each with a file.",
)
@click.option("-o", "--output-file", metavar="FILE", help="Write the report to a file.")
@click.option("--table-statistics", metavar="FILE", help="Tables, rows and bytes as CSV: see miglint rule MIG301.")
@click.option("--statistics", is_flag=True, help="Count findings by rule.")
@click.option("--all", "everything", is_flag=True, help="Show every finding with its code, however many and old.")
@click.option("--show-files", is_flag=True, help="List the migrations that would be checked.")
@click.option("--show-settings", is_flag=True, help="Show the settings in force, and where they are from.")
@click.option("--show-suppressed", is_flag=True, help="Report suppressed findings too.")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely.")
@click.option("--baseline", metavar="FILE", help="Hide the findings that this file lists as accepted.")
@click.option("--write-baseline", metavar="FILE", help="Accept all present findings: list them in this file.")
@click.option("--prune-baseline", is_flag=True, help="Take findings that are gone out of the baseline.")
@click.option(
    "--add-ignore", metavar="REASON", help="Accept all present findings: comment them with miglint: ignore and REASON."
)
@click.option("--exit-zero", is_flag=True, help="Exit 0 even if there are findings.")
@click.version_option(__version__, message="miglint %(version)s")
def check(**arguments: Any) -> int:
    """Check migrations; PATHS are files or folders, by default the current one.

    \b
    Exit codes:
      0    nothing at or above --fail-on
      1    findings
      2    could not run: settings, arguments, a path that is not there or cannot be read
      130  interrupted
    """
    from miglint import last, witness

    place = _place(arguments)
    outcome = None if place is None else last.recall(place)
    if outcome is not None:
        return _told(outcome)
    with _parsing(arguments, place) as pool, witness.watching() as seen:
        outcome = _checked(arguments, pool)
    code = _told(outcome)
    if place is not None and outcome.exit_code != FAILED:
        last.remember(place, seen, outcome)
    return code


def _place(arguments: dict[str, Any]) -> Place | None:
    """Where the report of this command line is kept; None where it changes files, or nothing is to be kept."""
    from miglint import last

    if arguments["no_cache"] or _changing(arguments):
        return None
    terminal = sys.stdout is not None and sys.stdout.isatty()
    size = os.get_terminal_size(sys.stdout.fileno()) if terminal else None
    return last.place_of(arguments, arguments["cache_dir"], (size, getattr(sys.stdout, "encoding", None)))


def _changing(arguments: dict[str, Any]) -> bool:
    return any(arguments.get(option) for option in ("fix", "add_ignore", "write_baseline", "prune_baseline"))


def _parsing(arguments: dict[str, Any], place: Place | None) -> Pool:
    """Processes that parse: they get ready while everything else is imported, where no facts are kept yet."""
    from miglint.pool import Pool
    from miglint.witness import FACTS

    def meanwhile() -> None:
        from miglint import graph

        graph.get_ready()

    pool = Pool(arguments["jobs"] or 0, meanwhile)
    kept = place is not None and os.path.exists(os.path.join(place.folder, FACTS))  # noqa: PTH110, PTH118
    # Where another run has imported it all, there is nothing to do in the meantime: they start once files are counted.
    imported = "miglint.lint" in sys.modules
    if not (kept or imported or _changing(arguments)):
        pool.start()
    return pool


def _checked(arguments: dict[str, Any], pool: Pool) -> Outcome:
    """Check, and what there is to say of it."""
    from dataclasses import replace

    from miglint import lint
    from miglint.last import Outcome, Said

    outputs = _outputs(arguments["formats"], arguments["output_file"])
    options = replace(_options(arguments), pool=pool)
    changes = _changes(arguments)
    with _progress(arguments["quiet"]) as progress, _settings_problems():
        report = changes(options, progress) if changes is not None else lint.check(options, progress)
    if arguments["show_files"] or arguments["show_settings"]:
        from miglint.report.terminal import visible

        lines = report.migration_files if arguments["show_files"] else report.settings
        code = report.exit_code if report.exit_code == FAILED else CLEAN
        return Outcome((Said("out", "\n".join(map(visible, lines))), *_notices(report.notices)), code)
    said = [one for output in outputs for one in _rendered(report, output, arguments)]
    return Outcome((*said, *_notices(report.notices)), report.exit_code)


def _told(outcome: Outcome) -> int:
    """Print what there is to say, each where it is to go; the exit code."""
    unwritten = []
    for said in outcome.said:
        if said.to.startswith("file:"):
            problem = _write_text(said.to.removeprefix("file:"), said.text)
            unwritten += [problem] if problem is not None else []
        elif said.text:
            if said.to == "err" and sys.stdout is not None:
                sys.stdout.flush()
            click.echo(said.text, color=said.colour, err=said.to == "err", nl=not said.text.endswith("\n"))
    if unwritten:
        # Whatever could be written has been.
        raise click.ClickException("\n".join(unwritten))
    return outcome.exit_code


@command_line.command()
@_reading_options
@click.option("--output-format", "format_", type=click.Choice(["full", "json"]), default="full", help="Default: full.")
def graph(format_: str, **arguments: Any) -> int:
    """Show the dependency graph as Django would load it on an empty database."""
    from miglint.linking import link
    from miglint.report import graph as drawing

    with _progress(arguments["quiet"]) as progress, _settings_problems():
        projects, notices, failed = link(_options(arguments), progress)
    style = _style(arguments)
    if format_ == "json":
        click.echo(drawing.render_json(projects))
    else:
        click.echo(drawing.render_text(projects, style), color=style.colour)
    _say(notices)
    return FAILED if failed else CLEAN


@command_line.command()
@_reading_options
@click.option("--at", metavar="APP.NAME", help="After this migration and what it needs; default: after all.")
@click.option("--output-format", "format_", type=click.Choice(["full", "json"]), default="full", help="Default: full.")
def schema(at: str | None, format_: str, **arguments: Any) -> int:
    """Show the schema that the migrations make, as Django's own state has it."""
    from miglint import showing
    from miglint.linking import link
    from miglint.report import schema as drawing

    with _progress(arguments["quiet"]) as progress, _settings_problems():
        projects, notices, failed = link(_options(arguments), progress)
        schemas = showing.schemas(projects, at)
    style = _style(arguments)
    if format_ == "json":
        click.echo(drawing.render_json(schemas), nl=False)
    else:
        click.echo(drawing.render_text(schemas, style), color=style.colour, nl=False)
    _say(notices)
    return FAILED if failed else CLEAN


@command_line.command()
@_reading_options
@click.option(
    "-m",
    "--migration",
    "named",
    multiple=True,
    metavar="APP[.NAME]",
    help="An app's migrations, or one of them; the beginning of a name will do. May be given several times.",
)
@click.option(
    "--output-format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text", help="Default: text."
)
@click.option("-o", "--output-file", metavar="FILE", help="Write the plan to a file.")
@click.option("--table-statistics", metavar="FILE", help="Tables, rows and bytes as CSV: see miglint rule MIG301.")
def plan(named: tuple[str, ...], format_: str, output_file: str | None, **arguments: Any) -> int:
    """Show what each operation does to the database: statements, locks, scans, what breaks.

    By default of what is new against --since, else of the newest migration of each app. -v shows
    every statement and every lock, -q only the verdicts. Nothing is run, and no database is asked.

    \b
    Exit codes:
      0    the plan is whole, whatever it says
      2    could not run: settings, arguments, a path that is not there
    """
    from dataclasses import replace

    from miglint import showing
    from miglint.report import plan as drawing

    with _progress(arguments["quiet"]) as progress, _settings_problems():
        planned = showing.plan(_options(arguments), named, progress)
    style = replace(_style(arguments, to_file=output_file is not None), here=planned.here, way_in=planned.way_in)
    text = drawing.render(planned.plans, format_, style)
    if output_file is None:
        click.echo(text, color=style.colour, nl=False)
    elif (problem := _write_text(output_file, text)) is not None:
        raise click.ClickException(problem)
    _say(planned.notices)
    return FAILED if planned.failed else CLEAN


@command_line.command()
@click.argument("code", required=False)
@click.option("--all", "every", is_flag=True, help="Every rule's page.")
@click.option("--output-format", "format_", type=click.Choice(["text", "json"]), default="text", help="Default: text.")
def rule(code: str | None, every: bool, format_: str) -> int:
    """Show a rule's page, or the list of rules."""
    from miglint import rulebook

    if code is None:
        click.echo(rulebook.listing(as_json=format_ == "json", pages=every))
        return CLEAN
    text = rulebook.explain(code, as_json=format_ == "json")
    if text is None:
        from miglint.config import all_codes, did_you_mean

        raise click.UsageError(f"There is no rule '{code}'{did_you_mean(code.upper(), all_codes())}.")
    click.echo(text)
    return CLEAN


@command_line.command()
@click.argument("paths", nargs=-1)
@click.option("--cache-dir", metavar="DIR", envvar="MIGLINT_CACHE_DIR", help="The cache's folder.")
def clean(paths: tuple[str, ...], cache_dir: str | None) -> int:
    """Remove the cache."""
    from miglint import write

    removed = [folder for path in (paths or (".",)) for folder in write.remove_cache(path, cache_dir)]
    for folder in removed:
        click.echo(f"Removed {folder}.")
    if not removed:
        click.echo("There is no cache to remove.")
    return CLEAN


def _options(arguments: dict[str, Any]) -> Options:
    """What the command line asks for. Every wrong word is reported at once."""
    from miglint import config
    from miglint.findings import Severity
    from miglint.linking import Options

    problems: list[str] = []

    def read(option: str, value: Any, reader: Callable[[Any], Any]) -> Any:
        try:
            return None if value in (None, (), "") else reader(value)
        except config.ConfigError as error:
            problems.extend(f"--{option} {problem}" for problem in error.problems)
            return None

    def codes(values: tuple[str, ...]) -> tuple[str, ...]:
        return config.selectors(code for value in values for code in value.split(","))

    if arguments["since"] is not None and arguments["staged"]:
        problems.append("--since and --staged exclude each other.")
    select = read("select", arguments.get("select"), codes)
    ignore = read("ignore", arguments.get("ignore"), codes)
    extend = read("extend-select", arguments.get("extend_select"), codes)
    fail_on = arguments.get("fail_on")
    options = Options(
        paths=tuple(arguments["paths"]) or (".",),
        selection=config.Selection(select, ignore or (), extend or ()) if select or ignore or extend else None,
        database=read("database", arguments["database"], config.database),
        django=read("django", arguments["django"], config.django),
        fail_on=Severity[fail_on.upper()] if fail_on else None,
        config=arguments["config"],
        isolated=arguments["isolated"],
        since=arguments["since"],
        staged=arguments["staged"],
        environment=os.environ,
        table_statistics=arguments.get("table_statistics"),
        baseline=arguments.get("baseline"),
        exit_zero=bool(arguments.get("exit_zero")),
        cached=not arguments["no_cache"],
        cache_dir=arguments["cache_dir"],
        jobs=arguments["jobs"] or 0,
    )
    if problems:
        raise click.UsageError("\n".join(problems))
    return options


def _outputs(formats: tuple[str, ...], output_file: str | None) -> tuple[Output, ...]:
    """The formats asked for, each with its file; two may not share a place."""
    given = formats or tuple(filter(None, os.environ.get("MIGLINT_OUTPUT_FORMAT", "").split(","))) or ("full",)
    outputs = []
    for text in given:
        name, _, file = text.partition(":")
        if name not in FORMATS:
            from miglint.config import did_you_mean

            raise click.UsageError(
                f"--output-format: there is no format '{name}'{did_you_mean(name, FORMATS)}. "
                f"There are {', '.join(FORMATS)}."
            )
        if not file and ":" in text:
            raise click.UsageError(f"--output-format: '{text}' names no file after the colon.")
        outputs.append(Output(name, file or None))
    if output_file == "":
        raise click.UsageError("--output-file names no file.")
    if output_file:
        without = [output for output in outputs if output.file is None]
        if len(without) != 1:
            raise click.UsageError("--output-file goes with one format that has no file of its own.")
        outputs = [output if output.file else Output(output.format, output_file) for output in outputs]
    places = [output.file for output in outputs]
    for place in places:
        if places.count(place) > 1:
            where = (
                f"the file '{place}'" if place else "standard output; give all but one a file, as in sarif:out.sarif"
            )
            raise click.UsageError(f"--output-format: two formats would both go to {where}.")
    return tuple(outputs)


def _say(notices: Iterable[Notice]) -> None:
    """What is to be said of the run itself, whatever the format: on standard error."""
    from miglint.report.terminal import visible

    if sys.stdout is not None:
        sys.stdout.flush()
    for notice in notices:
        click.echo(f"miglint: {visible(notice.message)}", err=True)


def _notices(notices: Iterable[Notice]) -> Iterator[Said]:
    """What is to be said of the run itself, whatever the format."""
    from miglint.last import Said
    from miglint.report.terminal import visible

    for notice in notices:
        yield Said("err", f"miglint: {visible(notice.message)}")


def _rendered(report: Report, output: Output, arguments: dict[str, Any]) -> Iterator[Said]:
    """A report in one format, for where it is to go."""
    from dataclasses import replace

    from miglint import report as formats
    from miglint import rulebook
    from miglint.last import Said

    style = replace(_style(arguments, to_file=output.file is not None), here=report.here, way_in=report.way_in)
    text = formats.render(report, output.format, style, rulebook.page)
    if output.file is not None:
        yield Said(f"file:{output.file}", text)
        return
    yield Said("out", text, style.colour)
    if arguments["statistics"]:
        # A table in the middle of JSON would be no JSON any more.
        for_people = output.format in ("full", "concise")
        yield Said("out" if for_people else "err", formats.statistics(report, style), style.colour)


def _write_text(file: str, text: str) -> str | None:
    """Write a file whole; why that failed, where it did."""
    from miglint import write

    try:
        write.write_text(file, text)
    except OSError as error:
        return f"'{file}' cannot be written: {error.strerror or error}."
    return None


def _style(arguments: dict[str, Any], to_file: bool = False) -> Style:
    """How to print: --color, then NO_COLOR, then FORCE_COLOR, then whether this is a terminal."""
    import shutil

    from miglint.report import Style

    terminal = sys.stdout is not None and sys.stdout.isatty() and not to_file
    match arguments["color"]:
        case "always":
            colour = not to_file
        case "never":
            colour = False
        case _ if os.environ.get("NO_COLOR"):
            colour = False
        case _ if os.environ.get("FORCE_COLOR"):
            colour = not to_file
        case _:
            colour = terminal and os.environ.get("TERM") != "dumb"
    width = shutil.get_terminal_size((100, 24)).columns if terminal or os.environ.get("COLUMNS") else 100
    return Style(
        colour=colour,
        unicode=to_file or (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf"),
        width=max(40, min(width, 120)),
        quiet=arguments["quiet"],
        verbose=arguments["verbose"],
        show_suppressed=bool(arguments.get("show_suppressed")),
        everything=bool(arguments.get("everything")),
    )


def _changes(arguments: dict[str, Any]) -> Callable[[Options, Callable[[int, int], None] | None], Report] | None:
    """The run that changes files, where one is asked for."""
    from functools import partial

    file, reason = arguments["write_baseline"], arguments["add_ignore"]
    if "" in (file, arguments["baseline"]):
        raise click.UsageError(f"--{'write-baseline' if file == '' else 'baseline'} names no file.")
    asked = {
        "--fix": _check_and_fix if arguments["fix"] else None,
        "--write-baseline": partial(_write_baseline, file) if file is not None else None,
        "--prune-baseline": _prune_baseline if arguments["prune_baseline"] else None,
        "--add-ignore": partial(_add_ignores, reason) if reason is not None else None,
    }
    given = [option for option, run in asked.items() if run is not None]
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} do not go together: use one after the other.")
    if file is not None and arguments["baseline"] not in (None, file):
        raise click.UsageError("--baseline and --write-baseline name different files.")
    return asked[given[0]] if given else None


def _check_and_fix(options: Options, progress: Callable[[int, int], None] | None) -> Report:
    """Apply the safe fixes; the report says what is left."""
    from miglint import lint

    outcome = lint.check_and_fix(options, progress)
    if outcome.fixed:
        click.echo(f"Fixed {outcome.fixed} finding{'s' if outcome.fixed != 1 else ''}.", err=True)
    for problem in outcome.problems:
        click.echo(f"miglint: {problem}", err=True)
    return outcome.report


def _write_baseline(file: str, options: Options, progress: Callable[[int, int], None] | None) -> Report:
    """Accept what is found into a baseline; the report is about the project with it."""
    from miglint import adopt
    from miglint.report.text import count_of

    outcome = adopt.write_baseline(options, file, progress)
    if outcome.problem is not None:
        click.echo(f"miglint: {outcome.problem}", err=True)
        return outcome.report
    changes = f" ({outcome.added} added, {outcome.removed} removed)" if not outcome.is_new else ""
    click.echo(f"Wrote '{file}': {count_of(outcome.entries, 'accepted finding')}{changes}.", err=True)
    if outcome.is_new:
        click.echo("Commit it, and name it in the settings (baseline = …) or with --baseline.", err=True)
    return outcome.report


def _prune_baseline(options: Options, progress: Callable[[int, int], None] | None) -> Report:
    """Take out of the baselines what is gone; the report says what is left."""
    from miglint import adopt
    from miglint.report.text import count_of

    outcome = adopt.prune_baseline(options, progress)
    click.echo(f"Removed {count_of(outcome.removed, 'entry', 'entries')} from the baseline.", err=True)
    for problem in outcome.problems:
        click.echo(f"miglint: {problem}", err=True)
    return outcome.report


def _add_ignores(reason: str, options: Options, progress: Callable[[int, int], None] | None) -> Report:
    """Accept what is found by comments; the report says what is left."""
    from miglint import adopt
    from miglint.report.terminal import visible
    from miglint.report.text import count_of

    outcome = adopt.add_ignores(options, reason, progress)
    files = count_of(outcome.files, "file")
    click.echo(f"Accepted {count_of(outcome.hidden, 'finding')} with comments in {files}.", err=True)
    if outcome.left:
        click.echo(f"Left over: {count_of(len(outcome.left), 'finding')} that no comment can hide.", err=True)
    for finding, why in outcome.left:
        place = f"{finding.location.path}:{finding.location.span.line}"
        click.echo(f"  {visible(place)} {finding.code}: {visible(why)}.", err=True)
    return outcome.report


@contextlib.contextmanager
def _settings_problems() -> Iterator[None]:
    """Settings that cannot be used end the run, all of their problems said."""
    from miglint.config import ConfigError

    try:
        yield
    except ConfigError as error:
        raise click.ClickException("\n".join(error.problems)) from error


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A line on standard error that says how far reading has come: on a terminal, after half a second."""
    if quiet or not sys.stderr.isatty() or os.environ.get("CI"):
        yield None
        return
    started = time.monotonic()
    shown = 0.0

    def show(done: int, total: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - started > 0.5 and (now - shown > 0.1 or done == total):
            shown = now
            sys.stderr.write(f"\r\033[KReading migrations {done}/{total}")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def _internal(error: Exception) -> None:
    """A fault of ours: say so in one line, with the place; the whole story only where it is asked for."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""  # noqa: PTH119
    click.echo(f"miglint: internal error: {type(error).__name__}: {error}{place}", err=True)
    click.echo("This is a fault of miglint. MIGLINT_TRACEBACK=1 shows where it happened.", err=True)
    if os.environ.get("MIGLINT_TRACEBACK"):
        traceback.print_exception(error)
