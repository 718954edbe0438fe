"""Complaints against police in Philadelphia, as the city publishes them: two tables, loaded completely."""

import csv
import gzip
import io
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tables import Desk, counts

from adapters.importers.table.importing import TableResult
from adapters.system import System
from domain.case.correction import FactCorrected
from domain.event import Purpose, RecordedEvent, Role
from domain.misconduct.allegations import AllegationMade
from domain.misconduct.intake import LISTED_REPORT_FORCE
from domain.misconduct.state import replay
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted
from domain.misconduct.testimony import FindingEvidenced, ShownFinding

SHARED = Path(os.environ.get("CANDOUR_SHARED_DATA", "/nowhere")) / "philadelphia"
MAPPINGS = Path(__file__).parents[3] / "adapters" / "importers" / "mappings"
Rows = list[dict[str, str]]

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the files of Philadelphia are not here (CANDOUR_SHARED_DATA)"
)


def rows_of(name: str) -> Rows:
    with gzip.open(SHARED / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def text_of(rows: Rows) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.fixture
def take(tmp_path: Path, system: System) -> Callable[..., TableResult]:
    desk = Desk(tmp_path, system)

    def one(name: str, rows: Rows | None = None, **options: Any) -> TableResult:
        desk.mapping = MAPPINGS / f"philadelphia-{name}.toml"
        path = SHARED / f"{name}.csv.gz" if rows is None else desk.file(text_of(rows))
        return desk.take(path, **options)

    return one


def histories(system: System) -> dict[str, list[RecordedEvent]]:
    found: dict[str, list[RecordedEvent]] = {}
    for entry in system.store.read_category("report-"):
        found.setdefault(entry.stream, []).append(entry)
    return found


def test_they_load_completely_and_load_again_as_nothing(
    take: Callable[..., TableResult], system: System, tmp_path: Path
) -> None:
    complaints, findings = rows_of("complaints"), rows_of("findings")
    assert (len(complaints), len(findings)) == (3388, 8839)
    result = take("complaints")
    assert counts(result) == (3388, 3388, 0, 0, 0, 0, 3388)
    apart = tmp_path / "apart.csv"
    result = take("findings", quarantine=apart)
    readable = [row for row in findings if "#VALUE!" not in row.values()]
    named = {(row["complaint_id"], row["accused_no"]) for row in readable}
    known = [one for one in named if one[1]]
    found = [row for row in readable if row["investigative_findings"] in ("Sustained Finding", "No Sustained Findings")]
    events = len(named) + len(known) + len(readable) + len(found)
    assert counts(result) == (8839, 8837, 0, 2, 0, 0, events)
    assert result.reasons == {"“allegations_investigated” holds an error of a spreadsheet": 2}
    with apart.open(encoding="utf-8-sig", newline="") as file:
        assert [row["row_id"] for row in csv.DictReader(file)] == ["6688", "7513"]
    streams = histories(system)
    reports = {stream: replay(entries) for stream, entries in streams.items()}
    assert len(reports) == 3388
    assert sum(len(report.subjects) for report in reports.values()) == len(named)
    assert sum(len(report.allegations) for report in reports.values()) == len(readable) == 8837
    shown = [finding for report in reports.values() for finding in report.shown]
    assert Counter(finding.printed for finding in shown) == Counter(row["investigative_findings"] for row in found)
    assert sum(finding.finding is ShownFinding.SUSTAINED for finding in shown) == 1925
    followed = Counter(row["disciplinary_findings"] for row in found)
    assert Counter(finding.followed or "Not Applicable" for finding in shown) == followed
    received = Counter(str(report.intake.received) for report in reports.values())
    assert received == Counter(row["date_received"] for row in complaints)
    kinds = Counter(subject.kind for report in reports.values() for subject in report.subjects)
    assert kinds == {PersonKind.OFFICER: len(known), None: len(named) - len(known)}
    for entries in streams.values():
        assert {(entry.role, entry.purpose) for entry in entries} == {(Role.IMPORTER, Purpose.IMPORT)}
        assert LISTED_REPORT_FORCE.id in entries[0].broken  # history of a force that is not listed, kept and named
    _as_in_the_file(reports, streams, findings)
    for name in ("complaints", "findings"):
        again = take(name)
        assert again.account.events_appended == 0
        backwards = take(name, rows_of(name)[::-1])
        assert counts(backwards) == (again.account.rows_read, 0, *counts(again)[2:4], 0, 0, 0)


def _as_in_the_file(reports: dict[str, Any], streams: dict[str, list[RecordedEvent]], findings: Rows) -> None:
    """Each report has the allegations of its rows, against the officers of its rows, with what was found on them."""
    wanted: dict[str, Counter[tuple[Any, ...]]] = {}
    officers: dict[str, dict[str, int]] = {}
    for row in findings:
        if "#VALUE!" not in row.values():
            numbers = officers.setdefault(row["complaint_id"], {})
            number = numbers.setdefault(row["accused_no"], len(numbers) + 1)
            found = row["investigative_findings"]
            printed = found if found.endswith(("Finding", "Findings")) else None
            wanted.setdefault(row["complaint_id"], Counter())[number, printed] += 1
    there: Counter[tuple[Any, ...]] = Counter()
    for report in reports.values():
        shown = {(each.allegation, each.subject): each.printed for each in report.shown}
        told = Counter((*each.subjects, shown.get((each.number, each.subjects[0]))) for each in report.allegations)
        there[frozenset(told.items()), *()] += 1
    told_there = Counter(frozenset(told.items()) for told in wanted.values())
    told_there[frozenset()] += len(streams) - len(wanted)
    assert Counter({key[0]: number for key, number in there.items()}) == told_there


def test_a_changed_finding_is_one_correction(take: Callable[..., TableResult], system: System) -> None:
    complaints, findings = rows_of("complaints")[:60], rows_of("findings")
    ids = {row["complaint_id"] for row in complaints}
    findings = [row for row in findings if row["complaint_id"] in ids]
    take("complaints", complaints)
    take("findings", findings)
    head = system.store.head().position
    changed = [dict(row) for row in findings]
    row = next(row for row in changed if row["investigative_findings"] == "No Sustained Findings")
    row["investigative_findings"] = "Sustained Finding"
    result = take("findings", changed)
    assert counts(result) == (len(findings), 1, len(findings) - 1, 0, 1, 0, 1)
    (entry,) = [entry for entry in system.store.read_log(head, 100) if entry.stream.startswith("report-")]
    assert isinstance(entry.event, FactCorrected)
    assert entry.event.facts.model_dump() == {"finding": "sustained", "printed": "Sustained Finding"}
    report = replay(system.store.load(entry.stream))
    assert [each.finding for each in report.shown].count(ShownFinding.SUSTAINED) >= 1
    # The same again, the other way round, and once more as it was: nothing; then back: one more correction.
    assert take("findings", changed[::-1]).account.events_appended == 0
    assert take("findings", findings[::-1]).account.events_appended == 1


def test_new_rows_take_new_numbers_and_move_nothing(take: Callable[..., TableResult], system: System) -> None:
    complaints = [row for row in rows_of("complaints") if row["complaint_id"] == "16-0008"]
    findings = [row for row in rows_of("findings") if row["complaint_id"] == "16-0008"]
    take("complaints", complaints)
    late = findings[::2]
    take("findings", late)
    (entries,) = histories(system).values()
    before = {entry.event_id for entry in entries}
    result = take("findings", findings)
    assert counts(result)[:4] == (len(findings), len(findings) - len(late), len(late), 0)
    (entries,) = histories(system).values()
    assert before <= {entry.event_id for entry in entries}
    new = [entry.event for entry in entries if entry.event_id not in before]
    assert {type(event) for event in new} <= {SubjectNoted, SubjectIdentified, AllegationMade, FindingEvidenced}
    report = replay(entries)
    assert sorted(each.number for each in report.allegations) == list(range(1, len(findings) + 1))
    assert len({each.number for each in report.subjects}) == len({row["accused_no"] for row in findings})


def test_findings_wait_for_their_complaint(take: Callable[..., TableResult], system: System) -> None:
    findings = [row for row in rows_of("findings") if row["complaint_id"] == "16-0008"]
    result = take("findings", findings)
    assert counts(result) == (6, 0, 0, 6, 0, 0, 0)
    (complaint,) = [row for row in rows_of("complaints") if row["complaint_id"] == "16-0008"]
    take("complaints", [complaint])
    result = take("findings", findings)
    assert counts(result)[:4] == (6, 6, 0, 0)
    (entries,) = histories(system).values()
    assert {str(entry.at) for entry in entries} == {complaint["date_received"]}
    assert take("findings", findings).account.events_appended == 0
