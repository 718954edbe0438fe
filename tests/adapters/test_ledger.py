"""The ledger of the unrecorded holds exactly the reports that nobody decided on, whatever else the log is full of."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import oracle
import pytest
from asking import ask, project, raw
from log_entries import appends, case_id
from scenario import reported

from adapters.postgres.ledger import Ledger, Wanted
from adapters.postgres.question import BadQuestion
from adapters.system import System
from application.known_at import KnownAt
from application.ports import Append, Appended, Conflict, NewEvent
from application.simulation.case import Life, new_id
from application.simulation.force import staff
from domain.case.cancellation import ApproveCancellation, CancellationCode, RequestCancellation, ReverseCancellation
from domain.case.classification import EstablishReceipt, ReclassifyCrime
from domain.case.closure import CaseClosed, CloseCase, ReopenCase
from domain.case.correction import CorrectedFacts, CorrectFact
from domain.case.investigation import AllocateInvestigation, StartInvestigation
from domain.case.linking import CaseLinked, CaseUnlinked, LinkCase, LinkKind, UnlinkCase
from domain.case.notices import About
from domain.case.outcome import AssignOutcome
from domain.case.ownership import AssignOwner
from domain.case.recording import (
    CrimeRecorded,
    DeclineReason,
    DeclineRecording,
    IncidentRegistered,
    Receipt,
    RecordCrime,
    Recording,
    RecordingDeclined,
    RecordingStatus,
    RecordN100,
    RegisterIncident,
    ReportCrime,
    ReporterRole,
    Route,
)
from domain.case.state import Case
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.case.transfer import AcceptTransfer, RequestTransfer
from domain.case.victim import Channel, InformVictim
from domain.event import Event, Purpose, Role, SourceRow
from domain.rules import rule_book
from domain.values import Moment, instant
from projections.case_facts import case_facts

FORCES = ("kent", "essex")
JANUARY, KNOWN, LATER, END = (datetime(2024, month, 1, tzinfo=UTC) for month in (1, 5, 6, 12))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOURCE = SourceRow("batch", 1, "content", "key")
WHY = "As the log shows."

Tale = Callable[["Teller"], object]


class Teller:
    """Tells one case: through the commands of the live door, or as a file has it."""

    def __init__(self, force: str, draw: Random, survivor: Case) -> None:
        received = JANUARY + draw.random() * 90 * DAY
        self.case = f"case-{new_id(draw)}"
        self.draw, self.survivor = draw, survivor
        others = {str(survivor.id): survivor}
        self.life = Life(self.case, force, received, JANUARY, END, staff(0), rule_book(), draw, others=others)
        self.file: list[Append] = []

    def report(self, *, claimed: bool = False, alleged: str = "8N") -> NewEvent:
        command = ReportCrime(
            received_at=instant(self.life.received),
            receipt=Receipt.CLAIMED if claimed else Receipt.ESTABLISHED,
            route=Route.SUPPORT_LINE if claimed else self.draw.choice(list(Route)),
            reporter_role=ReporterRole.VICTIM,
            alleged=alleged,
        )
        return self.life.does(command, Role.RECORDER, self.life.received + HOUR)[0]

    def does(self, *commands: Any, role: Role = Role.SUPERVISOR, at: datetime | None = None) -> NewEvent:
        for command in commands:
            events = self.life.does(command, role, at or self.life.now + self.draw.uniform(0.1, 9) * HOUR)
        return events[0]

    def imports(self, *events: Event) -> list[NewEvent]:
        """Rows of a file, written in March."""
        told: list[NewEvent] = []
        for event in events:
            at = JANUARY + (70 + len(self.file)) * DAY + self.draw.random() * HOUR
            envelope = (self.life.new_id(), event, instant(at), "import:rms", Role.IMPORTER, Purpose.IMPORT)
            told.append(NewEvent(*envelope, source=SOURCE, written_at=at))
            self.file.append(Append(self.case, len(self.file), self.life.force, (told[-1],)))
        return told

    def imports_report(self, receipt: Receipt = Receipt.ESTABLISHED) -> list[NewEvent]:
        return self.imports(reported(str(instant(self.life.received)), receipt=receipt))

    def records(self, offence: str = "8N") -> NewEvent:
        return self.does(RecordCrime(offence=offence, crime_reference="X/1", late_because=WHY))

    def tells(self, *abouts: About) -> None:
        for about in abouts:
            self.does(InformVictim(about=about, channel=Channel.LETTER))


def linked_and_parted(t: Teller) -> None:
    t.report()
    t.does(LinkCase(under=str(t.survivor.id), kind=LinkKind.DUPLICATE, because=WHY), UnlinkCase(because=WHY))


def corrected(t: Teller) -> None:
    report = t.report()
    facts = CorrectedFacts(received_at=instant(t.life.received - 5 * HOUR), route=Route.ONLINE)
    t.does(CorrectFact(corrects=report.event_id, facts=facts, because=WHY))


def established(t: Teller) -> None:
    t.report(claimed=True)
    t.does(EstablishReceipt(received_at=instant(t.life.received - HOUR), evidence=WHY))


def worked_on(t: Teller) -> None:
    t.report()
    officer = t.life.people[Role.INVESTIGATOR][0]
    t.does(AllocateInvestigation(officer=officer), StartInvestigation(), AssignOwner(owner="staff-0001", unit="CID"))


def withdrawn_decision(t: Teller) -> None:
    t.imports_report()
    [decision] = t.imports(RecordingDeclined(reason=DeclineReason.OTHER_FORCE))
    t.imports(SourceRowWithdrawn(withdraws=(decision.event_id,)))


def closed_undecided(t: Teller) -> None:
    t.imports_report()
    t.imports(CaseClosed())


def decided_later(t: Teller) -> None:
    t.report()
    command = t.draw.choice(
        [DeclineRecording(reason=DeclineReason.OTHER_FORCE, rationale=WHY), RecordCrime(offence="8N", late_because=WHY)]
    )
    t.does(command, at=LATER + t.draw.random() * 30 * DAY)


def linked_later(t: Teller) -> None:
    t.report()
    link = LinkCase(under=str(t.survivor.id), kind=LinkKind.DUPLICATE, because=WHY)
    t.does(link, at=LATER + t.draw.random() * 30 * DAY)


def established_later(t: Teller) -> None:
    t.report(claimed=True)
    t.does(EstablishReceipt(received_at=instant(t.life.received), evidence=WHY), at=LATER + t.draw.random() * DAY)


def linked(t: Teller) -> None:
    t.report()
    t.does(LinkCase(under=str(t.survivor.id), kind=t.draw.choice(list(LinkKind)), because=WHY))


def imported_link(t: Teller) -> None:
    t.imports_report()
    t.imports(CaseLinked(under=str(t.survivor.id), kind=LinkKind.DUPLICATE))


def linked_anew(t: Teller) -> None:
    t.imports_report()
    under = str(t.survivor.id)
    t.imports(CaseLinked(under=under, kind=LinkKind.DUPLICATE), CaseUnlinked(under=under))
    t.imports(CaseLinked(under=under, kind=LinkKind.FINISHED_INCIDENT))


def closed_and_reopened(t: Teller) -> None:
    t.report()
    t.does(DeclineRecording(reason=DeclineReason.NO_CRIME_IN_LAW, rationale=WHY))
    t.tells(About.NOT_RECORDED)
    t.does(CloseCase(), ReopenCase(because=WHY))


def with_an_outcome(t: Teller) -> None:
    t.report()
    t.records()
    t.tells(About.RECORDED)
    t.does(ReclassifyCrime(offence="105A", rationale=WHY), AssignOutcome(outcome=18))
    t.tells(About.OUTCOME)
    t.does(CloseCase(), ReopenCase(because=WHY))


def n100(t: Teller) -> None:
    t.report(alleged="19C")
    t.does(RecordN100(sub_code=1, rationale=WHY))
    if t.draw.random() < 0.5:
        t.records("19C")


def cancelled(t: Teller) -> None:
    t.report()
    t.records()
    t.does(RequestCancellation(code=CancellationCode.C4, error=WHY), role=Role.INVESTIGATOR)
    t.does(ApproveCancellation(rationale=WHY), role=Role.FORCE_CRIME_REGISTRAR)
    if t.draw.random() < 0.3:
        t.does(ReverseCancellation(because=WHY), role=Role.FORCE_CRIME_REGISTRAR)


def transferred(t: Teller) -> None:
    t.report()
    t.records()
    t.does(RequestTransfer(to_force="surrey", because=WHY))
    t.does(AcceptTransfer(their_reference="S/1"), role=Role.FORCE_CRIME_REGISTRAR)


def decision_corrected(t: Teller) -> None:
    t.report()
    decision = t.does(RecordCrime(offence="8N"))
    facts = CorrectedFacts(at=instant(t.life.received + 2 * HOUR), offence="105A")
    t.does(CorrectFact(corrects=decision.event_id, facts=facts, because=WHY), role=Role.FORCE_CRIME_REGISTRAR)


def shown_by_a_publication(t: Teller) -> None:
    t.report()
    t.file = list(t.life.appends)
    at = t.life.now + DAY
    evidence = CrimeRecordEvidenced(recorded=Moment.of("2024-03"))
    new = NewEvent(t.life.new_id(), evidence, instant(at), "a", Role.IMPORTER, Purpose.IMPORT, None, SOURCE)
    t.life.appends.append(Append(t.case, len(t.life.history), t.life.force, (new._replace(written_at=at),)))
    t.file = []


def recorded_only(t: Teller) -> None:
    t.imports(CrimeRecordEvidenced(recorded=Moment.of("2024-02")))


def new_later(t: Teller) -> None:
    t.life.received += 150 * DAY
    t.life.now = t.life.received
    t.report()


# How many cases have each tale. At `KNOWN` nobody has decided on the first; nobody looks for the last in the ledger.
CONFIRMED: dict[Tale, int] = {
    lambda t: t.report(): 30,
    lambda t: (t.report(), t.does(RegisterIncident())): 30,
    linked_and_parted: 20,
    corrected: 15,
    established: 16,
    worked_on: 12,
    lambda t: t.imports_report(): 15,
    lambda t: (t.imports_report(), t.imports(IncidentRegistered())): 10,
    withdrawn_decision: 9,
    closed_undecided: 7,
    decided_later: 14,
    linked_later: 5,
}
ALLEGED: dict[Tale, int] = {
    lambda t: t.report(claimed=True): 24,
    lambda t: t.imports_report(Receipt.CLAIMED): 10,
    established_later: 6,
}
DECIDED: dict[Tale, int] = {
    lambda t: (t.report(), t.records()): 250,
    lambda t: (t.report(), t.does(RegisterIncident()), t.records()): 150,
    lambda t: (t.imports_report(), t.imports(CrimeRecorded(offence="8N"))): 60,
    closed_and_reopened: 60,
    with_an_outcome: 70,
    n100: 50,
    cancelled: 40,
    transferred: 17,
    decision_corrected: 30,
    linked: 30,
    imported_link: 8,
    linked_anew: 7,
    shown_by_a_publication: 5,
}
BESIDE: dict[Tale, int] = {recorded_only: 40, new_later: 25}


class Told(NamedTuple):
    """A store with 1,000 reports, and the ids of those never decided on, by whether they are alleged or confirmed."""

    system: System
    confirmed: list[str]
    alleged: list[str]

    @property
    def never_decided(self) -> list[str]:
        return sorted(self.confirmed + self.alleged)

    def ledger(self, wanted: Wanted | None = None, page: int = 1000) -> list[dict[str, Any]]:
        """All cases that are wanted, or those of the ledger of May, read page by page."""
        return paged(self.system, wanted or Wanted(known_at=KnownAt(instant=KNOWN)), page)[1]


def paged(system: System, wanted: Wanted, page: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    answer = first = Ledger(system.metrics).find(wanted._replace(limit=page))
    found = list(first["cases"])
    while answer["next_after"] is not None:
        answer = Ledger(system.metrics).find(wanted._replace(limit=page, after=answer["next_after"]))
        assert len(answer["cases"]) <= page
        found += answer["cases"]
    return first, found


def ids(cases: list[dict[str, Any]]) -> list[str]:
    return sorted(case["case"] for case in cases)


@pytest.fixture(scope="module")
def told(new_kept_system: Callable[..., System]) -> Told:
    """The store, told in order of writing and projected."""
    system = new_kept_system(synthetic=True)
    draw = Random(223)
    stands = Recording(status=RecordingStatus.REPORTED)
    survivors = {
        force: Case(id=f"case-{UUID(int=n + 1, version=4)}", force=force, version=1, recording=stands)
        for n, force in enumerate(FORCES)
    }
    every: list[Append] = []

    def tell(tales: dict[Tale, int]) -> list[str]:
        cases: list[str] = []
        for tale, count in tales.items():
            for _ in range(count):
                force = draw.choice(FORCES)
                teller = Teller(force, draw, survivors[force])
                tale(teller)
                cases.append(teller.case)
                every.extend(teller.file or teller.life.appends)
        return cases

    confirmed, alleged, decided, _ = map(tell, (CONFIRMED, ALLEGED, DECIDED, BESIDE))
    assert len(confirmed) + len(alleged) + len(decided) == 1000
    every.sort(key=lambda append: append.events[0].written_at)  # type: ignore[arg-type,return-value]
    answers: list[Appended | Conflict] = []
    for number in range(0, len(every), 500):
        answers += system.store.append_many(every[number : number + 500])
    assert all(isinstance(answer, Appended) for answer in answers)
    project(system)
    return Told(system, sorted(confirmed), sorted(alleged))


def test_the_ledger_holds_exactly_the_223_that_were_never_decided(told: Told) -> None:
    found = told.ledger()
    assert len(told.never_decided) == 223
    assert ids(found) == told.never_decided
    assert ids([case for case in found if case["standing"] == "confirmed"]) == told.confirmed
    assert ids([case for case in found if case["standing"] == "alleged"]) == told.alleged
    assert [case["received_at"] for case in found] == sorted(case["received_at"] for case in found)


def test_alleged_and_confirmed_are_counted_apart_and_filters_add_up(told: Told) -> None:
    known = KnownAt(instant=KNOWN)
    first, _ = paged(told.system, Wanted(known_at=known), 7)
    assert (first["alleged"]["value"], first["confirmed"]["value"]) == (len(told.alleged), len(told.confirmed))
    assert sum(first["confirmed"]["bands"].values()) == len(told.confirmed)
    assert first["note"].startswith("A floor:")
    for standing, expected in (("alleged", told.alleged), ("confirmed", told.confirmed)):
        assert ids(told.ledger(Wanted(known_at=known, standing=standing), 11)) == expected
    by_force = [ids(told.ledger(Wanted(force=force, known_at=known), 13)) for force in FORCES]
    assert sorted(by_force[0] + by_force[1]) == told.never_decided
    assert min(map(len, by_force)) > 0
    everything = told.ledger()
    for hours in (0, 24 * 45, 24 * 90, 24 * 200):
        old = ids(told.ledger(Wanted(known_at=known, older_than=hours * HOUR), 50))
        assert old == ids([case for case in everything if case["age_hours"] >= hours])
    with pytest.raises(BadQuestion, match="standing: 'suspected' is not one"):
        told.ledger(Wanted(standing="suspected"))


def test_the_ledger_is_the_backlog_of_the_figures_and_of_the_oracle(told: Told) -> None:
    for moment in (KNOWN, LATER + 10 * DAY, END):
        found = ids(told.ledger(Wanted(known_at=KnownAt(instant=moment)), 40))
        assert ask(told.system, "unrecorded_backlog", moment)["value"] == len(found)
        verdicts, _ = oracle.verdicts(raw(told.system), "unrecorded_backlog", known_at=moment)
        assert found == sorted(counted.case.stream for counted in verdicts if counted.verdict == "counted")


def test_what_was_decided_afterwards_is_in_the_ledger_of_then_only(told: Told) -> None:
    position = max(event.position for event in raw(told.system) if event.written_at <= KNOWN)
    assert ids(told.ledger(Wanted(known_at=KnownAt(position=position)))) == told.never_decided
    now = ids(told.ledger(Wanted()))
    gone, new = set(told.never_decided) - set(now), set(now) - set(told.never_decided)
    assert (len(gone), len(new)) == (CONFIRMED[decided_later] + CONFIRMED[linked_later], BESIDE[new_later])
    # Negative control: `known_at` matters.
    assert now != told.never_decided


DEFECTS: dict[str, tuple[type[Event], Callable[..., Any]]] = {
    "an incident is taken for a decision": (
        IncidentRegistered,
        lambda row, entry, event: {"status": "incident", "registered_at": entry.at, "decided_at": entry.at},
    ),
    "a link is for ever": (CaseUnlinked, lambda row, entry, event: {}),
    "a link is not seen": (CaseLinked, lambda row, entry, event: {}),
    "a closed case is gone": (CaseClosed, lambda row, entry, event: {"decided_at": entry.at}),
    "a refusal is no decision": (RecordingDeclined, lambda row, entry, event: {"status": "not_recorded"}),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_noticed(told: Told, defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: with one wrong handler the ledger is no longer that of the 223."""
    event, wrong = DEFECTS[defect]
    monkeypatch.setitem(case_facts._handlers, event, wrong)
    anew(told.system)
    assert ids(told.ledger()) != told.never_decided
    monkeypatch.undo()
    anew(told.system)
    assert ids(told.ledger()) == told.never_decided


def anew(system: System) -> None:
    """Project everything again."""
    with system.connect("admin") as admin:
        for (table,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'candour_read'").fetchall():
            admin.execute(f'DROP TABLE candour_read."{table}"')  # type: ignore[arg-type]
        admin.execute("DELETE FROM candour.read_models")
    project(system)


def test_pages_neither_repeat_nor_skip_while_the_log_goes_on(system: System) -> None:
    days = [f"2024-03-{day:02d}T10:00:00Z" for day in range(1, 25)]
    cases = [case_id() for _ in days]
    system.store.append_many([appends(case, 0, reported(at)) for case, at in zip(cases, days, strict=True)])
    project(system)
    ledger = Ledger(system.metrics)
    answer, seen, pages = ledger.find(Wanted(limit=5)), list[str](), 0
    while True:
        seen += [case["case"] for case in answer["cases"]]
        if answer["next_after"] is None:
            break
        pages += 1
        # One is decided that would have been on the next page, one comes in that is older than all of them.
        decided = RecordingDeclined(reason=DeclineReason.OTHER_FORCE)
        system.store.append(appends(cases[5 * pages], 1, decided))
        system.store.append(appends(case_id(), 0, reported(f"2023-03-{pages:02d}T10:00:00Z")))
        project(system)
        answer = ledger.find(Wanted(limit=5, after=answer["next_after"]))
        assert answer["lag"] == 0
    assert seen == cases
    # Negative control: what is read anew by now is another ledger.
    assert [case["case"] for case in ledger.find(Wanted(limit=100))["cases"]] != cases


@pytest.mark.parametrize(
    "after", ["x", "~~", "2024-03-01T10:00:00.000000Z~2024-03-01T10:00:00.000000Z~x", "~".join("aaa")]
)
def test_an_end_that_was_never_printed_is_refused(system: System, after: str) -> None:
    with pytest.raises(BadQuestion, match="after: give `next_after`"):
        Ledger(system.metrics).find(Wanted(after=after))
