"""Doing what is asked under an idempotency key once, whoever asks how often."""

from collections.abc import Awaitable, Callable

from application.ports import Appended, AsyncEventStore, Conflict, KeyReused, Request


async def once(store: AsyncEventStore, request: Request, work: Callable[[], Awaitable[Appended]]) -> Appended:
    """What was answered to the request before; else what `work` answers, which appends with the request.

    Raises as `AsyncEventStore.begin`, and what `work` raises.
    """
    answered = await store.begin(request)
    if answered is not None:
        return answered
    try:
        try:
            return await work()
        finally:
            await store.end(request)
    except (Conflict, KeyReused):
        # A connection that breaks takes its lock with it: another process may have done the same request meanwhile.
        answered = await store.begin(request)
        if answered is None:
            await store.end(request)
            raise
        return answered
