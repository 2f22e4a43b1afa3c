"""Prints what Django says of fields: {"label": [has a column, is NOT NULL, has an effective default, is filled]}.

Run as a script, since Django holds one set of settings per process; stdin is a JSON list of [label, source].
"""

import datetime
import json
import sys
import uuid
import warnings

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=[],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.apps.registry import Apps  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.db.models.functions import Now  # noqa: E402
from django.utils import timezone  # noqa: E402


def answers(source):
    apps = Apps()
    meta = type("Meta", (), {"app_label": "shop", "apps": apps})
    type("Author", (models.Model,), {"Meta": meta, "__module__": "shop.models"})
    names = {"models": models, "datetime": datetime, "timezone": timezone, "uuid": uuid, "Now": Now}
    attributes = {"Meta": meta, "__module__": "shop.models", "extra": eval(source, names)}
    field = type("Order", (models.Model,), attributes)._meta.get_field("extra")
    with connection.schema_editor(collect_sql=True) as editor:
        definition, _ = editor.column_sql(field.model, field, include_default=True)
        default = editor.effective_default(field) is not None if definition else None
    if definition is None:
        return [False, None, None, None]
    not_null = "NOT NULL" in definition
    # SQLite's DEFAULT of a decimal is a cast.
    written = definition.partition("DEFAULT")[2].strip(" (").removeprefix("CAST(")
    filled = written != "" and not written.startswith("NULL")
    return [True, not_null, default, filled]


warnings.simplefilter("ignore")
print(json.dumps({label: answers(source) for label, source in json.load(sys.stdin)}))
