"""What lock files, requirements, metadata and Compose files say of versions."""

from __future__ import annotations

import json
from time import monotonic

import pytest

from miglint.facts.evidence import Specifiers
from miglint.facts.target import KNOWN_DJANGO, written
from miglint.requirements import UnreadableError, allows, exact, listed_in, postgresql_in, required_in, specifiers

# Characters of a line.
MUCH = 1_000_000


def known(clauses: Specifiers) -> list[str]:
    return [written(version) for version in KNOWN_DJANGO if allows(clauses, version)]


def said(path: str, text: str | bytes) -> list[tuple[list[list[str]], bool]]:
    """The known releases that each alternative allows, and whether it stands aside."""
    data = text if isinstance(text, bytes) else text.encode()
    lists = path.endswith((".txt", ".in"))
    found = listed_in(path, data).wanted if lists else required_in(path, data)
    return [([known(clauses) for clauses in one.alternatives], one.aside) for one in found]


def lines(text: str) -> list[list[str]]:
    found = said("requirements.txt", text)
    return [releases for alternatives, _ in found for releases in alternatives]


@pytest.mark.parametrize(
    ("text", "releases"),
    [
        ("==5.2.1", "5.2"),
        ("===5.2.1", "5.2"),
        ("==5.2", "5.2"),
        ("==5.2rc1", "5.2"),
        ("==5.2.0a1", "5.2"),
        ("==5.2.1.post1+local.2", "5.2"),
        ("==5.2.dev20240101", "5.2"),
        ("==5.2.1-1", "5.2"),
        ("==4.*", "4.0 4.1 4.2"),
        ("==4.2.*", "4.2"),
        ("~=4.2.0", "4.2"),
        ("~=4.2", "4.2"),
        ("~=4.0", "4.0 4.1 4.2"),
        (">=4.2,<5.0", "4.2"),
        (">= 4.2 , < 5.1.3", "4.2 5.0 5.1"),
        (">4.2,<=5.1", "4.2 5.0 5.1"),
        (">=4.2,!=5.0.*,!=5.1.2,<5.2", "4.2 5.1"),
        ("<4.2a1", "3.2 4.0 4.1"),
        ("<4", "3.2"),
        ("<=4", "3.2 4.0"),
        ("<3.0", ""),
        (">=6.1", "6.1"),
        (">=7", ""),
        ("!=4.*", "3.2 5.0 5.1 5.2 6.0 6.1"),
        ("", "3.2 4.0 4.1 4.2 5.0 5.1 5.2 6.0 6.1"),
        ("^4.1", "4.1 4.2"),
        ("^4.1.3", "4.1 4.2"),
        ("~4.2.3", "4.2"),
        ("~4", "4.0 4.1 4.2"),
        ("*", "3.2 4.0 4.1 4.2 5.0 5.1 5.2 6.0 6.1"),
    ],
)
def test_specifiers_allow_minor_releases(text: str, releases: str) -> None:
    clauses = specifiers(text)
    assert clauses is not None
    assert known(clauses) == releases.split()


@pytest.mark.parametrize("text", ["latest", "5.2", "=>5.2", "==v", "==" + "9" * 5000, "==5.2.1 or so"])
def test_what_is_no_specifier_is_not_guessed_at(text: str) -> None:
    assert specifiers(text) is None


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("==5.2.1", (5, 2)),
        ("==5", (5, 0)),
        ("~=4.2.0", (4, 2)),
        ("==4.2.*", (4, 2)),
        (">=4.2.3,<4.3", (4, 2)),
        ("~4.2", (4, 2)),
        (">=4.2,<5.0", None),
        ("==4.*", None),
        ("~=4.2", None),
        (">=5.2", None),
        ("!=5.2", None),
    ],
)
def test_a_pin_is_what_names_one_minor_release(text: str, release: tuple[int, ...] | None) -> None:
    clauses = specifiers(text)
    assert clauses is not None
    assert exact(clauses) == release


@pytest.mark.parametrize(
    "line",
    [
        "django-taggit==5.2.1",
        "django.foo==5.2",
        "djangorestframework==3.15",
        "django_extensions>=4",
        "# Django==5.2",
        "Django",
        "Django @ https://example.com/Django-5.2.tar.gz",
        "-e git+https://github.com/django/django@stable/5.2.x#egg=django",
        "git+https://github.com/django/django.git@5.2",
        "asgiref==3.8 # via django==5.2",
        "--hash=sha256:abc",
    ],
)
def test_other_lines_say_nothing(line: str) -> None:
    assert lines(line) == []


@pytest.mark.parametrize(
    "line",
    [
        "Django==5.2.1",
        "django == 5.2.1  # the long-term release",
        "DJANGO[argon2,bcrypt]==5.2.1",
        "Django (==5.2.1)",
        'Django==5.2.1; python_version >= "3.10"',
        "django==5.2.1 --hash=sha256:abc --hash=sha256:def",
        "django==5.2.1 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def\n    # via -r requirements.in",
        "asgiref==3.8\r\nDjango==5.2.1\r\nsqlparse==0.5\r\n",
    ],
)
def test_a_line_for_django_is_read(line: str) -> None:
    assert lines(line) == [["5.2"]]


@pytest.mark.parametrize(
    "line",
    ["django" + " " * MUCH + "@", "django==5.2" + "a" * MUCH + "!", "django" + "[a]" * MUCH, "-r" * MUCH],
    ids=["blanks", "version", "extras", "options"],
)
def test_a_long_line_is_read_to_its_end(line: str) -> None:
    started = monotonic()
    assert lines(line) == []
    # What grows with the square of the length would take hours: no measure of speed.
    assert monotonic() - started < 60


def test_a_list_may_have_a_line_for_each_python() -> None:
    text = 'Django==4.2.1; python_version < "3.10"\nDjango==5.2.1; python_version >= "3.10"\n'
    assert lines(text) == [["4.2"], ["5.2"]]


def test_a_list_in_utf_16_is_read() -> None:
    assert said("requirements.txt", "Django==5.2.1\r\n".encode("utf-16")) == [([["5.2"]], False)]


def test_lists_name_further_lists() -> None:
    text = "-r base.txt\n--requirement=more/other.txt\n-c constraints.txt # pins\n-r https://example.com/x.txt\n-i https://x\n"
    assert listed_in("requirements.txt", text.encode()).includes == ("base.txt", "more/other.txt", "constraints.txt")


@pytest.mark.parametrize(
    ("path", "aside"),
    [
        ("requirements.txt", False),
        ("requirements/base.txt", False),
        ("requirements/production.txt", False),
        ("requirements-latest.txt", False),
        ("backend/requirements.in", False),
        ("requirements-dev.txt", True),
        ("dev-requirements.txt", True),
        ("requirements_test.txt", True),
        ("requirements/local.txt", True),
        ("docs/requirements.txt", True),
        ("tests/requirements.txt", True),
    ],
)
def test_lists_for_tests_and_documentation_stand_aside(path: str, aside: bool) -> None:
    assert said(path, "Django==5.2") == [([["5.2"]], aside)]


UV_LOCK = """\
version = 1
requires-python = ">=3.10"

[[package]]
name = "asgiref"
version = "3.8.1"

[[package]]
name = "django"
version = "5.2.1"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "asgiref" },
]

[[package]]
name = "shop"
version = "1.0"
dependencies = [{ name = "django" }]

[package.metadata]
requires-dist = [{ name = "django", specifier = ">=4.2" }]
"""

POETRY_LOCK = """\
[[package]]
name = "Django"
version = "4.2.16"
description = "A high-level Python web framework"
optional = false

[package.dependencies]
asgiref = ">=3.6.0,<4"

[[package]]
name = "django-environ"
version = "0.11.2"
"""

PYLOCK = """\
lock-version = '1.0'
[[packages]]
name = 'django'
version = '5.1.4'
[[packages]]
name = 'sqlparse'
version = '0.5'
"""


@pytest.mark.parametrize(
    ("path", "text", "release"),
    [
        ("uv.lock", UV_LOCK, "5.2"),
        ("poetry.lock", POETRY_LOCK, "4.2"),
        ("pdm.lock", POETRY_LOCK.replace('"Django"', '"django"'), "4.2"),
        ("pylock.toml", PYLOCK, "5.1"),
        ("pylock.production.toml", PYLOCK, "5.1"),
        ("Pipfile.lock", json.dumps({"default": {"django": {"version": "==5.2.1"}}, "develop": {}}), "5.2"),
    ],
)
def test_a_lock_file_names_the_version(path: str, text: str, release: str) -> None:
    assert said(path, text) == [([[release]], False)]
    assert said(path, text.replace("\n", "\r\n")) == [([[release]], False)]


def test_a_lock_file_may_have_a_version_for_each_python() -> None:
    assert said("uv.lock", UV_LOCK + '\n[[package]]\nname = "django"\nversion = "4.2.3"\n') == [
        ([["5.2"], ["4.2"]], False)
    ]


def test_what_is_locked_for_development_stands_aside() -> None:
    assert said("Pipfile.lock", json.dumps({"develop": {"django": {"version": "==5.2.1"}}})) == [([["5.2"]], True)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", "version = 1\n"),
        ("uv.lock", 'version = 1\n[[package]]\nname = "django"\nsource = { git = "https://x" }\n'),
        ("poetry.lock", UV_LOCK.replace('"django"\nversion', '"django-x"\nversion')),
        ("Pipfile.lock", '["django"]'),
        ("Pipfile.lock", '{"default": {"django": "5"}}'),
        ("pyproject.toml", '[project]\nname = "django-shop"\n'),
        ("pyproject.toml", 'project = "django"\n'),
        ("pyproject.toml", '[project]\ndependencies = "django==5.2"\n'),
        ("pyproject.toml", "[project]\ndependencies = [5]\n[dependency-groups]\ndjango = 5\n"),
        ("pyproject.toml", '[tool.poetry.dependencies]\ndjango = { git = "https://x" }\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\ndjango = "*"\n'),
        ("setup.cfg", "[metadata]\nname = django-shop\n"),
        ("Pipfile", '[packages]\ndjango = "*"\n'),
    ],
)
def test_a_file_that_names_no_version_says_nothing(path: str, text: str) -> None:
    assert said(path, text) == []


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("uv.lock", b"django [[["),
        ("pyproject.toml", b'[project\ndependencies = ["django"]'),
        ("pyproject.toml", b"# django\na = " + b"[" * 100_000),
        ("Pipfile", b"django = "),
        ("Pipfile.lock", b'{"django":'),
        ("Pipfile.lock", b'"django"' + b"[" * 100_000),
        ("setup.cfg", b"install_requires = django"),
        ("poetry.lock", b"django\xff\xfe\x00"),
        ("requirements.txt", b"Django==5.2\n\xff\xff"),
        ("requirements.txt", b"\0\0\0Django==5.2"),
    ],
)
def test_a_broken_file_is_refused_with_a_reason(path: str, data: bytes) -> None:
    with pytest.raises(UnreadableError):
        said(path, data)


PYPROJECT = """\
[project]
name = "shop"
dependencies = ["asgiref", "Django[argon2]>=4.2,<5.1 ; python_version > '3'"]

[project.optional-dependencies]
postgres = ["django==5.0"]
test = ["Django==6.0"]

[dependency-groups]
web = [{ include-group = "base" }, "django~=5.1.0"]
dev = ["django>=6.1"]
"""


def test_a_projects_own_dependencies_come_before_its_groups_and_extras() -> None:
    assert said("pyproject.toml", PYPROJECT) == [
        ([["4.2", "5.0"]], False),
        ([["5.1"]], False),
        ([["6.1"]], True),
        ([["5.0"]], False),
        ([["6.0"]], True),
    ]


@pytest.mark.parametrize(
    ("given", "releases"),
    [
        ('"^4.2"', [["4.2"]]),
        ('"~5.1"', [["5.1"]]),
        ('"5.2.1"', [["5.2"]]),
        ('"4.2.*"', [["4.2"]]),
        ('">=4.2 <5.1"', [["4.2", "5.0"]]),
        ('"^3.2 || ^5.0"', [["3.2"], ["5.0", "5.1", "5.2"]]),
        ('{ version = "^4.2", extras = ["argon2"] }', [["4.2"]]),
        ('[{ version = "4.2.1", python = "<3.10" }, { version = "5.2.1" }]', [["4.2"], ["5.2"]]),
    ],
)
def test_versions_as_poetry_writes_them(given: str, releases: list[list[str]]) -> None:
    assert said("pyproject.toml", f"[tool.poetry.dependencies]\nDjango = {given}\n") == [(releases, False)]
    assert said("pyproject.toml", f"[tool.poetry.group.docs.dependencies]\nDjango = {given}\n") == [(releases, True)]
    assert said("Pipfile", f"[packages]\ndjango = {given}\n") == [(releases, False)]


def test_setup_cfg_is_read() -> None:
    text = "[options]\ninstall_requires =\n    Django >= 3.2, < 4.1\n    asgiref\n"
    text += "[options.extras_require]\ntest = django==5.2\n"
    assert said("setup.cfg", text) == [([["3.2", "4.0"]], False), ([["5.2"]], True)]


COMPOSE = """\
services:
  db:
    image: {}
    environment:
      POSTGRES_DB: shop
"""


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("postgres:16", (16,)),
        ('"postgres:16-alpine"', (16,)),
        ("'postgres:16.3-bookworm' # as in production", (16,)),
        ("docker.io/library/postgres:15", (15,)),
        ("registry.example.com:5000/mirror/postgres:14@sha256:abc", (14,)),
        ("postgis/postgis:16-3.4", (16,)),
        ("bitnami/postgresql:13.4.0", (13,)),
        ("pgvector/pgvector:0.8.0-pg17", (17,)),
        ("pgvector/pgvector:pg16", (16,)),
        ("timescale/timescaledb:2.17.2-pg16", (16,)),
        ("postgres:${POSTGRES_VERSION:-12}", (12,)),
        ("postgres:9.6", (9, 6)),
    ],
)
def test_the_image_of_a_container_names_postgresql(image: str, version: tuple[int, ...]) -> None:
    assert postgresql_in(COMPOSE.format(image).encode()) == (version,)


@pytest.mark.parametrize(
    "image",
    [
        "postgres",
        "postgres:latest",
        "postgres:alpine",
        "postgres:${POSTGRES_VERSION}",
        "postgres:${{ matrix.postgres }}",
        "pgvector/pgvector:0.8.0",
        "prom/postgres-exporter:15",
        "postgres:20240101",
        "mysql:8",
        "postgres:9",
    ],
)
def test_an_image_that_names_no_version_says_nothing(image: str) -> None:
    assert postgresql_in(COMPOSE.format(image).encode()) == ()


def test_a_comment_is_no_image() -> None:
    assert postgresql_in(b"services:\n  db:\n    # image: postgres:16\n    build: .\n") == ()
    assert postgresql_in(b"\xff\xfeimage: \x00") == ()


def test_several_images_are_all_told() -> None:
    assert postgresql_in((COMPOSE.format("postgres:16") + COMPOSE.format("postgres:9.6")).encode()) == ((9, 6), (16,))
