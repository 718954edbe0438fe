"""The identity of a confidential reporter: in a stream of its own, and released to whoever asked and was approved."""

from typing import Any

import pytest
from report_scenario import INVESTIGATOR, NAME, NOW, given, happened, received
from scenario import FORCE

from domain import event
from domain.event import Act, Purpose, Refused, Role, Rule, decided
from domain.misconduct.identity import (
    FOR_ITS_RECIPIENT,
    LEFT_FOR_THE_INVESTIGATORS,
    RELEASED_STAYS_RELEASED,
    REQUEST_IS_PENDING,
    SECOND_PERSON_RELEASES,
    DiscloseIdentity,
    DisclosureWithdrawn,
    IdentityReleased,
    IdentityRequested,
    IdentityStatus,
    Release,
    ReleaseIdentity,
    ReporterDisclosed,
    RequestIdentity,
    WithdrawDisclosure,
)
from domain.misconduct.intake import REPORTER_STAYS_UNKNOWN, Anonymity, ReceiveReport, ReportReceived
from domain.misconduct.kept_apart import (
    KEPT_UNDER_A_NEW_KEY,
    IdentityKept,
    IdentityKeptApart,
    IdentityRead,
    KeptIdentity,
    replay,
    stream_of,
)
from domain.misconduct.state import Report
from domain.rules import rule_book
from domain.values import Moment

STREAM = "identity-00c0ffee"
APART = IdentityKeptApart(identity=STREAM)
UNTIL = "2024-06-01"


def decide(role: Role = Role.REPORTER, version: int = 0, **facts: Any) -> Any:
    body = {"channel": "public", "received": "2024-05-01", "summary": "What I saw.", "kept_apart": NAME, **facts}
    command = ReceiveReport.model_validate({"anonymity": "confidential", **body})
    at = Moment.of(NOW).earliest
    others = {STREAM: KeptIdentity(version)}
    act = Act("reporter", role, FORCE, Purpose.MISCONDUCT, at, rule_book(), others=others)
    assert command.concerns(Report()) == (STREAM,)
    return event.testify(command, Report(), act) if role is Role.IMPORTER else decided(command, Report(), act)


def test_it_goes_into_a_stream_called_as_its_key() -> None:
    assert stream_of(NAME) == STREAM
    (fact, apart), (elsewhere,) = decide()
    assert isinstance(fact, ReportReceived)
    assert fact.reporter is None, "not into the report"
    assert (apart, elsewhere) == (APART, (STREAM, IdentityKept(reporter=NAME)))


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"anonymity": "anonymous"}, REPORTER_STAYS_UNKNOWN),
        ({"anonymity": "named"}, REPORTER_STAYS_UNKNOWN),
        ({"version": 1}, KEPT_UNDER_A_NEW_KEY),
    ],
)
def test_identity_is_kept_under_a_new_key(facts: dict[str, Any], rule: Rule) -> None:
    with pytest.raises(Refused) as refused:
        decide(**facts)
    assert refused.value.rule is rule


def test_a_file_brings_none() -> None:
    facts, _ = decide(Role.IMPORTER)
    assert [type(fact) for fact in facts] == [ReportReceived]


def asking() -> RequestIdentity:
    return RequestIdentity.model_validate({"until": UNTIL, "because": "To ask them."})


def test_whoever_asks_becomes_the_recipient() -> None:
    left = given(received(Anonymity.CONFIDENTIAL), APART)
    assert (left.state.identity.kept, left.state.identity.recipient) == (STREAM, None)
    asked = left.when(asking()).then(IdentityRequested.model_validate({"until": UNTIL, "because": "To ask them."}))
    assert asked.state.identity.recipient == INVESTIGATOR
    asked.when(ReleaseIdentity(), by="psd-2").then(
        IdentityReleased.model_validate({"recipient": INVESTIGATOR, "until": UNTIL})
    )
    assert asked.when(WithdrawDisclosure()).then(DisclosureWithdrawn()).state.identity.kept is None


def ask(until: str = UNTIL) -> RequestIdentity:
    return RequestIdentity.model_validate({"until": until, "because": "To ask them."})


def released(to: str, by: str = "psd-9") -> tuple[Any, ...]:
    """Somebody asked, and another person approved it."""
    asked = happened(IdentityRequested(until=Moment.of(UNTIL)), by=to)
    return asked, happened(IdentityReleased(recipient=to, until=Moment.of(UNTIL)), by=by)


def test_it_is_released_to_one_person_after_another_each_with_an_approval_of_their_own() -> None:
    once = given(received(Anonymity.CONFIDENTIAL), APART, *released("psd-1"))
    twice = once.when(ask(), by="psd-2").goes_through()
    twice.when(ReleaseIdentity(), by="psd-2").refused(SECOND_PERSON_RELEASES)
    both = twice.when(ReleaseIdentity(), by="psd-1").goes_through().state.identity
    now = Moment.of(NOW).earliest
    assert both.releases == (Release("psd-1", Moment.of(UNTIL)), Release("psd-2", Moment.of(UNTIL)))
    assert both.readable_by("psd-1", now) == both.readable_by("psd-2", now) == Moment.of(UNTIL)
    assert both.readable_by("psd-3", now) is None
    assert both.readable_by("psd-1", Moment.of("2024-06-02T12:00:00Z").earliest) is None, "each ends by itself"


def test_identity_request_is_pending() -> None:
    pending = given(received(Anonymity.CONFIDENTIAL), APART).when(ask(), by="psd-1").goes_through()
    pending.when(ask("2024-08-01"), by="psd-2").refused(REQUEST_IS_PENDING)
    after = pending.when(ask("2024-08-01"), by="psd-2", at="2024-06-02T12:00:00Z").goes_through()
    assert (after.state.identity.recipient, after.state.identity.until) == ("psd-2", Moment.of("2024-08-01"))


def test_identity_was_left_already() -> None:
    left = given(received(Anonymity.CONFIDENTIAL), APART, *released("psd-1"))
    left.when(DiscloseIdentity(recipient="psd-2", reporter=NAME)).refused(LEFT_FOR_THE_INVESTIGATORS)


def test_released_identity_stays_released() -> None:
    """A further disclosure, which was not released yet, can be taken back, and the release before it stands."""
    left = given(received(Anonymity.CONFIDENTIAL), APART, *released("psd-1"))
    again = left.when(ask(), by="psd-2").goes_through()
    again.when(WithdrawDisclosure()).refused(RELEASED_STAYS_RELEASED)
    told = given(received(), ReporterDisclosed(recipient="psd-1", reporter=NAME), *released("psd-1"))
    told.when(ask(), by="psd-2").refused(FOR_ITS_RECIPIENT)
    other = told.when(DiscloseIdentity(recipient="psd-2", reporter=NAME)).goes_through()
    other.when(ask(), by="psd-1").refused(FOR_ITS_RECIPIENT)
    back = other.when(WithdrawDisclosure()).then(DisclosureWithdrawn()).state.identity
    assert (back.status, back.releases) == (IdentityStatus.RELEASED, told.state.identity.releases)
    now = Moment.of(NOW).earliest
    both = other.and_then(*released("psd-2")).state.identity
    assert None not in (both.readable_by("psd-1", now), both.readable_by("psd-2", now))


def test_what_was_disclosed_to_one_is_not_for_whoever_asks() -> None:
    told = given(received(), ReporterDisclosed(recipient="psd-9", reporter=NAME))
    told.when(asking()).refused(FOR_ITS_RECIPIENT)


def test_its_stream_is_as_long_as_its_events() -> None:
    assert replay(()).version == 0
    assert {IdentityKept.NAME, IdentityRead.NAME} == {"identity_kept.v1", "identity_read.v1"}
