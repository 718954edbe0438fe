"""The end of the door: whoever is told to stop twice, stops at once, and logs no error."""

import asyncio
from typing import Any

import pytest

from adapters.http.app import create_app
from adapters.system import System


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_door_that_is_closed_in_a_hurry_reports_no_failure(system: System, cancelled: bool) -> None:
    sent: list[dict[str, Any]] = []

    async def live() -> None:
        told: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        begun = asyncio.Event()

        async def send(message: Any) -> None:
            sent.append(message)
            begun.set()

        await told.put({"type": "lifespan.startup"})
        app = create_app(system)
        life = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, told.get, send))
        await begun.wait()
        if cancelled:
            life.cancel()
        else:
            await told.put({"type": "lifespan.shutdown"})
        await life

    asyncio.run(live())
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
