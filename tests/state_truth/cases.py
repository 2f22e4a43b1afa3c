"""Histories that people get wrong: what they are about → operations, `b: …` in the app b, any other in the app a."""

from __future__ import annotations

ID = "('id', models.AutoField(primary_key=True))"
FOO = f"migrations.CreateModel('Foo', [{ID}, ('x', models.IntegerField())])"
BAR = f"migrations.CreateModel('Bar', [{ID}, ('foo', models.ForeignKey('a.Foo', models.CASCADE))])"
USER = f"auth: migrations.CreateModel('User', [{ID}], options={{'swappable': 'AUTH_USER_MODEL'}})"

_CASES: dict[str, list[str]] = {
    # Silent overwrites, and what is not there.
    "a rename by case alone loses the model": [FOO, "migrations.RenameModel('Foo', 'FOO')"],
    "AlterField adds a field that is not there": [FOO, "migrations.AlterField('Foo', 'y', models.TextField())"],
    "AddField overwrites a field": [FOO, "migrations.AddField('Foo', 'x', models.TextField(null=True))"],
    "CreateModel overwrites a model": [FOO, f"migrations.CreateModel('FOO', [{ID}])"],
    "RenameModel overwrites a model": [FOO, BAR, "migrations.RenameModel('Foo', 'Bar')"],
    "models that are not there": [
        "migrations.AddField('Foo', 'x', models.TextField())",
        "migrations.AlterField('Foo', 'x', models.TextField())",
        "migrations.RemoveField('Foo', 'x')",
        "migrations.RenameField('Foo', 'x', 'y')",
        "migrations.DeleteModel('Foo')",
        "migrations.RenameModel('Foo', 'Bar')",
        "migrations.AlterModelTable('Foo', 't')",
        "migrations.AlterModelOptions('Foo', {})",
        "migrations.AddIndex('Foo', models.Index(fields=['x'], name='i'))",
    ],
    "fields that are not there": [
        FOO,
        "migrations.RemoveField('Foo', 'y')",
        "migrations.RenameField('Foo', 'y', 'z')",
    ],
    "a field by its old name after RenameModel": [
        FOO,
        "migrations.RenameModel('Foo', 'Baz')",
        "migrations.AddField('Foo', 'y', models.TextField())",
        "migrations.AddField('baz', 'y', models.TextField())",
    ],
    "indexes and constraints that are not there": [
        FOO,
        "migrations.RemoveIndex('Foo', 'i')",
        "migrations.RemoveConstraint('Foo', 'c')",
    ],
    "an index without a name": [FOO, "migrations.AddIndex('Foo', models.Index(fields=['x']))"],
    "an index without a name in CreateModel": [
        f"migrations.CreateModel('Foo', [{ID}], options={{'indexes': [models.Index(fields=['id'])]}})"
    ],
    # Case.
    "models are found in any case": [
        FOO,
        "migrations.AddField('FOO', 'y', models.TextField())",
        "migrations.AlterModelTable('fOO', 't')",
        "migrations.RenameModel('foO', 'Baz')",
    ],
    "fields are found in their own case alone": [
        f"migrations.CreateModel('Foo', [{ID}, ('Name', models.TextField())])",
        "migrations.RemoveField('Foo', 'name')",
        "migrations.AlterField('Foo', 'name', models.CharField(max_length=9))",
    ],
    # Order.
    "an altered field keeps its place": [
        FOO,
        "migrations.AddField('Foo', 'y', models.TextField())",
        "migrations.AlterField('Foo', 'x', models.BigIntegerField())",
    ],
    "a renamed field moves to the end": [
        FOO,
        "migrations.AddField('Foo', 'y', models.TextField())",
        "migrations.RenameField('Foo', 'x', 'z')",
    ],
    # What a rename takes along.
    "RenameModel follows to, through and itself": [
        FOO,
        BAR,
        "b: migrations.CreateModel('Far', [('foo', models.OneToOneField('a.FOO', models.CASCADE, primary_key=True))])",
        "migrations.AddField('Foo', 'parent', models.ForeignKey('self', models.CASCADE, null=True))",
        "b: migrations.AddField('Far', 'bars', models.ManyToManyField('a.Bar', through='a.foo'))",
        "migrations.RenameModel('Foo', 'Baz')",
    ],
    "RenameModel leaves a model of the same name in another app alone": [
        FOO,
        f"b: migrations.CreateModel('Foo', [{ID}, ('foo', models.ForeignKey('Foo', models.CASCADE, null=True))])",
        "migrations.RenameModel('Foo', 'Baz')",
    ],
    "RenameModel does not follow bases": [
        FOO,
        "migrations.CreateModel('Child', [], bases=('a.foo',))",
        "migrations.CreateModel('Stand', [], options={'proxy': True}, bases=('a.foo',))",
        "migrations.RenameModel('Foo', 'Baz')",
    ],
    "RenameModel of the user follows the setting": [
        USER,
        f"migrations.CreateModel('Foo', [{ID}, ('user', models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE))])",
        "auth: migrations.RenameModel('User', 'Person')",
    ],
    "RenameField follows unique_together and to_field, not indexes, constraints and ordering": [
        FOO,
        "migrations.AddField('Foo', 'y', models.IntegerField(unique=True))",
        "migrations.AlterUniqueTogether('Foo', {('x', 'y')})",
        "migrations.AlterIndexTogether('Foo', {('x', 'y')})",
        "migrations.AlterModelOptions('Foo', {'ordering': ['y']})",
        "migrations.AddIndex('Foo', models.Index(fields=['y'], name='i'))",
        "migrations.AddConstraint('Foo', models.UniqueConstraint(fields=['y'], name='c'))",
        f"b: migrations.CreateModel('Far', [{ID}, ('f', models.ForeignKey('a.Foo', models.CASCADE, to_field='y'))])",
        "migrations.RenameField('Foo', 'y', 'z')",
    ],
    "RenameField leaves order_with_respect_to behind": [
        FOO,
        BAR,
        "migrations.AlterOrderWithRespectTo('Bar', 'foo')",
        "migrations.RenameField('Bar', 'foo', 'food')",
    ],
    "RenameField leaves through_fields behind": [
        FOO,
        BAR,
        "migrations.AddField('Bar', 'other', models.ForeignKey('a.Foo', models.CASCADE, related_name='+'))",
        (
            "migrations.AddField('Foo', 'bars', models.ManyToManyField('a.Foo', through='a.Bar', "
            "through_fields=('foo', 'other')))"
        ),
        "migrations.RenameField('Bar', 'foo', 'food')",
    ],
    "RemoveField leaves unique_together, indexes and constraints behind": [
        FOO,
        "migrations.AlterUniqueTogether('Foo', {('x', 'id')})",
        "migrations.AddIndex('Foo', models.Index(fields=['x'], name='i'))",
        "migrations.AddConstraint('Foo', models.UniqueConstraint(fields=['x'], name='c'))",
        "migrations.RemoveField('Foo', 'x')",
    ],
    # Options.
    "AlterModelOptions drops what it does not name, of its own keys": [
        (
            f"migrations.CreateModel('Foo', [{ID}, ('x', models.DateField())], options={{'ordering': ['x'], "
            "'managed': False, 'permissions': [('a', 'b')], 'get_latest_by': 'x', 'default_related_name': 'foos', "
            "'unique_together': {('id', 'x')}, 'db_table': 't', 'verbose_name': 'foo'})"
        ),
        "migrations.AlterModelOptions('Foo', {'verbose_name': 'bar'})",
    ],
    "AlterModelOptions makes a model managed again": [
        f"migrations.CreateModel('Foo', [{ID}], options={{'managed': False}})",
        "migrations.AlterModelOptions('Foo', {})",
        "migrations.AddField('Foo', 'x', models.TextField())",
    ],
    "AlterModelOptions can make a model unmanaged": [FOO, "migrations.AlterModelOptions('Foo', {'managed': False})"],
    "unique_together as pairs, one pair, lists and nothing": [
        FOO,
        "migrations.CreateModel('B', [('x', models.IntegerField()), ('y', models.IntegerField())])",
        (
            "migrations.CreateModel('C', [('x', models.IntegerField()), ('y', models.IntegerField())], "
            "options={'unique_together': (('x', 'y'),)})"
        ),
        "migrations.AlterUniqueTogether('B', ('x', 'y'))",
        "migrations.AlterUniqueTogether('C', [['x', 'y'], ['y', 'x']])",
        "migrations.AlterUniqueTogether('Foo', None)",
        "migrations.AlterIndexTogether('Foo', set())",
        "migrations.AlterIndexTogether('B', set([('x', 'y')]))",
    ],
    "a table's name is set and taken back": [
        FOO,
        BAR,
        "migrations.AddField('Foo', 'bars', models.ManyToManyField('a.Bar'))",
        "migrations.AlterModelTable('Foo', 'f')",
        "migrations.AlterModelTable('Bar', 'b')",
        "migrations.AlterModelTable('Bar', None)",
    ],
    "a table in a schema of its own": [
        (
            f"migrations.CreateModel('Foo', [{ID}, ('foos', models.ManyToManyField('self'))], "
            "options={'db_table': 'audit\\\".\\\"log'})"
        )
    ],
    "AlterOrderWithRespectTo adds a column that is no field": [
        FOO,
        BAR,
        "migrations.AlterOrderWithRespectTo('Bar', 'foo')",
    ],
    "AlterOrderWithRespectTo takes it away": [
        FOO,
        BAR,
        "migrations.AlterOrderWithRespectTo('Bar', 'foo')",
        "migrations.AlterOrderWithRespectTo('Bar', None)",
    ],
    "a default for once is not kept": [
        FOO,
        "migrations.AddField('Foo', 'y', models.IntegerField(default=1), preserve_default=False)",
        "migrations.AddField('Foo', 'z', models.IntegerField(default=1), preserve_default='False')",
    ],
    # Operations in operations.
    "only state_operations change the state": [
        FOO,
        "migrations.SeparateDatabaseAndState(database_operations=[migrations.DeleteModel('Foo')])",
        (
            "migrations.SeparateDatabaseAndState(state_operations=[migrations.SeparateDatabaseAndState("
            "[migrations.RemoveField('Foo', 'x')], [migrations.AddField('Foo', 'y', models.TextField())])])"
        ),
        "migrations.RunSQL('SELECT 1', state_operations=[migrations.AddField('Foo', 'z', models.TextField())])",
        "migrations.RunPython(migrations.RunPython.noop)",
    ],
    # Tables and columns that nobody writes.
    "an id that nobody wrote": ["migrations.CreateModel('Foo', [('x', models.TextField())])"],
    "a many-to-many field between models of one name": [
        FOO,
        f"b: migrations.CreateModel('Foo', [{ID}, ('foos', models.ManyToManyField('a.Foo'))])",
        "migrations.AddField('Foo', 'near', models.ManyToManyField('self', db_table='near'))",
    ],
    "relations to itself, to a bare name, in upper case": [
        (
            f"migrations.CreateModel('Foo', [{ID}, ('a', models.ForeignKey('self', models.CASCADE)), "
            "('b', models.ForeignKey('Foo', models.CASCADE, related_name='+')), "
            "('c', models.ForeignKey('a.FOO', models.CASCADE, related_name='+', db_column='see'))])"
        )
    ],
    "a relation to nowhere": [
        f"migrations.CreateModel('Foo', [{ID}, ('a', models.ForeignKey('b.Nowhere', models.CASCADE))])"
    ],
    "a proxy": [
        FOO,
        "migrations.CreateModel('Stand', [], options={'proxy': True, 'ordering': ['x']}, bases=('a.foo',))",
        "migrations.AlterModelOptions('Stand', {'verbose_name': 'stand-in'})",
    ],
    "a child of a model with a table": [
        FOO,
        "migrations.CreateModel('Child', [('y', models.TextField())], bases=('a.Foo',))",
        (
            "migrations.CreateModel('Grandchild', [('up', models.OneToOneField('a.Child', models.CASCADE, "
            "parent_link=True, primary_key=True))], bases=('a.child',))"
        ),
        "b: migrations.CreateModel('Two', [], bases=('a.Grandchild', models.Model))",
    ],
    "an unmanaged model, and a relation to it": [
        f"migrations.CreateModel('Foo', [{ID}], options={{'managed': False, 'db_table': 'old'}})",
        BAR,
    ],
    "a model that another one is swapped in for": [
        f"migrations.CreateModel('User', [{ID}], options={{'swappable': 'AUTH_USER_MODEL'}})",
        USER,
    ],
    "primary keys of every kind": [
        "migrations.CreateModel('A', [('key', models.UUIDField(primary_key=True))])",
        "migrations.CreateModel('B', [('a', models.OneToOneField('a.A', models.CASCADE, primary_key=True))])",
        "migrations.CreateModel('C', [('slug', models.SlugField(primary_key=True))])",
    ],
    "fields' own options": [
        (
            f"migrations.CreateModel('Foo', [{ID}, ('a', models.EmailField()), ('b', models.URLField(max_length=300)), "
            "('c', models.SlugField(db_index=False)), ('d', models.FileField()), ('e', models.NullBooleanField()), "
            "('f', models.GenericIPAddressField(unique=True)), ('g', models.CharField(max_length=9, null='True')), "
            "('h', models.ImageField()), ('i', models.FilePathField(max_length=None)), "
            "('j', models.ForeignKey('self', models.CASCADE, db_index=False))])"
        )
    ],
    # Constructors that raise, so that there is no operation.
    "a field twice in one model": [
        "migrations.CreateModel('Foo', [('x', models.TextField()), ('x', models.TextField())])"
    ],
    # Indexes and constraints.
    "indexes and constraints come and go by name": [
        FOO,
        "migrations.AddIndex('Foo', models.Index(fields=['x'], name='i'))",
        "migrations.AddIndex('Foo', models.Index(fields=['-x'], name='j'))",
        "migrations.AddIndex('Foo', models.Index(fields=['id'], name='i'))",
        "migrations.AddConstraint('Foo', models.UniqueConstraint(fields=['x'], name='c'))",
        "migrations.AddConstraint('Foo', models.UniqueConstraint(fields=['id'], name='d'))",
        "migrations.RemoveIndex('Foo', 'i')",
        "migrations.RemoveIndex('Foo', 'J')",
        "migrations.RemoveConstraint('Foo', 'c')",
    ],
    "names with the class in them stay as they are written": [
        FOO,
        "migrations.AddConstraint('Foo', models.UniqueConstraint(fields=['x'], name='%(class)s_x'))",
    ],
    "CreateModel with indexes and constraints": [
        (
            f"migrations.CreateModel('Foo', [{ID}, ('x', models.IntegerField())], options={{"
            "'indexes': [models.Index(fields=['x'], name='i')], "
            "'constraints': [models.UniqueConstraint(fields=['x'], name='c')]})"
        ),
        "migrations.AddIndex('Foo', models.Index(fields=['id'], name='j'))",
    ],
}

# What came with a later version, and the version.
_LATER: dict[str, tuple[tuple[int, int], list[str]]] = {
    "RenameIndex by name": (
        (4, 1),
        [
            FOO,
            "migrations.AddIndex('Foo', models.Index(fields=['x'], name='i'))",
            "migrations.RenameIndex('Foo', new_name='j', old_name='i')",
            "migrations.RenameIndex('Foo', new_name='k', old_name='nowhere')",
        ],
    ),
    "RenameIndex of an index_together": (
        (4, 1),
        [
            FOO,
            "migrations.AlterIndexTogether('Foo', {('x', 'id'), ('id', 'x')})",
            "migrations.RenameIndex('Foo', new_name='j', old_fields=('x', 'id'))",
        ],
    ),
    "a comment on a table": ((4, 2), [FOO, "migrations.AlterModelTableComment('Foo', 'what it is')"]),
    "a generated column": (
        (5, 0),
        [
            FOO,
            (
                "migrations.AddField('Foo', 'y', models.GeneratedField(expression=models.F('x'), "
                "output_field=models.IntegerField(), db_persist=True))"
            ),
            "migrations.RenameField('Foo', 'x', 'z')",
        ],
    ),
    "a primary key of two columns": (
        (5, 2),
        [
            (
                "migrations.CreateModel('Foo', [('pk', models.CompositePrimaryKey('x', 'y')), "
                "('x', models.IntegerField()), ('y', models.IntegerField())])"
            )
        ],
    ),
    "AlterConstraint": (
        (5, 2),
        [
            FOO,
            "migrations.AddConstraint('Foo', models.UniqueConstraint(fields=['x'], name='c'))",
            "migrations.AddConstraint('Foo', models.UniqueConstraint(fields=['id'], name='d'))",
            (
                "migrations.AlterConstraint('Foo', 'c', models.UniqueConstraint(fields=['x'], name='c', "
                "violation_error_message='no'))"
            ),
        ],
    ),
}


def cases(django: tuple[int, ...]) -> dict[str, list[tuple[str, str]]]:
    """The cases that a version of Django has the operations for."""
    later = {name: operations for name, (since, operations) in _LATER.items() if django >= since}
    return {name: [_placed(text) for text in operations] for name, operations in (_CASES | later).items()}


def _placed(text: str) -> tuple[str, str]:
    label, colon, rest = text.partition(": ")
    return (label, rest) if colon and label.isidentifier() else ("a", text)
