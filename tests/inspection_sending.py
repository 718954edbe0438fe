"""What is sent before each command of an inspection, and what no example can know: who judges, and which item."""

from typing import Any

from api import Api
from projected import project

from domain.event import Role
from projections.case_facts import case_facts

OPENED = ("OpenInspection",)
SEEDED = (*OPENED, "RevealNonce")
DRAWN = (*SEEDED, "DrawSample")
ONCE = (*DRAWN, "JudgeItem as:inspector-2")
REVIEWED = (*ONCE, "JudgeItem as:inspector-3")
CONCERNED = (*DRAWN, "RaiseCauseOfConcern")

BEFORE: dict[str, tuple[str, ...]] = {
    "OpenInspection": (),
    "RevealNonce": OPENED,
    "DrawSample": SEEDED,
    "AdoptReferenceFigure": OPENED,
    "JudgeItem": ONCE,
    "ResolveDisagreement": (*ONCE, "JudgeItem as:inspector-3 otherwise"),
    "ConcludeInspection": REVIEWED,
    "AbandonInspection": OPENED,
    "RaiseCauseOfConcern": DRAWN,
    "CloseCauseOfConcern": CONCERNED,
    "MakeRecommendation": DRAWN,
    "CloseRecommendation": (*DRAWN, "MakeRecommendation"),
}
OTHERWISE = {"should_be_recorded": True, "recorded": False}
IN_THE_AUDIT = {"received_at": "2026-02-03T09:14:00Z", "reported_at": "2026-02-03T09:14:00Z"}


def made_ready(api: Api, name: str, stream: str | None, given: list[str]) -> dict[str, Any]:
    """What the step needs beside the log of the inspection, and the values that its example cannot know."""
    if name == "OpenInspection":
        assert api.send("ReportCrime", **IN_THE_AUDIT).status_code == 201
    if name == "RevealNonce":
        api.report()  # the log goes on
    if name == "DrawSample":
        project(api.system, case_facts)
    if name not in ("JudgeItem", "ResolveDisagreement"):
        return {}
    state = api.get(f"/v1/inspections/{stream}", Role.INSPECTOR, "*").json()
    [item] = [item["case"] for stratum in state["sample"]["strata"] for item in stratum["items"]]
    return {"case": item} | ({"verdict": OTHERWISE} if "otherwise" in given else {})
