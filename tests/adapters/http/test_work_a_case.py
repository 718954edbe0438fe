"""The life of a case that docs/how-to/work-a-case.md walks through, sent as it is written there."""

from pathlib import Path

import pytest
from api import Api
from walked import steps, walk

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "work-a-case.md"


def test_the_case_goes_as_the_page_says(api: Api) -> None:
    ids = walk(api, PAGE.read_text())
    case = api.get(f"/v1/cases/{ids['case']}").json()
    assert (case["status"], case["closure"]["status"], case["breaks"]) == ("recorded", "closed", [])
    assert {duty["status"] for duty in case["duties"]} == {"met", "met_late"}
    assert api.get(f"/v1/cases/{ids['other']}").json()["link"]["under"] == ids["case"]


def test_a_page_that_says_otherwise_is_noticed(api: Api) -> None:
    text = PAGE.read_text()
    assert len(list(steps(text))) == 23
    for right, wrong in (("→ 200 version 9", "→ 200 version 8"), ("→ 409 c2_needs", "→ 200 version 15")):
        with pytest.raises(AssertionError):
            walk(api, text.replace(right, wrong, 1))
