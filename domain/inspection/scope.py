"""What is inspected: a force, an audit period, and the strata that are sampled, each with its size."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from domain.event import Act, Command, Decision, Event, Fact, Purpose, Rule, broken
from domain.values import ForceCode, instant

if TYPE_CHECKING:
    from domain.inspection.state import Inspection

INSPECTORATE = "inspectorate"
"""The force of the envelope of every inspection: it is none that is inspected."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
InspectionId = Annotated[str, StringConstraints(pattern=r"^inspection-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Stratum(StrEnum):
    """Violence against the person; sexual offences; all other crime. Fraud is in none.

    What was reported to a specialist department directly is an audit of its own, whatever its offence.
    """

    VIOLENT = "violent"
    SEXUAL = "sexual"
    OTHER = "other"
    PUBLIC_PROTECTION = "public_protection"


WEIGHED = (Stratum.VIOLENT, Stratum.SEXUAL, Stratum.OTHER)
"""The strata that the rate over all crime is made of."""
ROUTES_APART = "inspection-2"
"""The rule set under which public protection is apart."""


class InspectionStatus(StrEnum):
    """How far it is. `seeded`: the nonce is known; `drawn`: items are judged; `reviewed`: each was, by all."""

    NONE = "none"
    OPENED = "opened"
    SEEDED = "seeded"
    DRAWN = "drawn"
    REVIEWED = "reviewed"
    CONCLUDED = "concluded"
    ABANDONED = "abandoned"


class StratumPlan(Fact):
    """A stratum with its sample size, or with the half-width (in points) that its interval shall have."""

    stratum: Stratum
    sample: Annotated[int, Field(ge=0, le=20_000)] | None = None
    half_width_points: Annotated[float, Field(ge=0, le=50)] | None = None


class InspectionOpened(Event, name="inspection_opened.v1"):
    """An inspection began: who, what and how many are fixed, and the nonce is committed to by its hash."""

    inspected: ForceCode
    since: date
    until: date
    strata: tuple[StratumPlan, ...]
    commitment: Digest
    rule_set: str


_CDI = "HMICFRS crime data integrity programme: method and explanatory notes"

INSPECTED_FROM_OUTSIDE = Rule(
    "inspected_from_outside",
    "An inspection is conducted for the inspectorate; it takes an oversight token (force `*`), not one of a force.",
    f"{_CDI} (that no force inspects itself here is a policy of this system)",
)
INSPECTED_FORCE_IS_LISTED = Rule(
    "inspected_force_is_listed",
    "Name in `inspected` a force of the list (/v1/reference/forces).",
    f"{_CDI}: inspections are of a force",
)
AUDIT_PERIOD_IS_OVER = Rule(
    "audit_period_is_over",
    "The audit period runs from `since` to the day before `until`, and must be over: since < until ≤ today (London).",
    f"{_CDI}: an audit period that is over",
)
STRATA_ARE_NAMED_ONCE = Rule(
    "strata_are_named_once",
    "Name at least one of the strata violent, sexual, other and public_protection, and each once at most.",
    f"{_CDI}: violent and sexual offences are sampled apart (the list of strata is unconfirmed)",
)
STRATUM_IS_NOT_EMPTY = Rule(
    "stratum_is_not_empty",
    "Give each stratum a `sample` of at least 1 or a `half_width_points` above 0, and not both; leave out a stratum "
    "that is not audited: then there is no overall rate.",
    f"{_CDI}: no overall rate where a stratum was not audited",
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the opening fixed. `until` is the first day that no longer counts; `position`: that of the opening."""

    inspected: str | None = None
    since: date | None = None
    until: date | None = None
    strata: tuple[StratumPlan, ...] = ()
    commitment: str | None = None
    position: int = 0
    rule_set: str | None = None

    @property
    def sampled(self) -> tuple[Stratum, ...]:
        """The strata that the force's reports are in; those of inspections before `inspection-2` know no routes."""
        return tuple(Stratum) if self.rule_set == ROUTES_APART else WEIGHED

    @classmethod
    def of(cls, event: InspectionOpened, position: int) -> "Scope":
        """What the event says."""
        return cls(event.inspected, event.since, event.until, event.strata, event.commitment, position, event.rule_set)


class OpenInspection(Command["Inspection"]):
    """Open an inspection of a force: audit period, strata and sizes are fixed, and its nonce is committed to."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    opens: ClassVar[bool] = True
    on_behalf: ClassVar[str | None] = INSPECTORATE
    example: ClassVar[Mapping[str, Any]] = {
        "inspected": "kent",
        "since": "2026-01-01",
        "until": "2026-07-01",
        "strata": [
            {"stratum": "violent", "sample": 600},
            {"stratum": "sexual", "sample": 200},
            {"stratum": "other", "half_width_points": 3},
            {"stratum": "public_protection", "sample": 50},
        ],
        "commitment": "f6775dfb33b915d8c44b3a6c327f9d0ac71a0b163726da98c7a1a261932b9198",
    }

    inspected: ForceCode
    since: date
    until: date
    strata: Annotated[tuple[StratumPlan, ...], Field(max_length=len(Stratum))]
    commitment: Digest

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """`commitment` is the SHA-256 (hex) of a nonce of 64 random hex digits that is kept secret until the reveal."""
        yield from state.allows(self, act)
        yield from broken(
            INSPECTED_FORCE_IS_LISTED, when=self.inspected not in act.rules.forces, there_are=act.rules.forces
        )
        today = instant(act.at).london_date
        yield from broken(AUDIT_PERIOD_IS_OVER, when=not self.since < self.until <= today)
        named = [plan.stratum for plan in self.strata]
        yield from broken(STRATA_ARE_NAMED_ONCE, when=not named or len(set(named)) < len(named), there_are=Stratum)
        yield from broken(STRATUM_IS_NOT_EMPTY, when=not all(map(_is_sampled, self.strata)), there_are=Stratum)
        yield InspectionOpened(
            inspected=self.inspected,
            since=self.since,
            until=self.until,
            strata=self.strata,
            commitment=self.commitment,
            rule_set=act.rules.inspection.routes_id,
        )


def _is_sampled(plan: StratumPlan) -> bool:
    given = [wish for wish in (plan.sample, plan.half_width_points) if wish is not None]
    return len(given) == 1 and given[0] > 0
