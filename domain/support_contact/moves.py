"""The moves of a contact: in which states each command is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from domain.event import Command
from domain.support_contact.advocacy import TakeAdvocacyAction
from domain.support_contact.cases import AddCase, RemoveCase
from domain.support_contact.closure import CloseContact, ReopenContact
from domain.support_contact.consent import ConsentStatus, GiveConsent, WithdrawConsent
from domain.support_contact.correction import CorrectContact
from domain.support_contact.escalation import (
    TO_ACCEPT,
    TO_DECLINE,
    TO_RESOLVE,
    AcceptEscalation,
    DeclineEscalation,
    EscalationStatus,
    RaiseEscalation,
    ResolveEscalation,
)
from domain.support_contact.opening import OpenContact
from domain.support_contact.signposting import SignpostEmergency


class ContactStatus(StrEnum):
    """Whether the contact is worked on."""

    NONE = "none"
    OPEN = "open"
    CLOSED = "closed"


ANY_CONSENT = frozenset(ConsentStatus)


@dataclass(frozen=True, slots=True)
class Where:
    """The states in which a command is open. `escalation`: one of them must stand so; None: however they stand."""

    status: frozenset[ContactStatus] = frozenset({ContactStatus.OPEN})
    consent: frozenset[ConsentStatus] = ANY_CONSENT
    escalation: frozenset[EscalationStatus] | None = None


MOVES: Mapping[type[Command[Any]], Where] = MappingProxyType(
    {
        OpenContact: Where(status=frozenset({ContactStatus.NONE})),
        SignpostEmergency: Where(),
        GiveConsent: Where(),
        WithdrawConsent: Where(consent=frozenset({ConsentStatus.GIVEN})),
        AddCase: Where(),
        RemoveCase: Where(),
        RaiseEscalation: Where(),
        AcceptEscalation: Where(escalation=TO_ACCEPT),
        DeclineEscalation: Where(escalation=TO_DECLINE),
        ResolveEscalation: Where(escalation=TO_RESOLVE),
        TakeAdvocacyAction: Where(),
        CloseContact: Where(),
        ReopenContact: Where(status=frozenset({ContactStatus.CLOSED})),
        CorrectContact: Where(status=frozenset({ContactStatus.OPEN, ContactStatus.CLOSED})),
    }
)
