"""Times as sources write them; the quick way of reading agrees with the thorough one."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.importers.table.moments import MomentReader
from adapters.importers.table.values import Unreadable
from domain.values import Moment, Precision, instant

READ = {
    ("%d/%m/%Y", "01/03/2024"): "2024-03-01",
    ("%m/%d/%Y", "03/01/2024"): "2024-03-01",
    ("%d %b %Y", "1 Sept. 2024"): "2024-09-01",
    ("%d-%B-%y", "01-march-24"): "2024-03-01",
    ("%A, %d %B %Y", "Friday, 1 March 2024"): "2024-03-01",
    ("%Y%m%d", "20240301"): "2024-03-01",
    ("%m/%Y", "3/2024"): "2024-03",
    ("%d/%m/%Y %I:%M %p", "01/07/2024 12:05 am"): "2024-06-30T23:05Z",
    ("%d/%m/%Y %I:%M %p", "01/07/2024 1:05 p.m."): "2024-07-01T12:05Z",
    ("%d/%m/%Y %H:%M:%S.%f", "01/03/2024 09:14:05.25"): "2024-03-01T09:14:05.250000Z",
    ("%Y-%m-%dT%H:%M%z", "2024-03-01T09:14+02:00"): "2024-03-01T07:14Z",
    ("iso", "2024-03-01T09:14:00Z"): "2024-03-01T09:14:00.000000Z",
    ("iso", "2024-07-01 09:14"): "2024-07-01T08:14Z",
    ("iso", "2024-03"): "2024-03",
    ("excel", "45352"): "2024-03-01",
    ("excel", "45352.5"): "2024-03-01T12:00:00.000000Z",
}
REFUSED = (
    ("%d/%m/%Y", "31/04/2024"),
    ("%d/%m/%Y", "1/3/24"),
    ("%d/%m/%Y %I:%M %p", "01/03/2024 13:05 pm"),
    ("%d/%m/%Y", "01/03/0001"),
    ("iso", "2024-03-01T25:00"),
    ("excel", "0"),
)


def reader(
    *formats: str, zone: str = "Europe/London", fold: str = "earlier", coarsest: str | None = None
) -> MomentReader:
    return MomentReader("Column", formats, ZoneInfo(zone), fold, coarsest)


@pytest.mark.parametrize(("format_", "text"), READ)
def test_a_format_reads_what_it_says(format_: str, text: str) -> None:
    assert str(reader(format_)(text)) == READ[format_, text]


@pytest.mark.parametrize(("format_", "text"), REFUSED)
def test_what_is_no_time_is_none(format_: str, text: str) -> None:
    assert isinstance(reader(format_).read(text), str)


def test_a_column_can_be_known_no_better_than_the_mapping_says() -> None:
    assert str(reader("iso", coarsest="day")("2024-03-01T09:14:05")) == "2024-03-01"
    assert str(reader("iso", coarsest="month")("2024-03-01")) == "2024-03"
    assert str(reader("iso", coarsest="minute")("2024-03-01T09:14:05")) == "2024-03-01T09:14Z"


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2040, 1, 1)),
    st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_a_local_time_is_the_instant_that_its_zone_gives(at: datetime, zone: str) -> None:
    at = at.replace(second=0, microsecond=0)
    found = reader("%d/%m/%Y %H:%M", zone=zone).read(f"{at:%d/%m/%Y %H:%M}")
    local = ZoneInfo(zone)
    possible = {instant(at.replace(tzinfo=local, fold=fold)) for fold in (0, 1)}
    real = {moment for moment in possible if moment.earliest.astimezone(local).replace(tzinfo=None) == at}
    if not real:
        assert found == "holds a local time that the change of the clocks left out"
    else:
        assert isinstance(found, Moment)
        assert found.precision is (Precision.MINUTE if len(real) == 1 else Precision.DAY)
        assert found.earliest <= min(moment.earliest for moment in real) <= found.latest


def test_every_hour_around_a_change_of_the_clocks() -> None:
    spring, autumn = datetime(2024, 3, 31), datetime(2024, 10, 27)
    read = reader("iso").read
    left_out = [h for h in range(48) if isinstance(read(f"{spring + timedelta(minutes=30 * h):%Y-%m-%d %H:%M}"), str)]
    assert left_out == [2, 3]
    times = [read(f"{autumn + timedelta(minutes=30 * h):%Y-%m-%d %H:%M}") for h in range(48)]
    assert [n for n, at in enumerate(times) if isinstance(at, Moment) and at.precision is Precision.DAY] == [2, 3]


WAYS = {
    "%d/%m/%Y %H:%M": ("%d/%m/%Y %H:%M", "%d/%m/%Y"),
    "%Y-%m-%dT%H:%M": ("iso",),
    "%Y-%m-%d %H:%M": ("iso", "%d/%m/%Y %H:%M"),
    "%m/%d/%Y %H:%M": ("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"),
    "%d-%b-%y %H:%M": ("%d-%b-%y %H:%M",),
    "%d/%m/%Y %H:%M:%S": ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S"),
}


def answer(read: MomentReader, text: str) -> Moment | str:
    try:
        return read(text)
    except Unreadable as reason:
        return str(reason).removeprefix("“Column” ")


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2040, 1, 1)),
    st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.sampled_from(sorted(WAYS)),
    st.sampled_from(["earlier", "later", "quarantine"]),
    st.lists(st.times(), min_size=1, max_size=4),
)
def test_a_day_that_was_read_before_is_read_as_if_it_had_not_been(
    at: datetime, zone: str, way: str, fold: str, before: list[time]
) -> None:
    warm = reader(*WAYS[way], zone=zone, fold=fold)
    for other in before:
        answer(warm, datetime.combine(at.date(), other).strftime(way))
    text = at.strftime(way)
    assert answer(warm, text) == answer(reader(*WAYS[way], zone=zone, fold=fold), text) == warm.read(text)


def test_the_quick_way_is_taken_where_it_is_certain_and_nowhere_else() -> None:
    quick = reader("%d/%m/%Y %H:%M")
    quick("01/06/2024 09:14")
    reads = quick.read.cache_info().misses
    assert str(quick("01/06/2024 23:59")) == "2024-06-01T22:59Z"
    assert quick.read.cache_info().misses == reads
    for text in ("31/03/2024 09:14", "31/03/2024 09:15", "30/03/2024 09:15", "01/04/2024 00:15"):
        quick(text)
    assert quick.read.cache_info().misses == reads + 4
    coarse = reader("%d/%m/%Y %H:%M", coarsest="day")
    assert [str(coarse(f"01/06/2024 09:{minute}")) for minute in (14, 15)] == ["2024-06-01"] * 2
