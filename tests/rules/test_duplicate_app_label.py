from factories import app, line, project

from miglint.facts.source import TOP, Location
from miglint.findings import Severity
from miglint.rules.duplicate_app_label import DuplicateAppLabel


def findings(winner, loser):
    return list(DuplicateAppLabel().check(project(apps=[winner], duplicates=[loser])))


def test_labels_that_differ_are_no_fight():
    assert list(DuplicateAppLabel().check(project(apps=[app("shop"), app("legacy_shop", "legacy/shop")]))) == []


def test_it_is_an_error_where_both_are_known_to_be_installed():
    (finding,) = findings(app("shop", installed=True), app("shop", "legacy/shop", installed=True))

    assert finding.severity is Severity.ERROR
    assert finding.message == (
        "The app label 'shop' is claimed by 'shop/migrations' and by 'legacy/shop/migrations', "
        "and both apps are installed: Django refuses to start."
    )
    assert '`label = "legacy_shop"`' in finding.hint
    assert finding.location == Location("legacy/shop/migrations/0001_initial.py", TOP)
    assert [related.location.path for related in finding.related] == ["shop/migrations/0001_initial.py"]


def test_it_is_an_info_where_one_may_not_be_installed():
    severities = [
        findings(app("shop", installed=one), app("shop", "legacy/shop", installed=other))[0].severity
        for one, other in ((True, None), (None, True), (True, False), (None, None))
    ]

    assert severities == [Severity.INFO] * 4


def test_it_points_at_the_label_where_that_was_read_from_a_file():
    config = Location("legacy/shop/apps.py", line(6))

    (finding,) = findings(app("shop"), app("shop", "legacy/shop", labelled_at=config))

    assert finding.location == config


def test_every_loser_is_a_finding_of_its_own():
    losers = [app("shop", "old/shop"), app("shop", "legacy/shop")]

    found = list(DuplicateAppLabel().check(project(apps=[app("shop")], duplicates=losers)))

    assert [finding.subject for finding in found] == ["legacy/shop/migrations", "old/shop/migrations"]
    assert len({finding.fingerprint for finding in found}) == 2
