from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.values import (
    LONDON,
    MICROSECOND,
    Erased,
    Moment,
    PersonalData,
    Precision,
    instant,
    london_midnight,
    next_month,
    within,
)

HOUR = timedelta(hours=1)
days = st.dates(date(2, 1, 2), date(9998, 11, 30))
instants = st.datetimes(datetime(2, 1, 2), datetime(9998, 9, 30), timezones=st.just(UTC))
moments = st.one_of(
    instants.map(instant),
    instants.map(lambda at: Moment.of(at.isoformat(timespec="minutes"))),
    days.map(lambda day: Moment.of(day.isoformat())),
    days.map(lambda day: Moment.of(day.isoformat()[:7])),
)


@pytest.mark.parametrize(
    ("text", "precision", "earliest", "latest"),
    [
        ("2022-01", Precision.MONTH, "2022-01-01T00:00:00", "2022-01-31T23:59:59.999999"),
        ("2022-06", Precision.MONTH, "2022-05-31T23:00:00", "2022-06-30T22:59:59.999999"),
        ("2022-12", Precision.MONTH, "2022-12-01T00:00:00", "2022-12-31T23:59:59.999999"),
        ("2024-02", Precision.MONTH, "2024-02-01T00:00:00", "2024-02-29T23:59:59.999999"),
        ("2024-02-29", Precision.DAY, "2024-02-29T00:00:00", "2024-02-29T23:59:59.999999"),
        ("2022-01-15T10:32Z", Precision.MINUTE, "2022-01-15T10:32:00", "2022-01-15T10:32:59.999999"),
        ("2022-06-15T10:32+01:00", Precision.MINUTE, "2022-06-15T09:32:00", "2022-06-15T09:32:59.999999"),
        ("2022-01-15T10:32:05.12Z", Precision.INSTANT, "2022-01-15T10:32:05.120000", "2022-01-15T10:32:05.120000"),
        ("2022-01-15T10:32:05Z", Precision.INSTANT, "2022-01-15T10:32:05", "2022-01-15T10:32:05"),
    ],
)
def test_a_moment_is_as_exact_as_it_is_written(text: str, precision: Precision, earliest: str, latest: str) -> None:
    moment = Moment.of(text)
    assert moment.precision is precision
    assert moment.earliest == datetime.fromisoformat(earliest).replace(tzinfo=UTC)
    assert moment.latest == datetime.fromisoformat(latest).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [("2024-03-31", 23), ("2024-10-27", 25), ("2024-03-30", 24), ("2024-06-01", 24)]
)
def test_a_london_day_has_23_or_25_hours_when_the_clocks_change(day: str, hours: int) -> None:
    moment = Moment.of(day)
    assert moment.latest - moment.earliest == hours * HOUR - MICROSECOND
    assert moment.earliest.astimezone(LONDON).hour == 0


def test_a_minute_on_the_day_the_clocks_go_back_keeps_its_offset() -> None:
    first, second = Moment.of("2024-10-27T01:30+01:00"), Moment.of("2024-10-27T01:30+00:00")
    assert second.earliest - first.earliest == HOUR
    assert first.london_date == second.london_date == date(2024, 10, 27)


@given(moments)
@settings(max_examples=400)
def test_what_is_printed_reads_back(moment: Moment) -> None:
    assert Moment.of(str(moment)) == moment
    adapter = TypeAdapter(Moment)
    assert adapter.validate_json(adapter.dump_json(moment)) == moment


@given(moments)
def test_a_moment_spans_what_its_precision_says(moment: Moment) -> None:
    assert moment.earliest <= moment.latest
    if moment.precision is Precision.MONTH:
        assert instant(moment.latest + MICROSECOND).london_date == next_month(moment.london_date)
    if moment.precision in (Precision.DAY, Precision.MONTH):
        assert instant(moment.latest).london_date.isoformat().startswith(str(moment))
        assert not instant(moment.earliest - MICROSECOND).london_date.isoformat().startswith(str(moment))


@given(days)
def test_a_london_day_begins_when_the_one_before_ends(day: date) -> None:
    assert Moment.of(day.isoformat()).latest + MICROSECOND == london_midnight(day + timedelta(days=1))


def spread(moment: Moment) -> list[datetime]:
    return [moment.earliest, moment.earliest + (moment.latest - moment.earliest) / 2, moment.latest]


@given(moments, st.timedeltas(timedelta(), timedelta(days=60)), st.integers(0, 96), st.sampled_from(Precision))
@settings(max_examples=400)
def test_within_is_decided_only_if_every_pair_of_instants_agrees(
    start: Moment, gap: timedelta, hours: int, precision: Precision
) -> None:
    at = start.earliest + gap
    local = at.astimezone(LONDON).date().isoformat()
    end = {
        Precision.INSTANT: lambda: instant(at),
        Precision.MINUTE: lambda: Moment.of(at.isoformat(timespec="minutes")),
        Precision.DAY: lambda: Moment.of(local),
        Precision.MONTH: lambda: Moment.of(local[:7]),
    }[precision]()
    limit = hours * HOUR
    verdicts = {last - first <= limit for first in spread(start) for last in spread(end)}
    verdict = within(start, end, limit)
    assert verdict == (verdicts.pop() if len(verdicts) == 1 else None)


@pytest.mark.parametrize(
    ("start", "end", "verdict"),
    [
        ("2024-03-01T10:00:00Z", "2024-03-02T10:00:00Z", True),
        ("2024-03-01T10:00:00Z", "2024-03-02T10:00:00.000001Z", False),
        ("2024-03-01", "2024-03-02", None),
        ("2024-03-01", "2024-03-01", True),
        ("2024-03-01", "2024-03-03", False),
        ("2024-03", "2024-03", None),
        ("2024-03", "2024-05", False),
    ],
)
def test_within_24_hours(start: str, end: str, verdict: bool | None) -> None:
    assert within(Moment.of(start), Moment.of(end), 24 * HOUR) is verdict


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2022-01-15T10:32", "no time zone"),
        ("2022-01-15T10:32:05", "no time zone"),
        ("20220115", "is not a time"),
        ("20220115T103205Z", "is not a time"),
        ("2022-W03-6", "is not a time"),
        ("2022-01-15T10Z", "is not a time"),
        ("2022-01-15 10:32Z", "is not a time"),
        ("2022-01-15T1032Z", "is not a time"),
        ("2022-01-15 10:32:05.120000Z", "is not a time"),
        ("2022-02-30T10:32:05.120000Z", "is not a time"),
        ("2022-13", "is not a time"),
        ("2022-00", "is not a time"),
        ("2023-02-29", "is not a time"),
        ("2022-1-5", "is not a time"),
        ("yesterday", "is not a time"),
        ("", "is not a time"),
        ("2022-01\n", "is not a time"),
        ("２０２２-01", "is not a time"),
        ("0001-01-01T00:00:00Z", "outside the years"),
        ("0001-01", "outside the years"),
        ("9999-12", "outside the years"),
        ("9999-12-31", "outside the years"),
        ("9999-12-31T23:59:59Z", "outside the years"),
        ("9999-12-31T23:59:59.999999Z", "outside the years"),
        ("9999-12-31T23:59:59-05:00", "outside the years"),
        ("0001-01-01T00:00+05:00", "outside the years"),
    ],
)
def test_a_text_that_is_no_moment_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Moment.of(text)


@pytest.mark.parametrize("value", [20220115, 1.5, None, datetime(2022, 1, 15), date(2022, 1, 15), True])
def test_only_text_or_an_aware_time_is_a_moment(value: object) -> None:
    with pytest.raises(ValidationError, match="a time is written as text"):
        TypeAdapter(Moment).validate_python(value)


def test_an_aware_time_is_an_instant() -> None:
    given_at = datetime(2024, 6, 1, 10, tzinfo=timezone(HOUR))
    assert TypeAdapter(Moment).validate_python(given_at) == Moment.of("2024-06-01T09:00:00Z")
    with pytest.raises(ValidationError, match="outside the years"):
        TypeAdapter(Moment).validate_python(datetime(9999, 12, 31, tzinfo=UTC))


def test_moments_sort_by_when_they_begin() -> None:
    texts = ["2024-04", "2024-03-01T00:00:01Z", "2023-12-31"]
    assert [str(moment)[:7] for moment in sorted(map(Moment.of, texts))] == ["2023-12", "2024-03", "2024-04"]


def test_erased_text_says_so() -> None:
    assert Erased() == "[erased]"
    assert isinstance(Erased(), str)


@pytest.mark.parametrize("subject", ["person-0123abc", "person-0123ABCD", "case-0123abcd", "", "person-0123abcd\n"])
def test_personal_data_names_its_subject_by_an_opaque_id(subject: str) -> None:
    with pytest.raises(ValidationError):
        PersonalData(subject=subject, value="x")
    assert PersonalData(subject="person-0123abcd", value="x")
