"""Intake of a misconduct report, who its reporter is, and the mailbox through which they come back."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from report_scenario import AT_THE_FORCE, COMPLAINT, FORCE, INVESTIGATOR, NAME, given, happened, nothing, received

from domain.event import EVENTS, Command, Event, Role
from domain.misconduct.closure import MatterClosed, MatterOutcome
from domain.misconduct.identity import (
    FOR_ITS_RECIPIENT,
    RELEASE_ENDS,
    SECOND_PERSON_RELEASES,
    DiscloseIdentity,
    DisclosureWithdrawn,
    IdentityReleased,
    IdentityRequested,
    ReleaseIdentity,
    ReporterDisclosed,
    RequestIdentity,
    WithdrawDisclosure,
)
from domain.misconduct.intake import (
    LISTED_REPORT_CATEGORY,
    LISTED_REPORT_FORCE,
    READ_BACK_AND_AGREED,
    RECEIVED_BY_TODAY,
    REPORTER_STAYS_UNKNOWN,
    Anonymity,
    Employed,
    ReceiveReport,
    ReportChannel,
    ReportReceived,
)
from domain.misconduct.mailbox import (
    PROMISE_IS_TO_COME,
    QUESTION_WAS_ASKED,
    AnswerAsReporter,
    AskReporter,
    PlainStatus,
    QuestionAsked,
    ReporterAnswered,
    StatusTold,
    TellStatus,
)
from domain.misconduct.moves import MOVES
from domain.misconduct.schedule3 import ComplaintRecorded, RecordComplaint
from domain.misconduct.state import REPORT_MOVE_IS_OPEN
from domain.values import PersonalData

CRIMESTOPPERS, ANONYMOUS = ReportChannel.CRIMESTOPPERS, Anonymity.ANONYMOUS
DISCLOSED = ReporterDisclosed(recipient=INVESTIGATOR, reporter=NAME)
UNTIL = "2024-06-01"


def report(**facts: Any) -> ReceiveReport:
    told = {"channel": CRIMESTOPPERS, "anonymity": ANONYMOUS, "received": "2024-05-01", "summary": "He sells it."}
    return ReceiveReport.model_validate(told | facts)


def requested() -> IdentityRequested:
    return IdentityRequested.model_validate({"until": UNTIL, "because": "To ask her."})


def test_a_report_needs_no_account_and_no_name() -> None:
    told = nothing.when(report(categories=["sexual_purpose"], about_force="police-scotland")).then(
        ReportReceived.model_validate(
            {
                "channel": CRIMESTOPPERS,
                "anonymity": ANONYMOUS,
                "received": "2024-05-01",
                "categories": ["sexual_purpose"],
                "about_force": "police-scotland",
                "summary": "He sells it.",
            }
        )
    )
    assert told.state.intake.currently_employed is Employed.UNKNOWN
    assert told.state.held_by == "police-scotland"


@pytest.mark.parametrize("anonymity", [Anonymity.ANONYMOUS, Anonymity.CONFIDENTIAL])
def test_reporter_stays_unknown(anonymity: Anonymity) -> None:
    nothing.when(report(anonymity=anonymity, reporter=NAME)).refused(REPORTER_STAYS_UNKNOWN)
    (fact,) = nothing.when(report(anonymity=anonymity, reporter=NAME), role=Role.IMPORTER).testifies(
        REPORTER_STAYS_UNKNOWN
    )
    assert isinstance(fact, ReportReceived)
    assert fact.reporter is None, "a file brought an identity into an anonymous report"
    nothing.when(report(anonymity=Anonymity.NAMED, reporter=NAME)).goes_through()


def test_a_complaint_does_not_name_an_unknown_reporter() -> None:
    before = given(received(), *COMPLAINT[:-1])
    before.when(RecordComplaint(complainant=NAME)).refused(REPORTER_STAYS_UNKNOWN)
    before.and_then(DISCLOSED).when(RecordComplaint(complainant=NAME)).refused(REPORTER_STAYS_UNKNOWN)
    (fact,) = before.when(RecordComplaint(complainant=NAME), role=Role.IMPORTER).testifies(REPORTER_STAYS_UNKNOWN)
    assert fact == ComplaintRecorded()
    released = before.and_then(
        DISCLOSED, requested(), IdentityReleased.model_validate({"recipient": INVESTIGATOR, "until": UNTIL})
    )
    released.when(RecordComplaint(complainant=NAME)).then(ComplaintRecorded(complainant=NAME))


def personal(kind: type[Event]) -> Iterator[str]:
    """The fields of an event that say who somebody is."""
    for name, field in kind.model_fields.items():
        if PersonalData in (field.annotation, *get_args(field.annotation)):
            yield f"{kind.NAME} {name}"


def of_reports() -> list[type[Event]]:
    return [kind for kind in EVENTS.values() if kind.__module__.startswith("domain.misconduct.")]


def test_every_event_that_can_name_somebody_is_one_whose_guard_is_tested_here() -> None:
    assert {name for kind in of_reports() for name in personal(kind)} == {
        "report_received.v1 reporter",
        "complaint_recorded.v1 complainant",
        "reporter_disclosed.v1 reporter",
        "identity_kept.v1 reporter",
        "subject_identified.v2 person",
    }


def test_what_a_reporter_does_is_marked_for_a_coarse_time() -> None:
    by_reporters = {command for command in MOVES if command.by_reporter}
    assert by_reporters == {ReceiveReport, AnswerAsReporter, DiscloseIdentity, WithdrawDisclosure}
    assert not Command.by_reporter


def test_report_category_is_listed() -> None:
    nothing.when(report(categories=["rudeness"])).refused(LISTED_REPORT_CATEGORY)
    nothing.when(report(categories=["money_or_favours"], received="2021-05-01")).refused(LISTED_REPORT_CATEGORY)


def test_report_force_is_listed() -> None:
    nothing.when(report(about_force="ruritania")).refused(LISTED_REPORT_FORCE)
    nothing.when(report(about_force="northern-ireland")).goes_through()


@pytest.mark.parametrize("when", ["2024-05-02", "2024-05-01T09:00Z", "2024-05-01T09:00:00Z"])
def test_report_is_received_by_today(when: str) -> None:
    nothing.when(report(received=when)).refused(RECEIVED_BY_TODAY)


@pytest.mark.parametrize("said", [{}, {"read_back": True}, {"agreed": True}])
def test_report_is_read_back_and_agreed(said: dict[str, bool]) -> None:
    nothing.when(report(by_operator=True, **said)).refused(READ_BACK_AND_AGREED)
    told = nothing.when(report(by_operator=True, read_back=True, agreed=True)).goes_through()
    assert told.state.intake.by_operator


def test_a_disclosure_is_taken_back_until_it_is_released() -> None:
    told = given(received()).when(DiscloseIdentity(recipient=INVESTIGATOR, reporter=NAME)).then(DISCLOSED)
    told.when(DiscloseIdentity(recipient="psd-2", reporter=NAME)).refused(REPORT_MOVE_IS_OPEN)
    assert told.when(WithdrawDisclosure()).then(DisclosureWithdrawn()).state.identity.recipient is None
    asked = told.when(RequestIdentity.model_validate({"until": UNTIL, "because": "To ask her."})).then(requested())
    asked.when(WithdrawDisclosure()).then(DisclosureWithdrawn()).when(ReleaseIdentity(), by="psd-2").refused(
        REPORT_MOVE_IS_OPEN
    )
    released = asked.when(ReleaseIdentity(), by="psd-2").then(
        IdentityReleased.model_validate({"recipient": INVESTIGATOR, "until": UNTIL})
    )
    released.when(WithdrawDisclosure()).refused(REPORT_MOVE_IS_OPEN)


def test_identity_is_for_its_recipient() -> None:
    wish = RequestIdentity.model_validate({"until": UNTIL, "because": "I want to know."})
    given(received(), DISCLOSED).when(wish, by="psd-2").refused(FOR_ITS_RECIPIENT)


def test_second_person_releases_identity() -> None:
    asked = given(received(), DISCLOSED, requested())
    asked.when(ReleaseIdentity(), by=INVESTIGATOR).refused(SECOND_PERSON_RELEASES)
    asked.when(ReleaseIdentity(), by="psd-2").goes_through()


def test_identity_release_ends() -> None:
    wish = RequestIdentity.model_validate({"until": "2024-04-30", "because": "To ask her."})
    given(received(), DISCLOSED).when(wish).refused(RELEASE_ENDS)
    asked = given(received(), DISCLOSED, requested())
    asked.when(ReleaseIdentity(), by="psd-2", at="2024-06-01T22:59:59Z").goes_through()
    asked.when(ReleaseIdentity(), by="psd-2", at="2024-06-01T23:00:00Z").refused(RELEASE_ENDS)


def test_the_mailbox_is_open_for_ever() -> None:
    before = given(received(), *AT_THE_FORCE, happened(MatterClosed(outcome=MatterOutcome.NO_FURTHER_ACTION)))
    late = "2031-01-01T12:00:00Z"
    asked = before.when(AskReporter(text="Which car?"), at=late).then(QuestionAsked(question=1, text="Which car?"))
    answered = asked.when(AnswerAsReporter(question=1, text="The grey one."), at=late).then(
        ReporterAnswered(question=1, text="The grey one.")
    )
    assert asked.state.mailbox.unanswered == (1,)
    assert answered.state.mailbox.unanswered == ()
    told = TellStatus.model_validate({"status": "closed"})
    answered.when(told, at=late).then(StatusTold(status=PlainStatus.CLOSED))


def test_question_was_asked() -> None:
    given(received()).when(AnswerAsReporter(question=1, text="Yes.")).refused(QUESTION_WAS_ASKED)
    given(received()).when(AnswerAsReporter(text="One more thing.")).goes_through()


@pytest.mark.parametrize("day", ["2024-05-01", "2024-04-30"])
def test_promised_day_is_to_come(day: str) -> None:
    wish = TellStatus.model_validate({"status": "received", "next_by": day})
    given(received()).when(wish).refused(PROMISE_IS_TO_COME)


def test_the_day_of_a_promise_is_that_of_london() -> None:
    tomorrow = TellStatus.model_validate({"status": "received", "next_by": "2024-05-02"})
    given(received()).when(tomorrow, at="2024-05-01T22:59:00Z").goes_through()
    given(received()).when(tomorrow, at="2024-05-01T23:00:00Z").refused(PROMISE_IS_TO_COME)


def test_it_is_held_where_it_was_passed_to_else_where_it_is_about() -> None:
    assert given(received(about_force=None)).state.held_by == FORCE
    assert given(received(about_force="essex")).state.held_by == "essex"
    assert given(received(about_force="essex"), *AT_THE_FORCE).state.held_by == FORCE
