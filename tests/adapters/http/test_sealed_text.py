"""Sealed text through the live door, from more than one process."""

from collections.abc import Callable
from dataclasses import dataclass

from api import Api

from adapters.eventstore.sealing import MARK, sealed_fields
from adapters.http.answers import dumps
from adapters.plain import SEALED
from adapters.system import System
from domain.case.state import replay
from domain.event import EVENTS, Event, Role
from domain.values import PersonalData

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


def test_the_state_shows_which_evidence_was_given_and_none_of_its_words(api: Api) -> None:
    case = api.recorded()
    words = "Two officers saw him elsewhere."
    answer = api.send("RequestCancellation", case, 2, verifiable_information=words)
    assert answer.status_code == 200, answer.text
    assert MARK in str(replay(api.system.store.load(case)).cancellation), "the state itself holds the ciphertext"
    for role in (Role.RECORDER, Role.AUDITOR):
        text = api.get(f"/v1/cases/{case}", role, purpose="crime_recording").text
        assert MARK not in text
        assert words not in text
        request = api.get(f"/v1/cases/{case}", role).json()["cancellation"]["request"]
        assert request["verifiable_information"] == SEALED
        assert request["error"] is None, "what was not given does not read as if it were"


def sealed_example(kind: type[Event]) -> Event:
    """An event with nothing but its sealed fields, sealed."""
    text = {False: f"{MARK}x", True: PersonalData.model_construct(subject="person-00c0ffee", value=f"{MARK}x")}
    return kind.model_construct(**{name: text[personal] for name, personal in sealed_fields(kind)})


def test_no_event_that_a_state_may_hold_gives_its_sealed_text_away() -> None:
    kinds = [kind for kind in EVENTS.values() if sealed_fields(kind)]
    assert len(kinds) > 20
    for kind in kinds:
        event = sealed_example(kind)
        assert MARK in event.model_dump_json(), "the example would show it"
        told = dumps({"held": event, "in": Holder(f"{MARK}x", event)}).decode()
        assert MARK not in told, kind
        assert told.count(SEALED) == 2 * len(sealed_fields(kind)) + 1


@dataclass(frozen=True)
class Holder:
    """As the state of a track holds text or an event."""

    text: str
    event: Event
