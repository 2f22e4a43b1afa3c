from __future__ import annotations

import json

import factories

from miglint.facts.migration import Dependency, MigrationKey
from miglint.project import Project
from miglint.report import Style
from miglint.report.graph import render_json, render_text

ASCII = Style(unicode=False)
UNICODE = Style()


def entries(names: list[str]) -> list[Dependency]:
    return [Dependency(MigrationKey(*name.split(".")), factories.line(5)) for name in names]


def project(history: dict[str, list[str]], replaces: dict[str, list[str]] | None = None) -> Project:
    """A project by the parents of each migration."""
    return factories.project(
        migrations=[
            factories.migration(name, dependencies=entries(parents), replaces=entries((replaces or {}).get(name, [])))
            for name, parents in history.items()
        ]
    )


def test_a_straight_history_is_a_straight_line():
    straight = project({"shop.0001_initial": [], "shop.0002_b": ["shop.0001_initial"]})
    assert render_text([straight], ASCII) == (
        "shop  2 migrations in shop/migrations\n  * 0001_initial (root)\n  * 0002_b (leaf)\n"
    )


def test_two_leaves_are_two_lanes():
    forked = project(
        {"shop.0001_initial": [], "shop.0002_a": ["shop.0001_initial"], "shop.0002_b": ["shop.0001_initial"]}
    )
    assert (
        render_text([forked], UNICODE)
        == """\
shop  3 migrations in shop/migrations
  ● 0001_initial (root)
  ├─╮
  │ ● 0002_a (one of several leaves)
  ● 0002_b (one of several leaves)

Conflict in shop: 0002_a, 0002_b
"""
    )


def test_a_merge_closes_the_lanes():
    merged = project(
        {
            "shop.0001_initial": [],
            "shop.0002_a": ["shop.0001_initial"],
            "shop.0002_b": ["shop.0001_initial"],
            "shop.0002_c": ["shop.0001_initial"],
            "shop.0003_merge": ["shop.0002_a", "shop.0002_b", "shop.0002_c"],
        }
    )
    assert (
        render_text([merged], UNICODE)
        == """\
shop  5 migrations in shop/migrations
  ● 0001_initial (root)
  ├───╮
  ├─╮ │
  │ │ ● 0002_c
  │ ● │ 0002_b
  ● │ │ 0002_a
  ├─┼─╯
  ├─╯
  ● 0003_merge (leaf)
"""
    )


def test_parents_in_other_apps_stand_beside_the_name():
    across = project({"shop.0001_initial": ["auth.0001_initial", "blog.0001_initial"], "blog.0001_initial": []})
    assert (
        render_text([across], ASCII)
        == """\
blog  1 migration in blog/migrations
  * 0001_initial (root, leaf)

shop  1 migration in shop/migrations
  * 0001_initial (root, leaf)  <- auth.0001_initial, blog.0001_initial

Not in this tree: auth
"""
    )


def test_a_missing_parent_is_named_where_it_is_missed():
    dangling = project({"shop.0001_initial": [], "shop.0002_b": ["shop.0001_initial", "shop.0001_nope"]})
    assert "* 0002_b (leaf)  <- shop.0001_nope is missing\n" in render_text([dangling], ASCII)


def test_a_squash_says_what_it_stands_for():
    squashed = project(
        {"shop.0001_initial": [], "shop.0002_b": ["shop.0001_initial"], "shop.0001_squashed": []},
        {"shop.0001_squashed": ["shop.0001_initial", "shop.0002_b"]},
    )
    assert render_text([squashed], ASCII) == (
        "shop  1 migration in shop/migrations\n"
        "  * 0001_squashed (root, leaf, squashes 2 migrations: 0001_initial .. 0002_b)\n"
    )


def test_a_cycle_is_drawn_and_spelt_out():
    circular = project({"shop.0001_a": ["shop.0002_b"], "shop.0002_b": ["shop.0001_a"]})
    text = render_text([circular], ASCII)
    assert "0001_a" in text
    assert "Cycle: shop." in text


def test_histories_that_have_nothing_to_do_with_each_other_stand_apart():
    apart = project({"shop.0001_a": [], "shop.0001_b": []})
    assert render_text([apart], UNICODE).startswith("""\
shop  2 migrations in shop/migrations
  ● 0001_a (root, one of several leaves)

  ● 0001_b (root, one of several leaves)
""")


def test_conflicts_are_red():
    forked = project({"shop.0001_a": [], "shop.0001_b": []})
    assert "\x1b[1;31m0001_a\x1b[0m" in render_text([forked], Style(colour=True))
    assert "\x1b" not in render_text([forked], Style())


def test_names_cannot_command_the_terminal():
    evil = project({"shop.0001_\x1b[31m": []})
    assert "0001_\\x1b[31m" in render_text([evil], Style())


def test_json_has_the_keys_of_the_contract():
    forked = project(
        {
            "shop.0001_initial": ["auth.0001_initial"],
            "shop.0002_a": ["shop.0001_initial"],
            "shop.0002_b": ["shop.0001_initial"],
        }
    )
    assert json.loads(render_json([forked])) == {
        "version": 1,
        "projects": [
            {
                "root": ".",
                "apps": {
                    "shop": {"path": "shop/migrations", "migrations": ["0001_initial", "0002_a", "0002_b"]},
                },
                "nodes": ["shop.0001_initial", "shop.0002_a", "shop.0002_b"],
                "edges": [
                    ["shop.0001_initial", "auth.0001_initial"],
                    ["shop.0002_a", "shop.0001_initial"],
                    ["shop.0002_b", "shop.0001_initial"],
                ],
                "leaves": ["shop.0002_a", "shop.0002_b"],
                "roots": ["shop.0001_initial"],
                "conflicts": {"shop": ["0002_a", "0002_b"]},
                "missing": [],
                "cycles": [],
                "external": ["auth"],
            }
        ],
    }


def test_json_pairs_the_child_with_what_it_misses():
    dangling = project({"shop.0001_initial": [], "shop.0002_b": ["shop.0001_initial", "shop.0001_nope"]})
    assert json.loads(render_json([dangling]))["projects"][0]["missing"] == [["shop.0002_b", "shop.0001_nope"]]


def test_no_projects_are_no_crash():
    assert render_text([], Style()) == "No migrations found.\n"
    assert json.loads(render_json([])) == {"version": 1, "projects": []}
