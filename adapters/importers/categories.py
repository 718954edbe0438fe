"""The categories that data.police.uk prints, as packaged data with an effective date and a source."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class CrimeType:
    """A printed crime type; an incident type is not a crime."""

    name: str
    incident: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeCategory:
    """A printed outcome. `number` is None where the category may mean several types; `outcome` False for a status."""

    name: str
    number: int | None = None
    pending: bool = False
    outcome: bool = True


@dataclass(frozen=True, slots=True)
class Categories:
    """What the published words mean, and the bounds of what such a file can say (degrees, first month)."""

    id: str
    crime_types: dict[str, CrimeType]
    outcomes: dict[str, OutcomeCategory]
    first_month: str
    no_location: frozenset[str]
    longitude: tuple[float, float]
    latitude: tuple[float, float]


@cache
def categories() -> Categories:
    """The packaged table, read once."""
    data = tomllib.loads(resources.files(__package__ or __name__).joinpath("police_uk.toml").read_text("utf-8"))
    return Categories(
        id=data["id"],
        crime_types={name: CrimeType(name, **facts) for name, facts in data["crime_type"].items()},
        outcomes={name: OutcomeCategory(name, **facts) for name, facts in data["outcome"].items()},
        first_month=data["first_month"],
        no_location=frozenset(data["no_location"]),
        longitude=tuple(data["longitude"]),
        latitude=tuple(data["latitude"]),
    )
