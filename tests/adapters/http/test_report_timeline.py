"""The timeline of a report, and the statement on a long investigation as its events have it, over real HTTP."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from api import Api, is_problem
from report_streams import came_in, tell

from adapters.http import report_timeline
from adapters.system import now
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.event import Event, Purpose, Role
from domain.misconduct.delay import Item
from domain.misconduct.delay_facts import DelayExplained, ProgressNoted, StepsPlanned
from domain.misconduct.delay_statement import MISSING
from domain.misconduct.estimate import EstimateGiven
from domain.misconduct.investigation import MisconductInvestigationStarted
from domain.misconduct.notice import LikelyForm, MisconductNoticeServed
from domain.misconduct.passing import ForceUnit, ReportAcknowledged, ReportPassed
from domain.misconduct.severity import Severity, SeverityAssessed
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted
from domain.values import Moment, instant

DAY = timedelta(days=1)
PSD = Role.PSD_INVESTIGATOR
SECRET = "Eleven witnesses live abroad."
SAID: dict[Item, Event] = {
    Item.PROGRESS: ProgressNoted(progress="Half of them were heard."),
    Item.ESTIMATE: EstimateGiven(ends=Moment.of("2027-09-01"), reports=Moment.of("2027-10-01")),
    Item.REASONS: DelayExplained(because=SECRET),
    Item.STEPS: StepsPlanned(steps="Hear the rest."),
}
BEGUN: tuple[Event, ...] = (
    ReportPassed(force="kent", unit=ForceUnit.PSD, fields=("summary",)),
    ReportAcknowledged(),
    SubjectNoted(subject=1, description="Somebody at the front desk."),
    SubjectIdentified(subject=1, person_kind=PersonKind.OFFICER, force="kent", staff_id="officer-7"),
    MisconductInvestigationStarted(investigator="psd_investigator-1"),
    SeverityAssessed(subject=1, severity=Severity.MISCONDUCT),
)
SERVED = MisconductNoticeServed(subject=1, likely=LikelyForm.MEETING)


def investigated(api: Api, *said: Event) -> str:
    """A report under investigation for a year."""
    facts = (came_in(summary=SECRET), *BEGUN, *said)
    return tell(api.system, *((event, now() - 380 * DAY + n * DAY) for n, event in enumerate(facts)))


def read(api: Api, report: str, part: str, **more: str) -> dict[str, Any]:
    answer = api.get(f"/v1/reports/{report}/{part}", PSD, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_timeline_tells_what_happened_in_plain_words_and_in_order(api: Api) -> None:
    report = investigated(api, SERVED, *SAID.values())
    long_ago = DelayExplained(because=SECRET)
    tell(api.system, (long_ago, now() - 379.5 * DAY), stream=report, after=12)
    told = read(api, report, "timeline")
    moments = [each["at"] for each in told["timeline"]]
    assert moments == sorted(moments)
    assert [each["version"] for each in told["timeline"]] == [1, 13, *range(2, 13)]
    passed = told["timeline"][2]
    assert passed["what"] == "The report was passed to a unit of a force, with these of its fields and no others."
    assert passed["facts"] == {"force": "kent", "unit": "psd", "fields": ["summary"]}
    assert all(each["what"].endswith(".") for each in told["timeline"])
    assert [UUID(each["event"]) for each in told["timeline"][:1]] == [api.system.store.load(report)[0].event_id]
    assert told["timeline"][0]["facts"]["summary"] == "[sealed]"
    opened = read(api, report, "timeline", purpose=Purpose.MISCONDUCT)
    for answer in (told, opened):
        assert SECRET not in str(answer), "sealed text stays shut here, whatever the purpose"
    assert SECRET in api.get(f"/v1/reports/{report}/history", PSD, purpose=Purpose.MISCONDUCT).text


def test_a_timeline_is_told_as_it_stands_corrected(api: Api) -> None:
    report = investigated(api)
    started = api.system.store.load(report)[5]
    facts = CorrectedFacts(at=instant(now() - 373.5 * DAY), investigator="psd-2")  # type: ignore[call-arg]
    assert order(api, report) == [1, 2, 3, 4, 5, 6, 7]
    tell(api.system, FactCorrected(corrects=started.event_id, facts=facts), stream=report, after=7)
    assert order(api, report) == [1, 2, 3, 4, 5, 7, 6, 8]
    told = read(api, report, "timeline")["timeline"]
    assert told[6]["facts"] == {"investigator": "psd-2"}


def order(api: Api, report: str) -> list[int]:
    return [each["version"] for each in read(api, report, "timeline")["timeline"]]


def must_rest_on_its_events(api: Api, report: str, items: Sequence[dict[str, Any]]) -> None:
    assert [each["item"] for each in items] == list("abcdef")
    history = api.get(f"/v1/reports/{report}/history", PSD).json()["events"]
    names = {event["event_id"]: event["name"] for event in history}
    expected = {
        "a": ["report_passed.v1"],
        "b": ["misconduct_notice_served.v1"],
        "c": ["progress_noted.v1"],
        "d": ["estimate_given.v1"],
        "e": ["delay_explained.v1"],
        "f": ["steps_planned.v1"],
    }
    assert {each["item"]: [names[event["event"]] for event in each["events"]] for each in items} == expected


def test_the_statement_is_drafted_from_the_events_each_item_with_its_reference(api: Api) -> None:
    report = investigated(api, SERVED, *SAID.values())
    told = read(api, report, "delay-statement")
    must_rest_on_its_events(api, report, told["items"])
    says = {each["item"]: each["says"] for each in told["items"]}
    assert says["d"] == {"ends": "2027-09-01", "reports": "2027-10-01"}
    assert [each["subject"] for each in says["b"]] == [1]
    assert (says["c"], says["e"], says["f"]) == ("[sealed]",) * 3
    attention = api.system.store.load(report)[1].at.london_date
    assert says["a"] == attention.isoformat()
    assert told["due"][:4] == str(attention.year + 1)
    assert told["send"]["href"] == f"/v1/reports/{report}/send-delay-statement"
    opened = read(api, report, "delay-statement", purpose=Purpose.MISCONDUCT)
    words = {each["item"]: each["says"] for each in opened["items"]}
    assert (words["e"], opened["sealed"]) == (SECRET, {"opened": True})
    auditor = api.get(f"/v1/reports/{report}/delay-statement", Role.AUDITOR, "*", purpose=Purpose.AUDIT)
    assert (auditor.status_code, SECRET in auditor.text) == (200, False), "an auditor may see that it is whole"
    sent = api.send("SendDelayStatement", report, 12, PSD, copied=True)
    assert sent.status_code == 200, sent.text


def test_a_draft_that_mixes_up_its_references_is_noticed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    report = investigated(api, SERVED, *SAID.values())
    monkeypatch.setattr(
        report_timeline, "_reference", lambda entry: {"event": str(api.system.store.load(report)[0].event_id)}
    )
    with pytest.raises(AssertionError):
        must_rest_on_its_events(api, report, read(api, report, "delay-statement")["items"])


@pytest.mark.parametrize("missing", [Item.NOTICE, *SAID])
def test_a_statement_without_one_of_its_items_is_refused_and_the_item_named(api: Api, missing: Item) -> None:
    said = [event for item, event in SAID.items() if item is not missing]
    report = investigated(api, *([] if missing is Item.NOTICE else [SERVED]), *said)
    problem = is_problem(api.get(f"/v1/reports/{report}/delay-statement", PSD), 409, "rule-broken")
    assert [each["item"] for each in problem["missing"]] == [missing.value]
    assert problem["missing"][0]["rule"]["sentence"] == MISSING[missing].sentence
    assert problem["rule"]["id"] == MISSING[missing].id
    assert f"({missing})" in problem["detail"]


def test_nothing_at_all_names_every_item(api: Api) -> None:
    report = tell(api.system, came_in(), BEGUN[0])
    problem = is_problem(api.get(f"/v1/reports/{report}/delay-statement", PSD), 409, "rule-broken")
    assert [each["item"] for each in problem["missing"]] == list("bcdef")
    is_problem(api.get(f"/v1/reports/{report}/delay-statement", PSD, "essex"), 404, "not-found")
    is_problem(api.get("/v1/reports/report-1/timeline", PSD), 404, "not-found")
    is_problem(api.get(f"/v1/reports/{report}/timeline", Role.RECORDER), 403, "not-permitted")
