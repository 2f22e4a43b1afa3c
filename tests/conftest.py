from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from miglint import records

# Before anything else of miglint is imported: who assigns to what is frozen is found out here.
records.FROZEN = True

if TYPE_CHECKING:
    from postgresql.measure import Benches


@pytest.fixture(scope="session")
def benches() -> Iterator[Benches]:
    """What to measure on, by PostgreSQL major; each starts when it is first needed."""
    # Here, so that tests that need no server need no driver either.
    from postgresql.measure import Benches

    with Benches() as benches:
        yield benches
