"""Rule sets: immutable packaged data with effective dates, adopted by an event and passed in with the act."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any, Protocol, TypeVar

from domain.event import Event, Role
from domain.rules.disclosure import DisclosureRules, disclosure_rules
from domain.rules.inspection import InspectionRules, inspection_rules
from domain.rules.misconduct import MisconductRules, misconduct_rules
from domain.rules.misconduct_proceedings import ProceedingsRules, proceedings_rules
from domain.values import Moment

FILES = (
    "recording",
    "offences",
    "outcomes",
    "forces",
    "categories",
    "cancellation",
    "duties",
    "support_line",
    "misconduct",
    "misconduct_proceedings",
    "inspection",
    "inspection_routes",
    "disclosure",
)
DATED = ("recording", "duties", "misconduct_proceedings", "disclosure")


class RuleSetAdopted(Event, name="rule_set_adopted.v1"):
    """A rule set came into use in this store; its digest shows that the data did not change since."""

    rule_set: str
    effective: date
    digest: str


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """How long a force has to record a report received on or after `effective`."""

    id: str
    effective: date
    limit: timedelta


@dataclass(frozen=True, slots=True)
class Offence:
    """A classification with its group and its inspection stratum (violent, sexual, other, fraud)."""

    code: str
    title: str
    group: str
    stratum: str
    rape: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeType:
    """An outcome type: the day from which it may be assigned, the only group it is for, what it needs."""

    number: int
    title: str
    since: date | None = None
    only_group: str | None = None
    sub_codes: tuple[str, ...] = ()
    needs_statement: bool = False


@dataclass(frozen=True, slots=True)
class PublishedCategory:
    """A crime type as published, with the group and stratum that it determines, if any."""

    name: str
    group: str | None = None
    stratum: str | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The codes with what each must show, who may approve, and the offences for which self-defence can be claimed."""

    needs: dict[str, str]
    titles: dict[str, str]
    approvers: frozenset[Role]
    rape_approvers: frozenset[Role]
    self_defence_offences: frozenset[str]


@dataclass(frozen=True, slots=True)
class DutyRule:
    """How many working days a duty allows (None: set by another rule), and who hears of it when it is missed."""

    working_days: int | None = None
    enhanced_working_days: int | None = None
    escalate_to: Role | None = None
    may_pause: bool = False
    standing: str | None = None

    def days(self, *, enhanced: bool) -> int:
        """The working days allowed, by whether the victim has an enhanced entitlement."""
        plain = self.working_days or 0
        return self.enhanced_working_days or plain if enhanced else plain


@dataclass(frozen=True, slots=True)
class DutyRules:
    """What a force owes after what happens on or after `effective`, by kind of duty."""

    id: str
    effective: date
    source: str
    duties: dict[str, DutyRule]


@dataclass(frozen=True, slots=True)
class SupportLine:
    """For how many calendar months the support line directs callers to the force's own routes."""

    recent_months: int


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rule sets that this version of the software ships."""

    recording: tuple[RecordingRules, ...]
    offences: dict[str, Offence]
    outcomes: dict[int, OutcomeType]
    forces: dict[str, str]
    categories: dict[str, PublishedCategory]
    cancellation: Cancellation
    duties: tuple[DutyRules, ...]
    support_line: SupportLine
    misconduct: MisconductRules
    proceedings: tuple[ProceedingsRules, ...]
    disclosure: tuple[DisclosureRules, ...]
    inspection: InspectionRules
    back_dating: timedelta
    adopted: tuple[RuleSetAdopted, ...]

    def recording_rules(self, received: Moment) -> RecordingRules:
        """The set in force on the London day of receipt; the oldest one before that."""
        return _in_force(self.recording, received.london_date)

    def duty_rules(self, at: Moment) -> DutyRules:
        """The set in force on that London day; the oldest one before that."""
        return _in_force(self.duties, at.london_date)

    def proceedings_rules(self, at: Moment) -> ProceedingsRules:
        """The set in force on that London day; the oldest one before that."""
        return _in_force(self.proceedings, at.london_date)

    def disclosure_rules(self, at: Moment) -> DisclosureRules:
        """The set in force on that London day; the oldest one before that."""
        return _in_force(self.disclosure, at.london_date)


class _Dated(Protocol):
    @property
    def effective(self) -> date: ...


Dated = TypeVar("Dated", bound=_Dated)


def _in_force(sets: Sequence[Dated], day: date) -> Dated:
    """The latest of the sets (oldest first) that was in force on the day."""
    fitting = [rules for rules in sets if rules.effective <= day]
    return fitting[-1] if fitting else sets[0]


def _read(name: str) -> tuple[dict[str, Any], str]:
    raw = resources.files(__name__).joinpath(f"{name}.toml").read_bytes()
    return tomllib.loads(raw.decode()), sha256(raw).hexdigest()


@cache
def rule_book() -> RuleBook:
    """The rule book of this version, read once from the packaged files."""
    data = {name: _read(name) for name in FILES}
    sets = {name: sorted(data[name][0]["set"], key=lambda entry: entry["effective"]) for name in DATED}
    adopted = [
        RuleSetAdopted(rule_set=s["id"], effective=s["effective"], digest=data[name][1])
        for name in DATED
        for s in sets[name]
    ]
    recording, digest = data["recording"]
    adopted.append(
        RuleSetAdopted(
            rule_set=recording["back_dating"]["id"], effective=recording["back_dating"]["effective"], digest=digest
        )
    )
    for name in (name for name in FILES if name not in DATED):
        toml, digest = data[name]
        adopted.append(RuleSetAdopted(rule_set=toml["id"], effective=toml["effective"], digest=digest))
    return RuleBook(
        recording=tuple(
            RecordingRules(s["id"], s["effective"], timedelta(hours=s["record_within_hours"]))
            for s in sets["recording"]
        ),
        offences={
            code: Offence(code, o["title"], o["group"], o["stratum"], o.get("rape", False))
            for code, o in data["offences"][0]["offence"].items()
        },
        outcomes={
            int(number): OutcomeType(
                int(number),
                o["title"],
                o.get("from"),
                o.get("only_group"),
                tuple(o.get("sub_codes", ())),
                o.get("needs_statement", False),
            )
            for number, o in data["outcomes"][0]["type"].items()
        },
        forces=dict(data["forces"][0]["name"]),
        categories={
            name: PublishedCategory(name, **facts) for name, facts in data["categories"][0]["category"].items()
        },
        cancellation=_cancellation(data["cancellation"][0]),
        duties=tuple(_duties(s) for s in sets["duties"]),
        support_line=SupportLine(data["support_line"][0]["recent_months"]),
        misconduct=misconduct_rules(data["misconduct"][0]),
        proceedings=proceedings_rules(sets["misconduct_proceedings"]),
        disclosure=tuple(map(disclosure_rules, sets["disclosure"])),
        inspection=inspection_rules(data["inspection"][0], data["inspection_routes"][0]),
        back_dating=timedelta(minutes=recording["back_dating"]["tolerance_minutes"]),
        adopted=tuple(adopted),
    )


def _cancellation(toml: dict[str, Any]) -> Cancellation:
    return Cancellation(
        needs={code: facts["needs"] for code, facts in toml["code"].items()},
        titles={code: facts["title"] for code, facts in toml["code"].items()},
        approvers=frozenset(map(Role, toml["approvers"])),
        rape_approvers=frozenset(map(Role, toml["rape_approvers"])),
        self_defence_offences=frozenset(toml["self_defence_offences"]),
    )


def _duties(toml: dict[str, Any]) -> DutyRules:
    def rule(facts: dict[str, Any]) -> DutyRule:
        to = facts.get("escalate_to")
        return DutyRule(
            facts.get("working_days"),
            facts.get("enhanced_working_days"),
            to and Role(to),
            facts.get("may_pause", False),
            facts.get("standing"),
        )

    return DutyRules(
        toml["id"],
        toml["effective"],
        toml["source"],
        {name: rule(toml[name]) for name in toml if isinstance(toml[name], dict)},
    )
