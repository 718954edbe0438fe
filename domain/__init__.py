"""The rules of crime recording. Importing this package fills the registry of events and commands."""

import sys

from domain import import_batch, promotion, publication, rules
from domain.case import state
from domain.denominator import state as denominator
from domain.event import Rule
from domain.inspection import state as inspection
from domain.misconduct import state as report
from domain.support_contact import state as contact

__all__ = [
    "all_rules",
    "contact",
    "denominator",
    "import_batch",
    "inspection",
    "promotion",
    "publication",
    "report",
    "rules",
    "state",
]


def all_rules() -> dict[str, Rule]:
    """Every rule that the domain names, by id."""
    modules = [module for name, module in sys.modules.items() if name.startswith("domain.")]
    return {value.id: value for module in modules for value in vars(module).values() if isinstance(value, Rule)}
