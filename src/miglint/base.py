"""The base branch: what its migrations say, from git's objects alone. Nothing is checked out, fetched or run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from miglint import git, layout
from miglint.facts.layout import Layout
from miglint.facts.migration import Failure, Migration, MigrationKey, Module
from miglint.facts.repository import Base
from miglint.resolve import Modules, resolve_migration

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


def since(ref: str) -> Wanted:
    return Wanted((ref,), "--since")


def staged() -> Wanted:
    return Wanted(("HEAD",), "--staged")


def configured(ref: str, path: str) -> Wanted:
    return Wanted((ref,), f"base-ref in {path}")


def from_ci(environment: Mapping[str, str]) -> Wanted | None:
    """The branch into which the change under test is to go, where a CI names it; None outside of a CI."""
    for name in _TARGET_BRANCHES:
        branch = environment.get(name, "").strip().removeprefix("refs/heads/")
        # Travis names the branch that is built, too; Jenkins' and others' are set for changes only.
        if (
            branch
            and branch != "false"
            and (name != "TRAVIS_BRANCH" or environment.get("TRAVIS_PULL_REQUEST") != "false")
        ):
            return Wanted((f"refs/remotes/origin/{branch}", f"refs/heads/{branch}", branch), name, insists=False)
    return None


# https://docs.github.com/actions/reference/workflows-and-actions/variables and its like elsewhere.
_TARGET_BRANCHES = (
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "CHANGE_TARGET",
    "DRONE_TARGET_BRANCH",
    "CI_COMMIT_TARGET_BRANCH",
    "TRAVIS_BRANCH",
)


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
            inside = os.path.relpath(self.root, self.top or self.root).replace(os.sep, "/")
            if not isinstance(found, git.Refused) and inside != ".":
                found = {
                    path.removeprefix(f"{inside}/"): blob
                    for path, blob in found.items()
                    if path.startswith(f"{inside}/")
                }
            self._trees[commit] = found
        return self._trees[commit]


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
    migrations, complaints = reader.migrations(blobs)
    fork = history.fork(commit) if commit else ""
    if isinstance(fork, git.Refused):
        depth = ": the clone is shallow" if git.is_shallow(history.root) else ""
        unknown = f"{wanted.told_by}: what '{ref}' and HEAD have in common is not known{depth}"
        told = (*complaints, f"{unknown}; whether migrations of the base were edited cannot be told.")
        return Base(ref, wanted.told_by, commit[:10], migrations), told
    before = blobs if fork == commit else history.blobs(fork) if fork else {}
    changed = {} if isinstance(before, git.Refused) else reader.changed(before, blobs)
    forked, more = reader.migrations(changed)
    lacking = {path: key for path, key in reader.keys(blobs).items() if key not in here.migrations}
    top = history.top or history.root
    inside = os.path.relpath(history.root, top).replace(os.sep, "/")
    at = {path if inside == "." else f"{inside}/{path}": key for path, key in lacking.items()}
    commits = {at[path]: one for path, one in git.added_by(top, fork or None, commit, at).items()} if commit else {}
    return (
        Base(ref, wanted.told_by, commit[:10], migrations, fork[:10], forked, commits),
        tuple(dict.fromkeys((*complaints, *more))),
    )


class _Reader:
    def __init__(self, history: History, here: Tip, parse: Parse) -> None:
        self.history = history
        self.here = here
        self.parse = parse
        self.labels = {app.path: app.label for app in here.layout.apps}
        self.ids: dict[str, frozenset[str]] = {}

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

    def migrations(self, blobs: Blobs) -> tuple[dict[MigrationKey, Migration], tuple[str, ...]]:
        """What they say; those that are here as they are there need not be read again."""
        found: dict[MigrationKey, Migration] = {}
        changed: dict[str, str] = {}
        keys = self.keys(blobs)
        for path, key in keys.items():
            same = self.here.migrations.get(key)
            if self._is_here(path, blobs[path]):
                if same is not None and same.path == path:
                    found[key] = same
            else:
                changed[path] = blobs[path]
        contents = git.blobs(self.history.top or self.history.root, changed.values())
        if isinstance(contents, git.Refused):
            return found, (f"{contents.why}: what the base's migrations say is not all known.",)
        wanted = {path: contents[blob] for path, blob in changed.items() if blob in contents}
        for path, module in self.parse(wanted):
            if isinstance(module, Module) and not layout.is_south(wanted[path]):
                migration = resolve_migration(keys[path], path, module, self.here.modules)
                if migration is not None:
                    found[keys[path]] = migration
        missing = sorted(changed.keys() - wanted.keys())
        told = f"{missing[0]} and {len(missing) - 1} more" if len(missing) > 1 else "".join(missing)
        complaint = (f"git has no contents for {told}: the clone is partial, and nothing is fetched.",)
        return dict(sorted(found.items())), complaint if missing else ()

    def changed(self, before: Blobs, blobs: Blobs) -> Blobs:
        """The migrations of the fork that are otherwise here, or gone, and not so on the base itself."""
        return {
            path: before[path]
            for path in self.keys(before)
            if not self._is_here(path, before[path])
            # Whoever took the base's own change in did not make it.
            and (path not in blobs or not self._is_here(path, blobs[path]))
            and (path in blobs or self.here.contents(path) is not None)
        }

    def _gone(self, folder: str) -> str | None:
        parent, _, last = folder.rpartition("/")
        root = self.here.layout.root
        if last != "migrations" or not parent or not (root == "." or folder.startswith(f"{root}/")):
            return None
        return parent.rpartition("/")[2]

    def _is_here(self, path: str, blob: str) -> bool:
        if path not in self.ids:
            data = self.here.contents(path)
            # A checkout may write other ends of lines than are committed.
            texts = () if data is None else dict.fromkeys((data, data.replace(b"\r\n", b"\n")))
            self.ids[path] = frozenset(git.blob_id(text, blob) for text in texts)
        return blob in self.ids[path]
