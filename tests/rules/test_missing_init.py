from factories import app, line, migration, project

from miglint.facts.migration import Dependency, MigrationKey
from miglint.facts.source import TOP, Location
from miglint.findings import Related
from miglint.rules.missing_init import MissingInit


def findings(one, **layout):
    return list(MissingInit().check(project(apps=[one], **layout)))


def test_a_folder_that_django_loads_is_not_spoken_of():
    assert findings(app("shop")) == []


def test_a_folder_without_migrations_is_not_spoken_of():
    assert findings(app("shop", files=[], has_init=False)) == []


def test_a_folder_that_the_settings_switch_off_is_not_spoken_of():
    assert findings(app("shop", has_init=False), unmigrated=frozenset({"shop"})) == []


def test_a_folder_with_migrations_that_django_does_not_load_is_an_error():
    (finding,) = findings(app("shop", files=["0002_x.py", "0001_initial.py"], has_init=False))

    assert finding.location == Location("shop/migrations/0001_initial.py", TOP)
    assert finding.message == (
        "'shop/migrations' has no __init__.py, so Django does not load its 2 migrations: `migrate` passes over the app "
        "without a word and makes none of its tables."
    )
    assert (finding.app, finding.subject) == ("shop", "shop/migrations")


def test_who_depends_on_them_is_told_here_instead_of_in_a_second_finding():
    blog = migration("blog.0001", dependencies=[Dependency(MigrationKey("shop", "0001_initial"), line(7))])
    (finding,) = MissingInit().check(project(apps=[app("shop", has_init=False)], migrations=[blog]))

    assert finding.related == (
        Related(Location("blog/migrations/0001.py", line(7)), "'blog.0001' names 'shop.0001_initial', not loaded"),
    )
