"""Who is told positions of the log: somebody with a token for all forces."""

import httpx
from processes import Place, Running

ROLES = ("auditor", "analyst", "administrator")


def overseer(place: Place) -> dict[str, str]:
    """The headers of somebody who oversees all forces."""
    roles = [word for role in ROLES for word in ("--role", role)]
    issued = place.run("token", *roles, "--force", "*", "--staff-id", "overseer-1")
    assert issued.code == 0, issued
    return {"authorization": f"Bearer {issued.out.strip()}"}


def end_of_log(running: Running, headers: dict[str, str]) -> int:
    """The position of the last event, as an overseer is told it."""
    answer = httpx.get(f"{running.url}/v1/events?limit=1", headers=headers, timeout=30)
    return answer.raise_for_status().json()["position"]
