from dataclasses import replace

import pytest
from factories import DEFAULT_TARGET, project, unknown, unreadable
from graph_truth import key, migration

from miglint.facts.source import Span
from miglint.rules.unfinished_squash import UnfinishedSquash

SPAN = Span(7, 5, 10, 6)


def check(*migrations, **more):
    return list(UnfinishedSquash().check(project(migrations=migrations, **more)))


def shop(name, *parents, **more):
    return migration("shop", name, dependencies=[("shop", parent) for parent in parents], **more)


OLD = (shop("0001"), shop("0002", "0001"))
SQUASH = replace(
    migration("shop", "0001_s", replaces=[("shop", "0001"), ("shop", "0002")]), attribute_spans={"replaces": SPAN}
)


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([], id="no file is left"),
        pytest.param([OLD[1]], id="half of the files are left, which is MIG104's"),
        pytest.param([*OLD, shop("0003", "0002")], id="the next migration depends on a replaced one"),
        pytest.param([*OLD, migration("blog", "0001", dependencies=[("shop", "0001")])], id="another app does"),
        pytest.param([*OLD, migration("blog", "0001", run_before=[("shop", "0002")])], id="by run_before"),
        pytest.param([*OLD, shop("0001_t", replaces=[("shop", "0002")])], id="two squashes want the same"),
        pytest.param([*OLD, replace(shop("0003", "0001_s"), dependencies=(unknown(),))], id="one may depend on any"),
    ],
)
def test_the_files_stay_while_something_needs_them(others):
    assert check(SQUASH, *others) == []


def test_a_file_that_cannot_be_read_may_name_any_of_them():
    assert check(SQUASH, *OLD, unreadable=[unreadable("shop.0003", "a bracket is not closed", 3)]) == []


def test_a_package_that_others_install_is_never_finished():
    assert check(SQUASH, *OLD, distributed=True) == []


def test_a_squash_of_the_changes_at_hand_is_not_finished_yet():
    facts = replace(project(migrations=[SQUASH, *OLD]), changeset=frozenset([key("shop.0001_s")]))
    assert list(UnfinishedSquash().check(facts)) == []


def test_files_that_nothing_else_names_can_go():
    (finding,) = check(SQUASH, *OLD, shop("0003", "0001_s"))
    assert finding.message == (
        "'shop.0001_s' replaces 2 files that nothing else names: '0001' and '0002' can go once every database has "
        "applied the squash."
    )
    assert finding.hint == "Delete them, then take `replaces` out of the squash."
    assert finding.location == ("shop/migrations/0001_s.py", SPAN)
    assert [place.path for place, _ in finding.related] == ["shop/migrations/0001.py", "shop/migrations/0002.py"]


def test_of_squashes_one_in_another_the_inner_comes_first():
    outer = migration("shop", "0001_t", replaces=[("shop", "0001_s"), ("shop", "0003")])
    nested = [SQUASH, *OLD, shop("0003", "0001_s"), outer]
    modern = DEFAULT_TARGET._replace(django=(6, 0))
    assert [finding.migration for finding in check(*nested, target=modern)] == ["0001_s"]
