"""Migrations of many kinds. What they do is not written down: a server says it, each time."""

from .alterations import ALTERATIONS
from .fields import FIELDS
from .models import MODELS
from .scenario import Scenario
from .statements import STATEMENTS
from .together import TOGETHER

SCENARIOS: tuple[Scenario, ...] = FIELDS + ALTERATIONS + MODELS + STATEMENTS + TOGETHER

__all__ = ["SCENARIOS", "Scenario"]
