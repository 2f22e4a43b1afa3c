from factories import project
from graph_truth import key, migration

from miglint.facts.migration import Failure, Unreadable
from miglint.facts.source import TOP, Location, Span
from miglint.rules.multiple_leaf_nodes import MultipleLeafNodes

HEADER = Span(5, 1, 5, 37)


def check(*migrations, **more):
    return list(MultipleLeafNodes().check(project(migrations=migrations, **more)))


def shop(name, *parents, **more):
    return migration("shop", name, dependencies=[("shop", parent) for parent in parents], **more)


def test_a_merge_leaves_one_leaf():
    assert check(shop("0001"), shop("0002_a", "0001"), shop("0002_b", "0001"), shop("0003", "0002_a", "0002_b")) == []


def test_a_squash_stands_in_for_what_it_replaces():
    assert (
        check(shop("0001"), shop("0002", "0001"), shop("0001_s", replaces=[("shop", "0001"), ("shop", "0002")])) == []
    )


def test_an_unreadable_migration_may_join_the_leaves():
    broken = Unreadable(key("shop.0003"), "shop/migrations/0003.py", Failure("a bracket is not closed", TOP))
    assert check(shop("0001"), shop("0002_a", "0001"), shop("0002_b", "0001"), unreadable=[broken]) == []


def test_both_leaves_are_named_with_the_one_they_follow():
    (finding,) = check(shop("0001"), shop("0002_a", "0001"), shop("0002_b", "0001"))

    assert finding.message == (
        "App 'shop' has 2 leaf migrations, so `migrate` refuses to run: '0002_a' and '0002_b' both follow '0001'."
    )
    assert finding.hint == (
        "Run `python manage.py makemigrations --merge shop`, or let '0002_b' depend on ('shop', '0002_a') "
        "if it is not applied anywhere yet."
    )
    assert (finding.app, finding.migration, finding.subject) == ("shop", "0002_b", "shop")
    assert finding.location == Location("shop/migrations/0002_b.py", HEADER)
    assert [related.location for related in finding.related] == [Location("shop/migrations/0002_a.py", HEADER)]


def test_one_finding_speaks_for_all_leaves_of_an_app():
    (finding,) = check(
        shop("0001"), shop("0002", "0001"), shop("0003", "0001"), shop("0004", "0002"), shop("0005", "0001")
    )

    assert "'0003', '0004' and '0005' all descend from '0001'" in finding.message
    assert finding.migration == "0005"
    assert finding.hint == "Run `python manage.py makemigrations --merge shop`."


def test_histories_without_a_common_ancestor_cannot_be_merged_by_command():
    (finding,) = check(shop("0001_a"), shop("0001_b", "__first__"))

    assert "'0001_a' and '0001_b' have no ancestor in common" in finding.message
    assert finding.hint == "Join the histories: let '0001_b' depend on ('shop', '0001_a')."


def test_a_way_through_another_app_does_not_join_them():
    (finding,) = check(
        shop("0001"),
        shop("0002", "0001"),
        migration("blog", "0001", dependencies=[("shop", "0002")]),
        migration("shop", "0003", dependencies=[("shop", "0001"), ("blog", "0001")]),
    )

    assert "'0003' needs '0002' by way of 'blog.0001' only" in finding.message
    assert finding.hint == "Add ('shop', '0002') to the dependencies of '0003'."
