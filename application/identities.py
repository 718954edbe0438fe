"""Reading a reporter's identity: by the one person whom it was released to, until the day it was released until."""

from dataclasses import dataclass
from uuid import uuid4

from application.command_handler import RETRIES
from application.ports import (
    AccessPolicy,
    Actor,
    Append,
    Clock,
    Conflict,
    EventStore,
    Forbidden,
    NewEvent,
    NotFound,
)
from domain.aggregate import aggregate_named
from domain.event import Purpose, RecordedEvent, Role
from domain.misconduct.identity import ReporterDisclosed
from domain.misconduct.intake import SERVICE
from domain.misconduct.kept_apart import IdentityKept, IdentityRead, stream_of
from domain.misconduct.state import Report
from domain.values import PersonalData, instant

NOT_YOURS = "The identity of this reporter was not released to you, or no longer is. Ask for it with RequestIdentity."


@dataclass(frozen=True, slots=True)
class Identities:
    """Opens released identities. That one was read is written down first, and only then is it shown."""

    store: EventStore
    policy: AccessPolicy
    clock: Clock

    def read(self, report: str, actor: Actor, role: Role, purpose: Purpose) -> PersonalData:
        """Who the reporter is. Raises `NotFound` for a report that is not for these eyes, and `Forbidden`."""
        entries = self.store.load(report)
        if not self.policy.sees(actor, entries):
            raise NotFound(report)
        state: Report = aggregate_named(report).replay(entries)
        told, now = state.identity, self.clock()
        until = told.readable_by(actor.id, now)
        if until is None:
            raise Forbidden(NOT_YOURS)
        sealed = [entry for entry in (self.store.load(told.kept) if told.kept else entries) if _for(entry, actor)][-1]
        stream = stream_of(_must(_person(sealed)))
        read = NewEvent(uuid4(), IdentityRead(until=until), instant(now), actor.id, role, purpose, actor.unit)
        self._write(stream, read)
        [opened] = self.store.reveal([sealed])
        return _must(_person(opened))

    def _write(self, stream: str, read: NewEvent) -> None:
        for attempt in range(RETRIES):
            try:
                # Of the service, not of the reader's force, whose log would tell that there is a report.
                self.store.append(Append(stream, len(self.store.load(stream)), SERVICE, (read,)))
                return
            except Conflict:
                if attempt == RETRIES - 1:
                    raise


def _person(entry: RecordedEvent) -> PersonalData | None:
    """Whom an event says to be the reporter. The last counts: a disclosure may be taken back and made again."""
    event = entry.event
    return event.reporter if isinstance(event, IdentityKept | ReporterDisclosed) else None


def _for(entry: RecordedEvent, actor: Actor) -> bool:
    """Whether the event says to the actor who the reporter is: it was left apart, or disclosed to them."""
    event = entry.event
    return isinstance(event, IdentityKept) or (isinstance(event, ReporterDisclosed) and event.recipient == actor.id)


def _must(person: PersonalData | None) -> PersonalData:
    assert person is not None
    return person
