"""What was ever written stays readable for ever: one stored row per event version, decoded and written again."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from contract_samples import FOLDER, KEYS, opened_keys

import domain  # noqa: F401  (fills the registry of events)
from adapters.eventstore import codec, sealing
from adapters.eventstore.sealing import DataKey
from application.ports import NewEvent
from domain.event import EVENTS, RecordedEvent

SAMPLES: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


class Kept(DataKey):
    """Leaves text as it is sealed already."""

    def __init__(self) -> None:
        super().__init__(bytes(32))

    def seal(self, text: str, bound_to: str) -> str:
        return text


class AnyKey(dict[str, DataKey]):
    def __missing__(self, key: str) -> DataKey:
        return Kept()


def without_sample(names: set[str]) -> set[str]:
    return names - SAMPLES.keys()


def decoded(sample: dict[str, Any]) -> RecordedEvent:
    row = sample["row"]
    times_and_ids = {"written_at": datetime.fromisoformat(row["written_at"]), "event_id": UUID(row["event_id"])}
    return codec.decode(codec.Row(**row | times_and_ids))


def written_again(entry: RecordedEvent) -> str:
    new = NewEvent(
        entry.event_id,
        entry.event,
        entry.at,
        entry.actor,
        entry.role,
        entry.purpose,
        entry.unit,
        entry.source,
        entry.correlation,
        entry.causation,
        entry.broken,
    )
    return codec.encode(new, entry.stream, AnyKey())


def differences(sample: dict[str, Any]) -> list[str]:
    """What the code of today makes otherwise of a stored row. `becomes` is for a name that is upcast by now."""
    entry, row, state = decoded(sample), sample["row"], json.loads(sample["row"]["state"])
    today = sample.get("becomes", {"name": sample["name"], "data": sample["data"]})
    found: list[str] = []
    if (entry.event.NAME, entry.event.model_dump(mode="json")) != (today["name"], today["data"]):
        found.append("the event is read otherwise")
    if row["name"] == entry.event.NAME and written_again(entry) != row["state"]:
        found.append("the event is written otherwise")
    envelope = {
        "at": str(entry.at),
        "actor": entry.actor,
        "role": str(entry.role),
        "purpose": str(entry.purpose),
        "unit": entry.unit,
        "source": entry.source._asdict() if entry.source else None,
        "correlation": entry.correlation,
        "causation": str(entry.causation),
        "broken": list(entry.broken),
        "data": sample["data"],
    }
    if envelope != state:
        found.append("the envelope is read otherwise")
    columns = (entry.stream, entry.version, entry.position, entry.force, str(entry.event_id))
    if columns != tuple(row[name] for name in ("stream", "version", "position", "force", "event_id")):
        found.append("the columns are read otherwise")
    return found


def test_every_event_has_a_stored_sample() -> None:
    hint = "add an example to tests/contract_samples.py, run it, and commit the file"
    assert without_sample(set(EVENTS)) == set(), hint


def test_an_event_without_a_sample_is_noticed() -> None:
    assert without_sample({*EVENTS, "crime_forgotten.v1"}) == {"crime_forgotten.v1"}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_stored_event_is_read_and_written_as_ever(name: str) -> None:
    assert SAMPLES[name]["name"] == SAMPLES[name]["row"]["name"] == name
    assert differences(SAMPLES[name]) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_sealed_text_of_a_stored_event_still_opens(name: str) -> None:
    entry = decoded(SAMPLES[name])
    keys = opened_keys(json.loads(KEYS.read_text()))
    opened = sealing.reveal(entry.event, entry.stream, str(entry.event_id), keys)
    plain = {field: getattr(value, "value", value) for field, value in opened.items()}
    assert plain == SAMPLES[name]["opened"]
    assert all(text not in SAMPLES[name]["row"]["state"] for text in plain.values())


@pytest.mark.parametrize("name", [name for name in SAMPLES if name in EVENTS])
def test_a_sample_fills_every_field_that_the_event_has(name: str) -> None:
    filled = {field for field, value in SAMPLES[name]["data"].items() if value is not None}
    assert filled == set(EVENTS[name].model_fields), "a new shape needs a new name and an upcaster"


@pytest.mark.parametrize(
    ("old", "changed", "caught"),
    [
        ('"principal":false', '"principal":true', "the event is read otherwise"),
        ('"offence":"8N"', '"offence": "8N"', "the event is written otherwise"),
        ('"data":{', '"data":{"x":1,', "extra_forbidden"),
    ],
)
def test_a_stored_event_that_is_read_otherwise_is_noticed(old: str, changed: str, caught: str) -> None:
    sample = json.loads(json.dumps(SAMPLES["crime_recorded.v1"]))
    assert old in sample["row"]["state"]
    sample["row"]["state"] = sample["row"]["state"].replace(old, changed)
    try:
        found = differences(sample)
    except ValueError as error:
        found = [str(error)]
    assert caught in " ".join(found)


def test_a_name_that_the_software_does_not_know_is_an_error() -> None:
    sample = json.loads(json.dumps(SAMPLES["crime_recorded.v1"]))
    sample["row"]["name"] = "crime_recorded.v9"
    with pytest.raises(codec.UnknownEvent, match=r"crime_recorded\.v9"):
        decoded(sample)


def test_an_old_name_is_upcast_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        codec.UPCASTERS, "crime_listed.v1", lambda data: ("crime_listed.v2", data | {"principal": True})
    )
    monkeypatch.setitem(
        codec.UPCASTERS,
        "crime_listed.v2",
        lambda data: ("crime_recorded.v1", {**data, "offence": data["offence"].upper()}),
    )
    event = codec.decode_event("crime_listed.v1", {"offence": "8n"})
    assert event == EVENTS["crime_recorded.v1"].model_validate({"offence": "8N", "principal": True})
