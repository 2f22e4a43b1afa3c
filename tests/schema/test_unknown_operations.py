"""What an opaque operation leaves in doubt: the models that it may touch, and no more."""

from schema_of import models_after

MIXED = """
from django.db import connection, migrations, models
from pgtrigger.migrations import AddTrigger
from somewhere.operations import Rework


class Untouched(migrations.operations.base.Operation):
    def state_forwards(self, app_label, state):
        pass


class Loader(migrations.RunPython):
    def __init__(self, name):
        self.name = name
        super().__init__(self.load)


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Book", [("id", models.AutoField(primary_key=True))]),
        migrations.CreateModel("Shop", [("id", models.AutoField(primary_key=True))]),
"""


def doubts(operations: str, header: str = MIXED) -> dict[str, str | None]:
    return {str(model): model.unknown for model in models_after(header + operations)}


def test_nothing_is_in_doubt_after_an_operation_that_leaves_the_state_alone():
    for operation in ("AddTrigger(model_name='book', trigger=x)", "Untouched()", "Loader('Book')"):
        assert doubts(f"        {operation},\n    ]\n") == {"app.Book": None, "app.Shop": None}


def test_a_model_that_an_operation_names_is_in_doubt_alone():
    reason = "'somewhere.operations.Rework' is not known from this file alone"
    for operation in ("Rework('Book')", "Rework(model_name='book')", "Rework(to='app.BOOK', why='it is old')"):
        assert doubts(f"        {operation},\n    ]\n") == {"app.Book": reason, "app.Shop": None}


def test_all_models_of_the_app_are_in_doubt_where_none_is_named():
    reason = "'somewhere.operations.Rework' is not known from this file alone"
    assert doubts("        Rework('Bookshop'),\n    ]\n") == {"app.Book": reason, "app.Shop": reason}


def test_models_that_any_way_of_a_condition_touches_are_in_doubt():
    operations = """    ]
    if connection.vendor == "postgresql":
        operations.append(migrations.AddField("Book", "title", models.TextField()))
    else:
        operations.append(migrations.RunSQL("SELECT 1"))
"""
    assert doubts(operations) == {"app.Book": "some items are added under a condition", "app.Shop": None}


def test_a_condition_between_lists_is_weighed_like_one_between_operations():
    text = """
from django.db import connection, migrations, models

SHARED = [migrations.CreateModel("Book", []), migrations.CreateModel("Shop", [])]
if connection.vendor == "postgresql":
    more = [migrations.RemoveField("Shop", "name")]
else:
    more = [migrations.RunPython(migrations.RunPython.noop)]


class Migration(migrations.Migration):
    operations = SHARED + more
"""
    reason = "it is bound differently under a condition"
    assert doubts("", text) == {"app.Book": None, "app.Shop": reason}


def test_a_model_made_anew_is_known_again():
    operations = """        Rework("Book"),
        migrations.DeleteModel("Book"),
        migrations.CreateModel("Book", []),
    ]
"""
    assert doubts(operations) == {"app.Book": None, "app.Shop": None}


def test_models_made_after_an_opaque_operation_are_known():
    assert doubts('        Rework(),\n        migrations.CreateModel("Press", []),\n    ]\n')["app.Press"] is None
