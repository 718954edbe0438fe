"""The call that docs/how-to/support-line.md walks through, sent as it is written there."""

from pathlib import Path

import pytest
from api import Api, names
from walked import steps, walk

from domain.event import Role

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "support-line.md"


def test_the_call_goes_as_the_page_says(api: Api) -> None:
    ids = walk(api, PAGE.read_text())
    assert ids.keys() == {"contact", "case"}
    contact = api.get(f"/v1/contacts/{ids['contact']}", Role.HELPLINE_ADVISER).json()
    assert (contact["status"], contact["cases"], contact["breaks"]) == ("closed", [ids["case"]], [])
    assert [move["command"] for move in contact["allowed"]] == ["ReopenContact", "CorrectContact"]
    [escalation] = contact["escalations"]
    assert (escalation["number"], escalation["status"], escalation["result"]) == (1, "resolved", "recorded_late")
    assert api.get(f"/v1/contacts/{ids['contact']}/history").status_code == 403, "a recorder"
    history = api.get(f"/v1/contacts/{ids['contact']}/history", Role.HELPLINE_ADVISER).json()["events"]
    assert names(history)[:3] == ["contact_opened.v1", "consent_given.v1", "case_added.v1"]
    assert api.get(f"/v1/contacts/{ids['contact']}", Role.HELPLINE_ADVISER, "essex").status_code == 404


def sealed(api: Api, contact: str, role: Role) -> dict[str, object]:
    events = api.get(f"/v1/contacts/{contact}/history", role, purpose="support").json()["events"]
    opened, raised = (
        next(e["data"] for e in events if e["name"] == name) for name in ("contact_opened.v1", "escalation_raised.v1")
    )
    return {"summary": opened["summary"], "because": raised["because"]}


def test_the_force_reads_what_is_escalated_to_it_and_not_what_the_caller_said(api: Api) -> None:
    contact = walk(api, PAGE.read_text())["contact"]
    own = sealed(api, contact, Role.HELPLINE_ADVISER)
    assert "[sealed]" not in own.values()
    assert sealed(api, contact, Role.SUPERVISOR) == {"summary": "[sealed]", "because": own["because"]}
    assert sealed(api, contact, Role.AUDITOR) == own


def test_a_page_that_says_otherwise_is_noticed(api: Api) -> None:
    text = PAGE.read_text()
    assert len(list(steps(text))) == 12
    for right, wrong in (
        ("→ 200 version 4", "→ 200 version 5"),
        ("→ 409 recorded_late_is_recorded", "→ 200 version 6"),
    ):
        with pytest.raises(AssertionError):
            walk(api, text.replace(right, wrong, 1))
