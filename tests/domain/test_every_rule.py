"""Every rule of a case has a test that is named for it, and every rule can be looked up."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import domain.case
from domain.event import Rule

RULES = sorted(
    {
        rule.id: rule
        for module in pkgutil.iter_modules(domain.case.__path__)
        for _, rule in inspect.getmembers(importlib.import_module(f"domain.case.{module.name}"))
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
    assert len(RULES) >= 13
