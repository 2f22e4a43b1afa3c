"""MIG601: a migrations folder in which git would ignore the next migration."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from miglint.facts.layout import place_of
from miglint.facts.repository import IgnoredFolder
from miglint.facts.source import TOP, Location, Span
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import ProjectRule


@dataclass(frozen=True)
class GitignoredMigrations(ProjectRule):
    code = "MIG601"
    name = "gitignored-migrations"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        apps = {app.path: app for app in (*project.layout.duplicates, *project.layout.apps)}
        for ignored in sorted(project.repository.ignored):
            app = apps.get(ignored.folder)
            if app is None and not _is_below(ignored.folder, project.root):
                continue
            folder = place_of(app) if app is not None else Location(ignored.folder, TOP)
            place, related = folder, tuple[Related, ...]()
            if _is_in_tree(ignored.source):
                pattern = Span(ignored.line, 1, ignored.line, len(ignored.pattern) + 1)
                place = Location(ignored.source, pattern)
                related = (Related(folder, f"The next migration here is '{_file_name(ignored)}', and git ignores it."),)
            yield self.finding(
                place,
                _message(ignored),
                hint=_hint(ignored),
                app=app.label if app is not None else _label_by_default(ignored.folder),
                subject=ignored.folder,
                related=related,
            )


def _is_below(folder: str, root: str) -> bool:
    """A folder without migrations yet is nobody's app: it is the business of the project around it."""
    return root == "." or folder.startswith(f"{root}/")


def _is_in_tree(source: str) -> bool:
    """Whether the ignore file is one that people see and share: neither `.git/info/exclude` nor a global one."""
    return not source.startswith(("/", "~")) and source[1:2] != ":" and ".git" not in source.split("/")


def _message(ignored: IgnoredFolder) -> str:
    message = (
        f"git ignores new migrations in '{ignored.folder}' ({ignored.source}:{ignored.line}, pattern "
        f"'{ignored.pattern}'): `git add .` leaves out '{_file_name(ignored)}' without a word, so colleagues and the "
        "deploy never get it."
    )
    if ignored.tracked == 1:
        message += " One file here is tracked only because it was added by force or earlier."
    elif ignored.tracked:
        message += f" {ignored.tracked} files here are tracked only because they were added by force or earlier."
    return message + " Migrations are code: Django means them to be committed."


def _hint(ignored: IgnoredFolder) -> str:
    exceptions = _exceptions(ignored)
    if not exceptions:
        remedy = "Remove the pattern or narrow it."
    else:
        where = "below it" if _is_in_tree(ignored.source) else "to the repository's .gitignore"
        lines = " and ".join(f"`{line}`" for line in exceptions)
        remedy = f"Remove the pattern or narrow it, or add {lines} {where}."
    return f"{remedy} `git add -f` saves one file and leaves the trap for the next."


def _exceptions(ignored: IgnoredFolder) -> tuple[str, ...]:
    """Lines that take the folder out of the pattern, where that can be done.

    git never looks into an ignored folder, so nothing below it can be taken back: lines are offered only where
    the pattern's last part names this folder or a file in it, and no folder above. https://git-scm.com/docs/gitignore
    """
    base = ignored.source.rpartition("/")[0] if _is_in_tree(ignored.source) else ""
    if base and not f"{ignored.folder}/".startswith(f"{base}/"):
        return ()
    folders = [part for part in ignored.folder[len(base) :].split("/") if part]
    pattern = ignored.pattern.rstrip("/")
    while pattern.endswith(("/*", "/**")):
        pattern = pattern.rpartition("/")[0]
    last = pattern.rpartition("/")[2]
    if any(fnmatchcase(folder, last) for folder in folders[:-1]):
        return ()
    if not any(fnmatchcase(name, last) for name in (*folders[-1:], _file_name(ignored))):
        return ()
    inside = "/".join(("", *folders, ""))
    # The second line is for patterns that match the files; `*.py` leaves __pycache__ ignored.
    return (f"!{inside}", f"!{inside}*.py") if folders else ("!/*.py",)


def _file_name(ignored: IgnoredFolder) -> str:
    name = ignored.candidate.rpartition("/")[2]
    return name if name.endswith(".py") else f"{name}.py"


def _label_by_default(folder: str) -> str | None:
    """Django's label for an app without an AppConfig: the name of the folder around its migrations."""
    return folder.rpartition("/")[0].rpartition("/")[2] or None
