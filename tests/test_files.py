"""Which files a tree holds: in a checkout as git sees them, elsewhere as the disk does."""

import os
import subprocess

import pytest

from miglint import files, git


def run(folder, *arguments):
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def write(folder, *paths, **texts):
    for path, text in [(path, "") for path in paths] + list(texts.items()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def find(root, *paths, excludes=()):
    places = [files.place(str(root / path), str(root), lambda folder: False) for path in paths or (".",)]
    return files.find(str(root), places, files.glob_matcher(excludes))


@pytest.fixture
def repository(tmp_path):
    top = tmp_path / "top"
    top.mkdir()
    run(top, "init", "-q")
    return top


@pytest.fixture(params=["git", "walk"])
def either(request, tmp_path):
    top = tmp_path / "top"
    top.mkdir()
    if request.param == "git":
        run(top, "init", "-q")
    return top


class TestWhatIsReadAroundAPath:
    def test_nothing_where_there_is_nothing(self, tmp_path):
        assert files.place("nowhere", str(tmp_path), lambda folder: False) is None

    def test_up_to_the_repository(self, repository):
        write(repository, "shop/migrations/0001_initial.py")

        place = files.place("migrations/0001_initial.py", str(repository / "shop"), lambda folder: False)

        assert place == (str(repository), str(repository), str(repository / "shop/migrations/0001_initial.py"))

    def test_up_to_the_nearest_manage_py_with_paths_from_the_repository_on(self, repository):
        write(repository, "one/manage.py", "one/shop/models.py")

        place = files.place("one/shop", str(repository), lambda folder: False)

        assert (place.root, place.reading_root) == (str(repository), str(repository / "one"))

    def test_up_to_the_nearest_settings_of_miglint(self, repository):
        write(repository, "one/shop/models.py")

        place = files.place("one/shop", str(repository), lambda folder: folder.endswith("one"))

        assert place.reading_root == str(repository / "one")

    def test_outside_a_repository_the_working_folder_is_the_root(self, tmp_path):
        write(tmp_path, "one/manage.py", "one/shop/models.py")

        place = files.place("one/shop", str(tmp_path), lambda folder: False)

        assert (place.root, place.reading_root) == (str(tmp_path), str(tmp_path / "one"))

    def test_a_project_above_or_beside_the_working_folder_is_its_own_root(self, tmp_path):
        write(tmp_path, "one/manage.py", "one/shop/models.py", "two/x.py")

        assert files.place(".", str(tmp_path / "one/shop"), lambda folder: False).root == str(tmp_path / "one")
        assert files.place("../one", str(tmp_path / "two"), lambda folder: False).root == str(tmp_path / "one")

    def test_without_any_mark_a_folder_is_read_by_itself_and_a_file_with_its_package(self, tmp_path):
        write(tmp_path, "shop/__init__.py", "shop/migrations/__init__.py", "shop/migrations/0001_initial.py")

        for path, root in (
            (".", "."),
            ("shop/migrations", "shop"),
            ("shop/migrations/0001_initial.py", "shop"),
        ):
            place = files.place(path, str(tmp_path), lambda folder: False)
            assert place.reading_root == str((tmp_path / root).resolve())


class TestEitherWay:
    def test_python_and_settings_files_alone_matter_in_order(self, either):
        write(either, "b.py", "a/é ü.py", "pyproject.toml", "a/tox.ini", "README.md", "a/data.sql")

        assert find(either).files == ("a/tox.ini", "a/é ü.py", "b.py", "pyproject.toml")

    def test_other_peoples_code_is_left_out(self, either):
        write(
            either,
            *("env/pyvenv.cfg", "env/lib/x.py", "lib/site-packages/x.py", "node_modules/x.py", "build/x.py"),
            *("shop.egg-info/x.py", "web/.tox/x.py", "ok/builds/x.py"),
        )

        assert find(either).files == ("ok/builds/x.py",)

    def test_excluded_files_and_folders_are_left_out(self, either):
        write(either, "a/legacy/x.py", "a/b/legacy/x.py", "docs/x.py", "a/docs/x.py", "a/x_pb2.py", "a/x.py")

        listing = find(either, excludes=("legacy", "docs/x.py", "*_pb2.py"))

        assert listing.files == ("a/docs/x.py", "a/x.py")

    def test_a_path_given_by_hand_is_read_and_what_is_left_out_below_it_stays_out(self, either):
        write(either, ".gitignore", "build/lib/shop/models.py", "build/lib/node_modules/x.py", "shop/models.py")
        (either / ".gitignore").write_text("build/\n")

        assert find(either, ".", "build/lib").files == ("build/lib/shop/models.py", "shop/models.py")

    def test_an_excluded_file_given_by_hand_is_read_with_its_folder(self, either):
        write(either, "a/x.py", "a/y.py")

        assert find(either, "a/x.py", excludes=("a",)).files == ("a/x.py", "a/y.py")

    def test_an_excluded_folder_given_by_hand_is_read_but_for_what_is_excluded_in_it(self, either):
        write(either, "a/x.py", "a/old/x.py", "b/old/x.py")

        assert find(either, "a", excludes=("a", "old")).files == ("a/x.py",)

    def test_a_folder_named_like_a_module_is_none(self, either):
        write(either, "x.py/y.py")

        assert find(either).files == ("x.py/y.py",)

    def test_link_loops_end(self, either):
        write(either, "a/models.py")
        os.symlink("..", either / "a/loop")
        os.symlink("self", either / "a/self")

        assert find(either).files == ("a/models.py",)

    def test_a_linked_migrations_folder_is_followed(self, either, tmp_path):
        write(either, "shop/models.py")
        write(tmp_path, "elsewhere/0001_initial.py", "elsewhere/__init__.py")
        os.symlink("../../elsewhere", either / "shop/migrations")

        assert find(either).files == (
            "shop/migrations/0001_initial.py",
            "shop/migrations/__init__.py",
            "shop/models.py",
        )

    def test_a_link_to_something_else_is_not(self, either, tmp_path):
        write(tmp_path, "elsewhere/x.py")
        os.symlink("../elsewhere", either / "data")

        assert find(either).files == ()

    def test_one_of_two_readings_inside_the_other_changes_nothing(self, either):
        write(either, "one/manage.py", "two/x.py")

        assert find(either, ".", "one").files == ("one/manage.py", "two/x.py")


class TestInACheckout:
    def test_what_git_ignores_or_has_lost_is_left_out(self, repository):
        write(repository, "a.py", "gone.py", "no/b.py", "no/kept.py")
        (repository / ".gitignore").write_text("no/*\n!no/kept.py\n")
        run(repository, "add", ".")
        (repository / "gone.py").unlink()

        listing = find(repository)

        assert listing.repository
        assert listing.files == ("a.py", "no/kept.py")

    def test_says_what_is_not_tracked(self, repository):
        write(repository, "a.py", "b.py")
        run(repository, "add", "a.py")

        assert find(repository).untracked == {"b.py"}

    def test_ignored_migrations_of_a_package_that_is_there_are_read(self, repository):
        write(repository, "shop/models.py", "shop/migrations/__init__.py", "shop/migrations/0001_initial.py")
        write(repository, "junk/models.py", "junk/migrations/0001_initial.py")
        (repository / ".gitignore").write_text("migrations/\njunk/\n")

        listing = find(repository)

        assert listing.files == (
            "shop/migrations/0001_initial.py",
            "shop/migrations/__init__.py",
            "shop/models.py",
        )
        assert listing.ignored == {"shop/migrations/0001_initial.py", "shop/migrations/__init__.py"}

    def test_ignored_migrations_beside_ones_that_were_added_by_force_are_read(self, repository):
        write(repository, "shop/models.py", "shop/migrations/0001_initial.py", "shop/migrations/0002_x.py")
        (repository / ".gitignore").write_text("migrations/\n")
        run(repository, "add", "-f", "shop/migrations/0001_initial.py")

        assert find(repository).ignored == {"shop/migrations/0002_x.py"}

    def test_nested_repositories_and_submodules_are_read(self, repository, tmp_path):
        library = tmp_path / "library"
        library.mkdir()
        run(library, "init", "-q")
        write(library, "x.py")
        run(library, "add", ".")
        run(library, "commit", "-qm", "x")
        run(repository, "submodule", "add", "-q", str(library), "module")
        (repository / "nested").mkdir()
        run(repository / "nested", "init", "-q")
        write(repository, "nested/y.py", "nested/build/z.py")

        assert find(repository).files == ("module/x.py", "nested/y.py")

    @pytest.mark.parametrize("obstacle", [("PATH", ""), ("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")])
    def test_without_an_answer_the_disk_is_walked_and_that_is_said(self, repository, monkeypatch, obstacle):
        write(repository, "shop/models.py")
        monkeypatch.setenv(*obstacle)

        listing = find(repository)

        assert listing.files == ("shop/models.py",)
        assert not listing.repository
        assert len(listing.notices) == 1

    def test_a_subfolder_is_read_without_the_rest(self, repository):
        write(repository, "one/manage.py", "one/shop/models.py", "two/x.py")

        listing = find(repository, "one/shop")

        assert listing.reading_roots == ("one",)
        assert listing.files == ("one/manage.py", "one/shop/models.py")


class TestGlobs:
    @pytest.mark.parametrize(
        ("pattern", "path"),
        [
            ("legacy", "legacy/x.py"),
            ("legacy", "a/legacy/b/x.py"),
            ("legacy/", "a/legacy/x.py"),
            ("*_pb2.py", "a/x_pb2.py"),
            ("docs/x.py", "docs/x.py"),
            ("./docs", "docs/x.py"),
            ("a/*/x.py", "a/b/x.py"),
            ("a/**/x.py", "a/x.py"),
            ("a/**/x.py", "a/b/c/x.py"),
            ("**/old", "a/b/old/x.py"),
            ("00[0-3]?_*.py", "a/0012_x.py"),
        ],
    )
    def test_match(self, pattern, path):
        assert files.glob_matcher([pattern])(path)

    @pytest.mark.parametrize(
        ("pattern", "path"),
        [
            ("legacy", "legacy_two/x.py"),
            ("docs/x.py", "a/docs/x.py"),
            ("a/*/x.py", "a/b/c/x.py"),
            ("x.py", "xapy"),
            ("00[!0-3]?_*.py", "a/0012_x.py"),
            ("", "a.py"),
        ],
    )
    def test_do_not_match(self, pattern, path):
        assert not files.glob_matcher([pattern])(path)

    def test_speak_of_their_own_folder(self):
        excludes = files.glob_matcher(["old", "a/b"], below="one")

        assert excludes("one/old/x.py")
        assert excludes("one/a/b/x.py")
        assert not excludes("two/old/x.py")
        assert not excludes("a/b/x.py")


class TestIgnoreFilesOutsideARepository:
    def ignored(self, root, *paths):
        found = files.gitignored(str(root), paths)
        return {path: (os.path.relpath(match.source, root), *match[1:]) for path, match in found.items()}

    def test_name_file_line_and_pattern(self, tmp_path):
        write(tmp_path, **{".gitignore": "# x\n\nmigrations/\n", "shop/.gitignore": "0*.py\n"})

        assert self.ignored(tmp_path, "a/migrations/0001_initial.py", "shop/m/0002_x.py", "a/x.py") == {
            "a/migrations/0001_initial.py": (".gitignore", 3, "migrations/"),
            "shop/m/0002_x.py": ("shop/.gitignore", 1, "0*.py"),
        }

    def test_the_deeper_file_and_the_later_line_win(self, tmp_path):
        write(tmp_path, **{".gitignore": "*.py\n!keep.py\n", "a/.gitignore": "!x.py\n"})

        assert set(self.ignored(tmp_path, "a/x.py", "b/x.py", "b/keep.py")) == {"b/x.py"}

    def test_nothing_in_an_ignored_folder_is_taken_back(self, tmp_path):
        write(tmp_path, **{".gitignore": "migrations/\n!migrations/0001.py\n"})

        assert set(self.ignored(tmp_path, "a/migrations/0001.py")) == {"a/migrations/0001.py"}


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    write(tmp_path, "x.py/y.py")

    assert files.read_bytes(str(tmp_path), "gone.py") == files.Gone("the file is gone", there=False)
    assert files.read_bytes(str(tmp_path), "x.py").there


@pytest.fixture
def out_of_reach(tmp_path, monkeypatch):
    """Makes a folder of a name that not even root can list: its path is longer than a path may be."""

    def make(name):
        monkeypatch.chdir(tmp_path)
        while len(os.getcwd()) < os.pathconf(tmp_path, "PC_PATH_MAX") - 300:
            os.mkdir("a" * 200)
            os.chdir("a" * 200)
        top = "b" * (os.pathconf(tmp_path, "PC_PATH_MAX") - len(os.getcwd()) - 8)
        os.makedirs(f"{top}/{name}")
        monkeypatch.chdir(tmp_path)

    return make


def test_a_folder_that_cannot_be_read_is_said(tmp_path, out_of_reach):
    out_of_reach("postgres-data")
    listing = find(tmp_path)
    assert len(listing.notices) == 1
    assert "/postgres-data' could not be read: File name too long." in listing.notices[0]
    assert listing.problems == ()


def test_migrations_that_cannot_be_read_are_a_problem(tmp_path, out_of_reach):
    out_of_reach("migrations")
    listing = find(tmp_path)
    assert listing.notices == ()
    assert len(listing.problems) == 1
    assert "/migrations' could not be read: File name too long." in listing.problems[0]


@pytest.mark.parametrize("git_lists", [False, True])
def test_a_link_that_leads_nowhere_is_a_module_all_the_same(tmp_path, git_lists):
    write(tmp_path, **{"shop/migrations/0001_initial.py": ""})
    folder = tmp_path / "shop/migrations"
    (folder / "0002_gone.py").symlink_to("nowhere")
    (folder / "0003_round.py").symlink_to("0003_round.py")
    # As Emacs has it for a file that is being changed.
    (folder / ".#0004_locked.py").symlink_to("somebody@somewhere")
    if git_lists:
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
        subprocess.run(["git", "-C", str(tmp_path), "add", "shop"], check=True)
    names = ("0001_initial", "0002_gone", "0003_round")
    assert find(tmp_path).files == tuple(f"shop/migrations/{name}.py" for name in names)
    why = files.read_bytes(str(tmp_path), "shop/migrations/0002_gone.py")
    assert why == files.Gone("it is a link that leads nowhere", there=True)


def test_folders_are_added_to_a_listing_although_git_ignores_them(repository):
    write(repository, "shop/models.py", "a.py")
    (repository / ".gitignore").write_text("shop/\n")
    listing = find(repository)

    extended = files.extend(listing, ["shop"], files.glob_matcher([]))

    assert listing.files == ("a.py",)
    assert extended.files == ("a.py", "shop/models.py")
    assert extended.ignored == {"shop/models.py"}
    assert isinstance(git.ls_files(str(repository)), git.Listed)
