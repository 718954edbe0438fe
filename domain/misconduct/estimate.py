"""Estimates: when an investigation is expected to end, and when the report on it is expected."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.values import Moment

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class EstimateGiven(Event, name="estimate_given.v1"):
    """When the investigation is expected to end, and when the report on it is expected."""

    ends: Moment
    reports: Moment


ESTIMATE_LIES_AHEAD = Rule(
    "estimate_lies_ahead",
    "`ends` and `reports` are days to come, and the report does not come before the end.",
    "SI 2020/4, regulation 19; SI 2020/2, regulation 13 (policy of this system)",
)


class GiveEstimate(Command["Report"]):
    """Estimate when the investigation will end, and when its report will be there."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    ends: Annotated[Moment, Field(examples=["2099-06-01"])]
    reports: Annotated[Moment, Field(examples=["2099-07-01"])]

    def decide(self, state: "Report", act: Act) -> Decision:
        """The next delay statement rests on the last one given."""
        yield from state.allows(self)
        ahead = act.at <= self.ends.latest <= self.reports.latest
        yield from broken(ESTIMATE_LIES_AHEAD, when=not ahead)
        yield EstimateGiven(ends=self.ends, reports=self.reports)
