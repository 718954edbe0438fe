"""The life of a case as a state machine: every command in every state, testimony, corrections, time, reading back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from operator import contains
from typing import Any

from case_commands import EXAMPLES as COMMANDS
from contract_samples import EXAMPLES
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from scenario import entry, fact

from domain.case import moves
from domain.case import state as case_state
from domain.case.classification import ReceiptEstablished
from domain.case.correction import CorrectedFacts, CorrectFact, restates
from domain.case.outcome import AssignOutcome, OutcomeAssigned
from domain.case.recording import (
    CrimeReported,
    DeclineReason,
    DeclineRecording,
    IncidentKind,
    RecordCrime,
    RecordingStatus,
    RecordN100,
    RegisterIncident,
    ReportCrime,
    ReporterRole,
    Route,
)
from domain.case.state import MOVE_IS_OPEN, Case, CaseEvent
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.event import Act, Command, Event, RecordedEvent, Refused, Role, enforce, testify
from domain.rules import rule_book
from domain.values import LAST, Moment, Place, instant

START = datetime(2015, 3, 1, tzinfo=UTC)
TIMES = ["2015-02", "2015-03-01", "2015-03-31", "2015-04-01T00:00Z", "2016-01-01T00:00:00Z"]
EXTREMES = ["0002-02", "9998-12", "9998-12-31T23:59:59.999999Z"]
STATUS_AFTER = {
    ReportCrime: RecordingStatus.REPORTED,
    RegisterIncident: RecordingStatus.INCIDENT,
    RecordCrime: RecordingStatus.RECORDED,
    DeclineRecording: RecordingStatus.NOT_RECORDED,
    RecordN100: RecordingStatus.N100,
    moves.RequestCancellation: RecordingStatus.CANCEL_PENDING,
    moves.ApproveCancellation: RecordingStatus.CANCELLED,
    moves.RequestTransfer: RecordingStatus.TRANSFER_PENDING,
    moves.AcceptTransfer: RecordingStatus.TRANSFERRED,
    **dict.fromkeys(
        (moves.RefuseCancellation, moves.ReverseCancellation, moves.RefuseTransfer), RecordingStatus.RECORDED
    ),
}

times = st.one_of(
    st.integers(-800, 200).map(lambda hours: instant(START + timedelta(hours=hours))),
    st.sampled_from(TIMES).map(Moment.of),
    st.sampled_from([*TIMES, *EXTREMES]).map(Moment.of),
)
months = st.sampled_from([None, *map(Moment.of, ("2015-02", "2015-03", "2015-04"))])
offences = st.sampled_from(["8N", "19C", "53", "999"])
words = st.sampled_from(["a reason", "another"])
numbers = st.integers(0, 24)
places = st.sampled_from([None, Place(location="On or near Mill Street"), Place(location="On or near Park Road")])
categories = st.sampled_from([None, "Robbery", "Other theft"])

reports = st.builds(
    ReportCrime,
    received_at=times,
    reported_at=st.none() | times,
    route=st.sampled_from(Route),
    reporter_role=st.sampled_from(ReporterRole),
    anonymous=st.booleans(),
    alleged=st.none() | offences,
)
decisions: st.SearchStrategy[Command[Case]] = st.one_of(
    st.builds(RecordCrime, offence=offences, late_because=st.none() | words),
    st.builds(DeclineRecording, reason=st.sampled_from(DeclineReason), rationale=words),
    st.builds(RecordN100, sub_code=st.integers(1, 3), rationale=words),
)
evidence = st.builds(
    CrimeRecordEvidenced, recorded=months, before=months, category=categories, place=places, last_outcome=categories
)
TOLD = [event for event in EXAMPLES if isinstance(event, CaseEvent) and not restates(event)]
FACTS: dict[str, st.SearchStrategy[Any]] = {
    "at": times,
    "received_at": times,
    "reported_at": st.none() | times,
    "alleged": st.none() | offences,
    "route": st.none() | st.sampled_from(Route),
    "record_by": times,
    "offence": st.none() | offences,
    "principal": st.none() | st.booleans(),
    "reason": st.sampled_from(DeclineReason),
    "sub_code": st.integers(1, 3),
    "outcome": st.none() | st.integers(1, 22),
    "category": categories,
    "recorded": months,
    "before": months,
    "place": places,
}


def tracks(case: Case) -> tuple[object, ...]:
    return tuple(
        getattr(case, field.name) for field in fields(case) if field.name not in ("id", "force", "version", "facts")
    )


def open_in(case: Case) -> tuple[type[Command[Any]], ...]:
    """The commands that the table of moves opens in the statuses of this case."""
    statuses = case.recording.status, case.investigation.status, case.closure.status, case.closure.review
    return _open_in(moves.MOVES, statuses)


def _open_in(table: Mapping[Any, Any], statuses: tuple[str, ...]) -> tuple[type[Command[Any]], ...]:
    if (id(table), statuses) not in _OPEN:
        _OPEN[id(table), statuses] = tuple(
            command
            for command, where in table.items()
            if all(map(contains, (where.recording, where.investigation, where.closure, where.review), statuses))
        )
    return _OPEN[id(table), statuses]


_OPEN: dict[tuple[int, tuple[str, ...]], tuple[type[Command[Any]], ...]] = {}


@contextmanager
def only_refusals() -> Iterator[None]:
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        raise AssertionError("a decision raised something else than Refused") from error


def outcome_of(command: Command[Case], case: Case, act: Act) -> tuple[tuple[Event, ...], Refused | None]:
    try:
        with only_refusals():
            return enforce(command, case, act), None
    except Refused as refusal:
        return (), refusal


def read_back(event: Event) -> Event:
    try:
        return type(event).model_validate_json(event.model_dump_json())
    except ValueError as error:
        raise AssertionError("a fact that cannot be read back") from error


class LifeOfACase(RuleBasedStateMachine):
    """`entries` is the history as it was written, `right` the one in which every fact was right from the start."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.entries: list[RecordedEvent] = []
        self.right: dict[int, RecordedEvent] = {}
        self.case = case_state.replay(self.entries)
        self.known = [self.case]

    def write(self, event: Event, at: Moment, *, by: str = "staff-1", imported: bool = False) -> None:
        before, written = self.case, entry(len(self.entries) + 1, event, at, by=by, imported=imported)
        self.entries.append(written)
        self.case = case_state.replay(self.entries)
        if not restates(event):
            self.right[written.version] = written
            assert tracks(self.case) == tracks(before.evolve(written)), "replay differs from evolve"
        self.known.append(self.case)

    def send(self, command: Command[Case], by: str = "staff-1", role: Role = Role.RECORDER) -> bool:
        act = Act(by, role, "kent", command.purpose, self.now, rule_book())
        before = self.case
        open_moves = open_in(before)
        with only_refusals():
            testified, _ = testify(command, before, act)
        for event in testified:
            assert read_back(event) == event, "a fact is read back as another"
        events, refusal = outcome_of(command, before, act)
        if refusal is None:
            assert type(command) in open_moves, "a forbidden move went through"
        elif type(command) not in open_moves:
            assert refusal.rule == MOVE_IS_OPEN, "a forbidden move was refused for another reason"
            assert refusal.allowed == tuple(move.__name__ for move in open_moves), "the open moves are not named"
        if refusal is not None:
            return False
        for event in events:
            self.write(event, instant(self.now), by=by)
        expected = STATUS_AFTER.get(type(command), before.recording.status)
        assert self.case.recording.status is expected, "the move led elsewhere"
        return True

    @rule(command=reports)
    def report(self, command: ReportCrime) -> None:
        self.send(command)

    @initialize(hours=st.none() | st.integers(0, 96), alleged=st.sampled_from(["19C", "19C", "8N"]))
    def begin(self, hours: int | None, alleged: str) -> None:
        if hours is not None:
            received, victim = instant(self.now - timedelta(hours=hours)), ReporterRole.VICTIM
            self.send(ReportCrime(received_at=received, route=Route.ONLINE, reporter_role=victim, alleged=alleged))

    @rule(kind=st.sampled_from(IncidentKind))
    def register(self, kind: IncidentKind) -> None:
        self.send(RegisterIncident(kind=kind))

    @rule(command=decisions)
    def decide(self, command: Command[Case]) -> None:
        self.send(command)

    @rule(command=st.sampled_from(COMMANDS), role=st.sampled_from([Role.FORCE_CRIME_REGISTRAR, Role.SUPERVISOR]))
    def anything(self, command: Command[Case], role: Role) -> None:
        self.send(command, "staff-9", role)

    @rule(outcome=st.integers(1, 22))
    def assign(self, outcome: int) -> None:
        self.send(AssignOutcome(outcome=outcome))

    @rule(data=st.data(), names=st.lists(st.sampled_from(sorted(FACTS)), min_size=1, max_size=2, unique=True))
    def correct_anything(self, data: st.DataObject, names: list[str]) -> None:
        number = data.draw(numbers)
        target = self.entries[number - 1] if 0 < number <= len(self.entries) else None
        self.correct(number, target, {name: data.draw(FACTS[name]) for name in names})

    @rule(data=st.data())
    @precondition(lambda self: self.entries)
    def correct_a_fact(self, data: st.DataObject) -> None:
        target = data.draw(st.sampled_from([e for e in self.entries if not restates(e.event)] or self.entries))
        stated = sorted({"at", *type(target.event).model_fields} & FACTS.keys())
        names = data.draw(st.lists(st.sampled_from(stated), min_size=1, max_size=2, unique=True))
        self.correct(target.version, target, {name: data.draw(FACTS[name]) for name in names})

    def correct(self, number: int, target: RecordedEvent | None, facts: dict[str, Any]) -> None:
        sent = self.send(
            CorrectFact(corrects=fact(number), facts=CorrectedFacts(**facts), because="a slip"),
            "staff-9",
            Role.SUPERVISOR,
        )
        if sent and target is not None and number in self.right:
            self.right[number] = as_it_should_have_been(self.right[number], facts, self.entries)

    @rule(event=evidence, month=months)
    def evidenced(self, event: CrimeRecordEvidenced, month: Moment | None) -> None:
        self.write(event, month or event.recorded or event.before or Moment.of("2015-02"))

    @rule(event=st.sampled_from(TOLD), at=times)
    def told_by_a_file(self, event: Event, at: Moment) -> None:
        self.write(event, at, imported=True)

    @rule(category=categories, month=times)
    def outcome_published(self, category: str | None, month: Moment) -> None:
        self.write(OutcomeAssigned(category=category), month)

    @rule(chosen=st.sets(numbers, max_size=4))
    def withdraw(self, chosen: set[int]) -> None:
        rows = [e for e in self.entries if e.version in chosen and isinstance(e.event, CrimeRecordEvidenced)]
        self.write(SourceRowWithdrawn(withdraws=tuple(e.event_id for e in rows)), instant(self.now))
        for row in rows:
            self.right.pop(row.version, None)

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(at=times)
    def read_as_of(self, at: Moment) -> None:
        then = [e for _, e in sorted(self.right.items()) if e.at.earliest <= at.earliest]
        as_of = case_state.replay(self.entries, as_of=at.earliest)
        assert tracks(as_of) == tracks(case_state.replay(then)), "as_of shows another case than the one that stood"

    @rule(number=numbers)
    def read_known_at(self, number: int) -> None:
        known = min(number, len(self.entries))
        case = case_state.replay(self.entries[:known])
        assert case == self.known[known], "known_at differs from a system that stopped there"

    @invariant()
    def there_is_a_move(self) -> None:
        assert self.case.allowed, "nothing is allowed"

    @invariant()
    def corrected_is_as_good_as_right_from_the_start(self) -> None:
        right = case_state.replay([e for _, e in sorted(self.right.items())])
        assert tracks(self.case) == tracks(right), "a corrected history differs from a right one"

    @invariant()
    def every_event_as_it_was_written_is_kept(self) -> None:
        assert list(self.case.facts.values()) == list(self.entries), "a fact as written is gone"
        assert self.case.version == len(self.entries)


def as_it_should_have_been(
    written: RecordedEvent, facts: dict[str, Any], entries: Sequence[RecordedEvent]
) -> RecordedEvent:
    """The entry that would have been written, made anew and validated; a report starts its clock itself."""
    stated = {name: value for name, value in facts.items() if name != "at"}
    data = {name: getattr(written.event, name) for name in type(written.event).model_fields}
    if isinstance(written.event, CrimeReported | ReceiptEstablished) and "received_at" in stated:
        received = stated["received_at"]
        rules = rule_book().recording_rules(received)
        entered = [e.at.latest for e in entries if isinstance(e.event, CrimeReported)]
        due = min(received.latest, *entered) + rules.limit if entered else received.latest + rules.limit
        stated |= {"record_by": instant(min(due, LAST)), "rule_set": rules.id}
    event = type(written.event).model_validate(data | stated)
    return written._replace(event=event, at=facts.get("at", written.at))
