from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.known_at import KnownAt, NotKnowable, parse, parse_as_of
from domain.values import LONDON

NOW = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)


def test_a_number_is_a_position() -> None:
    assert parse("1042", NOW) == KnownAt(position=1042)


def test_a_day_is_known_at_its_end_in_london() -> None:
    assert parse("2026-07-09", NOW).instant == datetime(2026, 7, 9, 22, 59, 59, 999999, tzinfo=UTC)
    assert parse("2026-01-09", NOW).instant == datetime(2026, 1, 9, 23, 59, 59, 999999, tzinfo=UTC)


def test_an_instant_is_itself() -> None:
    assert parse("2026-07-10T13:00:00+01:00", NOW).instant == NOW
    assert parse("2026-07-10T12:00Z", NOW).instant == NOW


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("2026-07-10", "that day is not over yet"),
        ("2026-07-10T12:00:01Z", "lies in the future"),
        ("2026-07-09T12:00:00", "without a zone"),
        ("2026-06", "a month is too wide"),
        ("2026-13-01", "not a time"),
        ("yesterday", "not a time"),
        ("-1", "not a time"),
        ("", "not a time"),
        ("٣", "not a time"),
        ("1" * 19, "not a time"),
    ],
)
def test_what_is_not_settled_is_refused_with_the_fix(text: str, because: str) -> None:
    with pytest.raises(NotKnowable, match=because) as refused:
        parse(text, NOW)
    assert "2026-03-01" in str(refused.value)


def test_a_refusal_does_not_quote_what_was_sent() -> None:
    for read in (parse, parse_as_of):
        with pytest.raises(NotKnowable) as refused:
            read("Jane Example", NOW)
        assert "Jane" not in str(refused.value)


def test_a_position_after_the_end_of_the_log_is_not_known_yet() -> None:
    assert parse("7", NOW, last=7) == KnownAt(position=7)
    with pytest.raises(NotKnowable, match="the log ends at position 7"):
        parse("8", NOW, last=7)


def test_as_of_takes_no_position() -> None:
    assert parse_as_of("2026-07-09T12:00Z", NOW) == datetime(2026, 7, 9, 12, tzinfo=UTC)
    with pytest.raises(NotKnowable):
        parse_as_of("7", NOW)


@given(st.datetimes(datetime(1996, 1, 1), datetime(2026, 7, 9), timezones=st.just(LONDON)))
def test_a_day_covers_every_instant_of_it_and_none_of_the_next(at: datetime) -> None:
    end = parse(at.date().isoformat(), NOW).instant
    assert end is not None
    assert at.astimezone(UTC) <= end
    assert (end + timedelta(microseconds=1)).astimezone(LONDON).date() == at.date() + timedelta(days=1)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text, NOW)
    except NotKnowable:
        return
    assert found.instant is None or found.instant <= NOW
