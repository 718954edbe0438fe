"""Assessment: what is done with a report, and the tests that bring it under Schedule 3."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from domain.event import Act, Broken, Command, Decision, Event, Purpose, Rule, broken
from domain.misconduct.intake import Code
from domain.replacing import replace
from domain.values import FreeText, Moment, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class Handling(StrEnum):
    """What is done with a report at the force."""

    UNASSESSED = "unassessed"
    ASSESSED = "assessed"
    INTELLIGENCE_ONLY = "intelligence_only"
    OUTSIDE_SCH3 = "outside_sch3"
    RECORDED = "recorded"
    LOCAL_HANDLING = "local_handling"


class Disposition(StrEnum):
    """What the assessment comes to."""

    INTELLIGENCE_ONLY = "intelligence_only"
    OUTSIDE_SCH3 = "outside_sch3"
    RECORD = "record"


class RecordingTest(StrEnum):
    """A test of which one is enough to force handling under Schedule 3."""

    COMPLAINANT_WANTS_IT = "complainant_wants_it"
    DEATH_OR_SERIOUS_INJURY = "death_or_serious_injury"
    CRIME_OR_DISCIPLINARY = "crime_or_disciplinary"
    ARTICLE_2_OR_3 = "article_2_or_3"
    MANDATORY_REFERRAL = "mandatory_referral"


class MatterKind(StrEnum):
    """What is recorded under Schedule 3."""

    COMPLAINT = "complaint"
    CONDUCT = "conduct"
    DSI = "dsi"


class ReportAssessed(Event, name="report_assessed.v1"):
    """The report was assessed; `tests` are those that bring it under Schedule 3."""

    disposition: Disposition
    tests: tuple[RecordingTest, ...] = ()
    cci_category: Code | None = None
    rationale: SealedText | None = None


class RecordingTestMet(Event, name="recording_test_met.v1"):
    """It came to light that the report must be handled under Schedule 3; it can at any time."""

    test: RecordingTest
    because: SealedText | None = None


AssessmentEvent = ReportAssessed | RecordingTestMet

_SCH3 = "Police Reform Act 2002, Schedule 3, paragraph 2(6A)"

KEPT_OUT_OF_SCH3 = Rule(
    "schedule_3_is_forced",
    "One of the tests is met, so this is handled under Schedule 3: record it (`RecordComplaint`, `RecordConductMatter` "
    "or `RecordDsiMatter`).",
    _SCH3,
)
ENGLAND_AND_WALES = Rule(
    "schedule_3_is_of_england_and_wales",
    "The report is with a force outside England and Wales; it is passed on and tracked, and no more.",
    "Police Reform Act 2002: extent (for the forces that are not territorial: unconfirmed)",
)
LISTED_CCI_CATEGORY = Rule(
    "counter_corruption_category_is_listed",
    "Choose a counter-corruption category that is in use on this day (rule set misconduct-1).",
    "HMICFRS glossary: national corruption-related intelligence (12 categories)",
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The handling track of a report. `tests`: those met so far, none of which is taken back."""

    status: Handling = Handling.UNASSESSED
    disposition: Disposition | None = None
    tests: tuple[RecordingTest, ...] = ()
    cci_category: str | None = None
    matter: MatterKind | None = None
    assessed_at: Moment | None = None
    recorded_at: Moment | None = None

    def with_tests(self, *tests: RecordingTest) -> "Assessment":
        """The track with more tests met."""
        return replace(self, tests=tuple(dict.fromkeys((*self.tests, *tests))))


def at_home(state: "Report", act: Act) -> Iterable[Broken]:
    """Broken if the force that has the report is one to which Schedule 3 does not extend."""
    return broken(ENGLAND_AND_WALES, when=not act.rules.misconduct.extends_to(state.held_by))


class AssessReport(Command["Report"]):
    """Assess the report, and say which tests that force handling under Schedule 3 are met."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    disposition: Disposition
    tests: Annotated[tuple[RecordingTest, ...], Field(max_length=5)] = ()
    cci_category: Code | None = None
    rationale: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """With a test met, now or before, it is recorded: neither kept outside Schedule 3 nor as intelligence only."""
        yield from state.allows(self)
        yield from at_home(state, act)
        listed = act.rules.misconduct.counter_corruption(act.at)
        yield from broken(LISTED_CCI_CATEGORY, when=self.cci_category is not None and self.cci_category not in listed)
        forced = bool({*self.tests, *state.assessment.tests})
        yield from broken(KEPT_OUT_OF_SCH3, when=forced and self.disposition is not Disposition.RECORD)
        tests = tuple(dict.fromkeys(self.tests))
        yield ReportAssessed(
            disposition=self.disposition, tests=tests, cci_category=self.cci_category, rationale=self.rationale
        )


class NoteRecordingTest(Command["Report"]):
    """Note that a test is met which forces handling under Schedule 3."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    test: RecordingTest
    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """At any time, such as when the complainant asks for it. It is not taken back."""
        yield from state.allows(self)
        yield from at_home(state, act)
        yield RecordingTestMet(test=self.test, because=self.because)
