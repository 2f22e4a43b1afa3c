"""Calls bound by Django's signatures: operations, fields, indexes and constraints out of what a file calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from miglint.ancestry import Ancestors, no_ancestors, through
from miglint.facts import values
from miglint.facts.fields import CallSite, Constraint, Field, Index
from miglint.facts.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterConstraint,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    AlterTogether,
    CreateCollation,
    CreateExtension,
    CreateModel,
    DeleteModel,
    NamedField,
    Operation,
    RemoveCollation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
    Subclass,
    UnknownOperation,
    ValidateConstraint,
)
from miglint.facts.source import Span
from miglint.facts.values import (
    Argument,
    Call,
    Digest,
    Literal,
    Parameter,
    Reference,
    Sequence,
    Text,
    Unresolved,
    Value,
    truth_of,
)
from miglint.signatures import (
    CONSTRAINTS,
    EXTENSIONS,
    FIELDS,
    INDEXES,
    LIBRARIES,
    OPERATIONS,
    RUN_PYTHON_NOOP,
    RUN_SQL_NOOP,
    STATELESS,
    Kind,
    Signature,
    known_class,
)

_UNPACKED = "a '*' or '**' argument holds what is not written here"


def build_operation(call: Call, path: str, ancestors: Ancestors = no_ancestors) -> Operation:
    """A call as the operation that its class is. `path` is the class called, Django's or one with known ancestors."""
    known = known_class(path)
    if known is not None:
        if known.kind != "operation" or known.name not in OPERATIONS:
            return unknown_operation(call, f"'{path}' is no operation")
        return _built(known.name, call, call, None, ancestors)
    origin = ancestors(path)
    if origin is None:
        foreign = unknown_operation(call, _where(path))
        return replace(foreign, state="nothing") if path in STATELESS else foreign
    known = known_class(origin.path)
    if known is None or known.name not in OPERATIONS:
        reason = f"'{path.lstrip('#')}' inherits from no operation of Django's that is known"
        return replace(unknown_operation(call, reason), state="nothing" if origin.state == "nothing" else "unknown")
    adapted = through(call, origin.inits)
    if adapted is None:
        reason = f"'{path.lstrip('#')}' has an '__init__' of its own"
        if known.name == "RunPython" and origin.state != "unknown":
            # Whatever it runs, Django's state is not what it changes.
            unknown = Unresolved(reason, call.span)
            site = CallSite(call.span, call.function_span, {})
            subclass = Subclass(path, origin.state, "unknown")
            return RunPython(site=site, subclass=subclass, code=unknown, reverse_code=unknown, atomic=unknown)
        return unknown_operation(call, reason)
    return _built(known.name, adapted, call, Subclass(path, origin.state, origin.database), ancestors)


def build_operations(value: Value, span: Span, ancestors: Ancestors = no_ancestors) -> tuple[Operation, ...]:
    """A list of operations. `span` is where it stands, for parts that have no place of their own."""
    return tuple(_operations(value, span, ancestors))


def operation_of(value: Value, span: Span, ancestors: Ancestors = no_ancestors) -> Operation:
    """An item of a list of operations."""
    match value:
        case Call(function=Reference(path)):
            return build_operation(value, path, ancestors)
        case Call():
            return unknown_operation(value, "what is called is worked out by other code")
        case Unresolved(reason, place):
            return _unknown(value, place, reason, several=True)
        case Reference(path):
            return _unknown(value, span, f"'{_plain_name(path)}' is not known from this file alone", several=False)
        case Literal() | Sequence() | values.Mapping() | Digest() | Parameter():
            return _unknown(value, getattr(value, "span", span), "it is no operation", several=False)


def unknown_operation(call: Call, reason: str) -> UnknownOperation:
    return UnknownOperation(
        site=CallSite(call.span, call.function_span, {}),
        function=call.function,
        arguments=call.arguments,
        several=False,
        reason=reason,
        value=call,
    )


def build_field(call: Call, ancestors: Ancestors = no_ancestors) -> Field:
    """A call as a field; `kind` is None where the class is not known, and `arguments` are kept for later."""
    match call.function:
        case Reference(path):
            return _built_field(call, path, ancestors)
        case _:
            return Field("", None, _named(call.arguments), True, _site(call), call.arguments)


def build_index(call: Call, ancestors: Ancestors = no_ancestors) -> Index | None:
    """A call as an index, whatever class it is of; None where what is called has no name."""
    match call.function:
        case Reference(path):
            kind, options, opaque, site, arguments = _bound(call, path, "index", INDEXES, ancestors)
            return Index(path, kind, options, opaque, site, arguments)
        case _:
            return None


def build_constraint(call: Call, ancestors: Ancestors = no_ancestors) -> Constraint | None:
    """A call as a constraint, whatever class it is of; None where what is called has no name."""
    match call.function:
        case Reference(path):
            kind, options, opaque, site, arguments = _bound(call, path, "constraint", CONSTRAINTS, ancestors)
            return Constraint(path, kind, options, opaque, site, arguments)
        case _:
            return None


class _Bound(NamedTuple):
    """A call's arguments by parameter. `opaque` where some are not written out, `error` where they do not fit."""

    values: dict[str, Value]
    spans: dict[str, Span]
    opaque: bool
    error: str | None


def _bind(signature: Signature, arguments: tuple[Argument, ...], what: str) -> _Bound:
    given: dict[str, Value] = {}
    spans: dict[str, Span] = {}
    rest: list[Value] = []
    positional = iter(signature.positional)
    opaque = False
    lost = False
    error: str | None = None
    for argument in _spread(arguments):
        name = argument.name
        if name is None:
            slot = None if lost else next(positional, None)
            if slot is not None:
                given[slot] = argument.value
                spans[slot] = argument.span
            elif signature.star is not None:
                rest.append(argument.value)
                spans.setdefault(signature.star, argument.span)
            elif not lost:
                opaque = True
                error = error or f"{what} takes {len(signature.positional)} positional arguments"
        elif name in ("*", "**"):
            opaque = True
            # What follows an unpacked list may be at any position.
            lost = lost or name == "*"
        else:
            if not signature.open and name not in signature.positional and name not in signature.keywords:
                error = error or f"{what} takes no argument '{name}'"
            given[name] = argument.value
            spans[name] = argument.span
    if rest and signature.star is not None:
        given[signature.star] = Sequence("tuple", tuple(rest), spans[signature.star])
    if not opaque and error is None:
        missing = next((name for name in signature.required if name not in given), None)
        error = None if missing is None else f"{what} lacks its argument '{missing}'"
    return _Bound(given, spans, opaque, error)


def _spread(arguments: tuple[Argument, ...]) -> Iterator[Argument]:
    """The arguments, with unpacked lists and mappings that are known taken apart."""
    for argument in arguments:
        match argument:
            case Argument("*", Sequence(items=items), span):
                for item in items:
                    unknown = isinstance(item, Unresolved)
                    yield Argument("*" if unknown else None, item, span)
            case Argument("**", values.Mapping(items=pairs), span):
                for key, item in pairs:
                    match key:
                        case Literal(str(name)):
                            yield Argument(name, item, span)
                        case _:
                            yield Argument("**", item, span)
            case _:
                yield argument


def _bound(
    call: Call, path: str, kind: Kind, table: Mapping[str, Signature], ancestors: Ancestors
) -> tuple[str | None, Mapping[str, Value], bool, CallSite, tuple[Argument, ...]]:
    """What the dataclasses of facts/fields.py hold, after `path`."""
    known = known_class(path)
    adapted: Call | None = call
    told: frozenset[str] = frozenset()
    forced: dict[str, Value] = {}
    if known is None:
        origin = ancestors(path)
        if origin is not None:
            known = known_class(origin.path)
            adapted = through(call, origin.inits)
            told = origin.told
            # The innermost has the last word.
            for init in origin.inits:
                forced |= init.sets
    if known is None or known.kind != kind:
        opaque = any(argument.name in ("*", "**") for argument in _spread(call.arguments))
        return None, _named(call.arguments), opaque, _site(call), call.arguments
    bound = _bind(table[known.name], (adapted or call).arguments, path)
    # A library's class, or a project's own, may take arguments that Django's does not.
    own = known_class(path) is None or path in LIBRARIES
    strange = bound.error is not None and not own and "lacks" not in bound.error
    given = {**known.options, **bound.values} if known.options else bound.values
    opaque = bound.opaque
    if adapted is None or strange:
        if kind == "field":
            # What its __init__ sets, `deconstruct` tells the migration, but for what it takes out again.
            why = f"'{path.lstrip('#')}' may set it by itself"
            hidden = {name: Unresolved(why, call.span) for name in sorted(told - given.keys()) if name in _OPTIONS}
            given = {**given, **hidden, **{name: value for name, value in forced.items() if name in _OPTIONS}}
        else:
            opaque = True
    return (
        known.name,
        given,
        opaque,
        CallSite(call.span, call.function_span, bound.spans),
        (),
    )


# Options on which a column hangs.
_OPTIONS = frozenset(
    {
        *("null", "unique", "db_index", "primary_key", "max_length", "default", "db_default", "db_column", "to"),
        *("db_constraint", "max_digits", "decimal_places", "base_field", "through", "to_field", "auto_now"),
        *("auto_now_add", "blank", "db_collation", "expression", "output_field", "db_persist"),
    }
)


def _built_field(call: Call, path: str, ancestors: Ancestors) -> Field:
    kind, options, opaque, site, arguments = _bound(call, path, "field", FIELDS, ancestors)
    return Field(path, kind, options, opaque, site, arguments)


def _named(arguments: tuple[Argument, ...]) -> dict[str, Value]:
    return {
        argument.name: argument.value
        for argument in _spread(arguments)
        if argument.name not in (None, "*", "**") and argument.name is not None
    }


def _site(call: Call) -> CallSite:
    spans = {
        argument.name: argument.span
        for argument in call.arguments
        if argument.name not in (None, "*", "**") and argument.name is not None
    }
    return CallSite(call.span, call.function_span, spans)


def _operations(value: Value, span: Span, ancestors: Ancestors) -> Iterator[Operation]:
    match value:
        case Sequence("list" | "tuple", items, place):
            for item in items:
                yield operation_of(item, place, ancestors)
        case Call(Reference("operator.add"), (Argument(None, left), Argument(None, right)), place):
            yield from _operations(left, place, ancestors)
            yield from _operations(right, place, ancestors)
        case Literal(None):
            return
        case Call(Reference(path), _, place):
            yield _unknown(value, place, f"what '{_plain_name(path)}' returns is not known from this file alone", True)
        case Call(span=place):
            yield _unknown(value, place, "the list is worked out by other code", True)
        case Reference(path):
            yield _unknown(value, span, f"'{_plain_name(path)}' is not known from this file alone", True)
        case Unresolved(reason, place):
            yield _unknown(value, place, reason, True)
        case Literal() | Sequence() | values.Mapping() | Digest() | Parameter():
            yield _unknown(value, span, "it is no list of operations", True)


def _unknown(value: Value, span: Span, reason: str, several: bool) -> UnknownOperation:
    function, arguments = (value.function, value.arguments) if isinstance(value, Call) else (None, ())
    callee = value.function_span if isinstance(value, Call) else span
    return UnknownOperation(
        site=CallSite(span, callee, {}),
        function=function,
        arguments=arguments,
        several=several,
        reason=reason,
        value=value,
    )


def _where(path: str) -> str:
    name = _plain_name(path)
    if path.startswith("#"):
        return f"'{name}' inherits from no operation of Django's that is known"
    return f"'{name}' is not known from this file alone"


def _plain_name(path: str) -> str:
    return path.removeprefix("builtins.").lstrip("#")


class _Reader:
    """The arguments of one operation; `unknown` once one that has to be known is not."""

    def __init__(self, bound: _Bound, call: Call) -> None:
        self.bound = bound
        self.call = call
        self.unknown = False

    def given(self, name: str) -> Value | None:
        value = self.bound.values.get(name)
        if value is None and self.bound.opaque:
            self.unknown = True
            return Unresolved(_UNPACKED, self.call.span)
        return value

    def where(self, name: str) -> Span:
        return self.bound.spans.get(name, self.call.span)

    def text(self, name: str) -> Text:
        value = self.given(name)
        match value:
            case Literal(str(text)):
                return text
            case Unresolved():
                self.unknown = True
                return value
            case None:
                return Unresolved(f"the argument '{name}' is missing", self.call.span)
            case _:
                self.unknown = True
                return Unresolved(_reason(value, "a text"), self.where(name))

    def text_or_none(self, name: str) -> Text | None:
        return None if self.bound.values.get(name) in (None, Literal(None)) else self.text(name)

    def flag(self, name: str, default: bool) -> bool | Unresolved:
        value = self.given(name)
        if isinstance(value, Unresolved):
            return value
        truth = truth_of(value, default)
        if truth is not None:
            return truth
        self.unknown = True
        return Unresolved(_reason(value, "a truth value"), self.where(name))

    def value(self, name: str) -> Value:
        value = self.given(name)
        return Unresolved(f"the argument '{name}' is missing", self.call.span) if value is None else value

    def value_or_none(self, name: str) -> Value | None:
        value = self.given(name)
        return None if value == Literal(None) else value

    def mapping(self, name: str) -> Mapping[str, Value] | Unresolved:
        value = self.given(name)
        match value:
            case None | Literal(None):
                return {}
            case values.Mapping(items=pairs) if all(
                isinstance(key, Literal) and isinstance(key.value, str) for key, _ in pairs
            ):
                return {
                    key.value: item for key, item in pairs if isinstance(key, Literal) and isinstance(key.value, str)
                }
            case Unresolved():
                self.unknown = True
                return value
            case _:
                self.unknown = True
                return Unresolved(_reason(value, "a mapping with known keys"), self.where(name))

    def field(self, name: str, ancestors: Ancestors) -> Field:
        return self.field_of(self.value(name), self.where(name), ancestors)

    def field_of(self, value: Value, span: Span, ancestors: Ancestors) -> Field:
        if isinstance(value, Call):
            built = build_field(value, ancestors)
            # A field of an unknown class keeps its own arguments.
            self.unknown = self.unknown or not built.path
            return built
        self.unknown = True
        return Field("", None, {}, True, CallSite(span, span, {}))

    def fields(self, ancestors: Ancestors) -> tuple[NamedField | Unresolved, ...]:
        return tuple(self._fields(self.value("fields"), self.where("fields"), ancestors))

    def _fields(self, value: Value, span: Span, ancestors: Ancestors) -> Iterator[NamedField | Unresolved]:
        match value:
            case Sequence("list" | "tuple", items, place):
                for item in items:
                    yield self._field_item(item, place, ancestors)
            case Call(Reference("operator.add"), (Argument(None, left), Argument(None, right))):
                yield from self._fields(left, span, ancestors)
                yield from self._fields(right, span, ancestors)
            case Unresolved():
                self.unknown = True
                yield value
            case _:
                self.unknown = True
                yield Unresolved(_reason(value, "a list of fields"), span)

    def _field_item(self, item: Value, span: Span, ancestors: Ancestors) -> NamedField | Unresolved:
        match item:
            case Sequence("tuple" | "list", (Literal(str(name)), field), place):
                return NamedField(name, self.field_of(field, place, ancestors))
            case Sequence("tuple" | "list", (name_value, field), place):
                self.unknown = True
                return NamedField(
                    Unresolved(_reason(name_value, "a text"), place), self.field_of(field, place, ancestors)
                )
            case Unresolved():
                self.unknown = True
                return item
            case _:
                self.unknown = True
                return Unresolved(_reason(item, "a pair of a name and a field"), span)

    def index(self, ancestors: Ancestors) -> Index:
        value = self.value("index")
        built = build_index(value, ancestors) if isinstance(value, Call) else None
        self.unknown = self.unknown or built is None
        span = self.where("index")
        return built or Index("", None, {}, True, CallSite(span, span, {}))

    def constraint(self, ancestors: Ancestors) -> Constraint:
        value = self.value("constraint")
        built = build_constraint(value, ancestors) if isinstance(value, Call) else None
        self.unknown = self.unknown or built is None
        span = self.where("constraint")
        return built or Constraint("", None, {}, True, CallSite(span, span, {}))

    def operations(self, name: str, ancestors: Ancestors) -> tuple[Operation, ...]:
        value = self.given(name)
        return () if value is None else build_operations(value, self.where(name), ancestors)


def _reason(value: Value | None, wanted: str) -> str:
    match value:
        case Reference(path):
            return f"the value of '{_plain_name(path)}' is not known"
        case Call(function=Reference(path)) if not path.startswith(("operator.", "builtins.getattr")):
            return f"what '{_plain_name(path)}' returns is not known"
        case Call() | Parameter() | None:
            return "it is worked out by other code"
        case Unresolved(reason):
            return reason
        case _:
            return f"it is not {wanted}"


def _canonical(value: Value | None) -> Value | None:
    """`noop` under the one name that it has in facts."""
    match value:
        case Reference(path) if path.endswith(".noop") and path.startswith("django.db.migrations."):
            return Reference(RUN_SQL_NOOP if path.endswith(".RunSQL.noop") else RUN_PYTHON_NOOP)
        case _:
            return value


def _built(name: str, call: Call, written: Call, subclass: Subclass | None, ancestors: Ancestors) -> Operation:
    """`call` as the class `name` of Django's gets it; `written` as it stands in the file."""
    bound = _bind(OPERATIONS[name], call.arguments, name)
    if bound.error is not None:
        return unknown_operation(written, bound.error)
    reader = _Reader(bound, written)
    site = CallSite(written.span, written.function_span, bound.spans)
    operation = _of_class(name, reader, site, subclass, ancestors)
    return replace(operation, call=written) if reader.unknown else operation


def _of_class(name: str, given: _Reader, site: CallSite, subclass: Subclass | None, ancestors: Ancestors) -> Operation:
    match name:
        case "AddField" | "AlterField":
            return (AddField if name == "AddField" else AlterField)(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                name=given.text("name"),
                field=given.field("field", ancestors),
                preserve_default=given.flag("preserve_default", True),
            )
        case "CreateModel":
            return CreateModel(
                site=site,
                subclass=subclass,
                name=given.text("name"),
                fields=given.fields(ancestors),
                options=given.mapping("options"),
                bases=given.value_or_none("bases"),
                managers=given.value_or_none("managers"),
            )
        case "RunPython":
            return RunPython(
                site=site,
                subclass=subclass,
                code=_canonical(given.value("code")) or given.value("code"),
                reverse_code=_canonical(given.value_or_none("reverse_code")),
                atomic=given.value_or_none("atomic"),
            )
        case "RunSQL":
            return RunSQL(
                site=site,
                subclass=subclass,
                sql=_canonical(given.value("sql")) or given.value("sql"),
                reverse_sql=_canonical(given.value_or_none("reverse_sql")),
                state_operations=given.operations("state_operations", ancestors),
            )
        case "SeparateDatabaseAndState":
            return SeparateDatabaseAndState(
                site=site,
                subclass=subclass,
                database_operations=given.operations("database_operations", ancestors),
                state_operations=given.operations("state_operations", ancestors),
            )
        case "RemoveField":
            return RemoveField(
                site=site, subclass=subclass, model_name=given.text("model_name"), name=given.text("name")
            )
        case "RenameField":
            return RenameField(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                old_name=given.text("old_name"),
                new_name=given.text("new_name"),
            )
        case "AddIndex" | "AddIndexConcurrently":
            return AddIndex(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                index=given.index(ancestors),
                concurrently=name == "AddIndexConcurrently",
            )
        case "RemoveIndex" | "RemoveIndexConcurrently":
            return RemoveIndex(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                name=given.text("name"),
                concurrently=name == "RemoveIndexConcurrently",
            )
        case "RenameIndex":
            return RenameIndex(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                new_name=given.text("new_name"),
                old_name=given.text_or_none("old_name"),
                old_fields=given.value_or_none("old_fields"),
            )
        case "AddConstraint" | "AddConstraintNotValid":
            return AddConstraint(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                constraint=given.constraint(ancestors),
                not_valid=name == "AddConstraintNotValid",
            )
        case "RemoveConstraint":
            return RemoveConstraint(
                site=site, subclass=subclass, model_name=given.text("model_name"), name=given.text("name")
            )
        case "AlterConstraint":
            return AlterConstraint(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                name=given.text("name"),
                constraint=given.constraint(ancestors),
            )
        case "ValidateConstraint":
            return ValidateConstraint(
                site=site, subclass=subclass, model_name=given.text("model_name"), name=given.text("name")
            )
        case "DeleteModel":
            return DeleteModel(site=site, subclass=subclass, name=given.text("name"))
        case "RenameModel":
            return RenameModel(
                site=site, subclass=subclass, old_name=given.text("old_name"), new_name=given.text("new_name")
            )
        case "AlterModelTable":
            return AlterModelTable(
                site=site, subclass=subclass, name=given.text("name"), table=given.text_or_none("table")
            )
        case "AlterModelTableComment":
            return AlterModelTableComment(
                site=site, subclass=subclass, name=given.text("name"), table_comment=given.value("table_comment")
            )
        case "AlterModelOptions":
            return AlterModelOptions(
                site=site, subclass=subclass, name=given.text("name"), options=given.mapping("options")
            )
        case "AlterModelManagers":
            return AlterModelManagers(
                site=site, subclass=subclass, name=given.text("name"), managers=given.value("managers")
            )
        case "AlterUniqueTogether":
            return AlterTogether(
                site=site,
                subclass=subclass,
                name=given.text("name"),
                option="unique_together",
                value=given.value("unique_together"),
            )
        case "AlterIndexTogether":
            return AlterTogether(
                site=site,
                subclass=subclass,
                name=given.text("name"),
                option="index_together",
                value=given.value("index_together"),
            )
        case "AlterOrderWithRespectTo":
            return AlterOrderWithRespectTo(
                site=site,
                subclass=subclass,
                name=given.text("name"),
                order_with_respect_to=given.text_or_none("order_with_respect_to"),
            )
        case "CreateCollation":
            return CreateCollation(site=site, subclass=subclass, name=given.text("name"))
        case "RemoveCollation":
            return RemoveCollation(site=site, subclass=subclass, name=given.text("name"))
        case "CreateExtension":
            return CreateExtension(site=site, subclass=subclass, name=given.text("name"))
        case _:
            return CreateExtension(site=site, subclass=subclass, name=EXTENSIONS[name])
