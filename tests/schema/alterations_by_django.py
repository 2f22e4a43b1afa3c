"""Prints what Django says of pairs of fields: [[is to be altered, old column's type, new column's type], …].

Run as a script, since Django holds one set of settings per process; stdin is a JSON list of sources, the answer is
about each of them turned into each of them, in order.
"""

import json
import sys
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


def bound(source):
    apps = Apps()
    meta = type("Meta", (), {"app_label": "shop", "apps": apps})
    author = type("Author", (models.Model,), {"Meta": meta, "__module__": "shop.models"})
    proxy = type("Meta", (), {"app_label": "shop", "apps": apps, "proxy": True})
    type("Writer", (author,), {"Meta": proxy, "__module__": "shop.models"})
    type("Editor", (models.Model,), {"Meta": meta, "__module__": "shop.models"})
    field = eval(source, {"models": models, "timezone": timezone, "Now": Now})
    attributes = {"Meta": meta, "__module__": "shop.models", "extra": field}
    return type("Order", (models.Model,), attributes)._meta.get_field("extra")


warnings.simplefilter("ignore")
fields = [bound(source) for source in json.load(sys.stdin)]
with connection.schema_editor(collect_sql=True) as editor:
    answers = [
        [editor._field_should_be_altered(old, new), old.db_type(connection), new.db_type(connection)]
        for old in fields
        for new in fields
    ]
print(json.dumps(answers))
