"""The graph is the one that Django's own loader builds on an empty database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graph_truth import DjangosLoader, History, as_answer, key, linked
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from miglint.facts.migration import MalformedDependency
from miglint.facts.source import TOP, Span
from miglint.facts.values import Literal, Sequence, Unresolved, Value
from miglint.facts.values import Mapping as MappingValue
from miglint.graph import MigrationGraph

A1, A2, A3, A4 = (("a", f"000{n}") for n in (1, 2, 3, 4))
B1, B2 = (("b", f"000{n}") for n in (1, 2))


@pytest.fixture(scope="module")
def django() -> Iterator[DjangosLoader]:
    loader = DjangosLoader()
    yield loader
    loader.close()


def after(*parents: Any, **more: Any) -> dict[str, Any]:
    return {"dependencies": list(parents), **more}


def squash(*targets: Any, **more: Any) -> dict[str, Any]:
    return {"replaces": list(targets), **more}


# Histories that Django loads; what it makes of them is asked, not written down.
LOADED: dict[str, History] = {
    "nothing at all": {},
    "an app without migrations": {"a": {}},
    "a chain": {"a": {"0001": {}, "0002": after(A1), "0003": after(A2)}},
    "two leaves": {"a": {"0001": {}, "0002": after(A1), "0003": after(A1)}},
    "an unconnected second root": {"a": {"0001": {}, "0002": {}}},
    "a merge": {"a": {"0001": {}, "0002": after(A1), "0003": after(A1), "0004": after(A2, A3)}},
    "a child in another app, which does not hide a leaf": {
        "a": {"0001": {}, "0002": after(A1), "0003": after(A1, B1)},
        "b": {"0001": after(A2)},
    },
    "run_before in the same app": {"a": {"0001": {"run_before": [A2]}, "0002": {}}},
    "run_before in another app": {"a": {"0001": {}, "0002": after(A1)}, "b": {"0001": {"run_before": [A2]}}},
    "run_before a migration of Django's own": {
        "a": {"0001": {"run_before": [("auth", "0003_alter_user_email_max_length")]}, "0002": after(A1)},
        "b": {"0001": after(("auth", "0004_alter_user_username_opts"))},
    },
    "__first__ with several roots": {"a": {"0002": {}, "0001": {}}, "b": {"0001": after(("a", "__first__"))}},
    "__latest__ with several leaves": {
        "a": {"0001": {}, "0003": after(A1), "0002": after(A1)},
        "b": {"0001": after(("a", "__latest__"))},
    },
    "__first__ of the app itself, which makes a second root": {"a": {"0001": {}, "0002": after(("a", "__first__"))}},
    "run_before __latest__ of the app itself": {"a": {"0001": {"run_before": [("a", "__latest__")]}}},
    "__first__ of an app that is squashed": {
        "a": {"0001": {}, "0002": after(A1), "0001_squashed": squash(A1, A2), "0003": after(A2)},
        "b": {"0001": after(("a", "__first__"))},
    },
    "names that differ in case": {"a": {"0001_A": {}, "0001_a": after(("a", "0001_A"))}},
    "an entry twice": {"a": {"0001": {}, "0002": after(A1, A1)}},
    "swappable in another app": {"a": {"0001": after({"swappable": "b.User"})}, "b": {"0001": {}, "0002": after(B1)}},
    "swappable in the app itself": {"a": {"0001": {}, "0002": after(A1, {"swappable": "a.User"})}},
    "swappable in Django's own app": {"a": {"0001": after({"swappable": "auth.User"})}},
    "Django's own apps by name and end": {
        "a": {"0001": after(("auth", "0012_alter_user_first_name_max_length"), ("sites", "__latest__"))},
        "b": {"0001": after(("contenttypes", "__first__"), ("admin", "__first__"))},
    },
    "a squash": {"a": {"0001": {}, "0002": after(A1), "0001_squashed": squash(A1, A2)}},
    "a squash and what follows the last of the replaced": {
        "a": {"0001": {}, "0002": after(A1), "0001_squashed": squash(A1, A2), "0003": after(A2)}
    },
    "a squash whose replaced files are gone, still named": {
        "a": {"0001_squashed": squash(A1, A2), "0003": after(A2)},
        "b": {"0001": after(A1)},
    },
    "a squash in the middle that inherits a parent in another app": {
        "a": {"0001": {}, "0002": after(A1, B1), "0003": after(A2), "0002_squashed": squash(A2, A3, **after(A1))},
        "b": {"0001": {}},
    },
    "a squash of the leaf": {"a": {"0001": {}, "0002": after(A1), "0002_squashed": squash(A2, **after(A1))}},
    "replaces across labels": {
        "a": {"0001": squash(("old", "0001"), ("old", "0002")), "0002": after(A1)},
        "b": {"0001": after(("old", "0002"))},
    },
    "run_before a replaced migration": {
        "a": {"0001": {}, "0002": after(A1), "0001_squashed": squash(A1, A2)},
        "b": {"0001": {"run_before": [A2]}},
    },
    "run_before a replaced migration that is gone": {
        "a": {"0001_squashed": squash(A1, A2)},
        "b": {"0001": {"run_before": [A2]}},
    },
    "the greatest sibling first": {
        "a": {"0001": after(B2, ("c", "0001"))},
        "b": {"0001": {}, "0002": after(B1)},
        "c": {"0001": {}},
    },
    "siblings of one app, greatest first": {
        "a": {"0001": {}, "0002": after(A1), "0003": after(A1), "0004": after(A2, A3)}
    },
}


@pytest.mark.parametrize("history", LOADED.values(), ids=LOADED)
def test_what_django_loads_has_the_same_nodes_edges_ends_and_order(django: DjangosLoader, history: History) -> None:
    graph = linked(history)

    assert as_answer(graph) == django.ask(history, ignore_no_migrations=True)
    assert (graph.missing, graph.malformed, graph.cycles) == ((), (), ())


# Histories that Django refuses, and what is missing.
UNLOADED: dict[str, tuple[History, dict[str, Any], set[tuple[str, str, str]]]] = {
    "a parent that is not there": ({"a": {"0002": after(A1)}}, {}, {("a.0002", "a.0001", "no-migration")}),
    "a parent of another case": (
        {"a": {"0001_Init": {}, "0002": after(("a", "0001_init"))}},
        {},
        {("a.0002", "a.0001_init", "no-migration")},
    ),
    "an app of another case": (
        {"a": {"0001": {}}, "b": {"0001": after(("A", "0001"))}},
        {},
        {("b.0001", "A.0001", "other-label")},
    ),
    "run_before of what is not there": (
        {"a": {"0001": {"run_before": [A2]}}},
        {},
        {("a.0001", "a.0002", "no-migration")},
    ),
    "a name that Django's own app does not have": (
        {"a": {"0001": after(("auth", "0099_nope"))}},
        {},
        {("a.0001", "auth.0099_nope", "no-migration")},
    ),
    "an explicit name in an app whose migrations are switched off": (
        {"a": {"0001": after(("off", "0001"))}},
        {"unmigrated": ("off",)},
        {("a.0001", "off.0001", "switched-off")},
    ),
    "__latest__ of the app itself": (
        {"a": {"0001": {}, "0002": after(A1, ("a", "__latest__"))}},
        {},
        {("a.0002", "a.__latest__", "own-latest")},
    ),
    "__first__ of an app that has none": (
        {"a": {"0001": after(("b", "__first__"))}, "b": {}},
        {},
        {("a.0001", "b.__first__", "no-migrations")},
    ),
    "the parent of a replaced migration": (
        {"a": {"0002": after(A1), "0003": after(A2), "0002_squashed": squash(A2, A3)}},
        {},
        {("a.0002", "a.0001", "no-migration")},
    ),
}


@pytest.mark.parametrize(("history", "more", "missing"), UNLOADED.values(), ids=UNLOADED)
def test_what_django_misses_is_missing(
    django: DjangosLoader, history: History, more: dict[str, Any], missing: set[tuple[str, str, str]]
) -> None:
    graph = linked(history, **more)

    assert django.ask(history, **more)["error"] in ("missing", "value")
    assert {(str(m.entry.migration), str(m.target), m.cause) for m in graph.missing} == missing


def test_all_that_is_wrong_is_told_at_once() -> None:
    graph = linked(
        {
            "a": {"0001": after(B1), "0002": after(("a", "0001_nope")), "0003": after(("b", "0009"))},
            "b": {"0001": after(A1), "0002": after(B1, ("sites", "0009"))},
        }
    )

    assert [str(m.target) for m in graph.missing] == ["a.0001_nope", "b.0009", "sites.0009"]
    assert [list(map(str, cycle)) for cycle in graph.cycles] == [["a.0001", "b.0001"]]


CYCLES: dict[str, tuple[History, list[str]]] = {
    "itself": ({"a": {"0001": after(A1)}}, ["a.0001"]),
    "in one app": ({"a": {"0001": after(A3), "0002": after(A1), "0003": after(A2)}}, ["a.0001", "a.0003", "a.0002"]),
    "between apps": ({"a": {"0001": after(B1)}, "b": {"0001": after(A1)}}, ["a.0001", "b.0001"]),
    "by run_before": ({"a": {"0001": {}, "0002": after(A1, run_before=[A1])}}, ["a.0001", "a.0002"]),
    "the shortest of a knot": (
        {"a": {"0001": after(A4), "0002": after(A1), "0003": after(A2, A4), "0004": after(A3)}},
        ["a.0003", "a.0004"],
    ),
    "a squash that depends on what it replaces": (
        {"a": {"0001": {}, "0002": after(A1), "0001_squashed": squash(A1, A2, **after(A1))}},
        ["a.0001_squashed"],
    ),
    "two squashes that wait for each other": (
        {
            "a": {"0001": {}, "0002": after(B1), "0001_squashed": squash(A1, A2)},
            "b": {"0001": after(A1), "0001_squashed": squash(B1)},
        },
        ["a.0001_squashed", "b.0001_squashed"],
    ),
    "through Django's own app": (
        {
            "a": {
                "0001": after(("auth", "0002_alter_permission_name_max_length"), run_before=[("auth", "0001_initial")])
            }
        },
        ["a.0001", "auth.0002_alter_permission_name_max_length", "auth.0001_initial"],
    ),
}


@pytest.mark.parametrize(("history", "cycle"), CYCLES.values(), ids=CYCLES)
def test_a_circle_is_told_from_its_smallest_migration_on(
    django: DjangosLoader, history: History, cycle: list[str]
) -> None:
    graph = linked(history)

    assert django.ask(history)["error"] == "cycle"
    assert [list(map(str, found)) for found in graph.cycles] == [cycle]
    assert sorted(graph.plan) == sorted(graph.nodes)


def test_an_inherited_edge_is_traced_to_the_file_that_declares_it() -> None:
    graph = linked({"a": {"0001": {}, "0002": after(A1, B1), "0001_squashed": squash(A1, A2)}, "b": {"0001": {}}})

    entry = graph.declared(key("a.0001_squashed"), key("b.0001"))
    assert entry is not None
    assert (str(entry.migration), entry.location.path) == ("a.0002", "a/migrations/0002.py")


# External apps are not looked into.


def test_an_app_that_is_not_in_the_tree_is_kept_as_it_is_named() -> None:
    graph = linked({"a": {"0001": after(("taggit", "0004_x"), ("taggit", "__first__"), ("auth", "__first__"))}})

    assert [str(parent) for _, parent in graph.edges] == ["auth.0001_initial", "taggit.0004_x", "taggit.__first__"]
    assert (graph.external, graph.missing) == (("auth", "taggit"), ())


def test_run_before_an_external_migration_is_no_edge_of_ours() -> None:
    graph = linked({"a": {"0001": {"run_before": [("taggit", "0001_initial")]}}})

    assert (graph.edges, graph.external, graph.missing) == ((), ("taggit",), ())


def test_a_name_that_only_a_newer_django_may_have_is_not_missing() -> None:
    history: History = {"a": {"0001": after(("auth", "0013_new"))}}

    assert linked(history, django=(6, 2)).missing == ()
    assert [str(m.target) for m in linked(history, django=(6, 1)).missing] == ["auth.0013_new"]


def test_migrations_of_djangos_own_app_that_live_elsewhere_are_not_known() -> None:
    moved = MappingValue(((Literal("sites"), Literal("elsewhere.sites_migrations")),), TOP)
    history: History = {"a": {"0001": after(("sites", "0009_ours"), ("sites", "__first__"))}}

    graph = linked(history, settings={"MIGRATION_MODULES": moved})

    assert graph.missing == ()
    assert [str(parent) for _, parent in graph.edges] == ["sites.0009_ours", "sites.__first__"]


def test_the_projects_own_migrations_of_djangos_app_are_its_own() -> None:
    graph = linked({"sites": {"0001_initial": {}, "0002_ours": after(("sites", "0001_initial"))}})

    assert list(map(str, graph.leaves)) == ["sites.0002_ours"]


# Labels.


def test_the_package_of_an_app_is_not_its_label() -> None:
    history: History = {"shop_v2": {"0001": {}}, "b": {"0001": after(("shop", "0001"))}}

    (missing,) = linked(history, packages={"shop_v2": "src/shop"}).missing

    assert (missing.cause, missing.label) == ("other-label", "shop_v2")


@pytest.mark.parametrize(
    "apps", [Unresolved("it is read from the environment", TOP), Sequence("list", (Literal("vendor.shop"),), TOP)]
)
def test_a_label_that_an_app_elsewhere_may_have_is_external(apps: Value) -> None:
    history: History = {"shop_v2": {"0001": {}}, "b": {"0001": after(("shop", "0001"))}}

    graph = linked(history, packages={"shop_v2": "src/shop"}, settings={"INSTALLED_APPS": apps})

    assert (graph.missing, graph.external) == ((), ("shop",))


# Swappable models.


@pytest.mark.parametrize(
    ("value", "parent"),
    [
        (None, ["auth.0001_initial"]),
        (Literal("users.User"), ["users.0001"]),
        (Literal("accounts.User"), ["accounts.__first__"]),
        (Unresolved("it is read from the environment", TOP), []),
    ],
)
def test_a_swappable_dependency_follows_the_setting(value: Any, parent: list[str]) -> None:
    graph = linked(
        {"a": {"0001": after({"swappable": "AUTH_USER_MODEL"})}, "users": {"0001": {}}},
        settings={} if value is None else {"AUTH_USER_MODEL": value},
    )

    assert [str(p) for child, p in graph.edges if child == A1] == parent


def test_a_setting_that_nobody_knows_is_not_guessed() -> None:
    graph = linked({"a": {"0001": {}, "0002": after(A1, {"swappable": "SHOP_ORDER_MODEL"})}})

    assert as_answer(graph)["edges"] == [["a.0002", "a.0001"]]
    assert graph.unknown == frozenset()


# Apps whose migrations Django does not load.


@pytest.mark.parametrize("how", [{"without_init": ("b",)}, {"unmigrated": ("b",)}])
def test_migrations_that_django_does_not_load_are_not_in_the_graph(how: dict[str, Any]) -> None:
    history: History = {"a": {"0001": after(B1), "0002": after(A1, ("b", "__first__"))}, "b": {"0001": {}}}

    graph = linked(history, **how)

    assert list(map(str, graph.nodes)) == ["a.0001", "a.0002"]
    assert as_answer(graph)["edges"] == [["a.0002", "a.0001"]]
    assert [(str(m.entry.migration), str(m.target), m.cause) for m in graph.missing] == [
        ("a.0001", "b.0001", "no-init" if "without_init" in how else "switched-off")
    ]
    assert graph.external == ()


# The unknown.


def test_an_unreadable_migration_may_be_the_merge() -> None:
    history: History = {"a": {"0001": {}, "0002": after(A1), "0003": after(A1)}}

    graph = linked(history, unreadable=("a.0004",))

    assert (graph.conflicts, list(map(str, graph.leaves))) == ({}, ["a.0002", "a.0003", "a.0004"])


def test_an_unreadable_ancestor_of_both_leaves_cannot_join_them() -> None:
    history: History = {"a": {"0002": after(A1), "0003": after(A1)}}

    assert linked(history, unreadable=("a.0001",)).conflicts == {"a": ("0002", "0003")}


def test_an_unresolved_dependency_may_join_the_leaves() -> None:
    unknown = Unresolved("it is computed", TOP)
    history: History = {"a": {"0001": {}, "0002": after(A1), "0003": after(A1, unknown)}}

    graph = linked(history)

    assert (graph.conflicts, graph.unknown) == ({}, {A3})


def test_an_unreadable_migration_of_another_app_hides_no_leaves() -> None:
    history: History = {"a": {"0001": {}, "0002": after(A1), "0003": after(A1)}}

    assert linked(history, unreadable=("b.0001",)).conflicts == {"a": ("0002", "0003")}


def test_a_dangling_parent_is_not_also_a_second_leaf() -> None:
    graph = linked({"a": {"0001": {}, "0002": after(A1), "0003": after(("a", "0002_renamed"))}})

    assert (len(graph.missing), graph.conflicts) == (1, {})


def test_what_an_unreadable_squash_may_replace_is_not_missing() -> None:
    graph = linked({"a": {"0003": after(A2)}, "b": {"0001": after(("b", "0000"))}}, unreadable=("a.0001_squashed",))

    assert [str(m.target) for m in graph.missing] == ["b.0000"]


def test_an_unreadable_migration_is_there() -> None:
    assert linked({"a": {"0002": after(A1)}}, unreadable=("a.0001",)).missing == ()


def test_what_django_cannot_load_is_told_and_the_rest_linked() -> None:
    listed = MalformedDependency("['a', '0001']", "unhashable type: 'list'", Span(3, 1, 3, 9))

    graph = linked({"a": {"0001": {}, "0002": after(A1, listed)}})

    assert [(str(m.entry.migration), m.dependency) for m in graph.malformed] == [("a.0002", listed)]
    assert as_answer(graph)["edges"] == [["a.0002", "a.0001"]]


# Symbols.


def test_the_candidates_of_a_symbol_are_told() -> None:
    graph = linked({"a": {"0001": {}, "0002": {}}, "b": {"0001": after(("a", "__first__"))}})

    (symbolic,) = graph.symbolic
    assert (symbolic.chosen, symbolic.candidates) == (A1, (A1, A2))


def test_a_symbol_is_not_resolved_where_an_unreadable_migration_may_be_meant() -> None:
    graph = linked({"a": {"0001": {}}, "b": {"0001": after(("a", "__latest__"))}}, unreadable=("a.0002",))

    assert as_answer(graph)["edges"] == [["b.0001", "a.__latest__"]]
    assert (graph.missing, graph.symbolic) == ((), ())


# Squashes.


def faults(graph: MigrationGraph) -> list[tuple[str, str, list[str]]]:
    return [(str(p.squash), p.fault, list(map(str, p.others))) for p in graph.squash_problems]


NESTED: History = {
    "a": {
        "0001": {},
        "0002": after(A1),
        "0003": after(A2),
        "0001_inner": squash(A1, A2),
        "0001_outer": squash(("a", "0001_inner"), A3),
        "0004": after(A3),
    }
}


def test_a_squash_of_a_squash_is_taken_inner_first_as_django_6_does(django: DjangosLoader) -> None:
    graph = linked(NESTED, django=(6, 0))

    # Django 5.2 does it too, when it happens to meet the inner one first, and else finds no replacement node.
    assert as_answer(graph) == django.ask(NESTED, first=[("a", "0001_inner")])
    assert django.ask(NESTED, first=[("a", "0001_outer")])["error"] == "missing"
    assert faults(graph) == []
    assert faults(linked(NESTED, django=(5, 2))) == [("a.0001_outer", "nested", ["a.0001_inner"])]
    assert {str(k): str(v) for k, v in graph.replaced.items()} == {
        "a.0001": "a.0001_inner",
        "a.0002": "a.0001_inner",
        "a.0001_inner": "a.0001_outer",
        "a.0003": "a.0001_outer",
    }


def test_overlapping_squashes_depend_on_which_comes_first(django: DjangosLoader) -> None:
    history: History = {
        "a": {
            "0001": {},
            "0002": after(A1),
            "0003": after(A2),
            "0001_s": squash(A1, A2),
            "0001_t": squash(A1, A2, A3),
        }
    }

    answers = [django.ask(history, first=[("a", first)]) for first in ("0001_s", "0001_t")]

    assert answers[0] != answers[1]
    assert as_answer(linked(history)) in answers
    assert faults(linked(history, django=(6, 0))) == [("a.0001_t", "overlaps", ["a.0001_s", "a.0001", "a.0002"])]


def test_a_squash_does_not_replace_itself() -> None:
    history: History = {"a": {"0001": {}, "0001_s": squash(A1, ("a", "0001_s")), "0002": after(A1)}}

    graph = linked(history)

    # Django 5.2 loses the squash and every root with it; 6.0 refuses: "Cyclical squash replacement found".
    assert list(map(str, graph.nodes)) == ["a.0001_s", "a.0002"]
    assert faults(graph) == [("a.0001_s", "replaces-itself", ["a.0001_s"])]


def test_of_squashes_that_replace_each_other_both_stay() -> None:
    history: History = {"a": {"0001_x": squash(("a", "0001_y")), "0001_y": squash(("a", "0001_x"))}}

    graph = linked(history)

    assert len(graph.nodes) == 2
    assert faults(graph) == [("a.0001_x", "replaced-in-turn", ["a.0001_y"])]


def test_a_squash_tangled_with_what_it_replaces_is_told_either_way() -> None:
    onto: History = {"a": {"0001": {}, "0001_s": squash(A1, **after(A1))}}
    under: History = {"a": {"0001": {}, "0002": after(A1, ("a", "0001_s")), "0001_s": squash(A1, A2)}}

    assert faults(linked(onto)) == [("a.0001_s", "depends-on-replaced", ["a.0001"])]
    assert faults(linked(under)) == [("a.0001_s", "depends-on-replaced", ["a.0002"])]


def test_a_squash_is_fine_with_all_of_its_files_or_none() -> None:
    every: History = {"a": {"0001": {}, "0002": after(A1), "0001_s": squash(A1, A2)}}
    none: History = {"a": {"0001_s": squash(A1, A2), "0003": after(("a", "0001_s"))}}
    elsewhere: History = {"a": {"0001": {}, "0001_s": squash(A1, ("old", "0001"))}}

    assert [faults(linked(history)) for history in (every, none, elsewhere)] == [[], [], []]


def test_a_squash_with_half_of_its_files_is_told() -> None:
    history: History = {"a": {"0002": {}, "0001_s": squash(A1, A2)}}

    assert faults(linked(history)) == [("a.0001_s", "half-removed", ["a.0001"])]


def test_who_still_names_a_replaced_file_that_is_gone_is_told() -> None:
    history: History = {"a": {"0001_s": squash(A1, A2), "0003": after(A2)}, "b": {"0001": {"run_before": [A1]}}}

    graph = linked(history)

    assert faults(graph) == [
        ("a.0001_s", "named-though-gone", ["a.0001"]),
        ("a.0001_s", "named-though-gone", ["a.0002"]),
    ]
    assert [str(p.entries[0].migration) for p in graph.squash_problems] == ["b.0001", "a.0003"]


# Questions.


def test_what_a_migration_needs_is_found_through_all_apps() -> None:
    graph = linked(
        {"a": {"0001": {}, "0002": after(A1)}, "b": {"0001": after(A2), "0002": after(B1, ("auth", "__first__"))}}
    )

    needed = ["a.0001", "a.0002", "auth.0001_initial", "b.0001", "contenttypes.0001_initial"]
    assert sorted(map(str, graph.ancestors(key("b.0002")))) == needed
    assert list(map(str, graph.path_between(key("b.0002"), key("a.0001")))) == ["b.0002", "b.0001", "a.0002", "a.0001"]
    assert graph.path_between(key("a.0001"), key("b.0002")) == ()
    assert graph.path_between(key("a.0001"), key("zzz.0002")) == ()


def test_twenty_thousand_migrations_and_a_circle_of_as_many_are_no_trouble() -> None:
    names = [f"{n:05}" for n in range(20_000)]
    chain: History = {"a": {name: after(("a", before)) for before, name in zip(["x", *names], names, strict=False)}}
    chain["a"]["00000"] = after(("a", "19999"))

    graph = linked(chain)

    assert len(graph.cycles[0]) == len(graph.plan) == 20_000


# Any small history.

NAMES = ["0001", "0002", "0003", "0004"]
LABELS = ["a", "b", "c"]


@st.composite
def histories(draw: st.DrawFn) -> History:
    apps: History = {label: {} for label in LABELS}
    keys = [(label, name) for label in apps for name in NAMES[: draw(st.integers(0, 4))]]
    anything = st.sampled_from([*keys, *keys, ("a", "0009"), ("b", "0001"), ("auth", "0001_initial")])
    symbols = st.sampled_from([(label, symbol) for label in (*apps, "auth") for symbol in ("__first__", "__latest__")])
    for label, name in keys:
        earlier = [k for k in keys if k[0] == label and k[1] < name]
        dependencies = draw(st.lists(st.sampled_from(earlier), max_size=2)) if earlier else []
        if draw(st.integers(0, 3)) == 0:
            dependencies.append(draw(st.one_of(anything, symbols)))
        migration: dict[str, Any] = {"dependencies": dependencies}
        if draw(st.integers(0, 9)) == 0:
            migration["run_before"] = [draw(anything)]
        apps[label][name] = migration
    for number in range(draw(st.integers(0, 2))):
        label = draw(st.sampled_from(list(apps)))
        targets = draw(st.lists(st.sampled_from([*keys, ("old", "0001"), (label, "0008")]), min_size=1, max_size=3))
        dependencies = draw(st.lists(anything, max_size=1))
        apps[label][f"0005_squash{number}"] = squash(*targets, **after(*dependencies))
    return apps


@given(histories())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_history_is_linked_or_refused_as_django_does(django: DjangosLoader, history: History) -> None:
    # What `__first__` means then depends on the order of INSTALLED_APPS.
    every = [(label, migration) for label, app in history.items() for migration in app.values()]
    asked_for_ends = {label for _, m in every for label, name in m["dependencies"] if name.startswith("__")}
    reordered = {label for own, m in every for label, _ in m.get("run_before", ()) if label == own}
    assume(not asked_for_ends & reordered)
    graph = linked(history)
    # Which of two squashes wins is chance in Django.
    assume(not {p.fault for p in graph.squash_problems} & {"overlaps", "replaces-itself", "replaced-in-turn"})

    truth = django.ask(history, first=[k for k in graph.replaced.values() if k in graph.replaced])

    match truth.get("error"):
        case None:
            assert (graph.missing, graph.cycles) == ((), ())
            assert as_answer(graph) == truth
        case "missing":
            assert truth["node"] in [str(m.target) for m in graph.missing]
        case "value":
            # An app whose every migration follows another has no first one: the cause is told, not this symptom. A
            # squash may have taken the circle away, which Django looks for only afterwards.
            assert graph.missing or graph.cycles or graph.replaced
        case "cycle":
            assert graph.cycles
            assert graph.missing == ()
