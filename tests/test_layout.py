"""Which folders are apps, under which label, of which project: trees as text, the answer as a table."""

import pytest

from miglint import layout
from miglint.facts.values import Literal, Sequence, text_of
from miglint.layout import Configured, Ground, lay_out
from miglint.lookup import Lookup, Modules
from miglint.parse import parse

MIGRATION = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    pass\n"
CONFIG = "from django.apps import AppConfig\n\n\nclass ShopConfig(AppConfig):\n    name = 'shop'\n"
MANAGE = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n"
SETTINGS = "ROOT_URLCONF = 'config.urls'\nINSTALLED_APPS = {apps}\nMIGRATION_MODULES = {modules}\n"


def settings(*apps, **modules):
    return SETTINGS.format(apps=list(apps), modules=modules)


def app(folder, *names, **more):
    """The files of an app: an `__init__.py`, models, and migrations by name."""
    paths = [f"{folder}/__init__.py", f"{folder}/models.py", f"{folder}/migrations/__init__.py"]
    files = dict.fromkeys(paths, "") | {f"{folder}/migrations/{name}.py": MIGRATION for name in names}
    return files | {f"{folder}/{name}.py": text for name, text in more.items()}


def laid(files, configured=()):
    known = {}
    modules = Modules(Lookup(files), known)
    ground = Ground(
        files=tuple(sorted(files)),
        modules=modules,
        with_migrations=frozenset(
            path.rpartition("/")[0] for path in files if layout.defines_migration(files[path].encode())
        ),
        configured=dict(configured),
        settings_names={
            path: name
            for path, text in files.items()
            if layout.may_name_settings(path) and (name := layout.settings_name(path, text.encode()))
        },
        guesses=tuple(
            path for path, text in files.items() if layout.may_be_settings(path) and layout.are_settings(text.encode())
        ),
    )
    while True:
        answer = lay_out(ground)
        if not modules.wanted:
            return answer
        known.update({path: parse(files[path].encode()) for path in modules.wanted})
        modules.wanted.clear()


def only(files, **more):
    (project,) = laid(files, **more).layouts
    return project


def labels(files, **more):
    return {app.label: app.path for app in only(files, **more).apps}


class TestMigrationsFolders:
    def test_beside_an_app_even_when_empty(self):
        assert labels(app("shop")) == {"shop": "shop/migrations"}

    def test_without_an_app_beside_only_with_a_migration_inside(self):
        files = {"a/tests/migrations/test_x.py": "def test(): pass\n", "b/migrations/0001_initial.py": MIGRATION}

        assert labels(files) == {"b": "b/migrations"}

    def test_without_an_init_file_they_are_kept_to_be_reported(self):
        (one,) = only({"shop/models.py": "", "shop/migrations/0001_initial.py": MIGRATION}).apps

        assert (one.has_init, one.files) == (False, ("shop/migrations/0001_initial.py",))

    def test_of_another_tool_are_none(self):
        alembic = "import alembic\n\n\nclass Migration: pass\n"

        assert labels({"shop/models.py": "", "shop/migrations/env.py": alembic}) == {}

    def test_of_south_are_none(self):
        south = "from south.db import db\nclass Migration(SchemaMigration):\n    pass\n"

        assert labels({"shop/south_migrations/0001_initial.py": south}) == {}

    def test_of_a_copy_of_django_are_none(self):
        assert labels(app("lib/django/contrib/auth", "0001_initial") | app("shop")) == {"shop": "shop/migrations"}

    def test_under_another_name_are_known_by_their_content(self):
        files = {"dojo/models.py": "", "dojo/db_migrations/0001_initial.py": MIGRATION, "dojo/data/0001_x.py": ""}

        assert labels(files) == {"dojo": "dojo/db_migrations"}

    def test_under_another_name_do_not_count_beside_a_real_one(self):
        files = app("shop", "0001_initial") | {"shop/old_migrations/0001_initial.py": MIGRATION}

        assert labels(files) == {"shop": "shop/migrations"}

    def test_hold_what_djangos_loader_takes_for_migrations(self):
        names = ("0001_initial", "0002.dotted", "0003 spaced", "0004_é", "_helper", "~x", "0006_both", "no_number")
        files = app("shop", *names) | {"shop/migrations/0006_both/__init__.py": "", "shop/migrations/tasks/x.py": ""}

        (one,) = only(files).apps

        assert [path.rpartition("/")[2] for path in one.files] == [
            "0001_initial.py",
            "0003 spaced.py",
            "0004_é.py",
            "no_number.py",
        ]


class TestLabels:
    def label(self, text, **more):
        (one,) = only(app("site/shop", "0001_initial", apps=text) | more).apps
        return one.label

    def test_last_part_of_the_package(self):
        assert self.label("") == "shop"

    def test_of_the_only_config(self):
        assert self.label(CONFIG + "    label = 'store'\n") == "store"

    def test_last_part_of_the_configs_name(self):
        assert self.label(CONFIG.replace("'shop'", "'site.store'")) == "store"

    def test_of_the_default_one_among_several(self):
        two = CONFIG + "    label = 'a'\nclass Other(AppConfig):\n    label = 'b'\n    default = True\n"

        assert self.label(two) == "b"

    def test_not_of_one_that_says_it_is_no_default(self):
        assert self.label(CONFIG + "    label = 'a'\n    default = False\n") == "shop"

    def test_several_without_a_default_are_none(self):
        assert self.label(CONFIG + "    label = 'a'\nclass Other(AppConfig):\n    label = 'b'\n") == "shop"

    def test_imported_configs_count(self):
        """Case 44: a base class that is imported is a second candidate."""
        base = "from django.apps import AppConfig\nclass BaseConfig(AppConfig):\n    pass\n"
        text = "from base import BaseConfig\nclass ShopConfig(BaseConfig):\n    label = 'zed'\n"

        assert self.label(text, **{"base.py": base}) == "shop"

    def test_inherited_from_a_config_in_another_file(self):
        base = "from django.apps import AppConfig\nclass BaseConfig(AppConfig):\n    label = 'zed'\n"
        text = "import base\nclass ShopConfig(base.BaseConfig):\n    name = 'site.shop'\n"

        assert self.label(text, **{"base.py": base}) == "zed"

    def test_circular_bases_end(self):
        assert self.label("class AConfig(BConfig): pass\nclass BConfig(AConfig): pass\n") == "shop"

    def test_default_app_config_counted_up_to_django_4_0(self):
        files = app("shop", "0001_initial", apps=CONFIG + "    label = 'a'\nclass Other(AppConfig):\n    label = 'b'\n")
        files["shop/__init__.py"] = "default_app_config = 'shop.apps.Other'\n"

        assert set(labels(files, configured={".": Configured(django=(4, 0))})) == {"b"}
        assert set(labels(files, configured={".": Configured(django=(4, 1))})) == {"shop"}

    def test_of_the_class_that_installed_apps_names(self):
        files = app(
            "shop", "0001_initial", apps=CONFIG + "    label = 'a'\nclass Other(ShopConfig):\n    label = 'b'\n"
        )
        files |= {"manage.py": MANAGE, "config/settings.py": settings("shop.apps.Other")}

        (one,) = only(files).apps

        assert (one.label, one.installed, one.labelled_at.path) == ("b", True, "shop/apps.py")

    def test_the_name_in_a_config_elsewhere_decides_the_package(self):
        config = "from django.apps import AppConfig\nclass Shop(AppConfig):\n    name = 'shop'\n    label = 'store'\n"
        files = app("shop", "0001_initial") | {"config/apps.py": config, "manage.py": MANAGE}
        files |= {"config/settings.py": settings("config.apps.Shop")}

        assert labels(files) == {"store": "shop/migrations"}


class TestSettingsThatCount:
    def believed(self, files):
        return only(files).settings.path

    def test_those_that_manage_py_names(self):
        files = {"manage.py": MANAGE, "config/settings.py": "", "other/settings.py": settings("shop")}

        assert self.believed(files) == "config/settings.py"

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("config/wsgi.py", 'os.environ["DJANGO_SETTINGS_MODULE"] = "config.prod"\n'),
            ("pyproject.toml", '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "config.prod"\n'),
            ("pyproject.toml", '[tool.django-stubs]\ndjango_settings_module = "config.prod"\n'),
            ("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE=config.prod\n"),
            ("setup.cfg", "[tool:pytest]\nDJANGO_SETTINGS_MODULE = config.prod\n"),
        ],
    )
    def test_those_that_others_name(self, path, text):
        files = {"shop/settings.py": settings("shop"), path: text, "config/prod.py": ""}

        assert self.believed(files) == "config/prod.py"

    def test_else_those_that_set_apps_and_urls_outside_of_tests(self):
        files = {"tests/settings.py": settings("shop"), "a/settings.py": settings("shop"), "b/settings.py": "X = 1\n"}

        assert self.believed(files) == "a/settings.py"

    def test_none_at_all(self):
        assert self.believed(app("shop")) is None

    def test_star_imports_and_sums_are_followed(self):
        files = app("shop", "0001_initial") | app("cart", "0001_initial") | app("blog", "0001_initial")
        files |= {
            "manage.py": MANAGE,
            "config/settings/__init__.py": "from .local import *\n",
            "config/settings/base.py": "LOCAL = ['cart']\nINSTALLED_APPS = ['shop'] + LOCAL\nAUTH_USER_MODEL = 'a.B'\n",
            "config/settings/local.py": "from .base import *\nINSTALLED_APPS += ['blog']\n",
        }

        project = only(files)

        assert project.settings.path == "config/settings/__init__.py"
        apps = project.settings.values["INSTALLED_APPS"]
        assert isinstance(apps, Sequence)
        assert [text_of(item) for item in apps.items] == ["shop", "cart", "blog"]
        assert project.settings.values["AUTH_USER_MODEL"] == Literal("a.B")
        assert {app.label: app.installed for app in project.apps} == {"blog": True, "cart": True, "shop": True}

    def test_what_is_not_known_of_installed_apps_leaves_the_question_open(self):
        files = app("shop", "0001_initial") | app("cart", "0001_initial")
        files |= {"manage.py": MANAGE, "config/settings.py": "INSTALLED_APPS = ['shop'] + plugins()\n"}

        assert {app.label: app.installed for app in only(files).apps} == {"cart": None, "shop": True}


class TestMigrationModules:
    def files(self, **modules):
        files = app("shop", "0001_initial") | {"manage.py": MANAGE, "config/settings.py": settings("shop", **modules)}
        return files | {"data/shop/__init__.py": "", "data/shop/0001_initial.py": MIGRATION}

    def test_another_folder(self):
        assert labels(self.files(shop="data.shop")) == {"shop": "data/shop"}

    def test_a_folder_for_somebody_elses_app(self):
        assert labels(self.files(sites="data.shop")) == {"shop": "shop/migrations", "sites": "data/shop"}

    def test_none(self):
        project = only(self.files(shop=None))

        assert [app.label for app in project.apps] == ["data"]
        assert project.unmigrated == {"shop"}

    def test_none_does_not_count_in_test_settings(self):
        files = app("shop", "0001_initial") | {"tests/settings.py": settings("shop", shop=None)}
        files |= {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = tests.settings\n"}

        assert labels(files) == {"shop": "shop/migrations"}

    def test_a_folder_that_is_not_there_is_said(self):
        assert laid(self.files(shop="data.cart")).complaints != ()

    def test_the_apps_setting_wins(self):
        configured = {".": Configured({"shop": "shop/migrations"})}

        assert labels(self.files(shop="data.shop"), configured=configured) == {"shop": "shop/migrations"}

    def test_the_apps_setting_names_a_folder_that_nobody_would_have_taken_for_migrations(self):
        configured = {".": Configured({"odd": "x/y"})}

        assert labels({"x/y/__init__.py": "", "x/y/a.py": MIGRATION}, configured=configured) == {"odd": "x/y"}


class TestProjects:
    def table(self, files, configured=()):
        return {
            project.root: {app.label: (app.path, app.owner, app.label in project.linking_only) for app in project.apps}
            for project in laid(files, configured).layouts
        }

    def test_one_where_nothing_marks_a_root(self):
        assert self.table(app("shop")) == {".": {"shop": ("shop/migrations", ".", False)}}

    def test_one_in_an_empty_tree(self):
        assert self.table({}) == {".": {}}

    def test_two_with_the_same_labels(self):
        files = {"a/manage.py": "", "b/manage.py": ""} | app("a/shop") | app("b/shop")

        assert self.table(files) == {
            "a": {"shop": ("a/shop/migrations", "a", False)},
            "b": {"shop": ("b/shop/migrations", "b", False)},
        }

    def test_shared_apps_belong_to_all(self):
        files = {"a/manage.py": "", "b/manage.py": ""} | app("a/shop") | app("b/cart") | app("libs/core")

        core = ("libs/core/migrations", ".", False)
        assert self.table(files) == {
            "a": {"core": core, "shop": ("a/shop/migrations", "a", False)},
            "b": {"cart": ("b/cart/migrations", "b", False), "core": core},
        }

    @pytest.mark.parametrize("folder", ["tests", "example", "sandbox", "demo", "docs/site"])
    def test_projects_for_trying_out_take_shared_apps_for_linking_only(self, folder):
        files = {f"{folder}/manage.py": ""} | app("src/core") | app(f"{folder}/extra")

        assert self.table(files) == {
            ".": {"core": ("src/core/migrations", ".", False)},
            folder: {
                "core": ("src/core/migrations", ".", True),
                "extra": (f"{folder}/extra/migrations", folder, False),
            },
        }

    def test_a_settings_file_above_lends_its_apps_for_linking(self):
        files = {"a/manage.py": ""} | app("a/shop") | app("libs/core")

        assert self.table(files, {".": Configured()}) == {
            ".": {"core": ("libs/core/migrations", ".", False)},
            "a": {"core": ("libs/core/migrations", ".", True), "shop": ("a/shop/migrations", "a", False)},
        }

    def test_a_settings_file_above_all_apps_makes_no_project(self):
        files = {"a/manage.py": ""} | app("a/shop")

        assert self.table(files, {".": Configured()}) == {"a": {"shop": ("a/shop/migrations", "a", False)}}

    def test_the_nearest_root_counts(self):
        files = {"manage.py": "", "inner/manage.py": ""} | app("shop") | app("inner/cart")

        assert self.table(files) == {
            ".": {"shop": ("shop/migrations", ".", False)},
            "inner": {"cart": ("inner/cart/migrations", "inner", False)},
        }


class TestLabelFights:
    def test_the_installed_one_wins(self):
        files = {"manage.py": MANAGE, "config/settings.py": settings("z.shop")} | app("a/shop") | app("z/shop")

        project = only(files)

        assert [(app.path, app.installed) for app in project.apps] == [("z/shop/migrations", True)]
        assert [(app.path, app.installed) for app in project.duplicates] == [("a/shop/migrations", False)]

    def test_the_one_outside_of_tests_wins(self):
        project = only(app("a/tests/shop") | app("b/shop"))

        assert [app.path for app in project.apps] == ["b/shop/migrations"]

    def test_a_projects_own_app_hides_a_shared_one(self):
        files = {"a/manage.py": ""} | app("a/shop") | app("libs/shop")
        project = next(one for one in laid(files).layouts if one.root == "a")

        assert [app.path for app in project.apps] == ["a/shop/migrations"]
        assert project.duplicates == ()


class TestAppsWithoutMigrations:
    def bare(self, files):
        return {root: folders for root, folders in laid(files).bare.items() if folders}

    def files(self, folder):
        return {f"{folder}/__init__.py": "", f"{folder}/models.py": ""}

    def test_are_where_the_first_one_would_go(self):
        assert self.bare(app("cart") | self.files("shop")) == {".": ("shop/migrations",)}

    def test_are_none_where_settings_say_that_they_are_not_installed(self):
        files = {"manage.py": MANAGE, "config/settings.py": settings("cart")} | app("cart") | self.files("shop")

        assert self.bare(files) == {}

    def test_are_none_in_tests_unless_installed(self):
        assert self.bare(app("cart") | self.files("tests/app")) == {}

    def test_are_none_where_migrations_are_elsewhere_or_off(self):
        files = {"manage.py": MANAGE, "config/settings.py": settings("shop", "blog", shop="data.shop", blog=None)}
        files |= {"data/shop/__init__.py": "", "data/shop/0001_initial.py": MIGRATION}

        assert self.bare(files | self.files("shop") | self.files("blog")) == {}


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ((), "0001_initial.py"),
        (("a/migrations/0001_initial.py", "a/migrations/0009_x.py"), "0010_auto.py"),
        (("a/migrations/fix_data.py",), "0001_initial.py"),
    ],
)
def test_the_next_migration_has_the_next_number(files, name):
    assert layout.next_name(files) == name
