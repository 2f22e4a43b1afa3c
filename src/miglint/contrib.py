"""The migrations of Django's own apps, so that dependencies on them can be followed and checked."""

from __future__ import annotations

from collections.abc import Mapping

from miglint.facts.migration import MigrationKey
from miglint.facts.target import Version

# The swappable user model's app, which only the project's settings name.
USER_APP = MigrationKey("AUTH_USER_MODEL", "__first__")

# Name by name the same in every release from 3.2 to 6.1; contrib apps that are not listed have no migrations.
# https://github.com/django/django/tree/main/django/contrib
_NAMES: Mapping[str, tuple[str, ...]] = {
    "admin": ("0001_initial", "0002_logentry_remove_auto_add", "0003_logentry_add_action_flag_choices"),
    "auth": (
        "0001_initial",
        "0002_alter_permission_name_max_length",
        "0003_alter_user_email_max_length",
        "0004_alter_user_username_opts",
        "0005_alter_user_last_login_null",
        "0006_require_contenttypes_0002",
        "0007_alter_validators_add_error_messages",
        "0008_alter_user_username_max_length",
        "0009_alter_user_last_name_max_length",
        "0010_alter_group_name_max_length",
        "0011_update_proxy_permissions",
        "0012_alter_user_first_name_max_length",
    ),
    "contenttypes": ("0001_initial", "0002_remove_content_type_name"),
    "flatpages": ("0001_initial",),
    "redirects": ("0001_initial", "0002_alter_redirect_new_path_help_text"),
    "sessions": ("0001_initial",),
    "sites": ("0001_initial", "0002_alter_domain_unique"),
}
_NEWEST_RELEASE_LOOKED_AT: Version = (6, 1)

# Parents in other apps; each migration also follows the one before it in its own.
_PARENTS_ELSEWHERE: Mapping[tuple[str, str], tuple[MigrationKey, ...]] = {
    ("admin", "0001_initial"): (USER_APP, MigrationKey("contenttypes", "0001_initial")),
    ("auth", "0001_initial"): (MigrationKey("contenttypes", "0001_initial"),),
    ("auth", "0006_require_contenttypes_0002"): (MigrationKey("contenttypes", "0002_remove_content_type_name"),),
    ("auth", "0011_update_proxy_permissions"): (MigrationKey("contenttypes", "0002_remove_content_type_name"),),
    ("flatpages", "0001_initial"): (MigrationKey("sites", "0001_initial"),),
    ("redirects", "0001_initial"): (MigrationKey("sites", "0001_initial"),),
}


def contrib_migrations() -> Mapping[str, Mapping[MigrationKey, tuple[MigrationKey, ...]]]:
    """Each app's migrations, oldest first, with their parents; `USER_APP` stands for the user model's app."""
    return {label: dict(_linked(label, names)) for label, names in _NAMES.items()}


def lists_every_migration(django: Version) -> bool:
    """Whether a migration that is not listed does not exist: a release newer than the list may have added one."""
    return django[:2] <= _NEWEST_RELEASE_LOOKED_AT


def _linked(label: str, names: tuple[str, ...]) -> list[tuple[MigrationKey, tuple[MigrationKey, ...]]]:
    return [
        (
            MigrationKey(label, name),
            (
                *(MigrationKey(label, before) for before in names[:number][-1:]),
                *_PARENTS_ELSEWHERE.get((label, name), ()),
            ),
        )
        for number, name in enumerate(names)
    ]
