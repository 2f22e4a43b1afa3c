"""MIG216 beyond its page."""

import pytest
from factories import app, migration, project, site
from written import add_field, field

from miglint.facts.operations import CreateModel, NamedField
from miglint.facts.source import Span
from miglint.facts.values import Literal, Sequence
from miglint.rules.byte_string_option import ByteStringOption

SPAN = Span(1, 1, 1, 9)


def messages(*operations):
    judged = project(apps=[app("shop")], migrations=[migration("shop.0001_initial", operations)])
    return [finding.message for step in judged.steps for finding in ByteStringOption().check(step, judged)]


def create(options=(), **fields):
    named = tuple(NamedField(name, given) for name, given in fields.items())
    return CreateModel(site=site(), name="Order", fields=named, options=dict(options), bases=None, managers=None)


@pytest.mark.parametrize(
    "given",
    [
        field("BinaryField", default=b""),
        field("CharField", default="new"),
        field("IntegerField", default=b"1"),
        field(None, path="shop.fields.Blob", default=b""),
        field("TextField", help_text=b"in words"),
    ],
)
def test_bytes_that_are_meant_or_never_reach_the_database_are_left_alone(given):
    assert messages(add_field("order", "state", given)) == []


def test_a_text_column_with_a_default_in_bytes_says_what_the_rows_will_hold():
    (message,) = messages(add_field("order", "state", field("TextField", default=b"")))
    assert message.endswith("""a row that gets it holds "b''", with the b and the quotes.""")


def test_fields_of_a_new_model_are_looked_at_too():
    assert len(messages(create(state=field("SlugField", default=b"new")))) == 1


def test_names_in_bytes_are_found_at_any_depth():
    pair = Sequence("tuple", (Literal("a"), Literal(b"b")), SPAN)
    (message,) = messages(create({"unique_together": Sequence("set", (pair,), SPAN)}))
    assert message.startswith("The unique_together of 'Order' is bytes")
