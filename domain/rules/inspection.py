"""How inspections sample and judge: the strata of offences, the level of intervals, the elements of concern."""

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class InspectionRules:
    """`strata`: the stratum by that of an offence (fraud in none); `expected_rate` plans sizes; `elements` by code.

    `routes`: the stratum of what was reported by a route, for inspections opened under the rule set `routes_id`.
    """

    id: str
    effective: date
    source: str
    standing: str
    weights: str
    expected_rate: float
    level: float
    strata: dict[str, str]
    elements: dict[str, str]
    routes_id: str
    routes: dict[str, str]


def inspection_rules(toml: dict[str, Any], routes: dict[str, Any]) -> InspectionRules:
    """Read the packaged data; `ValueError` for weights that nothing here can compute."""
    if toml["weights"] != "reports":
        raise ValueError(f"strata cannot be weighted by {toml['weights']!r}; there is `reports`")
    names = ("id", "effective", "source", "standing", "weights", "expected_rate", "level")
    return InspectionRules(
        **{name: toml[name] for name in names},
        strata=toml["stratum"],
        elements=toml["element"],
        routes_id=routes["id"],
        routes=routes["route"],
    )
