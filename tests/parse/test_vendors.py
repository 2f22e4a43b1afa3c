"""What a data migration asks of the database it finds itself on."""

from __future__ import annotations

import textwrap

import pytest

from miglint.facts.migration import Function, Module
from miglint.parse import parse

OTHERS = ("mysql", "oracle", "sqlite")

EITHER = """
if {}:
    schema_editor.execute("SELECT 1")
else:
    schema_editor.execute("SELECT 2")
"""


def function(body: str) -> Function:
    source = "from django.db import DEFAULT_DB_ALIAS, connection, connections, migrations\n\n"
    source += "def fill(apps, schema_editor):\n    pass\n\n"
    source += "def forwards(apps, schema_editor):\n"
    source += textwrap.indent(textwrap.dedent(body), "    ")
    source += "\n\nclass Migration(migrations.Migration):\n    operations = [migrations.RunPython(forwards)]\n"
    facts = parse(source.encode())
    assert isinstance(facts, Module)
    return facts.functions["forwards"]


def reached(body: str) -> list[tuple[str, ...] | None]:
    return [query.vendors for query in function(body).queries]


@pytest.mark.parametrize(
    "test",
    [
        "connection.alias == 'default'",
        "row.vendor == 'postgresql'",
        "product.vendor != 'mysql'",
        "connection.vendor == other",
        "connection.vendor in others",
        "connection.vendor > 'a'",
        "connection.vendor in 'postgresql, mysql'",
        "connections['legacy'].vendor == 'postgresql'",
        "connections[alias].vendor == 'postgresql'",
        "my_connection.vendor == 'postgresql'",
        "apps.connection.vendor == 'postgresql'",
    ],
)
def test_what_is_not_asked_of_the_database_decides_nothing(test):
    assert reached(EITHER.format(test)) == [None, None]


@pytest.mark.parametrize(
    "test",
    [
        "connection.vendor == 'postgresql'",
        "schema_editor.connection.vendor == 'postgresql'",
        "'postgresql' == schema_editor.connection.vendor",
        "connections['default'].vendor == 'postgresql'",
        "connections[DEFAULT_DB_ALIAS].vendor == 'postgresql'",
        "connections[schema_editor.connection.alias].vendor in ('postgresql',)",
        "schema_editor.connection.vendor.startswith('postgres')",
        "not connection.vendor != 'postgresql'",
        "not (connection.vendor == 'mysql' or connection.vendor in ['sqlite', 'oracle'])",
        "connection.vendor == 'postgresql' and connection.vendor != 'mysql'",
    ],
)
def test_a_branch_is_for_the_databases_that_its_condition_names(test):
    assert reached(EITHER.format(test)) == [("postgresql",), OTHERS]


@pytest.mark.parametrize("leave", ["return", "return None", "raise NotImplementedError"])
def test_who_leaves_early_leaves_the_rest_to_others(leave):
    body = f"if connection.vendor != 'postgresql':\n    {leave}\nschema_editor.execute('SELECT 1')"
    assert reached(body) == [("postgresql",)]


def test_every_branch_of_a_longer_condition_has_its_own():
    body = """
    if connection.vendor == "postgresql":
        schema_editor.execute("SELECT 1")
    elif connection.vendor == "mysql":
        schema_editor.execute("SELECT 2")
        return
    else:
        schema_editor.execute("SELECT 3")
    schema_editor.execute("SELECT 4")
    """
    assert reached(body) == [("postgresql",), ("mysql",), ("oracle", "sqlite"), ("oracle", "postgresql", "sqlite")]


def test_a_vendor_or_an_answer_with_a_name_is_followed():
    assert reached("vendor = connection.vendor\nif vendor != 'mysql':\n    return\nschema_editor.execute('x')") == [
        ("mysql",)
    ]
    body = "is_it = connection.vendor == 'mysql'\nif not is_it:\n    schema_editor.execute('x')"
    assert reached(body) == [("oracle", "postgresql", "sqlite")]
    body = "vendor = connection.vendor\nvendor = apps\nif vendor == 'mysql':\n    schema_editor.execute('x')"
    assert reached(body) == [None]


@pytest.mark.parametrize(
    "body",
    [
        "connection = apps.get_model('a', 'Connection').objects.first()",
        "if apps:\n    is_it = connection.vendor == 'mysql'",
        "is_it = connection.vendor == 'mysql'\nif apps:\n    is_it = True",
        "is_it = connection.vendor == 'mysql'\nis_it |= apps.ready",
        "is_it = connection.vendor == 'mysql'\nfor is_it in apps:\n    pass",
        "is_it = connection.vendor == 'mysql'\nwith apps as is_it:\n    pass",
        "is_it = connection.vendor == 'mysql'\nis_it, other = apps",
        "is_it = connection.vendor == 'mysql'\nprint(is_it := apps)",
        "is_it = connection.vendor == 'mysql'\nprint((is_it := apps))",
        "is_it = connection.vendor == 'mysql'\ndef inner():\n    is_it = False",
        "is_it = connection.vendor == 'mysql'\ntry:\n    pass\nexcept E as is_it:\n    pass",
        "is_it = apps",
    ],
)
def test_a_name_that_may_mean_something_else_decides_nothing(body):
    test = "connection.vendor == 'mysql'" if body.startswith("connection") else "is_it"
    found = reached(f"{body}\nif {test}:\n    schema_editor.execute('x')")
    assert found[-1] is None


def test_a_connection_with_a_name_is_followed():
    body = "conn = schema_editor.connection\nif conn.vendor == 'mysql':\n    schema_editor.execute('x')"
    assert reached(body) == [("mysql",)]


def test_an_exception_that_is_suppressed_ends_its_block_alone():
    body = """
    with contextlib.suppress(ValueError):
        if connection.vendor == "postgresql":
            raise ValueError
        schema_editor.execute("SELECT 1")
    schema_editor.execute("SELECT 2")
    """
    assert reached(body) == [OTHERS, None]


def test_a_turn_of_a_loop_that_is_skipped_is_no_end():
    body = """
    for sql in STATEMENTS:
        if connection.vendor != "postgresql":
            continue
        schema_editor.execute("SELECT 1")
    schema_editor.execute("SELECT 2")
    """
    assert reached(body) == [("postgresql",), None]


def test_what_an_exception_may_lead_past_is_reached():
    body = """
    try:
        if connection.vendor != "postgresql":
            raise ValueError
        schema_editor.execute("SELECT 1")
    except ValueError:
        schema_editor.execute("SELECT 2")
    finally:
        schema_editor.execute("SELECT 3")
    schema_editor.execute("SELECT 4")
    """
    assert reached(body) == [("postgresql",), None, None, None]


def test_rows_and_functions_that_are_handed_the_editor_are_guarded_too():
    body = """
    Order = apps.get_model("shop", "Order")
    if schema_editor.connection.vendor == "sqlite":
        Order.objects.update(total=1)
        fill(apps, schema_editor)
    fill(apps, schema_editor)
    """
    found = function(body)
    assert [query.vendors for query in found.queries] == [("sqlite",)]
    assert [call.vendors for call in found.calls] == [("sqlite",), None]
