"""What lists can be searched by, and what they say to who looks for a name."""

from typing import Any

from fastapi import Depends, Request

from adapters.http.acting import Acting
from adapters.http.problems import invalid

SEALED = "Names, contact details and narratives are sealed under the key of their case or person and cannot be searched"
NOTHING_FOUND = (
    f"No case that was asked for has that reference. {SEALED}: look for the case's own number, the crime reference, or "
    "a reference of another system."
)


async def _only_what_is_there(request: Request, _: Acting) -> None:
    route: Any = request.scope["route"]
    known = [field.alias for field in route.dependant.query_params]
    unknown = next((name for name in request.query_params if name not in known), None)
    if unknown is not None:
        by = ", ".join(known)
        raise invalid(unknown, f"is not something that can be searched by here. {SEALED}. This list takes: {by}")


SEARCHED: Any = Depends(_only_what_is_there)
"""Dependency of a list: a `Problem` (422) for a parameter that it has not, such as a name."""
