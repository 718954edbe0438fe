"""Sanctions: what the table allows and none harsher, whatever is sent in whatever order."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from proceedings_scenario import (
    ACCELERATED,
    BEFORE,
    CONTRACTOR,
    FORMER,
    GROSS,
    HEARING,
    MEETING,
    MISCONDUCT,
    NOT_PROVEN,
    OFFICER,
    SINCE,
    SPECIAL,
    STAFF,
    VOLUNTEER,
    held,
    investigated,
)
from report_scenario import FORCE, INVESTIGATOR, Given, happened

from domain.event import Act, Broken, Command, Refused, Role, enforce
from domain.misconduct import appeals, barred_list, proceedings, sanctions
from domain.misconduct.appeals import (
    APPEAL_GOES_TO,
    APPEAL_IS_OPEN,
    APPEAL_NEEDS_A_SANCTION,
    REPLACED_BY_ONE,
    AppealDecided,
    AppealLodged,
    AppealResult,
    AppealTo,
    DecideAppeal,
    LodgeAppeal,
)
from domain.misconduct.barred_list import (
    BARRED_LIST_COVERS,
    BARRED_NEEDS_DISMISSAL,
    BarredListNotified,
    NotifyBarredList,
)
from domain.misconduct.determination import DealtWith, DetermineCase
from domain.misconduct.proceedings import (
    AllegationFinding,
    Chair,
    Finding,
    FindingSetAside,
    GiveNoticeOfProceedings,
    HoldProceedings,
    ProceedingsHeld,
    ProceedingsRemitted,
)
from domain.misconduct.sanctions import (
    DISMISSAL_IS_PRESUMED,
    SANCTION_FOLLOWS_FINDING,
    SANCTION_IS_IN_TABLE,
    ImposeSanction,
    Sanction,
    SanctionImposed,
    SanctionReplaced,
)
from domain.misconduct.standing import Standing
from domain.misconduct.state import REPORT_MOVE_IS_OPEN, Report
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted
from domain.rules import rule_book
from domain.values import Moment, instant

WW, FWW, REDUCTION = Sanction.WRITTEN_WARNING, Sanction.FINAL_WRITTEN_WARNING, Sanction.REDUCTION_IN_RANK
DISMISSAL, WOULD_HAVE_BEEN, ENDED = (
    Sanction.DISMISSAL,
    Sanction.WOULD_HAVE_BEEN_DISMISSED,
    Sanction.ENGAGEMENT_ENDED,
)
# The table once more, as the regulation reads (SI 2020/4, regulation 42, and schedule 1), not from the data.
ALLOWED: dict[tuple[PersonKind, DealtWith, Finding, bool], set[Sanction]] = {}
for kind in (OFFICER, SPECIAL):
    for aggravated in (False, True):
        ALLOWED[kind, MEETING, MISCONDUCT, aggravated] = {WW, FWW}
        ALLOWED[kind, HEARING, GROSS, aggravated] = {FWW, REDUCTION, DISMISSAL}
        ALLOWED[kind, ACCELERATED, GROSS, aggravated] = {FWW, REDUCTION, DISMISSAL}
    ALLOWED[kind, HEARING, MISCONDUCT, False] = {WW, FWW}
    ALLOWED[kind, HEARING, MISCONDUCT, True] = {WW, FWW, REDUCTION, DISMISSAL}
for aggravated in (False, True):
    ALLOWED[FORMER, HEARING, GROSS, aggravated] = {WOULD_HAVE_BEEN}
    ALLOWED[FORMER, ACCELERATED, GROSS, aggravated] = {WOULD_HAVE_BEEN}
    ALLOWED[STAFF, MEETING, MISCONDUCT, aggravated] = {WW, FWW}
    ALLOWED[STAFF, HEARING, MISCONDUCT, aggravated] = {WW, FWW}
    ALLOWED[STAFF, HEARING, GROSS, aggravated] = {FWW, DISMISSAL}
    ALLOWED[VOLUNTEER, MEETING, MISCONDUCT, aggravated] = {ENDED}
    ALLOWED[CONTRACTOR, MEETING, MISCONDUCT, aggravated] = {ENDED}


def impose(sanction: Sanction, **facts: str) -> ImposeSanction:
    return ImposeSanction.model_validate({"subject": 1, "sanction": sanction, "rationale": "So it is.", **facts})


def let_through(history: Given, command: Command[Report], at: str = BEFORE) -> bool:
    try:
        history.when(command, at=at).goes_through()
    except Refused as refusal:
        if refusal.rule not in (SANCTION_IS_IN_TABLE, REPORT_MOVE_IS_OPEN):
            raise
        return False
    return True


@pytest.mark.parametrize("kind", PersonKind)
@pytest.mark.parametrize("form", [MEETING, HEARING, ACCELERATED])
@pytest.mark.parametrize("finding", Finding)
@pytest.mark.parametrize(("live", "separate"), [(False, False), (True, False), (False, True)])
def test_sanction_is_in_the_table(
    kind: PersonKind, form: DealtWith, finding: Finding, live: bool, separate: bool
) -> None:
    history = held(kind, form, finding, live=live, separate=separate)
    expected = ALLOWED.get((kind, form, finding, live or separate), set())
    assert {each for each in Sanction if let_through(history, impose(each))} == expected


def test_the_table_has_all_it_should() -> None:
    sets = rule_book().proceedings
    assert [each.id for each in sets] == ["proceedings-2020", "proceedings-2024", "proceedings-2025"]
    assert all(each.sanctions == sets[0].sanctions for each in sets), "a later set takes over what it does not change"
    assert [each.hearing_chair for each in sets] == ["legally_qualified_chair", "chief_officer", "chief_officer"]
    assert [each.dismissal_presumed for each in sets] == [False, False, True]
    unconfirmed = {person for row in sets[0].sanctions if row.standing for person in row.persons}
    assert unconfirmed == {OFFICER, SPECIAL, STAFF, VOLUNTEER, CONTRACTOR}
    assert {kind.value for kind in PersonKind} == sets[0].routes.keys()
    assert sets[0].bound == {OFFICER, SPECIAL, FORMER}
    assert {sanction for row in sets[0].sanctions for sanction in row.allowed | row.aggravated} == set(Sanction)


def test_sanction_follows_a_finding() -> None:
    known = investigated()
    both = known.and_then(SubjectNoted(subject=2), SubjectIdentified(subject=2, person_kind=OFFICER, force=FORCE))
    open_for_one = Given((*held().entries,)).and_then(
        SubjectNoted(subject=2), SubjectIdentified(subject=2, person_kind=OFFICER, force=FORCE)
    )
    known.when(impose(WW)).refused(REPORT_MOVE_IS_OPEN)
    both.when(impose(WW)).refused(REPORT_MOVE_IS_OPEN)
    of_two = ImposeSanction(subject=2, sanction=WW, rationale="So it is.")
    open_for_one.when(of_two).refused(SANCTION_FOLLOWS_FINDING)


@pytest.mark.parametrize(("at", "presumed"), [("2025-05-27T22:59:59Z", False), ("2025-05-27T23:00:00Z", True)])
def test_dismissal_is_presumed(at: str, presumed: bool) -> None:
    history = held(at=at)
    if presumed:
        history.when(impose(FWW), at=at).refused(DISMISSAL_IS_PRESUMED)
    else:
        history.when(impose(FWW), at=at).goes_through()
    history.when(impose(FWW, presumption_rebutted="Long service."), at=at).goes_through()
    history.when(impose(DISMISSAL), at=at).goes_through()
    held(FORMER, at=at).when(impose(WOULD_HAVE_BEEN), at=at).goes_through()
    held(finding=MISCONDUCT, at=at).when(impose(FWW), at=at).goes_through()


@pytest.mark.parametrize(
    ("sanction", "given_at", "expires"),
    [
        (WW, "2024-06-03T10:00:00Z", "2025-12-03"),
        (WW, "2024-08-31T10:00:00Z", "2026-02-28"),
        (WW, "2024-08-30T23:30:00Z", "2026-02-28"),
        (FWW, "2024-02-29T10:00:00Z", "2026-02-28"),
        (FWW, "2024-06-30T23:00:00Z", "2026-07-01"),
    ],
)
def test_a_warning_lapses_on_its_day(sanction: Sanction, given_at: str, expires: str) -> None:
    history = held(finding=MISCONDUCT, at=given_at).when(impose(sanction), at=given_at).goes_through()
    (imposed,) = history.state.sanctions
    assert str(imposed.expires) == expires
    last = Moment.of(expires).london_date
    assert imposed.live(last - timedelta(days=1))
    assert not imposed.live(last)
    assert held().when(impose(DISMISSAL)).goes_through().state.sanctions[0].expires is None


def sanctioned(history: Given, sanction: Sanction = DISMISSAL) -> Given:
    return history.and_then(SanctionImposed(subject=1, sanction=sanction, rule_set="proceedings-2020"))


def lodge(to: AppealTo) -> LodgeAppeal:
    return LodgeAppeal(subject=1, to=to, grounds="Unfair.")


def decide(result: AppealResult, sanction: Sanction | None = None) -> DecideAppeal:
    return DecideAppeal(subject=1, result=result, sanction=sanction, rationale="So it is.")


TRIBUNAL, APPEAL_MEETING = AppealTo.POLICE_APPEALS_TRIBUNAL, AppealTo.APPEAL_MEETING


@pytest.mark.parametrize(
    ("kind", "form", "to"),
    [
        (OFFICER, HEARING, TRIBUNAL),
        (SPECIAL, ACCELERATED, TRIBUNAL),
        (FORMER, HEARING, TRIBUNAL),
        (OFFICER, MEETING, APPEAL_MEETING),
        (STAFF, HEARING, APPEAL_MEETING),
        (VOLUNTEER, MEETING, APPEAL_MEETING),
    ],
)
def test_appeal_goes_to_its_body(kind: PersonKind, form: DealtWith, to: AppealTo) -> None:
    history = sanctioned(held(kind, form, MISCONDUCT))
    history.when(lodge(to)).then(AppealLodged(subject=1, to=to, grounds="Unfair."))
    other = next(each for each in AppealTo if each is not to)
    history.when(lodge(other)).refused(APPEAL_GOES_TO)


APPEALED = AppealLodged(subject=1, to=TRIBUNAL)


def test_appeal_needs_a_sanction() -> None:
    two = (SubjectNoted(subject=2), SubjectIdentified(subject=2, person_kind=OFFICER, force=FORCE))
    history = sanctioned(held()).and_then(*two)
    history.when(LodgeAppeal(subject=2, to=TRIBUNAL, grounds="Unfair.")).refused(APPEAL_NEEDS_A_SANCTION)
    held().when(lodge(TRIBUNAL)).refused(REPORT_MOVE_IS_OPEN)
    history.and_then(APPEALED).when(lodge(TRIBUNAL)).refused(REPORT_MOVE_IS_OPEN)


def test_appeal_is_open() -> None:
    two = (SubjectNoted(subject=2), SubjectIdentified(subject=2, person_kind=OFFICER, force=FORCE))
    history = sanctioned(held()).and_then(*two, APPEALED)
    other = DecideAppeal(subject=2, result=AppealResult.DISMISSED, rationale="So it is.")
    history.when(other).refused(APPEAL_IS_OPEN)


def test_replaced_sanction_is_named() -> None:
    history = sanctioned(held()).and_then(APPEALED)
    history.when(decide(AppealResult.SANCTION_REPLACED)).refused(REPLACED_BY_ONE)
    history.when(decide(AppealResult.DISMISSED, FWW)).refused(REPLACED_BY_ONE)
    history.when(decide(AppealResult.SANCTION_REPLACED, WOULD_HAVE_BEEN)).refused(SANCTION_IS_IN_TABLE)
    after = history.when(decide(AppealResult.SANCTION_REPLACED, FWW), at=BEFORE).then(
        AppealDecided(subject=1, result=AppealResult.SANCTION_REPLACED, rationale="So it is."),
        SanctionReplaced(subject=1, sanction=FWW, expires=Moment.of("2026-06-03"), rule_set="proceedings-2024"),
    )
    assert [each.sanction for each in after.state.sanctions] == [FWW]


def test_what_an_appeal_comes_to() -> None:
    history = sanctioned(held()).and_then(APPEALED)
    assert history.state.standings == {1: Standing.UNDER_APPEAL}
    stays = history.when(decide(AppealResult.DISMISSED)).goes_through().state
    assert (stays.standings, len(stays.sanctions), stays.under_way) == ({1: Standing.OVER}, 1, False)
    decided = AppealDecided(subject=1, result=AppealResult.FINDING_SET_ASIDE, rationale="So it is.")
    gone = history.when(decide(AppealResult.FINDING_SET_ASIDE)).then(decided, FindingSetAside(subject=1))
    assert (gone.state.standings, gone.state.sanctions) == ({1: Standing.OVER}, ())
    gone.when(impose(DISMISSAL)).refused(REPORT_MOVE_IS_OPEN)
    decided = AppealDecided(subject=1, result=AppealResult.REMITTED, rationale="So it is.")
    anew = history.when(decide(AppealResult.REMITTED)).then(decided, ProceedingsRemitted(subject=1)).state
    assert (anew.standings, anew.sanctions, anew.under_way) == ({1: Standing.AWAITS_PROCEEDINGS}, (), True)


NOTIFY = NotifyBarredList(subject=1)


def test_barred_list_needs_a_dismissal() -> None:
    for kind, sanction in ((OFFICER, DISMISSAL), (SPECIAL, DISMISSAL), (FORMER, WOULD_HAVE_BEEN)):
        told = sanctioned(held(kind), sanction).when(NOTIFY).then(BarredListNotified(subject=1))
        told.when(NOTIFY).refused(BARRED_NEEDS_DISMISSAL)
    for kind, sanction in ((OFFICER, FWW), (STAFF, DISMISSAL)):
        sanctioned(held(kind), sanction).when(NOTIFY).refused(BARRED_NEEDS_DISMISSAL)


@pytest.mark.parametrize("force", ["btp", "ministry-of-defence", "civil-nuclear", "nca"])
def test_barred_list_covers_the_force(force: str) -> None:
    sanctioned(held(force=force)).when(NOTIFY).refused(BARRED_LIST_COVERS)


Start = tuple[PersonKind, DealtWith, tuple[Finding, Finding]]
STARTS: list[Start] = [
    (OFFICER, MEETING, (MISCONDUCT, NOT_PROVEN)),
    (OFFICER, MEETING, (GROSS, NOT_PROVEN)),
    (OFFICER, HEARING, (NOT_PROVEN, MISCONDUCT)),
    (OFFICER, HEARING, (GROSS, MISCONDUCT)),
    (SPECIAL, HEARING, (MISCONDUCT, NOT_PROVEN)),
    (SPECIAL, HEARING, (MISCONDUCT, MISCONDUCT)),
    (FORMER, ACCELERATED, (GROSS, NOT_PROVEN)),
    (STAFF, HEARING, (GROSS, NOT_PROVEN)),
    (VOLUNTEER, MEETING, (MISCONDUCT, NOT_PROVEN)),
    (CONTRACTOR, MEETING, (NOT_PROVEN, NOT_PROVEN)),
]


class Dealt(RuleBasedStateMachine):
    """One subject, dealt with by live commands in any order; the sanction that stands is always one of the table."""

    def __init__(self) -> None:
        super().__init__()
        self.history = investigated()
        self.kind, self.live, self.force = OFFICER, False, FORCE
        self.now = Moment.of(BEFORE).earliest

    @initialize(
        start=st.sampled_from(STARTS),
        live=st.sampled_from([False, False, True]),
        force=st.sampled_from([FORCE, "btp"]),
        at=st.sampled_from([BEFORE, SINCE]),
        separate=st.sampled_from([False, True]),
        sanction=st.sampled_from([DISMISSAL, REDUCTION, DISMISSAL, *Sanction]),
        steps=st.sampled_from([5, 4, 5, 3, 0]),
        replaced=st.sampled_from([WOULD_HAVE_BEEN, None, DISMISSAL, FWW, ENDED]),
        told=st.sampled_from([True, False]),
    )
    def begin(
        self,
        start: Start,
        live: bool,
        force: str,
        at: str,
        separate: bool,
        sanction: Sanction,
        steps: int,
        replaced: Sanction | None,
        told: bool,
    ) -> None:
        self.kind, form, findings = start
        self.live, self.force = live, force
        self.history = investigated(self.kind, live=live, force=force)
        self.now = Moment.of(at).earliest
        begun = [
            lambda: self.determine(form),
            self.notify,
            lambda: self.hold_in_time(findings, separate),
            lambda: self.impose(sanction, rebutted=True),
            lambda: self.appeal(APPEAL_MEETING if form is MEETING or self.kind is STAFF else TRIBUNAL),
        ]
        for step in begun[:steps]:
            step()
        if replaced is not None:
            self.decide(AppealResult.SANCTION_REPLACED, replaced)
        if told:
            self.tell_the_college()

    def send(self, command: Command[Report]) -> bool:
        act = Act(INVESTIGATOR, Role.PSD_INVESTIGATOR, FORCE, command.purpose, self.now, rule_book(), others={})
        state = self.history.state
        try:
            facts = enforce(command, state, act)
        except Refused:
            return False
        assert type(command) in state.allowed, "a command went through that was not listed"
        at = str(instant(self.now))
        self.history = self.history.and_then(*(happened(each, at) for each in facts))
        return True

    @rule(by=st.sampled_from(DealtWith))
    def determine(self, by: DealtWith) -> None:
        both = {"strong_evidence": True, "public_interest": True, "presumption_rebutted": "Ill."}
        self.send(DetermineCase(subject=1, by=by, rationale="So it is.", **both))

    @rule()
    def notify(self) -> None:
        self.send(GiveNoticeOfProceedings(subject=1))

    @rule(findings=st.tuples(st.sampled_from(Finding), st.sampled_from(Finding)), separate=st.booleans())
    def hold(self, findings: tuple[Finding, Finding], separate: bool) -> None:
        each = tuple(AllegationFinding(allegation=n, finding=found) for n, found in enumerate(findings, start=1))
        facts = {"subject": 1, "findings": each, "separate_incidents": separate, "rationale": "So it is."}
        self.send(HoldProceedings.model_validate({"chair": Chair.CHIEF_OFFICER, **facts}))

    def hold_in_time(self, findings: tuple[Finding, Finding], separate: bool) -> None:
        self.time_passes(20)
        self.hold(findings, separate)

    @rule(sanction=st.sampled_from(Sanction), rebutted=st.booleans())
    def impose(self, sanction: Sanction, rebutted: bool) -> None:
        self.send(impose(sanction, **({"presumption_rebutted": "Ill."} if rebutted else {})))

    @rule(to=st.sampled_from(AppealTo))
    def appeal(self, to: AppealTo) -> None:
        self.send(lodge(to))

    @rule(result=st.sampled_from(AppealResult), sanction=st.none() | st.sampled_from(Sanction))
    def decide(self, result: AppealResult, sanction: Sanction | None) -> None:
        self.send(decide(result, sanction))

    @rule()
    def tell_the_college(self) -> None:
        self.send(NotifyBarredList(subject=1))

    @rule(days=st.integers(1, 500))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @invariant()
    def no_sanction_is_outside_the_table(self) -> None:
        """Read from the raw events alone."""
        found: ProceedingsHeld | None = None
        at: datetime | None = None
        stands: Sanction | None = None
        for entry in self.history.entries:
            event = entry.event
            match event:
                case ProceedingsHeld():
                    assert found is None, "held twice"
                    found, at = event, entry.at.earliest
                    gross = [each for each in event.findings if each.finding is GROSS]
                    assert not (event.form is MEETING and gross), "a meeting found gross misconduct"
                case SanctionImposed() | SanctionReplaced():
                    assert found is not None, "a sanction without proceedings"
                    assert (stands is None) is isinstance(event, SanctionImposed), "a second sanction"
                    gravest = GROSS if any(each.finding is GROSS for each in found.findings) else MISCONDUCT
                    proven = [each for each in found.findings if each.finding is not NOT_PROVEN]
                    assert proven, "a sanction for nothing"
                    aggravated = self.live or (found.separate_incidents and len(proven) > 1)
                    assert event.sanction in ALLOWED.get((self.kind, found.form, gravest, aggravated), set()), (
                        "a sanction that the table does not allow"
                    )
                    stands = event.sanction
                case FindingSetAside():
                    stands = None
                case ProceedingsRemitted():
                    found, stands = None, None
                case BarredListNotified():
                    assert stands in (DISMISSAL, WOULD_HAVE_BEEN), "barred without a dismissal"
                    assert self.kind in (OFFICER, SPECIAL, FORMER), "barred, and not an officer"
                    assert self.force != "btp", "barred, and not covered"
                case _:
                    pass
        assert at is None or at <= self.now

    @invariant()
    def something_can_be_done(self) -> None:
        assert self.history.state.allowed


SETTINGS = settings(
    max_examples=60, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def test_no_sequence_of_live_commands_imposes_what_the_table_does_not_allow() -> None:
    run_state_machine_as_test(Dealt, settings=SETTINGS)


def blind(module: Any, *rules: str) -> Any:
    real = module.broken

    def looks(looked_at: Any, *, when: bool, allowed: tuple[str, ...] = ()) -> tuple[Broken, ...]:
        return () if looked_at.id in rules else tuple(real(looked_at, when=when, allowed=allowed))

    return lambda patch: patch.setattr(module, "broken", looks)


def everybody_is_aggravated(patch: pytest.MonkeyPatch) -> None:
    real = type(rule_book().proceedings[0]).allowed
    patch.setattr(type(rule_book().proceedings[0]), "allowed", lambda *given, aggravated: real(*given, aggravated=True))


def everybody_is_an_officer(patch: pytest.MonkeyPatch) -> None:
    real = type(rule_book().proceedings[0]).allowed
    patch.setattr(
        type(rule_book().proceedings[0]),
        "allowed",
        lambda rules, person, *given, aggravated: real(rules, "officer", *given, aggravated=aggravated),
    )


@pytest.mark.parametrize(
    ("plant", "caught"),
    [
        (blind(sanctions, "sanction_is_in_the_table"), "a sanction that the table does not allow"),
        (blind(appeals, "sanction_is_in_the_table"), "a sanction that the table does not allow"),
        (everybody_is_aggravated, "a sanction that the table does not allow"),
        (everybody_is_an_officer, "a sanction that the table does not allow"),
        (blind(proceedings, "meeting_finds_no_gross_misconduct"), "a meeting found gross misconduct"),
        (
            blind(proceedings, "separate_incidents_are_several"),
            "a sanction that the table does not allow",
        ),
        (blind(barred_list, "barred_list_needs_a_dismissal"), "barred without|barred, and not an officer"),
        (blind(barred_list, "barred_list_covers_the_force"), "barred, and not covered"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_machine_catches(plant: Any, caught: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    quick = settings(SETTINGS, phases=[Phase.generate], derandomize=True, max_examples=5000)
    with pytest.raises(AssertionError, match=caught):
        run_state_machine_as_test(Dealt, settings=quick)
