"""Reporters, who knock without a token."""

from datetime import date, datetime
from typing import Any

import httpx
from api import Api

from domain.values import LONDON

REPORT = {"anonymity": "anonymous", "categories": ["money_or_favours"], "summary": "What I saw."}


def send_report(client: httpx.Client, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return client.post("/v1/reports", json=REPORT | body, headers=headers)


def receipt_of(client: httpx.Client, **body: Any) -> str:
    """The words of a report that was sent just now."""
    answer = send_report(client, **body)
    assert answer.status_code == 201, answer.text
    return answer.json()["receipt"]


def mailbox(client: httpx.Client, words: str, to: str = "", **body: Any) -> httpx.Response:
    return client.post(f"/v1/mailbox{to}", json={"receipt": words, **body})


def stream_of(api: Api, words: str) -> str:
    """The report that a receipt opens; only the store can tell."""
    with api.system.connect("candour_writer") as connection:
        query = "SELECT stream_id FROM candour.receipts WHERE digest = %s"
        found = connection.execute(query, (api.system.receipts.digest(words),)).fetchone()
    assert found is not None
    return str(found[0])


def today() -> date:
    """The London day."""
    return datetime.now(LONDON).date()
