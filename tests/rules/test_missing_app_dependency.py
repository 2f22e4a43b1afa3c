"""Whole small projects, since what counts is what comes before what."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from miglint.linking import Options, link
from miglint.rules.missing_app_dependency import MissingAppDependency

ORDER = 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))])'
POST = ORDER.replace("Order", "Post")
USER = ORDER.replace("Order", "User")
LOOKUP = "migrations.RunPython(work, migrations.RunPython.noop)"


def source(dependencies: str, *operations: str, before: str = "") -> str:
    return (
        "from django.conf import settings\nfrom django.db import migrations, models\n"
        f"{textwrap.dedent(before)}\n"
        "class Migration(migrations.Migration):\n"
        f"    dependencies = [{dependencies}]\n    operations = [{', '.join(operations)}]\n"
    )


def looking_up(model: str, dependencies: str = '("shop", "0001_initial")') -> str:
    return source(dependencies, LOOKUP, before=f"def work(apps, schema_editor):\n    apps.get_model({model})\n")


@pytest.fixture
def found(tmp_path: Path):
    def check(**files: str) -> list[tuple[str, str]]:
        write({"shop/0001_initial": source("", ORDER), **files}, tmp_path)
        return [(f"{one.app}.{one.migration}", one.message) for one in findings(tmp_path)]

    return lambda files=None, **more: check(**(files or {}), **more)


def write(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        app, _, stem = name.partition("/")
        path = folder / (f"{app}/migrations/{stem}.py" if stem[:1].isdigit() else f"{name}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        for package in (path.parent, *path.parent.parents):
            if package in (folder, *folder.parents):
                break
            (package / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")


def findings(folder: Path):
    (project,) = link(Options(paths=(str(folder),))).projects
    return list(MissingAppDependency().check(project))


def test_a_dependency_of_a_dependency_is_enough(found):
    assert (
        found(
            {
                "blog/0001_initial": source("", POST),
                "mail/0001_initial": source('("blog", "0001_initial")', POST),
                "shop/0002_x": looking_up("'blog.Post'", '("shop", "0001_initial"), ("mail", "0001_initial")'),
            }
        )
        == []
    )


def test_a_run_before_of_the_other_app_is_enough(found):
    blog = source("", POST).replace("    operations", '    run_before = [("shop", "0002_x")]\n    operations')
    assert found({"blog/0001_initial": blog, "shop/0002_x": looking_up("'blog', 'Post'")}) == []


def test_a_squash_of_the_other_app_is_followed(found):
    squash = source("", POST).replace(
        "    operations", '    replaces = [("blog", "0001_initial"), ("blog", "0002_y")]\n    operations'
    )
    files = {
        "blog/0001_squashed": squash,
        "shop/0002_x": looking_up("'blog.Post'", '("shop", "0001_initial"), ("blog", "0002_y")'),
    }
    assert found(files) == []


@pytest.mark.parametrize(
    "body",
    [
        'if apps.is_installed("blog"):\n        apps.get_model("blog.Post")',
        'try:\n        apps.get_model("blog.Post")\n    except LookupError:\n        return',
        'try:\n        apps.get_model("blog.Post")\n    except Exception:\n        return',
        'if settings.BLOGGING:\n        apps.get_model("blog.Post")',
        'apps = registry()\n    apps.get_model("blog.Post")',
        'other.get_model("blog.Post")',
        "apps.get_model(name_of_app, 'Post')",
    ],
)
def test_what_asks_first_or_elsewhere_or_cannot_be_read_is_left_alone(found, body):
    before = f"def work(apps, schema_editor):\n    {body}\n"
    files = {
        "blog/0001_initial": source("", POST),
        "shop/0002_x": source('("shop", "0001_initial")', LOOKUP, before=before),
    }
    assert found(files) == []


def test_an_app_without_migrations_is_always_there(found):
    assert found({"blog/models": "", "shop/0002_x": looking_up("'blog.Post'")}) == []


def test_what_comes_after_an_unknown_dependency_is_left_alone(found):
    files = {
        "blog/0001_initial": source("", POST),
        "shop/0002_x": looking_up("'blog.Post'", '("shop", "0001_initial"), next_one()'),
        "shop/0003_y": looking_up("'blog.Post'", '("shop", "0002_x")'),
    }
    assert found(files) == []


def test_a_model_that_an_unknown_operation_may_have_made_is_left_alone(found):
    files = {
        "blog/0001_initial": source("", 'tables.CreatePartitioned("Post")', before="import tables"),
        "shop/0002_x": looking_up("'blog.Post'", '("shop", "0001_initial"), ("blog", "0001_initial")'),
    }
    assert found(files) == []


def test_an_app_whose_label_is_in_doubt_is_left_alone(found):
    files = {
        "blog/0001_initial": source("", POST),
        "plugins/shop/migrations/0001_initial": source("", ORDER),
        "shop/0002_x": looking_up("'blog.Post'"),
    }
    assert found(files) == []


def test_a_history_that_falls_apart_is_mended_first(found):
    files = {
        "blog/0001_initial": source("", POST),
        "shop/0002_x": looking_up("'blog.Post'", '("store", "0001_initial")'),
    }
    assert found(files) == []


def test_another_packages_migration_may_bring_in_what_is_djangos(found):
    files = {"shop/0002_x": looking_up("'auth.Group'", '("shop", "0001_initial"), ("taggit", "0001_initial")')}
    assert found(files) == []


def test_a_model_of_another_package_is_left_alone_while_it_may_have_no_migrations(found):
    assert found({"shop/0002_x": looking_up("'taggit.Tag'")}) == []


def test_a_package_that_others_depend_on_has_migrations(found):
    files = {
        "mail/0001_initial": source('("taggit", "0002_auto")', POST),
        "shop/0002_x": looking_up("'taggit.Tag'"),
    }
    ((where, message),) = found(files)
    assert where == "shop.0002_x"
    assert message == (
        "'taggit.Tag' is looked up, but nothing that 'shop.0002_x' depends on leads to the migrations of 'taggit': "
        "whether the model is there by then is left to chance."
    )


def test_one_of_djangos_own_apps_does_not_stand_for_another(found):
    files = {
        "shop/0002_x": looking_up(
            "'auth', 'Permission'", '("shop", "0001_initial"), ("contenttypes", "0002_remove_content_type_name")'
        )
    }
    assert [where for where, _ in found(files)] == ["shop.0002_x"]


def test_the_finding_says_what_is_missing_where_it_is_made_and_what_to_add(tmp_path):
    write(
        {
            "blog/0001_initial": source("", USER),
            "blog/0002_post": source('("blog", "0001_initial")', POST),
            "shop/0001_initial": source("", ORDER),
            "shop/0002_x": looking_up("'blog.Post'", '("shop", "0001_initial"), ("blog", "0001_initial")'),
        },
        tmp_path,
    )
    (finding,) = findings(tmp_path)
    assert finding.message == (
        "'blog.Post' is looked up, but 'shop.0002_x' does not depend on 'blog.0002_post', which makes it: "
        "whether it is there by then is left to chance."
    )
    assert finding.hint == 'Add ("blog", "0002_post") to the dependencies of \'shop.0002_x\'.'
    assert (finding.location.path, finding.location.span.line) == ("shop/migrations/0002_x.py", 4)
    assert (finding.operation, finding.subject) == ("0", "blog.post")
    ((place, said),) = finding.related
    assert (place.path, place.span.line) == ("blog/migrations/0002_post.py", 6)
    assert said == "'blog.Post' is made here, in 'blog.0002_post'"


def test_the_first_of_a_chain_is_blamed_alone(found):
    files = {
        "blog/0001_initial": source("", POST),
        "shop/0002_x": looking_up("'blog.Post'"),
        "shop/0003_y": looking_up("'blog.Post'", '("shop", "0002_x")'),
    }
    assert [where for where, _ in found(files)] == ["shop.0002_x"]


def test_functions_are_followed_through_the_file_and_into_other_modules(found):
    before = """
        from shop.work import copy
        def work(apps, schema_editor):
            inner(schema_editor, registry=apps)
        def inner(schema_editor, registry):
            copy(registry)
    """
    files = {
        "blog/0001_initial": source("", POST),
        "shop/work": "def copy(apps):\n    on(apps)\ndef on(models):\n    models.get_model('blog.Post')\n",
        "shop/0002_x": source('("shop", "0001_initial")', LOOKUP, before=before),
    }
    assert [where for where, _ in found(files)] == ["shop.0002_x"]


@pytest.mark.parametrize(
    "operation",
    [
        "migrations.RunPython(migrations.RunPython.noop, work)",
        "migrations.RunPython(lambda apps, schema_editor: work(apps, schema_editor))",
        "migrations.SeparateDatabaseAndState(database_operations=[migrations.RunPython(work)])",
    ],
)
def test_wherever_run_python_stands_and_whichever_way_it_goes(found, operation):
    before = "def work(apps, schema_editor):\n    apps.get_model(app_label='blog', model_name='Post')\n"
    files = {
        "blog/0001_initial": source("", POST),
        "shop/0002_x": source('("shop", "0001_initial")', operation, before=before),
    }
    assert [where for where, _ in found(files)] == ["shop.0002_x"]


@pytest.mark.parametrize(
    ("operation", "wish"),
    [
        (
            'migrations.AddField("order", "posts", models.ManyToManyField("shop.Order", through="blog.Post"))',
            "'order.posts' goes through 'blog.Post', but ",
        ),
        ('migrations.CreateModel("Note", [], bases=("blog.post",))', "'Note' inherits from 'blog.post', but "),
        (
            'migrations.AddField("order", "user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE))',
            "'order.user' points to settings.AUTH_USER_MODEL, now 'auth.User', but nothing that ",
        ),
    ],
)
def test_relations_and_bases_need_their_models(found, operation, wish):
    files = {"blog/0001_initial": source("", POST), "shop/0002_x": source('("shop", "0001_initial")', operation)}
    ((_, message),) = found(files)
    assert message.startswith(wish)


@pytest.mark.parametrize(
    "dependency", ["migrations.swappable_dependency(settings.AUTH_USER_MODEL)", '("auth", "0001_initial")']
)
def test_the_user_model_is_reached_either_way(found, dependency):
    field = 'migrations.AddField("order", "user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE))'
    assert found({"shop/0002_x": source(f'("shop", "0001_initial"), {dependency}', field)}) == []


def test_a_dependency_that_would_close_a_circle_is_not_advised(tmp_path):
    write(
        {
            "shop/0001_initial": source("", ORDER),
            "shop/0002_x": looking_up("'blog.Post'"),
            "blog/0001_initial": source('("shop", "0002_x")', POST),
        },
        tmp_path,
    )
    (finding,) = findings(tmp_path)
    assert finding.message == (
        "'blog.Post' is looked up, but 'blog.0001_initial', which makes it, comes after 'shop.0002_x'."
    )
    assert finding.hint == (
        'Move the operation to a migration of its own that depends on ("shop", "0002_x") and ("blog", "0001_initial").'
    )


def test_a_model_that_is_gone_by_then_is_not_found(found):
    files = {
        "blog/0001_initial": source("", POST),
        "blog/0002_gone": source('("blog", "0001_initial")', 'migrations.DeleteModel("Post")'),
        "shop/0002_x": looking_up("'blog.Post'", '("shop", "0001_initial"), ("blog", "0002_gone")'),
    }
    ((where, message),) = found(files)
    assert where == "shop.0002_x"
    assert message == (
        "'blog.Post' is looked up, but it does not exist at this point: 'shop.0002_x' depends on 'blog.0002_gone', "
        "which deletes it."
    )


def test_a_misspelt_model_is_told_apart(tmp_path):
    write(
        {
            "blog/0001_initial": source("", POST),
            "shop/0001_initial": source("", ORDER),
            "shop/0002_x": looking_up("'blog.Pots'", '("shop", "0001_initial"), ("blog", "0001_initial")'),
        },
        tmp_path,
    )
    (finding,) = findings(tmp_path)
    assert finding.message == "'blog.Pots' is looked up, but no migration of 'blog' makes such a model."
    assert finding.hint == "Did you mean 'blog.Post'?"


@pytest.mark.parametrize(
    ("earlier", "later", "why"),
    [
        (
            'migrations.RenameModel("Order", "Purchase")',
            "",
            "it comes after 'shop.0002_x', which renames it to 'Purchase'",
        ),
        ('migrations.AlterModelOptions("Order", {})', POST.replace("Post", "Line"), "'shop.0003_y' makes it only then"),
    ],
)
def test_in_its_own_app_the_state_by_then_counts(found, earlier, later, why):
    model = "Line" if later else "Order"
    before = f"def work(apps, schema_editor):\n    apps.get_model('shop', '{model}')\n"
    files = {"shop/0002_x": source('("shop", "0001_initial")', earlier, LOOKUP, before=before)}
    if later:
        files["shop/0003_y"] = source('("shop", "0002_x")', later)
    ((where, message),) = found(files)
    assert where == "shop.0002_x"
    assert why in message


def test_a_history_that_is_longer_than_the_stack_is_deep_is_looked_through(found, tmp_path):
    chain = {
        f"shop/{number:04}": source(f'("shop", "{number - 1:04}{"_initial" if number == 2 else ""}")')
        for number in range(2, 1200)
    }
    key = 'migrations.AddField("post", "order", models.ForeignKey("shop.Order", models.CASCADE, null=True))'
    assert found({**chain, "blog/0001": source('("shop", "1199")', POST, key)}) == []
    assert [who for who, _ in found({**chain, "blog/0001": source("", POST, key)})] == ["blog.0001"]
