"""Django's own classes are the truth that the table of signatures is held against."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import django
import pytest
from django.db import models
from django.db.migrations import operations
from django.db.models.constraints import BaseConstraint

from miglint.signatures import CONSTRAINTS, EXTENSIONS, FIELDS, INDEXES, OPERATIONS, Signature, known_class

DJANGO = Path(django.__file__).parent

# Parameters that the table has and the installed Django does not: younger versions' and the field's own.
YOUNGER = {"hints"}


def classes_of(module: object, base: type) -> dict[str, type]:
    return {
        name: found
        for name, found in vars(module).items()
        if inspect.isclass(found) and issubclass(found, base) and found is not BaseConstraint
    }


def parameters_of(found: type) -> tuple[list[str], set[str], str | None]:
    """Positional parameters of the first `__init__` that has any, every other parameter, and what collects the rest."""
    positional: list[str] = []
    keywords: set[str] = set()
    closed = False
    for own in found.__mro__[:-1]:
        if "__init__" not in vars(own):
            continue
        parameters = list(inspect.signature(vars(own)["__init__"]).parameters.values())[1:]
        named = [one.name for one in parameters if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        keywords |= {one.name for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}
        keywords |= set(named) if positional or closed else set()
        positional = positional or ([] if closed else named)
        rest = [one.name for one in parameters if one.kind is inspect.Parameter.VAR_POSITIONAL]
        if rest and rest != ["args"]:
            return positional, keywords - set(positional), rest[0]
        closed = closed or not (named or rest)
        if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters):
            break
    return positional, keywords - set(positional), None


@pytest.mark.parametrize("name", sorted(operations.__all__))
def test_operations_take_what_django_s_take(name: str) -> None:
    found = getattr(operations, name)
    if not inspect.isclass(found):
        return
    positional, keywords, _ = parameters_of(found)
    assert OPERATIONS[name].positional == tuple(positional)
    assert set(OPERATIONS[name].keywords) == keywords


@pytest.mark.parametrize("name", sorted(classes_of(models, models.Field)))
def test_fields_take_what_django_s_take(name: str) -> None:
    positional, keywords, star = parameters_of(getattr(models, name))
    if name == "CompositePrimaryKey":
        positional, star = [], "field_names"
    assert FIELDS[name].positional == tuple(positional)
    assert FIELDS[name].star == star
    # A foreign key fills these two in for itself.
    given = {"from_fields", "to_fields", "rel"} if name in ("ForeignKey", "OneToOneField") else set()
    assert keywords - given <= {*FIELDS[name].positional, *FIELDS[name].keywords}


@pytest.mark.parametrize("name", sorted(classes_of(models, models.Index)))
def test_indexes_take_what_django_s_take(name: str) -> None:
    positional, keywords, star = parameters_of(getattr(models, name))
    assert (positional, star) == (list(INDEXES[name].positional), INDEXES[name].star)
    assert keywords == set(INDEXES[name].keywords)


@pytest.mark.parametrize("name", sorted(classes_of(models, BaseConstraint)))
def test_constraints_take_what_django_s_take(name: str) -> None:
    positional, keywords, star = parameters_of(getattr(models, name))
    assert (positional, star) == (list(CONSTRAINTS[name].positional), CONSTRAINTS[name].star)
    assert keywords == set(CONSTRAINTS[name].keywords)


def written_inits(path: str) -> dict[str, ast.arguments]:
    """The `__init__`s of a module of Django's that needs a database driver to be imported."""
    tree = ast.parse((DJANGO / path).read_text())
    return {
        own.name: method.args
        for own in tree.body
        if isinstance(own, ast.ClassDef)
        for method in own.body
        if isinstance(method, ast.FunctionDef) and method.name == "__init__"
    }


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("contrib/postgres/operations.py", OPERATIONS),
        ("contrib/postgres/indexes.py", INDEXES),
        ("contrib/postgres/constraints.py", CONSTRAINTS),
        ("contrib/postgres/fields/array.py", FIELDS),
        ("contrib/gis/db/models/fields.py", FIELDS),
    ],
)
def test_classes_of_contrib_take_what_django_s_take(path: str, table: dict[str, Signature]) -> None:
    checked = 0
    for name, arguments in written_inits(path).items():
        if name not in table:
            continue
        checked += 1
        signature = table[name]
        positional = tuple(argument.arg for argument in arguments.args[1:])
        assert tuple(one for one in signature.positional if one not in YOUNGER)[: len(positional)] == positional, name
        assert {argument.arg for argument in arguments.kwonlyargs} <= set(signature.keywords), name
        if arguments.vararg is not None:
            assert signature.star == arguments.vararg.arg
    assert checked


def test_every_class_of_contrib_postgres_is_in_the_table() -> None:
    tree = ast.parse((DJANGO / "contrib/postgres/operations.py").read_text())
    own = {found.name for found in tree.body if isinstance(found, ast.ClassDef)}
    assert own - {"NotInTransactionMixin", "CollationOperation"} <= set(OPERATIONS)
    for folder in ("array", "citext", "hstore", "jsonb", "ranges"):
        written = ast.parse((DJANGO / f"contrib/postgres/fields/{folder}.py").read_text())
        for found in written.body:
            if isinstance(found, ast.ClassDef) and found.name.endswith("Field"):
                assert found.name in FIELDS, found.name


def test_named_extensions_create_what_django_s_create() -> None:
    tree = ast.parse((DJANGO / "contrib/postgres/operations.py").read_text())
    written = {
        own.name: next(node.value for node in ast.walk(own) if isinstance(node, ast.Constant) and node.value)
        for own in tree.body
        if isinstance(own, ast.ClassDef) and own.name in EXTENSIONS
    }
    assert written == EXTENSIONS


def test_a_class_is_known_through_every_module_that_has_it() -> None:
    for path in (
        "django.db.models.CharField",
        "django.db.models.fields.CharField",
        "django.contrib.gis.db.models.CharField",
    ):
        known = known_class(path)
        assert known is not None
        assert (known.kind, known.name) == ("field", "CharField")
    assert known_class("django.db.models.functions.Lower") is None
    assert known_class("shop.models.CharField") is None
