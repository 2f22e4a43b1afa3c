"""The versions of Django and of the database that a judgement holds for."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

Vendor: TypeAlias = OneOf["postgresql", "mysql", "mariadb", "sqlite", "oracle"]
Version: TypeAlias = tuple[int, ...]


def written(version: Version) -> str:
    """A version as people write it: `5.2`."""
    return ".".join(map(str, version))


class Database(NamedTuple):
    vendor: Vendor
    version: Version

    def __str__(self) -> str:
        return f"{self.vendor}:{written(self.version)}" if self.version else self.vendor


class Target(NamedTuple):
    """`django_from` and `database_from` say where the versions are from, for people.

    `django_assumed` says that nobody named it: what another version would do differently is no fault then.
    """

    django: Version
    django_from: str
    database: Database
    database_from: str
    django_assumed: bool = False


DEFAULT_DJANGO: Version = (5, 2)

# Oldest PostgreSQL that each Django supports: DatabaseFeatures.minimum_database_version of that release.
# https://docs.djangoproject.com/en/stable/ref/databases/#postgresql-notes
_OLDEST_POSTGRESQL: dict[Version, Version] = {
    (3, 2): (9, 6),
    (4, 0): (10,),
    (4, 1): (11,),
    (4, 2): (12,),
    (5, 0): (12,),
    (5, 1): (13,),
    (5, 2): (14,),
    (6, 0): (14,),
    (6, 1): (15,),
}


# Ascending.
KNOWN_DJANGO: tuple[Version, ...] = tuple(_OLDEST_POSTGRESQL)


def oldest_postgresql(django: Version) -> Database:
    """The oldest PostgreSQL that a Django supports, never below 11: nothing older was measured."""
    supported = [version for release, version in _OLDEST_POSTGRESQL.items() if release <= django[:2]]
    return Database("postgresql", max(supported[-1] if supported else (11,), (11,)))
