"""Cases that are one incident: linked under the one that stands for it, over real HTTP."""

import asyncio

import httpx
from api import Api, is_problem

from adapters.http import addresses, openapi
from domain.event import COMMANDS, Role


def link(api: Api, case: str, under: str, version: int = 1) -> httpx.Response:
    return api.send("LinkCase", case, version, under=under)


def test_a_case_is_linked_and_parted_again(api: Api) -> None:
    case, other = api.report(), api.report()
    assert link(api, case, other).status_code == 200
    state = api.get(f"/v1/cases/{case}").json()
    assert state["link"] == {"under": other, "kind": "duplicate", "holds": []}
    assert [(duty["kind"], duty["status"]) for duty in state["duties"]] == [("recording", "lifted")]
    assert api.send("UnlinkCase", case, 2).status_code == 200
    state = api.get(f"/v1/cases/{case}").json()
    assert state["link"]["under"] is None
    assert [(duty["kind"], duty["status"]) for duty in state["duties"]] == [("recording", "open")]


def test_what_cannot_be_linked(api: Api) -> None:
    case, other, third = api.report(), api.report(), api.report()
    nowhere = "case-0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11"
    for under in (case, nowhere):
        assert is_problem(link(api, case, under), 409, "rule-broken")["rule"]["id"] == "linked_to_another_case"
    essex = api.post("/v1/cases/report-crime", openapi.example_of(COMMANDS["ReportCrime"]), force="essex").json()[
        "case"
    ]
    assert is_problem(link(api, case, essex), 409, "rule-broken")["rule"]["id"] == "linked_to_another_case"
    assert link(api, other, third).status_code == 200
    assert is_problem(link(api, case, other), 409, "rule-broken")["rule"]["id"] == "linked_to_a_case_that_counts"
    assert is_problem(link(api, other, case, 2), 409, "rule-broken")["rule"]["id"] == "linked_once"


def test_two_links_at_the_same_moment_never_make_a_circle(api: Api) -> None:
    async def both(one: str, other: str) -> list[int]:
        async with httpx.AsyncClient(base_url=api.url, timeout=30) as client:

            async def send(case: str, under: str) -> int:
                body = openapi.example_of(COMMANDS["LinkCase"]) | {"under": under}
                headers = api.headers(Role.RECORDER) | {"if-match": '"1"'}
                path = addresses.move(COMMANDS["LinkCase"], case)["href"]
                return (await client.post(path, json=body, headers=headers)).status_code

            return list(await asyncio.gather(send(one, other), send(other, one)))

    for _ in range(10):
        done, late = sorted(asyncio.run(both(api.report(), api.report())))
        assert done == 200
        assert late in (409, 412), "the other case, or the rule, has moved on"
