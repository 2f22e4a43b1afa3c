import pytest
from factories import app, ignored, project
from graph_truth import migration

from miglint.facts.migration import MalformedDependency
from miglint.facts.source import Location, Span
from miglint.rules.dangling_dependency import DanglingDependency


def check(*migrations, **more):
    return list(DanglingDependency().check(project(migrations=migrations, **more)))


def shop(name, *parents, **more):
    return migration("shop", name, dependencies=[("shop", parent) for parent in parents], **more)


def test_a_replaced_migration_may_be_gone():
    assert check(shop("0001_s", replaces=[("shop", "0001"), ("shop", "0002")]), shop("0003", "0002")) == []


def test_a_replaces_may_name_anything():
    assert check(shop("0001", replaces=[("old", "0001"), ("shop", "0000")])) == []


def test_other_peoples_apps_are_not_looked_into():
    assert check(migration("shop", "0001", dependencies=[("taggit", "0099_x"), ("taggit", "__first__")])) == []


def test_an_app_without_init_is_left_to_mig603():
    bare = app("blog", files=("0001.py",), has_init=False)
    assert check(migration("shop", "0001", dependencies=[("blog", "0001")]), apps=[bare]) == []


def test_the_entry_and_what_it_names_are_told():
    (finding,) = check(shop("0001"), shop("0002", "0001", "0001_zzz"))

    assert (
        finding.message == "'shop.0002' depends on 'shop.0001_zzz', which does not exist, so `migrate` refuses to run."
    )
    assert finding.location == Location("shop/migrations/0002.py", Span(11, 9, 11, 40))
    assert (finding.app, finding.migration, finding.subject) == ("shop", "0002", "shop.0001_zzz")


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("0002_order_totl", "Did you mean ('shop', '0002_order_total')?"),
        ("0002_Order_Total", "Did you mean ('shop', '0002_order_total')?"),
        ("0002_auto_20240101_1200", "Did you mean ('shop', '0002_order_total')?"),
        ("0007_paid", "Did you mean ('billing', '0007_paid')?"),
        ("0009_x.y", "Django does not load a file with a dot in its name: rename the file, and name it so here."),
        (
            "0009_nothing_alike",
            "Restore the file, or name the migration that took its place. The newest migration of 'shop' is '0003'.",
        ),
    ],
)
def test_the_closest_name_is_offered(named, hint):
    (finding,) = check(
        shop("0001_initial"),
        shop("0002_order_total", "0001_initial"),
        shop("0003", "0002_order_total"),
        migration("billing", "0007_paid"),
        migration("blog", "0001", dependencies=[("shop", named)]),
    )

    assert finding.hint == hint


def test_djangos_own_migrations_are_known():
    (finding,) = check(migration("shop", "0001", dependencies=[("auth", "0001_inital"), ("auth", "__first__")]))

    assert finding.hint == "Did you mean ('auth', '0001_initial')?"


def test_git_may_keep_the_file_on_one_machine():
    (finding,) = check(
        shop("0001"),
        migration("blog", "0001", dependencies=[("shop", "0009_x")]),
        ignored=[ignored("shop/migrations", "migrations/")],
    )

    assert "'shop/migrations' is ignored by git" in finding.hint


def test_a_run_before_is_no_dependency():
    (finding,) = check(shop("0001", run_before=[("shop", "0009_x")]))

    assert finding.message.startswith("'shop.0001' wants to run before 'shop.0009_x', which does not exist")


def test_each_cause_has_its_own_way_out():
    findings = check(
        migration("shop", "0001", dependencies=[("off", "0001"), ("empty", "__first__"), ("BLOG", "0001")]),
        shop("0002", "0001", "__latest__"),
        migration("blog", "0001"),
        apps=[app("off"), app("empty", files=())],
        unmigrated=frozenset({"off"}),
    )

    assert {finding.subject: finding.hint for finding in findings} == {
        "off.0001": "Depend on ('off', '__first__'): Django drops that while the app has no migrations.",
        "empty.__first__": "Run `python manage.py makemigrations empty` and commit what it makes.",
        "BLOG.0001": "Write ('blog', '0001').",
        "shop.__latest__": "Name the migration that this one comes after.",
    }


def test_what_is_no_pair_is_told_with_djangos_complaint():
    listed = MalformedDependency("['shop', '0001']", "unhashable type: 'list'", Span(3, 5, 3, 21))
    (finding,) = check(migration("shop", "0002", dependencies=[listed]))

    assert finding.message == (
        "'shop.0002' has `['shop', '0001']` in its dependencies, which Django cannot load: unhashable type: 'list'."
    )
    assert finding.location.span == Span(3, 5, 3, 21)
