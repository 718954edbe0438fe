"""Events for tests of the store, and what must hold of every log."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import uuid4

from scenario import RECEIVED, reported

from adapters.system import System, now
from application.ports import Append, NewEvent
from domain.case.recording import DeclineReason, IncidentRegistered, RecordingDeclined
from domain.event import Event, Purpose, RecordedEvent, Role
from domain.values import PersonalData, instant

APPLICATION_ROLES = ["candour_writer", "candour_projector", "candour_reader"]
SECRET = "She said that it had happened before."
NAME = "Her Own Name"


def new(event: Event | None = None, *, written_at: datetime | None = None) -> NewEvent:
    """An event that is about to be appended."""
    event = event or IncidentRegistered()
    return NewEvent(
        uuid4(), event, instant(now()), "staff-1", Role.RECORDER, Purpose.CRIME_RECORDING, written_at=written_at
    )


def appends(stream: str, expected: int, *events: Event, force: str = "kent") -> Append:
    """An append of these events, or of one that says nothing in particular."""
    return Append(stream, expected, force, tuple(map(new, events or [IncidentRegistered()])))


def case_id() -> str:
    """A new stream."""
    return f"case-{uuid4()}"


def person_id() -> str:
    """A new data subject."""
    return f"person-{uuid4().hex}"


def narrated(person: str | None = None) -> Event:
    """A report with a narrative, and with the name of the person if one is given."""
    about = PersonalData(subject=person, value=NAME) if person else None
    return reported(RECEIVED, summary=SECRET, reporter=about)


def declined() -> Event:
    """A decision with a sealed rationale."""
    return RecordingDeclined(reason=DeclineReason.OTHER_FORCE, rationale=SECRET)


def whole_log(system: System) -> list[RecordedEvent]:
    """Every event of the store, read in pages."""
    entries: list[RecordedEvent] = []
    while page := system.store.read_log(entries[-1].position if entries else 0, 1000):
        entries += page
    return entries


def in_threads(number: int, work: Callable[[int], Any]) -> list[Any]:
    """The results of `work(0)` … `work(number - 1)`, each in a thread of its own."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(work, range(number)))


def faults(log: Sequence[RecordedEvent]) -> list[str]:
    """What is wrong with a log: positions must be dense, versions too, and times of writing must rise."""
    found: list[str] = []
    if [entry.position for entry in log] != list(range(1, len(log) + 1)):
        found.append("positions are not dense")
    if not rises(entry.written_at for entry in log):
        found.append("a time of writing does not rise")
    versions: dict[str, int] = {}
    for entry in log:
        if entry.version != versions.get(entry.stream, 0) + 1:
            found.append(f"{entry.stream} skips a version")
        versions[entry.stream] = entry.version
    return found


def rises(times: Iterable[datetime]) -> bool:
    """Whether each time is later than the one before."""
    found = list(times)
    return all(earlier < later for earlier, later in pairwise(found))


def plant(system: System, sound: str, defect: str) -> None:
    """Replace a piece of the append function of this database."""
    with system.connect("admin") as admin:
        (text,) = admin.execute("SELECT pg_get_functiondef('candour.append'::regproc)").fetchone()  # type: ignore[misc]
        assert sound in str(text), f"the append function no longer holds {sound!r}"
        admin.execute(str(text).replace(sound, defect))  # type: ignore[arg-type]
