"""MIG605: South's files, folder by folder."""

from __future__ import annotations

from factories import app, project

from miglint.rules.south_migration import SouthMigration


def found(*paths: str, **more):
    return list(SouthMigration().check(project(south=paths, **more)))


def test_a_project_without_such_files_is_left_alone():
    assert found() == []


def test_a_folder_is_told_of_once_with_its_other_files_beside():
    (told,) = found("shop/migrations/0001_initial.py", "shop/migrations/0002_note.py", apps=[app("shop")])
    assert told.location.path == "shop/migrations/0001_initial.py"
    assert [one.location.path for one in told.related] == ["shop/migrations/0002_note.py"]
    assert "2 files in the format of South" in told.message
    assert "stops where South cannot be imported" in told.message
    assert "makemigrations shop" in told.hint


def test_in_another_folder_they_are_merely_dead():
    (told,) = found("shop/south_migrations/0001_initial.py", apps=[app("shop")])
    assert "Django does not look into it" in told.message
    assert (told.app, told.hint) == ("shop", "Delete it; no supported Django can run South.")
