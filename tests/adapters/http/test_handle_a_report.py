"""The working day of an investigator that docs/how-to/handle-a-report.md walks through, sent as it is written there."""

from pathlib import Path
from typing import Any

import pytest
from api import Api
from report_streams import project_reports
from walked import Step, steps, walk

from domain.event import Role

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "handle-a-report.md"
PSD = Role.PSD_INVESTIGATOR


def read(api: Api, path: str, **query: Any) -> Any:
    answer = api.client.get(path, params=query, headers=api.headers(PSD))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_report_goes_as_the_page_says(api: Api) -> None:
    ids = walk(api, PAGE.read_text())
    report = ids["report"]
    state = read(api, f"/v1/reports/{report}")
    assert (state["closure"]["status"], state["inquiry"]["status"]) == ("closed", "reported")
    assert {duty["status"] for duty in state["duties"]} == {"met", "lifted"}
    assert len(read(api, f"/v1/reports/{report}/timeline")["timeline"]) == state["version"]


def test_the_lists_show_what_the_page_says_on_the_way(api: Api) -> None:
    seen: list[str] = []

    def look(step: Step) -> None:
        project_reports(api.system)
        if step.path.endswith("/acknowledge-report"):
            [waits] = read(api, "/v1/reports/referrals", answered="false")["referrals"]
            assert (waits["to_force"]["unit"], waits["to_force"]["days"]) == ("psd", 0)
            assert [each["owner"] for each in read(api, "/v1/reports", owner="none")["reports"]] == [None]
            [owed] = read(api, "/v1/reports/duties", state="open")["duties"]
            assert (owed["kind"], owed["escalate_to"]) == ("acknowledgement", "appropriate_authority")
            seen.append("acknowledgement")
        if step.path.endswith("/send-misconduct-update"):
            [load] = read(api, "/v1/reports/caseload", owner="me")["caseloads"]
            assert (load["reports"], load["under_way"]) == (1, 1)
            seen.append("update")
        if step.path.endswith("/submit-investigation-report"):
            report = read(api, "/v1/reports")["reports"][0]["report"]
            draft = read(api, f"/v1/reports/{report}/delay-statement")
            assert [each["item"] for each in draft["items"]] == list("abcdef")
            seen.append("draft")

    walk(api, PAGE.read_text(), look)
    assert seen == ["acknowledgement", "update", "draft"]


def test_a_page_that_says_otherwise_is_noticed(api: Api) -> None:
    text = PAGE.read_text()
    assert len(list(steps(text))) == 25
    for right, wrong in (("→ 200 version 8", "→ 200 version 9"), ("→ 409 delay_statement_is_due", "→ 200 version 19")):
        with pytest.raises(AssertionError):
            walk(api, text.replace(right, wrong, 1))
