"""A call to the support line: each guard, what follows when it holds, and that its test can fail."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from datetime import date
from types import ModuleType
from typing import Any

import pytest
from contact_scenario import CASE, FORCE, NOW, OTHER_CASE, fact, given, nothing, opened, reported_case

import domain.support_contact
from domain.case.correction import FACT_IS_NOT_EMPTY, CorrectedFacts, FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Broken, Command, Role, Rule
from domain.event import broken as really_broken
from domain.support_contact.advocacy import AdvocacyActionTaken, AdvocacyKind, TakeAdvocacyAction
from domain.support_contact.cases import (
    ADDED_ONCE,
    ADDS_A_KNOWN_CASE,
    REMOVED_WHEN_ANSWERED,
    WAS_ADDED,
    AddCase,
    CaseAdded,
    CaseRemoved,
    RemoveCase,
)
from domain.support_contact.closure import (
    CLOSES_WHEN_ANSWERED,
    CloseContact,
    ContactClosed,
    ContactReopened,
    ReopenContact,
)
from domain.support_contact.consent import (
    ANONYMOUS_PASSES_NO_DETAILS,
    PASSING_ON_NEEDS_CONSENT,
    ConsentGiven,
    ConsentStatus,
    ConsentWithdrawn,
    GiveConsent,
    WithdrawConsent,
)
from domain.support_contact.correction import CORRECTS_THE_CONTACT, ContactFacts, CorrectContact
from domain.support_contact.escalation import (
    AWAITS_THIS_ANSWER,
    ESCALATES_ITS_OWN,
    RECORDED_LATE_IS_RECORDED,
    RECORDED_LATE_WAS_LATE,
    AcceptEscalation,
    DeclinedBecause,
    DeclineEscalation,
    EscalationAccepted,
    EscalationChannel,
    EscalationDeclined,
    EscalationRaised,
    EscalationResolved,
    EscalationResult,
    EscalationStatus,
    RaiseEscalation,
    ResolveEscalation,
)
from domain.support_contact.opening import (
    ANONYMOUS_CONTACT_HAS_NO_NAME,
    HAPPENED_ALREADY,
    NOT_ELIGIBLE_NEEDS_REASON,
    OTHER_FORCE_IS_NAMED,
    ContactGround,
    Eligibility,
    OpenContact,
)
from domain.support_contact.signposting import (
    EmergencySignposted,
    ForceRoute,
    ForceRouteSignposted,
    PoliceNumber,
    SignpostEmergency,
    months_before,
)
from domain.support_contact.state import CONTACT_MOVE_IS_OPEN, Contact, replay
from domain.values import Moment, PersonalData

UNRECORDED = ContactGround.UNRECORDED
A_NAME = PersonalData(subject="person-00c0ffee", value="A Name")
AGREED = given(opened(), ConsentGiven(), CaseAdded(case=CASE))
RAISED = EscalationRaised(
    number=1, channel=EscalationChannel.SUPPORT_LINE, ground=UNRECORDED, case=CASE, because="She rang twice."
)
RESOLVE_LATE = ResolveEscalation(number=1, result=EscalationResult.RECORDED_LATE, case=CASE, rationale="Recorded now.")
ACCEPTED = AGREED.and_then(RAISED, EscalationAccepted(number=1))
AFTER = "2024-05-01T11:30:00Z"


def escalate(case: str | None = CASE) -> RaiseEscalation:
    return RaiseEscalation(
        channel=EscalationChannel.SUPPORT_LINE, ground=UNRECORDED, case=case, because="She rang twice."
    )


def call(**facts: Any) -> OpenContact:
    return OpenContact(ground=UNRECORDED, **facts)


def test_a_contact_is_opened_anonymously() -> None:
    nothing.when(call(anonymous=True, summary="He saw it.")).then(opened(anonymous=True, summary="He saw it."))


def test_anonymous_contact_has_no_name() -> None:
    nothing.when(call(anonymous=True, caller=A_NAME)).refused(ANONYMOUS_CONTACT_HAS_NO_NAME)
    nothing.when(call(caller=A_NAME)).then(opened(caller=A_NAME))


def test_contact_is_about_what_happened() -> None:
    nothing.when(call(happened_on=Moment.of("2024-05-02"))).refused(HAPPENED_ALREADY)
    tomorrow = CorrectContact(
        corrects=fact(1), facts=ContactFacts(happened_on=Moment.of("2024-05-02")), because="A slip."
    )
    given(opened()).when(tomorrow).refused(HAPPENED_ALREADY)
    nothing.when(call(happened_on=Moment.of("2024-03"))).then(opened(happened_on=Moment.of("2024-03")))


def test_other_force_is_named() -> None:
    nothing.when(call(eligibility=Eligibility.OTHER_FORCE)).refused(OTHER_FORCE_IS_NAMED)
    nothing.when(call(eligibility=Eligibility.OTHER_FORCE, force_concerned=FORCE)).refused(OTHER_FORCE_IS_NAMED)
    nothing.when(call(eligibility=Eligibility.ELIGIBLE, force_concerned="essex")).refused(OTHER_FORCE_IS_NAMED)
    nothing.when(call(force_concerned="ruritania")).refused(OTHER_FORCE_IS_NAMED)
    nothing.when(call(force_concerned=FORCE)).then(opened(force_concerned=FORCE))


def test_a_matter_of_another_force_is_derived_and_the_caller_directed_there() -> None:
    nothing.when(call(force_concerned="essex", happened_on=Moment.of("2024-04-30"))).then(
        opened(force_concerned="essex", eligibility=Eligibility.OTHER_FORCE, happened_on=Moment.of("2024-04-30")),
        ForceRouteSignposted(to_force="essex", because=ForceRoute.OTHER_FORCE),
    )


def test_not_eligible_needs_a_reason() -> None:
    neighbours = {"eligibility": Eligibility.NOT_A_POLICE_MATTER, "happened_on": Moment.of("2024-04-30")}
    nothing.when(call(**neighbours)).refused(NOT_ELIGIBLE_NEEDS_REASON)
    why = {"eligibility_because": "A boundary dispute."}
    nothing.when(call(**neighbours, **why)).then(opened(**neighbours, **why))


@pytest.mark.parametrize(
    ("happened_on", "directed"),
    [
        ("2024-04-30", True),
        ("2024-04-01", True),
        ("2024-03-31", False),
        ("2024-04", True),
        ("2024-03", False),
        ("2024-04-01T00:30+01:00", True),
        ("2024-03-31T23:59+01:00", False),
        (None, False),
    ],
)
def test_a_crime_of_the_last_month_is_directed_to_the_force_and_kept(happened_on: str | None, directed: bool) -> None:
    moment = Moment.of(happened_on) if happened_on else None
    route = [ForceRouteSignposted(to_force=FORCE, because=ForceRoute.RECENT_CRIME)] if directed else []
    nothing.when(call(happened_on=moment)).then(opened(happened_on=moment), *route)


@pytest.mark.parametrize(
    ("day", "before"), [("2024-03-31", "2024-02-29"), ("2024-01-31", "2023-12-31"), ("2023-03-30", "2023-02-28")]
)
def test_a_month_ago_is_a_day_that_the_month_has(day: str, before: str) -> None:
    assert months_before(date.fromisoformat(day), 1) == date.fromisoformat(before)


def test_someone_in_danger_is_told_to_ring_999_and_others_101_if_they_ask() -> None:
    emergency = EmergencySignposted(number=PoliceNumber.EMERGENCY)
    nothing.when(call(in_danger=True, asked_for_101=True)).then(opened(in_danger=True), emergency)
    nothing.when(call(asked_for_101=True)).then(opened(), EmergencySignposted(number=PoliceNumber.NON_EMERGENCY))
    later = given(opened()).when(SignpostEmergency(number=PoliceNumber.EMERGENCY)).then(emergency)
    assert later.state.signposted == ("999",)


def test_passing_on_needs_consent() -> None:
    action = TakeAdvocacyAction(kind=AdvocacyKind.COMPLAINT, note="By letter.")
    for history in (
        given(opened(), CaseAdded(case=CASE)),
        AGREED.and_then(ConsentWithdrawn()),
        AGREED.and_then(RAISED, ConsentWithdrawn()),
    ):
        history.when(escalate()).refused(PASSING_ON_NEEDS_CONSENT)
        history.when(action).refused(PASSING_ON_NEEDS_CONSENT)
    again = AGREED.and_then(ConsentWithdrawn()).when(GiveConsent()).then(ConsentGiven())
    again.when(escalate()).then(RAISED)
    again.when(action).then(AdvocacyActionTaken(kind=AdvocacyKind.COMPLAINT, note="By letter."))


def test_what_was_passed_on_is_answered_after_consent_is_withdrawn() -> None:
    withdrawn = AGREED.and_then(RAISED).when(WithdrawConsent()).then(ConsentWithdrawn())
    assert withdrawn.state.consent.status is ConsentStatus.WITHDRAWN
    facts = {"number": 1, "reason": DeclinedBecause.CONSENT_WITHDRAWN, "rationale": "He changed his mind."}
    declined = withdrawn.when(DeclineEscalation(**facts)).then(EscalationDeclined(**facts))
    declined.when(CloseContact()).then(ContactClosed())


def test_anonymous_passes_no_details() -> None:
    given(opened(anonymous=True)).when(GiveConsent(with_details=True)).refused(ANONYMOUS_PASSES_NO_DETAILS)
    given(opened(anonymous=True)).when(GiveConsent()).then(ConsentGiven())
    given(opened(caller=A_NAME)).when(GiveConsent(with_details=True)).then(ConsentGiven(with_details=True))


def test_contact_adds_a_known_case() -> None:
    history = given(opened())
    history.when(AddCase(case=CASE)).refused(ADDS_A_KNOWN_CASE)
    history.beside({CASE: reported_case(force="kent")}).when(AddCase(case=CASE)).refused(ADDS_A_KNOWN_CASE)
    history.when(AddCase(case=CASE), role=Role.IMPORTER).testifies()
    known = history.beside({CASE: reported_case(), OTHER_CASE: reported_case()})
    both = known.when(AddCase(case=CASE)).then(CaseAdded(case=CASE))
    both = both.when(AddCase(case=OTHER_CASE)).then(CaseAdded(case=OTHER_CASE))
    assert both.state.cases == (CASE, OTHER_CASE)


def test_case_is_added_once() -> None:
    AGREED.beside({CASE: reported_case()}).when(AddCase(case=CASE)).refused(ADDED_ONCE)


def test_case_was_added() -> None:
    AGREED.when(RemoveCase(case=OTHER_CASE, because="Another caller's.")).refused(WAS_ADDED)
    AGREED.when(escalate(OTHER_CASE)).refused(WAS_ADDED)
    action = TakeAdvocacyAction(kind=AdvocacyKind.UPDATE, case=OTHER_CASE, note="By telephone.")
    AGREED.when(action).refused(WAS_ADDED)
    upheld = ResolveEscalation(number=1, result=EscalationResult.UPHELD, case=OTHER_CASE, rationale="It was so.")
    ACCEPTED.when(upheld).refused(WAS_ADDED)


def test_a_case_is_taken_out_and_put_back() -> None:
    why = "A duplicate."
    without = AGREED.when(RemoveCase(case=CASE, because=why)).then(CaseRemoved(case=CASE, because=why))
    assert without.state.cases == ()
    again = without.beside({CASE: reported_case()}).when(AddCase(case=CASE)).then(CaseAdded(case=CASE))
    assert again.state.cases == (CASE,)


def test_case_is_removed_when_answered() -> None:
    remove = RemoveCase(case=CASE, because="A duplicate.")
    for waiting in (AGREED.and_then(RAISED), ACCEPTED):
        waiting.when(remove).refused(REMOVED_WHEN_ANSWERED)
    resolved = ACCEPTED.and_then(EscalationResolved(number=1, result=EscalationResult.UPHELD))
    resolved.when(remove).then(CaseRemoved(case=CASE, because="A duplicate."))


def test_escalates_what_is_eligible() -> None:
    elsewhere = given(opened(eligibility=Eligibility.OTHER_FORCE, force_concerned="essex"), ConsentGiven())
    elsewhere.when(escalate(None)).refused(ESCALATES_ITS_OWN)
    not_for_us = given(opened(eligibility=Eligibility.NOT_A_POLICE_MATTER), ConsentGiven())
    not_for_us.when(escalate(None)).refused(ESCALATES_ITS_OWN)
    about_no_case = RAISED.model_copy(update={"case": None})
    given(opened(), ConsentGiven()).when(escalate(None)).then(about_no_case)


def test_escalations_are_numbered_and_answered_each_on_its_own() -> None:
    second = RAISED.model_copy(update={"number": 2, "case": None})
    both = AGREED.and_then(RAISED).when(escalate(None)).then(second)
    answered = both.when(AcceptEscalation(number=2)).then(EscalationAccepted(number=2))
    assert [each.status for each in answered.state.escalations] == [EscalationStatus.RAISED, EscalationStatus.ACCEPTED]


def test_escalation_awaits_this_answer() -> None:
    why = {"reason": DeclinedBecause.OTHER_PROCESS, "rationale": "It is with the complaints team."}
    upheld = {"result": EscalationResult.UPHELD, "rationale": "It was so."}
    # The other one is there so that each command is open; its number is not the one that is meant.
    with_another = AGREED.and_then(RAISED, RAISED.model_copy(update={"number": 2}))
    for number in (1, 9):
        declined = with_another.and_then(EscalationAccepted(number=1))
        declined.when(AcceptEscalation(number=number)).refused(AWAITS_THIS_ANSWER)
        declined.when(DeclineEscalation(number=number, **why)).refused(AWAITS_THIS_ANSWER)
        with_another.and_then(EscalationAccepted(number=2)).when(ResolveEscalation(number=number, **upheld)).refused(
            AWAITS_THIS_ANSWER
        )


def test_a_declined_escalation_may_be_taken_up_after_all() -> None:
    declined = AGREED.and_then(RAISED, EscalationDeclined(number=1, reason=DeclinedBecause.NOT_ENOUGH_INFORMATION))
    taken_up = declined.when(AcceptEscalation(number=1)).then(EscalationAccepted(number=1))
    [escalation] = taken_up.state.escalations
    assert (escalation.status, escalation.declined_because) == (EscalationStatus.ACCEPTED, None)


def test_recorded_late_is_recorded() -> None:
    ACCEPTED.beside({CASE: reported_case()}).when(RESOLVE_LATE).refused(RECORDED_LATE_IS_RECORDED)
    ACCEPTED.when(RESOLVE_LATE).refused(RECORDED_LATE_IS_RECORDED)
    recorded = {CASE: reported_case(recorded=AFTER), OTHER_CASE: reported_case(recorded=AFTER)}
    nameless = RESOLVE_LATE.model_copy(update={"case": None})
    ACCEPTED.beside(recorded).when(nameless).refused(RECORDED_LATE_IS_RECORDED)
    another = RESOLVE_LATE.model_copy(update={"case": OTHER_CASE})
    ACCEPTED.and_then(CaseAdded(case=OTHER_CASE)).beside(recorded).when(another).refused(RECORDED_LATE_IS_RECORDED)
    ACCEPTED.when(nameless, role=Role.IMPORTER).testifies(RECORDED_LATE_IS_RECORDED)
    ACCEPTED.when(RESOLVE_LATE, role=Role.IMPORTER).testifies()
    late = EscalationResolved(number=1, result=EscalationResult.RECORDED_LATE, case=CASE, rationale="Recorded now.")
    ACCEPTED.beside(recorded).when(RESOLVE_LATE).then(late)


def test_recorded_late_was_late() -> None:
    in_time = {CASE: reported_case(recorded="2024-02-02T10:00:00Z")}
    ACCEPTED.beside(in_time).when(RESOLVE_LATE).refused(RECORDED_LATE_WAS_LATE)
    a_second_over = {CASE: reported_case(recorded="2024-02-02T10:00:01Z")}
    late = EscalationResolved(number=1, result=EscalationResult.RECORDED_LATE, case=CASE, rationale="Recorded now.")
    ACCEPTED.beside(a_second_over).when(RESOLVE_LATE).then(late)


def test_a_later_result_replaces_an_earlier_one() -> None:
    first = ACCEPTED.and_then(EscalationResolved(number=1, result=EscalationResult.NOT_UPHELD))
    late = EscalationResolved(number=1, result=EscalationResult.RECORDED_LATE, case=CASE, rationale="Recorded now.")
    after = first.beside({CASE: reported_case(recorded=AFTER)}).when(RESOLVE_LATE).then(late)
    assert [each.result for each in after.state.escalations] == [EscalationResult.RECORDED_LATE]


def test_contact_closes_when_answered() -> None:
    for waiting in (AGREED.and_then(RAISED), ACCEPTED):
        waiting.when(CloseContact()).refused(CLOSES_WHEN_ANSWERED)
    resolved = ACCEPTED.and_then(EscalationResolved(number=1, result=EscalationResult.NOT_UPHELD))
    closed = resolved.when(CloseContact(because="She is content.")).then(ContactClosed(because="She is content."))
    again = closed.when(ReopenContact(because="She rang again.")).then(ContactReopened(because="She rang again."))
    assert again.state.cases == (CASE,)
    assert again.state.closed_at is None


def test_contact_move_is_open() -> None:
    nothing.when(CloseContact()).refused(CONTACT_MOVE_IS_OPEN)
    given(opened()).when(call()).refused(CONTACT_MOVE_IS_OPEN)
    given(opened()).when(AcceptEscalation(number=1)).refused(CONTACT_MOVE_IS_OPEN)
    given(opened(), ContactClosed()).when(escalate(None)).refused(CONTACT_MOVE_IS_OPEN)


def correct(number: int, **facts: Any) -> CorrectContact:
    return CorrectContact(corrects=fact(number), facts=ContactFacts(**facts), because="A slip.")


def test_contact_correction_names_its_facts() -> None:
    AGREED.when(correct(9, ground=UNRECORDED)).refused(CORRECTS_THE_CONTACT)
    AGREED.when(correct(2, ground=UNRECORDED)).refused(CORRECTS_THE_CONTACT)
    ACCEPTED.when(correct(5, at=Moment.of("2024-05-01"))).refused(CORRECTS_THE_CONTACT)


def test_a_fact_is_not_corrected_to_nothing() -> None:
    for name in ("ground", "anonymous", "eligibility", "at"):
        AGREED.when(correct(1, **{name: None})).refused(FACT_IS_NOT_EMPTY)


@pytest.mark.parametrize(
    ("number", "facts", "now"),
    [
        (1, {"ground": ContactGround.CONCERN}, lambda c: c.opening.ground is ContactGround.CONCERN),
        (1, {"anonymous": True}, lambda c: c.opening.anonymous is True),
        (1, {"reference": "VS 13/24"}, lambda c: c.opening.reference == "VS 13/24"),
        (1, {"happened_on": Moment.of("2024-03")}, lambda c: c.opening.happened_on == Moment.of("2024-03")),
        (1, {"happened_on": None}, lambda c: c.opening.happened_on is None),
        (1, {"force_concerned": FORCE}, lambda c: c.opening.force_concerned == FORCE),
        (1, {"in_danger": True}, lambda c: c.opening.in_danger is True),
        (1, {"at": Moment.of("2024-04-30")}, lambda c: c.opening.opened_at == Moment.of("2024-04-30")),
        (2, {"with_details": True}, lambda c: c.consent.with_details is True),
        (4, {"channel": EscalationChannel.MAYOR}, lambda c: c.escalations[0].channel is EscalationChannel.MAYOR),
        (4, {"ground": ContactGround.CONCERN}, lambda c: c.escalations[0].ground is ContactGround.CONCERN),
        (5, {"kind": AdvocacyKind.REPORT}, lambda c: c.advocacy == (AdvocacyKind.REPORT,)),
    ],
)
def test_a_slip_is_corrected_and_the_event_stays(number: int, facts: dict[str, Any], now: Any) -> None:
    history = AGREED.and_then(RAISED, AdvocacyActionTaken(kind=AdvocacyKind.UPDATE))
    before = history.state
    assert not now(before) or facts == {"happened_on": None}
    named = ContactFacts(**facts).model_dump(mode="json", include=set(facts))
    fixed = FactCorrected(corrects=fact(number), facts=CorrectedFacts.model_validate(named), because="A slip.")
    stored = FactCorrected.model_validate_json(fixed.model_dump_json())
    after = history.when(correct(number, **facts)).then(fixed)
    assert now(after.state)
    assert now(history.and_then(stored).state), "and so it is when it is read from the store"
    assert after.state.facts[fact(number)] == history.entries[number - 1]


def test_a_correction_cannot_make_the_contact_break_a_rule() -> None:
    named = given(opened(caller=A_NAME), ConsentGiven(with_details=True))
    named.when(correct(1, anonymous=True)).refused(ANONYMOUS_CONTACT_HAS_NO_NAME)
    given(opened(anonymous=True), ConsentGiven()).when(correct(2, with_details=True)).refused(
        ANONYMOUS_PASSES_NO_DETAILS
    )
    given(opened()).when(correct(1, eligibility=Eligibility.OTHER_FORCE)).refused(OTHER_FORCE_IS_NAMED)
    given(opened()).when(correct(1, force_concerned="ruritania")).refused(OTHER_FORCE_IS_NAMED)
    elsewhere = {"eligibility": Eligibility.OTHER_FORCE, "force_concerned": "essex"}
    AGREED.and_then(RAISED).when(correct(1, **elsewhere)).refused(ESCALATES_ITS_OWN)
    assert (
        given(opened(caller=A_NAME, anonymous=True))
        .when(correct(1, anonymous=False))
        .then(
            FactCorrected(
                corrects=fact(1), facts=CorrectedFacts.model_validate({"anonymous": False}), because="A slip."
            )
        )
    )


def test_what_a_file_takes_back_is_gone() -> None:
    state = AGREED.and_then(SourceRowWithdrawn(withdraws=(fact(3),))).state
    assert (state.cases, state.version) == ((), 4)


def test_the_contact_as_it_stood_at_a_moment() -> None:
    entries = AGREED.and_then(RAISED).entries
    assert replay(entries, Moment.of("2024-05-01T10:01:30Z").earliest).cases == ()
    assert len(replay(entries, Moment.of(NOW).earliest).escalations) == 1
    assert replay(entries, Moment.of("2024-05-01T09:59:00Z").earliest) == Contact(
        id="contact-1", force=FORCE, version=4, facts=replay(entries).facts
    )


# Every rule has a test that is named for it, and that test notices when the rule is no longer looked at.

MODULES: list[ModuleType] = [
    importlib.import_module(f"domain.support_contact.{module.name}")
    for module in pkgutil.iter_modules(domain.support_contact.__path__)
]
RULES = {
    rule.id: rule
    for module in MODULES
    for _, rule in inspect.getmembers(module)
    if isinstance(rule, Rule) and rule is not FACT_IS_NOT_EMPTY
}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_that_nobody_looks_at_is_noticed(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rule.source
    assert rule.sentence.endswith(".")
    test = globals()[f"test_{rule.id}"]
    test()

    def blind(looked_at: Rule, *, when: bool, allowed: tuple[str, ...] = ()) -> Iterable[Broken]:
        return () if looked_at is rule else really_broken(looked_at, when=when, allowed=allowed)

    def nobody_asks(contact: Contact, command: Command[Contact]) -> Iterable[Broken]:
        return ()

    for module in MODULES:
        if hasattr(module, "broken"):
            monkeypatch.setattr(module, "broken", blind)
    if rule is CONTACT_MOVE_IS_OPEN:
        monkeypatch.setattr(Contact, "allows", nobody_asks)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test()


def test_there_are_as_many_rules_as_there_were() -> None:
    assert len(RULES) >= 17
