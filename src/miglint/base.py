"""The base branch: what its migrations say, from git's objects alone. Nothing is checked out, fetched or run."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from miglint import git, layout
from miglint.facts.layout import Layout
from miglint.facts.migration import Failure, Migration, MigrationKey, Module
from miglint.facts.repository import Base, Commit, Functions
from miglint.lookup import Modules
from miglint.process import TARGET_BRANCHES
from miglint.resolve import resolve_migration

Parse: TypeAlias = Callable[[Mapping[str, bytes]], Iterable[tuple[str, Module | Failure]]]
# Paths from the repository's root, with the ids of what they hold.
Blobs: TypeAlias = Mapping[str, str]


class Wanted(NamedTuple):
    """A base that somebody asks for: `refs` are tried in order, `told_by` says who asks.

    `insists` where the run is not what was asked for without it: an option, a setting.
    """

    refs: tuple[str, ...]
    told_by: str
    insists: bool = True
    # Only what is staged is under test.
    staged: bool = False


def since(ref: str) -> Wanted:
    return Wanted((ref,), "--since")


def staged() -> Wanted:
    return Wanted(("HEAD",), "--staged", staged=True)


def configured(ref: str, path: str) -> Wanted:
    return Wanted((ref,), f"base-ref in {path}")


def from_ci(environment: Mapping[str, str]) -> Wanted | None:
    """The branch into which the change under test is to go, where a CI names it; None outside of a CI."""
    for name in TARGET_BRANCHES:
        branch = environment.get(name, "").strip().removeprefix("refs/heads/")
        # Travis names the branch that is built, too; Jenkins' and others' are set for changes only.
        if (
            branch
            and branch != "false"
            and (name != "TRAVIS_BRANCH" or environment.get("TRAVIS_PULL_REQUEST") != "false")
        ):
            return Wanted((f"refs/remotes/origin/{branch}", f"refs/heads/{branch}", branch), name, insists=False)
    return None


class History:
    """The commits of the repository that a folder lies in; each thing is asked of git once."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.top = git.toplevel(root)
        self._commits: dict[str, str | git.Refused] = {}
        self._forks: dict[str, str | git.Refused] = {}
        self._trees: dict[str, Blobs | git.Refused] = {}

    def find(self, wanted: Wanted) -> tuple[str, str] | git.Refused:
        """The ref that was found, and its commit's full id; empty where it is HEAD, and nothing is committed yet."""
        if self.top is None:
            return git.Refused("this is no git repository")
        refused = git.Refused("no ref was named")
        for ref in wanted.refs:
            if ref not in self._commits:
                self._commits[ref] = git.commit_of(self.top, ref)
            commit = self._commits[ref]
            if isinstance(commit, str):
                return ref, commit
            refused = commit
        if wanted.refs == ("HEAD",) and refused.why.startswith("there is no"):
            return "HEAD", ""
        why = f"there is no '{wanted.refs[-1]}' here" if refused.why.startswith("there is no") else refused.why
        if git.is_shallow(self.top):
            why += "; the clone is shallow: fetch the branch first (fetch-depth: 0, or git fetch origin BRANCH)"
        return git.Refused(why)

    def from_top(self, path: str) -> str:
        """A path from the folder, as git has it."""
        inside = os.path.relpath(self.root, self.top or self.root).replace(os.sep, "/")
        return path if inside == "." else f"{inside}/{path}"

    def staged(self) -> Blobs | git.Refused:
        """What the next commit will have below the folder."""
        found = git.index(self.top or self.root)
        return found if isinstance(found, git.Refused) else self._below(found)

    def joined(self) -> Blobs:
        """The files of the commit that is being merged into HEAD, by path from the folder; none outside of a merge."""
        commit = git.commit_of(self.top or self.root, "MERGE_HEAD")
        found = self.blobs(commit) if isinstance(commit, str) else {}
        return {} if isinstance(found, git.Refused) else found

    def fork(self, commit: str) -> str | git.Refused:
        """The commit that HEAD and another have in common."""
        if commit not in self._forks:
            self._forks[commit] = git.merge_base(self.top or self.root, commit, "HEAD")
        return self._forks[commit]

    def blobs(self, commit: str) -> Blobs | git.Refused:
        """The files of a commit below the folder, by path from there."""
        if not commit:
            return {}
        if commit not in self._trees:
            found = git.ls_tree(self.top or self.root, commit)
            self._trees[commit] = found if isinstance(found, git.Refused) else self._below(found)
        return self._trees[commit]

    def _below(self, blobs: Blobs) -> Blobs:
        inside = os.path.relpath(self.root, self.top or self.root).replace(os.sep, "/")
        if inside == ".":
            return blobs
        return {path.removeprefix(f"{inside}/"): blob for path, blob in blobs.items() if path.startswith(f"{inside}/")}


class Tip(NamedTuple):
    """What is here now: a project's `migrations`, and what is in its files."""

    layout: Layout
    migrations: Mapping[MigrationKey, Migration]
    contents: Callable[[str], bytes | None]
    modules: Modules


def read_base(history: History, wanted: Wanted, here: Tip, parse: Parse) -> tuple[Base | None, tuple[str, ...]]:
    """The base of one project, and complaints for people; None where there is none to be had."""
    found = history.find(wanted)
    if isinstance(found, git.Refused):
        return None, (f"{wanted.told_by}: {found.why}; every migration counts as new.",)
    ref, commit = found
    blobs = history.blobs(commit)
    if isinstance(blobs, git.Refused):
        return None, (f"{wanted.told_by}: {blobs.why}; every migration counts as new.",)
    reader = _Reader(history, here, parse)
    migrations, complaints = reader.migrations(blobs, commit)
    keys = reader.keys(blobs)
    base = Base(ref, wanted.told_by, commit[:10], migrations, released=frozenset(keys.values()))
    fork = history.fork(commit) if commit else ""
    if isinstance(fork, git.Refused):
        depth = ": the clone is shallow" if git.is_shallow(history.root) else ""
        unknown = f"{wanted.told_by}: what '{ref}' and HEAD have in common is not known{depth}"
        told = (*complaints, f"{unknown}; whether migrations of the base were edited cannot be told.")
        return replace(base, commits=_commits(history, None, commit, reader.lacking(keys))), told
    before = blobs if fork == commit else history.blobs(fork) if fork else {}
    if isinstance(before, git.Refused):
        told = (
            *complaints,
            f"{wanted.told_by}: {before.why}; whether migrations of the base were edited is not known.",
        )
        return base, told
    # A merge commit has two parents, and what either has is no news.
    joined = history.joined() if wanted.staged else {}
    changed = reader.changed(before, (blobs, joined) if joined else (blobs,))
    if wanted.staged:
        staged = history.staged()
        if isinstance(staged, git.Refused):
            complaints = (*complaints, f"{wanted.told_by}: {staged.why}; what is not staged is judged too.")
        else:
            changed = {path: blob for path, blob in changed.items() if staged.get(path) != blob}
    forked, more = reader.migrations(changed, fork)
    was = reader.keys(before)
    dropped = {
        key
        for path, key in was.items()
        if path not in blobs and key not in base.released and reader.is_here(path, before[path])
    }
    functions = {key: reader.functions_here(key) for key in reader.like(forked, base.released)} if forked else {}
    return (
        replace(
            base,
            fork=fork[:10],
            forked=forked,
            commits=_commits(history, fork or None, commit, reader.lacking(keys)) if commit else {},
            released=base.released.union(was.values(), reader.keys(joined).values()),
            dropped=frozenset(dropped),
            forked_functions={
                key: functions_of(reader.then[key])
                for key, one in forked.items()
                if key in reader.then and one.module.functions
            },
            functions=functions,
        ),
        tuple(dict.fromkeys((*complaints, *more))),
    )


def _commits(
    history: History, fork: str | None, commit: str, lacking: Mapping[str, MigrationKey]
) -> dict[MigrationKey, Commit]:
    """Who brought to the base what is not here."""
    top = history.top or history.root
    at = {history.from_top(path): key for path, key in lacking.items()}
    return {at[path]: one for path, one in git.added_by(top, fork, commit, at).items()}


def functions_of(data: bytes) -> Functions:
    """What a file's functions do, and the values that it gives names to; nothing where Python cannot tell.

    Each goes with all of the file's own that it uses. Docstrings, comments and layout are left out.
    """
    try:
        tree = ast.parse(data)
        written = dict(_written(tree.body, ""))
        dumps = {name: _dumped(node) for name, node in written.items()}
        used = {
            name: {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & written.keys()
            for name, node in written.items()
        }
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found = {}
    for name in written:
        reached, waiting = {name}, [name]
        while waiting:
            waiting += used[waiting.pop()] - reached
            reached.update(waiting)
        parts = (dumps[name], *(f"{other}={dumps[other]}" for other in sorted(reached - {name})))
        found[name] = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return found


def _written(body: Iterable[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.AST]]:
    for node in body:
        match node:
            case ast.ClassDef(name="Migration", body=inner) if not prefix:
                yield from _written((one for one in inner if not isinstance(one, ast.Assign)), "Migration.")
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield prefix + node.name, node
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield prefix + name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield prefix + name, value
            case _:
                pass


def _dumped(node: ast.AST) -> str:
    for one in ast.walk(node):
        match one:
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body) | ast.ClassDef(body=body):
                if ast.get_docstring(one, clean=False) is not None:
                    one.body = body[1:] or [ast.Pass()]
            case _:
                pass
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        node.name = ""
    return ast.dump(node)


class _Reader:
    def __init__(self, history: History, here: Tip, parse: Parse) -> None:
        self.history = history
        self.here = here
        self.parse = parse
        self.labels = {app.path: app.label for app in here.layout.apps}
        self.ids: dict[str, frozenset[str]] = {}
        self.then: dict[MigrationKey, bytes] = {}
        # What was read of a blob under a path: the base and the fork have most in common.
        self.known: dict[tuple[str, str], Migration | None] = {}

    def keys(self, blobs: Blobs) -> Mapping[str, MigrationKey]:
        """The migrations among files, by path; a folder that is here no longer goes by its app's folder."""
        found = {}
        for path in blobs:
            folder, _, name = path.rpartition("/")
            if not name.endswith(".py") or name.startswith(("_", "~")):
                continue
            label = self.labels.get(folder) or self._gone(folder)
            if label is not None:
                found[path] = MigrationKey(label, name.removesuffix(".py"))
        return found

    def migrations(self, blobs: Blobs, commit: str) -> tuple[dict[MigrationKey, Migration], tuple[str, ...]]:
        """What they say; those that are here as they are there need not be read again."""
        found: dict[MigrationKey, Migration] = {}
        changed: dict[str, str] = {}
        keys = self.keys(blobs)
        for path, key in keys.items():
            same = self.here.migrations.get(key)
            if self.is_here(path, blobs[path]):
                if same is not None and same.path == path:
                    found[key] = same
            elif (path, blobs[path]) in self.known:
                migration = self.known[path, blobs[path]]
                if migration is not None:
                    found[key] = migration
            else:
                changed[path] = blobs[path]
        contents = git.blobs(self.history.top or self.history.root, changed.values(), commit)
        if isinstance(contents, git.Refused):
            return found, (f"{contents.why}: what the base's migrations say is not all known.",)
        wanted = {path: contents[blob] for path, blob in changed.items() if blob in contents}
        for path, module in self.parse(wanted):
            migration = None
            if isinstance(module, Module) and not layout.is_south(wanted[path]):
                migration = resolve_migration(keys[path], path, module, self.here.modules)
            self.known[path, changed[path]] = migration
            if migration is not None:
                found[keys[path]] = migration
                self.then[keys[path]] = wanted[path]
        missing = sorted(changed.keys() - wanted.keys())
        told = f"{missing[0]} and {len(missing) - 1} more" if len(missing) > 1 else "".join(missing)
        complaint = (f"git has no contents for {told}: the clone is partial, and nothing is fetched.",)
        return dict(sorted(found.items())), complaint if missing else ()

    def changed(self, before: Blobs, others: tuple[Blobs, ...]) -> Blobs:
        """The migrations of the fork that are otherwise here, or gone, and not so on the base itself."""
        return {
            path: before[path]
            for path, key in self.keys(before).items()
            if not self.is_here(path, before[path])
            # Whoever took the base's own change in did not make it.
            and not any(self._is_as_in(blobs, path) for blobs in others)
            # What is there and no migration of ours is excluded, or cannot be read.
            and (key in self.here.migrations or self.here.contents(path) is None)
            # An app that is gone as a whole was taken out on purpose.
            and (key in self.here.migrations or self._has_package(path))
        }

    def lacking(self, keys: Mapping[str, MigrationKey]) -> Mapping[str, MigrationKey]:
        """Those that are not here, by path."""
        return {path: key for path, key in keys.items() if key not in self.here.migrations}

    def like(self, forked: Iterable[MigrationKey], released: Container[MigrationKey]) -> Iterator[MigrationKey]:
        """What is here of migrations, and those that may be the same under a new name."""
        labels = set()
        for key in forked:
            if key in self.here.migrations:
                yield key
            else:
                labels.add(key.app_label)
        yield from (key for key in self.here.migrations if key.app_label in labels and key not in released)

    def functions_here(self, key: MigrationKey) -> Functions:
        migration = self.here.migrations[key]
        return functions_of(self.here.contents(migration.path) or b"") if migration.module.functions else {}

    def _is_as_in(self, blobs: Blobs, path: str) -> bool:
        return self.is_here(path, blobs[path]) if path in blobs else self.here.contents(path) is None

    def _has_package(self, path: str) -> bool:
        folder = path.rpartition("/")[0]
        package = folder.rpartition("/")[0]
        inside = ("__init__.py", "apps.py", "models.py", "models/__init__.py")
        return folder in self.labels or any(self.here.contents(f"{package}/{name}") is not None for name in inside)

    def _gone(self, folder: str) -> str | None:
        parent, _, last = folder.rpartition("/")
        root = self.here.layout.root
        if last != "migrations" or not parent or not (root == "." or folder.startswith(f"{root}/")):
            return None
        return parent.rpartition("/")[2]

    def is_here(self, path: str, blob: str) -> bool:
        if path not in self.ids:
            data = self.here.contents(path)
            # A checkout may write other ends of lines than are committed.
            texts = () if data is None else dict.fromkeys((data, data.replace(b"\r\n", b"\n")))
            self.ids[path] = frozenset(git.blob_id(text, blob) for text in texts)
        return blob in self.ids[path]
