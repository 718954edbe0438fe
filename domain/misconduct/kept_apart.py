"""Kept apart: the identity of a confidential reporter, in a stream of its own under a key of its own.

The stream is no aggregate: no address leads to it. The report names it, and its readers cannot open it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from domain.aggregate import beside
from domain.event import Event, RecordedEvent, Rule
from domain.values import Moment, PersonalData

IdentityStream = Annotated[str, StringConstraints(pattern=r"^identity-[0-9a-f]{8,32}$")]


class IdentityKept(Event, name="identity_kept.v1"):
    """In the identity's own stream: who the reporter is."""

    reporter: PersonalData


class IdentityRead(Event, name="identity_read.v1"):
    """In the identity's own stream: the person whom it was released to read it. It was released until that day."""

    until: Moment


class IdentityKeptApart(Event, name="identity_kept_apart.v1"):
    """In the report: its reporter left who they are, and it stands in that stream."""

    identity: IdentityStream


KEPT_UNDER_A_NEW_KEY = Rule(
    "identity_is_kept_under_a_new_key",
    "There is an identity under this `subject` already; give the person a new one, at random.",
    "Police Anti-Corruption and Abuse Reporting Service (2024): confidential reports (policy of this system)",
)


@dataclass(frozen=True, slots=True)
class KeptIdentity:
    """The stream of an identity, as far as a decision needs it."""

    version: int = 0


def stream_of(person: PersonalData) -> str:
    """The stream of an identity: it is called as its key is."""
    return person.subject.replace("person-", "identity-", 1)


def replay(entries: Sequence[RecordedEvent], as_of: datetime | None = None) -> KeptIdentity:
    """How many events it has."""
    return KeptIdentity(len(entries))


beside("identity", replay)
