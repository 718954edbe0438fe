"""Denominators over HTTP, and the rate per head: live for oversight, published with small numbers withheld."""

from typing import Any

from api import Api
from projected import project

from domain.event import Role
from projections.report_facts import report_facts

STAFF = {"kind": "headcount", "since": "2020-03-31", "until": "2999-03-31", "source": "Home Office, police workforce"}
RATE = "/v1/metrics/cases_per_1000_staff"


def adopted(api: Api, force: str, *values: int) -> None:
    opened = api.send("OpenDenominator", role=Role.INSPECTOR, acting_for="*", of=force).json()
    for version, value in enumerate(values, start=1):
        stream = opened["denominator"]
        done = api.send("AdoptForceFigure", stream, version, Role.INSPECTOR, "*", **STAFF, value=value)
        assert done.status_code == 200, done.text


def complaints(api: Api, force: str, count: int) -> None:
    for _ in range(count):
        done = api.send("ReceiveReport", role=Role.PSD_INVESTIGATOR, acting_for=force, channel="public")
        assert done.status_code == 201, done.text


def read(api: Api, path: str, role: Role = Role.ANALYST, force: str = "*") -> Any:
    answer = api.get(path, role, force)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_cases_are_told_by_the_staff_that_was_adopted(api: Api) -> None:
    adopted(api, "kent", 600, 6_000)
    adopted(api, "essex", 3_000)
    adopted(api, "norfolk", 1_000)
    for force, count in {"kent": 12, "essex": 3, "surrey": 2}.items():
        complaints(api, force, count)
    project(api.system, report_facts)
    found = read(api, f"{RATE}?by=force")
    assert (found["value"], found["numerator"], found["denominator"]) == (1.5, 15, 10_000)
    assert found["excluded"] == {"no headcount was adopted for the force": 2}
    series = {each["force"]: each for each in found["series"]}
    assert {force: each["value"] for force, each in series.items()} == {
        "essex": 1.0,
        "kent": 2.0,
        "norfolk": 0.0,
        "surrey": None,
    }
    assert series["kent"]["funnel"]["centre"] == 1.5
    assert series["kent"]["funnel"]["place"] == "inside"
    assert series["surrey"]["funnel"] is None
    # As known before the correction, the staff of Kent was what had been adopted first.
    before = next(e.position for e in api.system.store.read_log(0, 1_000) if getattr(e.event, "value", 0) == 6_000) - 1
    project(api.system, report_facts)
    assert read(api, f"{RATE}?known_at={before}")["denominator"] == 600
    left_out = read(api, f"{RATE}/cases?verdict=excluded", Role.AUDITOR)["cases"]
    assert len(left_out) == 2
    figures = read(api, "/v1/denominators?force=kent", Role.SUPERVISOR, "kent")["figures"]
    assert [each["value"] for each in figures] == [600, 6_000]
    assert api.get(RATE, Role.FORCE_CRIME_REGISTRAR, "kent").status_code == 403
    unknown = api.get("/v1/denominators?force=nowhere", Role.ANALYST, "*")
    assert (unknown.status_code, unknown.json()["errors"][0]["where"]) == (422, "force")


def test_a_force_cannot_adopt_its_own_denominator(api: Api) -> None:
    refused = api.send("OpenDenominator", role=Role.INSPECTOR, acting_for="kent")
    assert (refused.status_code, refused.json()["rule"]["id"]) == (409, "denominator_is_kept_outside")


def test_what_is_published_withholds_a_force_with_few_cases(api: Api) -> None:
    for force, staff in {"kent": 6_000, "essex": 3_000, "surrey": 2_000}.items():
        adopted(api, force, staff)
    for force, count in {"kent": 14, "essex": 3, "surrey": 11}.items():
        complaints(api, force, count)
    project(api.system, report_facts)
    body = {"title": "A", "since": "2020-04-01", "until": "2990-01-01", "metrics": ["cases_per_1000_staff"]}
    done = api.post("/v1/publications", body, role=Role.ADMINISTRATOR, force="*")
    assert done.status_code == 201, done.text
    [figure] = done.json()["figures"]
    table = figure["table"]
    assert table["withheld"] == ["essex", "surrey"]
    assert [(row["force"], row["numerator"]) for row in table["forces"]] == [("kent", 14)]
    assert table["all"]["denominator"] == 11_000
