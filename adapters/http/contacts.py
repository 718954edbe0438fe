"""Finding contacts with the support line, and what they escalated to the force."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import TheStanding
from adapters.http.problems import invalid
from adapters.http.scope import force_of, linked, page
from adapters.http.searching import SEARCHED
from adapters.postgres.contact_finder import ContactSearch
from domain.support_contact.escalation import EscalationStatus
from domain.support_contact.moves import ContactStatus
from domain.support_contact.opening import ContactGround
from domain.support_contact.state import CONTACT

router = APIRouter(tags=["contacts"], responses=openapi.problems(401, 403, 422, 503), dependencies=[SEARCHED])

MOST = 500
OPEN_OR_CLOSED = (ContactStatus.OPEN, ContactStatus.CLOSED)


@router.get(addresses.collection(CONTACT), summary="Find contacts")
def find_contacts(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    status: Annotated[ContactStatus | None, Query(description="`open` or `closed`.")] = None,
    escalation: Annotated[
        EscalationStatus | None, Query(description="With at least one escalation that stands so; `raised`: unanswered.")
    ] = None,
    ground: Annotated[ContactGround | None, Query(description="On which the caller rang.")] = None,
    force: Annotated[str | None, Query(max_length=60)] = None,
    after: Annotated[str, Query(max_length=80, description="Only contacts whose id comes after this one.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:
    """The contacts of one's own force (all forces with an oversight token), in order of id.

    Advisers and auditors see all; the force those of which something was escalated to it. `raised`, `accepted`,
    `declined` and `resolved` count the escalations that stand so. Names are sealed and cannot be searched. Pages
    neither repeat nor skip a contact.
    """
    system.policy.role_for_read(actor, CONTACT.name)
    if status is not None and status not in OPEN_OR_CLOSED:
        raise invalid("status", "must be open or closed")
    wanted = ContactSearch(
        force_of(actor, force),
        status and status.value,
        ground and ground.value,
        escalation and escalation.value,
        not system.policy.sees_unescalated(actor, CONTACT.name),
        after,
        limit + 1,
    )
    found = page(lambda: system.contacts.find(wanted), limit)
    body = {"contacts": [linked(row, addresses.one, contact="contact_id") for row in found.rows]}
    return found.answer(body | {"next_after": found.last("contact_id")}, standing)
