"""Statements → names: a file run in mind, from its first line to its last.

Where a condition is not known both ways are taken, and what they agree on is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as AnySequence
from dataclasses import replace
from typing import Literal as OneOf
from typing import TypeAlias

import libcst as cst

from miglint.facts.migration import Class, Function
from miglint.facts.source import Span
from miglint.facts.values import (
    Argument,
    Call,
    Literal,
    Mapping,
    Parameter,
    Reference,
    Sequence,
    Unresolved,
    Value,
    truth_of,
)
from miglint.folding import call_of, fold_call, fold_item, fold_operator, items_of, merged
from miglint.parse.functions import is_worth_a_look, uses_of
from miglint.parse.positions import Positions
from miglint.parse.queries import Queries, queries_of
from miglint.parse.statements import (
    CHANGING,
    body_of,
    catches_missing_module,
    dotted_name,
    imports_something,
    is_docstring,
    is_idle,
    is_super_call,
    may_return,
    names_bound_in,
    places_changed_in,
    returns_something,
    sets_own_attribute,
    statements_of,
)
from miglint.parse.values import Evaluator, Scope, TooMuchError
from miglint.records import dataclass

# How a block of statements ends.
Flow: TypeAlias = OneOf["next", "return", "raise", "break", "continue"]

# A part of a place that is assigned to: an attribute or an item.
_Step: TypeAlias = str | Literal

_DEEPEST_CALL = 15
_EMPTY_UNLESS_SAID = frozenset({"operations", "dependencies", "run_before", "replaces"})
_CONDITIONAL = "it is bound differently under a condition"


@dataclass(frozen=True, slots=True)
class Draft:
    """A class while the file is read; `places` are the spans of the statements that set its attributes."""

    name: str
    bases: tuple[Value, ...]
    attributes: dict[str, Value]
    methods: dict[str, str]
    places: dict[str, Span]
    span: Span


@dataclass(frozen=True, slots=True)
class _Definition:
    node: cst.FunctionDef | cst.Lambda
    scope: Scope
    parameters: tuple[str, ...]
    defaults: dict[str, Value]


@dataclass(frozen=True, slots=True)
class _State:
    """What one way through a condition has made of the names."""

    names: dict[str, Value]
    classes: dict[str, Draft]


class Interpreter(Evaluator):
    """Runs a module in mind. `module` holds its names afterwards, `classes` and `functions` what it defines."""

    def __init__(self, positions: Positions) -> None:
        super().__init__(positions)
        self.module = Scope("module")
        self.stars: list[str] = []
        self.classes: dict[str, Draft] = {}
        self.functions: dict[str, Function] = {}
        self._definitions: dict[str, _Definition] = {}
        self._returned: Value = Literal(None)
        self._depth = 0
        self._worth_a_look = is_worth_a_look(positions.text)

    def run(self, module: cst.Module) -> None:
        self._block(module.body, self.module)
        # A class within a function is met while the function is described, and its methods only then.
        while waiting := [item for item in self._definitions.items() if item[0] not in self.functions]:
            for name, definition in waiting:
                self._describe(name, definition)

    def class_facts(self) -> dict[str, Class]:
        return {
            name: Class(
                name=draft.name,
                bases=draft.bases,
                attributes=draft.attributes,
                methods={method: self.functions[path] for method, path in draft.methods.items()},
                span=draft.span,
            )
            for name, draft in self.classes.items()
        }

    def place(self, node: cst.CSTNode) -> Span:
        return self.positions.span(node)

    # Functions of the file.

    def call_function(self, path: str, arguments: tuple[Argument, ...], span: Span) -> Value | None:
        definition = self._definitions.get(path[1:])
        if definition is None:
            return None
        if self._depth >= _DEEPEST_CALL:
            raise TooMuchError("a function calls itself too often")
        scope = self._entered(definition, arguments, span)
        if scope is None:
            return None
        try:
            outcome = self._outcome(definition, scope)
        except TooMuchError:
            # What is cut short inside is not known as a whole: half of it would be a guess.
            if self._depth:
                raise
            return None
        # A call that is not known is worth more than the knowledge that it is not.
        return None if isinstance(outcome, Unresolved) else outcome

    def function_of_lambda(self, node: cst.Lambda, scope: Scope) -> Value:
        place = self.place(node)
        name = f"<lambda:{place.line}:{place.column}>"
        self._define(name, node, node.params, scope)
        return Reference(f"#{name}")

    def member(self, path: str, name: str) -> Value | None:
        seen: set[str] = set()
        while path.startswith("#") and path not in seen:
            seen.add(path)
            draft = self.classes.get(path[1:])
            if draft is None:
                return None
            if name in draft.attributes:
                return draft.attributes[name]
            if name in draft.methods:
                return Reference(f"#{draft.methods[name]}")
            nested = f"{path[1:]}.{name}"
            if nested in self.classes:
                return Reference(f"#{nested}")
            base = draft.bases[0] if len(draft.bases) == 1 else None
            if not isinstance(base, Reference):
                return None
            path = base.path
        return None if path.startswith("#") else Reference(f"{path}.{name}")

    def _define(self, name: str, node: cst.FunctionDef | cst.Lambda, parameters: cst.Parameters, scope: Scope) -> None:
        names: list[str] = []
        defaults: dict[str, Value] = {}
        for parameter in (*parameters.posonly_params, *parameters.params):
            names.append(parameter.name.value)
            if parameter.default is not None:
                defaults[parameter.name.value] = self.evaluate(parameter.default, scope)
        if isinstance(parameters.star_arg, cst.Param):
            names.append(f"*{parameters.star_arg.name.value}")
        elif parameters.kwonly_params:
            names.append("*")
        for parameter in parameters.kwonly_params:
            names.append(parameter.name.value)
            if parameter.default is not None:
                defaults[parameter.name.value] = self.evaluate(parameter.default, scope)
        if parameters.star_kwarg is not None:
            names.append(f"**{parameters.star_kwarg.name.value}")
        # A name that is defined again is another function: the last one counts.
        self._definitions.pop(name, None)
        self._definitions[name] = _Definition(node, scope, tuple(names), defaults)

    def _describe(self, name: str, definition: _Definition) -> None:
        """The facts of a function, once every name of the file is known."""
        node = definition.node
        template = Scope("function", f"{name}.", definition.scope)
        for parameter in definition.parameters:
            template.values[parameter.lstrip("*")] = Parameter(parameter.lstrip("*"))
        span = self.place(node)
        forwards: tuple[Argument, ...] | None = None
        does_nothing = False
        if isinstance(node, cst.FunctionDef):
            start, _ = self.positions.offsets(node)
            span = self.positions.span_of(start, self.positions.offsets(node.name)[1])
            body = statements_of(node.body)
            does_nothing = all(is_idle(statement) for statement in body)
            forwards = self._forwards(node, body, template)
        try:
            returns = self._outcome(definition, template)
        except TooMuchError as error:
            returns = Unresolved(error.reason, span)
        if isinstance(node, cst.Lambda):
            does_nothing = returns in (Literal(None), Reference("builtins.Ellipsis"))
        lookups, calls = (
            uses_of(node, definition.parameters, self, definition.scope) if self._worth_a_look else ((), ())
        )
        queries = queries_of(node, definition.parameters, self, definition.scope) if self._worth_a_look else Queries()
        self.functions[name] = Function(
            name=name,
            span=span,
            parameters=definition.parameters,
            defaults=definition.defaults,
            returns=returns,
            does_nothing=does_nothing,
            forwards=forwards,
            lookups=lookups,
            calls=tuple(call._replace(vendors=queries.guarded.get(call.span)) for call in calls),
            queries=queries.found,
            strings=_strings_in(node) if name.rpartition(".")[2] == "deconstruct" else (),
            sets=self._sets(node, template) if name.rpartition(".")[2] == "__init__" else {},
        )

    def _sets(self, node: cst.FunctionDef | cst.Lambda, scope: Scope) -> dict[str, Value]:
        """`kwargs["null"] = True`, where nothing decides whether it is done."""
        if not isinstance(node, cst.FunctionDef) or not isinstance(node.params.star_kwarg, cst.Param):
            return {}
        rest = node.params.star_kwarg.name.value
        found: dict[str, Value] = {}
        for statement in statements_of(node.body):
            if not isinstance(statement, cst.Assign):
                continue
            for target in statement.targets:
                match target.target:
                    case cst.Subscript(
                        value=cst.Name(value=name),
                        slice=[cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString() as key))],
                    ) if name == rest:
                        option, value = key.evaluated_value, self.evaluate(statement.value, scope)
                        if isinstance(option, str) and isinstance(value, Literal):
                            found[option] = value
                    case _:
                        pass
        return found

    def _forwards(
        self, node: cst.FunctionDef, body: list[cst.BaseSmallStatement | cst.BaseCompoundStatement], scope: Scope
    ) -> tuple[Argument, ...] | None:
        """The arguments with which the body calls the same method of `super()`, and does no more than that."""
        calls: list[cst.Call] = []
        for statement in body:
            value: cst.BaseExpression | None = None
            if isinstance(statement, cst.Expr | cst.Return):
                value = statement.value
            elif isinstance(statement, cst.Assign) and sets_own_attribute(statement):
                # What an instance keeps for itself says nothing to its base class.
                if node.name.value == "__init__":
                    continue
                return None
            if isinstance(value, cst.Call) and is_super_call(value, node.name.value):
                calls.append(value)
            elif not (isinstance(statement, cst.Pass) or is_docstring(statement)):
                return None
        if len(calls) != 1:
            return None
        return self._arguments(calls[0], "builtins.super", True, scope)

    def _entered(self, definition: _Definition, arguments: tuple[Argument, ...], span: Span) -> Scope | None:
        """The scope of a call; None where its arguments do not fit or are not written out."""
        scope = Scope("function", "", definition.scope)
        names = [name for name in definition.parameters if not name.startswith("*")]
        star = next((at for at, name in enumerate(definition.parameters) if name.startswith("*")), len(names))
        slots = list(definition.parameters[:star])
        rest: list[Value] = []
        named: list[tuple[Value, Value]] = []
        for argument in arguments:
            match argument.name:
                case None if slots:
                    scope.values[slots.pop(0)] = argument.value
                case None:
                    rest.append(argument.value)
                case "*" | "**":
                    return None
                case name if name in names and name not in scope.values:
                    scope.values[name] = argument.value
                    slots = [slot for slot in slots if slot != name]
                case name:
                    named.append((Literal(name), argument.value))
        for name in names:
            if name not in scope.values:
                if name not in definition.defaults:
                    return None
                scope.values[name] = definition.defaults[name]
        collects_rest = collects_named = False
        for name in definition.parameters:
            if name.startswith("**"):
                scope.values[name[2:]] = Mapping(tuple(named), span)
                collects_named = True
            elif name.startswith("*") and name != "*":
                scope.values[name[1:]] = Sequence("tuple", tuple(rest), span)
                collects_rest = True
        if (rest and not collects_rest) or (named and not collects_named):
            return None
        return scope

    def _outcome(self, definition: _Definition, scope: Scope) -> Value:
        """What a function returns with the names of a scope bound. Raises TooMuchError."""
        node = definition.node
        if isinstance(node, cst.Lambda):
            self.spend()
            return self.evaluate(node.body, scope)
        place = self.place(node.name)
        if node.decorators or node.asynchronous is not None:
            return Unresolved(f"'{node.name.value}' is decorated or asynchronous", place)
        if not returns_something(node.body):
            code = self.positions.code(node)
            return Unresolved(f"'{node.name.value}' is a generator", place) if "yield" in code else Literal(None)
        if "yield" in self.positions.code(node):
            return Unresolved(f"'{node.name.value}' is a generator", place)
        self.spend(5)
        self._depth += 1
        outside, self._returned = self._returned, Literal(None)
        try:
            flow = self._block(statements_of(node.body), scope)
            if flow == "raise":
                return Unresolved(f"'{node.name.value}' raises an exception", place)
            self.reused = True
            return self.bounded(self._returned if flow == "return" else Literal(None), place)
        finally:
            self._depth -= 1
            self._returned = outside

    # Statements.

    def _block(self, statements: AnySequence[cst.BaseStatement | cst.BaseSmallStatement], scope: Scope) -> Flow:
        for statement in statements:
            if self._depth:
                self.spend()
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    flow = self._small(small, scope)
                    if flow != "next":
                        return flow
            else:
                flow = (
                    self._small(statement, scope)
                    if isinstance(statement, cst.BaseSmallStatement)
                    else (self._compound(statement, scope))
                )
                if flow != "next":
                    return flow
        return "next"

    def _small(self, node: cst.BaseSmallStatement, scope: Scope) -> Flow:
        match node:
            case cst.Assign():
                value = self.bounded(self.evaluate(node.value, scope), self.place(node.value))
                for target in node.targets:
                    self._assign(target.target, value, scope, node)
            case cst.AnnAssign():
                if node.value is not None:
                    value = self.bounded(self.evaluate(node.value, scope), self.place(node.value))
                    self._assign(node.target, value, scope, node)
            case cst.AugAssign():
                self._augment(node, scope)
            case cst.Expr():
                self._expression(node.value, scope)
            case cst.Import():
                for alias in node.names:
                    self._import(alias, scope)
            case cst.ImportFrom():
                self._import_from(node, scope)
            case cst.Return():
                self._returned = Literal(None) if node.value is None else self.evaluate(node.value, scope)
                return "return"
            case cst.Raise():
                return "raise"
            case cst.Break():
                return "break"
            case cst.Continue():
                return "continue"
            case cst.Del():
                if isinstance(node.target, cst.Name):
                    scope.values.pop(node.target.value, None)
            case _:
                pass
        return "next"

    def _compound(self, node: cst.BaseStatement, scope: Scope) -> Flow:
        match node:
            case cst.FunctionDef():
                name = f"{scope.name}{node.name.value}"
                self._define(name, node, node.params, scope)
                scope.values[node.name.value] = Reference(f"#{name}")
                return "next"
            case cst.ClassDef():
                self._class(node, scope)
                return "next"
            case cst.If():
                return self._if(node, scope)
            case cst.Try() | cst.TryStar():
                return self._try(node, scope)
            case cst.With():
                for item in node.items:
                    if item.asname is not None:
                        self.bind(item.asname.name, Unresolved("it has to be run", self.place(item.item)), scope)
                return self._block(body_of(node.body), scope)
            case cst.For():
                return self._for(node, scope)
            case _:
                if may_return(node):
                    raise TooMuchError("it depends on a loop or a match that has to be run")
                self._forget(node, scope, "it is bound in a loop or a match that has to be run")
                return "next"

    def _class(self, node: cst.ClassDef, scope: Scope) -> None:
        name = f"{scope.name}{node.name.value}"
        bases = tuple(self.evaluate(base.value, scope) for base in node.bases if not base.star)
        start, _ = self.positions.offsets(node)
        ends = [self.positions.offsets(part)[1] for part in (node.name, *node.bases, *node.keywords)]
        end = max(ends)
        if node.rpar is not None and not isinstance(node.rpar, cst.MaybeSentinel):
            closing = self.positions.text.find(")", end)
            end = closing + 1 if closing >= 0 else end
        span = self.positions.span_of(start, end)
        inner = Scope("class", f"{name}.", scope)
        self.classes[name] = Draft(name, bases, inner.values, {}, {}, span)
        self._block(body_of(node.body), inner)
        # Statements in the body may have replaced the draft, which also holds the places.
        draft = self.classes[name]
        methods = {
            key: value.path[1:]
            for key, value in inner.values.items()
            if isinstance(value, Reference) and value.path[1:] in self._definitions and value.path.startswith("#")
        }
        attributes = {key: value for key, value in inner.values.items() if key not in methods}
        self.classes[name] = replace(draft, attributes=attributes, methods=methods)
        scope.values[node.name.value] = Reference(f"#{name}")

    def _if(self, node: cst.If, scope: Scope) -> Flow:
        # Branches of a long elif are walked, not recursed into.
        before = self._state(scope)
        ways: list[tuple[Flow, _State]] = []
        branch: cst.If | cst.Else | None = node
        while True:
            if branch is None:
                ways.append(("next", before))
                break
            if isinstance(branch, cst.Else):
                ways.append((self._block(body_of(branch.body), scope), self._state(scope)))
                break
            truth = self._holds(branch.test, scope)
            if truth is not False:
                ways.append((self._block(body_of(branch.body), scope), self._state(scope)))
                self._restore(before, scope)
                if truth:
                    break
            branch = branch.orelse
        return self._join(ways, scope, self.place(node.test))

    def _holds(self, test: cst.BaseExpression, scope: Scope) -> bool | None:
        value = self.evaluate(test, scope)
        if value in (Reference("typing.TYPE_CHECKING"), Reference("typing_extensions.TYPE_CHECKING")):
            return False
        if isinstance(value, Reference) and value.path.startswith("builtins."):
            # A name from a star import, or from nowhere.
            return None
        return truth_of(value, False)

    def _join(self, ways: list[tuple[Flow, _State]], scope: Scope, where: Span) -> Flow:
        """Go on where ways meet again. Raises TooMuchError where some leave a function and others do not."""
        if len(ways) == 1:
            self._restore(ways[0][1], scope)
            return ways[0][0]
        going = [state for flow, state in ways if flow == "next"]
        leaving = {flow for flow, _ in ways if flow not in ("next", "raise")}
        if leaving:
            raise TooMuchError("it depends on a condition")
        if not going:
            self._restore(ways[-1][1], scope)
            return "raise"
        merged_state = going[0]
        for other in going[1:]:
            merged_state = _merged(merged_state, other, where)
        self._restore(merged_state, scope)
        return "next"

    def _try(self, node: cst.Try | cst.TryStar, scope: Scope) -> Flow:
        before = self._state(scope)
        flow = self._block(body_of(node.body), scope)
        if flow == "next" and node.orelse is not None:
            flow = self._block(body_of(node.orelse.body), scope)
        tried = self._state(scope)
        ways = [(flow, tried)]
        imports = imports_something(node.body)
        for handler in node.handlers:
            self._restore(before, scope)
            if handler.name is not None:
                self.bind(handler.name.name, Unresolved("it is an exception", self.place(node.body)), scope)
            handled = self._block(body_of(handler.body), scope)
            if imports and catches_missing_module(handler):
                # Where a module can be imported, what stands in for it is not used.
                state = self._state(scope)
                extra = {key: value for key, value in state.names.items() if key not in tried.names}
                ways[0] = (ways[0][0], replace(ways[0][1], names={**ways[0][1].names, **extra}))
                continue
            ways.append((handled, self._state(scope)))
        joined = self._join(ways, scope, self.place(node.body))
        if node.finalbody is not None:
            final = self._block(body_of(node.finalbody.body), scope)
            return joined if final == "next" else final
        return joined

    def _for(self, node: cst.For, scope: Scope) -> Flow:
        items = items_of(self.evaluate(node.iter, scope), self.place(node.iter))
        known = items is not None and not any(isinstance(item, Unresolved) for item in items)
        before, depth = self._state(scope), self._depth
        if known and items is not None and node.asynchronous is None:
            try:
                self._depth = max(depth, 1)
                for item in items:
                    self.spend()
                    self.bind(node.target, item, scope)
                    flow = self._block(body_of(node.body), scope)
                    if flow == "break":
                        return "next"
                    if flow in ("return", "raise"):
                        return flow
                return self._block(body_of(node.orelse.body), scope) if node.orelse is not None else "next"
            except TooMuchError:
                if depth:
                    raise
                self._restore(before, scope)
            finally:
                self._depth = depth
        if depth and (may_return(node) or self.budget < 0):
            raise TooMuchError("what it loops over is not known")
        self._forget(node, scope, "it is bound in a loop that has to be run")
        return "next"

    def _import(self, alias: cst.ImportAlias, scope: Scope) -> None:
        dotted = dotted_name(alias.name)
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            scope.values[alias.asname.name.value] = Reference(dotted)
        else:
            first = dotted.partition(".")[0]
            scope.values[first] = Reference(first)

    def _import_from(self, node: cst.ImportFrom, scope: Scope) -> None:
        dots = "." * len(node.relative)
        module = dots + (dotted_name(node.module) if node.module is not None else "")
        if isinstance(node.names, cst.ImportStar):
            # A name bound before may be another one's now; where it is bound in this file as well, the file wins.
            self.stars.append(module)
            return
        for alias in node.names:
            name = dotted_name(alias.name)
            bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
            scope.values[bound] = Reference(f"{module}{'' if module.endswith('.') else '.'}{name}")

    # Places that are assigned to.

    def bind(self, target: cst.BaseExpression, value: Value, scope: Scope) -> None:
        self._assign(target, value, scope, None)

    def _assign(
        self, target: cst.BaseExpression, value: Value, scope: Scope, statement: cst.BaseSmallStatement | None
    ) -> None:
        match target:
            case cst.Name(value=name):
                scope.values[name] = value
                if scope.kind == "class" and statement is not None:
                    self._note(scope.name[:-1], name, statement)
            case cst.Tuple() | cst.List():
                self._unpack(target, value, scope)
            case cst.Attribute() | cst.Subscript():
                self._change(target, lambda old: value, scope, statement)
            case cst.StarredElement():
                self.bind(target.value, Unresolved("it is a rest of a list", self.place(target)), scope)
            case _:
                pass

    def _unpack(self, target: cst.Tuple | cst.List, value: Value, scope: Scope) -> None:
        items = items_of(value, self.place(target))
        elements = target.elements
        fits = items is not None and len(items) == len(elements)
        starred = any(isinstance(element, cst.StarredElement) for element in elements)
        for number, element in enumerate(elements):
            if fits and items is not None and not starred and not any(isinstance(item, Unresolved) for item in items):
                part: Value = items[number]
            elif isinstance(value, Reference | Call | Parameter) and not starred:
                part = call_of("operator.getitem", (value, Literal(number)), self.place(target))
            else:
                part = Unresolved("it is unpacked from what is not known", self.place(target))
            self.bind(element.value, part, scope)

    def _augment(self, node: cst.AugAssign, scope: Scope) -> None:
        operator = _AUGMENTED.get(type(node.operator), "operator.matmul")
        right = self.evaluate(node.value, scope)
        span = self.place(node.value)

        def augmented(old: Value | None) -> Value:
            if old is None:
                return Unresolved("it is not bound before", span)
            if operator == "operator.add" and isinstance(old, Sequence) and old.kind == "list":
                # += takes any iterable, + only a list.
                items = items_of(right, span)
                if items is not None:
                    self.reused = True
                    return Sequence("list", (*old.items, *items), old.span)
            self.reused = True
            return fold_operator(operator, old, right, getattr(old, "span", span))

        if isinstance(node.target, cst.Name):
            old = self._name(node.target, scope)
            scope.values[node.target.value] = self.bounded(augmented(old), span)
            if scope.kind == "class":
                self._note(scope.name[:-1], node.target.value, node)
        else:
            self._change(node.target, augmented, scope, node)

    def _expression(self, node: cst.BaseExpression, scope: Scope) -> None:
        """A statement that is a call may change a list or a mapping; any other one changes nothing."""
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            return
        method = node.func.attr.value
        if method not in CHANGING:
            return
        place = node.func.value
        if self._path_of(place, scope) is None:
            return
        arguments = self._arguments(node, "builtins", True, scope)
        span = self.place(node)

        def changed(old: Value | None) -> Value:
            if old is None:
                return Unresolved("it is not bound before", span)
            self.reused = True
            return self.bounded(_changed(old, method, arguments, span), span)

        if isinstance(place, cst.Name):
            if place.value in scope.values:
                scope.values[place.value] = changed(scope.values[place.value])
            elif scope.kind == "module" and self.stars:
                scope.values[place.value] = changed(self._name(place, scope))
            elif scope.kind == "function":
                outer = scope.find(place.value)
                if outer is not None and not isinstance(outer, Reference | Parameter):
                    # A function that changes the module's lists changes them for everybody.
                    scope.values[place.value] = Unresolved("a function changes it", span)
        else:
            self._change(place, changed, scope, None)

    def _path_of(self, node: cst.BaseExpression, scope: Scope) -> tuple[str, tuple[_Step, ...]] | None:
        """The name at which a place starts, and the attributes and items that lead to it."""
        steps: list[_Step] = []
        while not isinstance(node, cst.Name):
            if isinstance(node, cst.Attribute):
                steps.append(node.attr.value)
                node = node.value
            elif (
                isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index)
            ):
                key = self.evaluate(node.slice[0].slice.value, scope)
                # A key that is not known makes the whole unknown.
                steps.append(key if isinstance(key, Literal) else Literal(_UNKNOWN_KEY))
                node = node.value
            else:
                return None
        return node.value, tuple(reversed(steps))

    def _change(
        self,
        target: cst.BaseExpression,
        change: Callable[[Value | None], Value],
        scope: Scope,
        statement: cst.BaseSmallStatement | None,
    ) -> None:
        path = self._path_of(target, scope)
        if path is None:
            return
        name, steps = path
        root = scope.values.get(name)
        if root is None and scope.kind == "module" and self.stars:
            root = Reference(f"builtins.{name}")
        span = self.place(target)
        if isinstance(root, Reference) and root.path.startswith("#") and isinstance(steps[0], str):
            draft = self.classes.get(root.path[1:])
            if draft is not None:
                old = draft.attributes.get(steps[0])
                attributes = {**draft.attributes, steps[0]: _updated(old, steps[1:], change, span)}
                self.classes[draft.name] = replace(draft, attributes=attributes)
                if statement is not None:
                    self._note(draft.name, steps[0], statement)
            return
        if root is not None and isinstance(steps[0], Literal):
            scope.values[name] = _updated(root, steps, change, span)

    def _note(self, name: str, attribute: str, statement: cst.BaseSmallStatement) -> None:
        """Where a class's attribute was set last."""
        draft = self.classes.get(name)
        if draft is None:
            return
        first: cst.CSTNode
        match statement:
            case cst.Assign(targets=targets):
                first = targets[0].target
            case cst.AnnAssign(target=target) | cst.AugAssign(target=target):
                first = target
            case _:
                return
        value = getattr(statement, "value", None) or first
        span = self.positions.span_of(self.positions.offsets(first)[0], self.positions.offsets(value)[1])
        draft.places[attribute] = span

    def _forget(self, node: cst.CSTNode, scope: Scope, reason: str) -> None:
        """Whatever a block that cannot be followed binds or changes is not known afterwards."""
        span = self.place(node) if node in self.positions else Span(1, 1, 1, 1)
        for name in names_bound_in(node):
            scope.values[name] = Unresolved(reason, span)
        for root, attribute in places_changed_in(node):
            value = scope.values.get(root)
            if isinstance(value, Reference) and value.path[1:] in self.classes and attribute:
                draft = self.classes[value.path[1:]]
                attributes = {**draft.attributes, attribute: Unresolved(reason, span)}
                self.classes[draft.name] = replace(draft, attributes=attributes)
            elif root in scope.values and not isinstance(value, Reference | Parameter):
                scope.values[root] = Unresolved(reason, span)

    def _state(self, scope: Scope) -> _State:
        return _State(dict(scope.values), dict(self.classes))

    def _restore(self, state: _State, scope: Scope) -> None:
        # A class's draft shares its scope's mapping while its body is read.
        scope.values.clear()
        scope.values.update(state.names)
        self.classes = dict(state.classes)


_UNKNOWN_KEY = "\0"
_AUGMENTED = {
    cst.AddAssign: "operator.add",
    cst.SubtractAssign: "operator.sub",
    cst.MultiplyAssign: "operator.mul",
    cst.DivideAssign: "operator.truediv",
    cst.FloorDivideAssign: "operator.floordiv",
    cst.ModuloAssign: "operator.mod",
    cst.PowerAssign: "operator.pow",
    cst.BitOrAssign: "operator.or_",
    cst.BitAndAssign: "operator.and_",
    cst.BitXorAssign: "operator.xor",
    cst.LeftShiftAssign: "operator.lshift",
    cst.RightShiftAssign: "operator.rshift",
}


def _updated(old: Value | None, steps: tuple[_Step, ...], change: Callable[[Value | None], Value], span: Span) -> Value:
    """A value with the place below it changed that the steps lead to."""
    if not steps:
        return change(old)
    step = steps[0]
    unknown = Unresolved("a part of it is changed", span)
    if isinstance(step, str) or step.value == _UNKNOWN_KEY or old is None:
        return unknown
    inner = _updated(fold_item(old, step), steps[1:], change, span)
    match old:
        case Mapping(items=pairs):
            known = merged(pairs, ((step, inner),), old.span)
            return known if known is not None else unknown
        case Sequence("list", items) if isinstance(step.value, int) and -len(items) <= step.value < len(items):
            changed = list(items)
            changed[step.value] = inner
            return Sequence("list", tuple(changed), old.span)
        case Reference() | Call():
            addition = Mapping(((step, inner if len(steps) == 1 else unknown),), span)
            return fold_operator("operator.or_", old, addition, span)
        case _:
            return unknown


def _changed(old: Value, method: str, arguments: tuple[Argument, ...], span: Span) -> Value:
    """A list, a set or a mapping after a method that changes it."""
    values = [argument.value for argument in arguments if argument.name is None]
    unknown = Unresolved(f"'{method}' changes it in a way that is not known", span)
    match old, method, values:
        case Sequence("list" as kind, items, place), "append", [item]:
            return Sequence(kind, (*items, item), place)
        case Sequence("set" as kind, items, place), "add", [item]:
            return Sequence(kind, (*items, item), place)
        case Sequence("list", _, place), "extend", [more]:
            known = items_of(more, span)
            return fold_operator("operator.add", old, more if known is None else Sequence("list", known, span), place)
        case Sequence("list" as kind, items, place), "insert", [Literal(int(index)), item]:
            changed = list(items)
            changed.insert(index, item)
            return Sequence(kind, tuple(changed), place)
        case Sequence("list" | "set" as kind, items, place), "remove" | "discard", [item]:
            if item in items and isinstance(item, Literal):
                at = items.index(item)
                return Sequence(kind, (*items[:at], *items[at + 1 :]), place)
            return unknown
        case Sequence(kind, _, place), "clear", []:
            return Sequence(kind, (), place)
        case Sequence("list" as kind, items, place), "reverse", []:
            return Sequence(kind, items[::-1], place)
        case Mapping(), "update", _:
            updated = fold_call(Reference("builtins.dict"), (Argument(None, old, span), *arguments), old.span)
            return updated or unknown
        case Mapping(items=pairs), "setdefault", [Literal() as key, value]:
            return old if fold_item(old, key) is not None else merged(pairs, ((key, value),), old.span) or unknown
        case ((Reference() | Call()), "append", [item]):
            return fold_operator("operator.add", old, Sequence("list", (item,), span), span)
        case ((Reference() | Call()), "extend", [more]):
            return fold_operator("operator.add", old, more, span)
        case ((Reference() | Call()), "insert", [Literal(0), item]):
            return fold_operator("operator.add", Sequence("list", (item,), span), old, span)
        case ((Reference() | Call()), "update", [more]):
            return fold_operator("operator.or_", old, more, span)
        case _:
            return unknown


def _merged(one: _State, other: _State, where: Span) -> _State:
    names = _merged_names(one.names, other.names, where)
    classes = dict(other.classes)
    for name, draft in one.classes.items():
        twin = classes.get(name)
        if twin is not None and twin is not draft:
            classes[name] = replace(
                draft,
                attributes=_merged_names(draft.attributes, twin.attributes, where),
                places={**draft.places, **twin.places},
            )
        else:
            classes[name] = draft
    return _State(names, classes)


def _merged_names(one: dict[str, Value], other: dict[str, Value], where: Span) -> dict[str, Value]:
    merged_names: dict[str, Value] = {}
    for name in (*one, *(name for name in other if name not in one)):
        left, right = one.get(name), other.get(name)
        if left is None or right is None:
            # A class or a function that only one way defines is still this file's.
            only = left or right
            known = isinstance(only, Reference) and only.path.startswith("#")
            # What a migration does not say is an empty list: Migration itself has it so.
            ways = (only, replace(only, items=())) if name in _EMPTY_UNLESS_SAID and isinstance(only, Sequence) else ()
            merged_names[name] = only if known and only is not None else Unresolved(_CONDITIONAL, where, ways)
        elif _same(left, right):
            merged_names[name] = left
        else:
            merged_names[name] = _common(left, right, where)
    return merged_names


def _common(left: Value, right: Value, where: Span) -> Value:
    """What two lists start with, and something unknown in place of the rest; of lists, what it may be is known."""
    match left, right:
        case Sequence(kind, items), Sequence(other, more) if kind == other:
            shared = 0
            while shared < min(len(items), len(more)) and _same(items[shared], more[shared]):
                shared += 1
            rests = Sequence(kind, items[shared:], left.span), Sequence(kind, more[shared:], right.span)
            if shared:
                rest = Unresolved("some items are added under a condition", where, rests)
                return Sequence(kind, (*items[:shared], rest), left.span)
        case _:
            pass
    ways = (*_ways(left), *_ways(right))
    return Unresolved(_CONDITIONAL, where, ways if _ways(left) and _ways(right) and len(ways) <= _MOST_WAYS else ())


# A value that is bound differently under this many conditions is not worth telling apart.
_MOST_WAYS = 8


def _ways(value: Value) -> tuple[Value, ...]:
    """The lists that a value may be; empty where that is not known."""
    match value:
        case Sequence():
            return (value,)
        case Unresolved(either=either):
            return either
        case _:
            return ()


def _same(left: Value, right: Value) -> bool:
    """Whether two values are the same, wherever they stand."""
    if left is right:
        return True
    match left, right:
        case Literal(one), Literal(other):
            return type(one) is type(other) and one == other
        case Sequence(kind, items), Sequence(other_kind, more):
            return kind == other_kind and len(items) == len(more) and all(map(_same, items, more))
        case Mapping(pairs), Mapping(more_pairs):
            return len(pairs) == len(more_pairs) and all(
                _same(key, other_key) and _same(value, other_value)
                for (key, value), (other_key, other_value) in zip(pairs, more_pairs, strict=True)
            )
        case Call(function, arguments), Call(other_function, more_arguments):
            return (
                _same(function, other_function)
                and len(arguments) == len(more_arguments)
                and all(
                    one.name == other.name and _same(one.value, other.value)
                    for one, other in zip(arguments, more_arguments, strict=True)
                )
            )
        case Unresolved(), _:
            return False
        case _:
            return left == right


def _strings_in(node: cst.CSTNode) -> tuple[str, ...]:
    """The plain strings below a node, each once."""
    found: dict[str, None] = {}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, cst.SimpleString):
            value = one.evaluated_value
            if isinstance(value, str):
                found[value] = None
        waiting.extend(reversed(one.children))
    return tuple(found)
