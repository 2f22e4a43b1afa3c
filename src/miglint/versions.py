"""Since which Django, or until which, a migration can use what: seen on every release from 3.2 to 6.1.

An older release lacks the name (AttributeError) or refuses the argument (TypeError) as soon as the file is loaded.
"""

from __future__ import annotations

from miglint.facts.target import Version

OPERATIONS_SINCE: dict[str, Version] = {
    "AddConstraintNotValid": (4, 0),
    "ValidateConstraint": (4, 0),
    "RenameIndex": (4, 1),
    "AlterModelTableComment": (4, 2),
    "AlterConstraint": (5, 2),
}

FIELDS_SINCE: dict[str, Version] = {"GeneratedField": (5, 0), "CompositePrimaryKey": (5, 2)}

FIELD_OPTIONS_SINCE: dict[str, Version] = {"db_comment": (4, 2), "db_default": (5, 0)}

CONSTRAINT_OPTIONS_SINCE: dict[tuple[str, str], Version] = {
    ("CheckConstraint", "condition"): (5, 1),
    ("CheckConstraint", "violation_error_code"): (5, 0),
    ("CheckConstraint", "violation_error_message"): (4, 1),
    ("UniqueConstraint", "expressions"): (4, 0),
    ("UniqueConstraint", "nulls_distinct"): (5, 0),
    ("UniqueConstraint", "violation_error_code"): (5, 0),
    ("UniqueConstraint", "violation_error_message"): (4, 1),
}

# The release that refuses it.
CONSTRAINT_OPTIONS_UNTIL: dict[tuple[str, str], Version] = {("CheckConstraint", "check"): (6, 0)}

# Values that are names of their own: `on_delete=models.DB_CASCADE`.
VALUES_SINCE: dict[str, Version] = {"DB_CASCADE": (6, 1), "DB_SET_NULL": (6, 1), "DB_SET_DEFAULT": (6, 1)}
