"""The conventions of the catalogue: codes, names, files and pages belong together."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from miglint import rulebook
from miglint.findings import Severity
from miglint.rules import ALL_RULES
from miglint.rules.base import MigrationRule, OperationRule, ProjectRule, Rule

HERE = Path(__file__).parent.parent
FOLDER = HERE / "src" / "miglint" / "rules"
MODULES = sorted(path for path in FOLDER.glob("*.py") if path.name not in ("__init__.py", "base.py"))
FAMILIES = "01234569"


def identity(thing: object) -> str:
    match thing:
        case Path():
            return thing.stem
        case type():
            return thing.__name__
    return str(thing)


def test_rules_are_listed_in_code_order_and_once():
    codes = [rule.code for rule in ALL_RULES]
    assert codes == sorted(set(codes))


def test_the_list_is_the_folders_content():
    assert sorted(rule.__module__.rpartition(".")[2] for rule in ALL_RULES) == [path.stem for path in MODULES]


def test_every_rule_has_a_page_and_every_page_a_rule():
    assert rulebook.codes() == tuple(entry.code for entry in rulebook.entries())


@pytest.mark.parametrize("rule", ALL_RULES, ids=identity)
def test_a_rule_is_coded_and_named(rule: type[Rule]):
    assert re.fullmatch(rf"MIG[{FAMILIES}]\d\d", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
    assert isinstance(rule.severity, Severity)
    assert issubclass(rule, (OperationRule, MigrationRule, ProjectRule))


def test_names_are_unique():
    names = [entry.name for entry in rulebook.entries()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("rule", ALL_RULES, ids=identity)
def test_a_rules_file_and_class_are_named_as_the_rule(rule: type[Rule]):
    words = rule.name.split("-")
    assert rule.__module__ == f"miglint.rules.{'_'.join(words)}"
    assert rule.__name__.lower() == "".join(words)


@pytest.mark.parametrize("entry", rulebook.entries(), ids=lambda entry: entry.code)
def test_a_page_has_its_heading_and_sections(entry: rulebook.Entry):
    page = rulebook.page(entry.code)
    assert page is not None
    assert page.title == entry.name
    assert page.summary.endswith(".")
    prose = re.sub(r"^```.*?^```", "", page.text, flags=re.MULTILINE | re.DOTALL)
    sections = re.findall(r"^## (.+)$", prose, flags=re.MULTILINE)
    known = ["Given", "Bad", "Good", "Why", "When to ignore it", "Options"]
    assert sections == [section for section in known if section in sections]
    assert {"Bad", "Good", "Why", "When to ignore it"} <= set(sections)
    assert page.bad
    assert page.good


@pytest.mark.parametrize("module", MODULES, ids=identity)
def test_messages_and_hints_are_sentences(module: Path):
    """Literal texts that go to `finding()` end with a full stop, and hints do not shout."""
    for text in sentences(ast.parse(module.read_text("utf-8"))):
        assert text.endswith((".", "}")), text
        assert text[0].isupper() or text[0] in "'`{", text
        assert "!" not in text, text
        assert "  " not in text, text


def sentences(tree: ast.AST) -> list[str]:
    """The messages and hints that a module gives to `finding()`, with `{}` for what is filled in."""
    texts: list[str | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "finding":
            texts += [written(argument) for argument in node.args[1:2]]
            texts += [written(keyword.value) for keyword in node.keywords if keyword.arg in ("message", "hint")]
    return [text for text in texts if text]


def written(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(written(part) or "{}" for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{written(left) or '{}'}{written(right) or '{}'}"
    return None
