"""What the pages say keeps others waiting does so on a real server, and what they offer instead does not."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from postgresql.measure import Benches
from postgresql.servers import VARIABLE, installations

from miglint import rulebook
from miglint.findings import Example

MAJORS = tuple(installations())

pytestmark = pytest.mark.skipif(not MAJORS and VARIABLE not in os.environ, reason="no PostgreSQL for this platform")

CODES = ("MIG301", "MIG302", "MIG303", "MIG304", "MIG305", "MIG306", "MIG307")


def stories(section: str) -> list[object]:
    listed = []
    for code in CODES:
        page = rulebook.page(code)
        assert page is not None
        for number, story in enumerate(page.bad if section == "Bad" else page.good, start=1):
            listed.append(pytest.param(rulebook.project(page, story), id=f"{code}-{number}"))
    return listed


def measured(examples: tuple[Example, ...], benches: Benches) -> Iterator[tuple[str, dict[str, object]]]:
    """The migrations of a story in order, each as it runs where those before it have run; the first one is given."""
    files = {example.path: example.text for example in examples}
    names = sorted(PurePosixPath(path).stem for path in files)
    for package in ("shop", "shop/migrations"):
        files[f"{package}/__init__.py"] = ""
    for place, name in enumerate(names[1:], start=2):
        later = {f"shop/migrations/{one}.py" for one in names[place:]}
        present = {path: text for path, text in files.items() if path not in later}
        yield name, benches[max(MAJORS)].measure(present, ("shop", name))


@pytest.mark.parametrize("examples", stories("Bad"))
def test_what_is_bad_keeps_others_waiting(examples: tuple[Example, ...], benches: Benches) -> None:
    assert [name for name, truth in measured(examples, benches) if truth["status"] == "ok" and truth["dangerous"]]


@pytest.mark.parametrize("examples", stories("Good"))
def test_what_is_good_works_and_keeps_nobody_waiting(examples: tuple[Example, ...], benches: Benches) -> None:
    for name, truth in measured(examples, benches):
        assert (name, truth["status"], truth.get("dangerous")) == (name, "ok", False)


MIGRATION = """
from django.db import migrations


class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [("shop", "{parent}")]
    operations = [migrations.RunSQL(sql) for sql in {scripts}]
"""


def test_a_key_changes_places_with_a_second_column_and_keeps_nobody_waiting(benches: Benches) -> None:
    page = rulebook.page("MIG306")
    assert page is not None
    first, *rest = re.findall(r"^```sql\n(.*?)^```$", page.text, re.MULTILINE | re.DOTALL)
    fill = "UPDATE shop_customer SET id = id; UPDATE shop_order SET customer_id = customer_id"
    (given,) = page.given
    files = {given.path: given.text, "shop/__init__.py": "", "shop/migrations/__init__.py": ""}
    parent = PurePosixPath(given.path).stem
    for number, sql in enumerate([first, fill, *rest], start=2):
        alone = "CONCURRENTLY" in sql
        scripts = [one for one in sql.split(";") if one.strip()] if alone else [sql]
        name = f"{number:04}_step"
        text = MIGRATION.format(atomic=not alone, parent=parent, scripts=scripts)
        files[f"shop/migrations/{name}.py"] = text
        truth = benches[max(MAJORS)].measure(files, ("shop", name))
        assert (sql, truth["status"], truth.get("dangerous")) == (sql, "ok", False)
        assert truth["breaks"] == "none"
        parent = name
    assert number == 8
