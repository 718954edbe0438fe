"""How small a number may be that is published."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class DisclosureRules:
    """A count from 1 up to but not with `fewest` is withheld in what is published on or after `effective`."""

    id: str
    effective: date
    fewest: int
    standing: str | None = None

    def is_small(self, count: int) -> bool:
        """Whether the count could point to somebody."""
        return 0 < count < self.fewest


def disclosure_rules(toml: Mapping[str, Any]) -> DisclosureRules:
    """A set as the packaged file has it."""
    return DisclosureRules(toml["id"], toml["effective"], toml["fewest"], toml.get("standing"))
