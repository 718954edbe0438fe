"""Rule sets: immutable packaged data with effective dates, adopted by an event and passed in with the act."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from domain.event import Event
from domain.values import Moment

FILES = ("recording", "offences", "outcomes", "forces", "categories")


class RuleSetAdopted(Event, name="rule_set_adopted.v1"):
    """A rule set came into use in this store; its digest shows that the data did not change since."""

    rule_set: str
    effective: date
    digest: str


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """How long a force has to record a report received on or after `effective`."""

    id: str
    effective: date
    limit: timedelta


@dataclass(frozen=True, slots=True)
class Offence:
    """A classification with its group and its inspection stratum (violent, sexual, other, fraud)."""

    code: str
    title: str
    group: str
    stratum: str
    rape: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeType:
    """An outcome type with the day from which it may be assigned, and the only group it is for, if any."""

    number: int
    title: str
    since: date | None = None
    only_group: str | None = None


@dataclass(frozen=True, slots=True)
class PublishedCategory:
    """A crime type as published, with the group and stratum that it determines, if any."""

    name: str
    group: str | None = None
    stratum: str | None = None


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rule sets that this version of the software ships."""

    recording: tuple[RecordingRules, ...]
    offences: dict[str, Offence]
    outcomes: dict[int, OutcomeType]
    forces: dict[str, str]
    categories: dict[str, PublishedCategory]
    back_dating: timedelta
    adopted: tuple[RuleSetAdopted, ...]

    def recording_rules(self, received: Moment) -> RecordingRules:
        """The set in force on the London day of receipt; the oldest one before that."""
        day = received.london_date
        fitting = [rules for rules in self.recording if rules.effective <= day]
        return max(fitting, key=lambda rules: rules.effective) if fitting else self.recording[0]


def _read(name: str) -> tuple[dict[str, Any], str]:
    raw = resources.files(__name__).joinpath(f"{name}.toml").read_bytes()
    return tomllib.loads(raw.decode()), sha256(raw).hexdigest()


@cache
def rule_book() -> RuleBook:
    """The rule book of this version, read once from the packaged files."""
    data = {name: _read(name) for name in FILES}
    recording, digest = data["recording"]
    sets = sorted(recording["set"], key=lambda entry: entry["effective"])
    adopted = [RuleSetAdopted(rule_set=s["id"], effective=s["effective"], digest=digest) for s in sets]
    adopted.append(
        RuleSetAdopted(
            rule_set=recording["back_dating"]["id"], effective=recording["back_dating"]["effective"], digest=digest
        )
    )
    for name in FILES[1:]:
        toml, digest = data[name]
        adopted.append(RuleSetAdopted(rule_set=toml["id"], effective=toml["effective"], digest=digest))
    return RuleBook(
        recording=tuple(
            RecordingRules(s["id"], s["effective"], timedelta(hours=s["record_within_hours"])) for s in sets
        ),
        offences={
            code: Offence(code, o["title"], o["group"], o["stratum"], o.get("rape", False))
            for code, o in data["offences"][0]["offence"].items()
        },
        outcomes={
            int(number): OutcomeType(int(number), o["title"], o.get("from"), o.get("only_group"))
            for number, o in data["outcomes"][0]["type"].items()
        },
        forces=dict(data["forces"][0]["name"]),
        categories={
            name: PublishedCategory(name, **facts) for name, facts in data["categories"][0]["category"].items()
        },
        back_dating=timedelta(minutes=recording["back_dating"]["tolerance_minutes"]),
        adopted=tuple(adopted),
    )
