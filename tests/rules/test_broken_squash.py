import pytest
from factories import project
from graph_truth import migration
from written import target

from miglint.facts.source import Location, Span
from miglint.findings import Severity
from miglint.rules.broken_squash import BrokenSquash


def check(*migrations, django=(5, 2)):
    return list(BrokenSquash().check(project(migrations=migrations, target=target("postgresql", 14, django=django))))


def shop(name, *parents, replaces=(), **more):
    pairs = {
        "dependencies": [("shop", parent) for parent in parents],
        "replaces": [("shop", gone) for gone in replaces],
    }
    return migration("shop", name, **pairs | more)


FIRST, SECOND = shop("0001"), shop("0002", "0001")


@pytest.mark.parametrize(
    "migrations",
    [
        (FIRST, SECOND, shop("0001_s", replaces=["0001", "0002"]), shop("0003", "0002")),
        (shop("0001_s", replaces=["0001", "0002"]), shop("0003", "0001_s")),
        (FIRST, migration("shop", "0001_s", replaces=[("shop", "0001"), ("old", "0001")])),
    ],
    ids=["all files there", "all files gone", "another app's label"],
)
def test_a_sound_squash_is_left_alone(migrations):
    assert check(*migrations) == []


NESTED = (FIRST, shop("0001_inner", replaces=["0001"]), shop("0001_outer", replaces=["0001_inner"]))


def test_a_squash_of_a_squash_is_sound_from_django_6_on():
    assert check(*NESTED, django=(6, 0)) == []
    (finding,) = check(*NESTED, django=(5, 2))
    assert finding.message == (
        "'shop.0001_outer' replaces 'shop.0001_inner', itself a squash: Django 5.2 takes the two in random order, and "
        "one of the orders ends in NodeNotFoundError."
    )


def test_half_of_the_files():
    (finding,) = check(SECOND, shop("0001_s", replaces=["0001", "0002"]))

    assert finding.message.startswith("'shop.0001_s' replaces 'shop.0001', already deleted, and others")
    assert finding.location == Location("shop/migrations/0001_s.py", Span(50, 9, 50, 40))
    assert (finding.severity, finding.subject) == (Severity.ERROR, "shop.0001_s half-removed shop.0001")


def test_a_squash_on_top_of_what_it_replaces():
    (finding,) = check(FIRST, shop("0001_s", "0001", replaces=["0001"]))

    assert finding.message.startswith("'shop.0001_s' depends on 'shop.0001', which it replaces")
    assert finding.location == Location("shop/migrations/0001_s.py", Span(10, 9, 10, 40))


def test_a_squash_below_what_it_replaces():
    (finding,) = check(FIRST, shop("0002", "0001", "0001_s"), shop("0001_s", replaces=["0001", "0002"]))

    assert finding.message.startswith("'shop.0001_s' replaces 'shop.0002', which has to come after it")
    assert (finding.location.path, finding.migration) == ("shop/migrations/0002.py", "0002")


def test_a_squash_of_itself():
    (finding,) = check(FIRST, shop("0001_s", replaces=["0001", "0001_s"]))

    assert finding.message == "'shop.0001_s' lists itself in `replaces`, so Django takes it out of the history."


def test_squashes_of_each_other():
    findings = check(shop("0001_x", replaces=["0001_y"]), shop("0001_y", replaces=["0001_x"]), django=(6, 0))

    assert [finding.message for finding in findings] == [
        "'shop.0001_x' and 'shop.0001_y' replace each other, so Django finds neither."
    ]


def test_squashes_that_share_a_migration():
    (finding,) = check(FIRST, SECOND, shop("0001_s", replaces=["0001"]), shop("0001_t", replaces=["0001", "0002"]))

    assert finding.message.startswith("'shop.0001_t' and 'shop.0001_s' both replace 'shop.0001', and the squash")
    assert finding.message.endswith("histories differ from run to run.")
    assert [related.location.path for related in finding.related] == [
        "shop/migrations/0001_s.py",
        "shop/migrations/0001_s.py",
        "shop/migrations/0001.py",
    ]


def test_who_still_names_what_is_gone_is_informed():
    (finding,) = check(shop("0001_s", replaces=["0001"]), migration("blog", "0001", dependencies=[("shop", "0001")]))

    assert finding.severity is Severity.INFO
    assert finding.hint == "Name ('shop', '0001_s')."
    assert (finding.app, finding.migration) == ("blog", "0001")
