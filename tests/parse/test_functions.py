"""What functions look up in the registry that they are given, and whom they give it to."""

from __future__ import annotations

import textwrap

import pytest

from miglint.facts.migration import Function, Module
from miglint.facts.source import Span
from miglint.parse import parse


def function(body: str, name: str = "work", head: str = "", signature: str = "apps, schema_editor") -> Function:
    text = (
        f"{textwrap.dedent(head)}\ndef work({signature}):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
    )
    module = parse(text.encode())
    assert isinstance(module, Module), module
    return module.functions[name]


def lookups(body: str, **more: str) -> list[tuple[str, str, str | None]]:
    return [(one.parameter, one.app_label, one.model) for one in function(body, **more).lookups]


@pytest.mark.parametrize(
    ("call", "app_label", "model"),
    [
        ("apps.get_model('blog', 'Post')", "blog", "Post"),
        ("apps.get_model('blog.Post')", "blog", "Post"),
        ("apps.get_model(model_name='Post', app_label='blog')", "blog", "Post"),
        ("apps.get_model(APP, model_name=f'{APP}Post')", "blog", "blogPost"),
        ("apps.get_model('blog', name)", "blog", None),
        ("[apps.get_model('blog', name).objects.all() for name in NAMES]", "blog", None),
        ("if True:\n    with lock:\n        return apps.get_model('blog', 'Post').objects", "blog", "Post"),
    ],
)
def test_a_lookup_says_app_and_model_where_they_are_known(call: str, app_label: str, model: str | None) -> None:
    assert lookups(call, head="APP = 'blog'") == [("apps", app_label, model)]


@pytest.mark.parametrize(
    "body",
    [
        "# apps.get_model('blog', 'Post')\nreturn apps",
        "'apps.get_model(blog, Post)'",
        "apps.get_model(APP, 'Post')",
        "apps.get_model(*settings.AUTH_USER_MODEL.split('.'))",
        "apps.get_model('Post')",
        "registry.get_model('blog', 'Post')",
        "from django.apps import apps\napps.get_model('blog', 'Post')",
        "apps = schema_editor.apps\napps.get_model('blog', 'Post')",
        "def inner(apps):\n    apps.get_model('blog', 'Post')",
        "try:\n    apps.get_model('blog', 'Post')\nexcept (KeyError, LookupError):\n    pass",
        "try:\n    apps.get_model('blog', 'Post')\nexcept:\n    apps.get_model('blog', 'Old')",
        "if not apps.is_installed('blog'):\n    return\napps.get_model('blog', 'Post')",
    ],
)
def test_what_is_no_lookup_or_asks_first_is_none(body: str) -> None:
    assert lookups(body) == []


def test_a_name_that_the_function_binds_is_not_the_modules() -> None:
    assert lookups("APP = other()\napps.get_model(APP, 'Post')", head="APP = 'blog'") == []


def test_functions_within_share_the_registry() -> None:
    assert lookups("def inner():\n    return apps.get_model('blog', 'Post')") == [("apps", "blog", "Post")]


def test_a_lookup_has_its_place() -> None:
    (found,) = function("Post = apps.get_model(\n    'blog', 'Post'\n)").lookups
    assert found.span == Span(3, 12, 5, 6)


def test_calls_that_get_a_parameter_are_kept_with_what_they_get() -> None:
    head = "from shop.work import copy\nimport shop\ndef inner(models):\n    models.get_model('a.B')"
    found = function("inner(apps)\ncopy(1, apps, to=schema_editor)\nshop.work.move(registry=apps)", head=head).calls
    assert [(one.function, one.given) for one in found] == [
        ("#inner", ((0, "apps"),)),
        ("shop.work.copy", ((1, "apps"), ("to", "schema_editor"))),
        ("shop.work.move", (("registry", "apps"),)),
    ]


def test_a_file_without_lookups_and_run_python_is_not_looked_into() -> None:
    assert function("inner(apps)", head="def inner(models):\n    pass").calls == ()


def test_a_lambda_is_a_function_too() -> None:
    text = (
        "from django.db import migrations\nmigrations.RunPython\nx = lambda apps, editor: apps.get_model('blog.Post')\n"
    )
    module = parse(text.encode())
    assert isinstance(module, Module)
    (found,) = module.functions.values()
    assert [(one.app_label, one.model) for one in found.lookups] == [("blog", "Post")]
