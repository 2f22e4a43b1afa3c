"""The replay against Django's own ProjectState, on sequences of operations made up by Hypothesis."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schema_of import described, state_of, tables
from state_truth import answers

answers.configure()

Case = list[tuple[str, str]]

one_of = st.sampled_from
label = one_of(["a", "a", "b", "auth"])
model = one_of(["Book", "Author", "BOOK", "User"])
target = one_of(["self", "Author", "a.Book", "b.Author", "auth.User", "a.BOOK"]).map(repr) | st.just(
    "settings.AUTH_USER_MODEL"
)
field = one_of(["title", "Title", "qty", "author"])
name = one_of(["ix_a", "ix_b", "ix_c"])
members = one_of(
    ["None", "set()", "[]", "{('title', 'qty')}", "('title', 'qty')", "[['qty', 'title'], ('qty', 'Title')]"]
)
options = one_of(
    [
        "{}",
        "{'ordering': ['title'], 'managed': False}",
        "{'unique_together': {('title', 'qty')}, 'db_table': 't'}",
        "{'index_together': [('title', 'qty')], 'verbose_name': 'x'}",
        "{'order_with_respect_to': 'author'}",
        "{'swappable': 'AUTH_USER_MODEL'}",
        "{'proxy': True}",
        "{'indexes': [models.Index(fields=['title'], name='ix_a')], 'constraints': []}",
        "{'constraints': [models.CheckConstraint(condition=models.Q(qty__gt=0), name='ix_b')]}",
    ]
)
bases = one_of(["None", "None", "('a.book',)", "('b.Author', models.Model)", "('auth.user',)"])
relation = one_of(["", ", to_field='title'", ", null=True", ", parent_link=True", ", db_index=False", ", unique=True"])
definition = (
    one_of(
        [
            "models.IntegerField(null=True)",
            "models.CharField(max_length=20, unique=True)",
            "models.SlugField(db_index=False)",
            "models.AutoField(primary_key=True)",
            "models.BooleanField(default=False)",
        ]
    )
    | st.builds("models.ForeignKey({0}, on_delete=models.CASCADE{1})".format, target, relation)
    | st.builds("models.OneToOneField({0}, models.CASCADE{1})".format, target, relation)
    | st.builds("models.ManyToManyField({0})".format, target)
    | st.builds("models.ManyToManyField({0}, through={1})".format, target, target.filter(lambda one: one != "'self'"))
)
constraint = st.builds("models.UniqueConstraint(fields=[{0!r}], name={1!r})".format, field, name) | st.builds(
    "models.UniqueConstraint(fields=[{0!r}], condition=models.Q(qty__gt=0), name={1!r})".format, field, name
)


def operations(inner: bool) -> st.SearchStrategy[str]:
    simple = [
        st.builds(
            "migrations.CreateModel({0!r}, [('id', models.AutoField(primary_key=True)), ({1}, {2})], {3}, {4})".format,
            *(model, field.map(repr), definition, options, bases),
        ),
        st.builds("migrations.CreateModel({0!r}, [({1!r}, {2})], {3})".format, model, field, definition, options),
        st.builds("migrations.DeleteModel({0!r})".format, model),
        st.builds("migrations.RenameModel({0!r}, {1!r})".format, model, model),
        st.builds("migrations.AddField({0!r}, {1!r}, {2}, {3})".format, model, field, definition, st.booleans()),
        st.builds("migrations.AlterField({0!r}, {1!r}, {2})".format, model, field, definition),
        st.builds("migrations.RemoveField({0!r}, {1!r})".format, model, field),
        st.builds("migrations.RenameField({0!r}, {1!r}, {2!r})".format, model, field, field),
        st.builds("migrations.AlterModelTable({0!r}, {1})".format, model, one_of(["'t'", "'u'", "None", "''"])),
        st.builds("migrations.AlterModelTableComment({0!r}, {1})".format, model, one_of(["'t'", "None"])),
        st.builds("migrations.AlterUniqueTogether({0!r}, {1})".format, model, members),
        st.builds("migrations.AlterIndexTogether({0!r}, {1})".format, model, members),
        st.builds("migrations.AlterOrderWithRespectTo({0!r}, {1})".format, model, one_of(["'author'", "None"])),
        st.builds(
            "migrations.AlterModelOptions({0!r}, {1})".format,
            *(model, one_of(["{}", "{'ordering': ['qty']}", "{'verbose_name': 'x', 'managed': False}"])),
        ),
        st.builds("migrations.AddIndex({0!r}, models.Index(fields=['title'], name={1!r}))".format, model, name),
        st.builds("migrations.RemoveIndex({0!r}, {1!r})".format, model, name),
        st.builds("migrations.RenameIndex({0!r}, new_name={1!r}, old_name={2!r})".format, model, name, name),
        st.builds("migrations.RenameIndex({0!r}, {1!r}, old_fields=('title', 'qty'))".format, model, name),
        st.builds("migrations.AddConstraint({0!r}, {1})".format, model, constraint),
        st.builds("migrations.RemoveConstraint({0!r}, {1!r})".format, model, name),
        st.builds("migrations.AlterConstraint({0!r}, {1!r}, {2})".format, model, name, constraint),
    ]
    if not inner:
        return st.one_of(simple)
    listed = st.lists(operations(inner=False), max_size=2).map(", ".join)
    return st.one_of(
        *simple,
        st.builds("migrations.SeparateDatabaseAndState([{0}], [{1}])".format, listed, listed),
        st.builds("migrations.RunSQL('SELECT 1', state_operations=[{0}])".format, listed),
    )


# Half of the cases start where there is something to change.
START: Case = [
    ("auth", "migrations.CreateModel('User', [('title', models.TextField())], {'swappable': 'AUTH_USER_MODEL'})"),
    ("a", "migrations.CreateModel('Book', [('title', models.TextField()), ('qty', models.IntegerField())])"),
    ("b", "migrations.CreateModel('Author', [('author', models.ForeignKey('a.Book', models.CASCADE))])"),
]
case = st.builds(
    lambda start, more: [*start, *more],
    one_of([START, []]),
    st.lists(st.tuples(label, operations(inner=True)), min_size=1, max_size=8),
)


@settings(max_examples=350, deadline=None, suppress_health_check=list(HealthCheck))
@given(case)
def test_any_sequence_of_operations_gives_the_state_that_django_has(case: Case) -> None:
    agree(case)


def agree(case: Case) -> None:
    theirs, raised = answers.state_after(case)
    if any(raised) and any("state_operations=" in text or "Separate" in text for _, text in case):
        # Where one of several raises, Django leaves the others' traces or not: nobody sees that state.
        case = [one for one, error in zip(case, raised, strict=True) if not error]
    ours = state_of(case)
    assert described(ours) == answers.models_of(theirs)
    rendered = answers.tables_of(theirs)
    if rendered is not None:
        assert tables(ours) == rendered


BOOK = (
    "a",
    "migrations.CreateModel('Book', [('id', models.AutoField(primary_key=True)), ('title', models.TextField())])",
)


def test_a_rename_that_changes_the_case_alone_removes_the_model() -> None:
    case = [BOOK, ("a", "migrations.RenameModel('Book', 'BOOK')")]
    agree(case)
    assert described(state_of(case)) == {}


def test_an_unknown_field_is_silently_added_by_alter_field() -> None:
    agree([BOOK, ("a", "migrations.AlterField('Book', 'pages', models.IntegerField())")])


def test_no_field_can_be_renamed_beside_members_that_are_none() -> None:
    for together in ("AlterUniqueTogether", "AlterIndexTogether"):
        agree(
            [BOOK, ("a", f"migrations.{together}('Book', None)"), ("a", "migrations.RenameField('Book', 'title', 't')")]
        )
