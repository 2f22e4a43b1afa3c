"""Names that Django and PostgreSQL make up for tables, indexes and constraints, and how they shorten them.

From BaseDatabaseSchemaEditor._create_index_name, Index.set_name_with_model and db.backends.utils.truncate_name;
makeObjectName and ChooseIndexNameAddition of PostgreSQL.
"""

from __future__ import annotations

from hashlib import md5

from miglint.facts.target import Vendor

# DatabaseOperations.max_name_length of Django's backends; SQLite has no limit.
LONGEST: dict[Vendor, int | None] = {"postgresql": 63, "mysql": 64, "mariadb": 64, "oracle": 30, "sqlite": None}


def default_table(app_label: str, model: str, vendor: Vendor) -> str:
    """The table of a model that names none."""
    return truncated(f"{app_label}_{model.lower()}", LONGEST[vendor])


def truncated(name: str, length: int | None, hash_length: int = 4) -> str:
    """A name cut to `length`, its end replaced by a digest of the whole; a schema before it is kept."""
    namespace, identifier = split(name)
    if length is None or len(identifier) <= length:
        return name
    cut = f"{identifier[: length - hash_length]}{_digest(identifier, length=hash_length)}"
    return f'{namespace}"."{cut}' if namespace else cut


def split(name: str) -> tuple[str, str]:
    """A table's schema and its own name: `audit"."log` is Django's way to write audit.log."""
    namespace, dot, identifier = name.rpartition('"."')
    return namespace.strip('"') if dot else "", identifier.strip('"')


def without_quotes(table: str) -> str:
    """A name without the quotes around it, those inside left alone: Django's `strip_quotes`."""
    return table[1:-1] if len(table) > 1 and table[0] == table[-1] == '"' else table


def schema_editor_name(table: str, columns: tuple[str, ...], suffix: str, vendor: Vendor) -> str:
    """What the schema editor calls an index (suffix "", "_like"), a unique ("_uniq"), a foreign key ("_fk_…")."""
    _, identifier = split(table)
    tail = f"{_digest(identifier, *columns, length=8)}{suffix}"
    longest = LONGEST[vendor] or 200
    name = f"{identifier}_{'_'.join(columns)}_{tail}"
    if len(name) <= longest:
        return name
    if len(tail) > longest / 3:
        tail = tail[: longest // 3]
    other = (longest - len(tail)) // 2 - 1
    name = f"{identifier[:other]}_{'_'.join(columns)[:other]}_{tail}"
    return f"D{name[:-1]}" if name[0] == "_" or name[0].isdigit() else name


def foreign_key_suffix(identifier: str, columns: tuple[str, ...]) -> str:
    """The end of a foreign key's name, by what it refers to: the table's own name, without its schema."""
    return f"_fk_{identifier}_{'_'.join(columns)}"


def in_database(name: str) -> str:
    """A table as statements name it, by its `db_table`: `audit"."log` is audit.log, quotes around it do not count."""
    if '"' not in name:
        return name
    namespace, identifier = split(name)
    return f"{namespace}.{identifier}" if namespace and namespace != "public" else identifier


def schema_of(table: str) -> str:
    """The schema of a table as statements name it; empty for `public`."""
    return table.rpartition(".")[0]


def server_name(table: str, columns: tuple[str, ...], label: str) -> str:
    """What PostgreSQL calls an index or constraint that nobody gave a name: table, columns and label, in 63 bytes."""
    # Half a surrogate pair, which no server takes, counts as the one byte that would stand for it.
    first = table.rpartition(".")[2].encode(errors="replace")
    second = "_".join(columns).encode(errors="replace")[:_SERVER_LONGEST]
    room = _SERVER_LONGEST - len(label) - 1 - bool(columns)
    # Whichever is longer gives way, byte by byte.
    over = max(len(first) + len(second) - room, 0)
    longer = min(over, abs(len(first) - len(second)))
    rest = over - longer
    cut_first = (longer if len(first) > len(second) else 0) + rest // 2
    cut_second = (0 if len(first) > len(second) else longer) + rest - rest // 2
    parts = (first[: len(first) - cut_first], second[: len(second) - cut_second] if columns else None, label.encode())
    return "_".join(part.decode(errors="ignore") for part in parts if part is not None)


_SERVER_LONGEST = 63


def _digest(*parts: str, length: int) -> str:
    digest = md5(usedforsecurity=False)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:length]
