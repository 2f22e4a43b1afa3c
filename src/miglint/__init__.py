"""Static analysis of Django migrations, without Django.

>>> import miglint
>>> report = miglint.check(["."])
>>> [finding.code for finding in report.findings]
[]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from miglint.config import ConfigError as ConfigError
    from miglint.facts.migration import Migration as Migration
    from miglint.facts.migration import MigrationKey as MigrationKey
    from miglint.findings import Finding as Finding
    from miglint.findings import Report as Report
    from miglint.findings import Severity as Severity
    from miglint.linking import Options as Options
    from miglint.lint import check_paths as check
    from miglint.rules import ALL_RULES as ALL_RULES
    from miglint.rules.base import Rule as Rule

# Loaded when first asked for: `miglint --help` needs none of them.
_HOMES = {
    "ALL_RULES": "miglint.rules:ALL_RULES",
    "ConfigError": "miglint.config:ConfigError",
    "Finding": "miglint.findings:Finding",
    "Migration": "miglint.facts.migration:Migration",
    "MigrationKey": "miglint.facts.migration:MigrationKey",
    "Options": "miglint.linking:Options",
    "Report": "miglint.findings:Report",
    "Rule": "miglint.rules.base:Rule",
    "Severity": "miglint.findings:Severity",
    "check": "miglint.lint:check_paths",
}

__all__ = [
    "ALL_RULES",
    "ConfigError",
    "Finding",
    "Migration",
    "MigrationKey",
    "Options",
    "Report",
    "Rule",
    "Severity",
    "check",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'miglint' has no attribute '{name}'")
    from importlib import import_module

    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
