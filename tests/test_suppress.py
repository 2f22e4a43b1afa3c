"""What comments and settings hide, and comments that hide nothing."""

from __future__ import annotations

from miglint.config import Config, from_mapping
from miglint.facts.migration import Suppression
from miglint.facts.source import Location, Span
from miglint.findings import Finding, Severity
from miglint.suppress import Outcome, suppress

PATH = "shop/migrations/0002_x.py"


def finding(code: str = "MIG301", line: int = 7, extent: Span | None = None) -> Finding:
    location = Location(PATH, Span(line, 9, line, 20))
    return Finding(code, "a-name", Severity.ERROR, "It breaks.", location, extent=extent)


def comment(
    *codes: str,
    line: int = 7,
    kind: str = "ignore",
    reason: str = "done by night",
    lines: tuple[int, int] | None = None,
) -> Suppression:
    span = Span(line, 30, line, 60)
    spans = tuple(Span(line, 40 + 8 * number, line, 46 + 8 * number) for number, _ in enumerate(codes))
    return Suppression(kind, codes, spans, reason, span, lines or (line, line))  # type: ignore[arg-type]


def outcome(findings: list[Finding], *comments: Suppression, config: Config | None = None) -> Outcome:
    config = config or Config()
    return suppress(findings, {PATH: comments} if comments else {}, {PATH}, config.selected(), config)


def test_a_comment_on_another_line_hides_nothing() -> None:
    result = outcome([finding(line=7)], comment("MIG301", line=8))
    assert [one.code for one in result.kept] == ["MIG301"]
    assert [one.message for one in result.unused] == ["There is no finding by MIG301 here for this comment to hide."]


def test_a_comment_for_another_code_hides_nothing() -> None:
    assert len(outcome([finding("MIG302")], comment("MIG301")).kept) == 1


def test_a_comment_on_the_line_hides_the_finding_and_keeps_its_reason() -> None:
    result = outcome([finding()], comment("MIG301"))
    assert not result.kept
    assert not result.unused
    (hidden,) = result.hidden
    assert hidden.suppressed is not None
    assert (hidden.suppressed.by, hidden.suppressed.reason) == ("comment", "done by night")


def test_a_comment_on_any_line_of_the_operation_speaks_for_it() -> None:
    assert outcome([finding(line=7, extent=Span(6, 9, 12, 10))], comment("MIG301", line=11)).hidden


def test_a_comment_above_speaks_for_the_lines_of_what_follows() -> None:
    assert outcome([finding(line=9)], comment("MIG301", line=6, lines=(7, 12))).hidden


def test_one_comment_may_name_several_codes_and_the_useless_one_is_said() -> None:
    result = outcome([finding("MIG301")], comment("MIG301", "MIG501"))
    assert len(result.hidden) == 1
    (unused,) = result.unused
    assert "MIG501" in unused.message
    assert unused.location.span.column == 48


def test_a_file_wide_comment_hides_everywhere() -> None:
    assert outcome([finding(line=70)], comment("MIG301", line=1, kind="ignore-file", lines=(1, 99))).hidden


def test_a_code_that_no_rule_has_is_said_with_the_closest_one() -> None:
    (unused,) = outcome([], comment("MIG3O1")).unused
    assert unused.message == "No rule has the code 'MIG3O1' (did you mean 'MIG301'?), so this hides nothing."


def test_a_rule_that_is_off_leaves_its_suppressions_alone() -> None:
    config = from_mapping({"ignore": ["MIG301"]})
    assert outcome([], comment("MIG301"), config=config).unused == ()


def test_a_comment_without_codes_is_said() -> None:
    (unused,) = outcome([finding()], comment()).unused
    assert unused.message == "This comment names no code, so it hides nothing."


def test_a_missing_reason_is_said_where_the_settings_ask_for_one() -> None:
    asked = from_mapping({"require-reason": True})
    assert outcome([finding()], comment("MIG301", reason=""), config=Config()).unused == ()
    (unused,) = outcome([finding()], comment("MIG301", reason=""), config=asked).unused
    assert "gives no reason" in unused.message


def test_an_unused_suppression_can_be_removed_by_a_fix() -> None:
    (unused,) = outcome([], comment("MIG301")).unused
    (fix,) = unused.fixes
    assert (fix.applicability, fix.edits[0].text) == ("safe", "")


def test_per_file_ignores_hide_by_path_and_prefix() -> None:
    for pattern, hides in [("shop/migrations/*", True), ("0002_*.py", True), ("shop", True), ("blog/*", False)]:
        config = from_mapping({"per-file-ignores": {pattern: ["MIG3"]}})
        assert bool(outcome([finding()], config=config).hidden) is hides, pattern


def test_two_comments_that_hide_one_finding_have_both_earned_their_place() -> None:
    wide = comment("MIG301", line=1, kind="ignore-file", lines=(1, 99))
    assert outcome([finding()], wide, comment("MIG301")).unused == ()
