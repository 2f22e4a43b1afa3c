from factories import line, migration, project, unreadable

from miglint.findings import Severity
from miglint.rules.unreadable_migration import UnreadableMigration


def findings(facts):
    return list(UnreadableMigration().check(facts))


def test_readable_migrations_are_not_spoken_of():
    assert findings(project(migrations=[migration()])) == []


def test_every_unreadable_file_is_said_with_its_place_and_the_consequence():
    broken = [
        unreadable("shop.0003_b", "'(' is never closed", 7),
        unreadable("shop.0002_a", "it is not UTF-8.", 2),
    ]

    first, second = findings(project(unreadable=broken))

    assert (first.location.path, first.location.span) == ("shop/migrations/0002_a.py", line(2))
    assert (second.location.path, second.location.span) == ("shop/migrations/0003_b.py", line(7))
    assert first.message == ("This migration cannot be read: it is not UTF-8. It is not linked, replayed or judged.")
    assert (second.app, second.migration, second.severity) == ("shop", "0003_b", Severity.ERROR)
    assert first.fingerprint != second.fingerprint
