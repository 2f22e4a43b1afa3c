"""Bytes → facts: what one Python file says, as far as it can be read without running it.

libcst is imported when the first file is parsed, not when this package is.
"""

from __future__ import annotations

from miglint.facts.migration import Failure, Module
from miglint.parse.text import Decoded as Decoded
from miglint.parse.text import decode as decode


def parse(data: bytes) -> Module | Failure:
    """What a file's bytes say; a `Failure` where they are no Python that can be read. Raises nothing."""
    from miglint.parse.module import parse_module

    return parse_module(data)
