"""What a reporter is told: what was told on purpose, and before that no more than how far the report was passed on."""

from datetime import date

import pytest
from report_scenario import AT_THE_FORCE, COMPLAINT, PASSED, given, received

from domain.event import Event
from domain.misconduct.closure import MatterClosed, MatterOutcome
from domain.misconduct.investigation import MisconductInvestigationStarted
from domain.misconduct.mailbox import PlainStatus, StatusTold
from domain.misconduct.passing import NotOurs, ReportSignposted
from domain.misconduct.telling import WORDS, first_promise, promised_by, status_told
from domain.rules import rule_book

P = PlainStatus
FIVE_WORKING_DAYS = date(2024, 5, 9)  # from Wednesday 1 May, over the bank holiday of Monday 6 May
STARTED = MisconductInvestigationStarted(investigator="psd-1")
TOLD = StatusTold(status=P.UNDER_INVESTIGATION, next_by=date(2024, 7, 1))


def told(*facts: Event) -> tuple[PlainStatus, date | None]:
    state = given(received(), *facts).state
    return status_told(state), promised_by(state, rule_book())


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((), (P.RECEIVED, FIVE_WORKING_DAYS)),
        ((PASSED,), (P.WITH_THE_FORCE, FIVE_WORKING_DAYS)),
        (AT_THE_FORCE, (P.WITH_THE_FORCE, None)),
        ((ReportSignposted(to="101", because=NotOurs.NOT_POLICE),), (P.NO_FURTHER_ACTION, None)),
        ((TOLD,), (P.UNDER_INVESTIGATION, date(2024, 7, 1))),
        ((*AT_THE_FORCE, TOLD), (P.UNDER_INVESTIGATION, date(2024, 7, 1))),
        ((TOLD, StatusTold(status=P.ACTION_TAKEN)), (P.ACTION_TAKEN, None)),
    ],
)
def test_status_and_promise(facts: tuple[Event, ...], expected: tuple[PlainStatus, date | None]) -> None:
    assert told(*facts) == expected


def test_an_investigation_is_told_only_on_purpose() -> None:
    status, _ = told(*COMPLAINT, STARTED)
    assert status is P.WITH_THE_FORCE


def test_a_closed_matter_is_told() -> None:
    status, _ = told(*COMPLAINT, MatterClosed(outcome=next(iter(MatterOutcome))))
    assert status is P.CLOSED


def test_every_status_has_words() -> None:
    assert WORDS.keys() == set(PlainStatus)


def test_the_first_promise_is_the_clock_of_the_acknowledgement() -> None:
    assert first_promise(date(2024, 5, 1), rule_book()) == FIVE_WORKING_DAYS
    assert first_promise(date(2024, 12, 24), rule_book()) == date(2025, 1, 3)
