"""What a migration does to PostgreSQL, measured: `python -m tests.postgresql.measure PROJECT [APP.NAME] [--pg 16]`.

PROJECT is a folder with apps below it; the migration is the newest one unless it is named. All others are applied,
every table gets rows, then this one runs as `migrate` runs it. The answer is JSON.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import re
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from .compatibility import Outcomes, Rows, breakage, labels_of, outcomes, rows_of
from .rows import fill
from .servers import Server, Servers, installations
from .watch import LOCKS, Measured, Table, UnmeasurableError, Watch, tables_of

Truth = dict[str, Any]

UNCOUNTED = re.compile(
    r"\s*(SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT|SELECT\b.*?\bFROM\s+(pg_|unnest\())", re.DOTALL
)

# How many databases are kept for scenarios with the same history.
KEPT = 8


@dataclass(slots=True)
class Prepared:
    """A database with a history applied and rows in every table; what the release of then can do with it."""

    name: str
    tables: dict[int, Table] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)
    outcomes: dict[str, Outcomes] = field(default_factory=dict)


class Bench:
    """Measures on one server. A history is applied once; a migration is rolled back, or runs on a copy."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._admin = server.connect()
        self._prepared: OrderedDict[str, Prepared] = OrderedDict()
        self._numbers = itertools.count()
        _set_up_django()

    def close(self) -> None:
        self._admin.close()

    def measure(self, files: Mapping[str, str], migration: tuple[str, str] | None = None) -> Truth:
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                target = Path(folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            return self.measure_project(Path(folder), migration)

    def measure_project(self, folder: Path, migration: tuple[str, str] | None = None) -> Truth:
        from django.db.migrations.loader import MigrationLoader
        from django.db.migrations.state import ProjectState

        with _installed(folder), _speaking_to(self._server):
            loader = MigrationLoader(None)
            *earlier, target = _plan(loader, migration)
            state = ProjectState(real_apps=loader.unmigrated_apps)
            for one in earlier:
                state = one.mutate_state(state, preserve=False)
            return self._run(target, state, self._prepare(earlier, state))

    def _run(self, migration: Any, state: Any, prepared: Prepared) -> Truth:
        from django.db import DatabaseError, transaction

        old_apps = state.clone().apps
        try:
            if migration.atomic:
                with _using(prepared.name), transaction.atomic():
                    truth, after = self._migrate(migration, state, old_apps, prepared)
                    transaction.set_rollback(True)
            else:
                copy = self._create(template=prepared.name)
                try:
                    with _using(copy):
                        truth, after = self._migrate(migration, state, old_apps, prepared)
                finally:
                    self._drop(copy)
        except UnmeasurableError:
            # It may have been committed.
            self._forget(prepared)
            raise
        except Exception as error:
            if not isinstance(error, DatabaseError | LookupError | ValueError | TypeError | AttributeError):
                raise
            return {"status": "error", "error": f"{type(error).__name__}: {error}".strip().splitlines()[0]}
        with _using(prepared.name):
            prepared.outcomes |= outcomes(old_apps, prepared.rows, set(after) - set(prepared.outcomes))
        return {**truth, "breaks": breakage(prepared.outcomes, after)}

    def _migrate(
        self, migration: Any, state: Any, old_apps: Any, prepared: Prepared
    ) -> tuple[Truth, dict[str, Outcomes]]:
        from django.db import connection

        connection.ensure_connection()
        database = connection.settings_dict["NAME"]
        watch = Watch(connection.connection, lambda: self._server.connect(database), prepared.tables)
        statements: list[tuple[str, Measured]] = []
        # As the executor does: each operation then renders anew what it changes alone.
        assert state.apps

        def wrapper(execute: Any, query: str, params: Any, many: bool, context: Any) -> Any:
            # Django's own questions to the catalog, and the savepoints of atomic().
            if UNCOUNTED.match(query):
                return execute(query, params, many, context)
            text = _text(connection, query, params)
            result, measured = watch.statement(
                lambda: execute(query, params, many, context), in_transaction=connection.in_atomic_block
            )
            statements.append((text, measured))
            return result

        with connection.execute_wrapper(wrapper), connection.schema_editor(atomic=migration.atomic) as editor:
            migration.apply(state, editor)
        with connection.cursor() as cursor:
            # As at the commit; and what the migration left in the session is not the old release's concern.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; RESET ALL; RESET ROLE")
        truth = {
            **_truth(statements),
            "empty": sorted(table.name for table in prepared.tables.values() if not table.rows),
        }
        touched = {name for name, lock in truth["strongest_locks"].items() if lock in LOCKS[3:]}
        if statements and not touched:
            touched = {table.name for table in prepared.tables.values()}
        return truth, outcomes(old_apps, prepared.rows, labels_of(old_apps, prepared.rows, touched))

    def _prepare(self, migrations: list[Any], state: Any) -> Prepared:
        from django.db import connection
        from django.db.migrations.state import ProjectState

        sources = "\0".join(Path(sys.modules[one.__module__].__file__ or "").read_text() for one in migrations)
        if sources in self._prepared:
            self._prepared.move_to_end(sources)
            return self._prepared[sources]
        prepared = Prepared(self._create(template="template0"))
        with _using(prepared.name):
            applied = ProjectState()
            for migration in migrations:
                with connection.schema_editor(atomic=migration.atomic) as editor:
                    applied = migration.apply(applied, editor)
        with self._server.connect(prepared.name) as rows:
            fill(rows)
            prepared.tables = tables_of(rows)
        with _using(prepared.name):
            prepared.rows = rows_of(state.clone().apps)
        self._prepared[sources] = prepared
        if len(self._prepared) > KEPT:
            _, oldest = self._prepared.popitem(last=False)
            self._drop(oldest.name)
        return prepared

    def _create(self, template: str) -> str:
        name = f"measured_{next(self._numbers)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return name

    def _forget(self, prepared: Prepared) -> None:
        self._prepared = OrderedDict(item for item in self._prepared.items() if item[1] is not prepared)
        self._drop(prepared.name)

    def _drop(self, name: str) -> None:
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


class Benches:
    """One for each major, started when it is first asked for."""

    def __init__(self) -> None:
        self._servers = Servers()
        self._benches: dict[int, Apart] = {}

    def __enter__(self) -> Benches:
        return self

    def __exit__(self, *error: object) -> None:
        for bench in self._benches.values():
            bench.close()
        self._servers.__exit__(None, None, None)

    def __getitem__(self, major: int) -> Apart:
        if major not in self._benches:
            self._benches[major] = Apart(self._servers[major])
        return self._benches[major]

    def has_contrib(self, major: int) -> bool:
        return self._servers[major].contrib


class Apart:
    """A bench in a process of its own: Django has one set of settings in each, and other tests have theirs."""

    def __init__(self, server: Server) -> None:
        self._process = ProcessPoolExecutor(1, get_context("spawn"), _open_bench, (server,))

    def close(self) -> None:
        self._process.shutdown()

    def measure(self, files: Mapping[str, str], migration: tuple[str, str] | None = None) -> Truth:
        return self._process.submit(_measured, dict(files), migration).result()


_bench: list[Bench] = []


def _open_bench(server: Server) -> None:
    _bench.append(Bench(server))


def _measured(files: dict[str, str], migration: tuple[str, str] | None) -> Truth:
    return _bench[0].measure(files, migration)


def _truth(statements: list[tuple[str, Measured]]) -> Truth:
    strongest: dict[str, str] = {}
    for _, measured in statements:
        for table, lock in measured.locks.items():
            if table not in strongest or LOCKS.index(lock) > LOCKS.index(strongest[table]):
                strongest[table] = lock
    written: dict[str, int] = {}
    for _, measured in statements:
        for table, rows in measured.writes_rows.items():
            written[table] = written.get(table, 0) + rows
    return {
        "status": "ok",
        "statements": [
            {
                "sql": text,
                "locks": measured.locks,
                "scans": sorted(measured.scans),
                "rewrites": sorted(measured.rewrites),
                "kind": measured.kind,
            }
            for text, measured in statements
        ],
        "strongest_locks": dict(sorted(strongest.items())),
        "scans": sorted({table for _, measured in statements for table in measured.scans}),
        "rewrites": sorted({table for _, measured in statements for table in measured.rewrites}),
        "builds_index_on": sorted({table for _, measured in statements for table in measured.builds_index_on}),
        "writes_rows": dict(sorted(written.items())),
        "dangerous": any(measured.is_dangerous for _, measured in statements),
    }


def _set_up_django() -> None:
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=[],
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        TIME_ZONE="UTC",
    )
    django.setup()


@contextmanager
def _speaking_to(server: Server) -> Iterator[None]:
    from django.db import connections

    # A connection of its own: Django asks once what its server can do.
    connections["default"].close()
    del connections["default"]
    connections["default"].settings_dict["HOST"] = server.host
    try:
        yield
    finally:
        connections["default"].close()


@contextmanager
def _installed(folder: Path) -> Iterator[None]:
    """The apps below the folder, and Django's own that their migrations depend on, as INSTALLED_APPS."""
    from django.apps import apps

    migrations = sorted(folder.rglob("migrations/*.py"))
    labels = sorted({".".join(path.parent.parent.relative_to(folder).parts) for path in migrations})
    text = "".join(path.read_text() for path in migrations)
    contrib = ["contenttypes", "auth"] if "AUTH_USER_MODEL" in text or "'auth'" in text else []
    roots = {label.partition(".")[0] for label in labels}
    for name in [name for name in sys.modules if name.partition(".")[0] in roots]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        apps.set_installed_apps([*(f"django.contrib.{one}" for one in contrib), *labels])
        try:
            yield
        finally:
            apps.unset_installed_apps()
            for root in roots:
                apps.all_models.pop(root, None)
    finally:
        sys.path.remove(str(folder))


def _plan(loader: Any, migration: tuple[str, str] | None) -> list[Any]:
    graph = loader.graph
    own = [key for key in graph.leaf_nodes() if not graph.nodes[key].__module__.startswith("django.")]
    if migration is None:
        # The leaf of the app that comes last: the one that the others do not need.
        migration = max(own, key=lambda key: (len(graph.forwards_plan(key)), key))
    needed = graph.forwards_plan(migration)
    others = [
        key
        for leaf in own
        if leaf[0] != migration[0]
        for key in graph.forwards_plan(leaf)
        if migration not in graph.forwards_plan(key)
    ]
    return [graph.nodes[key] for key in dict.fromkeys([*needed[:-1], *others, needed[-1]])]


@contextmanager
def _using(database: str) -> Iterator[None]:
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()


def _text(connection: Any, query: str, params: Any) -> str:
    text = connection.ops.compose_sql(query, params) if params else query
    return text.decode() if isinstance(text, bytes) else str(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("migration", nargs="?", help="APP.NAME")
    parser.add_argument("--pg", type=int, choices=list(installations()), default=max(installations()))
    arguments = parser.parse_args()
    migration = tuple(arguments.migration.split(".", 1)) if arguments.migration else None
    with Servers() as servers:
        truth = Bench(servers[arguments.pg]).measure_project(arguments.project.resolve(), migration)
    print(json.dumps(truth, indent=1))


if __name__ == "__main__":
    main()
