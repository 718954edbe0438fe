"""Whoever is named in a report finds it in no figure either, also with a token for all forces."""

from typing import Any

import pytest
from api import Api
from projected import project
from report_streams import came_in, project_reports, tell

from adapters.http import metrics
from domain.event import Role
from domain.misconduct.allegations import AllegationMade
from domain.misconduct.assessment import Disposition, ReportAssessed
from domain.misconduct.passing import ForceUnit, ReportAcknowledged, ReportPassed
from domain.misconduct.referral import MandatoryCriterionIdentified
from domain.misconduct.schedule3 import ComplaintRecorded
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted
from domain.values import Moment
from projections.allegation_facts import allegation_facts
from projections.metrics.misconduct import MISCONDUCT
from projections.report_facts import report_facts
from projections.report_steps import report_steps
from projections.subject_facts import subject_facts

AUDITOR, ANALYST = Role.AUDITOR, Role.ANALYST
OF_THE_LOG = ("as_of", "position", "age", "lag", "known_at", "known", "request_id")
WAYS = ("?by=force", "/revisions?by=month", "/comparison?force=kent", "/cases", "/cells/force=kent")


def about(officer: str, sergeant: str) -> tuple[Any, ...]:
    """A report about an officer of Kent that is in figures of all four tables."""
    return (
        came_in(channel="public", categories=("sexual_purpose",), about_force="kent"),
        ReportPassed(force="kent", unit=ForceUnit.PSD, fields=("summary",)),
        ReportAcknowledged(),
        SubjectNoted(subject=1),
        SubjectIdentified(subject=1, person_kind=PersonKind.OFFICER, force="kent", staff_id=officer, line=(sergeant,)),
        AllegationMade(allegation=1, category="J", subjects=(1,)),
        ReportAssessed(disposition=Disposition.RECORD),
        ComplaintRecorded(),
        MandatoryCriterionIdentified(criterion="serious_corruption", clear_at=Moment.of("2024-05-02T09:00:00Z")),
    )


def project_figures(api: Api) -> None:
    project(api.system, report_facts, allegation_facts, subject_facts, report_steps)


def told(api: Api, who: str) -> dict[str, Any]:
    """All figures about misconduct in every form in which they are given, without where the log stands."""
    found: dict[str, Any] = {}
    for metric in MISCONDUCT:
        for way in WAYS:
            path = f"/v1/metrics/{metric.name}{way}"
            answer = api.client.get(path, headers=api.headers(AUDITOR, "*", who))
            found[path] = plain(answer.json())
    return found


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if name not in OF_THE_LOG}
    return [plain(part) for part in value] if isinstance(value, list) else value


def no_figure_tells_them(api: Api) -> None:
    tell(api.system, *about("officer-1", "sergeant-2"))
    project_figures(api)
    before = {who: told(api, who) for who in ("officer-7", "sergeant-1")}
    report = tell(api.system, *about("officer-7", "sergeant-1"))
    project_figures(api)
    for _ in "the register does not know of it", "it does":
        for who, seen_before in before.items():
            assert told(api, who) == seen_before, "they see it"
        project_reports(api.system)
    other = told(api, "auditor-1")
    changed = [path for path, was in before["officer-7"].items() if path.endswith("by=force") and other[path] != was]
    assert len(changed) > 5, "the report is in the figures of everybody else"
    assert report in str(other)


def test_no_figure_tells_an_overseer_of_a_report_about_them(api: Api) -> None:
    no_figure_tells_them(api)


def test_a_figure_that_counts_it_is_noticed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "without_reports_about", lambda system, actor, asked: asked)
    with pytest.raises(AssertionError, match="they see it"):
        no_figure_tells_them(api)
