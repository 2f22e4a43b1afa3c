"""Function bodies → the rows that they read and write through historical models, and the SQL that they execute.

Branches count as taken, but for what they say of the database's vendor; loops as run once. What a body does in ways
that are not looked for here is not in the facts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Literal as OneOf
from typing import NamedTuple

import libcst as cst

from miglint.facts.migration import ExecutedSQL, ModelQuery, QueryVerb
from miglint.facts.source import Span
from miglint.facts.values import Literal, Parameter, Unresolved, Value, text_of
from miglint.parse.values import Evaluator, Scope, TooMuchError
from miglint.parse.vendors import ANY, NONE, Conditions, Vendors
from miglint.records import dataclass

# A body without any of these neither writes rows nor loops over them, nor does it ask which database it is.
_WORTH_A_LOOK = ("objects", "_manager", "save(", "execute", "vendor")


class Queries(NamedTuple):
    """What a function asks of the database, in the order in which it stands there.

    `guarded` are the calls that are not reached on every database, and the vendors of those on which they are.
    """

    found: tuple[ModelQuery | ExecutedSQL, ...] = ()
    guarded: Mapping[Span, tuple[str, ...]] = MappingProxyType({})


def queries_of(
    node: cst.FunctionDef | cst.Lambda, parameters: tuple[str, ...], evaluator: Evaluator, outer: Scope
) -> Queries:
    code = evaluator.positions.code(node)
    if not any(word in code for word in _WORTH_A_LOOK):
        return Queries()
    scope = Scope("function", "", outer)
    scope.values.update({name.lstrip("*"): Parameter(name.lstrip("*")) for name in parameters})
    editor = _second(parameters)
    editors = {name for name in (editor, "schema_editor") if name is not None and name in scope.values}
    conditions = Conditions(lambda asked: evaluator.evaluate(asked, scope), editors)
    body = _Body(evaluator, scope, frozenset(name.lstrip("*") for name in parameters), editor, conditions)
    try:
        if isinstance(node, cst.Lambda):
            body.expression(node.body)
        else:
            body.block(node.body)
    except TooMuchError:
        return Queries()
    return Queries(tuple(body.found), body.guarded)


def _second(parameters: tuple[str, ...]) -> str | None:
    plain = [name for name in parameters if name != "self" and not name.startswith("*")]
    return plain[1] if len(plain) > 1 else None


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a name or an expression stands for: a model, rows of it, one of them, or one that is not written yet.

    A row that a loop holds stands for all that it goes through.
    """

    kind: OneOf["model", "rows", "row", "new row"]
    app_label: str
    model: str
    filtered: bool = False
    lookups: tuple[str, ...] = ()
    locked: bool = False


_NARROWING = frozenset({"filter", "exclude", "complex_filter"})

_CHAINING = frozenset(
    {
        *("all", "alias", "annotate", "dates", "datetimes", "db_manager", "defer", "distinct", "extra", "get_queryset"),
        *("iterator", "only", "order_by", "prefetch_related", "reverse", "select_related", "union", "using", "values"),
        "values_list",
    }
)

_TAKES_ONE = frozenset({"earliest", "first", "get", "last", "latest", "aget", "afirst", "alast"})
_READS_ALL = frozenset({"aggregate", "count", "exists", "in_bulk", "acount", "aexists", "aaggregate"})
_INSERTS = frozenset({"create", "bulk_create", "acreate", "abulk_create"})
_GETS_OR_INSERTS = frozenset({"get_or_create", "update_or_create"})
_UPDATES = frozenset({"update", "aupdate"})
_DELETES = frozenset({"delete", "adelete"})
_BULK_UPDATES = frozenset({"bulk_update", "abulk_update"})
_EXECUTES = frozenset({"execute", "executemany"})

# Builtins that run through what they are given.
_RUN_THROUGH = frozenset({"list", "tuple", "set", "sorted", "enumerate", "reversed", "tqdm", "iter"})


@dataclass(slots=True)
class _Body:
    evaluator: Evaluator
    scope: Scope
    parameters: frozenset[str]
    # What the function calls its second parameter.
    editor: str | None
    conditions: Conditions
    # Of which databases it may be that this place is reached, and how many blocks it stands in.
    vendors: Vendors = ANY
    depth: int = 0
    rows: dict[str, _Rows] = field(default_factory=dict)
    found: list[ModelQuery | ExecutedSQL] = field(default_factory=list)
    # By the name of a row, the attributes that it was given so far (what save() changes), and whether it was None.
    given: dict[str, dict[str, bool]] = field(default_factory=dict)
    guarded: dict[Span, tuple[str, ...]] = field(default_factory=dict)

    def block(self, body: cst.BaseSuite) -> None:
        self.depth += 1
        for statement in body.body:
            self.statement(statement)
        self.depth -= 1

    def statement(self, node: cst.CSTNode) -> None:
        match node:
            case cst.SimpleStatementLine(body=small):
                for one in small:
                    self.statement(one)
            case cst.Assign(targets=targets, value=value):
                self._assign([target.target for target in targets], value)
            case cst.AnnAssign(target=target, value=cst.BaseExpression() as value):
                self._assign([target], value)
            case cst.For(target=target, iter=iterated, body=body, orelse=orelse):
                self._loop(target, iterated)
                before = dict(self.rows)
                code = self.evaluator.positions.code(node)
                may_leave = "continue" in code or "break" in code
                reached = self.vendors
                self.depth += 1
                for each in body.body:
                    self.statement(each)
                    if may_leave and _leaves(each):
                        self._pick()
                self.depth -= 1
                self._unpick(before)
                # There may be no turn at all.
                self.vendors = reached
                if orelse is not None:
                    self.block(orelse.body)
            case cst.With(items=items, body=body):
                for item in items:
                    held = self.expression(item.item)
                    if item.asname is not None:
                        self._forget(item.asname.name)
                        if held is not None and isinstance(item.asname.name, cst.Name):
                            self.rows[item.asname.name.value] = held
                reached = self.vendors
                self.block(body)
                if any("suppress" in self.evaluator.positions.code(item.item) for item in items):
                    self.vendors = reached
            case cst.If(test=test, body=body, orelse=orelse):
                self.expression(test)
                before = dict(self.rows)
                if any(held.kind == "row" and _names(test, name) for name, held in before.items()):
                    self._pick()
                decided, reached = self.conditions.decide(test), self.vendors
                self.vendors = reached & decided.yes
                self.block(body)
                through, self.vendors = self.vendors, reached & decided.no
                if orelse is not None:
                    self.statement(orelse)
                self.vendors |= through
                self._unpick(before)
            case cst.Else(body=body) | cst.Finally(body=body):
                self.block(body)
            case cst.While(test=test, body=body):
                self.expression(test)
                reached = self.vendors
                self.block(body)
                self.vendors = reached
            case cst.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
                reached = self.vendors
                self.block(body)
                through = self.vendors
                for handler in handlers:
                    if handler.name is not None:
                        self._forget(handler.name.name)
                    self.vendors = reached
                    self.block(handler.body)
                self.vendors = through
                if orelse is not None:
                    self.statement(orelse)
                # An exception may lead past whatever was asked on the way.
                self.vendors = reached
                if finalbody is not None:
                    self.statement(finalbody)
                self.vendors = reached if handlers else through
            case cst.FunctionDef(body=body):
                reached = self.vendors
                self.block(body)
                self.vendors = reached
            case cst.Expr(value=value):
                self.expression(value)
            case cst.Return(value=value):
                if value is not None:
                    self.expression(value)
                self.vendors = NONE
            case cst.Raise() | cst.Continue() | cst.Break():
                self.vendors = NONE
            case cst.AugAssign(target=target, value=value):
                self._assign([target], value)
                self._forget(target)
            case _:
                pass

    def expression(self, node: cst.BaseExpression) -> _Rows | None:
        """What an expression stands for, once every query in it has been noted."""
        match node:
            case cst.Name(value=name):
                return self.rows.get(name)
            case cst.Call():
                return self._call(node)
            case cst.Attribute(value=value, attr=cst.Name(value=name)):
                held = self.expression(value)
                if held is not None and held.kind == "model" and (name.endswith("objects") or "manager" in name):
                    return replace(held, kind="rows")
                return None
            case cst.Subscript(value=value, slice=slices):
                held = self.expression(value)
                if held is None or held.kind != "rows":
                    return None
                if len(slices) == 1 and isinstance(slices[0].slice, cst.Index):
                    return replace(held, kind="row", filtered=True)
                return replace(held, filtered=True)
            case cst.GeneratorExp() | cst.ListComp() | cst.SetComp() | cst.DictComp():
                part: cst.CompFor | None = node.for_in
                while part is not None:
                    self._loop(part.target, part.iter)
                    for condition in part.ifs:
                        self.expression(condition.test)
                        self._pick()
                    part = part.inner_for_in
                if not isinstance(node, cst.DictComp):
                    held = self.expression(node.elt)
                    return replace(held, kind="rows") if held is not None and held.kind == "row" else None
                self.expression(node.value)
                return None
            case cst.Tuple(elements=elements) | cst.List(elements=elements) | cst.Set(elements=elements):
                held = None
                for element in elements:
                    held = self.expression(element.value)
                return replace(held, kind="rows") if held is not None and len(elements) == 1 else None
            case cst.BooleanOperation(left=left, right=right) | cst.BinaryOperation(left=left, right=right):
                one, other = self.expression(left), self.expression(right)
                return one or other
            case cst.UnaryOperation(expression=inner) | cst.Await(expression=inner):
                return self.expression(inner)
            case cst.IfExp(test=test, body=body, orelse=orelse):
                self.expression(test)
                one, other = self.expression(body), self.expression(orelse)
                return one or other
            case cst.Comparison(left=left, comparisons=comparisons):
                self.expression(left)
                for comparison in comparisons:
                    self.expression(comparison.comparator)
                return None
            case cst.NamedExpr(target=cst.Name(value=name), value=value):
                held = self.expression(value)
                self._bind(name, held)
                self.conditions.forget(name)
                return held
            case _:
                return None

    def _assign(self, targets: list[cst.BaseExpression], value: cst.BaseExpression) -> None:
        held = self.expression(value)
        for target in targets:
            match target:
                case cst.Attribute(value=cst.Name(value=row), attr=cst.Name(value=attribute)):
                    given = self.given.setdefault(row, {})
                    given[attribute] = given.get(attribute, True) and _is_none(value)
                case cst.Name(value=name):
                    self._bind(name, held)
                    if self.depth == 1:
                        self.conditions.assign(name, value)
                    else:
                        self.conditions.forget(name)
                    self.scope.values[name] = self.evaluator.evaluate(value, self.scope)
                case cst.Tuple(elements=elements) if held is not None and elements:
                    # `row, created = get_or_create(…)`
                    self._forget(target)
                    first = elements[0].value
                    if isinstance(first, cst.Name):
                        self._bind(first.value, held)
                case _:
                    self._forget(target)

    def _forget(self, target: cst.BaseExpression) -> None:
        """What is bound here may mean another connection, vendor or answer from here on."""
        match target:
            case cst.Name(value=name):
                self.conditions.forget(name)
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                for element in elements:
                    self._forget(element.value)
            case _:
                pass

    def _bind(self, name: str, held: _Rows | None) -> None:
        if held is None:
            self.rows.pop(name, None)
        else:
            self.rows[name] = held

    def _pick(self) -> None:
        """From here on, what is done to a row that a loop holds is done to some of them."""
        for name, held in self.rows.items():
            if held.kind == "row" and not held.filtered:
                self.rows[name] = replace(held, filtered=True, lookups=("pk",))

    def _unpick(self, before: dict[str, _Rows]) -> None:
        """What was done to some of the rows is through; what names have come to stand for since, they keep."""
        for name, held in before.items():
            if name in self.rows and self.rows[name] == replace(held, filtered=True, lookups=("pk",)):
                self.rows[name] = held

    def _loop(self, target: cst.BaseExpression, iterated: cst.BaseExpression) -> None:
        """Every row is read; each that the loop holds stands for all of them."""
        self._forget(target)
        held = self.expression(iterated)
        if held is None or held.kind != "rows":
            return
        self._note("select", held, iterated)
        match target:
            case cst.Name(value=name):
                self.rows[name] = replace(held, kind="row")
            case cst.Tuple(elements=elements) if elements and isinstance(elements[-1].value, cst.Name):
                # `for number, row in enumerate(…)`
                self.rows[elements[-1].value.value] = replace(held, kind="row")
            case _:
                pass

    def _call(self, node: cst.Call) -> _Rows | None:
        reaching = self._reaching()
        if reaching is not None:
            self.guarded[self.evaluator.positions.span(node)] = reaching
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "get_model":
            found = self._model(node)
            if found is not None:
                return found
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _EXECUTES and self._is_cursor(node.func):
            self._execute(node)
            return None
        held = self.expression(node.func.value) if isinstance(node.func, cst.Attribute) else None
        given = [self.expression(argument.value) for argument in node.args]
        match node.func:
            case cst.Name(value=name):
                built = self.rows.get(name)
                if built is not None and built.kind == "model":
                    return replace(built, kind="new row")
                if name in _RUN_THROUGH and given and given[0] is not None and given[0].kind == "rows":
                    return given[0]
                return None
            case cst.Attribute(attr=cst.Name(value=name)) if held is not None:
                return self._method(node, name, held, given)
            case _:
                return None

    def _method(self, node: cst.Call, name: str, held: _Rows, given: list[_Rows | None]) -> _Rows | None:
        if held.kind in ("row", "new row"):
            if name in ("save", "asave"):
                verb: QueryVerb = "insert" if held.kind == "new row" else "update"
                given_to = self._given_to(node)
                fields = self._strings(node, "update_fields") or tuple(given_to)
                self._note(verb, held, node, fields=fields, emptied=[name for name, empty in given_to.items() if empty])
            elif name in _DELETES:
                self._note("delete", held, node)
            return None
        if held.kind != "rows":
            return None
        keywords = tuple(argument.keyword.value for argument in node.args if argument.keyword is not None)
        if name in _NARROWING:
            narrows = bool(node.args)
            lookups = keywords if name == "filter" else ()
            return replace(held, filtered=held.filtered or narrows, lookups=(*held.lookups, *lookups))
        if name == "none":
            return None
        if name == "select_for_update":
            return replace(held, locked=True)
        if name in _CHAINING:
            return held
        if name in _UPDATES:
            emptied = [one.keyword.value for one in node.args if one.keyword is not None and _is_none(one.value)]
            self._note("update", held, node, fields=keywords, emptied=emptied)
        elif name in _DELETES:
            self._note("delete", held, node)
        elif name in _INSERTS:
            self._note("insert", held, node, fields=keywords if "bulk" not in name else ())
            return replace(held, kind="row", filtered=True, lookups=("pk",)) if name == "create" else None
        elif name in _GETS_OR_INSERTS:
            fields = tuple(keyword for keyword in keywords if keyword != "defaults")
            one = replace(held, filtered=True, lookups=(*held.lookups, *fields))
            self._note("select", one, node)
            self._note("insert", held, node, fields=fields)
            if name == "update_or_create":
                self._note("update", replace(one, lookups=("pk",)), node)
            return replace(one, kind="row", lookups=("pk",))
        elif name in _BULK_UPDATES:
            rows = given[0] if given else None
            known = rows is not None and rows.kind == "rows" and rows.model == held.model
            changed = rows if known and rows is not None else replace(held, filtered=True, lookups=("pk",))
            fields = self._strings(node, "fields", 1)
            self._note("update", changed, node, fields=fields, emptied=self._emptied(held, fields))
        elif name in _TAKES_ONE:
            one = replace(held, filtered=True, lookups=(*held.lookups, *keywords))
            self._note("select", one, node)
            return replace(one, kind="row", lookups=("pk",))
        elif name in _READS_ALL:
            self._note("select", held, node)
        return None

    def _given_to(self, node: cst.Call) -> dict[str, bool]:
        """The attributes that the row was given whose method is called."""
        match node.func:
            case cst.Attribute(value=cst.Name(value=name)):
                return self.given.get(name, {})
            case _:
                return {}

    def _emptied(self, held: _Rows, fields: tuple[str, ...]) -> list[str]:
        """Those of a model's fields that each of its rows was given None for."""
        given = [
            attributes
            for name, attributes in self.given.items()
            if name in self.rows and (self.rows[name].app_label, self.rows[name].model) == (held.app_label, held.model)
        ]
        known = [[one[name] for one in given if name in one] for name in fields]
        return [name for name, values in zip(fields, known, strict=True) if values and all(values)]

    def _note(
        self,
        verb: QueryVerb,
        held: _Rows,
        node: cst.CSTNode,
        *,
        fields: tuple[str, ...] = (),
        emptied: Collection[str] = (),
    ) -> None:
        self.found.append(
            ModelQuery(
                verb=verb,
                app_label=held.app_label,
                model=held.model,
                fields=fields,
                emptied=tuple(name for name in fields if name in emptied),
                lookups=held.lookups,
                filtered=held.filtered,
                locks_rows=held.locked,
                span=self.evaluator.positions.span(node),
                vendors=self._reaching(),
            )
        )

    def _reaching(self) -> tuple[str, ...] | None:
        return None if self.vendors == ANY else tuple(sorted(self.vendors))

    def _model(self, node: cst.Call) -> _Rows | None:
        """What `apps.get_model("app", "Model")` gives, or `get_model("app.Model")`."""
        values: dict[str, Value] = {}
        for number, argument in enumerate(node.args[:2]):
            if argument.star:
                return None
            name = argument.keyword.value if argument.keyword is not None else ("app_label", "model_name")[number]
            values[name] = self.evaluator.evaluate(argument.value, self.scope)
        label, model = text_of(values.get("app_label")), text_of(values.get("model_name"))
        if label is not None and "model_name" not in values:
            label, _, model = label.partition(".")
        return _Rows("model", label, model) if label and model else None

    def _is_cursor(self, node: cst.Attribute) -> bool:
        """Whether `execute` is one of a cursor or a schema editor, by what it is called on."""
        match node.value:
            case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
                # RunPython hands it on by position, whatever it is called.
                return (
                    name == self.editor
                    or name in ("schema_editor", "editor")
                    or "cursor" in name
                    or name in ("c", "cur", "curs")
                )
            case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
                return name == "cursor"
            case _:
                return False

    def _execute(self, node: cst.Call) -> None:
        first = next((one for one in node.args if one.keyword is None or one.keyword.value in ("sql", "query")), None)
        span = self.evaluator.positions.span(node)
        if first is None or first.star:
            unknown = Unresolved("the SQL that it executes is not known", span)
            self.found.append(ExecutedSQL(unknown, span, self._reaching()))
            return
        value = self.evaluator.evaluate(first.value, self.scope)
        if not isinstance(value, Literal):
            value = Unresolved("the SQL that it executes is not known", span)
        self.found.append(ExecutedSQL(value, span, self._reaching()))

    def _strings(self, node: cst.Call, keyword: str, position: int | None = None) -> tuple[str, ...]:
        for number, argument in enumerate(node.args):
            named = argument.keyword.value if argument.keyword is not None else None
            is_it = named == keyword or (named is None and number == position)
            if is_it and isinstance(argument.value, cst.List | cst.Tuple | cst.Set):
                values = [self.evaluator.evaluate(one.value, self.scope) for one in argument.value.elements]
                texts = [text_of(value) for value in values]
                return tuple(text for text in texts if text is not None)
        return ()


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _names(node: cst.CSTNode, name: str) -> bool:
    return (isinstance(node, cst.Name) and node.value == name) or any(_names(child, name) for child in node.children)


def _leaves(node: cst.CSTNode) -> bool:
    """Whether a statement of a loop may go on with the next turn, or end the loop."""
    if isinstance(node, cst.Continue | cst.Break):
        return True
    inner = isinstance(node, cst.For | cst.While | cst.FunctionDef)
    return not inner and any(_leaves(child) for child in node.children)
