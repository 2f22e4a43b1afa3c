"""The line hashes by which GitHub's code scanning knows an alert again when lines move.

The upload action computes a missing one and complains of one that differs, so ours are its own:
https://github.com/github/codeql-action/blob/main/src/fingerprints.ts
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate

_WINDOW = 100
_BASE = 37
_WORD = 2**64
_BEYOND = _BASE**_WINDOW % _WORD
# Stands for the end of the file; zeros follow.
_END = 0xFFFF
_SPACE, _TAB, _LF, _CR = b" \t\n\r"


def line_hashes(text: str) -> list[str]:
    """One hash a line: of the 100 UTF-16 units from its start, blanks left out, and how often it was there before."""
    units, starts = _significant(text)
    units += [_END, *[0] * _WINDOW]
    # prefix[i] is the polynomial of the first i units; a window's is a difference of two.
    prefix = list(accumulate(units, lambda total, unit: (total * _BASE + unit) % _WORD, initial=0))
    seen: Counter[int] = Counter()
    hashes: list[str] = []
    for start in starts:
        value = (prefix[start + _WINDOW] - prefix[start] * _BEYOND) % _WORD
        seen[value] += 1
        hashes.append(f"{value:x}:{seen[value]}")
    return hashes


def _significant(text: str) -> tuple[list[int], list[int]]:
    """All units but blanks, every line end one LF; and where in them each line starts.

    An LF right after a CR belongs to it; after a CR and a blank it is a line end of its own, as the action has it.
    """
    data = text.encode("utf-16-le", "surrogatepass")
    units: list[int] = []
    starts = [0]
    after_cr = False
    for low, high in zip(data[::2], data[1::2], strict=True):
        unit = low | high << 8
        if unit in (_SPACE, _TAB) or (after_cr and unit == _LF):
            after_cr = False
            continue
        after_cr = unit == _CR
        units.append(_LF if after_cr else unit)
        if units[-1] == _LF:
            starts.append(len(units))
    return units, starts
