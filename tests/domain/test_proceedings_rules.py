"""Every rule of an investigation and of proceedings has a test named for it that notices when nobody looks at it."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from domain.event import Broken, Rule
from domain.misconduct import delay_statement
from domain.misconduct.delay_statement import MISSING


def page(name: str) -> ModuleType:
    """A page of tests beside this one."""
    spec = importlib.util.spec_from_file_location(f"looked_at_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rules_page = page("test_misconduct_rules")
delay_page = page("test_delay_statement")
PAGES = (page("test_misconduct_investigation"), delay_page, page("test_sanctions"), page("test_proceedings"))
TESTS = {name: test for page in PAGES for name, test in vars(page).items() if name.startswith("test_")}
MINE = {
    "appeals",
    "barred_list",
    "delay_statement",
    "determination",
    "estimate",
    "investigation",
    "notice",
    "proceedings",
    "sanctions",
    "severity",
    "withdrawal",
}
RULES = sorted(
    {
        value.id: value
        for module in rules_page.MODULES
        if module.__name__.rpartition(".")[2] in MINE
        for value in vars(module).values()
        if isinstance(value, Rule) and value.id != "subject_is_noted"
    }.values(),
    key=lambda rule: rule.id,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_test_named_for_it_that_notices_when_nobody_looks(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rule.source
    assert rule.sentence.endswith(".")
    test = TESTS.get(f"test_{rule.id}")
    assert test is not None, f"no test is named for {rule.id}"
    assert not rules_page.notices(test)
    rules_page.blind(monkeypatch, rule)
    seen = {item: each for item, each in MISSING.items() if each != rule}
    monkeypatch.setattr(
        delay_statement, "_whole", lambda draft: (Broken(seen[item]) for item in draft.missing if item in seen)
    )
    monkeypatch.setattr(delay_page, "MISSING", seen)
    assert rules_page.notices(test), f"{test.__name__} passes though nobody looks at the rule"


def test_there_are_rules_to_look_at() -> None:
    assert len(RULES) >= 35
