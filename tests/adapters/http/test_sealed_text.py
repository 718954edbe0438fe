"""Sealed text through the live door, from more than one process."""

from collections.abc import Callable

from api import Api

from adapters.system import System
from domain.event import Role

REPORT = {
    "received_at": "2026-03-02T09:14:00Z",
    "route": "online",
    "reporter_role": "victim",
    "summary": "He shouted.",
    "reporter": {"subject": "person-00c0ffee", "value": "A Name"},
}


def texts(api: Api, case: str) -> list[str | None]:
    answer = api.get(f"/v1/cases/{case}/history", Role.AUDITOR, "*", purpose="audit").json()
    return [event["data"].get("summary") or event["data"].get("rationale") for event in answer["events"]]


def test_a_process_that_never_saw_a_case_seals_under_the_key_it_has(api: Api, serve: Callable[[System], Api]) -> None:
    elsewhere = serve(System(api.system.settings, None))
    try:
        case = api.post("/v1/cases/report-crime", REPORT).json()["case"]
        declined = {"reason": "other_force", "rationale": "It was in Essex."}
        assert elsewhere.post(f"/v1/cases/{case}/decline-recording", declined, 1).status_code == 200
        assert elsewhere.post("/v1/cases/report-crime", REPORT).status_code == 201, "the same person, known elsewhere"
        assert texts(api, case) == ["He shouted.", None, "It was in Essex."]
        assert texts(elsewhere, case) == texts(api, case)
    finally:
        elsewhere.system.close()


def test_text_under_a_destroyed_key_is_refused_with_the_rule(api: Api) -> None:
    case = api.post("/v1/cases/report-crime", REPORT).json()["case"]
    with api.system.connect("admin") as admin:
        admin.execute("UPDATE candour.keys SET wrapped = NULL, destroyed_at = now() WHERE key_id = %s", (case,))
    answer = api.post(f"/v1/cases/{case}/decline-recording", {"reason": "other_force", "rationale": "x"}, 1)
    assert (answer.status_code, answer.json()["rule"]["id"]) == (409, "erased_stays_erased")
    assert api.post(f"/v1/cases/{case}/register-incident", {}, 1).status_code == 200
    assert texts(api, case)[0] == "[erased]"
