"""Where the nodes of a libcst tree stand: worked out from the lengths of what they are made of.

libcst keeps no places: it finds them by generating the code again, which takes a quarter of the time of the parse.
To add up lengths instead, for the kinds of nodes that migrations are full of, takes a quarter of that. What is left
(bodies of functions, comprehensions, f-strings) is generated, and where the sum is not the text's length, everything.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import libcst

from miglint.facts.source import Span

if TYPE_CHECKING:
    from libcst._nodes.internal import CodegenState

# Their own parentheses make them what they are.
_PARENTHESISED = (libcst.Tuple, libcst.GeneratorExp)

LINE_END = re.compile(r"\r\n|\r|\n")

# White space within brackets, up to the next token.
_BLANK = re.compile(r"(?:[ \t\f\r\n]+|\\(?:\r\n|\r|\n)|#[^\r\n]*)*")

# By id: hashing a node of libcst runs Python code.
_Places: TypeAlias = dict[int, tuple[int, int, libcst.CSTNode]]


class Positions:
    """Spans and source text of a tree's nodes, without the white space and the parentheses around them.

    A tuple's own parentheses belong to it.
    """

    def __init__(self, module: libcst.Module, text: str) -> None:
        self.text = text
        self._module = module
        self._whole = False
        walk = _Walk(module, text)
        self._places = walk.places
        if not walk.adds_up:
            self._generate()
        # Where each line starts, and what no offset reaches.
        self._lines = [0, *(end.end() for end in LINE_END.finditer(text)), 1 << 62]

    def offsets(self, node: libcst.CSTNode) -> tuple[int, int]:
        place = self._places.get(id(node))
        if place is None:
            self._generate()
            place = self._places[id(node)]
        return place[0], place[1]

    def nodes(self) -> Iterator[libcst.CSTNode]:
        """Every node that has a place."""
        self._generate()
        for _, _, node in self._places.values():
            yield node

    def __contains__(self, node: libcst.CSTNode) -> bool:
        if id(node) not in self._places:
            self._generate()
        return id(node) in self._places

    def span(self, node: libcst.CSTNode) -> Span:
        start, end = self.offsets(node)
        return self.span_of(start, end)

    def span_of(self, start: int, end: int) -> Span:
        lines = self._lines
        line = bisect_right(lines, start)
        first = lines[line - 1]
        if end < lines[line]:
            # Most of what is asked for stands on one line.
            return Span(line, start - first + 1, line, end - first + 1)
        end_line = bisect_right(lines, end, line)
        return Span(line, start - first + 1, end_line, end - lines[end_line - 1] + 1)

    def line_start(self, line: int) -> int:
        """The offset at which a line starts."""
        return self._lines[line - 1]

    def code(self, node: libcst.CSTNode) -> str:
        start, end = self.offsets(node)
        return self.text[start:end]

    def _generate(self) -> None:
        """Every place, operators' and separators' too, which are hardly ever asked for."""
        if not self._whole:
            self._whole = True
            recorder = _Recorder(self._module, [])
            self._module._codegen(cast("CodegenState", recorder))
            self._places, _ = recorder.places(0)


class _Recorder:
    """What libcst's nodes write themselves to: notes for each the tokens at which it starts and ends.

    Stands in for libcst's own `CodegenState`. A token's place is worked out afterwards for all at once, so that
    taking a token is one `list.append`; the recorder is its own context manager, which spares one per node.
    """

    def __init__(self, module: libcst.Module, indents: Sequence[str]) -> None:
        self.default_indent = module.default_indent
        self.default_newline = module.default_newline
        self.indent_tokens = list(indents)
        self.tokens: list[str] = []
        self._nodes: _Places = {}
        self._open: list[tuple[libcst.CSTNode, int, libcst.CSTNode | None]] = []
        self.add_token = self.tokens.append
        self.increase_indent = self.indent_tokens.append
        self.decrease_indent = self.indent_tokens.pop
        # A deque that keeps nothing takes a call without running Python code.
        ignored: deque[libcst.CSTNode] = deque(maxlen=0)
        self.before_codegen = self.after_codegen = ignored.append

    def places(self, start: int) -> tuple[_Places, int]:
        """The offsets of what was written, where it starts at one; and the offset at which it ends."""
        offsets = list(accumulate(map(len, self.tokens), initial=start))
        places: _Places = {}
        for key, (first, last, node) in self._nodes.items():
            if type(node) in _PARENTHESISED and node.lpar:  # type: ignore[attr-defined]
                # Other tokens between are white space and comments.
                first = next((at for at in range(first - 1, -1, -1) if self.tokens[at] == "("), first)
                last = next((at + 1 for at in range(last, len(self.tokens)) if self.tokens[at] == ")"), last)
            places[key] = offsets[first], offsets[last], node
        return places, offsets[-1]

    def add_indent_tokens(self) -> None:
        self.tokens.extend(self.indent_tokens)

    def pop_trailing_newline(self) -> None:
        if self.tokens:
            self.tokens.pop()

    def record_syntactic_position(
        self,
        node: libcst.CSTNode,
        *,
        start_node: libcst.CSTNode | None = None,
        end_node: libcst.CSTNode | None = None,
    ) -> _Recorder:
        # A `start_node` is written first, so that it starts where this node does.
        self._open.append((node, len(self.tokens), end_node))
        return self

    def __enter__(self) -> None:
        return

    def __exit__(self, *_: object) -> None:
        node, start, end_node = self._open.pop()
        end = len(self.tokens)
        if end_node is not None:
            end = self._nodes.get(id(end_node), (0, end))[1]
        self._nodes[id(node)] = start, end, node


class _Walk:
    """One walk over a tree that only adds up lengths: each case takes a node's offset and gives where it ends."""

    __slots__ = ("_indent", "_indents", "_module", "_newline", "adds_up", "places", "text")

    def __init__(self, module: libcst.Module, text: str) -> None:
        self.text = text
        self.places: _Places = {}
        self._module = module
        self._newline = len(module.default_newline)
        self._indents: list[str] = []
        self._indent = 0
        end = self._lines(module.header, 0)
        for statement in module.body:
            end = self.node(statement, end)
        end = self._lines(module.footer, end)
        # A last line without an end has one in the tree.
        self.adds_up = end - len(text) in (0, self._newline)

    def node(self, node: Any, at: int) -> int:
        return _CASES.get(type(node), _Walk._generated)(self, node, at)

    def _generated(self, node: Any, at: int) -> int:
        """What is not worth a case of its own: libcst writes it."""
        recorder = _Recorder(self._module, self._indents)
        node._codegen(recorder)
        places, end = recorder.places(at)
        self.places |= places
        return end

    # White space and separators: they have no places of their own.

    def _space(self, space: Any, at: int) -> int:
        if type(space) is libcst.SimpleWhitespace:
            return at + len(space.value)
        found = _BLANK.match(self.text, at)
        return found.end() if found is not None else at

    def _line_end(self, line: Any, at: int) -> int:
        """Of a line with a statement, or of one without any."""
        at += len(line.whitespace.value)
        if line.comment is not None:
            at += len(line.comment.value)
        newline = line.newline.value
        return at + (self._newline if newline is None else len(newline))

    def _lines(self, lines: Sequence[Any], at: int) -> int:
        for line in lines:
            at = self._line_end(line, at + self._indent if line.indent else at)
        return at

    def _separator(self, separator: Any, at: int) -> int:
        """A comma, an equals sign, a dot, an operator of one character: what lies around it included."""
        before, after = separator.whitespace_before, separator.whitespace_after
        at = at + len(before.value) if type(before) is libcst.SimpleWhitespace else self._space(before, at)
        return at + 1 + len(after.value) if type(after) is libcst.SimpleWhitespace else self._space(after, at + 1)

    def _opened(self, brackets: Sequence[Any], at: int) -> int:
        for bracket in brackets:
            at = self._space(bracket.whitespace_after, at + 1)
        return at

    def _closed(self, brackets: Sequence[Any], at: int) -> int:
        for bracket in brackets:
            at = self._space(bracket.whitespace_before, at) + 1
        return at

    # Expressions.

    def _leaf(self, node: Any, at: int) -> int:
        if not node.lpar:
            end = at + len(node.value)
            self.places[id(node)] = at, end, node
            return end
        at = self._opened(node.lpar, at)
        end = at + len(node.value)
        self.places[id(node)] = at, end, node
        return self._closed(node.rpar, end)

    def _attribute(self, node: Any, at: int) -> int:
        if node.lpar:
            at = self._opened(node.lpar, at)
        value = node.value
        end = self._separator(node.dot, _CASES.get(type(value), _Walk._generated)(self, value, at))
        end = self._leaf(node.attr, end)
        self.places[id(node)] = at, end, node
        return self._closed(node.rpar, end) if node.rpar else end

    def _call(self, node: Any, at: int) -> int:
        if node.lpar:
            at = self._opened(node.lpar, at)
        end = self.node(node.func, at)
        end = self._space(node.whitespace_after_func, end) + 1
        end = self._space(node.whitespace_before_args, end)
        for argument in node.args:
            end = self._argument(argument, end)
        end += 1
        self.places[id(node)] = at, end, node
        return self._closed(node.rpar, end) if node.rpar else end

    def _argument(self, node: Any, at: int) -> int:
        end = at
        if node.star:
            end = self._space(node.whitespace_after_star, at + len(node.star))
        if node.keyword is not None:
            end = self._separator(node.equal, self._leaf(node.keyword, end))
        value = node.value
        end = _CASES.get(type(value), _Walk._generated)(self, value, end)
        self.places[id(node)] = at, end, node
        if type(node.comma) is libcst.Comma:
            end = self._separator(node.comma, end)
        return self._space(node.whitespace_after_arg, end)

    def _tuple(self, node: Any, at: int) -> int:
        if not node.lpar:
            end = self._elements(node.elements, at)
            self.places[id(node)] = at, end, node
            return end
        # The innermost parentheses are the tuple's own.
        *outer, own = node.lpar
        start = self._opened(outer, at)
        end = self._elements(node.elements, self._opened((own,), start))
        end = self._closed(node.rpar[:1], end)
        self.places[id(node)] = start, end, node
        return self._closed(node.rpar[1:], end)

    def _list(self, node: Any, at: int) -> int:
        return self._bracketed(node, at, node.lbracket, node.rbracket)

    def _set_or_dict(self, node: Any, at: int) -> int:
        return self._bracketed(node, at, node.lbrace, node.rbrace)

    def _bracketed(self, node: Any, at: int, opening: Any, closing: Any) -> int:
        if node.lpar:
            at = self._opened(node.lpar, at)
        end = self._elements(node.elements, self._space(opening.whitespace_after, at + 1))
        end = self._space(closing.whitespace_before, end) + 1
        self.places[id(node)] = at, end, node
        return self._closed(node.rpar, end) if node.rpar else end

    def _elements(self, elements: Sequence[Any], at: int) -> int:
        for element in elements:
            if type(element) is libcst.Element:
                value = element.value
                end = _CASES.get(type(value), _Walk._generated)(self, value, at)
            elif type(element) is libcst.DictElement:
                end = self._space(element.whitespace_before_colon, self.node(element.key, at)) + 1
                end = self.node(element.value, self._space(element.whitespace_after_colon, end))
            else:
                # What is starred writes its comma itself.
                at = self._generated(element, at)
                continue
            self.places[id(element)] = at, end, element
            at = self._separator(element.comma, end) if type(element.comma) is libcst.Comma else end
        return at

    def _strings(self, node: Any, at: int) -> int:
        if node.lpar:
            at = self._opened(node.lpar, at)
        end = self._space(node.whitespace_between, self.node(node.left, at))
        end = self.node(node.right, end)
        self.places[id(node)] = at, end, node
        return self._closed(node.rpar, end) if node.rpar else end

    # Statements.

    def _simple_line(self, node: Any, at: int) -> int:
        at = self._lines(node.leading_lines, at) + self._indent
        end = at
        for statement in node.body:
            end = self.node(statement, end)
        self.places[id(node)] = at, self.places[id(node.body[-1])][1], node
        return self._line_end(node.trailing_whitespace, end)

    def _assign(self, node: Any, at: int) -> int:
        end = at
        for target in node.targets:
            start, end = end, self.node(target.target, end)
            self.places[id(target)] = start, end, target
            end = self._space(target.whitespace_before_equal, end) + 1
            end = self._space(target.whitespace_after_equal, end)
        end = self.node(node.value, end)
        self.places[id(node)] = at, end, node
        return self._semicolon(node, end)

    def _expression(self, node: Any, at: int) -> int:
        end = self.node(node.value, at)
        self.places[id(node)] = at, end, node
        return self._semicolon(node, end)

    def _semicolon(self, node: Any, at: int) -> int:
        return self._separator(node.semicolon, at) if type(node.semicolon) is libcst.Semicolon else at

    def _import(self, node: Any, at: int) -> int:
        end = self._space(node.whitespace_after_import, at + len("import"))
        for alias in node.names:
            end = self._alias(alias, end)
        self.places[id(node)] = at, end, node
        return self._semicolon(node, end)

    def _import_from(self, node: Any, at: int) -> int:
        end = self._space(node.whitespace_after_from, at + len("from"))
        for dot in node.relative:
            end = self._separator(dot, end)
        if node.module is not None:
            end = self.node(node.module, end)
        end = self._space(node.whitespace_before_import, end) + len("import")
        end = self._space(node.whitespace_after_import, end)
        if node.lpar is not None:
            end = self._opened((node.lpar,), end)
        if type(node.names) is libcst.ImportStar:
            end += 1
        else:
            for alias in node.names:
                end = self._alias(alias, end)
        if node.rpar is not None:
            end = self._closed((node.rpar,), end)
        self.places[id(node)] = at, end, node
        return self._semicolon(node, end)

    def _alias(self, node: Any, at: int) -> int:
        end = self.node(node.name, at)
        if node.asname is not None:
            end = self._space(node.asname.whitespace_before_as, end) + len("as")
            end = self.node(node.asname.name, self._space(node.asname.whitespace_after_as, end))
        self.places[id(node)] = at, end, node
        return self._separator(node.comma, end) if type(node.comma) is libcst.Comma else end

    def _class(self, node: Any, at: int) -> int:
        if node.decorators or node.type_parameters is not None:
            return self._generated(node, at)
        at = self._lines(node.lines_after_decorators, self._lines(node.leading_lines, at)) + self._indent
        end = self._space(node.whitespace_after_class, at + len("class"))
        end = self._space(node.whitespace_after_name, self._leaf(node.name, end))
        if type(node.lpar) is libcst.LeftParen:
            end = self._opened((node.lpar,), end)
        for argument in (*node.bases, *node.keywords):
            end = self._argument(argument, end)
        if type(node.rpar) is libcst.RightParen:
            end = self._closed((node.rpar,), end)
        return self._with_body(node, at, self._space(node.whitespace_before_colon, end) + 1)

    def _function(self, node: Any, at: int) -> int:
        # What few functions of migrations have.
        if node.decorators or node.type_parameters is not None or node.asynchronous is not None or node.returns:
            return self._generated(node, at)
        at = self._lines(node.lines_after_decorators, self._lines(node.leading_lines, at)) + self._indent
        end = self._space(node.whitespace_after_def, at + len("def"))
        end = self._space(node.whitespace_after_name, self._leaf(node.name, end))
        end = self._space(node.whitespace_before_params, end + 1)
        end = self._generated(node.params, end) + 1
        return self._with_body(node, at, self._space(node.whitespace_before_colon, end) + 1)

    def _with_body(self, node: Any, at: int, end: int) -> int:
        end = self.node(node.body, end)
        self.places[id(node)] = at, self.places[id(node.body)][1], node
        return end

    def _block(self, node: Any, at: int) -> int:
        at = self._line_end(node.header, at)
        indent = self._module.default_indent if node.indent is None else node.indent
        self._indents.append(indent)
        self._indent += len(indent)
        end = at
        for statement in node.body:
            end = self.node(statement, end)
        self.places[id(node)] = at, self.places[id(node.body[-1])][1], node
        end = self._lines(node.footer, end)
        self._indents.pop()
        self._indent -= len(indent)
        return end


_CASES: dict[type[libcst.CSTNode], Callable[[_Walk, Any, int], int]] = {
    libcst.Name: _Walk._leaf,
    libcst.Integer: _Walk._leaf,
    libcst.Float: _Walk._leaf,
    libcst.SimpleString: _Walk._leaf,
    libcst.Attribute: _Walk._attribute,
    libcst.Call: _Walk._call,
    libcst.Tuple: _Walk._tuple,
    libcst.List: _Walk._list,
    libcst.Set: _Walk._set_or_dict,
    libcst.Dict: _Walk._set_or_dict,
    libcst.ConcatenatedString: _Walk._strings,
    libcst.SimpleStatementLine: _Walk._simple_line,
    libcst.Assign: _Walk._assign,
    libcst.Expr: _Walk._expression,
    libcst.Import: _Walk._import,
    libcst.ImportFrom: _Walk._import_from,
    libcst.ClassDef: _Walk._class,
    libcst.FunctionDef: _Walk._function,
    libcst.IndentedBlock: _Walk._block,
}
