"""What calls of Django's classes become: fields, indexes, constraints, operations."""

from __future__ import annotations

from written import SPAN, call

from miglint.binding import build_constraint, build_field, build_index, build_operation, build_operations
from miglint.facts.fields import Field
from miglint.facts.operations import CreateModel, DeleteModel, UnknownOperation
from miglint.facts.values import Argument, Call, Literal, Reference, Sequence, Unresolved


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
    unpacked = Call(Reference("django.db.models.TextField"), (Argument("**", Reference("x.y"), SPAN),), SPAN, SPAN)
    assert build_field(unpacked) == Field(
        "django.db.models.TextField", "TextField", {}, True, build_field(unpacked).site
    )


def test_expressions_of_an_index_are_collected() -> None:
    index = build_index(call("django.db.models.Index", Literal("a"), Literal("b"), name=Literal("i")))
    assert index is not None
    assert index.options["expressions"] == Sequence("tuple", (Literal("a"), Literal("b")), SPAN)
    assert build_constraint(Call(Literal(1), (), SPAN, SPAN)) is None


def test_both_spellings_of_a_check_are_taken() -> None:
    for spelling in ("check", "condition"):
        path = "django.db.models.CheckConstraint"
        constraint = build_constraint(call(path, name=Literal("c"), **{spelling: Reference("q")}))
        assert constraint is not None
        assert not constraint.opaque


def test_a_list_of_operations_of_every_form() -> None:
    known = call("django.db.migrations.DeleteModel", Literal("A"))
    listed = Sequence("list", (known, Unresolved("x", SPAN)), SPAN)
    whole = Call(
        Reference("operator.add"), (Argument(None, listed, SPAN), Argument(None, Reference("a.b"), SPAN)), SPAN, SPAN
    )
    first, second, third = build_operations(whole, SPAN)
    assert isinstance(first, DeleteModel)
    assert isinstance(second, UnknownOperation)
    assert second.several
    assert isinstance(third, UnknownOperation)
    assert third.value == Reference("a.b")


def test_a_model_takes_its_fields_by_position_and_by_name() -> None:
    pair = Sequence("tuple", (Literal("id"), call("django.db.models.AutoField")), SPAN)
    fields = Sequence("list", (pair,), SPAN)
    by_position = build_operation(call("x", Literal("A"), fields), "django.db.migrations.CreateModel")
    by_name = build_operation(call("x", fields=fields, name=Literal("A")), "django.db.migrations.CreateModel")
    assert isinstance(by_position, CreateModel)
    assert isinstance(by_name, CreateModel)
    assert by_position.fields == by_name.fields
    assert by_position.options == {}
