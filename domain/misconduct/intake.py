"""Intake: somebody reports corruption or serious abuse, with or without saying who they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from domain.event import Act, Broken, Command, Decision, Elsewhere, Event, Purpose, Rule, broken
from domain.misconduct.kept_apart import KEPT_UNDER_A_NEW_KEY, IdentityKept, IdentityKeptApart, stream_of
from domain.values import ForceCode, FreeText, Moment, PersonalData, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][a-z_]{0,60}$")]
SERVICE = "reporting-service"
"""What stands for the force in the envelopes and tokens of the reporting service, which is none."""


class ReportChannel(StrEnum):
    """By which way the report came."""

    CRIMESTOPPERS = "crimestoppers"
    SUPPORT_LINE = "support_line"
    PUBLIC = "public"
    INTERNAL = "internal"
    AUDIT = "audit"


class Anonymity(StrEnum):
    """What is known of the reporter: nothing; details that are kept apart for the investigators; who they are."""

    ANONYMOUS = "anonymous"
    CONFIDENTIAL = "confidential"
    NAMED = "named"


class Employed(StrEnum):
    """Whether the person works for the police at present, as the reporter has it."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class ReportReceived(Event, name="report_received.v1"):
    """Somebody reported corruption or serious abuse. `read_back` and `agreed`: what an operator took down for them."""

    channel: ReportChannel
    anonymity: Anonymity
    received: Moment
    categories: tuple[Code, ...] = ()
    about_force: ForceCode | None = None
    currently_employed: Employed = Employed.UNKNOWN
    by_operator: bool = False
    read_back: bool = False
    agreed: bool = False
    reporter: PersonalData | None = None
    summary: SealedText | None = None


_SERVICE = "Police Anti-Corruption and Abuse Reporting Service (2024)"

REPORTER_STAYS_UNKNOWN = Rule(
    "reporter_stays_unknown",
    "The reporter has not said who they are; leave out every detail of them until they disclose it themselves.",
    f"{_SERVICE}: anonymous reports (that no event carries an identity is a policy of this system)",
)
LISTED_REPORT_CATEGORY = Rule(
    "report_category_is_listed",
    "Choose categories that were listed on the day of receipt (rule set misconduct-1).",
    f"{_SERVICE}: five categories",
)
LISTED_REPORT_FORCE = Rule(
    "report_force_is_listed",
    "Give a police force of the United Kingdom that is listed, or leave it out if the reporter does not know.",
    f"{_SERVICE}: about any force (the list is data of this system)",
)
RECEIVED_BY_TODAY = Rule(
    "report_is_received_by_today",
    "`received` cannot lie in the future; give the day, and no more than the day.",
    "NPCC Minimum POLE Data Standards Dictionary v1.1: no future dates (day precision: policy of this system)",
)
READ_BACK_AND_AGREED = Rule(
    "report_is_read_back_and_agreed",
    "What an operator takes down is read back to the caller, who agrees that it may be sent: `read_back`, `agreed`.",
    f"{_SERVICE}: telephone reports (the form of the record is a policy of this system)",
)


@dataclass(frozen=True, slots=True)
class Intake:
    """How the report began; `named` says whether it came with the reporter's identity."""

    channel: ReportChannel | None = None
    anonymity: Anonymity | None = None
    received: Moment | None = None
    categories: tuple[str, ...] = ()
    about_force: str | None = None
    currently_employed: Employed | None = None
    by_operator: bool = False
    named: bool = False

    @classmethod
    def of(cls, event: ReportReceived) -> "Intake":
        """What the event says, without what is sealed."""
        return cls(
            event.channel,
            event.anonymity,
            event.received,
            event.categories,
            event.about_force,
            event.currently_employed,
            event.by_operator,
            event.reporter is not None,
        )


class ReceiveReport(Command["Report"]):
    """Report corruption or serious abuse by somebody who works for the police."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    opens: ClassVar[bool] = True
    by_reporter: ClassVar[bool] = True

    channel: ReportChannel
    anonymity: Anonymity
    received: Annotated[Moment, Field(examples=["2026-03-02"])]
    categories: Annotated[tuple[Code, ...], Field(max_length=20, examples=[["money_or_favours"]])] = ()
    about_force: ForceCode | None = None
    currently_employed: Employed = Employed.UNKNOWN
    by_operator: bool = False
    read_back: bool = False
    agreed: bool = False
    reporter: PersonalData | None = None
    kept_apart: PersonalData | None = None
    summary: FreeText

    def concerns(self, state: "Report") -> tuple[str, ...]:
        """The stream of the identity that is kept apart."""
        return () if self.kept_apart is None else (stream_of(self.kept_apart),)

    def decide(self, state: "Report", act: Act) -> Decision:
        """Only a named report carries an identity (`reporter`); that of a confidential one is `kept_apart`.

        An operator reads back what they took down, and it is agreed.
        """
        yield from state.allows(self)
        yield from broken(RECEIVED_BY_TODAY, when=not is_a_day_by_now(self.received, act))
        listed = act.rules.misconduct.report_categories(self.received.london_date)
        yield from broken(LISTED_REPORT_CATEGORY, when=not listed.keys() >= set(self.categories))
        yield from is_listed(self.about_force, act)
        unnamed = self.anonymity is not Anonymity.NAMED
        yield from broken(REPORTER_STAYS_UNKNOWN, when=unnamed and self.reporter is not None)
        apart, confidential = self.kept_apart, self.anonymity is Anonymity.CONFIDENTIAL
        yield from broken(REPORTER_STAYS_UNKNOWN, when=apart is not None and not confidential)
        yield from broken(READ_BACK_AND_AGREED, when=self.by_operator and not (self.read_back and self.agreed))
        facts: dict[str, Any] = {name: getattr(self, name) for name in ReportReceived.model_fields}
        # Not even testimony brings an identity into the stream of a report that has none.
        facts["reporter"] = None if unnamed else self.reporter
        yield ReportReceived(**facts)
        # What a file says cannot be kept apart: it is one stream that an import writes.
        if apart is not None and confidential and act.by_someone_known:
            yield from broken(KEPT_UNDER_A_NEW_KEY, when=act.others[stream_of(apart)].version > 0)
            yield IdentityKeptApart(identity=stream_of(apart))
            yield Elsewhere(stream_of(apart), IdentityKept(reporter=apart))


def is_listed(force: str | None, act: Act) -> Iterable[Broken]:
    """Broken for a force that is not a listed one of the United Kingdom."""
    listed = force is None or force in act.rules.forces or force in act.rules.misconduct.forces
    return broken(LISTED_REPORT_FORCE, when=not listed)


def is_a_day_by_now(moment: Moment, act: Act) -> bool:
    """Whether it is a day, or a month, that has begun."""
    return moment.earliest <= act.at and moment.precision in ("day", "month")
