"""A report that was passed on over real HTTP: every reader at the force has what the pass named, and nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from api import Api
from report_streams import came_in, project_reports, tell

from adapters.security import policy
from application.ports import Actor
from domain.event import Event, Purpose, Role
from domain.misconduct.allegations import AllegationMade
from domain.misconduct.intake import SERVICE
from domain.misconduct.mailbox import QuestionAsked, ReporterAnswered
from domain.misconduct.parallel import IntelligenceRecorded
from domain.misconduct.passed_on import Told
from domain.misconduct.passing import ForceUnit, ReportAcknowledged, ReportPassed
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted

PSD, ACU, AUDITOR = Role.PSD_INVESTIGATOR, Role.ACU_INVESTIGATOR, Role.AUDITOR
CATEGORY, CANARY = "sexual_purpose", "Eleven witnesses live abroad."
SECRETS = (CATEGORY, CANARY, "crimestoppers", "Which car", "officer-7", "police-scotland", "2BP")
BEFORE: tuple[Event, ...] = (
    came_in(categories=(CATEGORY,), about_force="police-scotland", summary=CANARY, received="2024-05-01"),
    SubjectNoted(subject=1, description=CANARY),
    SubjectIdentified(subject=1, person_kind=PersonKind.OFFICER, force="kent", staff_id="officer-7"),
    AllegationMade(allegation=1, category="J", subjects=(1,), text=CANARY),
    QuestionAsked(question=1, text="Which car?"),
    ReporterAnswered(question=1, text=CANARY),
    IntelligenceRecorded(grade="2BP", text=CANARY),
)
ADDRESSES = ("", "/history", "/timeline")


def told(api: Api, *fields: str, unit: ForceUnit = ForceUnit.PSD) -> str:
    passed = ReportPassed(force="kent", unit=unit, fields=fields)
    return tell(api.system, *BEFORE, passed, ReportAcknowledged(), SubjectNoted(subject=2))


def answers(api: Api, report: str, role: Role = PSD, force: str = "kent") -> Iterator[str]:
    """Everything of the report that somebody reads, with a purpose, as it is and as it was."""
    for where in ADDRESSES:
        answer = api.get(f"/v1/reports/{report}{where}", role, force, purpose=Purpose.MISCONDUCT)
        assert answer.status_code == 200, answer.text
        yield answer.text
    yield api.get(f"/v1/reports/{report}?as_of=2099-01-01", role, force).text
    written = api.system.store.load(report)[1].written_at.isoformat().replace("+00:00", "Z")
    yield api.get(f"/v1/reports/{report}?known_at={written}", role, force).text
    yield api.get(f"/v1/reports/{report}/history?known_at={written}", role, force, purpose=Purpose.MISCONDUCT).text
    yield api.get("/v1/reports", role, force).text


def leaks(api: Api, report: str, role: Role = PSD, force: str = "kent") -> set[str]:
    return {secret for secret in SECRETS for answer in answers(api, report, role, force) if secret in answer}


@pytest.mark.parametrize(("unit", "role"), [(ForceUnit.PSD, PSD), (ForceUnit.CCU, ACU)])
def test_what_was_not_passed_on_is_nowhere_to_be_read_at_the_force(api: Api, unit: ForceUnit, role: Role) -> None:
    report = told(api, "received", unit=unit)
    project_reports(api.system)
    assert leaks(api, report, role) == set()
    history = api.get(f"/v1/reports/{report}/history", role, purpose=Purpose.MISCONDUCT).json()["events"]
    assert history[0]["data"] == {"received": "2024-05-01"}
    assert "summary" in history[0]["withheld"]
    assert history[1] == {"version": 2, "withheld": True}
    assert [each["version"] for each in history] == list(range(1, 11))
    assert [each.get("name") for each in history[7:]] == [
        "report_passed.v1",
        "report_acknowledged.v1",
        "subject_noted.v1",
    ]
    timeline = api.get(f"/v1/reports/{report}/timeline", role).json()
    assert (len(timeline["timeline"]), timeline["withheld"]) == (4, 6)
    state = api.get(f"/v1/reports/{report}", role).json()
    assert (state["intake"]["received"], state["intake"]["channel"]) == ("2024-05-01", None)
    assert [each["number"] for each in state["subjects"]] == [2]
    assert state["version"] == 10, "the version stays that of the whole history"
    (row,) = api.get("/v1/reports", role).json()["reports"]
    assert (row["received_at"], row["categories"], row["subjects"], row["allegations"]) == ("2024-05-01", [], 1, 0)


def test_nor_is_it_found_by(api: Api) -> None:
    report = told(api, "received")
    other = told(api, "received", "categories", "allegations")
    project_reports(api.system)
    for category in (CATEGORY, "J"):
        found = api.get(f"/v1/reports?category={category}", PSD).json()["reports"]
        assert [row["report"] for row in found] == [other]
    of_all = api.get("/v1/reports", PSD).json()["reports"]
    assert {row["report"] for row in of_all} == {report, other}
    overseen = api.get(f"/v1/reports?category={CATEGORY}", AUDITOR, "*").json()["reports"]
    assert {row["report"] for row in overseen} == {report, other}


def test_those_who_could_read_it_before_still_read_all_of_it(api: Api) -> None:
    report = told(api, "received")
    project_reports(api.system)
    whole = {CATEGORY, "crimestoppers", "officer-7", "police-scotland", "2BP"}
    assert leaks(api, report, AUDITOR, "*") == whole, "oversight; sealed text is not for auditors"


def test_the_first_force_keeps_what_it_has_and_the_second_gets_what_it_passes(api: Api) -> None:
    to_kent = ReportPassed(force="kent", unit=ForceUnit.PSD, fields=("received", "categories"))
    to_essex = ReportPassed(force="essex", unit=ForceUnit.PSD, fields=("received", "subjects"))
    report = tell(api.system, *BEFORE, to_kent, SubjectNoted(subject=2, description="Theirs."), to_essex)
    project_reports(api.system)
    assert leaks(api, report, PSD, "essex") == set()
    seen: dict[str, Any] = api.get(f"/v1/reports/{report}", PSD, "essex").json()
    assert [each["number"] for each in seen["subjects"]] == [2]
    assert api.get(f"/v1/reports/{report}", PSD, "kent").status_code == 404


def test_a_force_that_has_it_again_finds_it_by_what_it_kept(api: Api) -> None:
    there, back, narrow = ("received", "categories"), ("received", "categories", "allegations"), ("received",)
    ways = (
        (("kent", there), ("essex", narrow), ("kent", back)),
        (("kent", there), ("essex", narrow), ("surrey", back)),
    )
    home, away = (
        tell(api.system, *BEFORE, *(ReportPassed(force=to, unit=ForceUnit.PSD, fields=what) for to, what in way))
        for way in ways
    )
    project_reports(api.system)
    for report, force, found in ((home, "kent", [CATEGORY]), (away, "surrey", [])):
        (row,) = api.get("/v1/reports", PSD, force).json()["reports"]
        seen = api.get(f"/v1/reports/{report}", PSD, force).json()
        assert row["report"] == report
        assert row["categories"] == seen["intake"]["categories"] == found
        assert (row["allegations"], row["channel"]) == (len(seen["allegations"]), None) == (0, None)
        listed = api.get(f"/v1/reports?category={CATEGORY}", PSD, force).json()["reports"]
        assert [each["report"] for each in listed] == [report] * len(found)


def test_the_own_unit_that_did_not_have_it_gets_what_is_passed_to_it(api: Api) -> None:
    """Begun by the counter-corruption unit, which professional standards cannot read, and passed to them."""
    passed = ReportPassed(force="kent", unit=ForceUnit.PSD, fields=("received",))
    report = tell(api.system, *BEFORE, passed, force="kent", role=ACU)
    project_reports(api.system)
    assert leaks(api, report, PSD) == set()
    assert CATEGORY in leaks(api, report, ACU)
    for role, found in ((PSD, []), (ACU, [report])):
        listed = api.get(f"/v1/reports?category={CATEGORY}", role).json()["reports"]
        assert [row["report"] for row in listed] == found


def test_a_reader_that_forgets_the_list_is_noticed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    report = told(api, "received")
    project_reports(api.system)

    def everything(self: policy.TomlPolicy, actor: Actor, entries: Any) -> list[Told]:
        return [Told(entry) for entry in entries]

    monkeypatch.setattr(policy.TomlPolicy, "told", everything)
    assert leaks(api, report)


def test_a_register_that_forgets_the_list_is_noticed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    report = told(api, "received")
    project_reports(api.system)
    monkeypatch.setattr("adapters.postgres.report_finder.as_told", lambda actor, register, names: register)
    with pytest.raises(AssertionError):
        test_nor_is_it_found_by(api)
    assert report


def test_operators_of_the_service_read_all_of_it_until_it_is_passed_on(api: Api) -> None:
    report = tell(api.system, *BEFORE)
    seen = api.get(f"/v1/reports/{report}", Role.INTAKE_OPERATOR, SERVICE)
    assert CATEGORY in seen.text
