"""The truth about a simulation: what was planted, and what the figures are by the record and in truth."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from application.simulation.case import SimulatedStream, Wrong
from application.simulation.census import Census
from application.simulation.matter import SimulatedMatter
from application.simulation.plan import Plan
from domain.case.correction import FactCorrected
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, N100Recorded, Receipt, RecordingDeclined, RecordingStatus
from domain.event import Event
from domain.rules import rule_book

S = TypeVar("S", SimulatedStream, SimulatedMatter, SimulatedStream | SimulatedMatter)
NOT_CRIMES = frozenset({RecordingStatus.NOT_RECORDED, RecordingStatus.N100, RecordingStatus.CANCELLED})
COUNTED: Mapping[type[Event], str] = {
    CrimeRecorded: "recorded",
    RecordingDeclined: "declined",
    N100Recorded: "n100",
    OutcomeAssigned: "outcomes",
    FactCorrected: "corrections",
}
DECISIONS = frozenset({"recorded", "declined", "n100"})
FIGURES = (
    "reports",
    "crimes",
    *COUNTED.values(),
    "recorded_within_24h_as_stated",
    "recorded_within_24h_in_truth",
    "cancelled",
    "transferred",
    "linked",
    "never_decided",
    "events",
)


class Truth:
    """Watches streams go by and keeps the account of them.

    `declined`, `n100` and `recorded` count cases in which that was ever done, `outcomes` and `corrections` count
    events; `cancelled`, `transferred` and `linked` are so at the end. What follows takes an incident once and leaves
    out linked cases. `crimes` are the reports that should have been recorded: all but those declined, left as N100 or
    cancelled, without a planted wrong. Within 24 hours (72 before April 2015) is counted twice: by the record as it
    stands after corrections, and by when the report was in truth received and recorded. `never_decided_cases` are the
    ledger of the unrecorded; of those, `alleged_cases` are only claimed to have been received.

    Of a world with planted rates, `planted_exactly` has the number of reports with each fate, the same in each force.
    `census` has what figures over the whole history must come to: by force and name, numerator and denominator.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.census = Census(rule_book())
        self.wrongs: list[Wrong] = []
        self._matters = Counter[str]()
        self._figures = {force: Counter[str](dict.fromkeys(FIGURES, 0)) for force in plan.forces}
        self._undecided: dict[str, list[str]] = {force: [] for force in plan.forces}
        self._alleged: dict[str, list[str]] = {force: [] for force in plan.forces}

    def watch(self, streams: Iterable[S]) -> Iterator[S]:
        """The same streams, counted as they pass."""
        for stream in streams:
            if isinstance(stream, SimulatedMatter):
                self.census.add(stream.force, stream.parts)
                self._matters[stream.stream.partition("-")[0]] += 1
            else:
                self._count(stream)
            yield stream

    @property
    def reports(self) -> int:
        """How many reports have passed."""
        return sum(figures["reports"] for figures in self._figures.values())

    def account(self) -> dict[str, Any]:
        """The whole account as JSON data; complete once every stream has passed."""
        plan = self.plan
        return {
            "seed": plan.seed,
            "forces": list(plan.forces),
            "reports": plan.reports,
            "start": plan.start.isoformat(),
            "end": plan.end.isoformat(),
            "summary": {
                force: {
                    "profile": plan.profile(force).name if plan.world is None else "planted",
                    **self._figures[force],
                    "never_decided_cases": self._undecided[force],
                    "alleged_cases": self._alleged[force],
                }
                for force in plan.forces
            },
            "planted_exactly": self._planted(),
            "conduct": self._matters["report"],
            "contacts": self._matters["contact"],
            "census": self.census.figures(),
            "planted": dict(sorted(Counter(wrong.which for wrong in self.wrongs).items())),
            "wrongs": [
                {**wrong._asdict(), "event_ids": list(map(str, wrong.event_ids)), "true": dict(wrong.true)}
                for wrong in self.wrongs
            ],
        }

    def _planted(self) -> Mapping[str, int]:
        world = self.plan.world
        return {} if world is None else {str(fate): count for fate, count in world.counts(self.plan.reports).items()}

    def _count(self, stream: SimulatedStream) -> None:
        self.wrongs.extend(stream.wrongs)
        if stream.fate is not None:
            self.census.case(stream)
        figures = self._figures[stream.force]
        events = [new.event for append in stream.appends for new in append.events]
        done = [COUNTED[type(event)] for event in events if type(event) in COUNTED]
        figures.update(done)
        figures["reports"] += 1
        figures["events"] += len(events)
        recording = stream.state.recording
        figures["cancelled"] += recording.status is RecordingStatus.CANCELLED
        figures["transferred"] += recording.status is RecordingStatus.TRANSFERRED
        if stream.state.link.under is not None:
            figures["linked"] += 1
            return
        if not DECISIONS.intersection(done):
            figures["never_decided"] += 1
            self._undecided[stream.force].append(stream.stream)
            if recording.receipt is Receipt.CLAIMED:
                self._alleged[stream.force].append(stream.stream)
        figures["crimes"] += bool(stream.wrongs) or recording.status not in NOT_CRIMES
        if recording.record_by is None or recording.received_at is None:
            return
        allowed = recording.record_by.latest - recording.received_at.latest
        if recording.recorded_at is not None:
            in_time = recording.recorded_at.latest - recording.received_at.earliest <= allowed
            figures["recorded_within_24h_as_stated"] += in_time
        if stream.recorded_truly is not None:
            figures["recorded_within_24h_in_truth"] += stream.recorded_truly - stream.received_truly <= allowed
