from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from miglint import records

# Before anything else of miglint is imported: who assigns to what is frozen is found out here. `.ci/run` runs some
# tests once more with what users have.
records.FROZEN = "MIGLINT_AS_INSTALLED" not in os.environ

if TYPE_CHECKING:
    from postgresql.measure import Benches


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that lacks what it needs fails, instead of being skipped where nobody looks."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("MIGLINT_CI"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{why}: nothing is skipped where MIGLINT_CI is set"
    return report


@pytest.fixture(scope="session")
def benches() -> Iterator[Benches]:
    """What to measure on, by PostgreSQL major; each starts when it is first needed."""
    # Here, so that tests that need no server need no driver either.
    from postgresql.measure import Benches

    with Benches() as benches:
        yield benches
