"""The plan of a simulation: which forces, how many reports, which months, from which seed."""

from dataclasses import dataclass
from datetime import date

from application.simulation.force import PROFILES, Profile
from application.simulation.world import SETTLES, World
from domain.rules import RuleBook

MISCONDUCT_TAKES = 18
"""Months that a history with misconduct needs, so that what is planted in it comes to its end."""


class BadPlan(ValueError):
    """The plan cannot be carried out; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`reports` per force, received in the `months` before the London day `end`; nothing happens from then on.

    `unauthorised` and `factually_wrong` are shares of the reports (0 to 1) of a middling force; a good force has
    half of that and a poor one twice. The forces are good, middling and poor in turn. With a `world`, the same rates
    are planted exactly in each force instead. Each force has so many reports of misconduct (`conduct`), and contacts
    with the support line about at most so many cases (`contacts`).
    """

    forces: tuple[str, ...]
    reports: int
    seed: int
    end: date
    months: int = 24
    unauthorised: float = 0.02
    factually_wrong: float = 0.02
    world: World | None = None
    conduct: int = 0
    contacts: int = 0

    @property
    def start(self) -> date:
        """The first London day on which reports are received."""
        months = self.end.year * 12 + self.end.month - 1 - self.months
        return date(months // 12, months % 12 + 1, min(self.end.day, 28))

    def profile(self, force: str) -> Profile:
        """How well the force records."""
        return PROFILES[self.forces.index(force) % len(PROFILES)]

    def check(self, rules: RuleBook) -> None:
        """Raises `BadPlan`."""
        unknown = [force for force in self.forces if force not in rules.forces]
        if unknown:
            raise BadPlan(f"{unknown[0]!r} is no force; choose from: {', '.join(sorted(rules.forces))}")
        if not self.forces or len(set(self.forces)) < len(self.forces):
            raise BadPlan("name at least one force, and each force once")
        if self.reports < 1:
            raise BadPlan(f"{self.reports} reports cannot be simulated; ask for at least 1 per force")
        if not 1 <= self.months <= 600:
            raise BadPlan(f"{self.months} months cannot be simulated; ask for 1 to 600")
        if min(self.conduct, self.contacts) < 0:
            raise BadPlan("there cannot be less than 0 reports of misconduct, or contacts")
        self._check_conduct(rules)
        self._check_world()
        most = max(profile.wrongs for profile in PROFILES)
        if min(self.unauthorised, self.factually_wrong) < 0 or (self.unauthorised + self.factually_wrong) * most > 1:
            raise BadPlan(f"the shares of planted wrongs must be at least 0 and together at most {1 / most}")

    def _check_conduct(self, rules: RuleBook) -> None:
        since = max(listed.effective for listed in rules.misconduct.lists["allegation"])
        if self.conduct and self.months < MISCONDUCT_TAKES:
            raise BadPlan(f"misconduct takes its time; ask for at least {MISCONDUCT_TAKES} months")
        if self.conduct and self.start < since:
            raise BadPlan(f"reports of misconduct can be simulated from {since} on; choose a later end or fewer months")

    def _check_world(self) -> None:
        if self.world is None:
            return
        flaw = self.world.flaw()
        if flaw is not None:
            raise BadPlan(flaw)
        if self.end - self.start < 2 * SETTLES:
            raise BadPlan(f"a world with planted rates takes {2 * SETTLES.days} days to settle; ask for more months")
