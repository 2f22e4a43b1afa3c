"""MIG106 where no page and no repository is needed: what the base is, written by hand."""

from __future__ import annotations

import dataclasses

from factories import line, migration, project

from miglint.facts.migration import Dependency, MigrationKey
from miglint.facts.repository import Base, Commit
from miglint.rules.stale_parent import StaleParent


def one(name: str, *parents: str, **more):
    named = [Dependency(MigrationKey(*parent.split(".")), line(number)) for number, parent in enumerate(parents, 5)]
    return migration(name, dependencies=named, **more)


def keyed(*migrations):
    return {one.key: one for one in migrations}


def found(here, base, **more):
    """What is found where the tree has `here`, and the base has `base`."""
    at = Base("refs/remotes/origin/main", "--since", "abc", keyed(*base), fork="abd", **more)
    at = dataclasses.replace(at, released=at.released | at.migrations.keys() | at.dropped)
    made = project(migrations=here)
    new = frozenset(made.migrations.keys() - at.released)
    return list(StaleParent().check(dataclasses.replace(made, base=at, changeset=new)))


INITIAL = one("shop.0001_initial")
THEIRS = one("shop.0002_size", "shop.0001_initial")


def test_without_a_base_nothing_is_said():
    assert list(StaleParent().check(project(migrations=[INITIAL]))) == []


def test_an_app_of_which_nothing_is_known_for_sure_is_left_alone():
    from miglint.facts.values import Unresolved

    unknown = migration("shop.0002_city", dependencies=[Unresolved("it is read from a file", line(5))])
    assert found([INITIAL, unknown], [INITIAL, THEIRS]) == []


def test_a_number_that_both_have_is_given_up_by_the_later_one():
    (told,) = found([INITIAL, one("shop.0002_city", "shop.0001_initial")], [INITIAL, THEIRS])
    assert "on 'origin/main' is '0002_size'" in told.message
    assert '`dependencies = [("shop", "0002_size")]` and rename it to \'0003_city\'' in told.hint


def test_a_name_without_a_number_stays_and_other_dependencies_too():
    mine = one("shop.cities", "auth.0001_initial", "shop.0001_initial")
    (told,) = found([INITIAL, mine], [INITIAL, THEIRS])
    assert told.location.span == line(6)
    assert 'write ("shop", "0002_size") in the place of ("shop", "0001_initial")' in told.hint
    assert "rename" not in told.hint


def test_the_commit_that_brought_the_newest_is_named():
    commits = {THEIRS.key: Commit("1a2b3c4", "Ada", "2026-11-20", "Add sizes")}
    (told,) = found([INITIAL, one("shop.0002_city", "shop.0001_initial")], [INITIAL, THEIRS], commits=commits)
    assert "(shop/migrations/0002_size.py, since 'Add sizes' by Ada, 2026-11-20, 1a2b3c4)" in told.message


def test_what_the_branch_deleted_or_renamed_is_not_merged_back():
    renamed = one("shop.0002_sizes", "shop.0001_initial")
    assert found([INITIAL, renamed], [INITIAL, THEIRS], forked=keyed(THEIRS)) == []


def test_a_parent_that_the_base_dropped_is_missing_after_the_merge():
    new = one("shop.0001_start")
    mine = one("shop.0002_city", "shop.0001_initial")
    (told,) = found([INITIAL, mine], [new], dropped=frozenset({INITIAL.key}))
    assert "'shop.0001_initial', which is gone on 'origin/main'" in told.message


def test_each_app_is_told_of_once():
    here = [
        INITIAL,
        one("shop.0002_a", "shop.0001_initial"),
        one("shop.0003_b", "shop.0002_a"),
        one("cart.0001_initial"),
        one("cart.0002_a", "cart.0001_initial"),
    ]
    base = [INITIAL, THEIRS, here[3], one("cart.0002_b", "cart.0001_initial")]
    assert [told.subject for told in found(here, base)] == ["cart.0002_a", "shop.0002_a"]
