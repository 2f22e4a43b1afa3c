"""From paths to facts: what the disk costs lives here.

`read` finds the trees that the paths lie in, reads and parses the files that are needed (migrations, what labels
and settings are read from, helpers that migrations refer to) and links names across files.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from miglint import base as bases
from miglint import files, git, layout, witness
from miglint.ahead import Ahead
from miglint.base import History, Tip, Wanted
from miglint.cache import FactsCache
from miglint.facts.evidence import Evidence, FolderEvidence
from miglint.facts.layout import App, Layout
from miglint.facts.migration import Absent, Failure, Migration, MigrationKey, Module, Unreadable
from miglint.facts.repository import Base, IgnoredFolder, Repository
from miglint.facts.source import TOP
from miglint.facts.target import Version
from miglint.facts.values import Mapping as MappingValue
from miglint.facts.values import Sequence as SequenceValue
from miglint.facts.values import text_of
from miglint.files import Listing
from miglint.findings import Notice
from miglint.imports import Imports
from miglint.lookup import Lookup, Modules
from miglint.parsing import Parsing
from miglint.pool import Pool, Work
from miglint.records import dataclass
from miglint.resolve import Resolving
from miglint.steps import Replaying
from miglint.targets import django_of

Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The table of one `miglint.toml` or `[tool.miglint]` as read: not checked yet (`config.from_mapping` does).

    `path` is the file, relative to the tree's root where it lies inside, else absolute.
    """

    path: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """One Django project of a tree: `migrations` and `unreadable` include those that are there for linking only.

    `migrations` is in order of key. `configuration` is the one nearest to the project's root, None without any.
    """

    layout: Layout
    migrations: Mapping[MigrationKey, Migration]
    unreadable: tuple[Unreadable, ...]
    configuration: Configuration | None
    # What names versions in the project's root, and in each folder above it.
    evidence: Evidence = ()
    # What the migrations are held against; None where no base is known.
    base: Base | None = None
    # What the migrations' files need, and the tree does not have.
    absent: Mapping[MigrationKey, tuple[Absent, ...]] = field(default_factory=dict)
    # What could be replayed while files were still being parsed.
    begun: Replaying | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything that is known of one repository, or of one folder outside of any.

    All paths are relative to `listing.root`. `modules` are the facts of every Python file that was read. `scope`
    are the given paths ("." is the whole tree): a finding is shown if one of its locations is in it. `problems` are
    sentences about settings files that could not be read (exit code 2). `sources` are the bytes that were read.
    """

    listing: Listing
    scope: tuple[str, ...]
    projects: tuple[ProjectFacts, ...]
    modules: Mapping[str, Module | Failure]
    repository: Repository
    sources: Mapping[str, bytes]
    notices: tuple[Notice, ...] = ()
    problems: tuple[str, ...] = ()
    # Where the working folder lies in the tree; what leads from it to the root, where it lies outside; and what
    # tells this tree's paths from those of the others, where there are several.
    here: str = "."
    way_in: str = ""
    prefix: str = ""

    @property
    def root(self) -> Path:
        return Path(self.listing.root)

    def source(self, path: str) -> bytes:
        """A file's bytes, read anew where they were not kept (an ignore file, say); empty if that fails."""
        if path in self.sources:
            return self.sources[path]
        data = files.read_bytes(self.listing.root, path)
        return data if isinstance(data, bytes) else b""


@dataclass(frozen=True, slots=True)
class Reading:
    """`missing` are given paths that are not there (exit code 2), as given; `trees` what the others lie in."""

    trees: tuple[Tree, ...]
    missing: tuple[str, ...] = ()


def read(
    paths: Sequence[str | Path],
    *,
    configuration: Configuration | None = None,
    isolated: bool = False,
    progress: Progress | None = None,
    django: Version | None = None,
    cached: bool = False,
    cache_dir: str | None = None,
    jobs: int = 1,
    pool: Pool | None = None,
    base: Wanted | None = None,
    environment: Mapping[str, str] | None = None,
    begin: Begin | None = None,
) -> Reading:
    """The trees that `paths` lie in, each read whole.

    `configuration` (--config) stands in for every settings file of the trees, `isolated` for none at all; of their
    values only `exclude`, `apps` and `django` are used here, and left alone where they are not of the right type.
    `progress` is told how many files are parsed, of how many that are known to be needed. `cached` keeps facts in
    `cache_dir`, by default a folder of the tree; `jobs` is how many processes may parse, 0 as many as have room; a
    `pool` of processes that have been started already is closed in the end. `base` is what the migrations are held
    against; without it `environment` may name a CI's target branch, and the settings a `base-ref`. `begin`
    says how a project is replayed, which begins while there are files to be parsed.
    """
    working_folder = str(Path.cwd())
    places: dict[str, list[files.Place]] = {}
    missing = []
    for path in paths:
        place = files.place(str(path), working_folder, _has_no_configuration if isolated else _has_configuration)
        if place is None:
            missing.append(str(path))
        else:
            places.setdefault(place.root, []).append(place)
    trees = []
    # Facts are many small objects without cycles: the collector would only look at them over and over.
    collecting = gc.isenabled()
    gc.disable()
    try:
        with pool if pool is not None else Pool(jobs) as pool:
            for root in sorted(places):
                known = FactsCache(Path(cache_dir or os.path.join(root, witness.CACHE))) if cached else None
                parsing = Parsing(known, pool)
                reader = _Reader(root, places[root], configuration, isolated, parsing, progress, django)
                reader.wanted = base
                reader.target_branch = bases.from_ci(environment or {})
                reader.begin = begin
                here = os.path.relpath(working_folder, root).replace(os.sep, "/")
                way_in = os.path.relpath(root, working_folder).replace(os.sep, "/")
                inside = here != ".." and not here.startswith("../")
                tree = replace(reader.tree(), here=here if inside else ".", way_in="" if inside else way_in)
                trees.append(replace(tree, prefix=f"{way_in}/") if len(places) > 1 else tree)
                if known is not None:
                    known.save()
                witness.saw_listed(root, tree.listing.files)
    finally:
        if collecting:
            gc.enable()
    return Reading(tuple(trees), tuple(missing))


def read_configuration(path: str | Path) -> Configuration:
    """The settings in a `miglint.toml`, or in `[tool.miglint]` of a pyproject.toml. Raises OSError, ValueError."""
    values = _toml(read_whole(path))
    if Path(path).name == "pyproject.toml":
        tool = values.get("tool", {})
        values = tool.get("miglint", {}) if isinstance(tool, dict) else {}
    if not isinstance(values, dict):
        raise ValueError("[tool.miglint] is no table")
    return Configuration(str(path), values)


def read_whole(path: str | Path) -> bytes:
    """A file that the settings or the command line name, however large. Raises OSError."""
    data = Path(path).read_bytes()
    witness.saw_file(os.path.abspath(path), data)
    return data


_TABLE = re.compile(rb"^\s*\[+\s*tool\s*\.\s*[\"']?miglint\b", re.MULTILINE)


def _toml(data: bytes) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib  # imported where used: most trees have no settings of ours
    else:
        import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]  # not there on newer Pythons
    values: dict[str, Any] = tomllib.loads(data.decode("utf-8-sig"))
    return values


def _has_configuration(folder: str) -> bool:
    return _configuration_file(folder) is not None


def _has_no_configuration(folder: str) -> bool:
    return False


def _configuration_file(folder: str) -> str | None:
    path = os.path.join(folder, "miglint.toml")
    if os.path.isfile(path):
        return path
    witness.saw_file(path)
    data = files.read_bytes(folder, "pyproject.toml")
    return os.path.join(folder, "pyproject.toml") if isinstance(data, bytes) and _TABLE.search(data) else None


# A project's layout, the settings nearest to it and what its files say of versions → how to replay it.
Begin: TypeAlias = Callable[[Layout, Configuration | None, Evidence], Ahead | None]


class _Linked(NamedTuple):
    migrations: Mapping[MigrationKey, Migration]
    unreadable: tuple[Unreadable, ...]
    absent: Mapping[MigrationKey, tuple[Absent, ...]]


class _Reader:
    """Reads one tree; everything is read and parsed once, when it is first needed."""

    def __init__(
        self,
        root: str,
        places: Sequence[files.Place],
        given: Configuration | None,
        isolated: bool,
        parse: Parsing,
        progress: Progress | None,
        django: Version | None,
    ) -> None:
        self.root = root
        self.places = places
        self.given = given
        self.isolated = isolated
        self.parse = parse
        self.progress = progress
        self.django = django
        self.sources: dict[str, bytes] = {}
        self.unread: dict[str, str] = {}
        self.modules: dict[str, Module | Failure] = {}
        self.texts: dict[str, str | None] = {}
        self.configurations: dict[str, Configuration] = {}
        self.evidence: dict[str, FolderEvidence] = {}
        self.problems: list[str] = []
        self.notices: list[str] = []
        self.needed = 0
        self.wanted: Wanted | None = None
        self.target_branch: Wanted | None = None
        self.begin: Begin | None = None
        # The files that something rests on.
        self.used: set[str] = set()
        self.excludes: files.Excludes = _nothing
        self.listing = self._list()

    def tree(self) -> Tree:
        laid, modules = self._lay_out()
        if self._read_ignored_apps(laid.layouts):
            laid, modules = self._lay_out()
        resolving = Resolving(modules)
        begun = []
        for one in laid.layouts:
            paths = [path for app in (*one.apps, *one.duplicates) if app.has_init for path in app.files]
            self.used.update(paths)
            ahead = self._ahead_of(one)
            self._load(paths, ahead, partial(self._begin, ahead, resolving) if ahead is not None else None)
            begun.append(ahead.begun if ahead is not None else None)
        linked = self._link(laid.layouts, resolving)
        self.used |= resolving.used
        distributed = files.holds_distribution(self.root)
        history = History(self.root)
        projects = tuple(
            ProjectFacts(
                replace(one, distributed=distributed),
                facts.migrations,
                facts.unreadable,
                self._configuration_of(one.root),
                self._evidence_of(one.root),
                self._base_of(one, facts.migrations, modules, history),
                facts.absent,
                started,
            )
            for one, facts, started in zip(laid.layouts, linked, begun, strict=True)
        )
        self._tell_of_failures(laid.layouts)
        repository = self._repository(laid)
        return Tree(
            listing=self.listing,
            scope=tuple(sorted({self._relative(place.path) for place in self.places})),
            projects=projects,
            modules={path: module for path, module in sorted(self.modules.items()) if path in self.used},
            repository=repository,
            sources=self.sources,
            notices=tuple(
                Notice(text) for text in dict.fromkeys((*self.listing.notices, *laid.complaints, *self.notices))
            ),
            problems=tuple(dict.fromkeys((*self.listing.problems, *self.problems))),
        )

    # Which files there are.

    def _list(self) -> Listing:
        if not self.isolated:
            # Settings hold up to the repository's root, also those above what is read.
            for place in self.places:
                folder = place.reading_root
                while True:
                    self._configure(folder)
                    if folder == self.root:
                        break
                    folder = os.path.dirname(folder)
        self.excludes = self._excludes()
        listing = files.find(self.root, self.places, self.excludes)
        if not self.isolated:
            known = len(self.configurations)
            for path in listing.files:
                if path.rpartition("/")[2] in ("miglint.toml", "pyproject.toml"):
                    self._configure(os.path.join(self.root, os.path.dirname(path)))
            if len(self.configurations) > known:
                self.excludes = self._excludes()
                given = {self._relative(place.path) for place in self.places}
                excludes = files.below_given(self.excludes, given)
                kept = tuple(path for path in listing.files if not excludes(path))
                listing = replace(listing, files=kept)
        return listing

    def _configure(self, folder: str) -> None:
        relative = self._relative(folder)
        path = _configuration_file(folder)
        if path is None or relative in self.configurations:
            return
        shown = self._relative(path)
        if self.given is not None:
            self.configurations[relative] = self.given
            return
        try:
            self.configurations[relative] = replace(read_configuration(path), path=shown)
        except (OSError, ValueError) as error:
            self.problems.append(f"{shown}: cannot be read ({error}).")
            self.configurations[relative] = Configuration(shown, {})

    def _excludes(self) -> files.Excludes:
        matchers = []
        configurations = dict(self.configurations)
        if self.given is not None:
            configurations["."] = self.given
        for folder, configuration in configurations.items():
            patterns = configuration.values.get("exclude")
            if isinstance(patterns, list):
                matchers.append(files.glob_matcher((one for one in patterns if isinstance(one, str)), folder))
        return (lambda path: any(matches(path) for matches in matchers)) if matchers else _nothing

    def _configuration_of(self, root: str) -> Configuration | None:
        if self.given is not None:
            return self.given
        folder = root
        while folder not in self.configurations and folder != ".":
            folder = os.path.dirname(folder) or "."
        return self.configurations.get(folder)

    def _base_of(
        self, one: Layout, migrations: Mapping[MigrationKey, Migration], modules: Modules, history: History
    ) -> Base | None:
        """What somebody asked for, else the CI's target branch, else what the settings name."""
        asked = [self.wanted] if self.wanted is not None else [self.target_branch, self._configured_base(one.root)]
        here = Tip(one, migrations, self._data, modules)
        for wanted in asked:
            if wanted is not None:
                base, complaints = bases.read_base(history, wanted, here, self.parse)
                told = self.problems if wanted.insists and base is None else self.notices
                told.extend(complaints)
                if base is not None:
                    return self._with_own_edits(base, here, history) if wanted.staged else base
        return None

    def _with_own_edits(self, base: Base, here: Tip, history: History) -> Base:
        """The last commit as a base: a branch may edit what it committed itself, where it is known what that is."""
        for wanted in (self.target_branch, self._configured_base(here.layout.root)):
            if wanted is not None and base.forked:
                known, _ = bases.read_base(history, wanted, here, self.parse)
                if known is not None:
                    forked = {key: one for key, one in base.forked.items() if key in known.released}
                    return replace(base, forked=forked)
        return base

    def _configured_base(self, root: str) -> Wanted | None:
        configuration = self._configuration_of(root)
        ref = configuration.values.get("base-ref") if configuration is not None else None
        return bases.configured(ref, configuration.path) if configuration is not None and isinstance(ref, str) else None

    def _django_of(self, root: str) -> Version | None:
        found = django_of(self._evidence_of(root))
        return found.version if found is not None else None

    def _evidence_of(self, root: str) -> Evidence:
        found = []
        folder = root
        while True:
            if folder not in self.evidence:
                self.evidence[folder] = files.read_evidence(self.root, folder)
            found.append(self.evidence[folder])
            if folder == ".":
                return tuple(found)
            folder = os.path.dirname(folder) or "."

    def _relative(self, path: str) -> str:
        return os.path.relpath(path or os.sep, self.root).replace(os.sep, "/")

    # What they say.

    def _data(self, path: str) -> bytes | None:
        if path not in self.sources and path not in self.unread:
            data = files.read_bytes(self.root, path)
            if isinstance(data, bytes):
                self.sources[path] = data
            else:
                self.unread[path] = data.why if data.there else ""
        return self.sources.get(path)

    def _load(
        self, paths: Iterable[str], ahead: Ahead | None = None, begin: Callable[[Work], None] | None = None
    ) -> None:
        wanted: dict[str, bytes] = {}
        for path in sorted(set(paths) - self.modules.keys()):
            data = self._data(path)
            if data is not None:
                wanted[path] = data
            elif self.unread[path]:
                self.modules[path] = Failure(f"the file cannot be read ({self.unread[path]})", TOP)
            else:
                # Gone since it was listed: as if it had never been there.
                self.modules[path] = Failure("the file is gone", TOP)
        if not wanted:
            return
        done, self.needed = self.needed, self.needed + len(wanted)
        for number, (path, facts) in enumerate(self.parse(wanted, begin), 1):
            self.modules[path] = facts
            if ahead is not None:
                ahead.go_on()
            if self.progress is not None:
                self.progress(done + number, self.needed)

    def _ahead_of(self, one: Layout) -> Ahead | None:
        try:
            return (
                self.begin(one, self._configuration_of(one.root), self._evidence_of(one.root)) if self.begin else None
            )
        except Exception:  # noqa: BLE001  # a fault of ours, said where the project is analysed
            return None

    def _begin(self, ahead: Ahead, resolving: Resolving, work: Work) -> None:
        migrations = {key: (path, self.sources.get(path, b"")) for key, path in _files_of(ahead.layout)}
        work.prefer(ahead.begin(migrations, resolving, partial(self._ask, work)))

    def _ask(self, work: Work, path: str) -> bool:
        """Have one more file parsed, where that can be read."""
        data = self._data(path)
        if data is not None and path not in work.files:
            work.add(path, data)
            self.needed += 1
        return data is not None

    def _lay_out(self) -> tuple[layout.Laid, Modules]:
        present = self.listing.files
        there = frozenset(present)
        lookup = Lookup(present)
        folders = layout.migration_folders(present)
        self.parse.expect(sum(map(len, folders.values())))
        with_migrations = frozenset(
            folder
            for folder, modules in folders.items()
            if any(layout.defines_migration(self._data(path) or b"") for path in modules)
            # What nobody can read in a folder of that name is taken for migrations, and so reported.
            or (os.path.basename(folder) == "migrations" and any(self.unread.get(path) for path in modules))
        )
        named: dict[str, str] = {}
        guesses: list[str] = []
        for path in present:
            if layout.may_name_settings(path):
                name = layout.settings_name(path, self._data(path) or b"")
                if name is not None:
                    named[path] = name
            elif layout.may_be_settings(path) and layout.are_settings(self._data(path) or b""):
                guesses.append(path)
        configured = {folder: _configured(one) for folder, one in self.configurations.items()}
        if self.given is not None:
            configured.setdefault(".", _configured(self.given))
        ground = layout.Ground(
            present,
            Modules(lookup, self.modules, texts=self.texts),
            with_migrations,
            configured,
            named,
            tuple(guesses),
            os.path.basename(self.root),
            frozenset(
                path
                for folder in with_migrations
                for path in layout.may_hold_config(folder, there)
                if b"AppConfig" in (self._data(path) or b"")
            ),
            self.django,
            cache(self._django_of),
            frozenset(
                path for modules in folders.values() for path in modules if layout.is_south(self._data(path) or b"")
            ),
        )
        while True:
            laid = layout.lay_out(ground)
            if not ground.modules.wanted:
                return laid, ground.modules
            self.used |= ground.modules.wanted
            self._load(ground.modules.wanted)
            ground.modules.wanted.clear()

    def _read_ignored_apps(self, layouts: Iterable[Layout]) -> bool:
        """Adds apps that the settings install and git ignores as a whole; whether there were any."""
        if not self.listing.repository:
            return False
        lookup = Lookup(self.listing.files)
        folders: set[str] = set()
        for one in layouts:
            if one.settings.path is None:
                continue
            for dotted in _dotted_names(one):
                if (
                    lookup.longest(dotted, one.settings.path) is None
                    and lookup.folder(dotted, one.settings.path) is None
                ):
                    folders.update(self._on_disk(dotted, one))
        if not folders:
            return False
        extended = files.extend(self.listing, sorted(folders), self.excludes)
        changed = extended.files != self.listing.files
        self.listing = extended
        return changed

    def _on_disk(self, dotted: str, one: Layout) -> Iterable[str]:
        starts = [one.root]
        folder = os.path.dirname(one.settings.path or "")
        while folder and f"{folder}/__init__.py" in self.listing.files:
            folder = os.path.dirname(folder)
        starts.append(folder or ".")
        parts = dotted.split(".")
        for start in starts:
            for length in range(len(parts), 0, -1):
                path = "/".join(parts[:length]) if start == "." else "/".join((start, *parts[:length]))
                if files.is_folder(self.root, path) and not any(part in files.SKIPPED for part in path.split("/")):
                    # A folder of the tree leads to the app, and holds other things too.
                    if not any(known.startswith(f"{path}/") for known in self.listing.files):
                        return (path,)
                    break
        return ()

    # What it comes to.

    def _link(self, layouts: Sequence[Layout], resolving: Resolving) -> list[_Linked]:
        """Every project's migrations, with names resolved; reads what they refer to until nothing more is asked for."""
        modules = resolving.modules
        waiting = {place for one in layouts for place in _files_of(one)} - resolving.migrations.keys()
        while waiting:
            unfinished = set()
            for key, path in sorted(waiting):
                module = self.modules[path]
                south = layout.is_south(self.sources.get(path, b""))
                if isinstance(module, Module) and not south and not resolving.resolve(key, path, module):
                    unfinished.add((key, path))
            self._load(modules.wanted)
            for path in modules.wanted_texts:
                data = files.read_bytes(self.root, path)
                # What cannot be decoded is not known either, and an open() that fails is not ours to judge.
                self.texts[path] = _text(data) if isinstance(data, bytes) else None
            if not (modules.wanted or modules.wanted_texts):
                break
            modules.wanted.clear()
            modules.wanted_texts.clear()
            # What the others have is made of what was known.
            waiting = unfinished
        absent = self._absent(resolving.migrations)
        return [self._linked(one, resolving.migrations, absent) for one in layouts]

    def _absent(
        self, resolved: Mapping[tuple[MigrationKey, str], Migration | None]
    ) -> dict[tuple[MigrationKey, str], tuple[Absent, ...]]:
        """What the files of migrations import in vain."""
        there = frozenset(self.listing.files)

        def exists(path: str) -> bool:
            # git may ignore what a build makes.
            return path in there or os.path.isfile(os.path.join(self.root, path))

        imports = Imports(there, cache(exists), self._text_of_module, self._facts_of)
        found = {}
        for (key, path), migration in sorted(resolved.items(), key=lambda one: one[0]):
            module = self.modules[path]
            names = tuple(imports.absent(module, path)) if isinstance(module, Module) and migration is not None else ()
            if names:
                found[key, path] = names
        return found

    def _text_of_module(self, path: str) -> str | None:
        data = self._data(path)
        return None if data is None else _text(data)

    def _facts_of(self, path: str) -> Module | None:
        self._load([path])
        self.used.add(path)
        module = self.modules[path]
        return module if isinstance(module, Module) else None

    def _linked(
        self,
        one: Layout,
        resolved: Mapping[tuple[MigrationKey, str], Migration | None],
        absent: Mapping[tuple[MigrationKey, str], tuple[Absent, ...]],
    ) -> _Linked:
        migrations: dict[MigrationKey, Migration] = {}
        unreadable = [left_out for app in one.apps for left_out in self._left_out(app)]
        for key, path in _files_of(one):
            module = self.modules[path]
            migration = resolved.get((key, path))
            if isinstance(module, Failure):
                if self.unread.get(path) != "":
                    unreadable.append(Unreadable(key, path, module))
            elif migration is not None:
                migrations[key] = migration
            elif not layout.is_south(self.sources.get(path, b"")):
                unreadable.append(Unreadable(key, path, Failure(_NO_MIGRATION, TOP)))
        return _Linked(
            dict(sorted(migrations.items())),
            tuple(sorted(unreadable, key=lambda one: one.key)),
            {key: absent[key, one.path] for key, one in migrations.items() if (key, one.path) in absent},
        )

    def _left_out(self, app: App) -> list[Unreadable]:
        """Migrations of an app that the settings exclude, and the app not."""
        if self.excludes is _nothing or not app.has_init or not app.files:
            return []
        found = []
        for path in layout.modules_in(app.path, files.names_in(self.root, app.path), {}):
            if path not in app.files and self.excludes(path) and layout.defines_migration(self._data(path) or b""):
                key = MigrationKey(app.label, _stem(path))
                found.append(Unreadable(key, path, Failure("`exclude` leaves it out", TOP), excluded=True))
        if found:
            more, verb, who = (f" and {len(found) - 1} more", "are", "they do") if found[1:] else ("", "is", "it does")
            complaint = f"'{found[0].path}'{more} {verb} left out by 'exclude': what {who} is not known."
            self.notices.append(complaint)
        return found

    def _tell_of_failures(self, layouts: Iterable[Layout]) -> None:
        reported = {path for one in layouts for app in (*one.apps, *one.duplicates) for path in app.files}
        for path in sorted(self.used - reported):
            module = self.modules.get(path)
            if isinstance(module, Failure) and self.unread.get(path) != "":
                self.notices.append(f"'{path}' (line {module.span.line}) is left out: {module.reason}.")

    def _repository(self, laid: layout.Laid) -> Repository:
        apps = {app.path: app for one in laid.layouts for app in (*one.duplicates, *one.apps)}
        folders = dict.fromkeys((*apps, *(folder for bare in laid.bare.values() for folder in bare)))
        candidates = {
            f"{folder}/{layout.next_name(apps[folder].files if folder in apps else ())}": folder for folder in folders
        }
        if self.listing.repository:
            at = {os.path.join(self.root, candidate): candidate for candidate in candidates}
            matches = {at[path]: match for path, match in git.check_ignore(at).items()}
        else:
            matches = files.gitignored(self.root, candidates)
        ignored = [
            self._ignored(candidates[candidate], candidate, match, apps)
            for candidate, match in sorted(matches.items())
            if candidates[candidate] in apps or self._speaks_of_django(candidates[candidate])
        ]
        untracked = {path for app in apps.values() for path in app.files if path in self.listing.untracked}
        # Where git tracks nothing at all, nobody has said yet what is to be in the repository.
        tracks = any(path not in self.listing.untracked for path in self.listing.files)
        forgotten = untracked - self.listing.ignored if tracks else frozenset[str]()
        return Repository(self.listing.repository, tuple(ignored), frozenset(untracked), frozenset(forgotten))

    def _ignored(self, folder: str, candidate: str, match: git.Match, apps: Mapping[str, App]) -> IgnoredFolder:
        # git names real paths, the tree's root may have been reached through a link.
        top = os.path.realpath(self.root).rstrip(os.sep) + os.sep
        source = os.path.realpath(match.source) if match.source.startswith(self.root) else match.source
        tracked = 0
        if self.listing.repository:
            below = [path for path in self.listing.files if path.startswith(f"{folder}/")]
            tracked = sum(path not in self.listing.untracked for path in below)
        return IgnoredFolder(
            folder=folder,
            candidate=candidate,
            source=source.removeprefix(top).replace(os.sep, "/") if source.startswith(top) else source,
            line=match.line,
            pattern=match.pattern,
            tracked=tracked,
            present=len(apps[folder].files) if folder in apps else 0,
        )

    def _speaks_of_django(self, folder: str) -> bool:
        """Whether the models beside a migrations folder that is not there yet are Django's."""
        package = os.path.dirname(folder)
        models = [
            path for path in (f"{package}/models.py", f"{package}/models/__init__.py") if path in self.listing.files
        ]
        return any(b"django" in (self._data(path) or b"") for path in models)


# Django's loader takes every module of the folder for a migration, and raises BadMigrationError for one that is none.
_NO_MIGRATION = "it defines no class Migration, for which Django refuses to load any migration at all"


def _nothing(path: str) -> bool:
    return False


def _configured(configuration: Configuration) -> layout.Configured:
    apps = configuration.values.get("apps")
    version = configuration.values.get("django")
    found = re.fullmatch(r"(\d+)\.(\d+).*", version) if isinstance(version, str) else None
    return layout.Configured(
        {label: path for label, path in apps.items() if isinstance(path, str)} if isinstance(apps, dict) else {},
        (int(found[1]), int(found[2])) if found else None,
    )


def _dotted_names(one: Layout) -> list[str]:
    """Packages that the settings install, and those that they keep migrations in."""
    installed = one.settings.values.get("INSTALLED_APPS")
    moved = one.settings.values.get("MIGRATION_MODULES")
    names = [text_of(item) for item in installed.items] if isinstance(installed, SequenceValue) else []
    names += [text_of(item) for _, item in moved.items] if isinstance(moved, MappingValue) else []
    return [name for name in names if name]


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None


def _files_of(one: Layout) -> Iterator[tuple[MigrationKey, str]]:
    """What Django loads as migrations, each under its key."""
    for app in one.apps:
        if app.has_init:
            for path in app.files:
                yield MigrationKey(app.label, _stem(path)), path


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")
