"""The line hashes by which GitHub's code scanning knows an alert again when lines move.

The upload action computes a missing one and complains of one that differs, so ours are its own:
https://github.com/github/codeql-action/blob/main/src/fingerprints.ts
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from struct import unpack

_WINDOW = 100
_BASE = 37
_WORD = 2**64 - 1
_BEYOND = _BASE**_WINDOW & _WORD
# Stands for the end of the file; zeros follow.
_END = 0xFFFF
_LF = ord("\n")


def line_hashes(text: str) -> list[str]:
    """One hash a line: of the 100 UTF-16 units from its start, blanks left out, and how often it was there before."""
    units, starts = _significant(text)
    units += [_END, *[0] * _WINDOW]
    # prefix[i] is the polynomial of the first i units; a window's is a difference of two.
    prefix = list(accumulate(units, lambda total, unit: total * _BASE + unit & _WORD, initial=0))
    seen: Counter[int] = Counter()
    hashes: list[str] = []
    for start in starts:
        value = prefix[start + _WINDOW] - prefix[start] * _BEYOND & _WORD
        seen[value] += 1
        hashes.append(f"{value:x}:{seen[value]}")
    return hashes


def _significant(text: str) -> tuple[list[int], list[int]]:
    """All units but blanks, every line end one LF; and where in them each line starts.

    An LF right after a CR belongs to it; after a CR and a blank it is a line end of its own, as the action has it.
    """
    for end in ("\r\n", "\r"):
        text = text.replace(end, "\n")
    data = text.replace(" ", "").replace("\t", "").encode("utf-16-le", "surrogatepass")
    units = [*unpack(f"<{len(data) // 2}H", data)]
    return units, [0, *(place for place, unit in enumerate(units, start=1) if unit == _LF)]
