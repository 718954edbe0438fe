"""Identity: who an unknown reporter is, once they tell a named recipient; taken back until it has been released."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from domain.event import Act, Broken, Command, Decision, Event, Purpose, Rule, broken
from domain.misconduct.intake import REPORTER_STAYS_UNKNOWN, Anonymity
from domain.misconduct.kept_apart import IdentityKeptApart
from domain.replacing import replace
from domain.values import ActorId, FreeText, Moment, PersonalData, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class IdentityStatus(StrEnum):
    """Whether the reporter's identity was told, asked for by somebody, or handed to the one it was told to."""

    UNTOLD = "untold"
    DISCLOSED = "disclosed"
    REQUESTED = "requested"
    RELEASED = "released"


class ReporterDisclosed(Event, name="reporter_disclosed.v1"):
    """The reporter says who they are, to one recipient. Nobody reads it before it is released."""

    recipient: ActorId
    reporter: PersonalData


class DisclosureWithdrawn(Event, name="disclosure_withdrawn.v1"):
    """The reporter takes back what they disclosed, before it was released."""


class IdentityRequested(Event, name="identity_requested.v1"):
    """The recipient asks for the identity, for a purpose and until a day."""

    until: Moment
    because: SealedText | None = None


class IdentityReleased(Event, name="identity_released.v1"):
    """A second person approved the request; the recipient may read the identity until that day."""

    recipient: ActorId
    until: Moment


IdentityEvent = IdentityKeptApart | ReporterDisclosed | DisclosureWithdrawn | IdentityRequested | IdentityReleased

_POLICY = "Police Anti-Corruption and Abuse Reporting Service (2024): confidential reports (policy of this system)"

FOR_ITS_RECIPIENT = Rule(
    "identity_is_for_its_recipient",
    "The reporter disclosed this to somebody else; only they can ask for it.",
    _POLICY,
)
SECOND_PERSON_RELEASES = Rule(
    "second_person_releases_identity",
    "Whoever asked for the identity cannot release it; another person must.",
    _POLICY,
)
RELEASE_ENDS = Rule(
    "identity_release_ends",
    "Give in `until` a day that is still to come; a release does not last for ever.",
    _POLICY,
)


REQUEST_IS_PENDING = Rule(
    "identity_request_is_pending",
    "Somebody has asked already, and the day until which they asked is still to come; wait until that is decided.",
    _POLICY,
)
LEFT_FOR_THE_INVESTIGATORS = Rule(
    "identity_was_left_already",
    "The reporter left who they are when they reported; it can be released to whoever asks and has it approved.",
    _POLICY,
)
RELEASED_STAYS_RELEASED = Rule(
    "released_identity_stays_released",
    "This disclosure was released already, and cannot be taken back.",
    _POLICY,
)


class Release(NamedTuple):
    """A release that was approved: to whom, and the last day for which they may read the identity."""

    recipient: str
    until: Moment


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity track of a report; never the identity itself. `kept`: the stream that it stands in, if apart.

    Without a recipient it was left for the investigators: whoever of them asks becomes the recipient. Each release is
    for one person, and ends by itself; another one takes a request and an approval of its own.
    """

    status: IdentityStatus = IdentityStatus.UNTOLD
    recipient: str | None = None
    requested_by: str | None = None
    until: Moment | None = None
    kept: str | None = None
    releases: tuple[Release, ...] = ()

    def released_to(self, person: str) -> bool:
        """Whether it ever was released to that person."""
        return any(each.recipient == person for each in self.releases)

    def readable_by(self, person: str, at: datetime) -> Moment | None:
        """Until when the person may read it, by a release that has not ended at that instant (UTC); None: not."""
        found = [each.until for each in self.releases if each.recipient == person and each.until.latest > at]
        return max(found, key=lambda until: until.latest, default=None)

    def evolve(self, event: IdentityEvent, actor: str) -> "Identity":
        """The track after one more fact."""
        match event:
            case IdentityKeptApart():
                return Identity(IdentityStatus.DISCLOSED, kept=event.identity)
            case ReporterDisclosed():
                return Identity(IdentityStatus.DISCLOSED, event.recipient, releases=self.releases)
            case DisclosureWithdrawn():
                before = IdentityStatus.RELEASED if self.releases else IdentityStatus.UNTOLD
                return Identity(before, releases=self.releases)
            case IdentityRequested():
                # What was left for the investigators has no recipient but the one who asks.
                to = actor if self.kept is not None else self.recipient or actor
                return replace(
                    self, status=IdentityStatus.REQUESTED, recipient=to, requested_by=actor, until=event.until
                )
            case IdentityReleased():
                released = (*self.releases, Release(event.recipient, event.until))
                return replace(self, status=IdentityStatus.RELEASED, releases=released)


def may_be_named(person: PersonalData | None, state: "Report") -> Iterable[Broken]:
    """Broken if an event would say who the reporter is while that is not known here."""
    known = state.intake.anonymity is Anonymity.NAMED or bool(state.identity.releases)
    return broken(REPORTER_STAYS_UNKNOWN, when=person is not None and not known)


class DiscloseIdentity(Command["Report"]):
    """Say who you are, to one named recipient, having reported without a name."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    by_reporter: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {
        "recipient": "psd-0001",
        "reporter": {"subject": "person-00c0ffee", "value": "A name, and how to be reached."},
    }

    recipient: ActorId
    reporter: PersonalData

    def decide(self, state: "Report", act: Act) -> Decision:
        """It is kept sealed, and can be taken back until it is released. Once it was, it can be told to another."""
        yield from state.allows(self)
        yield from broken(LEFT_FOR_THE_INVESTIGATORS, when=state.identity.kept is not None)
        yield ReporterDisclosed(recipient=self.recipient, reporter=self.reporter)


class WithdrawDisclosure(Command["Report"]):
    """Take back the disclosure of who you are."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    by_reporter: ClassVar[bool] = True

    def decide(self, state: "Report", act: Act) -> Decision:
        """Until it was released; a request that is still open falls with it."""
        yield from state.allows(self)
        told = state.identity
        again = bool(told.releases) and (told.kept is not None or told.released_to(told.recipient or ""))
        yield from broken(RELEASED_STAYS_RELEASED, when=again)
        yield DisclosureWithdrawn()


class RequestIdentity(Command["Report"]):
    """Ask for the identity that the reporter disclosed to you, or left for the investigators."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    until: Annotated[Moment, Field(examples=["2099-12-31"])]
    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Only the recipient, if the reporter named one; for a purpose, until a day to come.

        Also once it was released, to somebody else or again; one request at a time.
        """
        yield from state.allows(self)
        told = state.identity
        open_until = told.until.latest if told.status is IdentityStatus.REQUESTED and told.until else None
        yield from broken(REQUEST_IS_PENDING, when=open_until is not None and open_until > act.at)
        for_another = told.kept is None and told.recipient not in (None, act.actor)
        yield from broken(FOR_ITS_RECIPIENT, when=act.by_someone_known and for_another)
        yield from broken(RELEASE_ENDS, when=self.until.latest <= act.at)
        yield IdentityRequested(until=self.until, because=self.because)


class ReleaseIdentity(Command["Report"]):
    """Approve that the identity is released to the recipient who asked for it."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    def decide(self, state: "Report", act: Act) -> Decision:
        """By a second person, while the time that was asked for lasts."""
        yield from state.allows(self)
        asked = state.identity
        own = act.by_someone_known and act.actor in (asked.requested_by, asked.recipient)
        yield from broken(SECOND_PERSON_RELEASES, when=own)
        yield from broken(RELEASE_ENDS, when=asked.until is None or asked.until.latest <= act.at)
        if asked.recipient is not None and asked.until is not None:
            yield IdentityReleased(recipient=asked.recipient, until=asked.until)
