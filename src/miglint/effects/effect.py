"""Effects: what one operation does to a live database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RewriteTable:
    """The server writes every row of `table` anew while `lock` is held; `cause` says what makes it so."""

    table: str
    lock: str
    cause: str


@dataclass(frozen=True, slots=True)
class ScanTable:
    """The server reads every row of `table` while `lock` is held; `cause` says what makes it so."""

    table: str
    lock: str
    cause: str


@dataclass(frozen=True, slots=True)
class Fails:
    """The operation fails where `table` has rows; `cause` is the server's complaint."""

    table: str
    cause: str


@dataclass(frozen=True, slots=True)
class UnknownEffect:
    """What the operation does cannot be known; `reason` ends the sentence "unknown because …"."""

    reason: str


Effect: TypeAlias = RewriteTable | ScanTable | Fails | UnknownEffect
EffectKind: TypeAlias = OneOf["rewrite", "scan"]
