from factories import project
from graph_truth import migration

from miglint.facts.source import Location, Span
from miglint.rules.circular_dependency import CircularDependency

FIRST_ENTRY = Span(10, 9, 10, 40)


def check(*migrations):
    return list(CircularDependency().check(project(migrations=migrations)))


def test_a_way_round_through_apps_that_does_not_close_is_fine():
    assert (
        check(
            migration("a", "0001"),
            migration("b", "0001", dependencies=[("a", "0001")]),
            migration("a", "0002", dependencies=[("a", "0001"), ("b", "0001")]),
        )
        == []
    )


def test_a_squash_that_depends_on_what_it_replaces_is_left_to_mig104():
    squash = migration("a", "0001_s", dependencies=[("a", "0001")], replaces=[("a", "0001")])
    assert check(migration("a", "0001"), squash) == []


def test_the_whole_path_is_told_from_the_smallest_on_with_every_place():
    (finding,) = check(
        migration("c", "0001", dependencies=[("b", "0001")]),
        migration("b", "0001", dependencies=[("a", "0001")]),
        migration("a", "0001", dependencies=[("c", "0001")]),
    )

    assert finding.message.endswith("`migrate` refuses to run: a.0001 → c.0001 → b.0001 → a.0001.")
    assert finding.location == Location("a/migrations/0001.py", FIRST_ENTRY)
    assert [(related.location.path, related.message) for related in finding.related] == [
        ("a/migrations/0001.py", "'a.0001' depends on 'c.0001'"),
        ("c/migrations/0001.py", "'c.0001' depends on 'b.0001'"),
        ("b/migrations/0001.py", "'b.0001' depends on 'a.0001'"),
    ]
    assert finding.subject == "a.0001 → c.0001 → b.0001 → a.0001"


def test_circles_that_share_nothing_are_told_apart():
    findings = check(
        migration("a", "0001", dependencies=[("b", "0001")]),
        migration("b", "0001", dependencies=[("a", "0001")]),
        migration("c", "0001", dependencies=[("c", "0001")]),
    )

    assert [finding.subject for finding in findings] == ["a.0001 → b.0001 → a.0001", "c.0001 → c.0001"]
    assert findings[1].hint == "Remove 'c.0001' from its own dependencies."


def test_a_run_before_is_told_as_what_it_is():
    (finding,) = check(
        migration("a", "0001"), migration("a", "0002", dependencies=[("a", "0001")], run_before=[("a", "0001")])
    )

    assert [related.message for related in finding.related] == [
        "'a.0002' asks to run before 'a.0001'",
        "'a.0002' depends on 'a.0001'",
    ]
    assert (finding.migration, finding.hint) == (
        "0002",
        "Remove the dependency that points from an earlier migration to a later one.",
    )


def test_what_a_squash_inherits_is_told_where_it_is_written():
    (finding,) = check(
        migration("a", "0001"),
        migration("a", "0002", dependencies=[("a", "0001"), ("b", "0001")]),
        migration("a", "0001_s", replaces=[("a", "0001"), ("a", "0002")]),
        migration("b", "0001", dependencies=[("a", "0001")]),
    )

    assert finding.related[0].message == "'a.0001_s' depends on 'b.0001', through 'a.0002', which is squashed"
    assert finding.location.path == "a/migrations/0002.py"
