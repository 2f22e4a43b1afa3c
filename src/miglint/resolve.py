"""Migrations with every name answered that the project can answer: from what one file refers to, to what another says.

A second step over facts, never cached with them: what a name means depends on the whole tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from miglint.ancestry import Ancestry, ancestry
from miglint.binding import build_constraint, build_field, build_index, build_operations, operation_of
from miglint.dependencies import dependencies_of
from miglint.facts.fields import Constraint, Field, Index
from miglint.facts.migration import (
    AnyDependency,
    Class,
    Function,
    Migration,
    MigrationClass,
    MigrationKey,
    Module,
)
from miglint.facts.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterConstraint,
    AlterField,
    CreateModel,
    NamedField,
    Operation,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
    UnknownOperation,
)
from miglint.facts.source import TOP
from miglint.facts.values import (
    Call,
    Reference,
    Sequence,
    Unresolved,
    Value,
    truth_of,
)
from miglint.folding import substitute
from miglint.lookup import External, Found, Lookup, Modules
from miglint.signatures import known_class


class Resolving:
    """Migrations as they become known: what they refer to may have to be read first.

    `used` are the files that they rest on. Which others were read is chance: by what was known when a name was sought.
    """

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.migrations: dict[tuple[MigrationKey, str], Migration | None] = {}
        self.used: set[str] = set()

    def resolve(self, key: MigrationKey, path: str, module: Module) -> bool:
        """Whether all that a migration refers to is known; if not, it has to be asked again."""
        before = self.modules.asked_in_vain
        self.modules.consulted.clear()
        migration = resolve_migration(key, path, module, self.modules)
        if self.modules.asked_in_vain > before:
            return False
        self.migrations[key, path] = migration
        self.used |= self.modules.consulted
        return True


def resolve_migration(key: MigrationKey, path: str, module: Module, modules: Modules) -> Migration | None:
    """A module as the migration that it is under a key; None where it has no class `Migration`.

    Most files refer to Django alone and pass through untouched. What cannot be known stays as it was.
    """
    own = module.migration
    if own is None:
        return _imported(key, path, module, modules)
    if not _refers_elsewhere(module, modules.lookup):
        return _migration(key, path, module, own, own.initial, own.atomic)
    return _Resolver(key, path, module, own, modules).migration()


def _imported(key: MigrationKey, path: str, module: Module, modules: Modules) -> Migration | None:
    """A class `Migration` that the module imports; its facts have the places of another file, so they lose them."""
    if "Migration" not in module.names:
        if not module.stars:
            return None
        found = modules.find("builtins.Migration", path)
        if not isinstance(found, Found):
            return None
    else:
        found = modules.find("#Migration", path)
    other = modules.module(found.path) if isinstance(found, Found) and isinstance(found.what, Class) else None
    if isinstance(found, Found) and other is not None and other.migration is not None and found.name == "Migration":
        theirs = resolve_migration(key, found.path, other, modules)
        if theirs is not None:
            return replace(theirs, path=path, span=TOP, attribute_spans={}, module=module)
    # Django would load it, so the history has it, whatever it holds.
    unknown = Unresolved("the class Migration is imported from a module that is not known", TOP)
    return Migration(
        key=key,
        path=path,
        span=TOP,
        dependencies=(unknown,),
        run_before=(),
        replaces=(),
        operations=build_operations(unknown, TOP),
        attribute_spans={},
        initial=None,
        atomic=unknown,
        module=module,
    )


def _refers_elsewhere(module: Module, lookup: Lookup) -> bool:
    return bool(module.stars) or any(
        isinstance(value, Reference)
        and not value.path.startswith(("#", "django."))
        and (value.path.startswith(_OPENING) or lookup.may_know(value.path))
        for value in module.names.values()
    )


# Imports that come before reading a file beside the migration.
_OPENING = ("os", "pathlib", "io", "codecs")


def _migration(
    key: MigrationKey, path: str, module: Module, own: MigrationClass, initial: Value | None, atomic: Value | None
) -> Migration:
    truth = truth_of(atomic, True)
    return Migration(
        key=key,
        path=path,
        span=own.span,
        dependencies=own.dependencies,
        run_before=own.run_before,
        replaces=own.replaces,
        operations=own.operations,
        attribute_spans=own.attribute_spans,
        initial=None if initial is None else truth_of(initial, False),
        atomic=truth if truth is not None else Unresolved("its value is not known", own.span),
        module=module,
    )


class _Resolver:
    """One migration whose module refers to other files."""

    def __init__(self, key: MigrationKey, path: str, module: Module, own: MigrationClass, modules: Modules) -> None:
        self.key = key
        self.path = path
        self.module = module
        self.own = own
        self.modules = modules

    def migration(self) -> Migration:
        resolved = replace(
            self.own,
            dependencies=self.dependencies("dependencies", self.own.dependencies),
            run_before=self.dependencies("run_before", self.own.run_before),
            replaces=self.dependencies("replaces", self.own.replaces),
            operations=self.all_operations(),
        )
        initial, atomic = (
            self.attribute(name, value) for name, value in (("initial", self.own.initial), ("atomic", self.own.atomic))
        )
        migration = _migration(self.key, self.path, self.module, resolved, initial, atomic)
        helpers = dict(self.helpers(migration))
        return replace(migration, helpers=helpers) if helpers else migration

    def helpers(self, migration: Migration) -> Iterator[tuple[str, tuple[str, str]]]:
        """The functions of other files that RunPython calls, itself or by way of a function of the module."""
        called = [one.function for function in self.module.functions.values() for one in function.calls]
        for _, operation in migration.operations_within():
            if isinstance(operation, RunPython):
                named = (operation.code, operation.reverse_code)
                called += [value.path for value in named if isinstance(value, Reference)]
        for name in dict.fromkeys(called):
            found = None if name.startswith(("#", "django.")) else self.modules.find(name, self.path)
            if isinstance(found, Found) and isinstance(found.what, Function):
                yield name, (found.path, found.name)

    # Attributes.

    def attribute(self, name: str, own: Value | None) -> Value | None:
        if own is not None:
            return self.modules.evaluate(own, self.path)
        return self.inherited(name)

    def inherited(self, name: str) -> Value | None:
        """What a base class of another file says, with the places of this one."""
        if name in self.own.declared:
            return None
        for base in self.own.bases:
            if isinstance(base, Reference):
                found = self.modules.attribute(base.path, self.path, name)
                if found is not None and not isinstance(found.what, (Class, Function)):
                    return substitute(self.modules.evaluate_for(found.what, found.path, self.path), {}, self.own.span)
        return None

    def dependencies(self, name: str, own: tuple[AnyDependency, ...]) -> tuple[AnyDependency, ...]:
        value: Value | None = None
        if name not in self.own.declared:
            value = self.inherited(name)
        elif any(isinstance(entry, Unresolved) for entry in own):
            known = self.module.classes.get("Migration")
            attribute = known.attributes.get(name) if known is not None else None
            value = self.modules.evaluate(attribute, self.path) if attribute is not None else None
        return dependencies_of(value, self.own.span) if isinstance(value, Sequence) else own

    # Operations.

    def all_operations(self) -> tuple[Operation, ...]:
        if "operations" in self.own.declared:
            return self.operations(self.own.operations)
        for base in self.own.bases:
            if not isinstance(base, Reference):
                continue
            for found in self.modules.lineage(base.path, self.path):
                other = self.modules.module(found.path)
                if other is not None and other.migration is not None and found.name == "Migration":
                    if "operations" in other.migration.declared:
                        return other.migration.operations
                elif isinstance(found.what, Class) and "operations" in found.what.attributes:
                    value = self.modules.evaluate_for(found.what.attributes["operations"], found.path, self.path)
                    return build_operations(substitute(value, {}, self.own.span), self.own.span, self.ancestors)
        return self.own.operations

    def operations(self, operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
        return tuple(resolved for operation in operations for resolved in self.operation(operation))

    def operation(self, operation: Operation) -> tuple[Operation, ...]:
        if isinstance(operation, UnknownOperation):
            return self.unknown(operation)
        if operation.call is not None:
            (built,) = self.built(operation.call, (operation,), several=False)
            return (operation if isinstance(built, UnknownOperation) else built,)
        if isinstance(operation, SeparateDatabaseAndState):
            database = self.operations(operation.database_operations)
            state = self.operations(operation.state_operations)
            return (replace(operation, database_operations=database, state_operations=state),)
        if isinstance(operation, RunSQL):
            return (
                replace(
                    operation,
                    sql=self.modules.evaluate(operation.sql, self.path),
                    reverse_sql=None
                    if operation.reverse_sql is None
                    else self.modules.evaluate(operation.reverse_sql, self.path),
                    state_operations=self.operations(operation.state_operations),
                ),
            )
        if isinstance(operation, AddField | AlterField):
            return (replace(operation, field=self.field(operation.field)),)
        if isinstance(operation, CreateModel):
            fields = tuple(
                NamedField(item.name, self.field(item.field)) if isinstance(item, NamedField) else item
                for item in operation.fields
            )
            return (replace(operation, fields=fields),)
        if isinstance(operation, AddIndex):
            return (replace(operation, index=self.index(operation.index)),)
        if isinstance(operation, AddConstraint | AlterConstraint):
            return (replace(operation, constraint=self.constraint(operation.constraint)),)
        return (operation,)

    def unknown(self, operation: UnknownOperation) -> tuple[Operation, ...]:
        if operation.value is None:
            return (operation,)
        return self.built(operation.value, (operation,), several=operation.several)

    def built(self, value: Value, otherwise: tuple[Operation, ...], *, several: bool) -> tuple[Operation, ...]:
        """The operations that a value is; `otherwise` where they are no better known than before."""
        span = otherwise[0].site.span
        evaluated = self.modules.evaluate(value, self.path)
        if several:
            operations = build_operations(evaluated, span, self.ancestors)
        else:
            operations = (operation_of(evaluated, span, self.ancestors),)
        if len(operations) == 1 and isinstance(operations[0], UnknownOperation):
            # What it does stays unknown; that it leaves the state alone may be known by now.
            leaves_state = operations[0].state == "nothing" and isinstance(otherwise[0], UnknownOperation)
            return (operations[0],) if leaves_state else otherwise
        return operations

    def field(self, field: Field) -> Field:
        """A field with its class, and the options that decide what the database does, worked out."""
        if field.kind is None:
            built = self.again(field)
            found = build_field(built, self.ancestors) if built is not None else field
            return field if found.kind is None else found
        worth = {
            name: self.modules.evaluate(value, self.path)
            for name, value in field.options.items()
            if name in _DECIDING and isinstance(value, Reference | Call)
        }
        return replace(field, options={**field.options, **worth}) if worth else field

    def index(self, index: Index) -> Index:
        built = self.again(index) if index.kind is None else None
        found = build_index(built, self.ancestors) if built is not None else None
        return index if found is None or found.kind is None else found

    def constraint(self, constraint: Constraint) -> Constraint:
        built = self.again(constraint) if constraint.kind is None else None
        found = build_constraint(built, self.ancestors) if built is not None else None
        return constraint if found is None or found.kind is None else found

    def again(self, built: Field | Index | Constraint) -> Call | None:
        """The call that builds something of an unknown class; where it calls a function, what that returns."""
        if not built.path:
            return None
        call = Call(Reference(built.path), built.arguments, built.site.span, built.site.callee)
        value = self.modules.evaluate(call, self.path)
        return value if isinstance(value, Call) else None

    def ancestors(self, name: str) -> Ancestry | None:
        """What `binding` asks about a class that is not Django's."""
        found = self.modules.find(name, self.path)
        if isinstance(found, External):
            # A project's module may hand on Django's class under its own name.
            known = found.path != name and known_class(found.path) is not None
            return Ancestry(found.path, "same", "same", ()) if known else None
        if found is None or not isinstance(found.what, Class):
            return None
        classes = {_token(found): found}

        def find(token: str) -> tuple[Class, tuple[str, ...]] | None:
            here = classes.get(token)
            if here is None or not isinstance(here.what, Class):
                return None
            bases = []
            for base in here.what.bases:
                meant = self.modules.find(base.path, here.path) if isinstance(base, Reference) else None
                if isinstance(meant, Found):
                    classes[_token(meant)] = meant
                bases.append(_token(meant) if meant is not None else "")
            return here.what, tuple(bases)

        return ancestry(_token(found), find)


# Options whose values change what the database does; others are left as they are written, so that a
# reference to a model's module does not make it be read.
_DECIDING = frozenset(
    {"null", "blank", "unique", "db_index", "primary_key", "max_length", "max_digits", "decimal_places", "db_column"}
    | {"db_constraint", "db_default", "db_collation", "db_tablespace", "to", "to_field", "through", "size", "srid"}
)


def _token(meaning: Found | External) -> str:
    return meaning.path if isinstance(meaning, External) else f"{meaning.path}#{meaning.name}"
