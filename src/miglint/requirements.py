"""What lock files, requirements, project metadata and Compose files say of Django's and PostgreSQL's versions: pure.

Of PEP 440 the release segments count, which is what a minor release of Django is told by.
https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from miglint.facts.evidence import Operator, Specifier, Specifiers, Wanted
from miglint.facts.target import Version

# In order of weight, below their folder.
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml")
METADATA = ("pyproject.toml", "setup.cfg", "Pipfile")
REQUIREMENTS_FOLDERS = ("requirements", "reqs")
# Whose requirements are for something else than running the project.
ASIDE_FOLDERS = ("docs", "doc", "tests", "test")

_ASIDE = re.compile(
    r"(?:^|[^a-z])(?:dev|devel|develop|development|local|tests?|testing|docs?|documentation|lint|linting|linters?|ci|tox"
    r"|typing|types|mypy|build|release|example|examples|demo)(?:$|[^a-z])",
    re.IGNORECASE,
)


class UnreadableError(Exception):
    """A file that is not of the kind that its name promises; the message is the end of a sentence."""


class Said(NamedTuple):
    """What a list of requirements says: `includes` are paths of further requirement files, from this file's folder."""

    wanted: tuple[Wanted, ...]
    includes: tuple[str, ...] = ()


def is_requirements(name: str) -> bool:
    """Whether a file's name is that of a list of requirements, as pip takes them."""
    return name.endswith((".txt", ".in")) and "requirements" in name


def is_compose(name: str) -> bool:
    return name.endswith((".yml", ".yaml")) and name.startswith(("docker-compose", "compose"))


def weight(name: str) -> tuple[bool, bool, str]:
    """An order of requirement files: those for running the project first, compiled ones before what they are from."""
    return is_aside(name), not name.endswith(".txt"), name if name != "requirements.txt" else ""


def is_aside(name: str) -> bool:
    """Whether a file, an extra or a group is for tests, documentation or development, by its name."""
    return _ASIDE.search(name) is not None


def required_in(path: str, data: bytes) -> tuple[Wanted, ...]:
    """What a lock file or a project's metadata say of Django. Raises UnreadableError."""
    folder, _, name = path.rpartition("/")
    if not any(word in data for word in (b"django", b"Django", b"DJANGO")):
        return ()
    text = _text(data)
    aside = folder.rpartition("/")[2] in ASIDE_FOLDERS
    if name == "Pipfile.lock":
        said = _pipfile_lock(_json(text))
    elif name.endswith(".lock") or name.startswith("pylock."):
        said = _locked(text)
    elif name == "pyproject.toml":
        said = _pyproject(_toml(text))
    elif name == "Pipfile":
        said = _pipfile(_toml(text))
    elif name == "setup.cfg":
        said = _setup_cfg(text)
    else:
        return ()
    return tuple(Wanted(path, tuple(found), aside or one_aside) for found, one_aside in said if found)


def listed_in(path: str, data: bytes, aside: bool = False) -> Said:
    """What a file of requirements, as pip takes them, says of Django. Raises UnreadableError.

    `aside` says that the file which includes it is; else its name tells.
    """
    folder, _, name = path.rpartition("/")
    aside = aside or is_aside(name) or folder.rpartition("/")[2] in ASIDE_FOLDERS
    return _requirements(path, _text(data), aside)


def postgresql_in(data: bytes) -> tuple[Version, ...]:
    """The versions of PostgreSQL whose images a Compose file or a workflow starts, ascending; without a tag, none."""
    if b"image" not in data:
        return ()
    found = {
        _postgresql(match["name"], match["default"] or match["tag"])
        for match in _IMAGE.finditer(data.decode("utf-8", "replace"))
    }
    return tuple(sorted(version for version in found if version))


def specifiers(text: str, bare: Operator | None = None) -> Specifiers | None:
    """`>=4.2,<5.0`, or Poetry's `^4.2`; None where it cannot be read. `bare` is what a version alone means."""
    found: list[Specifier] = []
    for clause in re.split(r"[,\s]+", re.sub(r"(?<=[=<>~!^])\s+", "", text.strip())):
        if clause in ("", "*"):
            continue
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            return None
        release = tuple(map(int, match["release"].split(".")))
        operator = match["operator"] or ("==" if match["series"] else bare)
        match operator:
            case None:
                return None
            case "===" | "==":
                found.append(Specifier("==", release, match["series"] is not None))
            case "^":
                found += [Specifier(">=", release), Specifier("<", (release[0] + 1,))]
            case "~=" | "~":
                # Poetry's ~4.2 stays within 4.2, as ~4.2.1 does; PEP 440's ~=4.2 within 4.
                kept = min(len(release), 2) if operator == "~" else max(len(release) - 1, 1)
                found += [Specifier(">=", release), Specifier("==", release[:kept], True)]
            case "!=":
                found.append(Specifier("!=", release, match["series"] is not None))
            case "<" | "<=" | ">" | ">=":
                found.append(Specifier(operator, release))
            case _:
                raise AssertionError(operator)
    return tuple(found)


def allows(clauses: Specifiers, minor: Version) -> bool:
    """Whether some release of a minor series, `(4, 2)`, is within all of these."""
    return all(_allows(clause, minor) for clause in clauses)


def exact(clauses: Specifiers) -> Version | None:
    """The one minor series that these leave over, where they name it; else None."""
    for operator, release, series in clauses:
        if operator == "==" and len(release) > 1:
            return release[:2]
        if operator == "==" and not series:
            return release[0], 0
    lower, upper = lowest(clauses), highest(clauses)
    if lower is None or upper is None:
        return None
    # <5.0 is all of 4.2 only for those who know that there was no 4.3.
    first, last = lower[:2], upper.release
    return first if upper.operator == "<" and last[:2] == (first[0], first[1] + 1) and not any(last[2:]) else None


def lowest(clauses: Specifiers) -> Version | None:
    """The lower bound, as it is written."""
    return max((one.release for one in clauses if one.operator in (">", ">=", "==")), default=None)


def highest(clauses: Specifiers) -> Specifier | None:
    """The upper bound, as it is written."""
    return min((one for one in clauses if one.operator in ("<", "<=")), key=lambda one: one.release, default=None)


_CLAUSE = re.compile(
    r"(?P<operator>~=|===|==|!=|<=|>=|<|>|\^|~)?v?(?P<release>\d{1,9}(?:\.\d{1,9})*)(?P<series>\.\*)?"
    r"(?:[-_.]?[a-zA-Z][\w.-]*|-\d+)?(?:\+[\w.-]+)?"
)


def _allows(clause: Specifier, minor: Version) -> bool:
    operator, release, series = clause
    padded = (*release, 0, 0)[: max(len(release), 3)]
    first = (*minor, 0)
    match operator:
        case "==":
            return minor[:1] == release if series and len(release) == 1 else padded[:2] == minor
        case "!=":
            return not series or len(release) > 2 or minor[: len(release)] != release
        case "<":
            return first < padded
        case "<=":
            return first <= padded
        case ">" | ">=":
            return minor >= padded[:2]


# What files hold.


_REQUIREMENT = re.compile(
    r"""django(?![\w.-])\s*(?:\[[^\]]*\])?\s*(?P<specifiers>\([^)]*\)|[^;#@]*?)\s*(?:;.*)?""", re.IGNORECASE
)
_COMMENT = re.compile(r"(?:^|\s)#.*")
_OPTIONS = re.compile(r"\s--?[a-zA-Z].*")
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)[\s=]*(?P<path>.+)")


def _requirements(path: str, text: str, aside: bool) -> Said:
    """Lines as pip reads them. https://pip.pypa.io/en/stable/reference/requirements-file-format/"""
    if "\0" in text:
        raise UnreadableError("is no text")
    found, includes = [], []
    for written in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = _COMMENT.sub("", written).strip()
        if line.startswith("-"):
            include = _INCLUDE.fullmatch(line)
            if include is not None and "://" not in line:
                includes.append(include["path"].strip("\"' "))
        elif line[:6].casefold() == "django":
            clauses = _requirement(_OPTIONS.sub("", line))
            if clauses is not None:
                found.append(clauses)
    return Said((Wanted(path, tuple(found), aside),) if found else (), tuple(includes))


def _requirement(line: str) -> Specifiers | None:
    """What a requirement says of Django's version; None where it is another's, or says nothing."""
    match = _REQUIREMENT.fullmatch(" ".join(line.split()))
    return (specifiers(match["specifiers"].strip("()")) or None) if match is not None else None


_Found = Iterator[tuple[list[Specifiers], bool]]

_LOCKED = re.compile(r"""\nname\s*=\s*["'][Dd]jango["']""")
_LOCKED_VERSION = re.compile(r"""^version\s*=\s*["']([^"'\n]*)["']""", re.MULTILINE)


def _locked(text: str) -> _Found:
    """`[[package]]` tables, by their lines: parsing the whole of a long lock file would take longer than all else."""
    if "[[package" not in text:
        _toml(text)
        return
    found = []
    for match in _LOCKED.finditer(text):
        start = text.rfind("\n[", 0, match.start())
        end = text.find("\n[", match.end())
        version = _LOCKED_VERSION.search(text[start + 1 : end if end >= 0 else len(text)])
        clauses = specifiers(version[1], "==") if version is not None else None
        if clauses:
            found.append(clauses)
    yield found, False


def _pipfile_lock(values: Any) -> _Found:
    for section, aside in (("default", False), ("develop", True)):
        version = _at(values, section, "django", "version")
        yield list(filter(None, [specifiers(version)])) if isinstance(version, str) else [], aside


def _pipfile(values: Any) -> _Found:
    for section, aside in (("packages", False), ("dev-packages", True)):
        yield list(_constraints(_at(values, section))), aside


def _pyproject(values: Any) -> _Found:
    yield list(_listed(_at(values, "project", "dependencies"))), False
    poetry = _at(values, "tool", "poetry")
    yield list(_constraints(_at(poetry, "dependencies"))), False
    for name, group in _items(_at(poetry, "group")):
        yield list(_constraints(_at(group, "dependencies"))), is_aside(name)
    for name, group in _items(_at(values, "dependency-groups")):
        yield list(_listed(group)), is_aside(name)
    for name, extra in _items(_at(values, "project", "optional-dependencies")):
        yield list(_listed(extra)), is_aside(name)
    yield list(_constraints(_at(poetry, "dev-dependencies"))), True
    yield list(_listed(_at(values, "tool", "uv", "dev-dependencies"))), True
    for _, group in _items(_at(values, "tool", "pdm", "dev-dependencies")):
        yield list(_listed(group)), True


def _setup_cfg(text: str) -> _Found:
    from configparser import ConfigParser, Error  # imported where used: few projects have one

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except Error as error:
        raise UnreadableError(f"cannot be read: {str(error).splitlines()[0].rstrip('.')}") from error
    options = "options"
    yield list(_listed(parser.get(options, "install_requires", fallback="").splitlines())), False
    if parser.has_section("options.extras_require"):
        for name, lines in parser.items("options.extras_require"):
            yield list(_listed(lines.splitlines())), is_aside(name)


def _listed(lines: Any) -> Iterator[Specifiers]:
    for line in lines if isinstance(lines, list) else ():
        clauses = _requirement(line) if isinstance(line, str) else None
        if clauses:
            yield clauses


def _constraints(table: Any) -> Iterator[Specifiers]:
    """A version as Poetry and Pipenv write it, or a table with one, or a list of those."""
    for name, given in _items(table):
        if name.casefold() != "django":
            continue
        for one in given if isinstance(given, list) else [given]:
            version = one.get("version") if isinstance(one, dict) else one
            for either in version.split("|") if isinstance(version, str) else ():
                clauses = specifiers(either, "==")
                if clauses:
                    yield clauses


_POSTGRESQL_IMAGES = "postgres|postgis|postgresql|pgvector|timescaledb(?:-ha|-postgis)?|pgrouting"
_IMAGE = re.compile(
    rf"""^[ \t]*(?:-[ \t]+)?image:[ \t]*["']?(?:[\w.-]+(?::\d+)?/)*(?P<name>{_POSTGRESQL_IMAGES}):"""
    r"""(?:\$\{\w+:?-(?P<default>[\w.-]+)\}|(?P<tag>\w[\w.-]*))""",
    re.MULTILINE,
)
_TAG = re.compile(r"(?P<first>\d{1,2})(?:\.(?P<second>\d{1,2}))?(?![\d])")
_TAGGED_PG = re.compile(r"(?:^|[-.])pg(?P<first>\d{1,2})(?:\.(?P<second>\d{1,2}))?(?!\d)")


def _postgresql(name: str, tag: str) -> Version:
    # pgvector's own version stands first, and TimescaleDB's: 0.8.0-pg16, 2.17.2-pg16.
    of_extension = name in ("pgvector", "timescaledb", "timescaledb-ha", "pgrouting")
    match = _TAGGED_PG.search(tag) if of_extension else _TAG.match(tag)
    if match is None:
        return ()
    first = int(match["first"])
    # Up to 9.6, two numbers made a major release.
    if first < 10:
        return (first, int(match["second"])) if match["second"] else ()
    return (first,)


def _at(values: Any, *names: str) -> Any:
    for name in names:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def _items(table: Any) -> Iterable[tuple[str, Any]]:
    return [(str(name), value) for name, value in table.items()] if isinstance(table, Mapping) else []


def _text(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError("is not UTF-8") from error


def _toml(text: str) -> Any:
    try:
        # Imported where used: many projects have requirements.txt alone.
        import tomllib  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        import tomli as tomllib  # type: ignore[import-not-found,no-redef,unused-ignore]  # Python 3.10
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"is no TOML: {error}") from error


def _json(text: str) -> Any:
    import json  # imported where used: few projects have a Pipfile

    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"is no JSON: {error}") from error
