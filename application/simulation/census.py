"""What the figures over a whole simulated history must come to, by what was planted and done; no metric is asked."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from application.simulation.case import SimulatedStream
from application.simulation.world import Fate
from domain.case.codes import RecordingStatus
from domain.rules import RuleBook


class Part(NamedTuple):
    """What one case, report or person adds to a figure: to its numerator and to its denominator."""

    figure: str
    counted: int
    of: int = 1


class Census:
    """Adds up, by force, what each stream adds to each figure: numerator and denominator."""

    def __init__(self, rules: RuleBook) -> None:
        self._rules = rules
        self._sums: dict[str, dict[str, list[int]]] = {}

    def add(self, force: str, parts: Iterable[Part]) -> None:
        """Add the parts of a stream of that force."""
        sums = self._sums.setdefault(force, {})
        for figure, counted, of in parts:
            both = sums.setdefault(figure, [0, 0])
            both[0] += counted
            both[1] += of

    def case(self, stream: SimulatedStream) -> None:
        """Add a case of a world with planted rates."""
        self.add(stream.force, self._of(stream))

    def figures(self) -> Mapping[str, Mapping[str, tuple[int, int]]]:
        """By force and name of the figure: numerator and denominator."""
        return {
            force: {name: (both[0], both[1]) for name, both in sorted(sums.items())}
            for force, sums in self._sums.items()
        }

    def _of(self, stream: SimulatedStream) -> Iterable[Part]:
        fate, recording = stream.fate, stream.state.recording
        decided = fate is not Fate.NEVER_DECIDED
        yield Part("decided_within_24h", decided and fate is not Fate.LATE)
        yield Part("unrecorded_backlog", not decided, 0)
        if decided:
            yield Part("back_dating", 0)
        recorded = recording.recorded_at is not None
        cancelled = fate in (Fate.RIGHTLY_CANCELLED, Fate.WRONGLY_CANCELLED)
        if recording.registered_at is not None:
            yield Part("incident_to_crime_conversion", recorded and not cancelled)
        if not recorded:
            return
        yield Part("recorded_within_24h", fate is not Fate.LATE)
        fraud = self._rules.offences[recording.offence or ""].stratum == "fraud"
        if not fraud and recording.status is not RecordingStatus.TRANSFERRED:
            yield Part("cancellation_rate", cancelled)
        if not fraud and cancelled:
            yield Part("unauthorised_cancellation", 0)
        outcome = self._rules.outcomes.get(stream.state.outcome.type or 0)
        if outcome is not None and outcome.needs_statement:
            yield Part("evidence_of_victim_wish", 1)
