"""Writes the stored sample of each event version that has none yet: `python tests/contract_samples.py`.

A sample that exists is never written again: it stands for what is on somebody's disk.
"""

import json
import sys
from base64 import b64decode, b64encode
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from inspection_samples import of_the_inspection
from proceedings_samples import of_the_proceedings
from report_samples import of_the_report

import domain  # noqa: F401  (fills the registry of events)
from adapters.eventstore import codec, sealing
from adapters.eventstore.sealing import DataKey, MasterKey
from application.ports import NewEvent
from domain.case.attestation import FactAttested
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
from domain.case.closure import (
    CaseClosed,
    CaseReopened,
    ReviewDecided,
    ReviewOf,
    ReviewRequested,
    ReviewResult,
)
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.duties import DeadlineMissed, DutyKind, DutyPaused, DutyResumed, MissEscalated
from domain.case.flags import CrimeFlag, CrimeFlagged, CrimeUnflagged
from domain.case.investigation import (
    FileSubmitted,
    InvestigationAllocated,
    InvestigationDeclined,
    InvestigationFinished,
    InvestigationResumed,
    InvestigationStarted,
    InvestigationSuspended,
    InvestigationUpdated,
    KeyEvent,
)
from domain.case.linking import CaseJoined, CaseLinked, CaseParted, CaseUnlinked, LinkKind
from domain.case.notices import About
from domain.case.outcome import OutcomeAssigned
from domain.case.ownership import OwnerAssigned
from domain.case.recording import (
    CrimeRecorded,
    CrimeReported,
    DeclineReason,
    IncidentKind,
    IncidentRegistered,
    N100Recorded,
    Receipt,
    RecordingDeclined,
    ReporterRole,
    Route,
)
from domain.case.reference import ReferenceAdded
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.case.victim import (
    AcknowledgementSent,
    Channel,
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
from domain.denominator.adopting import DenominatorOpened
from domain.event import EVENTS, Event, Purpose, Role, SourceRow
from domain.import_batch import Account, Coverage, ImportFinished, ImportStarted, Slice
from domain.promotion import Differences, ProjectionPromoted
from domain.publication import FiguresPublished, PublishedFigure
from domain.rules import RuleSetAdopted
from domain.support_contact.advocacy import AdvocacyActionTaken, AdvocacyKind
from domain.support_contact.cases import CaseAdded, CaseRemoved
from domain.support_contact.closure import ContactClosed, ContactReopened
from domain.support_contact.consent import ConsentGiven, ConsentWithdrawn
from domain.support_contact.escalation import (
    DeclinedBecause,
    EscalationAccepted,
    EscalationChannel,
    EscalationDeclined,
    EscalationRaised,
    EscalationResolved,
    EscalationResult,
)
from domain.support_contact.opening import ContactGround, ContactOpened, Eligibility
from domain.support_contact.signposting import EmergencySignposted, ForceRoute, ForceRouteSignposted, PoliceNumber
from domain.values import ExternalReference, Moment, PersonalData, Place

FOLDER = Path(__file__).parent / "contracts" / "events"
KEYS = FOLDER.parent / "keys.json"
STREAM, PERSON = "case-5a0f3c52-7c0e-4f4a-9a35-6a2d5d0a1c11", "person-00c0ffee"
OTHER = "case-0d9d5b52-0b55-4c8f-8f0e-27c0a3a5c2f4"
MASTER = bytes(range(32))
TEXT = "What she said; naïve “quotes” \\ and a \n new line."
PLACE = Place(
    longitude="0.521000",
    latitude="51.272000",
    location="On or near Mill Street",
    lsoa_code="E01024000",
    lsoa_name="Kent 001A",
)

EXAMPLES: tuple[Event, ...] = (
    CrimeReported(
        received_at=Moment.of("2024-03-01T10:00Z"),
        receipt=Receipt.CLAIMED,
        reported_at=Moment.of("2024-02"),
        route=Route.SUPPORT_LINE,
        reporter_role=ReporterRole.THIRD_PARTY,
        anonymous=False,
        alleged="19C",
        summary=TEXT,
        reporter=PersonalData(subject=PERSON, value="A Name"),
        reference="kent/2024/000123",
        external=(ExternalReference(system="STORM", reference="20240301-0456"),),
        place_code="E01024000",
        record_by=Moment.of("2024-03-02T10:00:59.999999Z"),
        rule_set="recording-2015",
    ),
    IncidentRegistered(kind=IncidentKind.NON_CRIME, incident="INC-1/24", place=PLACE),
    CrimeRecorded(offence="8N", crime_reference="06C/123/24", principal=False, late_because=TEXT),
    RecordingDeclined(reason=DeclineReason.CONTRARY_EVIDENCE, rationale=TEXT),
    N100Recorded(sub_code=2, rationale=TEXT),
    ReferenceAdded(external=ExternalReference(system="helpline", reference="VS 12/24")),
    OutcomeAssigned(outcome=1, category="Suspect charged", sub_code="A"),
    FactCorrected(
        corrects=UUID(int=7),
        because=TEXT,
        facts=CorrectedFacts(
            at=Moment.of("2024-03-01T11:00:00.5Z"),
            received_at=Moment.of("2024-03-01"),
            receipt=Receipt.ESTABLISHED,
            reported_at=None,
            route=Route.ONLINE,
            reporter_role=ReporterRole.VICTIM,
            alleged="8P",
            record_by=Moment.of("2024-03-02T23:59:59.999999Z"),
            rule_set="recording-2015",
            incident="INC-2/24",
            offence="53",
            crime_reference="06C/124/24",
            principal=True,
            reason=DeclineReason.OTHER_FORCE,
            sub_code=3,
            outcome=1,
            category="Robbery",
            recorded=Moment.of("2024-03"),
            before=Moment.of("2024-04"),
            place=PLACE,
            last_outcome="Under investigation",
        ),
    ),
    CrimeRecordEvidenced(
        recorded=Moment.of("2024-03"),
        before=Moment.of("2024-04"),
        category="Robbery",
        place=PLACE,
        last_outcome="Under investigation",
    ),
    FactAttested(attests=UUID(int=7), facts=CorrectedFacts(at=Moment.of("2024-03-02"), offence="8N")),
    SourceRowWithdrawn(withdraws=(UUID(int=8), UUID(int=9))),
    ImportStarted(source="police-uk", file="2024-03-kent-street.csv", digest="a" * 64, coverage=Coverage.RECORDED_ONLY),
    ImportFinished(
        digest="a" * 64,
        covers=(Slice(kind="street", force="kent", month="2024-03"),),
        account=Account(
            rows_read=10,
            rows_applied=7,
            rows_already_known=2,
            rows_quarantined=1,
            rows_corrected=1,
            rows_withdrawn=0,
            events_appended=9,
        ),
        quarantined={"no month": 1},
    ),
    RuleSetAdopted(rule_set="recording-2015", effective=datetime(2015, 4, 1, tzinfo=UTC).date(), digest="b" * 64),
    ProjectionPromoted(
        projection="case_facts",
        before="0123456789",
        after="0123456789_b",
        build_id=UUID(int=10),
        position=4712,
        digest="c" * 64,
        rows=Differences(only_before=0, only_after=1, changed=2),
        versions=Differences(only_before=0, only_after=3, changed=4),
        because="The projector had skipped the event at position 4711.",
    ),
    CrimeReclassified(offence="8P", rationale=TEXT),
    ReceiptEstablished(
        received_at=Moment.of("2024-03-01T09:30Z"),
        record_by=Moment.of("2024-03-02T09:30:59.999999Z"),
        rule_set="recording-2015",
        evidence=TEXT,
    ),
    CancellationRequested(
        code=CancellationCode.C2,
        verifiable_information=TEXT,
        surviving="06C/122/24",
        error=TEXT,
        self_defence=TEXT,
    ),
    CancellationApproved(rationale=TEXT),
    CancellationRefused(because=TEXT),
    CancellationReversed(because=TEXT),
    TransferRequested(to_force="essex", because=TEXT),
    TransferAccepted(their_reference="42/1234/24"),
    TransferRefused(because=TEXT),
    InvestigationAllocated(officer="staff-0007", unit="CID north"),
    InvestigationStarted(),
    InvestigationUpdated(what=KeyEvent.ARREST, note=TEXT),
    InvestigationSuspended(because=TEXT),
    InvestigationResumed(because=TEXT),
    FileSubmitted(to="CPS South East"),
    InvestigationFinished(summary=TEXT),
    InvestigationDeclined(because=TEXT),
    CaseClosed(because=TEXT),
    CaseReopened(because=TEXT),
    ReviewRequested(of=ReviewOf.OUTCOME, because=TEXT),
    ReviewDecided(result=ReviewResult.NOT_UPHELD, rationale=TEXT),
    NeedsAssessed(grounds=(EntitlementGround.PERSISTENTLY_TARGETED, EntitlementGround.VULNERABLE_OR_INTIMIDATED)),
    AcknowledgementSent(channel=Channel.LETTER),
    SupportReferralMade(service="Victim Support"),
    SupportReferralDeclined(reason=NoReferral.NOT_WANTED),
    VictimInformed(about=About.UPDATE, channel=Channel.LETTER, of_event=UUID(int=6)),
    VictimNoticeWaived(about=About.OUTCOME, reason=NoNotice.UNTRACEABLE, rationale=TEXT),
    VictimStatementRecorded(supports=False, statement=TEXT),
    CaseLinked(under=OTHER, kind=LinkKind.FINISHED_INCIDENT, because=TEXT),
    CaseUnlinked(under=OTHER, because=TEXT),
    CaseJoined(case=OTHER, kind=LinkKind.DUPLICATE),
    CaseParted(case=OTHER),
    CrimeFlagged(flag=CrimeFlag.DOMESTIC_ABUSE),
    CrimeUnflagged(flag=CrimeFlag.HATE_CRIME),
    OwnerAssigned(owner="staff-0008", unit="CID south", because=TEXT),
    DutyPaused(duty=DutyKind.UPDATE, because=TEXT),
    DutyResumed(duty=DutyKind.UPDATE, because=TEXT),
    DeadlineMissed(
        case=STREAM,
        duty=DutyKind.VICTIM_TOLD,
        about=About.RECORDED,
        opened_by=UUID(int=3),
        due=Moment.of("2024-03-08T23:59:59.999999Z"),
        rule_set="duties-2021",
    ),
    MissEscalated(to=Role.SUPERVISOR),
    ContactOpened(
        ground=ContactGround.UNRECORDED,
        anonymous=False,
        caller=PersonalData(subject=PERSON, value="A Name"),
        reference="VS 12/24",
        happened_on=Moment.of("2024-02"),
        eligibility=Eligibility.OTHER_FORCE,
        force_concerned="essex",
        eligibility_because=TEXT,
        in_danger=True,
        summary=TEXT,
    ),
    EmergencySignposted(number=PoliceNumber.EMERGENCY),
    ForceRouteSignposted(to_force="essex", because=ForceRoute.OTHER_FORCE),
    ConsentGiven(with_details=True),
    ConsentWithdrawn(because=TEXT),
    CaseAdded(case=STREAM),
    CaseRemoved(case=STREAM, because=TEXT),
    EscalationRaised(
        number=2, channel=EscalationChannel.MAYOR, ground=ContactGround.NOT_REFERRED, case=STREAM, because=TEXT
    ),
    EscalationAccepted(number=2),
    EscalationDeclined(number=2, reason=DeclinedBecause.NOT_ENOUGH_INFORMATION, rationale=TEXT),
    EscalationResolved(number=2, result=EscalationResult.RECORDED_LATE, case=STREAM, rationale=TEXT),
    AdvocacyActionTaken(kind=AdvocacyKind.CHALLENGE_DECISION, case=STREAM, note=TEXT),
    ContactClosed(because=TEXT),
    ContactReopened(because=TEXT),
    *of_the_report(TEXT, PERSON),
    *of_the_proceedings(TEXT),
    *of_the_inspection(TEXT),
    DenominatorOpened(of="kent"),
    FiguresPublished(
        title="2024/25",
        known_at=Moment.of("2025-05-01T09:14:00Z"),
        rule_set="disclosure-2020",
        figures=(
            PublishedFigure(
                metric="sch3_share",
                definition_version=1,
                since=date(2024, 4, 1),
                until=date(2025, 4, 1),
                table='{"all":{"denominator":200,"numerator":80,"value":0.4},"metric":"sch3_share"}',
                digest="0" * 64,
            ),
        ),
    ),
)


def keys() -> dict[str, DataKey]:
    """The data keys of the samples, made on first use and kept with them, wrapped by a master key that is no secret."""
    master = MasterKey(MASTER)
    if not KEYS.exists():
        wrapped = {key_id: b64encode(master.new_key(key_id)[1]).decode() for key_id in (STREAM, PERSON)}
        KEYS.write_text(json.dumps({"master": MASTER.hex(), "wrapped": wrapped}, indent=2) + "\n")
    return opened_keys(json.loads(KEYS.read_text()))


def opened_keys(kept: dict[str, object]) -> dict[str, DataKey]:
    """The data keys as `keys.json` has them."""

    master, wrapped = MasterKey(bytes.fromhex(str(kept["master"]))), kept["wrapped"]
    assert isinstance(wrapped, dict)
    return {key_id: master.unwrap(key_id, b64decode(text)) for key_id, text in wrapped.items()}


def sample(number: int, event: Event) -> dict[str, object]:
    """A row as the store would hold it, with every part of the envelope, and what is readable in it."""
    at = Moment.of("2024-03-01T12:00Z") if number % 2 else Moment.of("2024-03-01T12:00:00.000250Z")
    new = NewEvent(
        UUID(int=number),
        event,
        at,
        "staff-0001",
        Role.RECORDER,
        Purpose.CRIME_RECORDING,
        unit="crime-management",
        source=SourceRow("import-1", 12, "c" * 64, "k" * 64),
        correlation="request-1",
        causation=UUID(int=100 + number),
        broken=("late_recording_needs_a_reason",),
    )
    state = codec.encode(new, STREAM, keys())
    opened = {
        name: value.value if personal else value
        for name, personal in sealing.sealed_fields(type(event))
        if (value := getattr(event, name)) is not None
    }
    row = {
        "stream": STREAM,
        "version": number,
        "name": event.NAME,
        "position": 1000 + number,
        "written_at": (datetime(2024, 3, 1, 12, tzinfo=UTC) + timedelta(microseconds=number)).isoformat(),
        "event_id": str(new.event_id),
        "force": "kent",
        "state": state,
    }
    return {"name": event.NAME, "data": json.loads(state)["data"], "opened": opened, "row": row}


def main() -> None:
    """Write what is missing; say for which events there is no example to write from."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for number, event in enumerate(EXAMPLES, start=1):
        path = FOLDER / f"{event.NAME}.json"
        if not path.exists():
            path.write_text(json.dumps(sample(number, event), indent=2, ensure_ascii=False) + "\n")
            print(f"wrote {path.name}")
    without = EVENTS.keys() - {event.NAME for event in EXAMPLES}
    if without:
        sys.exit(f"no example for {', '.join(sorted(without))}")


if __name__ == "__main__":
    main()
