"""The reports behind a figure: what the reader may not open is counted as withheld, and never named."""

from typing import Any

import pytest
from api import Api
from projected import project
from report_streams import came_in, tell

from adapters.postgres import metric_reader
from adapters.postgres.report_finder import ReportFinder
from domain.event import Role
from domain.misconduct.intake import ReportChannel
from domain.misconduct.passing import ForceUnit, ReportPassed
from projections.fact_tables import TABLES
from projections.report_register import report_register

AUDITOR = Role.AUDITOR
METRIC = "/v1/metrics/corruption_reports/cases"


def reports(api: Api, units: str) -> dict[str, str]:
    """Reports, each passed to the unit of its letter (p, c), by id."""
    found: dict[str, str] = {}
    for unit in units:
        to = ForceUnit.CCU if unit == "c" else ForceUnit.PSD
        facts = came_in(channel=ReportChannel.PUBLIC, categories=("money_or_favours",))
        found[tell(api.system, facts, ReportPassed(force="kent", unit=to, fields=("summary",)))] = unit
    tables = (table.projection for name, table in TABLES.items() if name != "case_facts")
    project(api.system, report_register, *tables)
    return found


def pages(api: Api, limit: int) -> tuple[list[str], int]:
    """All that is shown on pages of that size, and all that is withheld on them."""
    shown: list[str] = []
    withheld, after = 0, ""
    while True:
        answer = api.get(f"{METRIC}?limit={limit}&after={after}", AUDITOR, "*")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        shown += [case["case"] for case in body["cases"]]
        withheld += body["withheld"]
        after = body["next_after"]
        if after is None:
            return shown, withheld


def nothing_is_named_and_all_is_counted(api: Api) -> None:
    found = reports(api, "pccpcpccccpc")
    plain = sorted(report for report, unit in found.items() if unit == "p")
    figure = api.get("/v1/metrics/corruption_reports", AUDITOR, "*").json()
    assert figure["value"] == 12
    for limit in (1, 2, 3, 4, 5, 100):
        shown, withheld = pages(api, limit)
        assert sorted(shown) == plain
        assert len(shown) + withheld == figure["value"], limit
    for report in shown:
        assert api.get(f"/v1/reports/{report}", AUDITOR, "*").status_code == 200


def test_nothing_is_named_that_cannot_be_opened_and_all_of_it_is_counted(api: Api) -> None:
    nothing_is_named_and_all_is_counted(api)


def test_a_page_may_withhold_all_there_is(api: Api) -> None:
    reports(api, "ccc")
    assert pages(api, 1) == ([], 3)


def test_pages_read_in_between_go_on_where_the_last_one_ended(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_reader, "MOST_AT_ONCE", 2)
    nothing_is_named_and_all_is_counted(api)


def test_what_the_register_cannot_tell_is_told_by_the_histories(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReportFinder, "admitted", lambda finder, actor, reports: (set[str](), set(reports)))
    nothing_is_named_and_all_is_counted(api)


def test_a_report_that_is_named_is_noticed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReportFinder, "admitted", lambda finder, actor, reports: (set(reports), set[str]()))
    with pytest.raises(AssertionError):
        nothing_is_named_and_all_is_counted(api)
