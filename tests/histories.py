"""Histories as hypothesis draws them: several cases with every event a case can have, told in order of writing.

A history need not be sensible: what the import door accepts as testimony must be counted too. Times crowd around the
two changes of the clock, the change of the rules in April 2015, and the limits of 24 hours, one hour and the age bands.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st
from scenario import reported

from adapters.system import System
from application.ports import Append, Appended, NewEvent
from domain.case.cancellation import (
    CancellationApproved,
    CancellationCode,
    CancellationRefused,
    CancellationRequested,
    CancellationReversed,
    TransferAccepted,
    TransferRefused,
    TransferRequested,
)
from domain.case.classification import CrimeReclassified, ReceiptEstablished
from domain.case.closure import CaseClosed, CaseReopened, ReviewOf, ReviewRequested
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.flags import CrimeFlag, CrimeFlagged, CrimeUnflagged
from domain.case.investigation import (
    InvestigationAllocated,
    InvestigationFinished,
    InvestigationStarted,
    InvestigationSuspended,
    InvestigationUpdated,
    KeyEvent,
)
from domain.case.linking import CaseLinked, CaseUnlinked, LinkKind
from domain.case.notices import About
from domain.case.outcome import OutcomeAssigned
from domain.case.ownership import OwnerAssigned
from domain.case.recording import (
    CrimeRecorded,
    CrimeReported,
    DeclineReason,
    IncidentRegistered,
    N100Recorded,
    Receipt,
    RecordingDeclined,
    ReporterRole,
    Route,
)
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.case.victim import (
    EntitlementGround,
    NeedsAssessed,
    NoNotice,
    NoReferral,
    SupportReferralDeclined,
    SupportReferralMade,
    VictimInformed,
    VictimNoticeWaived,
    VictimStatementRecorded,
)
from domain.event import Event, Purpose, RecordedEvent, Role, SourceRow
from domain.values import Moment, Place, Precision, instant

FORCES = ("kent", "essex")
SOURCE = SourceRow("batch", 1, "content", "key")
HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)
BASES = [
    datetime(2015, 3, 28, 12, tzinfo=UTC),
    datetime(2015, 3, 31, 21, 30, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 30, tzinfo=UTC),
    datetime(2024, 3, 30, 23, 30, tzinfo=UTC),
    datetime(2024, 10, 26, 22, 45, tzinfo=UTC),
]
STEPS = [
    timedelta(0),
    MICROSECOND,
    timedelta(minutes=7),
    HOUR,
    24 * HOUR - MICROSECOND,
    24 * HOUR,
    24 * HOUR + MICROSECOND,
    72 * HOUR,
    72 * HOUR + timedelta(seconds=1),
    timedelta(days=7),
    timedelta(days=29),
]
DELAYS = [timedelta(0)] * 5 + [HOUR, HOUR + MICROSECOND, timedelta(hours=3), timedelta(days=40)]
MONTHS = ["2015-03", "2015-04", "2024-02", "2024-03", "2024-10"]
PRECISIONS = [Precision.INSTANT] * 8 + [Precision.MINUTE, Precision.DAY, Precision.MONTH]
OFFENCES = ["8N", "19C", "53", "105A", None]
OTHERS = [UUID(int=7, version=4), UUID(int=8, version=4)]
LEAVING: list[Event] = [
    CancellationRequested(code=CancellationCode.C2),
    CancellationRequested(code=CancellationCode.C4),
    CancellationApproved(),
    CancellationApproved(),
    CancellationRefused(),
    CancellationReversed(),
    TransferRequested(to_force="essex"),
    TransferAccepted(their_reference="42/1/24"),
    TransferRefused(),
]
WORK: list[Event] = [
    InvestigationAllocated(officer="staff-7", unit="CID"),
    InvestigationStarted(),
    InvestigationFinished(),
    OwnerAssigned(owner="staff-8", unit="CID"),
    InvestigationAllocated(officer="STAFF-2", unit="CID"),
    OwnerAssigned(owner="staff-3", unit="CID"),
    InvestigationSuspended(),
    VictimInformed(about=About.RECORDED),
    ReviewRequested(of=ReviewOf.OUTCOME),
]
FLAGS: list[Event] = [
    CrimeFlagged(flag=CrimeFlag.DOMESTIC_ABUSE),
    CrimeFlagged(flag=CrimeFlag.DOMESTIC_ABUSE),
    CrimeUnflagged(flag=CrimeFlag.DOMESTIC_ABUSE),
    CrimeFlagged(flag=CrimeFlag.HATE_CRIME),
]
NOT_REFERRED: list[Event] = [SupportReferralDeclined(reason=reason) for reason in NoReferral]
KEY_EVENTS: list[Event] = [InvestigationUpdated(what=what) for what in (KeyEvent.ARREST, KeyEvent.OTHER)]
PEOPLE = ["staff-1", "staff-2", "Staff-2", "staff-3"]
ROLES = [Role.RECORDER, Role.DESIGNATED_DECISION_MAKER, Role.FORCE_CRIME_REGISTRAR]
BROKEN = [(), (), ("move_is_open",), ("late_recording_needs_a_reason", "move_is_open")]
OUTCOMES = st.integers(1, 22) | st.sampled_from([14, 16])
UNITS = [None, "CID", "Force Contact Centre"]
PLACES = [None, Place(lsoa_code="E01024000"), Place(lsoa_code="E01024001"), Place(location="On or near Mill Street")]
CATEGORIES = ["Robbery", "Violence and sexual offences", "Other theft", None]


class Told(NamedTuple):
    """One event of a case, ready to be written."""

    stream: str
    force: str
    event: Event
    at: Moment
    written_at: datetime
    event_id: UUID
    source: SourceRow | None
    actor: str = "staff-1"
    role: Role = Role.RECORDER
    broken: tuple[str, ...] = ()
    unit: str | None = None


def rounded(at: datetime, precision: Precision) -> Moment:
    """The moment as somebody writes it who knows it no more exactly."""
    text = {
        Precision.INSTANT: str(instant(at)),
        Precision.MINUTE: f"{at:%Y-%m-%dT%H:%MZ}",
        Precision.DAY: str(instant(at).london_date),
        Precision.MONTH: str(instant(at).london_date)[:7],
    }
    return Moment.of(text[precision])


months = st.sampled_from(MONTHS).map(Moment.of)
later = [
    "leave",
    "leave",
    "reclassify",
    "establish",
    "link",
    "unlink",
    "close",
    "work",
    "victim",
    "victim",
    "flag",
    "refer",
]
live = st.sampled_from(
    ["register", "record", "record", "decline", "n100", "outcome", "correct", "correct", "evidence", *later]
)
published = st.sampled_from(["evidence", "evidence", "outcome", "incident", "withdraw", "correct", "record", *later])


@st.composite
def lives(
    draw: st.DrawFn, number: int, what_happens: st.SearchStrategy[str] | None = None, most: int = 5
) -> list[Told]:
    """One case: a report and what became of it, or what files have published about it."""
    force, at = draw(st.sampled_from(FORCES)), draw(st.sampled_from(BASES))
    is_import = draw(st.integers(0, 3)) == 0
    stream = f"case-{number:x}0{draw(st.integers(0, 15)):x}"
    told: list[Told] = []

    def tell(event: Event, moment: Moment, source: SourceRow | None) -> None:
        written = max(moment.latest + draw(st.sampled_from(DELAYS)), told[-1].written_at if told else moment.earliest)
        event_id = UUID(int=(number << 64) + len(told), version=4)
        one = Told(stream, force, event, moment, written, event_id, source, draw(st.sampled_from(PEOPLE)))
        told.append(one._replace(**_by(draw, source)))

    if not is_import:
        received = rounded(at, draw(st.sampled_from(PRECISIONS)))
        given = {
            "route": draw(st.sampled_from(Route)),
            "alleged": draw(st.sampled_from(OFFENCES)),
            "receipt": draw(st.sampled_from(Receipt)),
            "reporter_role": draw(st.sampled_from([ReporterRole.VICTIM, ReporterRole.POLICE])),
            "place_code": draw(st.sampled_from([None, None, "N1", "N2"])),
        }
        tell(reported(str(received), **given), instant(at), None)
    happens = what_happens if what_happens is not None else published if is_import else live
    for what in draw(st.lists(happens, min_size=int(is_import), max_size=most)):
        at += draw(st.sampled_from(STEPS))
        source = SOURCE if is_import else None
        moment = draw(months) if is_import else rounded(at, draw(st.sampled_from(PRECISIONS)))
        event = _event(draw, what, told)
        if event is not None:
            tell(event, moment, source)
    return told


def _by(draw: st.DrawFn, source: SourceRow | None) -> dict[str, Any]:
    """As whom somebody acted; a file may not say, and what it says may break rules."""
    if source is None:
        return {"role": draw(st.sampled_from(ROLES)), "unit": draw(st.sampled_from(UNITS))}
    return {"role": draw(st.sampled_from([*ROLES, Role.IMPORTER])), "broken": draw(st.sampled_from(BROKEN))}


def conduct(*what_happens: str, number: int = 0) -> st.SearchStrategy[list[Told]]:
    """One case in which these things happen again and again."""
    return lives(number, st.sampled_from(what_happens), 7)


def _event(draw: st.DrawFn, what: str, told: Sequence[Told]) -> Event | None:
    match what:
        case "register" | "incident":
            return IncidentRegistered(place=draw(st.sampled_from(PLACES)))
        case "record":
            return CrimeRecorded(offence=draw(st.sampled_from(OFFENCES[:-1])))
        case "decline":
            reasons = [DeclineReason.OTHER_FORCE, DeclineReason.BALANCE_NOT_MET, DeclineReason.VICTIM_UNTRACED]
            return RecordingDeclined(reason=draw(st.sampled_from(reasons)), rationale="Theirs.")
        case "n100":
            return N100Recorded(sub_code=1, rationale="Not confirmed.")
        case "outcome":
            number = draw(st.none() | OUTCOMES | OUTCOMES)
            return OutcomeAssigned(outcome=number, category=draw(st.sampled_from(CATEGORIES)))
        case "evidence":
            return CrimeRecordEvidenced(
                recorded=draw(st.none() | months),
                before=draw(st.none() | months),
                category=draw(st.sampled_from(CATEGORIES)),
                place=draw(st.sampled_from(PLACES)),
                last_outcome=draw(st.sampled_from(CATEGORIES)),
            )
        case "withdraw":
            rows = [one.event_id for one in told if isinstance(one.event, CrimeRecordEvidenced | OutcomeAssigned)]
            chosen = draw(st.lists(st.sampled_from(rows), unique=True)) if rows else []
            return SourceRowWithdrawn(withdraws=tuple(chosen))
        case "correct":
            return _correction(draw, told)
        case "ask":
            return CancellationRequested(code=draw(st.sampled_from(CancellationCode)))
        case "approve":
            return CancellationApproved()
        case "transfer":
            return TransferAccepted(their_reference="42/1/24")
        case "move":
            return draw(st.sampled_from(LEAVING[-3:]))
        case "waive":
            return VictimNoticeWaived(about=About.NOT_RECORDED, reason=draw(st.sampled_from(NoNotice)))
        case "wish":
            return OutcomeAssigned(outcome=draw(st.sampled_from([14, 16])))
        case "charge":
            return OutcomeAssigned(outcome=1, sub_code=draw(st.sampled_from([None, "A"])))
        case "say":
            return VictimStatementRecorded(supports=draw(st.booleans()), statement="I will not go to court.")
        case "flag":
            return draw(st.sampled_from(FLAGS))
        case "refer":
            return draw(st.sampled_from([SupportReferralMade(service="Victim Support"), *NOT_REFERRED]))
        case "key":
            return draw(st.sampled_from(KEY_EVENTS))
        case "tell":
            return _told_of_a_step(draw, told)
        case "assess":
            return NeedsAssessed(grounds=draw(st.sampled_from([(), (EntitlementGround.PERSISTENTLY_TARGETED,)])))
        case "victim":
            return _about_the_victim(draw, told)
        case _:
            return _later(draw, what)


def _told_of_a_step(draw: st.DrawFn, told: Sequence[Told]) -> Event:
    steps = {InvestigationUpdated: About.UPDATE, CancellationApproved: About.CANCELLED}
    steps[TransferAccepted] = About.TRANSFERRED
    happened = [(one.event_id, steps[type(one.event)]) for one in told if type(one.event) in steps]
    of_event, about = draw(st.sampled_from(happened or [(None, About.UPDATE)]))
    if draw(st.integers(0, 3)) == 0:
        return VictimNoticeWaived(about=about, reason=draw(st.sampled_from(NoNotice)))
    return VictimInformed(about=about, of_event=draw(st.sampled_from([None, of_event])))


def _about_the_victim(draw: st.DrawFn, told: Sequence[Told]) -> Event:
    declined = [one.event_id for one in told if isinstance(one.event, RecordingDeclined)]
    about = draw(st.sampled_from([About.NOT_RECORDED, About.NOT_RECORDED, About.OUTCOME]))
    match draw(st.sampled_from(["informed", "informed", "waived", "said", "said", "assessed"])):
        case "informed":
            return VictimInformed(about=about, of_event=draw(st.sampled_from([None, None, *declined])))
        case "waived":
            return VictimNoticeWaived(about=about, reason=draw(st.sampled_from(NoNotice)))
        case "said":
            return VictimStatementRecorded(supports=draw(st.integers(0, 2)) == 0, statement="I will not go to court.")
        case _:
            grounds = draw(st.sampled_from([(), (EntitlementGround.PERSISTENTLY_TARGETED,)]))
            return NeedsAssessed(grounds=grounds)


def _later(draw: st.DrawFn, what: str) -> Event:
    """What can happen to a case beside the decision, in whatever state it is: testimony may say anything."""
    match what:
        case "leave":
            return draw(st.sampled_from(LEAVING))
        case "reclassify":
            return CrimeReclassified(offence=draw(st.sampled_from(OFFENCES[:-1])))
        case "establish":
            received = draw(st.sampled_from(BASES)) + draw(st.sampled_from(STEPS)) - 2 * HOUR
            right = reported(str(rounded(received, draw(st.sampled_from(PRECISIONS)))))
            return ReceiptEstablished(received_at=right.received_at, record_by=right.record_by, rule_set=right.rule_set)
        case "link":
            return CaseLinked(under=f"case-{draw(st.sampled_from(OTHERS))}", kind=draw(st.sampled_from(LinkKind)))
        case "unlink":
            return CaseUnlinked(under=f"case-{OTHERS[0]}")
        case "close":
            return draw(st.sampled_from([CaseClosed(), CaseReopened()]))
        case _:
            return draw(st.sampled_from(WORK))


def _correction(draw: st.DrawFn, told: Sequence[Told]) -> Event | None:
    facts = [one for one in told if not isinstance(one.event, FactCorrected | SourceRowWithdrawn)]
    if not facts:
        return None
    target = draw(st.sampled_from(facts))
    when = rounded(
        draw(st.sampled_from(BASES)) + draw(st.sampled_from(STEPS)) - 2 * HOUR, draw(st.sampled_from(PRECISIONS))
    )
    given: dict[str, Any] = {"at": when}
    if isinstance(target.event, CrimeReported) and draw(st.booleans()):
        right = reported(str(when))
        given = {"received_at": when, "record_by": right.record_by, "rule_set": right.rule_set}
    elif isinstance(target.event, CrimeReported) and draw(st.booleans()):
        given = {"receipt": draw(st.sampled_from(Receipt))}
    elif isinstance(target.event, CrimeReported):
        given = {"route": draw(st.sampled_from(Route)), "alleged": draw(st.sampled_from(OFFENCES)), "place_code": "N3"}
    elif isinstance(target.event, CaseLinked):
        given = {"under": f"case-{draw(st.sampled_from(OTHERS))}"}
    elif isinstance(target.event, CrimeRecorded | CrimeReclassified) and draw(st.booleans()):
        given = {"offence": draw(st.sampled_from(OFFENCES[:-1]))}
    elif isinstance(target.event, OutcomeAssigned) and draw(st.booleans()):
        given = {"outcome": draw(st.integers(1, 22))}
    elif isinstance(target.event, CrimeRecordEvidenced):
        given = {"recorded": draw(months), "category": draw(st.sampled_from(CATEGORIES)), "place": PLACES[1]}
    elif isinstance(target.event, SupportReferralDeclined):
        given = {"reason": draw(st.sampled_from(NoReferral))}
    return FactCorrected(corrects=target.event_id, facts=CorrectedFacts(**given), because="A slip.")


@st.composite
def histories(draw: st.DrawFn, *, least: int = 1, most: int = 8) -> list[Told]:
    """Several cases in the order in which they were written."""
    told = [one for number in range(draw(st.integers(least, most))) for one in draw(lives(number))]
    return sorted(told, key=lambda one: one.written_at)


def write(system: System, told: Sequence[Told], after: Sequence[Told] = ()) -> list[RecordedEvent]:
    """Append a history to a synthetic store that holds what it comes `after`; the events as the log now has them."""
    versions = Counter(one.stream for one in after)
    items: list[Append] = []
    for one in told:
        envelope = (one.event_id, one.event, one.at, one.actor, one.role, Purpose.CRIME_RECORDING)
        new = NewEvent(*envelope, one.unit, one.source, written_at=one.written_at, broken=one.broken)
        items.append(Append(one.stream, versions[one.stream], one.force, (new,)))
        versions[one.stream] += 1
    assert all(isinstance(answer, Appended) for answer in system.store.append_many(items))
    return log(system)


def recorded(told: Sequence[Told], first: int = 1) -> list[RecordedEvent]:
    """The events as a store would give them back, positions from `first`."""
    versions: dict[str, int] = {}
    found: list[RecordedEvent] = []
    for position, one in enumerate(told, start=first):
        versions[one.stream] = versions.get(one.stream, 0) + 1
        envelope = (one.event_id, one.force, one.at, one.actor, one.role, Purpose.CRIME_RECORDING, one.event)
        written = one.written_at + position * MICROSECOND
        entry = RecordedEvent(one.stream, versions[one.stream], position, written, *envelope)
        found.append(entry._replace(source=one.source, broken=one.broken, unit=one.unit))
    return found


def log(system: System) -> list[RecordedEvent]:
    """Every event of the store."""
    entries: list[RecordedEvent] = []
    while page := system.store.read_log(entries[-1].position if entries else 0, 1000):
        entries += page
    return entries
