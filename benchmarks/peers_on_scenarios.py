"""Run with the peers' Python: `python peers_on_scenarios.py TOOL FOLDER HOST`.

FOLDER holds a Django project for each scenario, with an app `shop`. Each is loaded in a process of its own, forked
from this one. Printed is what TOOL says of its newest migration, as JSON: codes by scenario, or why it failed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    tool, folder, host = sys.argv[1:]
    import django.core.management
    import django.db.migrations.loader  # noqa: F401

    says = {"django-safe-migrations": _safe_migrations, "django-migration-linter": _migration_linter}[tool]
    found = {}
    for project in sorted(Path(folder).iterdir()):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            try:
                answer: Any = _asked(says, project, host)
            except BaseException as error:  # noqa: BLE001
                answer = f"{type(error).__name__}: {error}"
            with os.fdopen(writer, "w") as stream:
                json.dump(answer, stream)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as stream:
            found[project.name] = json.loads(stream.read())
        os.waitpid(child, 0)
    print(json.dumps(found))


def _asked(says: Any, project: Path, host: str) -> list[str]:
    sys.path.insert(0, str(project))
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    import django
    from django.conf import settings

    database = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "HOST": host}
    settings.configure(
        SECRET_KEY="x",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.postgres", "shop"],
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    return sorted(set(says()))


def _safe_migrations() -> list[str]:
    from django.db.migrations.loader import MigrationLoader
    from django_safe_migrations.analyzer import MigrationAnalyzer

    loader = MigrationLoader(None)
    analyzer = MigrationAnalyzer(db_vendor="postgresql")
    found = analyzer.analyze_app("shop", loader)
    return [issue.rule_id for issue in found if issue.migration_name == "9999_tested"]


def _migration_linter() -> list[str]:
    from django_migration_linter import MigrationLinter
    from django_migration_linter.sql_analyser import analyse_sql_statements

    linter = MigrationLinter(no_cache=True, no_output=True)
    migration = linter.migration_loader.disk_migrations["shop", "9999_tested"]
    errors, _, warnings = analyse_sql_statements(linter.sql_analyser_class, linter.get_sql("shop", "9999_tested"), [])
    more, _, others = linter.analyse_data_migration(migration)
    return [issue.code for issue in (*errors, *warnings, *more, *others)]


if __name__ == "__main__":
    main()
