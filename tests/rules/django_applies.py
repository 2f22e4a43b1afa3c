"""Applies small projects with Django to an empty SQLite each: a JSON list of folders in, one of errors (or null) out.

A process of its own, since each folder has an app `shop`, and Django is set up once.
"""

from __future__ import annotations

import importlib
import json
import sys

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["shop"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)


def error_of(folder: str) -> str | None:
    from django.core.exceptions import FieldDoesNotExist, FieldError
    from django.core.management import call_command
    from django.db import DatabaseError, connection
    from django.db.migrations.exceptions import InvalidBasesError

    sys.path.insert(0, folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]
    importlib.invalidate_caches()
    connection.close()
    # Closing keeps a database in memory; another connection starts with an empty one.
    connection.connection = None
    try:
        call_command("migrate", verbosity=0)
    except (DatabaseError, FieldDoesNotExist, FieldError, InvalidBasesError, KeyError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        sys.path.remove(folder)
    return None


if __name__ == "__main__":
    folders = json.loads(sys.argv[1])
    sys.path.insert(0, folders[0])
    django.setup()
    sys.path.remove(folders[0])
    print(json.dumps([error_of(folder) for folder in folders]))
