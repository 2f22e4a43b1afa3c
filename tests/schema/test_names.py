"""Names that Django makes up and cuts, against Django's own functions, on names of any length and shape."""

import django.db  # noqa: F401  # its modules import each other in a circle, which has to be entered here
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import strip_quotes, truncate_name
from hypothesis import given, settings
from hypothesis import strategies as st
from state_truth import answers

from miglint.schema.names import LONGEST, default_table, schema_editor_name, truncated, without_quotes

answers.configure()

identifier = st.text("abcdefghij_0123é", min_size=1, max_size=90)
table = identifier | st.builds('{}"."{}'.format, identifier, identifier) | identifier.map('"{}"'.format)
vendor = st.sampled_from([*LONGEST])


class Connection:
    """A connection that says how long a name may be."""

    can_rollback_ddl = False

    def __init__(self, longest):
        self.ops = self.features = self
        self.longest = longest

    def max_name_length(self):
        return self.longest


@settings(max_examples=300, deadline=None)
@given(table, vendor)
def test_a_name_is_cut_as_django_cuts_it(name, vendor):
    assert truncated(name, LONGEST[vendor]) == truncate_name(name, LONGEST[vendor])
    assert without_quotes(name) == strip_quotes(name)


@settings(max_examples=300, deadline=None)
@given(identifier, identifier, vendor)
def test_a_table_without_a_name_has_its_apps_and_models(label, model, vendor):
    assert default_table(label, model, vendor) == truncate_name(f"{label}_{model.lower()}", LONGEST[vendor])


@settings(max_examples=300, deadline=None)
@given(table, st.lists(identifier, min_size=1, max_size=3), st.sampled_from(["", "_like", "_uniq", "_fk_b_id"]), vendor)
def test_an_index_is_called_what_the_schema_editor_calls_it(table, columns, suffix, vendor):
    theirs = BaseDatabaseSchemaEditor(Connection(LONGEST[vendor]))._create_index_name(table, columns, suffix)
    assert schema_editor_name(table, tuple(columns), suffix, vendor) == theirs
