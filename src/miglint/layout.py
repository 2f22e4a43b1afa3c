"""Which folders are apps, under which label, and of which Django project: what Django finds out by importing.

Pure, over facts: modules that would have to be read for an answer are collected in `Modules.wanted`, and the
answer without them is provisional.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import NamedTuple

from miglint.facts.layout import App, Layout, Settings
from miglint.facts.migration import Class, Function
from miglint.facts.source import TOP, Location
from miglint.facts.values import Argument, Call, Literal, Reference, Sequence, Unresolved, Value, text_of, truth_of
from miglint.facts.values import Mapping as MappingValue
from miglint.lookup import External, Found, Lookup, Modules
from miglint.records import dataclass

# Folders whose projects and settings exist to try the package out, not to run it.
# A project template is a project to be, of nobody yet: wagtail carries one.
_TRIAL = frozenset(
    {"test", "tests", "testing", "example", "examples", "sandbox", "demo", "docs", "project_template", "app_template"}
)

_KEPT = frozenset({"INSTALLED_APPS", "MIGRATION_MODULES", "AUTH_USER_MODEL", "DEFAULT_AUTO_FIELD", "DATABASES"})

_INI_FILES = ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini")

# Where Django looks for an AppConfig by itself, then where else they are kept.
_APP_CONFIG_FILES = ("apps.py", "apps/__init__.py", "__init__.py", "config.py", "app.py")

_APP_CONFIG = frozenset({"django.apps.AppConfig", "django.apps.config.AppConfig"})


@dataclass(frozen=True, slots=True)
class Configured:
    """What the settings of miglint in one folder say of its apps: label to migrations folder; `django` as chosen."""

    apps: Mapping[str, str] = field(default_factory=dict)
    django: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What the layout of a tree is read from.

    `with_migrations` are folders in which some module defines a `Migration` of Django's; `configured` folders with
    settings of miglint; `settings_names` the settings module that a file names, by file; `guesses` modules that
    set both INSTALLED_APPS and ROOT_URLCONF.
    """

    files: tuple[str, ...]
    modules: Modules
    with_migrations: frozenset[str]
    configured: Mapping[str, Configured]
    settings_names: Mapping[str, str]
    guesses: tuple[str, ...]
    # What the folder that holds all is called: the name of an app that is itself the whole tree.
    name: str = ""
    # Modules beside migrations that speak of an AppConfig, where there is no `apps` to look into.
    configs: frozenset[str] = frozenset()
    # The version of Django on the command line, which beats those of the settings.
    django: tuple[int, ...] | None = None
    # That which a project's own files name, by its root, where nobody said otherwise.
    named: Callable[[str], tuple[int, ...] | None] | None = None
    # Modules that are migrations of South.
    south: frozenset[str] = frozenset()


class Laid(NamedTuple):
    """The projects of a tree, by root. `bare` are folders where makemigrations would put an app's first migration,
    by project root; `complaints` are sentences about settings that lead nowhere."""

    layouts: tuple[Layout, ...]
    bare: Mapping[str, tuple[str, ...]]
    complaints: tuple[str, ...]


def lay_out(ground: Ground) -> Laid:
    return _Surveyor(ground).survey()


def migration_folders(files: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Folders that may hold migrations, and the modules in them that could be some: by name alone."""
    by_folder = _by_folder(files)
    found = {}
    for folder, names in by_folder.items():
        if _last(folder) == "migrations" or any(_NUMBERED.match(name) for name in names):
            modules = modules_in(folder, names, by_folder)
            if not _is_vendored(folder) and (modules or "__init__.py" in names):
                found[folder] = modules
    return found


def defines_migration(data: bytes) -> bool:
    """Whether a module's bytes look like a migration of Django's; South's and Alembic's do not."""
    return _MIGRATION.search(data) is not None and not (is_south(data) or _ALEMBIC.search(data))


def is_south(data: bytes) -> bool:
    """Whether a module's bytes are a migration of South, which came before Django's own."""
    return b"south" in data and _SOUTH.search(data) is not None


def settings_name(path: str, data: bytes) -> str | None:
    """The DJANGO_SETTINGS_MODULE that a manage.py, wsgi.py, asgi.py or an ini file names."""
    found = (_IN_PYTHON if path.endswith(".py") else _IN_INI).search(data)
    return found.group(1).decode("ascii", "replace") if found else None


def may_hold_config(folder: str, present: Iterable[str]) -> Iterator[str]:
    """Modules in which the AppConfig of the app with this migrations folder may be, if it has no `apps`."""
    paths = [_join(_above(folder) or ".", name) for name in _APP_CONFIG_FILES]
    if not any(path in present for path in paths[:2]):
        yield from (path for path in paths[2:] if path in present)


def may_name_settings(path: str) -> bool:
    return _last(path) in ("manage.py", "wsgi.py", "asgi.py", *_INI_FILES)


def may_be_settings(path: str) -> bool:
    """Whether a module's path is one that settings have; their contents are looked at next."""
    return path.endswith(".py") and any("settings" in part or part == "conf" for part in path.split("/")[-2:])


def are_settings(data: bytes) -> bool:
    return _SETS_APPS.search(data) is not None and _SETS_URLS.search(data) is not None


def next_name(files: Iterable[str]) -> str:
    """The file that makemigrations would write next."""
    numbers = [int(found.group()) for path in files if (found := _NUMBER.match(_last(path)))]
    return f"{max(numbers) + 1:04d}_auto.py" if numbers else "0001_initial.py"


_NUMBERED = re.compile(r"\d{4}_[^.]*\.py$")
_NUMBER = re.compile(r"\d+")
_MIGRATION = re.compile(rb"^class Migration\b|^from .* import .*\bMigration\b|^Migration *=", re.MULTILINE)
_SOUTH = re.compile(rb"^(?:from|import) south\b", re.MULTILINE)
_ALEMBIC = re.compile(rb"^(?:from|import) alembic\b", re.MULTILINE)
_IN_PYTHON = re.compile(rb"""DJANGO_SETTINGS_MODULE["']\s*\]?\s*[,=]\s*["']([\w.]+)["']""")
_IN_INI = re.compile(rb"""^\s*django_settings_module\s*=\s*["']?([\w.]+)""", re.MULTILINE | re.IGNORECASE)
_SETS_APPS = re.compile(rb"^\s*INSTALLED_APPS\b", re.MULTILINE)
_SETS_URLS = re.compile(rb"^\s*ROOT_URLCONF\b", re.MULTILINE)


class _Label(NamedTuple):
    label: str
    at: Location | None


class _Claim(NamedTuple):
    """An app before label fights are settled; `rank` sorts the winner first."""

    app: App
    rank: tuple[object, ...]


class _Installed(NamedTuple):
    """Packages that INSTALLED_APPS names, with the label where an entry names a class; `complete` if all are known."""

    packages: Mapping[str, _Label | None]
    complete: bool


class _Surveyor:
    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.lookup: Lookup = ground.modules.lookup
        self.modules = ground.modules
        self.by_folder = _by_folder(ground.files)
        self.complaints: list[str] = []
        self.managed = {_above(path) or "." for path in ground.files if _last(path) == "manage.py"}
        self.roots = sorted(self.managed | set(ground.configured))
        # A package's migrations folder as Django finds it without any setting.
        self.packages = self._packages()
        # Packages with models but without a migrations folder.
        self.bare = self._bare()

    def survey(self) -> Laid:
        owners = {package: self._owner(package) for package in (*self.packages, *self.bare)}
        settings = {root: self._settings(root) for root in (*self.roots, None)}
        shared = [package for package in self.packages if owners[package] is None]
        layouts = []
        bare: dict[str, tuple[str, ...]] = {}
        reported = False
        for root in self.roots:
            own = [package for package in self.packages if owners[package] == root]
            lent = {
                package
                for package in self.packages
                if (owner := owners[package]) is not None
                and owner not in self.managed
                and owner != root
                and root in self.managed
                and _is_below(root, owner)
            }
            trial = root in self.managed and any(part in _TRIAL for part in root.split("/"))
            known = bool(own or self._named_folders(root))
            if not (known or root in self.managed):
                # Settings of miglint that hold for the projects below, and no app of its own.
                continue
            reported = reported or not trial
            layout = self._layout(root, settings[root], own, {*shared, *lent}, owners, trial)
            if layout.apps or len(self.roots) == 1:
                layouts.append(layout)
            bare[root] = self._bare_of(layout, owners, {root} if trial else {root, None})
        if not layouts or (not reported and shared):
            layout = self._layout(".", settings[None], shared, set(), owners, False)
            layouts.append(layout)
            bare["."] = self._bare_of(layout, owners, {None})
        with_south = self._with_south(sorted(layouts, key=lambda one: one.root))
        return Laid(tuple(with_south), bare, tuple(dict.fromkeys(self.complaints)))

    def _with_south(self, layouts: list[Layout]) -> Iterator[Layout]:
        """South's files go to the project with the nearest root; to the first where they lie below none."""
        if not self.ground.south:
            yield from layouts
            return
        mine: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.ground.south):
            around = [one.root for one in layouts if _is_below(path, one.root)]
            mine[max(around, key=lambda root: (root != ".", len(root))) if around else layouts[0].root].append(path)
        for one in layouts:
            yield replace(one, south=tuple(mine[one.root]))

    # Folders.

    def _packages(self) -> dict[str, str]:
        found: dict[str, str] = {}
        others: dict[str, list[str]] = defaultdict(list)
        for folder in sorted(migration_folders(self.ground.files)):
            package, _, name = folder.rpartition("/")
            has_migrations = folder in self.ground.with_migrations
            if name == "migrations":
                beside = self.by_folder.get(package, frozenset())
                if has_migrations or (
                    "__init__.py" in self.by_folder[folder]
                    and (beside & {"apps.py", "models.py"} or f"{package}/models" in self.by_folder)
                ):
                    found[package] = folder
            elif has_migrations:
                others[package].append(folder)
        for package, folders in others.items():
            # Folders of other names count where there is no `migrations`: old or test ones lie beside it.
            if package not in found and _last(package) != "migrations":
                found[package] = max(folders, key=lambda folder: (len(self._files(folder)), folder))
        return dict(sorted(found.items()))

    def _bare(self) -> dict[str, str]:
        return {
            folder: f"{folder}/migrations"
            for folder, names in sorted(self.by_folder.items())
            if folder
            and "__init__.py" in names
            and ("models.py" in names or "__init__.py" in self.by_folder.get(f"{folder}/models", ()))
            and folder not in self.packages
            and not _is_vendored(folder)
        }

    def _bare_of(self, layout: Layout, owners: Mapping[str, str | None], mine: set[str | None]) -> tuple[str, ...]:
        installed = self._installed(layout.settings)
        taken = {app.label for app in layout.apps} | layout.unmigrated
        # Labels are asked for only where one may have its migrations elsewhere, or none: that means reading files.
        elsewhere = "MIGRATION_MODULES" in layout.settings.values or self._named_folders(layout.root)
        return tuple(
            folder
            for package, folder in self.bare.items()
            if owners[package] in mine
            and (package in installed.packages or not any(_is_trial_part(part) for part in package.split("/")))
            and not (installed.complete and package not in installed.packages)
            and not (elsewhere and self._label(package, installed, layout.root).label in taken)
        )

    def _files(self, folder: str) -> tuple[str, ...]:
        return modules_in(folder, self.by_folder.get(folder, frozenset()), self.by_folder)

    def _owner(self, package: str) -> str | None:
        folder = package
        while folder:
            if folder in self.managed or folder in self.ground.configured:
                return folder
            folder = _above(folder)
        return "." if "." in self.managed or "." in self.ground.configured else None

    # One project.

    def _layout(
        self,
        root: str,
        settings: Settings,
        own: list[str],
        lent: set[str],
        owners: Mapping[str, str | None],
        trial: bool,
    ) -> Layout:
        installed = self._installed(settings)
        moved, unmigrated = self._migration_modules(settings)
        named = self._named_folders(root)
        claims: list[_Claim] = []
        elsewhere = set(moved.values()) | set(named.values())
        packages: dict[str, str] = {}
        # Apps without a migrations folder matter only where a setting may give them one.
        others = installed.packages if elsewhere else ()
        for package in sorted({*own, *lent, *others}):
            label = self._label(package, installed, root)
            folder = self.packages.get(package) if package in own or package in lent else None
            packages.setdefault(label.label, package)
            if label.label in moved or label.label in named or folder is None:
                continue
            if label.label in unmigrated or folder in elsewhere:
                continue
            owner = owners.get(package)
            claims.append(
                self._claim(label, folder, package, installed, "." if owner is None else owner, package in own)
            )
        for label_name, folder in {**moved, **named}.items():
            at = Location(settings.path, TOP) if settings.path is not None and label_name not in named else None
            package = packages.get(label_name, _above(folder))
            owner = owners[package] if package in owners else self._owner(folder)
            claims.append(
                self._claim(_Label(label_name, at), folder, package, installed, owner or ".", True, forced=True)
            )
        claims.sort(key=lambda claim: (claim.app.label, claim.rank))
        apps: dict[str, App] = {}
        duplicates: list[App] = []
        for app, _ in claims:
            winner = apps.setdefault(app.label, app)
            if winner is not app and not (app.package in lent and winner.package not in lent):
                duplicates.append(app)
        linking_only = frozenset(
            app.label for app in apps.values() if app.package in lent and (trial or owners.get(app.package) is not None)
        )
        return Layout(
            root, tuple(apps.values()), tuple(duplicates), settings, frozenset(unmigrated - named.keys()), linking_only
        )

    def _claim(
        self,
        label: _Label,
        folder: str,
        package: str,
        installed: _Installed,
        owner: str,
        own: bool,
        *,
        forced: bool = False,
    ) -> _Claim:
        is_installed = True if package in installed.packages else False if installed.complete else None
        app = App(
            label=label.label,
            path=folder,
            package=package,
            files=self._files(folder),
            has_init="__init__.py" in self.by_folder.get(folder, ()),
            installed=is_installed if not forced or is_installed else None,
            owner=owner,
            labelled_at=label.at,
        )
        doubt = 1 if app.installed is None else 0 if app.installed else 2
        trial = any(_is_trial_part(part) for part in package.split("/"))
        return _Claim(app, (not forced, not own, doubt, trial, package.count("/"), package))

    def _named_folders(self, root: str) -> dict[str, str]:
        """The `apps` of the nearest settings of miglint: label to migrations folder."""
        found = {}
        folder: str | None = root
        while folder is not None and folder not in self.ground.configured:
            folder = None if folder == "." else _above(folder) or "."
        if folder is None:
            return {}
        for label, given in sorted(self.ground.configured[folder].apps.items()):
            path = given.strip("/").removeprefix("./")
            below = path if folder == "." else f"{folder}/{path}"
            if below in self.by_folder:
                found[label] = below
            elif (by_name := self.lookup.folder(given, f"{folder}/x")) is not None:
                found[label] = by_name
            else:
                self.complaints.append(f"The setting 'apps' names '{given}' for '{label}', which is not there.")
        # The other projects below these settings have their own.
        return {label: path for label, path in found.items() if self._owner(path) in (root, folder, None)}

    # Labels.

    def _label(self, package: str, installed: _Installed, root: str) -> _Label:
        """As AppConfig.create finds it: https://docs.djangoproject.com/en/stable/ref/applications/"""
        by_entry = installed.packages.get(package)
        if by_entry is not None:
            return by_entry
        configured = self.ground.configured.get(root)
        said = self.ground.django or (configured.django if configured is not None else None)
        django = said if said is not None or self.ground.named is None else self.ground.named(root)
        if django is not None and django < (4, 1):
            path = f"{package}/__init__.py"
            module = self.modules.module(path)
            default = text_of(module.names.get("default_app_config")) if module is not None else None
            if default is not None:
                chosen = self._config(default, path, package)
                if chosen is not None:
                    return chosen
        return self._detected(package) or _Label(_last(package) or self.ground.name, None)

    def _detected(self, package: str) -> _Label | None:
        """The AppConfig in `apps`; without that module, one that INSTALLED_APPS would have to name by its path."""
        here = [_join(package or ".", name) for name in _APP_CONFIG_FILES]
        apps = [path for path in here[:2] if path in self.lookup.files]
        for path in apps or [path for path in here[2:] if path in self.ground.configs]:
            label = self._detected_in(path, package, imported=bool(apps))
            if label is not None:
                return label
        return None

    def _detected_in(self, path: str, package: str, *, imported: bool) -> _Label | None:
        """`imported` classes count in `apps`, for Django looks at all that the module holds."""
        module = self.modules.module(path)
        if module is None:
            return None
        candidates = []
        for name, value in module.names.items():
            # Whatever else is imported (models, signals) need not be read for this.
            if not (isinstance(value, Reference) and (imported or value.path.startswith("#"))):
                continue
            if "Config" in name or "App" in name or name in module.classes:
                default = self._is_config(value.path, path)
                if default is not None:
                    candidates.append((value.path, default))
        usable = [name for name, default in candidates if default is not False]
        if len(usable) != 1:
            usable = [name for name, default in candidates if default is True]
        return self._config(usable[0], path, package) if len(usable) == 1 else None

    def _is_config(self, name: str, near: str) -> bool | str | None:
        """None for what is no AppConfig, else its `default`: True, False, or "unset"."""
        found = self.modules.find(name, near)
        if isinstance(found, External):
            # A library's: AppConfigs are named so.
            return "unset" if found.path not in _APP_CONFIG and found.path.endswith("Config") else None
        if found is None or not isinstance(found.what, Class):
            return None
        if self.modules.builtin(name, near, _app_config) is None:
            return None
        default = self.modules.attribute(name, near, "default")
        if default is None or isinstance(default.what, (Class, Function)):
            return "unset"
        truth = truth_of(default.what, True)
        return "unset" if truth is None else truth

    def _config(self, name: str, near: str, package: str | None) -> _Label | None:
        found = self.modules.find(name, near)
        if not isinstance(found, Found) or not isinstance(found.what, Class):
            return None
        at = Location(found.path, found.what.span)
        label = self._text(name, near, "label")
        if label is not None:
            return _Label(label, at)
        dotted = self._text(name, near, "name")
        if dotted:
            return _Label(dotted.rpartition(".")[2], at)
        return _Label(_last(package), None) if package is not None else None

    def _text(self, name: str, near: str, attribute: str) -> str | None:
        found = self.modules.attribute(name, near, attribute)
        if found is None or isinstance(found.what, (Class, Function)):
            return None
        return text_of(self.modules.evaluate(found.what, found.path))

    # Settings.

    def _settings(self, root: str | None) -> Settings:
        path = next(self._settings_paths(root), None)
        return Settings(None, {}) if path is None else Settings(path, self._values(path))

    def _settings_paths(self, root: str | None) -> Iterator[str]:
        """The modules that count for a project, best first; `root` None stands for what belongs to no project."""
        names = self.ground.settings_names
        here = "." if root is None else root
        manage = _join(here, "manage.py")
        sources = [manage] if root is not None else []
        sources += sorted(
            (
                path
                for path in names
                if _last(path) in ("wsgi.py", "asgi.py") and self._owner(_above(path)) == root and not _is_trial(path)
            ),
            key=_shallow,
        )
        folder = here
        while True:
            sources += (_join(folder, name) for name in _INI_FILES)
            if folder == ".":
                break
            folder = _above(folder) or "."
        for source in sources:
            if source in names:
                path = self.lookup.module(names[source], source)
                if path is not None:
                    yield path
        guesses = (path for path in self.ground.guesses if self._owner(_above(path)) == root and not _is_trial(path))
        yield from sorted(guesses, key=lambda path: (_last(path) not in ("settings.py", "base.py"), _shallow(path)))

    def _values(self, path: str) -> dict[str, Value]:
        values: dict[str, Value] = {}
        self._collect(path, values, set())
        return dict(sorted(values.items()))

    def _collect(self, path: str, values: dict[str, Value], seen: set[str]) -> None:
        module = self.modules.module(path)
        if module is None or path in seen:
            return
        seen.add(path)
        for star in module.stars:
            starred = self.lookup.module(star, path)
            if starred is not None:
                self._collect(starred, values, seen)
        for name, value in module.names.items():
            if name in _KEPT or name.endswith("_MODEL"):
                values[name] = _summed(self.modules.evaluate(value, path))

    def _installed(self, settings: Settings) -> _Installed:
        value = settings.values.get("INSTALLED_APPS")
        if not isinstance(value, Sequence) or settings.path is None:
            return _Installed({}, False)
        packages: dict[str, _Label | None] = {}
        complete = True
        for item in value.items:
            entry = text_of(item)
            if entry is None:
                complete = False
                continue
            folder = self.lookup.folder(entry, settings.path) if self.lookup.may_know(entry) else None
            if folder is not None:
                packages.setdefault(folder, None)
            elif self.lookup.may_know(entry):
                found = self.modules.find(entry, settings.path)
                if isinstance(found, Found) and isinstance(found.what, Class):
                    name = self._text(entry, settings.path, "name")
                    package = self.lookup.folder(name, found.path) if name else None
                    if package is None:
                        package = _above(found.path)
                    packages[package] = self._config(entry, settings.path, package)
        return _Installed(packages, complete)

    def _migration_modules(self, settings: Settings) -> tuple[dict[str, str], set[str]]:
        """Labels whose migrations lie elsewhere, by folder, and labels that have none."""
        moved: dict[str, str] = {}
        unmigrated: set[str] = set()
        value = settings.values.get("MIGRATION_MODULES")
        if isinstance(value, MappingValue) and settings.path is not None:
            for key, item in value.items:
                label, dotted = text_of(key), text_of(item)
                if label is None:
                    continue
                if dotted is not None:
                    folder = self.lookup.folder(dotted, settings.path)
                    if folder is not None:
                        moved[label] = folder
                    elif self.lookup.may_know(dotted):
                        self.complaints.append(
                            f"MIGRATION_MODULES ({settings.path}) names '{dotted}' for '{label}', which is not there."
                        )
                elif item == Literal(None) and not _is_trial(settings.path):
                    unmigrated.add(label)
        return moved, unmigrated


def _summed(value: Value) -> Value:
    """A sum of lists of which some are not known, as a list with unknown parts."""
    match value:
        case Call(Reference("operator.add"), (Argument(None, left), Argument(None, right)), span):
            parts: list[Value] = []
            sides = (_summed(left), _summed(right))
            if not any(isinstance(side, Sequence) for side in sides):
                return value
            for side in sides:
                parts += side.items if isinstance(side, Sequence) else (Unresolved("it is worked out", span),)
            return Sequence("list", tuple(parts), span)
        case _:
            return value


def _by_folder(files: Iterable[str]) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in files:
        folder, _, name = path.rpartition("/")
        found[folder].add(name)
    return {folder: frozenset(names) for folder, names in found.items()}


def modules_in(folder: str, names: Iterable[str], by_folder: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Modules that Django's loader takes for migrations, going by their names as `pkgutil.iter_modules` lists them."""
    return tuple(
        f"{folder}/{name}"
        for name in sorted(names)
        if name.endswith(".py")
        and name[0] not in "_~."
        and "." not in name[:-3]
        # Python prefers a package to a module of the same name.
        and "__init__.py" not in by_folder.get(f"{folder}/{name[:-3]}", ())
    )


def _is_vendored(folder: str) -> bool:
    """Whether a folder is part of a copy of Django itself."""
    return "/django/contrib/" in f"/{folder}/" or "/django/db/" in f"/{folder}/"


def _is_trial(path: str) -> bool:
    return any(_is_trial_part(part) for part in path.removesuffix(".py").split("/"))


def _is_trial_part(part: str) -> bool:
    return not _TRIAL.isdisjoint(part.lower().replace("-", "_").split("_"))


def _app_config(path: str) -> bool | None:
    """Whether a class outside the tree is an AppConfig: Django's, or one that is named so."""
    return True if path in _APP_CONFIG or path.endswith("Config") else None


def _is_below(path: str, folder: str) -> bool:
    return folder == "." or path == folder or path.startswith(folder + "/")


def _shallow(path: str) -> tuple[int, str]:
    return path.count("/"), path


def _join(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _last(path: str) -> str:
    return path.rpartition("/")[2]
