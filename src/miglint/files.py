"""The disk: which files a tree holds, and their bytes."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from miglint import git, requirements, witness
from miglint.facts.evidence import FolderEvidence, Served, Wanted
from miglint.records import dataclass

# A migration is read up to here, and no further: what is longer is refused by its size alone.
MOST_BYTES = 16 * 1024 * 1024

SETTINGS_FILES = frozenset({"pyproject.toml", "miglint.toml", "pytest.ini", "setup.cfg", "tox.ini"})

# Folders that hold other people's code, or copies of one's own.
SKIPPED = frozenset(
    {".git", ".hg", ".svn", ".bzr", ".tox", ".nox", ".eggs", ".venv", ".direnv", ".idea", ".vscode"}
    | {witness.CACHE, ".mypy_cache", ".ruff_cache", ".pytest_cache", ".pytype", "__pycache__", "__pypackages__"}
    | {"node_modules", "bower_components", "site-packages", "dist-packages", "build", "dist", "_build", "buck-out"}
)

# Lists of requirements that include each other.
_MOST_LISTS = 100

Excludes = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one tree that may matter, sorted, relative to the absolute `root`, with `/`.

    `reading_roots` are the folders that were read whole ("." is the root). `repository` says that git listed the
    files; then `untracked` are those that it does not track, and `ignored` those that it ignores and that Django
    would load all the same, or that were given by hand. `notices` say what could not be read; `problems` do, where
    migrations are lost by it.
    """

    root: str
    reading_roots: tuple[str, ...]
    files: tuple[str, ...]
    repository: bool
    untracked: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    notices: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Place(NamedTuple):
    """Where a given path lies: all three absolute. `reading_root` is the folder that is read whole for it."""

    root: str
    reading_root: str
    path: str


class Gone(NamedTuple):
    """A file that could not be read: `there` is False where it vanished."""

    why: str
    there: bool


def place(path: str, working_folder: str, has_configuration: Callable[[str], bool]) -> Place | None:
    """Where `path` lies and what has to be read around it; None where there is nothing at `path`.

    `has_configuration` says whether a folder holds settings of miglint.
    """
    path = os.path.abspath(os.path.join(working_folder, path))
    if not os.path.exists(path):
        return None
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    top = git.toplevel(folder)
    reading_root = folder
    while not (
        os.path.isfile(os.path.join(reading_root, "manage.py"))
        or has_configuration(reading_root)
        or reading_root == top
    ):
        above = os.path.dirname(reading_root)
        if above == reading_root:
            reading_root = _whole_package(folder)
            break
        reading_root = above
    around = working_folder if _is_below(reading_root, working_folder) else reading_root
    return Place(top or around, reading_root, path)


def find(root: str, places: Sequence[Place], excludes: Excludes) -> Listing:
    """The files of one tree. `excludes` is asked about paths relative to the root; those of folders end with `/`."""
    reading_roots = _outermost(one.reading_root for one in places)
    finder = _Finder(root, excludes, {one.path for one in places})
    for folder in reading_roots:
        finder.read_root(folder)
    for given in sorted({one.path for one in places} - set(reading_roots)):
        finder.read_given(given)
    return finder.listing(reading_roots)


def extend(listing: Listing, folders: Iterable[str], excludes: Excludes) -> Listing:
    """`listing` with all files below these folders of the tree, although git ignores them."""
    finder = _Finder(listing.root, excludes, set())
    finder.take_over(listing)
    for folder in folders:
        finder.read_ignored(os.path.join(listing.root, folder))
    return finder.listing([_absolute(listing.root, folder) for folder in listing.reading_roots])


def read_bytes(root: str, path: str) -> bytes | Gone:
    whole = os.path.join(root, path)
    try:
        with open(whole, "rb") as file:
            data = file.read(MOST_BYTES)
        witness.saw_file(whole, data)
        return data
    except FileNotFoundError:
        witness.saw_file(whole)
        if os.path.islink(whole):
            return Gone("it is a link that leads nowhere", there=True)
        return Gone("the file is gone", there=False)
    except OSError as error:
        return Gone(error.strerror or str(error), there=True)


def read_evidence(root: str, folder: str) -> FolderEvidence:
    """What the files of one folder, relative to the root, say of the versions of Django and PostgreSQL."""
    gathering = _Evidence(root)
    names = gathering.names(folder)
    gathering.read(folder, (name for name in requirements.LOCKS if name in names))
    gathering.read(folder, sorted(name for name in names if name.startswith("pylock.") and name.endswith(".toml")))
    inside = [folder, *(_joined(folder, name) for name in requirements.REQUIREMENTS_FOLDERS if name in names)]
    for one in inside:
        gathering.read_lists(one, names if one == folder else gathering.names(one), anything=one != folder)
    gathering.read(folder, (name for name in requirements.METADATA if name in names))
    for name in requirements.ASIDE_FOLDERS:
        if name in names:
            gathering.read_lists(_joined(folder, name), gathering.names(_joined(folder, name)))
    served = gathering.served(folder, sorted(name for name in names if requirements.is_compose(name)))
    if not served and ".github" in names:
        workflows = _joined(folder, ".github/workflows")
        found = sorted(name for name in gathering.names(workflows) if name.endswith((".yml", ".yaml")))
        served = gathering.served(workflows, found)
    return FolderEvidence(tuple(gathering.wanted), served, tuple(gathering.notes))


def is_folder(root: str, path: str) -> bool:
    return os.path.isdir(os.path.join(root, path))


def names_in(root: str, path: str) -> list[str]:
    """What lies in a folder, in any order; nothing where it cannot be listed."""
    return _names(os.path.join(root, path))


def holds_distribution(root: str) -> bool:
    """Whether a folder is what a wheel unpacks to."""
    return any(name.endswith(".dist-info") for name in _names(root))


def glob_matcher(patterns: Iterable[str], below: str = ".") -> Excludes:
    """Whether a path of the tree matches one of the globs of a settings file in the folder `below`.

    A pattern without `/` matches a file or folder of that name anywhere below; one with `/` a path from there on,
    and everything beneath it. `**` stands for any number of folders.
    """
    expressions = [_expression(pattern) for pattern in patterns if pattern.strip("/ .")]
    if not expressions:
        return lambda path: False
    matches = re.compile("|".join(expressions)).search
    prefix = "" if below == "." else below + "/"

    def excludes(path: str) -> bool:
        return path.startswith(prefix) and matches("/" + path[len(prefix) :]) is not None

    return excludes


def below_given(excludes: Excludes, given: Iterable[str]) -> Excludes:
    """`excludes`, except that what is given by hand is there: patterns that take it out hold below it only."""
    asked_for = set(given)
    taken_out = sorted((path for path in asked_for if path not in ("", ".") and excludes(f"{path}/")), key=len)

    def below(path: str) -> bool:
        if path.rstrip("/") in asked_for:
            return False
        around = next((folder for folder in reversed(taken_out) if path.startswith(f"{folder}/")), None)
        return excludes(path if around is None else path[len(around) + 1 :])

    return below if asked_for else excludes


def gitignored(root: str, paths: Iterable[str]) -> dict[str, git.Match]:
    """Which paths of a tree outside any repository its .gitignore files would ignore, and by which rule."""
    specs: dict[str, list[tuple[int, str, Callable[[str], bool | None]]]] = {}
    found: dict[str, git.Match] = {}
    for path in paths:
        match = _gitignored(root, path, specs)
        if match is not None:
            found[path] = match
    return found


def _whole_package(folder: str) -> str:
    """The folder itself, or the outermost package around it; an app's folder for a migrations folder."""
    if os.path.basename(folder) == "migrations":
        folder = os.path.dirname(folder)
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        above = os.path.dirname(folder)
        if not os.path.isfile(os.path.join(above, "__init__.py")):
            break
        folder = above
    return folder


def _outermost(folders: Iterable[str]) -> list[str]:
    found: list[str] = []
    for folder in sorted(set(folders), key=lambda folder: (len(folder), folder)):
        if not any(_is_below(folder, above) for above in found):
            found.append(folder)
    return sorted(found)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _joined(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _absolute(root: str, path: str) -> str:
    return root if path == "." else os.path.join(root, path)


class _Evidence:
    """Reads the few files of one folder that name versions, each once."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.wanted: list[Wanted] = []
        self.notes: list[str] = []
        self.done: set[str] = set()

    def names(self, folder: str) -> frozenset[str]:
        path = _absolute(self.root, folder)
        witness.saw_folder(path)
        return frozenset(_names(path))

    def read(self, folder: str, names: Iterable[str]) -> None:
        for name in names:
            path = _joined(folder, name)
            data = self.data(path)
            if data is not None:
                try:
                    self.wanted += requirements.required_in(path, data)
                except requirements.UnreadableError as error:
                    self.notes.append(f"{path} {error}")

    def read_lists(self, folder: str, names: Iterable[str], anything: bool = False) -> None:
        """Files of requirements in one folder, by their names, or all that may be some."""
        lists = (
            name
            for name in names
            if requirements.is_requirements(name) or (anything and name.endswith((".txt", ".in")))
        )
        for name in sorted(lists, key=requirements.weight):
            self.read_list(_joined(folder, name), aside=False)

    def read_list(self, path: str, aside: bool) -> None:
        data = self.data(path)
        if data is None:
            return
        try:
            said = requirements.listed_in(path, data, aside)
        except requirements.UnreadableError as error:
            self.notes.append(f"{path} {error}")
            return
        self.wanted += said.wanted
        aside = aside or requirements.is_aside(path.rpartition("/")[2])
        for include in said.includes:
            included = os.path.normpath(os.path.join(os.path.dirname(path), include)).replace(os.sep, "/")
            if not included.startswith(("../", "/")) and len(self.done) < _MOST_LISTS:
                self.read_list(included, aside)

    def served(self, folder: str, names: Iterable[str]) -> tuple[Served, ...]:
        found = []
        for name in names:
            data = self.data(_joined(folder, name))
            versions = requirements.postgresql_in(data) if data is not None else ()
            if versions:
                found.append(Served(_joined(folder, name), versions))
        return tuple(found)

    def data(self, path: str) -> bytes | None:
        if path in self.done:
            return None
        self.done.add(path)
        if not os.path.isfile(os.path.join(self.root, path)):
            return None
        data = read_bytes(self.root, path)
        if isinstance(data, bytes):
            return data
        self.notes.append(f"{path} cannot be read: {data.why}")
        return None


class _Finder:
    """Collects the files of one tree; paths inside are relative to the root, with `/`."""

    def __init__(self, root: str, excludes: Excludes, given: set[str]) -> None:
        self.root = root
        # A file is read with its folder: a migration alone is no history.
        folders = (path if os.path.isdir(path) else os.path.dirname(path) for path in given)
        self.given = {self.relative(path) for path in (*given, *folders)}
        self.excludes = below_given(excludes, self.given)
        self.files: set[str] = set()
        self.untracked: set[str] = set()
        self.tracked: set[str] = set()
        self.ignored: set[str] = set()
        self.notices: list[str] = []
        self.problems: list[str] = []
        self.repository = False
        self.folders: dict[str, bool] = {"": True}

    def relative(self, path: str) -> str:
        below = os.path.relpath(path, self.root).replace(os.sep, "/")
        return "" if below == "." else below

    def take_over(self, listing: Listing) -> None:
        self.files |= set(listing.files)
        self.untracked |= listing.untracked
        self.ignored |= listing.ignored
        self.notices += listing.notices
        self.problems += listing.problems
        self.repository = listing.repository

    def listing(self, reading_roots: Iterable[str]) -> Listing:
        return Listing(
            self.root,
            tuple(self.relative(folder) or "." for folder in reading_roots),
            tuple(sorted(self.files)),
            self.repository,
            frozenset(self.untracked & self.files),
            frozenset(self.ignored & self.files),
            tuple(dict.fromkeys(self.notices)),
            tuple(dict.fromkeys(self.problems)),
        )

    def read_root(self, folder: str) -> None:
        self.accept(self.relative(folder))
        if git.toplevel(folder) is None or not self.list_repository(folder):
            self.add(self.walk(folder))
        else:
            self.add_ignored_migrations()

    def read_given(self, path: str) -> None:
        """A path inside a reading root, given by hand: it is there even where git ignores it."""
        relative = self.relative(path)
        if not os.path.isdir(path):
            if relative not in self.files and relative.endswith(".py"):
                self.read_ignored(os.path.dirname(path))
            return
        self.accept(relative)
        if not self.repository:
            self.add(self.walk(path))
        elif not any(file.startswith(relative + "/") for file in self.files):
            self.read_ignored(path)
        elif self.skipped_above(relative):
            # Tracked, though in a folder that is left out as a rule.
            self.list_repository(path)

    def read_ignored(self, folder: str) -> None:
        self.accept(self.relative(folder))
        before = set(self.files)
        self.add(self.walk(folder))
        if self.repository:
            self.ignored |= self.files - before
            self.untracked |= self.files - before

    def skipped_above(self, relative: str) -> bool:
        return any(part in SKIPPED for part in relative.split("/"))

    def accept(self, folder: str) -> None:
        """What lies above a folder that was asked for is no reason to leave it out."""
        while folder:
            self.folders[folder] = True
            folder = folder.rpartition("/")[0]

    def list_repository(self, folder: str) -> bool:
        listed = git.ls_files(folder)
        if isinstance(listed, git.Refused):
            where = self.relative(folder) or "."
            self.notices.append(f"{listed.why}: '{where}' is read without git, and what is untracked is not known.")
            return False
        self.repository = True
        self.notices += (f"git: {warning}." for warning in listed.warnings)
        prefix = self.relative(folder)
        prefix = prefix + "/" if prefix else ""
        self.leave_virtual_environments(prefix + path for path in (*listed.tracked, *listed.untracked))
        self.tracked.update(prefix + path for path in listed.tracked)
        # git lists what it tracks, be it there or not.
        witness.saw_listed(self.root, (prefix + path for path in listed.tracked if self.wants(prefix + path)))
        self.add(prefix + path for path in listed.tracked)
        untracked = {prefix + path for path in listed.untracked}
        self.add(untracked)
        self.untracked |= untracked
        bare = (path for path in untracked if "." not in path.rpartition("/")[2])
        links = (*(prefix + path for path in listed.links), *(path for path in bare if os.path.islink(self.at(path))))
        self.add(path for path in links if self.wants(path) and not os.path.isdir(self.at(path)))
        self.follow(links)
        for nested in listed.repositories:
            path = prefix + nested
            if self.enters(path) and os.path.isdir(self.at(path)):
                if os.path.lexists(os.path.join(self.at(path), ".git")):
                    if not self.list_repository(self.at(path)):
                        self.add(self.walk(self.at(path)))
                else:
                    self.add(self.walk(self.at(path)))
        return True

    def real(self, path: str) -> str:
        return os.path.relpath(os.path.realpath(self.at(path)), os.path.realpath(self.root)).replace(os.sep, "/")

    def at(self, path: str) -> str:
        return os.path.join(self.root, path)

    def leave_virtual_environments(self, paths: Iterable[str]) -> None:
        for path in paths:
            if path.endswith("pyvenv.cfg"):
                self.folders.setdefault(path.rpartition("/")[0], False)

    def add(self, paths: Iterable[str]) -> None:
        for path in paths:
            if self.wants(path) and self.enters(path.rpartition("/")[0]) and _is_file(self.at(path)):
                self.files.add(path)

    def wants(self, path: str) -> bool:
        return (path.endswith(".py") or path.rpartition("/")[2] in SETTINGS_FILES) and not self.excludes(path)

    def enters(self, folder: str) -> bool:
        """Whether the files of a folder are taken: neither it nor one above it is left out."""
        known = self.folders.get(folder)
        if known is None:
            above, _, name = folder.rpartition("/")
            known = self.folders[folder] = (
                self.enters(above)
                and name not in SKIPPED
                and not name.endswith(".egg-info")
                and not self.excludes(folder + "/")
            )
        return known

    def walk(self, folder: str) -> Iterator[str]:
        """Every file below `folder` that is not left out; each folder once, however many links lead to it."""
        waiting = [self.relative(folder)]
        links: list[str] = []
        seen: set[tuple[int, int]] = set()
        while waiting:
            here = waiting.pop()
            try:
                status = os.stat(self.at(here))
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
                witness.saw_folder(self.at(here))
                with os.scandir(self.at(here)) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                # A project has many a folder that is only a server's, say, and has no migrations in it.
                lost = self.was_asked_for(here) or os.path.basename(here) == "migrations"
                told = self.problems if lost else self.notices
                told.append(f"'{here or '.'}' could not be read: {error.strerror or error}.")
                continue
            if here and any(entry.name == "pyvenv.cfg" for entry in found) and not self.was_asked_for(here):
                self.folders[here] = False
                continue
            for entry in found:
                path = f"{here}/{entry.name}" if here else entry.name
                if _is_folder(entry):
                    if entry.is_symlink():
                        links.append(path)
                    elif self.enters(path):
                        waiting.append(path)
                else:
                    yield path
        self.follow(links)

    def was_asked_for(self, folder: str) -> bool:
        return self.folders.get(folder) is True and folder in self.given

    def follow(self, links: Iterable[str]) -> None:
        """Folders behind symbolic links: migrations folders and apps, as Django follows them; no link inside them.

        Other links are left alone: they lead to data, to the whole disk, or back to where they are.
        """
        for link in sorted(links):
            path = self.at(link)
            if not self.enters(link) or not os.path.isdir(path):
                continue
            target = os.path.realpath(path)
            if _is_below(os.path.realpath(os.path.dirname(path)), target):
                continue
            if not (link.rpartition("/")[2] == "migrations" or _looks_like_app(path)):
                continue
            for here, folders, files in os.walk(path):
                witness.saw_folder(here)
                relative = self.relative(here)
                folders[:] = sorted(name for name in folders if self.enters(f"{relative}/{name}"))
                paths = [f"{relative}/{name}" for name in sorted(files)]
                self.add(paths)
                if self.repository and _is_below(target, os.path.realpath(self.root)):
                    self.untracked |= {path for path in paths if self.real(path) not in self.tracked}

    def add_ignored_migrations(self) -> None:
        """Migrations folders that git ignores, in packages that it lists: Django loads them all the same."""
        listed = {path.rpartition("/")[0] for path in self.files if path.endswith(".py")}
        for folder in sorted(listed):
            inside = f"{folder}/migrations" if folder else "migrations"
            if inside not in listed and folder.rpartition("/")[2] != "migrations" and os.path.isdir(self.at(inside)):
                if self.enters(inside):
                    self.read_ignored(self.at(inside))
            elif inside in listed:
                # Some files were added by force, the rest of the folder is ignored.
                missing = {f"{inside}/{name}" for name in _names(self.at(inside)) if name.endswith(".py")} - self.files
                found = {path for path in missing if self.wants(path) and os.path.isfile(self.at(path))}
                self.files |= found
                self.ignored |= found
                self.untracked |= found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_file(path: str) -> bool:
    """Whether Python would take it for a module: a link that leads nowhere, and what nobody may look at, too."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except PermissionError:
        return True
    except OSError:
        # Editors lock files with links of odd names, which Python does not import.
        return os.path.basename(path).count(".") == 1 and os.path.islink(path)


def _looks_like_app(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for name in ("apps.py", "models.py", "models", "migrations"))


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _expression(pattern: str) -> str:
    """A regular expression over "/" + path, in which folders end with `/`."""
    pattern = pattern.strip().removeprefix("./")
    anchored = "/" in pattern.rstrip("/")
    text = ""
    rest = pattern.strip("/")
    while rest:
        if rest.startswith("**/"):
            text, rest = text + "(?:[^/]+/)*", rest[3:]
        elif rest.startswith("**"):
            text, rest = text + ".*", rest[2:]
        elif rest[0] == "*":
            text, rest = text + "[^/]*", rest[1:]
        elif rest[0] == "?":
            text, rest = text + "[^/]", rest[1:]
        elif rest[0] == "[" and (end := rest.find("]", 2)) > 0:
            inside = rest[1:end].replace("\\", "\\\\")
            text, rest = text + "[" + ("^" + inside[1:] if inside[0] == "!" else inside) + "]", rest[end + 1 :]
        else:
            text, rest = text + re.escape(rest[0]), rest[1:]
    return ("^/" if anchored else "/") + text + "(?:/|$)"


_Rules = list[tuple[int, str, Callable[[str], "bool | None"]]]


def _gitignored(root: str, path: str, specs: dict[str, _Rules]) -> git.Match | None:
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        # An ignored folder hides all that is in it: what is in there is not asked about.
        asked = "/".join(parts[:depth]) + ("/" if depth < len(parts) else "")
        for above in range(depth - 1, -1, -1):
            folder = "/".join(parts[:above])
            if folder not in specs:
                specs[folder] = _rules(os.path.join(root, folder, ".gitignore"))
            relative = asked[len(folder) + 1 :] if folder else asked
            decided = next(
                (rule for rule in reversed(specs[folder]) if rule[2](relative) is not None),
                None,
            )
            if decided is not None:
                line, pattern, decides = decided
                if decides(relative):
                    return git.Match(os.path.join(root, folder, ".gitignore"), line, pattern)
                break
    return None


def _rules(path: str) -> _Rules:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    from pathspec import GitIgnoreSpec  # imported where used: most runs ask git instead

    rules: _Rules = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            try:
                spec = GitIgnoreSpec.from_lines([line])
            except ValueError:
                continue
            rules.append((number, line, lambda asked, spec=spec: spec.check_file(asked).include))  # type: ignore[misc]
    return rules
