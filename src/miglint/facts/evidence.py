"""What the files of a project say of the versions that it runs on."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.facts.target import Version

Operator: TypeAlias = OneOf["==", "!=", "<", "<=", ">", ">="]


class Specifier(NamedTuple):
    """One clause of a version specifier, release segments only; `series` where it ends in `.*`."""

    operator: Operator
    release: Version
    series: bool = False


# All of which hold.
Specifiers: TypeAlias = tuple[Specifier, ...]


class Wanted(NamedTuple):
    """What one file asks for of Django: any of `alternatives`, where it has a line for each Python or platform.

    `aside` says that it is not about what is deployed: tests, documentation, extras.
    """

    path: str
    alternatives: tuple[Specifiers, ...]
    aside: bool = False


class Served(NamedTuple):
    """The versions of PostgreSQL that one file starts, ascending."""

    path: str
    versions: tuple[Version, ...]


class FolderEvidence(NamedTuple):
    """What the files of one folder say, each kind in order of weight; `notes` are about those that cannot be read."""

    django: tuple[Wanted, ...] = ()
    postgresql: tuple[Served, ...] = ()
    notes: tuple[str, ...] = ()


# Of a project's root, and of each folder above it up to the repository's.
Evidence: TypeAlias = tuple[FolderEvidence, ...]
