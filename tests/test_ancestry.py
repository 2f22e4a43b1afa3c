"""What is left of Django's own behaviour in classes that inherit from it."""

from __future__ import annotations

from written import SPAN, call

from miglint.ancestry import Ancestry, ancestry
from miglint.binding import build_operation
from miglint.facts.migration import Class, Function
from miglint.facts.operations import DeleteModel, RunSQL, Subclass, UnknownOperation
from miglint.facts.values import Argument, Literal, Parameter, Reference


def a_class(name: str, *bases: str, **methods: Function) -> Class:
    return Class(name, tuple(Reference(base) for base in bases), {}, methods, SPAN)


def a_function(name: str, *parameters: str, **more: object) -> Function:
    values = {"defaults": {}, "returns": Literal(None), "does_nothing": False, "forwards": None, **more}
    return Function(name=name, span=SPAN, parameters=parameters, **values)  # type: ignore[arg-type]


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
        forwards=(Argument("sql", call("operator.add", Literal("DROP TABLE "), Parameter("table")), SPAN),),
    )
    origin = Ancestry("django.db.migrations.RunSQL", "same", "same", (init,))
    operation = build_operation(call("a.Drop", Literal("x"), quiet=Literal(True)), "a.Drop", lambda path: origin)
    assert isinstance(operation, RunSQL)
    assert operation.sql == Literal("DROP TABLE x")
    assert isinstance(build_operation(call("a.Drop"), "a.Drop", lambda path: origin), UnknownOperation)
