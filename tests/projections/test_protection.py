"""Small numbers in what is published are withheld, and no total gives them away; and means are case-weighted."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, find, given, settings
from hypothesis import strategies as st

from domain.rules import rule_book
from domain.rules.disclosure import DisclosureRules
from domain.values import Moment
from projections.metrics import CATALOGUE, protection
from projections.metrics.answer import Tally, figure, series, weighted_mean
from projections.metrics.protection import WITHHELD, parts_withheld, protected

RULES = DisclosureRules("disclosure-test", date(2020, 1, 1), 10)
COUNTS = st.sampled_from([0, 1, 3, 9, 10, 11, 12, 40, 200])
TABLES = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(COUNTS, COUNTS), min_size=1, max_size=7)
METRIC = CATALOGUE["sch3_share"]


def answer(table: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """A share by force, as the reader would give it."""
    tallies = [
        Tally((force,), verdict, count)
        for force, counts in table.items()
        for verdict, count in zip(("counted", "not_counted"), counts, strict=True)
    ]
    parts = [{"force": force, **part} for (force,), part in series(METRIC, tallies)]
    return {**figure(METRIC, tallies), "series": parts}


def given_away(table: Mapping[str, tuple[int, int]]) -> list[str]:
    """The small counts of a published table that somebody with a pencil finds out."""
    published = protected(METRIC, answer(table), RULES)
    shown = {row["force"]: row for row in published["forces"]}
    found = [
        f"{force} shows {counts}"
        for force, counts in table.items()
        if force in shown and any(0 < n < 10 for n in (*counts, sum(counts)))
    ]
    if published["all"] == WITHHELD:
        return found
    hidden = [force for force in table if force not in shown]
    for place, name in enumerate(("numerator", "not counted")):
        whole = sum(counts[place] for counts in table.values())
        left = whole - sum(counts[place] for force, counts in table.items() if force in shown)
        if hidden and (len(hidden) == 1 or 0 < left < 10) and 0 < left < 10:
            found.append(f"{name}: {left} among {hidden}")
    return found


def sampled(table: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """A recording rate by force, as the reader would give it: one stratum each, of 5,000 reports."""
    metric = CATALOGUE["recording_rate_violent"]
    tallies = [
        Tally((force,), verdict, count, None, f"violent inspection-{force} wald 0.95 violent:5000:{sum(counts)}")
        for force, counts in table.items()
        for verdict, count in zip(("counted", "not_counted"), counts, strict=True)
        if count
    ]
    parts = [{"force": force, **part} for (force,), part in series(metric, tallies)]
    return protected(metric, {**figure(metric, tallies), "series": parts}, RULES)


def test_a_rate_from_a_small_audit_is_withheld_with_its_interval() -> None:
    table = sampled({"a": (60, 20), "b": (70, 30), "c": (9, 40), "d": (300, 50), "e": (5, 12)})
    assert table["withheld"] == ["c", "e"]
    shown = {row["force"]: row for row in table["forces"]}
    assert shown.keys() == {"a", "b", "d"}
    assert shown["a"]["interval"]["method"] == "wald"
    assert (shown["a"]["value"], shown["a"]["effective_size"]) == (0.75, pytest.approx(81.28, abs=0.1))
    assert all("strata" not in row and "inspections" not in row for row in (*table["forces"], table["all"]))
    assert sampled({"a": (4, 3)})["all"] == WITHHELD


def test_an_estimate_of_crimes_is_withheld_where_its_audit_was_small() -> None:
    metric = CATALOGUE["unrecorded_estimate"]
    told = {"a": "60 80", "b": "8 80", "c": "70 100"}
    tallies = [
        Tally((force,), "counted", 1, 30_000.0, f"inspection-{force} {force} wilson 0.95 20000 40000 {counts} 100000")
        for force, counts in told.items()
    ]
    parts = [{"force": force, **part} for (force,), part in series(metric, tallies)]
    table = protected(metric, {**figure(metric, tallies), "series": parts}, RULES)
    assert table["withheld"] == ["a", "b"]  # what is left of the total would tell that of b
    [shown] = table["forces"]
    assert (shown["force"], shown["value"], shown["interval"]["high"]) == ("c", 30_000, 40_000)


def test_few_cases_per_staff_are_withheld() -> None:
    metric = CATALOGUE["cases_per_1000_staff"]
    staff = {"a": 1_000, "b": 2_000, "c": 4_000, "d": 500}
    tallies = [Tally((force,), "counted", n) for force, n in {"a": 30, "b": 9, "c": 200, "e": 40}.items()]
    tallies[-1] = tallies[-1]._replace(verdict="excluded: no headcount was adopted for the force")
    parts = [{"force": force, **part} for (force,), part in series(metric, tallies, staff, ("force",))]
    table = protected(metric, {**figure(metric, tallies, staff), "series": parts}, RULES)
    assert {"b"} < set(table["withheld"])
    assert table["all"]["value"] == pytest.approx(1000 * 239 / 7_500, abs=1e-4)
    assert table["excluded"] == {"no headcount was adopted for the force": 40}
    [shown] = [row for row in table["forces"] if row["force"] == "c"]
    assert shown["funnel"]["place"] == "beyond_action"


@settings(max_examples=400)
@given(table=TABLES)
def test_no_small_number_shows_and_none_can_be_worked_out(table: dict[str, tuple[int, int]]) -> None:
    assert given_away(table) == []


@given(table=TABLES)
def test_what_is_not_withheld_is_as_it_was(table: dict[str, tuple[int, int]]) -> None:
    published, whole = protected(METRIC, answer(table), RULES), answer(table)
    by_force = {part["force"]: part for part in whole["series"]}
    for row in published["forces"]:
        assert {name: by_force[row["force"]][name] for name in row} == row
    assert {row["force"] for row in published["forces"]} | set(published["withheld"]) == by_force.keys()
    if not any(0 < n < 10 for counts in table.values() for n in (*counts, sum(counts))):
        assert published["withheld"] == [], "withheld for no reason"


def test_one_small_force_takes_another_with_it() -> None:
    published = protected(METRIC, answer({"kent": (50, 60), "essex": (3, 20), "surrey": (30, 31)}), RULES)
    assert published["withheld"] == ["essex", "surrey"]
    assert published["all"]["denominator"] == 194
    assert [row["force"] for row in published["forces"]] == ["kent"]


@pytest.mark.parametrize("planted", ["no second row", "counts alone"])
def test_a_planted_leak_is_noticed(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def small_rows(rows: Any, whole: Any, rules: DisclosureRules) -> frozenset[str]:
        return frozenset(row.force for row in rows if protection._is_small(row, rules))

    def of_cases(row: Any, rules: DisclosureRules) -> bool:
        return rules.is_small(row.cases)

    leaks = {"no second row": ("_withheld", small_rows), "counts alone": ("_is_small", of_cases)}
    monkeypatch.setattr(protection, *leaks[planted])
    assert find(TABLES, lambda table: bool(given_away(table)))


@given(parts=st.dictionaries(st.sampled_from("abcdefgh"), COUNTS, min_size=1))
def test_small_parts_are_withheld_and_what_is_left_of_the_total_is_not_small(parts: dict[str, int]) -> None:
    hidden = parts_withheld(parts, RULES)
    assert {name for name, count in parts.items() if 0 < count < 10} <= hidden
    left = sum(parts[name] for name in hidden)
    others = [name for name, count in parts.items() if count and name not in hidden]
    assert not hidden or not others or (len(hidden) > 1 and left >= 10)


def test_the_threshold_is_data_with_an_effective_date() -> None:
    rules = rule_book().disclosure_rules(Moment.of("2026-03-01"))
    assert (rules.id, rules.fewest, rules.standing) == ("disclosure-2020", 10, "policy")
    assert any(adopted.rule_set == rules.id for adopted in rule_book().adopted)


FORCES = st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=6), min_size=2, max_size=5)


def of_forces(days: list[list[int]]) -> dict[str, Any]:
    """A mean by force: the days of each case of each force."""
    metric = CATALOGUE["days_to_finalise_outside"]
    tallies = [Tally(f"force {n}", "counted", 1, float(day)) for n, of in enumerate(days) for day in of]
    return {**figure(metric, tallies), "series": [part for _, part in series(metric, tallies)]}


@given(days=FORCES)
def test_the_national_mean_is_that_of_all_cases_and_not_of_the_forces(days: list[list[int]]) -> None:
    found = of_forces(days)
    cases = [day for of in days for day in of]
    assert found["value"] == round(sum(cases) / len(cases), 4)
    rows = [(part["denominator"], part["value"]) for part in found["series"]]
    assert weighted_mean(rows) == pytest.approx(found["value"], abs=1e-3)
    plain = sum(mean for _, mean in rows) / len(rows)
    assume(len({len(of) for of in days}) > 1 and abs(plain - sum(cases) / len(cases)) > 0.01)
    assert found["value"] != pytest.approx(plain, abs=1e-3)


def test_a_plain_mean_of_means_is_told_apart() -> None:
    """1,000 cases of 10 days and 10 of 100: the national mean is 10.9, not 55."""
    found = of_forces([[10] * 1000, [100] * 10])
    rows = [(part["denominator"], part["value"]) for part in found["series"]]
    assert rows == [(1000, 10.0), (10, 100.0)]
    assert found["value"] == weighted_mean(rows) == 10.8911
    assert weighted_mean([(0, None)]) is None
