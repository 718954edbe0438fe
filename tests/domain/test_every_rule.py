"""Every rule of an aggregate has a test that is named for it, and every rule can be looked up."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import domain
from domain.event import Rule

PACKAGES = [found.name for found in pkgutil.iter_modules(domain.__path__) if found.ispkg]
RULES = sorted(
    {
        rule.id: rule
        for package in PACKAGES
        for module in pkgutil.iter_modules([f"{domain.__path__[0]}/{package}"], f"domain.{package}.")
        for _, rule in inspect.getmembers(importlib.import_module(module.name))
        if isinstance(rule, Rule)
    }.values(),
    key=lambda rule: rule.id,
)
TESTS = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))


def is_tested(rule: Rule) -> bool:
    return f"def test_{rule.id}(" in TESTS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_test_named_for_it(rule: Rule) -> None:
    assert is_tested(rule)
    assert rule.source
    assert rule.sentence.endswith(".")


def test_a_rule_without_a_test_is_noticed() -> None:
    assert not is_tested(Rule("officers_wear_hats", "Wear a hat.", "none"))


def test_the_rules_of_all_aggregates_are_looked_for() -> None:
    assert {"case", "misconduct", "support_contact"} <= {*PACKAGES}
    assert {"linked_once", "reporter_stays_unknown", "passing_on_needs_consent"} <= {rule.id for rule in RULES}
