"""Where the nodes of a libcst tree stand, from one pass of code generation."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, cast

import libcst

from miglint.facts.source import Span

if TYPE_CHECKING:
    from libcst._nodes.internal import CodegenState

# Their own parentheses make them what they are.
_PARENTHESISED = (libcst.Tuple, libcst.GeneratorExp)

LINE_END = re.compile(r"\r\n|\r|\n")


class _Recorder:
    """What libcst's nodes write themselves to: notes for each the tokens at which it starts and ends.

    Stands in for libcst's own `CodegenState`. A token's place is worked out afterwards for all at once, so that
    taking a token is one `list.append`; the recorder is its own context manager, which spares one per node.
    """

    def __init__(self, module: libcst.Module) -> None:
        self.default_indent = module.default_indent
        self.default_newline = module.default_newline
        self.indent_tokens: list[str] = []
        self.tokens: list[str] = []
        # By id: hashing a node of libcst runs Python code.
        self.nodes: dict[int, tuple[int, int, libcst.CSTNode]] = {}
        self._open: list[tuple[libcst.CSTNode, int, libcst.CSTNode | None]] = []
        self.add_token = self.tokens.append
        self.increase_indent = self.indent_tokens.append
        self.decrease_indent = self.indent_tokens.pop
        # A deque that keeps nothing takes a call without running Python code.
        ignored: deque[libcst.CSTNode] = deque(maxlen=0)
        self.before_codegen = self.after_codegen = ignored.append

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
            end = self.nodes.get(id(end_node), (0, end))[1]
        self.nodes[id(node)] = start, end, node


class Positions:
    """Spans and source text of a tree's nodes, without the white space and the parentheses around them.

    A tuple's own parentheses belong to it.
    """

    def __init__(self, module: libcst.Module, text: str) -> None:
        recorder = _Recorder(module)
        module._codegen(cast("CodegenState", recorder))
        self.text = text
        self._nodes = recorder.nodes
        self._tokens = recorder.tokens
        self._starts = list(accumulate(map(len, recorder.tokens), initial=0))
        self._lines = [0, *(end.end() for end in LINE_END.finditer(text))]

    def offsets(self, node: libcst.CSTNode) -> tuple[int, int]:
        start, end, _ = self._nodes[id(node)]
        if type(node) in _PARENTHESISED and node.lpar:  # type: ignore[attr-defined]
            # Other tokens between are white space and comments.
            start = next((at for at in range(start - 1, -1, -1) if self._tokens[at] == "("), start)
            end = next((at + 1 for at in range(end, len(self._tokens)) if self._tokens[at] == ")"), end)
        return self._starts[start], self._starts[end]

    def nodes(self) -> Iterator[libcst.CSTNode]:
        """Every node that has a place."""
        for _, _, node in self._nodes.values():
            yield node

    def __contains__(self, node: libcst.CSTNode) -> bool:
        return id(node) in self._nodes

    def span(self, node: libcst.CSTNode) -> Span:
        start, end = self.offsets(node)
        return self.span_of(start, end)

    def span_of(self, start: int, end: int) -> Span:
        lines = self._lines
        line = bisect_right(lines, start)
        end_line = bisect_right(lines, end, line - 1)
        return Span(line, start - lines[line - 1] + 1, end_line, end - lines[end_line - 1] + 1)

    def line_start(self, line: int) -> int:
        """The offset at which a line starts."""
        return self._lines[line - 1]

    def code(self, node: libcst.CSTNode) -> str:
        start, end = self.offsets(node)
        return self.text[start:end]
