from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgresql.measure import Benches


@pytest.fixture(scope="session")
def benches() -> Iterator[Benches]:
    """What to measure on, by PostgreSQL major; each starts when it is first needed."""
    with Benches() as benches:
        yield benches
