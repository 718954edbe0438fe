"""What holds in misconduct investigations and proceedings from a day on; a later set says only what it changes."""

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from domain.rules.clock import Clock, clock


@dataclass(frozen=True, slots=True)
class SanctionRow:
    """What may be imposed on these persons at these proceedings for this finding; `aggravated` comes on top."""

    persons: frozenset[str]
    forms: frozenset[str]
    finding: str
    allowed: frozenset[str]
    source: str
    aggravated: frozenset[str] = frozenset()
    standing: str | None = None


@dataclass(frozen=True, slots=True)
class ProceedingsRules:
    """One set. `routes`: ways of dealing with a person, by what they are; `bound`: those whom the Regulations bind.

    `warning_months`: how long each warning lasts.
    """

    id: str
    effective: date
    source: str
    hearing_chair: str
    dismissal_presumed: bool
    former_to_accelerated_presumed: bool
    indictable_conviction_is_gross: bool
    not_on_barred_list: frozenset[str]
    clocks: dict[str, Clock]
    routes: dict[str, frozenset[str]]
    bound: frozenset[str]
    warning_months: dict[str, int]
    sanctions: tuple[SanctionRow, ...]

    def allowed(self, person: str, form: str, finding: str, *, aggravated: bool) -> frozenset[str]:
        """The sanctions that the table allows; none where it has no row."""
        fitting = [r for r in self.sanctions if person in r.persons and form in r.forms and finding == r.finding]
        plain = frozenset[str]().union(*(row.allowed for row in fitting))
        return plain.union(*(row.aggravated for row in fitting)) if aggravated else plain


def proceedings_rules(sets: list[dict[str, Any]]) -> tuple[ProceedingsRules, ...]:
    """The sets, oldest first, each with what it takes over from the one before."""
    found: list[ProceedingsRules] = []
    whole: dict[str, Any] = {}
    for one in sets:
        whole = _over(whole, one)
        found.append(_set(whole))
    return tuple(found)


def _over(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    whole = dict(before)
    for name, value in changes.items():
        is_table = isinstance(value, dict) and name in before
        whole[name] = _over(before[name], cast(dict[str, Any], value)) if is_table else value
    return whole


def _set(toml: dict[str, Any]) -> ProceedingsRules:
    return ProceedingsRules(
        id=toml["id"],
        effective=toml["effective"],
        source=toml["source"],
        hearing_chair=toml["hearing_chair"],
        dismissal_presumed=toml["dismissal_presumed"],
        former_to_accelerated_presumed=toml["former_to_accelerated_presumed"],
        indictable_conviction_is_gross=toml["indictable_conviction_is_gross"],
        not_on_barred_list=frozenset(toml["not_on_barred_list"]),
        clocks={
            name: clock({"kind": name, "effective": toml["effective"], **facts})
            for name, facts in toml["clock"].items()
        },
        routes={person: frozenset(facts["routes"]) for person, facts in toml["procedure"].items()},
        bound=frozenset(person for person, facts in toml["procedure"].items() if facts.get("bound", False)),
        warning_months=dict(toml["warning"]),
        sanctions=tuple(
            SanctionRow(
                frozenset(row["persons"]),
                frozenset(row["forms"]),
                row["finding"],
                frozenset(row["allowed"]),
                row["source"],
                frozenset(row.get("aggravated", ())),
                row.get("standing"),
            )
            for row in toml["sanction"]
        ),
    )
