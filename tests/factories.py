"""Facts written by hand, for tests that start where reading ends."""

from collections.abc import Iterable

from miglint.facts.fields import CallSite, Field
from miglint.facts.layout import App, Layout, Settings
from miglint.facts.migration import Failure, Migration, MigrationKey, Module, Unreadable
from miglint.facts.operations import UnknownOperation
from miglint.facts.repository import IgnoredFolder, Repository
from miglint.facts.sizes import TableSizes
from miglint.facts.source import TOP, Span
from miglint.facts.target import DEFAULT_DJANGO, Target, oldest_postgresql
from miglint.facts.values import Reference, Unresolved
from miglint.project import Project, analyse


def line(number: int) -> Span:
    return Span(number, 1, number, 10)


def site(at: int = 1) -> CallSite:
    return CallSite(line(at), line(at), {})


def unknown(reason: str = "it is read from the environment", at: int = 1) -> Unresolved:
    return Unresolved(reason, line(at))


def field(kind: str | None = "TextField", opaque: bool = False, **options) -> Field:
    return Field(f"django.db.models.{kind}", kind, options, opaque, site())


def called(path: str, at: int = 1, several: bool = False, reason: str = "it is no operation") -> UnknownOperation:
    return UnknownOperation(site=site(at), function=Reference(path), arguments=(), several=several, reason=reason)


def app(label: str, folder: str | None = None, files: Iterable[str] = ("0001_initial.py",), **more) -> App:
    package = folder or label
    path = f"{package}/migrations"
    facts = {"has_init": True, "installed": None, "owner": "."} | more
    return App(label=label, path=path, package=package, files=tuple(f"{path}/{name}" for name in files), **facts)


def migration(name: str = "shop.0001_initial", operations=(), dependencies=(), atomic=True, **more) -> Migration:
    key = MigrationKey(*name.split("."))
    facts = {"run_before": (), "replaces": (), "initial": None} | more
    return Migration(
        key=key,
        path=f"{key.app_label}/migrations/{key.name}.py",
        span=TOP,
        dependencies=tuple(dependencies),
        operations=tuple(operations),
        attribute_spans={},
        atomic=atomic,
        module=Module(names={}, stars=(), functions={}, classes={}, migration=None, suppressions=()),
        **facts,
    )


def unreadable(name: str, reason: str, at: int) -> Unreadable:
    key = MigrationKey(*name.split("."))
    return Unreadable(key, f"{key.app_label}/migrations/{key.name}.py", Failure(reason, line(at)))


def ignored(folder: str, pattern: str, source: str = ".gitignore", **more) -> IgnoredFolder:
    facts = {"candidate": f"{folder}/0002_auto.py", "line": 1, "tracked": 0, "present": 1} | more
    return IgnoredFolder(folder=folder, source=source, pattern=pattern, **facts)


NO_SIZES = TableSizes()
DEFAULT_TARGET = Target(DEFAULT_DJANGO, "the default", oldest_postgresql(DEFAULT_DJANGO), "the default")


def project(
    *,
    apps=(),
    migrations=(),
    unreadable=(),
    ignored=(),
    duplicates=(),
    root=".",
    target=DEFAULT_TARGET,
    sizes=NO_SIZES,
    **layout,
) -> Project:
    labels = {one.label for one in apps}
    owners = [one.key for one in (*migrations, *unreadable)]
    implied = [app(label) for label in sorted({key.app_label for key in owners} - labels)]
    return analyse(
        layout=Layout(
            root=root, apps=(*apps, *implied), duplicates=tuple(duplicates), settings=Settings(None, {}), **layout
        ),
        migrations={one.key: one for one in migrations},
        unreadable=tuple(unreadable),
        modules={},
        repository=Repository(known=True, ignored=tuple(ignored)),
        changeset=None,
        target=target,
        sizes=sizes,
    )
