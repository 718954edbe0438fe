"""The inspection that docs/how-to/inspect-a-force.md walks through, sent as it is written there."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from api import Api
from projected import project
from walked import Step, steps, walk

from domain.event import Role
from projections.case_facts import case_facts
from projections.inspection_facts import inspection_facts
from projections.inspection_items import inspection_items

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "inspect-a-force.md"


def walked(api: Api, text: str) -> dict[str, str]:
    def before(step: Step) -> None:
        if step.path.endswith("/draw-sample"):
            project(api.system, case_facts)

    return walk(api, text, before)


def read(api: Api, path: str, role: Role = Role.INSPECTOR, force: str = "*") -> Any:
    answer = api.get(path, role, force)
    assert answer.status_code == 200, answer.text
    return answer.json()


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text()


def test_the_inspection_goes_as_the_page_says_and_its_sample_is_drawn_again(api: Api, page: str) -> None:
    ids = walked(api, page)
    found = read(api, f"/v1/inspections/{ids['inspection']}")
    assert found["status"] == "concluded"
    estimates = found["findings"]
    assert estimates["overall"]["rate"] == 0.5
    assert estimates["overall"]["weights"] == {"violent": 0.5, "other": 0.5}
    assert estimates["unrecorded"]["value"] == 100_000
    assert "inferred" in estimates["unrecorded"]["formula"]
    assert [each["closed_as"] for each in found["recommendations"]] == ["met"]
    time = next(each for each in estimates["agreement"] if each["question"] == "in_time")
    assert (time["pairs"], time["agreed"]) == (2, 1)
    drawn_again(api, found)


def drawn_again(api: Api, found: dict[str, Any]) -> None:
    """From what is published, and without a line of the product: digest, seed, frame and sample."""
    seeding, opening = found["seeding"], found["scope"]["position"]
    assert sha(seeding["nonce"]) == found["scope"]["commitment"]
    assert seeding["position"] == opening + 1
    digest = "0" * 64
    leaves = read(api, f"/v1/events/leaves?limit={opening + 1}", Role.AUDITOR)["leaves"]
    assert [leaf["position"] for leaf in leaves] == list(range(1, opening + 2))
    events = {e["position"]: e for e in read(api, "/v1/events?limit=1000", Role.AUDITOR)["events"]}
    for leaf in leaves:
        event = events[leaf["position"]]
        names = ("position", "stream", "version", "name", "event_id", "written_at")
        assert leaf["leaf"] == sha("|".join(str(event[name]) for name in names)), event
        digest = sha(digest + leaf["leaf"])
    assert digest == seeding["log_digest"]
    seed = sha(f"sha256-rank.1|{digest}|{seeding['nonce']}")
    assert seed == seeding["seed"]
    frame = read(api, f"/v1/inspections/{found['inspection']}/frame")
    lines = sorted(f"{row['stratum']}|{row['case']}" for row in frame["cases"])
    assert sha("\n".join(lines)) == frame["frame_digest"] == found["sample"]["frame_digest"]
    for stratum in found["sample"]["strata"]:
        cases = [row["case"] for row in frame["cases"] if row["stratum"] == stratum["stratum"]]
        ranked = sorted(cases, key=lambda case: sha(f"{seed}|{stratum['stratum']}|{case}"))
        assert [item["case"] for item in stratum["items"]] == ranked


def test_a_page_that_says_otherwise_is_noticed(api: Api, page: str) -> None:
    assert len(list(steps(page))) == 24
    for right, wrong in (("→ 200 version 5", "→ 200 version 6"), ("→ 409 log_has_gone_on", "→ 200 version 2")):
        with pytest.raises(AssertionError):
            walked(api, page.replace(right, wrong, 1))


def upto(page: str, heading: str) -> str:
    return page[: page.index(heading)]


def test_the_force_that_is_inspected_sees_nothing_before_the_conclusion(api: Api, page: str) -> None:
    begun = walked(api, upto(page, "## Resolve what they differ on"))["inspection"]
    for role in (Role.AUDITOR, Role.INSPECTOR):
        assert api.get(f"/v1/inspections/{begun}", role, "kent").status_code == 404
    assert read(api, "/v1/inspections", Role.FORCE_CRIME_REGISTRAR, "kent")["inspections"] == []
    assert [each["status"] for each in read(api, "/v1/inspections")["inspections"]] == ["under_way"]
    log = api.get("/v1/events?limit=1000", Role.AUDITOR, "kent").text
    assert begun not in log
    assert api.get("/v1/events/leaves", Role.AUDITOR, "kent").status_code == 403
    assert api.get(f"/v1/inspections/{begun}/frame", Role.AUDITOR, "kent").status_code in (403, 404)


def test_the_force_reads_what_was_found_and_no_position(api: Api, page: str) -> None:
    walked(api, page)
    [found] = read(api, "/v1/inspections", Role.SUPERVISOR, "kent")["inspections"]
    assert found["findings"]["overall"]["rate"] == 0.5
    assert "position" not in str(found)
    assert "known_at" not in str(found)
    assert read(api, "/v1/inspections", Role.SUPERVISOR, "essex")["inspections"] == []
    assert api.get("/v1/inspections?force=kent", Role.SUPERVISOR, "essex").status_code == 403
    assert api.get("/v1/inspections", Role.RECORDER, "kent").status_code == 403


def test_the_figures_of_the_inspection_are_told_to_oversight_and_open_to_its_items(api: Api, page: str) -> None:
    inspection = walked(api, page)["inspection"]
    project(api.system, inspection_items, inspection_facts)
    rate = read(api, "/v1/metrics/recording_rate_all?force=kent", Role.AUDITOR)
    assert (rate["value"], rate["numerator"], rate["denominator"], rate["inspections"]) == (0.5, 1, 2, [inspection])
    assert rate["interval"] == {"method": "wilson", "level": 0.95, **rate["wilson"]}
    missed = read(api, "/v1/metrics/recording_rate_all/cases?verdict=not_counted", Role.AUDITOR)["cases"]
    assert [each["history"] for each in missed] == [f"/v1/inspections/{inspection}/history"]
    assert read(api, missed[0]["history"], Role.AUDITOR)["inspection"] == inspection
    estimate = read(api, "/v1/metrics/unrecorded_estimate?by=force", Role.AUDITOR)
    assert (estimate["value"], estimate["recorded_crime"]) == (100_000, 100_000)
    assert "inferred" in estimate["note"]
    for path in ("/v1/metrics/recording_rate_all", "/v1/metrics/recording_rate_all/cases"):
        refused = api.get(path, Role.FORCE_CRIME_REGISTRAR, "kent")
        assert refused.status_code == 403
        assert "/v1/inspections" in refused.json()["detail"]
    table = api.get("/v1/metrics/recording_rate_all?format=csv", Role.AUDITOR, "*").text.splitlines()
    assert "low,high" in table[0]


def test_what_was_named_wrongly_is_answered_with_what_there_is(api: Api, page: str) -> None:
    begun = walked(api, upto(page, "## Judge each item"))["inspection"]
    outside = {
        "case": "case-00000000-0000-4000-8000-000000000000",
        "verdict": {"should_be_recorded": True, "recorded": False},
    }
    refused = api.send("JudgeItem", begun, 3, Role.INSPECTOR, "*", "reviewer-1", **outside)
    items = [
        item["case"]
        for stratum in read(api, f"/v1/inspections/{begun}")["sample"]["strata"]
        for item in stratum["items"]
    ]
    assert (refused.status_code, refused.json()["rule"]["id"]) == (409, "item_is_in_the_sample")
    assert refused.json()["there_are"] == items
    empty = {"strata": [{"stratum": "violent", "sample": 0}]}
    refused = api.send("OpenInspection", None, None, Role.INSPECTOR, "*", **empty)
    assert (refused.status_code, refused.json()["rule"]["id"]) == (409, "stratum_is_not_empty")
    assert refused.json()["there_are"] == ["violent", "sexual", "other", "public_protection"]
    refused = api.send("OpenInspection", None, None, Role.INSPECTOR, "*", inspected="nowhere")
    assert "thames-valley" in refused.json()["there_are"]


def test_a_reviewer_learns_the_other_verdict_nowhere(api: Api, page: str) -> None:
    begun = walked(api, page[: page.index('If-Match: "5"')].rsplit("```", 1)[0])["inspection"]
    state = api.get(f"/v1/inspections/{begun}", Role.INSPECTOR, "*")
    assert "reviewer-1" in state.text
    assert "in_time" not in state.text
    for path in (f"/v1/inspections/{begun}/history", "/v1/events?limit=1000"):
        assert api.get(path, Role.INSPECTOR, "*").status_code == 403
        both = api.system.tokens.issue("reviewer-2", [Role.INSPECTOR, Role.AUDITOR], "*")
        assert api.client.get(path, headers={"authorization": f"Bearer {both}"}).status_code == 403
        assert "in_time" in api.get(path, Role.AUDITOR, "*").text  # it is there, for other eyes


def test_commands_of_a_case_still_take_a_token_of_one_force(api: Api) -> None:
    assert api.report()
    body = {"received_at": "2026-02-03T09:14:00Z", "route": "online", "reporter_role": "victim"}
    answer = api.post("/v1/cases/report-crime", body, None, Role.RECORDER, "*")
    assert answer.status_code == 403
    assert "one force" in answer.json()["detail"]


def test_a_sample_that_cannot_be_drawn_yet_is_said_so(api: Api, page: str) -> None:
    text = upto(page, "## Judge each item")
    with pytest.raises(AssertionError, match="503"):
        walk(api, text)
