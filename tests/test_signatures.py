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

from miglint.facts.fields import Field
from miglint.facts.migration import Class, Function
from miglint.facts.operations import CreateModel, DeleteModel, RunSQL, Subclass, UnknownOperation
from miglint.facts.source import Span
from miglint.facts.values import Argument, Call, Literal, Parameter, Reference, Sequence, Unresolved, Value
from miglint.signatures import (
    CONSTRAINTS,
    EXTENSIONS,
    FIELDS,
    INDEXES,
    OPERATIONS,
    Ancestry,
    Signature,
    ancestry,
    build_constraint,
    build_field,
    build_index,
    build_operation,
    build_operations,
    known_class,
)

HERE = Span(1, 1, 1, 2)
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


def call(path: str, *given: Value, **named: Value) -> Call:
    arguments = [Argument(None, value, HERE) for value in given]
    arguments += [Argument(name, value, HERE) for name, value in named.items()]
    return Call(Reference(path), tuple(arguments), HERE, HERE)


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


def test_a_foreign_key_and_a_one_to_one_differ_in_their_third_argument() -> None:
    third = Literal("sku")
    foreign = build_field(call("django.db.models.ForeignKey", Literal("a.B"), Reference("x"), third))
    single = build_field(call("django.db.models.OneToOneField", Literal("a.B"), Reference("x"), third))
    assert foreign.options["related_name"] == third
    assert single.options["to_field"] == third


def test_a_field_of_a_well_known_library_is_djangos_with_its_options() -> None:
    field = build_field(call("phonenumber_field.modelfields.PhoneNumberField", region=Literal("DE")))
    assert (field.kind, field.opaque) == ("CharField", False)
    assert field.options == {"max_length": Literal(128), "region": Literal("DE")}
    assert build_field(call("mptt.fields.TreeForeignKey", Literal("a.B"))).options == {"to": Literal("a.B")}


def test_what_is_written_wins_over_what_a_library_implies() -> None:
    field = build_field(call("phonenumber_field.modelfields.PhoneNumberField", max_length=Literal(31)))
    assert field.options == {"max_length": Literal(31)}


def test_too_many_or_unpacked_arguments_make_a_field_opaque() -> None:
    assert build_field(call("django.db.models.UUIDField", Literal("a"), Literal("b"))).opaque
    unpacked = Call(Reference("django.db.models.TextField"), (Argument("**", Reference("x.y"), HERE),), HERE, HERE)
    assert build_field(unpacked) == Field(
        "django.db.models.TextField", "TextField", {}, True, build_field(unpacked).site
    )


def test_expressions_of_an_index_are_collected() -> None:
    index = build_index(call("django.db.models.Index", Literal("a"), Literal("b"), name=Literal("i")))
    assert index is not None
    assert index.options["expressions"] == Sequence("tuple", (Literal("a"), Literal("b")), HERE)
    assert build_constraint(Call(Literal(1), (), HERE, HERE)) is None


def test_both_spellings_of_a_check_are_taken() -> None:
    for spelling in ("check", "condition"):
        path = "django.db.models.CheckConstraint"
        constraint = build_constraint(call(path, name=Literal("c"), **{spelling: Reference("q")}))
        assert constraint is not None
        assert not constraint.opaque


def a_class(name: str, *bases: str, **methods: Function) -> Class:
    return Class(name, tuple(Reference(base) for base in bases), {}, methods, HERE)


def a_function(name: str, *parameters: str, **more: object) -> Function:
    values = {"defaults": {}, "returns": Literal(None), "does_nothing": False, "forwards": None, **more}
    return Function(name=name, span=HERE, parameters=parameters, **values)  # type: ignore[arg-type]


def test_ancestors_across_files_say_what_is_left_of_the_base_class() -> None:
    project = {
        "shop.Quiet": a_class(
            "Quiet", "shop.Loud", database_forwards=a_function("database_forwards", does_nothing=True)
        ),
        "shop.Loud": a_class("Loud", "shop.Mixin", "django.db.migrations.DeleteModel"),
        "shop.Mixin": a_class("Mixin", "builtins.object", state_forwards=a_function("state_forwards")),
    }

    def find(path: str) -> tuple[Class, list[str]] | None:
        own = project.get(path)
        return None if own is None else (own, [base.path for base in own.bases if isinstance(base, Reference)])

    found = ancestry("shop.Quiet", find)
    assert found == Ancestry("django.db.migrations.DeleteModel", state="unknown", database="nothing", inits=())
    operation = build_operation(call("shop.Quiet", Literal("A")), "shop.Quiet", lambda path: ancestry(path, find))
    assert isinstance(operation, DeleteModel)
    assert operation.subclass == Subclass("shop.Quiet", "unknown", "nothing")


def test_a_mixin_that_is_not_known_leaves_the_behaviour_unknown() -> None:
    own = a_class("Mine", "elsewhere.Mixin", "django.db.migrations.DeleteModel")
    found = ancestry(
        "a.Mine",
        lambda path: (own, ["elsewhere.Mixin", "django.db.migrations.DeleteModel"]) if path == "a.Mine" else None,
    )
    assert found == Ancestry("django.db.migrations.DeleteModel", "unknown", "unknown", ())


def test_classes_that_inherit_from_each_other_lead_nowhere() -> None:
    own = a_class("A", "a.B")
    assert ancestry("a.A", lambda path: (own, ["a.B" if path == "a.A" else "a.A"])) is None


def test_arguments_pass_through_an_init() -> None:
    init = a_function(
        "__init__",
        *("self", "table", "*", "quiet"),
        defaults={"quiet": Literal(False)},
        forwards=(Argument("sql", call("operator.add", Literal("DROP TABLE "), Parameter("table")), HERE),),
    )
    origin = Ancestry("django.db.migrations.RunSQL", "same", "same", (init,))
    operation = build_operation(call("a.Drop", Literal("x"), quiet=Literal(True)), "a.Drop", lambda path: origin)
    assert isinstance(operation, RunSQL)
    assert operation.sql == Literal("DROP TABLE x")
    assert isinstance(build_operation(call("a.Drop"), "a.Drop", lambda path: origin), UnknownOperation)


def test_a_list_of_operations_of_every_form() -> None:
    known = call("django.db.migrations.DeleteModel", Literal("A"))
    listed = Sequence("list", (known, Unresolved("x", HERE)), HERE)
    whole = Call(
        Reference("operator.add"), (Argument(None, listed, HERE), Argument(None, Reference("a.b"), HERE)), HERE, HERE
    )
    first, second, third = build_operations(whole, HERE)
    assert isinstance(first, DeleteModel)
    assert isinstance(second, UnknownOperation)
    assert second.several
    assert isinstance(third, UnknownOperation)
    assert third.value == Reference("a.b")


def test_a_model_takes_its_fields_by_position_and_by_name() -> None:
    pair = Sequence("tuple", (Literal("id"), call("django.db.models.AutoField")), HERE)
    fields = Sequence("list", (pair,), HERE)
    by_position = build_operation(call("x", Literal("A"), fields), "django.db.migrations.CreateModel")
    by_name = build_operation(call("x", fields=fields, name=Literal("A")), "django.db.migrations.CreateModel")
    assert isinstance(by_position, CreateModel)
    assert isinstance(by_name, CreateModel)
    assert by_position.fields == by_name.fields
    assert by_position.options == {}
