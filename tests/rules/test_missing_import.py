from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from miglint.linking import Options, link
from miglint.rules.missing_import import MissingImport

TEXT = """from django.db import migrations, models

{head}


class Migration(migrations.Migration):
    {attributes}
    operations = [
        migrations.AlterField("order", "total", models.IntegerField(validators=[{use}])),
    ]
"""


@pytest.fixture
def check(tmp_path: Path):
    def findings(head: str, use: str, validators: str = "", attributes: str = "initial = True", **files: str):
        (tmp_path / "shop/migrations").mkdir(parents=True)
        texts = {"shop/__init__": "", "shop/migrations/__init__": "", "shop/validators": validators, **files}
        texts["shop/migrations/0001_initial"] = TEXT.format(head=head, use=use, attributes=attributes)
        for name, text in texts.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        (project,) = link(Options(paths=(str(tmp_path),))).projects
        return list(MissingImport().check(project))

    return findings


def test_what_is_there_is_not_flagged(check):
    assert check("import shop.validators", "shop.validators.check", "def check(value): ...\n") == []


def test_what_git_ignores_may_have_been_made_by_a_build(check, tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("shop/validators.py\n", encoding="utf-8")
    assert check("import shop.validators", "shop.validators.check", "def check(value): ...\n") == []


def test_a_name_that_is_gone_is_flagged_once_where_it_is_first_used(check):
    (finding,) = check("import shop.validators\nfrom shop.validators import old", "shop.validators.old")
    assert finding.message == (
        "'shop.0001_initial' needs 'shop.validators.old', but 'shop/validators.py' has no 'old': the file cannot be "
        "loaded, and no command that needs the history runs."
    )
    assert finding.hint == "Keep 'old' while migrations name it, or write what it stood for into the migration."
    assert (finding.location.path, finding.location.span.line) == ("shop/migrations/0001_initial.py", 4)
    assert [place.path for place, _ in finding.related] == ["shop/validators.py"]


def test_a_module_that_is_gone_is_missed_by_its_package(check):
    (finding,) = check("from shop.checks import total", "total")
    assert "but the package 'shop' has no 'checks'" in finding.message


def test_what_a_function_imports_fails_only_when_it_runs(check):
    (finding,) = check("def work(apps, schema_editor):\n    from shop.validators import old", "")
    assert finding.message.endswith("has no 'old': the function that imports it fails when it runs.")
    assert finding.location.span.line == 4


def test_a_file_that_a_squash_replaces_is_imported_all_the_same(check, tmp_path):
    squash = TEXT.format(head="", use="", attributes="replaces = [('shop', '0001_initial')]")
    findings = check("from ..validators import old", "old", **{"shop/migrations/0001_squashed": squash})
    assert [(finding.migration, finding.subject) for finding in findings] == [("0001_initial", "validators.old")]
