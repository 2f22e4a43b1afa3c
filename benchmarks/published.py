"""The migrations of published packages in one tree: about as many as a large product has."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.environments import home
from tests.corpus import download

PACKAGES = ("wagtail", "django-cms", "django-oscar", "weblate", "pretix", "nautobot")


def tree() -> Path:
    """Their migrations, each folder where its package has it, below the package's name."""
    versions = download.versions()
    folder = home() / ("published-" + "-".join(versions[package] for package in PACKAGES))
    if not folder.exists():
        scratch = folder.with_suffix(".making")
        shutil.rmtree(scratch, ignore_errors=True)
        for package in PACKAGES:
            source = download.tree(package)
            for migrations in sorted(source.rglob("migrations")):
                if migrations.is_dir() and list(migrations.glob("0*.py")):
                    target = scratch / package.replace("-", "_") / migrations.relative_to(source)
                    shutil.copytree(migrations, target, ignore=shutil.ignore_patterns("__pycache__"))
                    for name in ("__init__.py", "apps.py"):
                        if (migrations.parent / name).exists():
                            shutil.copy(migrations.parent / name, target.parent / name)
        scratch.rename(folder)
    return folder


def migrations(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("migrations/[0-9]*.py"))
