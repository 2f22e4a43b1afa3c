"""Findings × suppressions → what is shown, what is hidden, and suppressions that hid nothing (MIG003)."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from miglint.config import UNUSED_SUPPRESSION, Config, all_codes, code_meant
from miglint.facts.migration import Suppression
from miglint.facts.source import Location, Span
from miglint.files import glob_matcher
from miglint.findings import Edit, Finding, Fix, Severity, Suppressed

UNUSED_SUPPRESSION_NAME = "unused-suppression"


class Outcome(NamedTuple):
    """`kept` and `hidden` are the findings given, in order; `unused` are new ones by MIG003."""

    kept: tuple[Finding, ...]
    hidden: tuple[Finding, ...]
    unused: tuple[Finding, ...]


def suppress(
    findings: Iterable[Finding],
    suppressions: Mapping[str, tuple[Suppression, ...]],
    judged_paths: Collection[str],
    selected: Collection[str],
    config: Config,
    not_asked: Mapping[str, Collection[str]] | None = None,
) -> Outcome:
    """Hide what comments and `per-file-ignores` hide. `suppressions` are a file's comments, by its path.

    Of comments that hid nothing, those in `judged_paths` are told: elsewhere nothing would have been found. So are
    codes that `not_asked` has for a path left alone there.
    """
    comments, by_setting = _Comments(suppressions), PerFileIgnores(config)
    kept: list[Finding] = []
    hidden: list[Finding] = []
    for finding in findings:
        by = comments.hide(finding) or by_setting.hide(finding)
        if by is None:
            kept.append(finding)
        else:
            hidden.append(dataclasses.replace(finding, suppressed=by))
    unused: list[Finding] = []
    if UNUSED_SUPPRESSION in selected:
        severity = config.severity(UNUSED_SUPPRESSION, UNUSED_SUPPRESSION_NAME, Severity.WARNING)
        for path in sorted(suppressions.keys() & set(judged_paths)):
            for comment in suppressions[path]:
                asked = {*selected}.difference((not_asked or {}).get(path, ()))
                for finding in _complaints(path, comment, comments.used, asked, config):
                    judged = dataclasses.replace(finding, severity=severity)
                    by = comments.hide(judged) or by_setting.hide(judged)
                    if by is None:
                        unused.append(judged)
                    else:
                        hidden.append(dataclasses.replace(judged, suppressed=by))
    return Outcome(tuple(kept), tuple(hidden), tuple(unused))


class _Comments:
    """Suppression comments by what they speak for, so that many of them and many findings cost no more than both."""

    def __init__(self, suppressions: Mapping[str, tuple[Suppression, ...]]) -> None:
        self.whole: dict[tuple[str, str], list[Suppression]] = {}
        self.lines: dict[tuple[str, str, int], list[Suppression]] = {}
        self.used: set[tuple[str, Span, str]] = set()
        for path, comments in suppressions.items():
            for comment in comments:
                for code in map(str.upper, comment.codes):
                    if comment.kind == "ignore-file":
                        self.whole.setdefault((path, code), []).append(comment)
                        continue
                    for line in range(comment.lines[0], comment.lines[1] + 1):
                        self.lines.setdefault((path, code, line), []).append(comment)

    def hide(self, finding: Finding) -> Suppressed | None:
        """What hides a finding. Every comment that does has earned its place, also the second one."""
        path, code, span = finding.location.path, finding.code, finding.location.span
        spans = (span, finding.extent) if finding.extent is not None else (span,)
        lines = dict.fromkeys(line for one in spans for line in range(one.line, one.end_line + 1))
        found = [*self.whole.get((path, code), ())]
        for line in lines:
            found += self.lines.get((path, code, line), ())
        self.used.update((path, comment.span, code) for comment in found)
        return Suppressed("comment", found[0].reason, Location(path, found[0].span)) if found else None


class PerFileIgnores:
    """`per-file-ignores`, in the same patterns as `exclude` and from the same folder on."""

    def __init__(self, config: Config) -> None:
        self.matchers = [
            (pattern, codes, glob_matcher([pattern], config.folder))
            for pattern, codes in config.per_file_ignores.items()
        ]

    def hide(self, finding: Finding) -> Suppressed | None:
        for pattern, codes, matches in self.matchers:
            if any(code == "ALL" or finding.code.startswith(code) for code in codes) and matches(finding.location.path):
                return Suppressed("settings", f"per-file-ignores '{pattern}'")
        return None


def _complaints(
    path: str, comment: Suppression, used: set[tuple[str, Span, str]], selected: Collection[str], config: Config
) -> Iterator[Finding]:
    """What is wrong with one comment: codes that hid nothing, codes that no rule has, no code, no reason."""
    if not comment.codes:
        yield _complaint(
            path,
            comment,
            comment.span,
            "no codes",
            "This comment names no code, so it hides nothing.",
            f"Name the codes: # miglint: {comment.kind}[MIG302] reason",
        )
        return
    known = set(all_codes())
    codes = tuple(code.upper() for code in comment.codes)
    for number, (written, span) in enumerate(zip(comment.codes, comment.code_spans, strict=True)):
        code = codes[number]
        if code not in known:
            # A slip of the pen is to be mended, not thrown away.
            yield _complaint(
                path,
                comment,
                span,
                written,
                f"No rule has the code '{written}'{code_meant(written)}, so this hides nothing.",
                "Name the codes in full, as `miglint rule` lists them.",
            )
            continue
        if code in codes[:number]:
            message = f"'{code}' stands here twice."
        elif code not in selected or code == UNUSED_SUPPRESSION or (path, comment.span, code) in used:
            # Whether it would hide something is not known while its rule is off.
            continue
        else:
            message = f"There is no finding by {code} here for this comment to hide."
        yield _complaint(path, comment, span, code, message, "Remove it.")
    if config.require_reason and not comment.reason and comment.kind != "noqa":
        yield _complaint(
            path,
            comment,
            comment.span,
            "no reason",
            "This suppression gives no reason, and the settings ask for one.",
            f"Say why: # miglint: {comment.kind}[{', '.join(comment.codes)}] the table has ten rows",
        )


def _complaint(path: str, comment: Suppression, span: Span, about: str, message: str, hint: str) -> Finding:
    location = Location(path, span)
    fixes: tuple[Fix, ...] = ()
    if hint == "Remove it." and len(comment.codes) == 1:
        fixes = (Fix("Remove the comment", (Edit(Location(path, comment.span), ""),), "safe"),)
    return Finding(
        code=UNUSED_SUPPRESSION,
        name=UNUSED_SUPPRESSION_NAME,
        severity=Severity.WARNING,
        message=message,
        hint=hint,
        location=location,
        subject=f"{path}:{about}",
        fixes=fixes,
    )
