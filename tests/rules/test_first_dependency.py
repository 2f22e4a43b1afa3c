from dataclasses import replace

import pytest
from factories import project
from graph_truth import migration
from written import call

from miglint.binding import build_operations
from miglint.facts.operations import CreateModel
from miglint.facts.source import TOP
from miglint.facts.values import Sequence
from miglint.rules.first_dependency import FirstDependency


def check(*migrations, **more):
    return list(FirstDependency().check(project(migrations=migrations, **more)))


def blog(name, *parents, **more):
    return migration("blog", name, dependencies=[("blog", parent) for parent in parents], **more)


def shop(*dependencies, **more):
    return migration("shop", "0001", dependencies=dependencies, **more)


ROOTS = (blog("0001_a"), blog("0001_b"), blog("0002", "0001_a", "0001_b"))
SWAPPABLE = {"swappable": "blog.User"}


@pytest.mark.parametrize(
    "history",
    [
        pytest.param([blog("0001"), blog("0002", "0001")], id="one first migration"),
        pytest.param(
            [blog("0001"), blog("0002", "0001"), blog("0001_s", replaces=[("blog", "0001"), ("blog", "0002")])],
            id="a squash and what it replaces",
        ),
    ],
)
@pytest.mark.parametrize("end", ["__first__", "__latest__"])
def test_one_first_and_one_last_migration_are_not_ambiguous(history, end):
    assert check(*history, shop(("blog", end))) == []


def test_who_depends_on_all_of_them_has_what_is_meant():
    assert check(*ROOTS, shop(("blog", "__first__"), ("blog", "0002"))) == []


def test_another_packages_first_migration_is_not_known():
    assert check(*ROOTS, shop(("taggit", "__first__"))) == []


def test_a_swappable_dependency_that_leads_to_the_model_is_right():
    assert check(making_user("0001_a"), *ROOTS[1:], shop(SWAPPABLE)) == []


def making_user(name):
    operations = build_operations(
        Sequence("list", (call("django.db.migrations.CreateModel", "user", Sequence("list", (), TOP)),), TOP), TOP
    )
    assert isinstance(operations[0], CreateModel)
    return replace(blog(name), operations=operations)


def test_several_first_migrations_are_named_with_the_one_that_django_takes():
    (finding,) = check(*ROOTS, shop(("blog", "__first__")))
    assert finding.message == (
        "'shop.0001' depends on '__first__' of 'blog', where '0001_a' and '0001_b' are first: Django takes '0001_a', "
        "which is the smallest by name, and nothing orders the rest."
    )
    assert finding.hint == 'Name the migration that is meant, for example ("blog", "0001_b").'
    assert (finding.location.path, finding.subject) == ("shop/migrations/0001.py", "blog.__first__")
    assert [place.path for place, _ in finding.related] == ["blog/migrations/0001_a.py", "blog/migrations/0001_b.py"]


def test_several_last_migrations_are_ambiguous_too():
    (finding,) = check(blog("0001"), blog("0002_a", "0001"), blog("0002_b", "0001"), shop(("blog", "__latest__")))
    assert "'0002_a' and '0002_b' are last: Django takes '0002_a'" in finding.message


def test_run_before_is_read_the_same_way():
    (finding,) = check(*ROOTS, shop(run_before=[("blog", "__first__")]))
    assert finding.message.startswith("'shop.0001' wants to run before '__first__' of 'blog'")


def test_a_swappable_dependency_that_leads_elsewhere_is_mended_in_the_other_app():
    (finding,) = check(ROOTS[0], making_user("0001_b"), ROOTS[2], shop(SWAPPABLE))
    assert finding.hint == "Let 'blog' begin with one migration: the others depend on it."
