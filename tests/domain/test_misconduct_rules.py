"""Every rule of a misconduct report has a test that is named for it, and that notices when nobody looks at the rule."""

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import domain.misconduct
from domain.event import Broken, Rule

MODULES = [
    importlib.import_module(f"domain.misconduct.{module.name}")
    for module in pkgutil.iter_modules(domain.misconduct.__path__)
]
# Those whose rules this page looks after; the investigation and what follows it have tests of their own.
OF_THE_REPORT = {
    "allegations",
    "assessment",
    "closure",
    "identity",
    "intake",
    "mailbox",
    "parallel",
    "passing",
    "referral",
    "review",
    "schedule3",
    "subjects",
}
RULES = sorted(
    {
        rule.id: rule
        for module in MODULES
        if module.__name__.rpartition(".")[2] in OF_THE_REPORT
        for _, rule in inspect.getmembers(module)
        if isinstance(rule, Rule) and rule.id != "report_move_is_open"
    }.values(),
    key=lambda rule: rule.id,
)


def named_tests() -> dict[str, Callable[..., None]]:
    """The tests of misconduct reports by name."""
    found: dict[str, Callable[..., None]] = {}
    for path in sorted(Path(__file__).parent.glob("test_misconduct_*.py")):
        if path.name == Path(__file__).name:
            continue
        spec = importlib.util.spec_from_file_location(f"looked_at_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= {name: value for name, value in vars(module).items() if name.startswith("test_")}
    return found


TESTS = named_tests()


def cases(test: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """The arguments with which a test is run."""
    made: list[dict[str, Any]] = [{}]
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize":
            names, values = mark.args[0], mark.args[1]
            listed = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
            rows = [dict(zip(listed, value if len(listed) > 1 else (value,), strict=True)) for value in values]
            made = [old | new for old in made for new in rows]
    yield from made


def notices(test: Callable[..., None]) -> bool:
    """Whether the test fails in one of its cases."""
    for case in cases(test):
        try:
            test(**case)
        except (AssertionError, pytest.fail.Exception):
            return True
    return False


def blind(patch: pytest.MonkeyPatch, rule: Rule) -> None:
    """Nobody looks at the rule."""
    for module in MODULES:
        if hasattr(module, "broken"):
            patch.setattr(module, "broken", _without(module.broken, rule))


def _without(real: Any, rule: Rule) -> Callable[..., Iterable[Broken]]:
    def looks(looked_at: Rule, *, when: bool, allowed: tuple[str, ...] = ()) -> Iterable[Broken]:
        return () if looked_at.id == rule.id else real(looked_at, when=when, allowed=allowed)

    return looks


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_test_named_for_it_that_notices_when_nobody_looks(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rule.source
    assert rule.sentence.endswith(".")
    test = TESTS.get(f"test_{rule.id}")
    assert test is not None, f"no test is named for {rule.id}"
    assert not notices(test)
    blind(monkeypatch, rule)
    assert notices(test), f"{test.__name__} passes though nobody looks at the rule"


def test_a_test_that_cannot_fail_is_noticed() -> None:
    assert not notices(lambda: None)
    assert len(RULES) >= 30
