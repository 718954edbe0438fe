"""What reaches whoever a report is passed to: the fields that the pass names, and all that comes after it."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from report_scenario import NAME, SUBJECT, Given, fact, given, happened, received

from domain.case.correction import CorrectedFacts, FactCorrected
from domain.event import Event, RecordedEvent
from domain.misconduct import passed_on
from domain.misconduct.allegations import AllegationMade
from domain.misconduct.intake import Anonymity, Employed, Intake
from domain.misconduct.mailbox import Mailbox, QuestionAsked, ReporterAnswered
from domain.misconduct.parallel import Beside, IntelligenceRecorded, SafeguardingStarted
from domain.misconduct.passed_on import FIELD_OF, Told, as_told, cut, shown_state
from domain.misconduct.passing import ForceUnit, ReportAcknowledged, ReportPassed
from domain.misconduct.state import Report, replay
from domain.misconduct.subjects import SubjectNoted
from domain.replacing import replace
from domain.rules import rule_book

FIELDS = rule_book().misconduct.passed_fields
FIRST = received(
    Anonymity.NAMED,
    categories=("money_or_favours",),
    currently_employed=Employed.YES,
    reporter=NAME,
    summary="He sells it.",
)
BEFORE: tuple[Event, ...] = (
    FIRST,
    *SUBJECT,
    QuestionAsked(question=1, text="Which car?"),
    ReporterAnswered(question=1, text="The grey one."),
    SafeguardingStarted(because="She is at risk."),
    IntelligenceRecorded(grade="2BP", text="He drives there."),
)
AFTER: tuple[Event, ...] = (
    ReportAcknowledged(),
    SubjectNoted(subject=2),
    AllegationMade(allegation=2, category="H", subjects=(2,)),
    ReporterAnswered(text="And a trailer."),
)


def passed(*fields: str, force: str = "essex") -> ReportPassed:
    return ReportPassed(force=force, unit=ForceUnit.PSD, fields=fields)


def nobody(so_far: Sequence[RecordedEvent]) -> bool:
    """A reader who could read nothing before each pass."""
    return False


def read(history: Given, privy: Callable[[Sequence[RecordedEvent]], bool] = nobody) -> list[Told]:
    return as_told(history.entries, privy)


def names(told: Sequence[Told]) -> set[str]:
    """By which names of the list something of what came before the pass reached the reader."""
    found: set[str] = set()
    for each in told:
        event = each.entry.event
        if isinstance(event, ReportPassed):
            return found
        if each.withheld is not None:
            found |= {FIELD_OF.get(type(event), type(event).__name__)} - {"ReportReceived"}
        if event is FIRST:
            found |= type(event).model_fields.keys() - (each.withheld or set())
    raise AssertionError


def each_field_reaches_the_unit_only_if_it_is_named() -> None:
    for fields in [(), *((field,) for field in sorted(FIELDS)), tuple(sorted(FIELDS))]:
        told = read(given(*BEFORE, passed(*fields), *AFTER))
        assert names(told) == set(fields), fields
        later = told[len(BEFORE) :]
        assert all(each.withheld == frozenset() for each in later), "what comes after the pass is theirs"


def test_each_field_reaches_the_unit_only_if_it_is_named() -> None:
    each_field_reaches_the_unit_only_if_it_is_named()


def test_whoever_could_read_it_before_loses_nothing() -> None:
    told = read(given(*BEFORE, passed("summary"), *AFTER), lambda so_far: True)
    assert all(each.withheld == frozenset() for each in told)


def test_two_passes_let_through_what_both_name() -> None:
    twice = given(*BEFORE, passed("summary", "subjects", force="kent"), *AFTER, passed("subjects", "allegations"))
    assert names(read(twice)) == {"subjects"}
    later = {type(each.entry.event): each.withheld for each in read(twice)[len(BEFORE) + 1 : -1]}
    assert later[SubjectNoted] == later[AllegationMade] == frozenset()
    assert later[ReporterAnswered] is None
    only_the_second = read(twice, lambda so_far: len(so_far) > len(BEFORE))
    assert names(only_the_second) == {"summary", "subjects"}, "whoever it was passed to first keeps what they had"


def test_a_pass_that_was_never_so_takes_nothing() -> None:
    history = given(*BEFORE, passed("summary"))
    wider = FactCorrected(corrects=fact(len(BEFORE) + 1), facts=CorrectedFacts(fields=("summary", "received")))  # type: ignore[call-arg]
    assert names(read(history.and_then(wider))) == {"summary", "received"}


def test_a_correction_tells_no_more_than_what_it_corrects() -> None:
    corrected = FactCorrected(corrects=fact(1), facts=CorrectedFacts(categories=("sexual_purpose",)))  # type: ignore[call-arg]
    for fields, reaches in ((("summary",), None), (("categories",), frozenset[str]())):
        before, after = given(*BEFORE, corrected, passed(*fields)), given(*BEFORE, passed(*fields), corrected)
        for history in (before, after):
            (of_it,) = (each for each in read(history) if each.entry.event is corrected)
            assert of_it.withheld == reaches


def test_the_state_shows_what_was_passed_and_what_came_after() -> None:
    history = given(*BEFORE, passed("received"), *AFTER)
    seen = shown(read(history))
    assert seen.intake == Intake(received=FIRST.received)
    assert [each.number for each in seen.subjects] == [2]
    assert [each.number for each in seen.allegations] == [2]
    assert (seen.mailbox.written, seen.beside) == (1, Beside())
    assert seen.passing == history.state.passing


def shown(told: Sequence[Told]) -> Report:
    return shown_state(replay([each.entry for each in told if each.withheld is not None]), told)


PARTS = ("intake", "subjects", "allegations", "shown", "mailbox", "beside", "passing")


def the_state_is_cut_as_the_history_is() -> None:
    for fields in [(), *((field,) for field in sorted(FIELDS)), tuple(sorted(FIELDS))]:
        before = given(*BEFORE)
        whole = given(*BEFORE, passed(*fields), *AFTER)
        state = cut(before.state, frozenset(fields))
        for entry in whole.entries[len(BEFORE) :]:
            state = state.evolve(entry)
        seen = shown(read(whole))
        for part in PARTS:
            assert getattr(state, part) == getattr(seen, part), (fields, part)


def test_the_state_is_cut_as_the_history_is() -> None:
    the_state_is_cut_as_the_history_is()


def a_list_that_nobody_reads(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(passed_on, "_cuts", lambda entries, privy: [None] * len(entries))


def a_kind_that_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = passed_on.ALWAYS
    patch.setattr(passed_on, "ALWAYS", real | ReporterAnswered)


def a_field_of_the_intake_that_slips_through(patch: pytest.MonkeyPatch) -> None:
    real = passed_on._withheld

    def withheld(event: Event, *rest: Any) -> Any:
        lost = real(event, *rest)
        return lost - {"summary"} if lost else lost

    patch.setattr(passed_on, "_withheld", withheld)


@pytest.mark.parametrize(
    "plant", [a_list_that_nobody_reads, a_kind_that_is_forgotten, a_field_of_the_intake_that_slips_through]
)
def test_a_field_that_slips_through_is_noticed(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        each_field_reaches_the_unit_only_if_it_is_named()


def test_a_state_that_keeps_its_mailbox_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = cut

    def forgetful(report: Report, fields: frozenset[str]) -> Report:
        return replace(real(report, fields), mailbox=report.mailbox)

    monkeypatch.setitem(globals(), "cut", forgetful)
    assert given(*BEFORE).state.mailbox != Mailbox()
    with pytest.raises(AssertionError):
        the_state_is_cut_as_the_history_is()


def test_happened_on_the_same_clock() -> None:
    """A pass that was entered late still cuts what was written before it."""
    history = given(*BEFORE).and_then(happened(passed("summary"), "2024-04-01T10:00:00Z"), *AFTER)
    assert names(read(history)) == {"summary"}
