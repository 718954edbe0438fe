import tomllib
from datetime import date, timedelta
from hashlib import sha256
from importlib import resources

import pytest
from scenario import given, reported

from domain.case.recording import LATE_NEEDS_REASON, CrimeRecorded, RecordCrime
from domain.rules import FILES, rule_book
from domain.values import Moment

BOOK = rule_book()


@pytest.mark.parametrize(
    ("received", "hours"),
    [
        ("2015-03-31T22:59:59.999999Z", 72),  # 23:59:59 in London: summer time began on 29 March
        ("2015-03-31T23:00:00Z", 24),
        ("2015-03-31", 72),
        ("2015-04-01", 24),
        ("2015-03", 72),
        ("2015-04", 24),
        ("2002-04-01", 72),
        ("1998-01-01", 72),
        ("2026-01-01", 24),
    ],
)
def test_a_report_has_72_hours_before_april_2015_and_24_after(received: str, hours: int) -> None:
    assert BOOK.recording_rules(Moment.of(received)).limit == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("received", "last"),
    [
        ("2015-03-31T22:59:59Z", "2015-04-03T22:59:59Z"),
        ("2015-03-31T23:00:00Z", "2015-04-01T23:00:00Z"),
        ("2024-02-28T12:00:00Z", "2024-02-29T12:00:00Z"),
        ("2024-10-26T12:00:00Z", "2024-10-27T12:00:00Z"),
    ],
)
def test_one_second_over_is_late(received: str, last: str) -> None:
    second_over = (Moment.of(last).earliest + timedelta(seconds=1)).isoformat()
    case = given(reported(received))
    case.when(RecordCrime(offence="8N"), at=last).then(CrimeRecorded(offence="8N"))
    case.when(RecordCrime(offence="8N"), at=second_over).refused(LATE_NEEDS_REASON)


def test_the_outcome_types_are_1_to_22() -> None:
    assert set(BOOK.outcomes) == set(range(1, 23))
    assert {number for number, outcome in BOOK.outcomes.items() if outcome.since} == {21, 22}
    assert [number for number, outcome in BOOK.outcomes.items() if outcome.only_group] == [19]


def test_every_offence_has_a_stratum_that_inspections_know() -> None:
    assert {offence.stratum for offence in BOOK.offences.values()} == {"violent", "sexual", "other", "fraud"}
    assert all(offence.stratum == "sexual" for offence in BOOK.offences.values() if offence.rape)
    assert all((offence.group == "fraud") == (offence.stratum == "fraud") for offence in BOOK.offences.values())
    assert any(offence.rape for offence in BOOK.offences.values())


def test_every_rule_set_is_adopted_once_with_the_digest_of_its_file() -> None:
    ids = [adopted.rule_set for adopted in BOOK.adopted]
    assert sorted(ids) == sorted(set(ids))
    for name in FILES:
        raw = resources.files("domain.rules").joinpath(f"{name}.toml").read_bytes()
        toml = tomllib.loads(raw.decode())
        sets = [*toml.get("set", []), *([toml["back_dating"]] if "back_dating" in toml else [])] or [toml]
        for entry in sets:
            (adopted,) = (a for a in BOOK.adopted if a.rule_set == entry["id"])
            assert (adopted.digest, adopted.effective) == (sha256(raw).hexdigest(), entry["effective"])


def test_the_recording_sets_follow_one_another() -> None:
    assert [rules.effective for rules in BOOK.recording] == [date(2002, 4, 1), date(2015, 4, 1)]
