from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import orjson
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.eventstore import arrays
from adapters.eventstore.codec import data_of, encode, is_plain
from adapters.system import System
from application.ports import NewEvent
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.recording import CrimeReported, IncidentRegistered, Route
from domain.event import Event, Purpose, Role
from domain.values import ExternalReference, Moment, instant

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=1)), timezone(timedelta(0), "GMT")])
INSTANTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=ZONES)


def at_of(at: Moment) -> str:
    event = NewEvent(uuid4(), IncidentRegistered(), at, "a", Role.RECORDER, Purpose.CRIME_RECORDING)
    return orjson.loads(encode(event, "case-1", {}))["at"]


@given(INSTANTS.map(Moment) | INSTANTS.map(lambda at: instant(at.replace(microsecond=0))))
def test_the_stored_time_is_the_moment_as_it_is_written(at: Moment) -> None:
    assert at_of(at) == str(at)


@pytest.mark.parametrize("text", ["2026-03", "2026-03-02", "2026-03-02T09:14Z", "2026-03-02T09:14:07.000000Z"])
def test_a_stored_time_keeps_its_precision(text: str) -> None:
    assert at_of(Moment.of(text)) == text


TEXTS = ["", "a", 'é{}",\\ NULL', "x" * 5000]


def read_back(system: System, values: list[str]) -> list[object]:
    with system.connect("admin") as admin:
        arrays.register(admin)
        query = "SELECT %b::text[], %b::int4[]"
        (row,) = admin.execute(query, (arrays.texts(values), arrays.integers([1, -1, 2**31 - 1]))).fetchall()
        return list(row)


@pytest.mark.parametrize("values", [TEXTS, []])
def test_arrays_arrive_as_they_are(system: System, values: list[str]) -> None:
    assert read_back(system, values) == [values, [1, -1, 2**31 - 1]]


def test_an_array_of_the_wrong_kind_is_refused(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "TEXT", arrays.BYTEA)
    with pytest.raises(psycopg.Error, match="element type 17"):
        read_back(system, TEXTS)


def told(event: Event) -> bytes:
    new = NewEvent(uuid4(), event, instant(datetime.now(UTC)), "a", Role.RECORDER, Purpose.CRIME_RECORDING)
    return data_of(new, "case-1", {})


AWKWARD = st.text(st.characters(exclude_categories=("Cs",)), max_size=30) | st.sampled_from(
    ['"\\/', "\x00\x1f\x7f\u2028"]
)


@given(AWKWARD, st.booleans(), INSTANTS.map(Moment))
def test_what_is_written_quickly_is_what_pydantic_writes(text: str, flag: bool, at: Moment) -> None:
    reference = ExternalReference.model_construct(system=text, reference=text)
    event = CrimeReported.model_construct(
        received_at=at, route=Route.ONLINE, reporter_role="victim", anonymous=flag, alleged=text, record_by=at,
        rule_set=text, external=(reference, reference),
    )  # fmt: skip
    assert is_plain(CrimeReported)
    assert told(event) == event.__pydantic_serializer__.to_json(event, warnings=False)
    # The control: what looks after itself is left to pydantic, which leaves out what a correction does not name.
    correction = FactCorrected(corrects=uuid4(), facts=CorrectedFacts(alleged="8N"))
    assert not is_plain(FactCorrected)
    assert told(correction) == correction.__pydantic_serializer__.to_json(correction)
