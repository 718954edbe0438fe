"""Finding cases by reference; reference numbers; the warning of a possible duplicate at intake."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from api import Api, is_problem
from projected import project_the_register as project

from adapters.cli.main import run
from adapters.system import System
from domain.event import Role

SAID = "sealed and cannot be searched"
REPORT = {
    "received_at": "2026-03-02T09:14:00Z",
    "route": "online",
    "reporter_role": "victim",
    "alleged": "8N",
    "place_code": "E01024000",
}


def report(api: Api, force: str = "kent", **more: object) -> dict[str, object]:
    answer = api.post("/v1/cases/report-crime", REPORT | more, force=force)
    assert answer.status_code == 201, answer.text
    return answer.json()


def find(api: Api, role: Role = Role.RECORDER, force: str = "kent", **query: str) -> list[str]:
    answer = api.client.get("/v1/cases", params=query, headers=api.headers(role, force))
    assert answer.status_code == 200, answer.text
    return [case["case"] for case in answer.json()["cases"]]


def test_cases_get_numbers_of_their_force_and_year_and_no_number_twice(api: Api, system: System) -> None:
    first = report(api)["reference"]
    assert isinstance(first, str)
    assert first.startswith("kent/20")
    assert report(api, force="surrey")["reference"] == first.replace("kent", "surrey")

    async def many() -> list[str]:
        return await asyncio.gather(*(system.numbers.next("kent", 2026) for _ in range(50)))

    with ThreadPoolExecutor(4) as threads:  # four loops, each with blocks of its own, as four processes have
        given = [number for some in threads.map(lambda _: asyncio.run(many()), range(4)) for number in some]
    assert len({first, *given}) == 201
    assert len({first, first}) != 2, "the count would miss a number given twice"


def test_a_report_that_is_refused_uses_up_no_number(api: Api) -> None:
    def number() -> int:
        return int(str(report(api)["reference"]).rpartition("/")[2])

    first = number()
    for _ in range(3):
        is_problem(api.post("/v1/cases/report-crime", REPORT | {"alleged": "99Z"}), 409, "rule-broken")
    assert number() == first + 1
    assert number() == first + 2, "one that is accepted does"


def test_a_case_is_found_by_its_number_and_by_references_of_other_systems(api: Api, system: System) -> None:
    mine = report(api, external=[{"system": "STORM", "reference": "20260302-0456"}])
    other = report(api, place_code="E01024001")
    case = str(mine["case"])
    added = {"external": {"system": "Helpline", "reference": "VS 12/24"}}
    assert api.post(f"/v1/cases/{case}/add-reference", added, 1).status_code == 200
    recorded = {"offence": "8N", "crime_reference": "06C/123/26", "late_because": "queue"}
    assert api.post(f"/v1/cases/{case}/record-crime", recorded, 2).status_code == 200
    project(system)
    for reference in (str(mine["reference"]), "20260302-0456", "storm:20260302-0456", "vs 12/24", "06c/123/26"):
        assert find(api, reference=reference) == [case], reference
    assert find(api, reference="nothing like it") == []
    assert find(api, status="recorded") == [case]
    assert find(api, status="reported") == [other["case"]]


def test_a_force_finds_its_own_cases_only_and_an_auditor_all(api: Api, system: System) -> None:
    kent, surrey = report(api)["case"], report(api, force="surrey")["case"]
    project(system)
    assert find(api) == [kent]
    assert sorted(find(api, Role.AUDITOR, "*")) == sorted([str(kent), str(surrey)])
    is_problem(api.client.get("/v1/cases?force=surrey", headers=api.headers()), 403, "not-permitted")


def test_pages_neither_repeat_nor_skip(api: Api, system: System) -> None:
    cases = sorted(str(report(api, place_code=f"P{number}")["case"]) for number in range(7))
    project(system)
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = api.client.get("/v1/cases", params={"limit": 3, "after": after}, headers=api.headers()).json()
        seen += [case["case"] for case in page["cases"]]
        after = page["next_after"]
    assert seen == cases


def test_a_report_like_another_is_taken_and_says_so(api: Api, system: System) -> None:
    first = report(api)
    assert first["possible_duplicates"] == []
    project(system)
    key = uuid4().hex
    again = api.post("/v1/cases/report-crime", REPORT | {"place_code": "e01 024000"}, idempotency_key=key)
    assert [same["case"] for same in again.json()["possible_duplicates"]] == [first["case"]]
    assert api.post("/v1/cases/report-crime", REPORT | {"place_code": "e01 024000"}, idempotency_key=key).content == (
        again.content
    )
    for other in ({"alleged": "8P"}, {"place_code": "E01024001"}, {"received_at": "2026-03-01T23:59:00Z"}):
        assert report(api, **other)["possible_duplicates"] == []
    assert report(api, force="surrey")["possible_duplicates"] == []


LISTS = {
    "/v1/cases": Role.RECORDER,
    "/v1/caseload": Role.RECORDER,
    "/v1/duties": Role.RECORDER,
    "/v1/duties/missed": Role.RECORDER,
    "/v1/contacts": Role.HELPLINE_ADVISER,
    "/v1/reports": Role.PSD_INVESTIGATOR,
    "/v1/reports/duties": Role.PSD_INVESTIGATOR,
    "/v1/reports/caseload": Role.PSD_INVESTIGATOR,
}


@pytest.mark.parametrize("path", LISTS)
def test_a_name_cannot_be_searched_and_every_list_says_why(api: Api, path: str) -> None:
    answer = api.get(f"{path}?name=Smith", LISTS[path])
    is_problem(answer, 422, "invalid-content")
    assert "sealed" in answer.json()["detail"]
    assert "limit" in answer.json()["detail"], "it names what there is instead"
    assert "Smith" not in answer.text
    is_problem(api.client.get(f"{path}?name=Smith"), 401, "not-authenticated")
    known = api.get(f"{path}?limit=1", LISTS[path])
    assert known.status_code in (200, 503), known.text  # 503: nothing has been projected yet


def test_a_reference_that_no_case_has_is_answered_with_what_can_be_searched(api: Api, system: System) -> None:
    first = report(api)
    project(system)

    def found(**query: str) -> dict[str, Any]:
        return api.client.get("/v1/cases", params=query, headers=api.headers()).json()

    assert "sealed" in found(reference="Smith")["note"]
    assert "note" not in found(reference=str(first["reference"]))
    assert "note" not in found(reference=str(first["reference"]), after=str(first["case"]))
    assert "note" not in found(status="recorded")


def test_the_documents_and_the_command_line_say_that_names_cannot_be_searched(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = api.client.get("/openapi.json").json()["paths"]
    for path in ("/v1/cases", "/v1/contacts", "/v1/reports"):
        assert SAID in " ".join(paths[path]["get"]["description"].split()), path
    for page in ("work-a-case", "handle-a-report", "support-line"):
        told = (Path(__file__).parents[3] / f"docs/how-to/{page}.md").read_text()
        assert SAID in " ".join(told.replace("*", "").split()), page
    assert run(["replay", "--help"]) == 0
    assert SAID in " ".join(capsys.readouterr().out.split())
