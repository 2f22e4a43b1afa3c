"""What Django's ProjectState holds after a package's migrations, without what the package needs: its own files alone.

    python state_truth_without_dependencies.py PACKAGE FOLDER > states/PACKAGE.json

FOLDER holds the package's Python files; run it with a Python that has Django 5.2 and psycopg. The migrations, and the
few modules of fields that are named below, are run for real. Every other module that they import is made up: its
classes take any arguments and become a field, an index or an operation by the place where they are used.

Of a field whose class is made up, the answer holds its type and the options that are written, nothing else. The answer
is kept as a file, so what is as it mostly is is left out: a model that is managed, an option that is False or None.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Package(NamedTuple):
    """`user` is AUTH_USER_MODEL; `real` are modules that run without the rest; `left_out` folders are no apps."""

    user: str
    real: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}


PACKAGES = {
    "weblate": Package("weblate_auth.User", ("weblate.utils.fields", "weblate.trans.fields")),
    "pretix": Package(
        "pretixbase.User",
        ("pretix.base.models.fields",),
        settings={
            "OAUTH2_PROVIDER_APPLICATION_MODEL": "pretixapi.OAuthApplication",
            "OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL": "pretixapi.OAuthAccessToken",
            "OAUTH2_PROVIDER_GRANT_MODEL": "pretixapi.OAuthGrant",
            "OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL": "pretixapi.OAuthRefreshToken",
            "OAUTH2_PROVIDER_ID_TOKEN_MODEL": "pretixapi.OAuthIDToken",
        },
    ),
    "mayan-edms": Package("auth.User"),
    "kolibri": Package(
        "kolibriauth.FacilityUser", ("kolibri.core.fields", "kolibri.core.tasks.operations"), ("kolibri/dist",)
    ),
    "nautobot": Package("users.User", ("nautobot.core.models.fields", "nautobot.ipam.fields", "nautobot.dcim.fields")),
}

CONTRIB = ("admin", "auth", "contenttypes", "flatpages", "redirects", "sessions", "sites")


class App(NamedTuple):
    label: str
    module: str
    folder: Path


def main(package: str, folder: str) -> None:
    root = Path(folder)
    known = PACKAGES[package]
    apps = list(apps_below(root, known))
    sys.path.insert(0, str(root))
    sys.meta_path.insert(0, Forger(root, {app.module for app in apps}, known.real))
    configure(apps, known)
    # Last of all, so that Django's own attempts to import what it can do without still fail.
    sys.meta_path.append(Fallback())
    state, skipped = state_of(apps)
    labels = {app.label for app in apps}
    models = {name: model for name, model in described(state).items() if name.split(".")[0] in labels}
    answer = {"made_up_operations": sorted(skipped), "models": models}
    write(answer)


def write(answer: dict[str, Any]) -> None:
    """One line for each model, so that a difference can be read."""
    models = (f"{json.dumps(name)}: {json.dumps(model)}" for name, model in answer.pop("models").items())
    print(json.dumps(answer)[:-1] + ', "models": {\n' + ",\n".join(models) + "\n}}")


def apps_below(root: Path, known: Package) -> Iterator[App]:
    """Every package that has a package `migrations` with a migration in it."""
    for migrations in sorted(root.rglob("migrations/__init__.py")):
        folder = migrations.parent.parent
        name = folder.relative_to(root).as_posix()
        if name.startswith(known.left_out) if known.left_out else False:
            continue
        if not any("class Migration(" in path.read_text(encoding="utf-8") for path in migrations.parent.glob("*.py")):
            continue
        yield App(label_of(folder), name.replace("/", "."), folder)


def label_of(folder: Path) -> str:
    """The label that an AppConfig of the folder sets, else the folder's name."""
    for file in ("apps.py", "__init__.py"):
        path = folder / file
        if not path.exists():
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ClassDef):
                set_here = {
                    target.id: statement.value.value
                    for statement in node.body
                    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
                    for target in statement.targets
                    if isinstance(target, ast.Name)
                }
                if "label" in set_here:
                    return set_here["label"]
    return folder.name


def configure(apps: list[App], known: Package) -> None:
    import django
    from django.apps import AppConfig
    from django.conf import settings

    class Config(AppConfig):
        """An app without models and without anything to make ready."""

        def import_models(self) -> None:
            self.models: dict[str, Any] = {}

        def ready(self) -> None:
            pass

    def config(label: str, module: str, folder: Path) -> AppConfig:
        made = type("Config", (Config,), {"label": label, "path": str(folder)})
        return made(module, importlib.import_module(module))

    class Open(dict[str, Any]):
        def __contains__(self, key: object) -> bool:
            return True

        def __getitem__(self, key: str) -> Any:
            return {"BACKEND": "django.core.files.storage.InMemoryStorage"}

        def copy(self) -> Open:
            return self

    own = {app.label for app in apps}
    origin = Path(django.__file__).parent / "contrib"
    settings.configure(
        SECRET_KEY="corpus",
        AUTH_USER_MODEL=known.user,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        STORAGES=Open(),
        INSTALLED_APPS=[
            *(config(name, f"django.contrib.{name}", origin / name) for name in CONTRIB if name not in own),
            *(config(app.label, app.module, app.folder) for app in apps),
        ],
        MIGRATION_MODULES={app.label: f"{app.module}.migrations" for app in apps},
        **known.settings,
    )
    # A setting that only the package's own settings have: as unknown as what is imported.
    from django.conf import LazySettings

    plain = LazySettings.__getattr__

    def lenient(self: LazySettings, name: str) -> Any:
        try:
            return plain(self, name)
        except AttributeError:
            if not name.isupper():
                raise
            return forged("settings", name)

    LazySettings.__getattr__ = lenient
    django.setup()


def state_of(apps: list[App]) -> tuple[Any, set[str]]:
    """The state after all migrations, and the operations whose class is made up."""
    from django.db.migrations import Migration
    from django.db.migrations.loader import MigrationLoader

    class Loader(MigrationLoader):
        """Apps that are not there have the migrations that somebody names, empty ones."""

        def load_disk(self) -> None:
            super().load_disk()
            for migration in list(self.disk_migrations.values()):
                for label, name in (*migration.dependencies, *migration.run_before):
                    if label not in self.migrated_apps and not name.startswith("__"):
                        self.disk_migrations.setdefault((label, name), Migration(name, label))
            there = {label for label, _ in self.disk_migrations}
            for migration in list(self.disk_migrations.values()):
                for label, _ in (*migration.dependencies, *migration.run_before):
                    if label not in there:
                        there.add(label)
                        self.disk_migrations[label, "0001_initial"] = Migration("0001_initial", label)
            self.migrated_apps |= there

    loader = Loader(None, ignore_no_migrations=True)
    labels = {app.label for app in apps}
    made_up = {
        f"{label}.{name}: {type(operation).__module__}.{type(operation).__name__}"
        for (label, name), migration in loader.graph.nodes.items()
        if label in labels
        for operation in migration.operations
        if isinstance(operation, Forgery)
    }
    return loader.project_state(), made_up


def described(state: Any) -> dict[str, Any]:
    return {f"{label}.{name}": shortened(label, name, model) for (label, name), model in sorted(state.models.items())}


def shortened(label: str, name: str, model: Any) -> dict[str, Any]:
    from django.db.backends.utils import truncate_name

    answer = {
        "db_table": model.options.get("db_table") or truncate_name(f"{label}_{name}", 63),
        "unmanaged": not model.options.get("managed", True),
        "proxy": bool(model.options.get("proxy")),
        "fields": {field_name: answers(field) for field_name, field in model.fields.items()},
        "indexes": [index.name for index in model.options.get("indexes", [])],
        "constraints": [constraint.name for constraint in model.options.get("constraints", [])],
    }
    return {key: value for key, value in answer.items() if value}


def answers(field: Any) -> str:
    """`CharField unique=1 max_length=20`; `?StatusField null=0` where nothing else than what is written is known."""
    values = {
        "null": bool(field.null),
        "unique": bool(field._unique),
        "db_index": bool(field.db_index),
        "primary_key": bool(field.primary_key),
        "max_length": field.max_length,
    }
    if isinstance(field, Forgery):
        written = field.deconstruct()[3]
        said = {name: value for name, value in values.items() if name in written and isinstance(value, int)}
    else:
        said = {name: value for name, value in values.items() if value}
    words = (f"{name}={int(value)}" for name, value in said.items())
    return " ".join(("?" * isinstance(field, Forgery) + type(field).__name__, *words))


class Forgery:
    """Marks what is made up."""


class Maker(type):
    """A class that has every attribute, and makes what it is called for."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_") or name == "resolve_expression":
            raise AttributeError(name)
        return forged(f"{cls.__module__}.{cls.__name__}", name)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if not issubclass(cls, Anything):
            return super().__call__(*args, **kwargs)
        from django.db import models
        from django.db.migrations.operations.base import Operation

        if "on_delete" in kwargs or cls.__name__.endswith("ForeignKey"):
            return as_field(cls, models.ForeignKey, args, kwargs)
        if "to" in kwargs:
            return as_field(cls, models.ManyToManyField, args, kwargs)
        if cls.__name__.endswith(("Field", "TaggableManager")):
            return as_field(cls, models.Field, args, kwargs)
        if cls.__name__.endswith(("Manager", "QuerySet")):
            return models.Manager()
        if "Index" in cls.__name__ and "name" in kwargs:
            return models.Index(*args, fields=kwargs.get("fields", ()), name=kwargs["name"])
        caller = sys._getframe(1).f_code
        if caller.co_filename.endswith("fields/files.py"):
            from django.core.files.storage import InMemoryStorage

            return InMemoryStorage()
        if caller.co_name == "Migration" and cls.__name__[0].isupper():
            made = type(cls.__name__, (Forgery, Operation), {"__module__": cls.__module__})()
            made.state_forwards = lambda app_label, state: None
            return made
        return cls

    def __iter__(cls) -> Iterator[Any]:
        return iter(())

    def __getitem__(cls, key: Any) -> Any:
        return cls

    def __setitem__(cls, key: Any, value: Any) -> None:
        pass

    def __or__(cls, other: Any) -> Any:
        return cls

    __ror__ = __add__ = __radd__ = __or__

    def __len__(cls) -> int:
        return 0

    def __bool__(cls) -> bool:
        return True


class Anything(metaclass=Maker):
    """What is made up, until it is called."""


def as_field(cls: type, base: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A field of a class of this name, with the options that Django's own take."""
    made = type(cls.__name__, (Forgery, base), {"__module__": cls.__module__})
    while True:
        try:
            return made(*args, **kwargs)
        except TypeError as error:
            strange = next((name for name in kwargs if f"'{name}'" in str(error)), None)
            if strange is None:
                raise
            kwargs = {name: value for name, value in kwargs.items() if name != strange}


def forged(module: str, name: str) -> type:
    return Maker(name, (Anything,), {"__module__": module})


class Forger(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers imports of the package's own modules, and makes up those that are not to be run."""

    def __init__(self, root: Path, apps: set[str], real: tuple[str, ...]) -> None:
        self.top = {path.stem for path in root.iterdir()}
        self.migrations = tuple(f"{app}.migrations" for app in apps)
        self.real = real
        self.root = root

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.partition(".")[0] not in self.top:
            return None
        if name.startswith(self.migrations) or name in self.real:
            return self.really(name)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def really(self, name: str) -> Any:
        path = self.root.joinpath(*name.split("."))
        if path.with_suffix(".py").exists():
            return importlib.util.spec_from_file_location(name, path.with_suffix(".py"))
        if (path / "__init__.py").exists():
            found = importlib.util.spec_from_file_location(name, path / "__init__.py")
            assert found is not None
            found.submodule_search_locations = [str(path)]
            return found
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: Any) -> Any:
        module = ForgedModule(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: Any) -> None:
        pass


class Fallback(Forger):
    """Makes up whatever nobody else has."""

    def __init__(self) -> None:
        super().__init__(Path(), set(), ())

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.startswith(("_", "django.", "psycopg")) or name.partition(".")[0] in sys.stdlib_module_names:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)


class ForgedModule(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = forged(self.__name__, name)
        setattr(self, name, made)
        return made


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
