"""History that names who acted, and history of findings without a time of their own."""

from uuid import UUID

import pytest
from report_scenario import COMPLAINT, given, received
from scenario import act

from domain import event
from domain.case.cancellation import SURVIVOR_IS_RECORDED, CancellationCode, RequestCancellation
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.state import Case
from domain.event import Purpose, Role
from domain.misconduct.allegations import AllegationMade, MakeAllegation
from domain.misconduct.state import replay
from domain.misconduct.subjects import NoteSubject, SubjectNoted
from domain.misconduct.testimony import FindingEvidenced, ShownFinding

ANOTHER = "case-0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11"
SUSTAINED = FindingEvidenced(allegation=1, subject=1, finding=ShownFinding.SUSTAINED, printed="Sustained Finding")


@pytest.mark.parametrize(
    ("role", "purpose", "known", "live"),
    [
        (Role.RECORDER, Purpose.CRIME_RECORDING, True, True),
        (Role.RECORDER, Purpose.IMPORT, True, False),
        (Role.IMPORTER, Purpose.IMPORT, False, False),
        (Role.IMPORTER, Purpose.CRIME_RECORDING, False, False),
    ],
)
def test_who_acted_may_be_known_of_what_was_not_entered_here(
    role: Role, purpose: Purpose, known: bool, live: bool
) -> None:
    one = act(role=role, purpose=purpose)
    assert (one.by_someone_known, one.at_the_live_door) == (known, live)


@pytest.mark.parametrize("purpose", [Purpose.IMPORT, Purpose.CRIME_RECORDING])
def test_history_is_not_judged_by_what_stands_beside_it_here(purpose: Purpose) -> None:
    ask = RequestCancellation(code=CancellationCode.C3, surviving=ANOTHER)
    _, broken = event.testify(ask, Case(), act(role=Role.RECORDER, purpose=purpose))
    assert (SURVIVOR_IS_RECORDED.id in broken) is (purpose is not Purpose.IMPORT)


def test_a_finding_that_a_source_shows_is_shown_and_ends_nothing() -> None:
    before = given(received(), *COMPLAINT).state
    after = given(received(), *COMPLAINT, SUSTAINED).state
    assert [tuple(each) for each in after.shown] == [(1, 1, ShownFinding.SUSTAINED, "Sustained Finding", None)]
    for track in ("inquiry", "standings", "determinations", "proceedings", "closure", "owed"):
        assert getattr(after, track) == getattr(before, track)


def test_a_later_finding_on_the_same_replaces_it_and_a_correction_is_read_as_what_it_is() -> None:
    other = SUSTAINED.model_copy(update={"finding": ShownFinding.NOT_SUSTAINED})
    assert [each.finding for each in given(received(), SUSTAINED, other).state.shown] == [ShownFinding.NOT_SUSTAINED]
    entries = given(received(), SUSTAINED).entries
    correction = FactCorrected(corrects=entries[1].event_id, facts=CorrectedFacts(finding="not_sustained"))
    corrected = entries[1]._replace(event_id=UUID(int=99), version=3, event=correction)
    (shown,) = replay([*entries, corrected]).shown
    assert shown.finding is ShownFinding.NOT_SUSTAINED


def test_a_number_that_left_a_gap_is_not_given_twice() -> None:
    gap = given(
        received(),
        SubjectNoted(subject=1),
        SubjectNoted(subject=3),
        AllegationMade(allegation=4, category="G", subjects=(1,)),
    )
    judged = act(role=Role.IMPORTER)
    (noted,), _ = event.testify(NoteSubject(description="Tall."), gap.state, judged)
    assert noted == SubjectNoted(subject=4, description="Tall.")
    (made,), _ = event.testify(MakeAllegation(category="G", subjects=(3,), text="Words."), gap.state, judged)
    assert isinstance(made, AllegationMade)
    assert made.allegation == 5
