"""Whether a session gives up waiting for a lock, so that nobody queues behind it for long.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from miglint.facts.values import Literal, Value, text_of
from miglint.folding import fold_item

# Either ends a statement that waits too long.
TIMEOUTS = frozenset({"lock_timeout", "statement_timeout"})


def is_limit(value: str) -> bool:
    """Whether a timeout's value, as it is written, is a limit: 0 is none."""
    return value.strip("'\" ").rstrip("abcdefghijklmnopqrstuvwxyz ") not in ("", "0")


def has_timeout(settings: Mapping[str, Value]) -> bool:
    """Whether Django's settings give each session of the default database one: OPTIONS, `-c lock_timeout=…`."""
    value = settings.get("DATABASES")
    for key in ("default", "OPTIONS", "options"):
        value = fold_item(value, Literal(key)) if value is not None else None
    text = text_of(value) if value is not None else None
    return text is not None and any(name in TIMEOUTS and is_limit(given) for name, given in _parameters(text))


def _parameters(options: str) -> Iterator[tuple[str, str]]:
    """What `-c name=value` and `--name=value` set, of libpq's `options`."""
    words = iter(options.split())
    for word in words:
        if word == "-c":
            word = next(words, "")
        elif word.startswith(("--", "-c")):
            word = word[2:]
        else:
            continue
        name, _, value = word.partition("=")
        yield name.strip().replace("-", "_").lower(), value
