"""What an operation says of itself while `migrate` runs it, in the words of Django 5.2."""

from __future__ import annotations

from miglint.facts.fields import Constraint, Index
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
    UnknownOperation,
    ValidateConstraint,
)
from miglint.facts.values import (
    Argument,
    Call,
    Digest,
    Literal,
    Mapping,
    Parameter,
    Reference,
    Sequence,
    Text,
    Unresolved,
    Value,
    text_of,
    truth_of,
)
from miglint.schema.replay import members_of, name_of, strings_of

# Stands for what is not known.
_UNKNOWN = "?"


def describe(operation: Operation) -> str:
    """`Operation.describe()` of Django's own operations, with `?` for what is not known.

    Of any other operation the name alone: its `describe()` is code. So is that of a subclass, which is described as
    the operation that it is.
    """
    match operation:
        case CreateModel(name=name, options=options):
            is_proxy = not isinstance(options, Unresolved) and truth_of(options.get("proxy"), False)
            return f"Create {'proxy ' if is_proxy else ''}model {_text(name)}"
        case DeleteModel(name=name):
            return f"Delete model {_text(name)}"
        case RenameModel(old_name=old, new_name=new):
            return f"Rename model {_text(old)} to {_text(new)}"
        case AlterModelTable(name=name, table=table):
            return f"Rename table for {_text(name)} to {'(default)' if table is None else _text(table)}"
        case AlterModelTableComment(name=name):
            return f"Alter {_text(name)} table comment"
        case AlterModelOptions(name=name):
            return f"Change Meta options on {_text(name)}"
        case AlterModelManagers(name=name):
            return f"Change managers on {_text(name)}"
        case AlterTogether(name=name, option=option, value=value):
            members = members_of(value)
            count = _UNKNOWN if members is None else len({*members})
            return f"Alter {option} for {_text(name)} ({count} constraint(s))"
        case AlterOrderWithRespectTo(name=name, order_with_respect_to=field):
            return f"Set order_with_respect_to on {_text(name)} to {'None' if field is None else _text(field)}"
        case AddField(model_name=model, name=name):
            return f"Add field {_text(name)} to {_text(model)}"
        case RemoveField(model_name=model, name=name):
            return f"Remove field {_text(name)} from {_text(model)}"
        case AlterField(model_name=model, name=name):
            return f"Alter field {_text(name)} on {_text(model)}"
        case RenameField(model_name=model, old_name=old, new_name=new):
            return f"Rename field {_text(old)} on {_text(model)} to {_text(new)}"
        case AddIndex(model_name=model, index=index, concurrently=concurrently):
            return _added(index, _text(model), concurrently)
        case RemoveIndex(model_name=model, name=name, concurrently=concurrently):
            return f"{'Concurrently remove' if concurrently else 'Remove'} index {_text(name)} from {_text(model)}"
        case RenameIndex(model_name=model, new_name=new, old_name=old_name, old_fields=old_fields):
            if old_name is not None:
                return f"Rename index {_text(old_name)} on {_text(model)} to {_text(new)}"
            fields = strings_of(old_fields)
            old = _UNKNOWN if fields is None else repr(fields)
            return f"Rename unnamed index for {old} on {_text(model)} to {_text(new)}"
        case AddConstraint(model_name=model, constraint=constraint, not_valid=not_valid):
            return f"Create {'not valid ' if not_valid else ''}constraint {_name(constraint)} on model {_text(model)}"
        case RemoveConstraint(model_name=model, name=name):
            return f"Remove constraint {_text(name)} from model {_text(model)}"
        case AlterConstraint(model_name=model, name=name):
            return f"Alter constraint {_text(name)} on {_text(model)}"
        case ValidateConstraint(model_name=model, name=name):
            return f"Validate constraint {_text(name)} on model {_text(model)}"
        case CreateExtension(name=name):
            return f"Creates extension {_text(name)}"
        case CreateCollation(name=name):
            return f"Create collation {_text(name)}"
        case RemoveCollation(name=name):
            return f"Remove collation {_text(name)}"
        case RunPython():
            return "Raw Python operation"
        case RunSQL():
            return "Raw SQL operation"
        case SeparateDatabaseAndState():
            return "Custom state/database change combination"
        case UnknownOperation(function=function, several=several):
            if several:
                return "Operations that are not known"
            return _last_part(function.path) if isinstance(function, Reference) else "An operation that is not known"


def _added(index: Index, model: str, concurrently: bool) -> str:
    expressions = index.options.get("expressions")
    items = expressions.items if isinstance(expressions, Sequence) else ()
    if items and not concurrently:
        return f"Create index {_name(index)} on {', '.join(map(_expression, items))} on model {model}"
    fields = index.options.get("fields")
    named = strings_of(fields) if fields is not None else ()
    listed = _UNKNOWN if named is None else ", ".join(named)
    verb = "Concurrently create" if concurrently else "Create"
    return f"{verb} index {_name(index)} on field(s) {listed} of model {model}"


def _name(built: Index | Constraint) -> str:
    return name_of(built) or _UNKNOWN


def _text(text: Text) -> str:
    return _UNKNOWN if isinstance(text, Unresolved) else text


def _last_part(path: str) -> str:
    return path.rpartition(".")[2].lstrip("#") or _UNKNOWN


_OPERATORS = {
    "operator.add": "+",
    "operator.sub": "-",
    "operator.mul": "*",
    "operator.truediv": "/",
    "operator.mod": "%%",
    "operator.pow": "^",
}


def _expression(value: Value) -> str:
    """An expression as its `__str__` has it, as far as those go that people put into indexes."""
    match value:
        case Literal(str(name)):
            return f"F({name})"
        case Literal(constant):
            return f"Value({constant!r})"
        case Call(Call(Reference("builtins.getattr"), (Argument(None, inner), Argument(None, Literal(str(method)))))):
            if method in ("asc", "desc"):
                return f"OrderBy({_expression(inner)}, descending={method == 'desc'})"
            return _UNKNOWN
        case Call(Reference(path), (Argument(None, one),)) if path == "operator.neg":
            return f"{_expression(one)} * Value(-1)"
        case Call(Reference(path), (Argument(None, left), Argument(None, right))) if path in _OPERATORS:
            return f"{_operand(left)} {_OPERATORS[path]} {_operand(right)}"
        case Call(Reference(path)) if path.startswith(("operator.", "builtins.")):
            return _UNKNOWN
        case Call(Reference(path), arguments):
            return _called(_last_part(path), arguments)
        case Reference(path):
            return _last_part(path)
        case Call() | Sequence() | Mapping() | Parameter() | Digest() | Unresolved():
            return _UNKNOWN


def _operand(value: Value) -> str:
    """In arithmetic a string is a value; as a function's argument it names a field."""
    return f"Value({value.value!r})" if isinstance(value, Literal) else _expression(value)


def _called(kind: str, arguments: tuple[Argument, ...]) -> str:
    match kind, arguments:
        case "F", (Argument(value=Literal(str(name))),):
            return f"F({name})"
        case "Value", (Argument(value=Literal(constant)), *_):
            return f"Value({constant!r})"
        case _:
            pass
    positional = [one.value for one in arguments if one.name is None]
    # Cast's second argument is a field, and no part of the expression.
    shown = [_expression(one) for one in positional if not _is_field(one)]
    named = ((one.name, text_of(one.value)) for one in arguments if one.name in ("function", "name"))
    shown += [f"{name}={text}" for name, text in named if text is not None]
    return f"{kind}({', '.join(shown)})"


def _is_field(value: Value) -> bool:
    return isinstance(value, Call) and isinstance(value.function, Reference) and value.function.path.endswith("Field")
