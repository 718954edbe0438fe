"""The life of a contact as a state machine, checked against the raw events; and the defects that it catches."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from contact_scenario import CASE, FORCE, OTHER_CASE, RANG, entry, reported_case
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.case.correction import restates
from domain.event import Act, Broken, Command, Event, RecordedEvent, Refused, Role, enforce
from domain.rules import rule_book
from domain.support_contact import advocacy, cases, closure, consent, escalation, opening, state
from domain.support_contact.advocacy import AdvocacyActionTaken, AdvocacyKind, TakeAdvocacyAction
from domain.support_contact.cases import AddCase, CaseAdded, CaseRemoved, RemoveCase
from domain.support_contact.closure import CloseContact, ContactClosed, ContactReopened, ReopenContact
from domain.support_contact.consent import Consent, ConsentGiven, ConsentWithdrawn, GiveConsent, WithdrawConsent
from domain.support_contact.correction import CORRECTABLE, ContactFacts, CorrectContact
from domain.support_contact.escalation import (
    TO_RESOLVE,
    AcceptEscalation,
    DeclinedBecause,
    DeclineEscalation,
    EscalationAccepted,
    EscalationChannel,
    EscalationDeclined,
    EscalationRaised,
    EscalationResolved,
    EscalationResult,
    RaiseEscalation,
    ResolveEscalation,
)
from domain.support_contact.opening import ContactGround, ContactOpened, Eligibility, OpenContact
from domain.support_contact.signposting import ForceRouteSignposted, PoliceNumber, SignpostEmergency
from domain.support_contact.state import Contact
from domain.values import Moment, PersonalData, instant
from projections.support_contacts import SupportContact, support_contacts

SETTINGS = settings(stateful_step_count=25, max_examples=150)
NAMES = st.sampled_from([None, PersonalData(subject="person-00c0ffee", value="A Name")])
MOMENTS = st.sampled_from([None, *map(Moment.of, ("2024-04-30", "2024-04", "2024-03", "2024-06-01", "9998-12"))])
CASES, NUMBERS, GROUNDS = st.sampled_from([CASE, OTHER_CASE]), st.integers(1, 3), st.sampled_from(ContactGround)
FORCES = st.sampled_from([None, FORCE, "essex", "ruritania"])
ELIGIBILITY = st.none() | st.sampled_from(Eligibility)
CONTACT_FACTS: dict[str, st.SearchStrategy[Any]] = {
    "at": MOMENTS,
    "ground": st.none() | GROUNDS,
    "anonymous": st.booleans(),
    "happened_on": MOMENTS,
    "eligibility": ELIGIBILITY,
    "force_concerned": FORCES,
    "with_details": st.booleans(),
    "channel": st.sampled_from(EscalationChannel),
    "kind": st.sampled_from(AdvocacyKind),
}

PLAIN = st.builds(OpenContact, ground=GROUNDS, anonymous=st.booleans())
OPENINGS = st.builds(
    OpenContact,
    ground=GROUNDS,
    anonymous=st.booleans(),
    caller=NAMES,
    happened_on=MOMENTS,
    force_concerned=FORCES,
    eligibility=ELIGIBILITY,
    eligibility_because=st.just("Not for the police."),
    in_danger=st.booleans(),
)


class LifeOfAContact(RuleBasedStateMachine):
    """`entries` is the raw history; what must hold is read from it without the state."""

    def __init__(self) -> None:
        super().__init__()
        self.now = RANG.earliest
        self.entries: list[RecordedEvent] = []
        self.recorded: set[str] = set()
        self.contact = state.replay(())

    def send(self, command: Command[Contact]) -> bool:
        late = str(instant(self.now))
        others = {case: reported_case(recorded=late if case in self.recorded else None) for case in (CASE, OTHER_CASE)}
        act = Act("adviser-1", Role.HELPLINE_ADVISER, FORCE, command.purpose, self.now, rule_book(), others=others)
        allowed = self.contact.allowed
        try:
            events = enforce(command, self.contact, act)
        except Refused:
            return False
        except Exception as error:
            raise AssertionError("a decision raised something else than Refused") from error
        assert type(command) in allowed, "a command went through that was not listed"
        for event in events:
            self.write(event)
        return True

    def write(self, event: Event) -> None:
        stored = type(event).model_validate_json(event.model_dump_json())
        assert restates(event) or stored == event, "a fact is read back as another"
        written = entry(len(self.entries) + 1, stored, instant(self.now))
        before, self.entries = self.contact, [*self.entries, written]
        self.contact = state.replay(self.entries)
        if not restates(event) and not any(restates(each.event) for each in self.entries):
            shown = {
                name: getattr(before.evolve(written), name) for name in ("status", "consent", "cases", "escalations")
            }
            assert shown == {name: getattr(self.contact, name) for name in shown}, "replay differs from evolve"

    @initialize(opening=PLAIN | OPENINGS, steps=st.sampled_from([0, 2, 3, 4, 4]), about=st.none() | st.just(CASE))
    def ring(self, opening: OpenContact, steps: int, about: str | None) -> None:
        """A call that has come some way: agreed, about a case, escalated, taken up."""
        line, unrecorded = EscalationChannel.SUPPORT_LINE, ContactGround.UNRECORDED
        begun: list[Command[Contact]] = [
            GiveConsent(),
            AddCase(case=CASE),
            RaiseEscalation(channel=line, ground=unrecorded, case=about, because="Twice."),
            AcceptEscalation(number=1),
        ]
        if not self.send(opening):
            assert self.send(OpenContact(ground=unrecorded))
        for command in begun[:steps]:
            self.send(command)

    @rule(opening=OPENINGS)
    def open_again(self, opening: OpenContact) -> None:
        assert not self.send(opening)

    @rule(number=st.sampled_from(PoliceNumber))
    def signpost(self, number: PoliceNumber) -> None:
        self.send(SignpostEmergency(number=number))

    @rule(with_details=st.booleans())
    def agree(self, with_details: bool) -> None:
        self.send(GiveConsent(with_details=with_details))

    @rule()
    def disagree(self) -> None:
        self.send(WithdrawConsent())

    @rule(case=CASES)
    def add(self, case: str) -> None:
        self.send(AddCase(case=case))

    @rule(case=CASES)
    def remove(self, case: str) -> None:
        self.send(RemoveCase(case=case, because="A duplicate."))

    @rule(channel=st.sampled_from(EscalationChannel), ground=GROUNDS, case=st.none() | CASES)
    def escalate(self, channel: EscalationChannel, ground: ContactGround, case: str | None) -> None:
        self.send(RaiseEscalation(channel=channel, ground=ground, case=case, because="Twice."))

    @rule(number=NUMBERS)
    def accept(self, number: int) -> None:
        self.send(AcceptEscalation(number=number))

    @rule(number=NUMBERS, reason=st.sampled_from(DeclinedBecause))
    def decline(self, number: int, reason: DeclinedBecause) -> None:
        self.send(DeclineEscalation(number=number, reason=reason, rationale="So it is."))

    @rule(data=st.data(), case=CASES)
    @precondition(lambda self: any(each.status in TO_RESOLVE for each in self.contact.escalations))
    def recorded_late(self, data: st.DataObject, case: str) -> None:
        """The force says that it has recorded the crime late, of something that it had taken up."""
        taken_up = [each for each in self.contact.escalations if each.status in TO_RESOLVE]
        chosen = data.draw(st.sampled_from(taken_up))
        self.resolve_with(chosen.number, EscalationResult.RECORDED_LATE, chosen.case or case)

    @rule(number=NUMBERS, result=st.sampled_from(EscalationResult), case=st.none() | CASES)
    def resolve(self, number: int, result: EscalationResult, case: str | None) -> None:
        self.resolve_with(number, result, case)

    def resolve_with(self, number: int, result: EscalationResult, case: str | None) -> None:
        done = self.send(ResolveEscalation(number=number, result=result, case=case, rationale="So it is."))
        if done and result is EscalationResult.RECORDED_LATE:
            assert case in self.recorded, "recorded late, and not in the register"

    @rule(kind=st.sampled_from(AdvocacyKind), case=st.none() | CASES)
    def advocate(self, kind: AdvocacyKind, case: str | None) -> None:
        self.send(TakeAdvocacyAction(kind=kind, case=case, note="By letter."))

    @rule()
    def close(self) -> None:
        self.send(CloseContact())

    @rule()
    def reopen(self) -> None:
        self.send(ReopenContact(because="Again."))

    @rule(data=st.data(), names=st.lists(st.sampled_from(sorted(CONTACT_FACTS)), min_size=1, max_size=2, unique=True))
    def correct(self, data: st.DataObject, names: list[str]) -> None:
        target = data.draw(st.sampled_from(self.entries))
        facts = ContactFacts(**{name: data.draw(CONTACT_FACTS[name]) for name in names})
        self.send(CorrectContact(corrects=target.event_id, facts=facts, because="A slip."))

    @rule(data=st.data())
    def correct_what_it_states(self, data: st.DataObject) -> None:
        target = data.draw(st.sampled_from([each for each in self.entries if isinstance(each.event, CORRECTABLE)]))
        stated = sorted(CONTACT_FACTS.keys() & type(target.event).model_fields.keys())
        names = data.draw(st.lists(st.sampled_from(stated), min_size=1, max_size=2, unique=True))
        facts = ContactFacts(**{name: data.draw(CONTACT_FACTS[name]) for name in names})
        self.send(CorrectContact(corrects=target.event_id, facts=facts, because="A slip."))

    @rule(case=CASES)
    def the_force_records(self, case: str) -> None:
        self.recorded.add(case)

    @rule(hours=st.integers(1, 800))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def nothing_goes_to_the_force_without_consent(self) -> None:
        agreed = False
        for event in self.events():
            agreed = isinstance(event, ConsentGiven) or (agreed and not isinstance(event, ConsentWithdrawn))
            passed_on = isinstance(event, EscalationRaised | AdvocacyActionTaken)
            assert agreed or not passed_on, "passed on without consent"

    @invariant()
    def nobody_is_left_without_an_answer(self) -> None:
        waiting: set[int] = set()
        for event in self.events():
            if isinstance(event, EscalationRaised | EscalationAccepted):
                waiting.add(event.number)
            elif isinstance(event, EscalationDeclined | EscalationResolved):
                assert event.number in waiting or isinstance(event, EscalationResolved), "answered twice"
                waiting.discard(event.number)
            assert not (isinstance(event, ContactClosed) and waiting), "closed without an answer"

    @invariant()
    def an_escalation_keeps_what_it_is_about(self) -> None:
        about: dict[int, str | None] = {}
        held: set[str] = set()
        for event in self.events():
            match event:
                case CaseAdded():
                    assert event.case not in held, "added twice"
                    held.add(event.case)
                case CaseRemoved():
                    assert event.case in held, "removed what was not there"
                    assert event.case not in about.values(), "the case of an open escalation is gone"
                    held.discard(event.case)
                case EscalationRaised():
                    assert event.case is None or event.case in held, "escalated about a case that was not added"
                    about[event.number] = event.case
                case EscalationDeclined() | EscalationResolved():
                    about[event.number] = None
                case EscalationAccepted():
                    about.setdefault(event.number, None)
                case _:
                    pass

    @invariant()
    def anonymous_callers_have_no_name(self) -> None:
        opening = self.contact.opening
        named = any(isinstance(event, ContactOpened) and event.caller is not None for event in self.events())
        assert not (opening.anonymous and named), "an anonymous caller has a name"
        assert not (opening.anonymous and self.contact.consent.with_details), "an anonymous caller's details go on"

    @invariant()
    def versions_have_no_gap_and_something_can_be_done(self) -> None:
        assert [each.version for each in self.entries] == list(range(1, len(self.entries) + 1))
        assert self.contact.version == len(self.entries)
        assert self.contact.allowed
        assert not list(self.contact.flaws()), "the contact breaks a rule"

    @invariant()
    def the_row_counts_what_happened(self) -> None:
        rows = support_contacts.rows_of(self.entries)
        last = [version.row for version in support_contacts.versions(self.entries)][-1:]
        assert last == list(rows.values()), "the row counts otherwise"
        for row in rows.values():
            assert counts(row) == self.counted(), "the row counts otherwise"

    def counted(self) -> dict[str, int]:
        """Counted from the raw events alone; the later answer stands."""
        stands: dict[int, str] = {}
        for event in self.events():
            match event:
                case EscalationRaised():
                    stands[event.number] = "raised"
                case EscalationAccepted():
                    stands[event.number] = "accepted"
                case EscalationDeclined():
                    stands[event.number] = "declined"
                case EscalationResolved():
                    stands[event.number] = event.result.value
                case _:
                    pass
        results = [result.value for result in EscalationResult]
        found = {name: list(stands.values()).count(name) for name in ("raised", "accepted", "declined", *results)}
        added = sum(isinstance(e, CaseAdded) for e in self.events()) - sum(
            isinstance(e, CaseRemoved) for e in self.events()
        )
        status = [isinstance(e, ContactClosed) for e in self.events() if isinstance(e, ContactClosed | ContactReopened)]
        return found | {
            "escalations": len(stands),
            "resolved": sum(found[result] for result in results),
            "cases": added,
            "actions": sum(isinstance(event, AdvocacyActionTaken) for event in self.events()),
            "to_force_route": any(isinstance(event, ForceRouteSignposted) for event in self.events()),
            "closed": bool(status and status[-1]),
        }

    def events(self) -> list[Event]:
        return [each.event for each in self.entries]


def counts(row: SupportContact) -> dict[str, int]:
    names = [
        *(result.value for result in EscalationResult),
        "raised",
        "accepted",
        "declined",
        "escalations",
        "resolved",
    ]
    found: dict[str, int] = {name: getattr(row, name) for name in (*names, "cases", "actions", "to_force_route")}
    assert row.on_concern + row.on_not_referred + row.on_unrecorded == row.escalations
    return found | {"closed": row.status == "closed"}


def test_the_life_of_a_contact() -> None:
    run_state_machine_as_test(LifeOfAContact, settings=SETTINGS)


Plant = Callable[[pytest.MonkeyPatch], None]


def blind(module: Any, *rules: str) -> Plant:
    """Nobody looks at these rules in a module."""
    real = module.broken

    def looks(looked_at: Any, *, when: bool, allowed: tuple[str, ...] = ()) -> Iterable[Broken]:
        return () if looked_at.id in rules else real(looked_at, when=when, allowed=allowed)

    return lambda patch: patch.setattr(module, "broken", looks)


def consent_that_cannot_be_withdrawn(patch: pytest.MonkeyPatch) -> None:
    real = Consent.evolve
    patch.setattr(
        Consent, "evolve", lambda held, event: held if isinstance(event, ConsentWithdrawn) else real(held, event)
    )


def escalations_that_share_a_number(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(escalation, "max", lambda numbers, default: 0, raising=False)


def a_case_taken_out_that_stays(patch: pytest.MonkeyPatch) -> None:
    real = Contact.evolve

    def evolve(contact: Contact, written: RecordedEvent) -> Contact:
        return contact if isinstance(written.event, CaseRemoved) else real(contact, written)

    patch.setattr(Contact, "evolve", evolve)


def corrections_that_nobody_judges(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Contact, "stands", lambda contact, correction: iter(()))


def a_move_that_nobody_checks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Contact, "allows", lambda contact, command: iter(()))


def a_month_that_trips(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(opening, "may_be_recent", lambda on, act: {None: False}[on])


PLANTED: list[tuple[Plant, str]] = [
    (blind(consent, "passing_on_needs_consent"), "passed on without consent"),
    (consent_that_cannot_be_withdrawn, "passed on without consent"),
    (blind(closure, "contact_closes_when_answered"), "closed without an answer"),
    (blind(escalation, "escalation_awaits_this_answer"), "answered twice|the row counts otherwise"),
    (blind(escalation, "recorded_late_is_recorded"), "recorded late, and not in the register"),
    (escalations_that_share_a_number, "the row counts otherwise|closed without|escalated about"),
    (blind(cases, "case_is_removed_when_answered"), "the case of an open escalation is gone"),
    (blind(cases, "case_is_added_once"), "added twice"),
    (blind(cases, "case_was_added"), "removed what was not there|escalated about a case that was not added"),
    (a_case_taken_out_that_stays, "removed what was not there|the row counts otherwise"),
    (blind(opening, "anonymous_contact_has_no_name"), "an anonymous caller has a name"),
    (blind(consent, "anonymous_passes_no_details"), "an anonymous caller's details go on"),
    (corrections_that_nobody_judges, "an anonymous caller|the contact breaks a rule"),
    (blind(opening, "other_force_is_named"), "the contact breaks a rule|raised something else"),
    (a_move_that_nobody_checks, "a command went through that was not listed"),
    (a_month_that_trips, "a decision raised something else than Refused"),
]


@pytest.mark.parametrize(("plant", "caught"), PLANTED, ids=lambda value: value if isinstance(value, str) else "")
def test_the_machine_catches(plant: Plant, caught: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    quick = settings(SETTINGS, phases=[Phase.generate], database=None, derandomize=True, max_examples=300)
    with pytest.raises(AssertionError, match=caught):
        run_state_machine_as_test(LifeOfAContact, settings=quick)


def test_the_plants_are_in_modules_that_look_at_their_rules() -> None:
    assert all(hasattr(module, "broken") for module in (consent, closure, escalation, cases, opening))
    assert not hasattr(advocacy, "broken"), "it asks `consent` and `cases`"
