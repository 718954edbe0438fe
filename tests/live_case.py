"""A case at the live door as a state machine: several people in several roles, all tracks, time passing, corrections.

Some lives begin with what a file tells; from then on every fact comes from a command that a person sent. What is
claimed of such a case stands in live_claims.py.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import duty_oracle
from case_commands import OTHER_CASE
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from life_of_a_case import as_it_should_have_been, open_in, outcome_of, read_back
from live_claims import cancelled_properly, outcome_rests_on_what_was_said, told_before_closing, undecided_is_watched
from live_commands import (
    CANCELLATION,
    CARE,
    CASE,
    CLOCKS,
    CLOSURE,
    DAY,
    FORCE,
    INVESTIGATION,
    LINKING,
    LONDON,
    NEEDS,
    NOTICES,
    OUTCOME,
    PEOPLE,
    RECORDING,
    REVIEW,
    SO_FAR,
    STARTS,
    TOLD_BY_A_FILE,
    TRANSFER,
    WHY,
    correcting,
    moments,
    offences,
    people,
)
from scenario import entry, fact, reported

from domain.case import moves
from domain.case import state as case_state
from domain.case.cancellation import CancellationCode
from domain.case.correction import CorrectedFacts, CorrectFact, FactCorrected, correctable, restates
from domain.case.duties import DutyKind
from domain.case.linking import LinkKind
from domain.case.recording import (
    CrimeRecorded,
    Receipt,
)
from domain.case.state import MOVE_IS_OPEN, Case
from domain.case.victim import Channel
from domain.event import Act, Command, Event, RecordedEvent, Role
from domain.rules import rule_book
from domain.values import instant


class LiveCase(RuleBasedStateMachine):
    """`entries` is the history as it was written, `right` the one in which every fact was right from the start."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2024, 1, 1, tzinfo=UTC)
        self.entries: list[RecordedEvent] = []
        self.right: list[RecordedEvent] = []
        self.case = Case()
        self.other = Case()

    @initialize(
        start=st.sampled_from(STARTS),
        since=st.sampled_from([timedelta(minutes=5), timedelta(hours=30), 4 * DAY]),
        alleged=st.sampled_from([None, "8N", "19C"]),
        receipt=st.sampled_from(Receipt),
        so_far=st.sampled_from(SO_FAR),
        told=st.sampled_from([None, None, None, None, *TOLD_BY_A_FILE]),
        beside=st.sampled_from(["there", "there", "there", "there", "counted under another", "elsewhere", "unknown"]),
    )
    def begin(
        self,
        start: str,
        since: timedelta,
        alleged: str | None,
        receipt: Receipt,
        so_far: list[Command[Any]],
        told: Any,
        beside: str,
    ) -> None:
        self.now = datetime.fromisoformat(start).replace(hour=23, tzinfo=LONDON).astimezone(UTC)
        self.other = _other(beside)
        received = instant(self.now - since)
        if told is None:
            command = moves.ReportCrime(
                received_at=received, receipt=receipt, route="online", reporter_role="victim", alleged=alleged
            )
            assert self.send(command, PEOPLE[0]), "a report cannot be taken down"
            for command in so_far:
                assert self.send(command, PEOPLE[0]), "an open move was refused"
            return
        report = reported(str(received), receipt=receipt, alleged=alleged)
        for event in (report, *told):
            self.write(event, _importer(), imported=True)

    def act(self, command: Command[Any], who: tuple[str, Role]) -> Act:
        others = {OTHER_CASE: self.other, CASE: self.case}
        return Act(who[0], who[1], FORCE, command.purpose, self.now, rule_book(), others=others)

    def send(self, command: Command[Any], who: tuple[str, Role]) -> bool:
        """Somebody sends a command; whether it went through."""
        open_moves = open_in(self.case)
        events, refusal = outcome_of(command, self.case, self.act(command, who))
        if type(command) not in open_moves:
            assert refusal is not None, "a forbidden move went through"
            assert refusal.rule == MOVE_IS_OPEN, "a forbidden move was refused for another reason"
            assert refusal.allowed == tuple(move.__name__ for move in open_moves), "the open moves are not named"
        else:
            assert refusal is None or refusal.rule != MOVE_IS_OPEN, "an open move was refused as a forbidden one"
        for event in events:
            assert read_back(event) == event, "a fact is read back as another"
            self.write(event, who)
        if events:
            self.check()
        return bool(events)

    def write(self, event: Event, who: tuple[str, Role], *, imported: bool = False) -> None:
        number = len(self.entries) + 1
        told = entry(number, event, instant(self.now), by=who[0], imported=imported)
        told = told._replace(stream=CASE, role=who[1])
        self.entries.append(told)
        if restates(event):
            self.case = case_state.replay(self.entries)
            return
        self.right.append(told)
        facts = {**self.case.facts, told.event_id: told}
        before = case_state.replay([told]) if number == 1 else self.case.evolve(told)
        self.case = case_state.replace(before, version=number, facts=facts)

    def one_of(self, data: st.DataObject, track: dict[type[Command[Any]], Any], who: tuple[str, Role]) -> None:
        """A command of the track: one that is open, if there is one."""
        found = [strategy for move, strategy in track.items() if move in open_in(self.case)] or list(track.values())
        self.send(data.draw(found[0] if len(found) == 1 else st.sampled_from(found).flatmap(lambda s: s)), who)

    @rule(data=st.data(), who=people)
    def decide_on_the_report(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, RECORDING, who)

    @rule(offence=offences, who=st.sampled_from(PEOPLE[:2]))
    def record(self, offence: str, who: tuple[str, Role]) -> None:
        self.send(moves.RecordCrime(offence=offence, crime_reference="06C/1/24", late_because=WHY), who)

    @rule(who=st.sampled_from(PEOPLE[3:9]), command=st.one_of(*list(CANCELLATION.values())[1:]))
    def decide_on_a_cancellation(self, who: tuple[str, Role], command: Command[Any]) -> None:
        self.send(command, who)

    @rule(data=st.data(), who=people)
    def cancel(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, CANCELLATION, who)

    @rule(code=st.sampled_from(CancellationCode), asks=people, decides=people)
    def cancel_with_evidence(self, code: str, asks: tuple[str, Role], decides: tuple[str, Role]) -> None:
        shown = {"verifiable_information": WHY, "surviving": OTHER_CASE, "error": WHY, "self_defence": WHY}
        if self.send(moves.RequestCancellation(code=code, **shown), asks):
            self.send(moves.ApproveCancellation(rationale=WHY), decides)

    @rule(who=st.sampled_from(PEOPLE[3:9]))
    def hand_on_and_cancel(self, who: tuple[str, Role]) -> None:
        for officer in (who[0], "officer-2"):
            self.send(moves.AllocateInvestigation(officer=officer), who)
        self.send(moves.RequestCancellation(code="C4", error=WHY), PEOPLE[1])
        self.send(moves.ApproveCancellation(rationale=WHY), who)

    @rule(who=st.sampled_from(PEOPLE[1:9]), accepts=st.sampled_from(PEOPLE[3:9]))
    def transfer_away(self, who: tuple[str, Role], accepts: tuple[str, Role]) -> None:
        self.send(moves.RequestTransfer(to_force="kent", because=WHY), who)
        self.send(moves.AcceptTransfer(their_reference="K/1"), accepts)

    @rule(data=st.data(), who=people)
    def transfer(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, TRANSFER, who)

    @rule(data=st.data(), who=people)
    def investigate(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, INVESTIGATION, who)

    @rule(data=st.data(), who=people)
    def assign_an_outcome(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, OUTCOME, who)

    @rule(data=st.data(), who=people)
    def close_or_reopen(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, CLOSURE, who)

    @rule(who=people, outcome=st.sampled_from([1, 16, 18]))
    def finish(self, who: tuple[str, Role], outcome: int) -> None:
        """Do what has to be done before closing, and close."""
        self.send(moves.AssignOutcome(outcome=outcome), who)
        self.tell_the_victim_of_something(who)
        self.send(moves.CloseCase(), who)
        self.tell_the_victim_of_everything(who)
        self.send(moves.CloseCase(), who)

    @rule(data=st.data(), who=people)
    def review(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, REVIEW, who)

    @rule(data=st.data(), who=people)
    def serve_the_victim(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, NEEDS, who)

    @rule(who=people, outcome=st.sampled_from([14, 16]))
    def assess_and_assign(self, who: tuple[str, Role], outcome: int) -> None:
        self.send(moves.AssessNeeds(), who)
        self.send(moves.AssignOutcome(outcome=outcome), who)

    @rule(who=people)
    def tell_the_victim_of_everything(self, who: tuple[str, Role]) -> None:
        for about in dict.fromkeys(notice.about for notice in self.case.victim.owed):
            self.send(moves.InformVictim(about=about, channel=Channel.LETTER), who)

    @rule(who=people)
    def tell_the_victim_of_something(self, who: tuple[str, Role]) -> None:
        """Of one event of each kind."""
        for about, of_event in {notice.about: notice.of_event for notice in self.case.victim.owed}.items():
            self.send(moves.InformVictim(about=about, channel=Channel.LETTER, of_event=of_event), who)

    @rule(data=st.data(), who=people, number=st.sampled_from([None, 2, 3, 4, 5, 6]))
    def tell_the_victim(self, data: st.DataObject, who: tuple[str, Role], number: int | None) -> None:
        command = data.draw(NOTICES[moves.InformVictim if number else moves.WaiveVictimNotice])
        if number:
            command = command.model_copy(update={"of_event": fact(number)})
        self.send(command, who)

    @rule(data=st.data(), who=people)
    def link(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, LINKING, who)

    @rule(who=people, part=st.booleans())
    def count_under_another(self, who: tuple[str, Role], part: bool) -> None:
        self.send(moves.LinkCase(under=OTHER_CASE, kind=LinkKind.DUPLICATE, because=WHY), who)
        if part:
            self.send(moves.UnlinkCase(because=WHY), who)

    @rule(who=people, duty=st.sampled_from(DutyKind), by=st.sampled_from([timedelta(hours=1), 3 * DAY]))
    def stop_a_clock_for(self, who: tuple[str, Role], duty: DutyKind, by: timedelta) -> None:
        self.send(moves.PauseDuty(duty=duty, because=WHY), who)
        self.now += by
        self.send(moves.ResumeDuty(duty=duty, because=WHY), who)

    @rule(data=st.data(), who=people)
    def stop_a_clock(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, CLOCKS, who)

    @rule(data=st.data(), who=people)
    def look_after_the_case(self, data: st.DataObject, who: tuple[str, Role]) -> None:
        self.one_of(data, CARE, who)

    @rule(ago=moments, who=people)
    def establish_the_receipt(self, ago: timedelta, who: tuple[str, Role]) -> None:
        self.send(moves.EstablishReceipt(received_at=instant(self.now - ago), evidence=WHY), who)

    @rule(facts=correcting, who=st.sampled_from(PEOPLE[4:8]), ago=moments, number=st.integers(1, 12))
    def correct(self, facts: list[tuple[str, Any]], who: tuple[str, Role], ago: timedelta, number: int) -> None:
        names = dict(facts)
        able = [e for e in self.right if names.keys() <= correctable(type(e.event))]
        target = able[number % len(able)] if able else self.right[number % len(self.right)]
        if not able:
            names = {"at": instant(self.now - ago)}
        command = CorrectFact(corrects=target.event_id, facts=CorrectedFacts.model_validate(names), because=WHY)
        if self.send(command, who):
            place = self.right.index(target)
            facts_now = self.entries[-1].event
            assert isinstance(facts_now, FactCorrected)
            stated = {name: getattr(facts_now.facts, name) for name in names}
            self.right[place] = as_it_should_have_been(self.right[place], stated, self.entries)
            self.check()

    @rule(by=st.sampled_from([timedelta(seconds=1), timedelta(hours=1), timedelta(hours=25), 3 * DAY, 30 * DAY]))
    def time_passes(self, by: timedelta) -> None:
        self.now += by

    def check(self) -> None:
        """What is claimed of a case after each fact."""
        assert [e.version for e in self.entries] == list(range(1, self.case.version + 1)), "the versions have a gap"
        assert list(self.case.facts.values()) == self.entries, "a fact as written is gone"
        cancelled_properly(self.case, self.entries, self.right)
        told_before_closing(self.case, self.entries, self.right, self.now)
        outcome_rests_on_what_was_said(self.case, self.right)
        undecided_is_watched(self.case, self.right, self.now)
        if self.entries[0].source is None:
            assert self.case.ownership.owner, "a case that nobody owns"
            assert not list(self.case.flaws()), "live commands led to a case that breaks a rule"

    def teardown(self) -> None:
        if not self.entries:
            return
        again, right = case_state.replay(self.entries), case_state.replay(self.right)
        assert again == case_state.replace(self.case, facts=again.facts), "replay differs from evolve"
        assert _life(again) == _life(right), "a corrected history differs from a right one"
        owed = [(d.kind, d.about, d.opened_by, d.due, d.rule_set, d.status(self.now)) for d in self.case.duties]
        assert owed == [tuple(d) for d in duty_oracle.owed(self.right, self.now)], "the duties differ from the oracle's"
        middle = self.entries[len(self.entries) // 2].at.earliest
        as_of = case_state.replay(self.entries, as_of=middle)
        then = case_state.replay([e for e in self.right if e.at.earliest <= middle])
        assert _life(as_of) == _life(then), "as_of shows another case than the one that stood"


def _other(beside: str) -> Case:
    if beside == "unknown":
        return Case()
    at = instant(datetime(2015, 1, 1, tzinfo=UTC))
    other = case_state.replay([entry(1, reported(), at), entry(2, CrimeRecorded(offence="8N"), at)])
    link = case_state.Link(CASE, LinkKind.DUPLICATE) if beside == "counted under another" else other.link
    return case_state.replace(other, id=OTHER_CASE, force="kent" if beside == "elsewhere" else FORCE, link=link)


def _importer() -> tuple[str, Role]:
    return "import", Role.IMPORTER


def _life(case: Case) -> tuple[object, ...]:
    names = (
        "recording",
        "cancellation",
        "investigation",
        "outcome",
        "closure",
        "victim",
        "link",
        "ownership",
        "duties",
    )
    return tuple(getattr(case, name) for name in names)
