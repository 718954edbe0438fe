"""The state machine of `life_of_a_report`, and for each of its claims a planted defect that it catches."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from claims_of_a_report import last_instant
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from life_of_a_report import LifeOfAReport

from domain.event import Broken
from domain.misconduct import (
    allegations,
    assessment,
    closure,
    duties,
    identity,
    intake,
    mailbox,
    passing,
    referral,
    review,
    schedule3,
    subjects,
)
from domain.misconduct.assessment import Assessment
from domain.misconduct.identity import DisclosureWithdrawn, Identity
from domain.misconduct.state import Report

SETTINGS = settings(stateful_step_count=30, max_examples=300)


def test_the_life_of_a_report() -> None:
    run_state_machine_as_test(LifeOfAReport, settings=SETTINGS)


Plant = Callable[[pytest.MonkeyPatch], None]


def blind(module: Any, *rules: str) -> Plant:
    """Nobody looks at these rules in a module."""
    real = module.broken

    def looks(looked_at: Any, *, when: bool, allowed: tuple[str, ...] = ()) -> Iterable[Broken]:
        return () if looked_at.id in rules else real(looked_at, when=when, allowed=allowed)

    return lambda patch: patch.setattr(module, "broken", looks)


def a_disclosure_that_stays(patch: pytest.MonkeyPatch) -> None:
    real = Identity.evolve

    def evolve(held: Identity, event: Any, actor: str) -> Identity:
        return held if isinstance(event, DisclosureWithdrawn) else real(held, event, actor)

    patch.setattr(Identity, "evolve", evolve)


def a_test_that_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Assessment, "with_tests", lambda held, *tests: held)


def a_move_that_nobody_checks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Report, "allows", lambda report, command: iter(()))


def a_referral_that_ends_at_once(patch: pytest.MonkeyPatch) -> None:
    real = duties._counted

    def counted(kind: Any, about: Any, entry: Any, since: Any) -> Any:
        return real(kind, about, entry, since)._replace(due=last_instant(since.latest_london_date))

    patch.setattr(duties, "_counted", counted)


def a_referral_that_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(duties, "_over", lambda owed, entry, *, met: owed)


PLANTED: list[tuple[Plant, str]] = [
    (blind(identity, "reporter_stays_unknown"), "an unknown reporter was named"),
    (blind(passing, "identity_is_not_passed_on"), "a name was passed on"),
    (blind(passing, "only_allowed_fields_are_passed"), "what may not be passed on was"),
    (blind(passing, "acknowledged_once_passed"), "acknowledged by nobody"),
    (blind(passing, "signposting_fits_the_report"), "sent away for no reason"),
    (blind(intake, "report_force_is_listed"), "passed to a force that is none"),
    (blind(identity, "identity_is_for_its_recipient"), "somebody else asked"),
    (blind(identity, "second_person_releases_identity"), "one person asked and released"),
    (blind(identity, "identity_release_ends"), "a release that is over"),
    (a_disclosure_that_stays, "released after it was taken back|taken back after|nobody asked|somebody else asked"),
    (blind(mailbox, "question_was_asked"), "answered what was not asked"),
    (blind(subjects, "subject_is_noted"), "nobody with that number"),
    (blind(allegations, "allegation_stands"), "withdrawn, and never made|withdrawn twice"),
    (blind(assessment, "schedule_3_is_forced"), "kept outside Schedule 3"),
    (blind(assessment, "schedule_3_is_of_england_and_wales"), "Schedule 3 outside England and Wales"),
    (blind(schedule3, "complaint_is_of_the_public"), "a complaint from within"),
    (blind(schedule3, "dsi_matter_has_its_test"), "nobody died"),
    (blind(schedule3, "local_handling_is_for_complaints"), "handled locally, and no complaint"),
    (a_test_that_is_forgotten, "kept outside Schedule 3|closed outside Schedule 3|nobody died|wrong body"),
    (blind(referral, "referral_criterion_is_new"), "identified twice|what is owed differs"),
    (blind(referral, "referral_criterion_is_listed"), "no criterion"),
    (blind(referral, "referral_kind_fits_its_ground"), "referred for no reason|a call was not answered"),
    (blind(closure, "mandatory_criterion_is_referred"), "closed, and not referred"),
    (blind(closure, "recorded_matter_is_handled"), "closed, and never handled"),
    (blind(closure, "matter_closes_when_it_is_over"), "closed while it is investigated"),
    (blind(closure, "outcome_is_sent_once"), "sent twice"),
    (blind(review, "review_is_asked_for_in_time"), "a review out of time|a review before the outcome"),
    (blind(review, "review_is_at_the_right_body"), "the wrong body"),
    (blind(review, "review_is_of_recorded_complaints"), "a review of no complaint|a review of the IOPC"),
    (blind(review, "upheld_review_returns_somewhere"), "upheld, and nothing follows"),
    (a_move_that_nobody_checks, "a command went through that was not listed"),
    (a_referral_that_ends_at_once, "due on another day"),
    (a_referral_that_is_forgotten, "what is owed differs"),
]


OFTEN = (
    "an unknown reporter was named",
    "somebody else asked",
    "one person asked and released",
    "nobody with that number",
    "withdrawn, and never made|withdrawn twice",
    "kept outside Schedule 3",
    "a complaint from within",
    "handled locally, and no complaint",
    "closed, and never handled",
    "the wrong body",
    "due on another day",
    "a command went through that was not listed",
    "what is owed differs",
)
"""What the machine comes across at once. The others take it many lives; their rules have tests of their own."""


def planted() -> Iterator[Any]:
    for plant, caught in PLANTED:
        yield pytest.param(plant, caught, id=caught, marks=[] if caught in OFTEN else [pytest.mark.soak])


@pytest.mark.parametrize(("plant", "caught"), list(planted()))
def test_the_machine_catches(plant: Plant, caught: str, monkeypatch: pytest.MonkeyPatch, request: Any) -> None:
    plant(monkeypatch)
    rare = request.node.get_closest_marker("soak") is not None
    quick = settings(
        SETTINGS,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        max_examples=20_000 if rare else 3000,
        stateful_step_count=15,
    )
    with pytest.raises(AssertionError, match=caught):
        run_state_machine_as_test(LifeOfAReport, settings=quick)
