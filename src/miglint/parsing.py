"""Facts of files: from the cache, or from processes that parse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from miglint.cache import FactsCache, encode
from miglint.facts.migration import Failure, Module
from miglint.pool import Pool, Work
from miglint.records import dataclass

# Of how many files the parsing takes long enough to do something else meanwhile.
_FOR_SOME_TIME = 200
# To decode so many files' facts takes as long as to import libcst, which another process can do at the same time.
_MEANWHILE = 500


@dataclass(frozen=True, slots=True)
class Parsing:
    """Facts from the cache where it has them, else parsed, and remembered."""

    known: FactsCache | None
    pool: Pool

    def expect(self, files: int) -> None:
        """Get ready for so many files, of which the cache has what it has."""
        self.pool.expect(files - (len(self.known.lines) if self.known is not None else 0))

    def __call__(
        self, wanted: Mapping[str, bytes], meanwhile: Callable[[Work], None] | None = None
    ) -> Iterator[tuple[str, Module | Failure]]:
        """Facts by path, as they come; `meanwhile` is called where processes are at it for some time."""
        if self.known is None:
            yield from self._parsed(wanted, meanwhile if len(wanted) >= _FOR_SOME_TIME else None)
            return
        unknown = {path: data for path, data in wanted.items() if not self.known.has(data)}
        if unknown and len(wanted) - len(unknown) >= _MEANWHILE:
            self.pool.start()
        parsed = self._parsed(unknown, meanwhile if len(unknown) >= _FOR_SOME_TIME else None)
        damaged: dict[str, bytes] = {}
        for path, data in wanted.items():
            if path not in unknown:
                facts = self.known.get(data)
                if facts is None:
                    damaged[path] = data
                else:
                    yield path, facts
        yield from parsed
        yield from self._parsed(damaged)

    def _parsed(
        self, files: Mapping[str, bytes], meanwhile: Callable[[Work], None] | None = None
    ) -> Iterator[tuple[str, Module | Failure]]:
        """What is not known; processes start with it at once, before anybody asks for the first one."""
        return self._remembered(self.pool.parse_all(files, meanwhile))

    def _remembered(
        self, parsed: Iterable[tuple[str, bytes, Module | Failure, str | None]]
    ) -> Iterator[tuple[str, Module | Failure]]:
        for path, data, facts, text in parsed:
            if self.known is not None:
                self.known.put(data, text if text is not None else encode(facts))
            yield path, facts
