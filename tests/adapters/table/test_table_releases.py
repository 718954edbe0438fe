"""Successive releases are compared by what they mean."""

import pytest
from tables import COLUMNS, MAPPING, TODAY, Desk, counts, csv_text, row

from adapters.importers.reading import ImportFailed
from adapters.importers.table.importing import import_table
from domain.case.attestation import FactAttested
from domain.case.correction import FactCorrected
from domain.case.recording import CrimeRecorded, RecordingStatus
from domain.case.state import replay
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Purpose, Role
from domain.import_batch import Coverage, ImportFinished, ImportStarted
from projections.case_facts import CaseFacts, case_facts
from projections.projection import Replica


def test_a_row_becomes_the_history_of_a_case(desk: Desk) -> None:
    result = desk.take(csv_text([row(Logged="01/03/2024 09:20", Log_No="L/7", Closed="05/04/2024", Outcome="Charged")]))
    assert counts(result) == (1, 1, 0, 0, 0, 0, 4)
    entries = desk.only()
    assert desk.names() == ["CrimeReported", "IncidentRegistered", "CrimeRecorded", "OutcomeAssigned"]
    assert [str(entry.at) for entry in entries] == [
        "2024-03-01T09:14Z",
        "2024-03-01T09:20Z",
        "2024-03-02T08:00Z",
        "2024-04-05",
    ]
    for entry in entries:
        assert (entry.force, entry.role, entry.purpose, entry.actor, entry.broken) == (
            "kent",
            Role.IMPORTER,
            Purpose.IMPORT,
            "import:northshire",
            (),
        )
        assert entry.source is not None
        assert (entry.source.batch, entry.source.row) == (result.batch, 2)
        assert entry.source.key == "table:northshire/NS/1"
    case = desk.case()
    assert case.recording.status is RecordingStatus.RECORDED
    assert case.outcome.type == 1
    assert str(case.recording.record_by) == "2024-03-02T09:14:59.999999Z"


def test_the_batch_names_the_bytes_the_source_and_the_account(desk: Desk) -> None:
    result = desk.take(csv_text([row()]))
    started, finished = (entry.event for entry in desk.system.store.read_category("import-"))
    assert started == ImportStarted(
        source="northshire", file="release-1.csv", digest=result.digest, coverage=Coverage.FULL
    )
    assert isinstance(finished, ImportFinished)
    assert finished.account == result.account


def test_a_late_recording_without_a_reason_is_kept_with_its_broken_rule(desk: Desk) -> None:
    desk.take(csv_text([row(Recorded="09/03/2024 08:00")]))
    assert [entry.broken for entry in desk.only()] == [(), ("late_recording_needs_a_reason",)]
    fresh = csv_text([row(2, Recorded="02/03/2024 09:14")])
    desk.take(fresh)
    assert [e.broken for entries in desk.history().values() for e in entries].count(()) == 3


def test_the_same_bytes_append_nothing(desk: Desk) -> None:
    first = desk.take(path := desk.file(csv_text([row(), row(2)])))
    head = desk.system.store.head()
    again = desk.take(path)
    assert again.earlier == first.batch
    assert counts(again) == (2, 0, 2, 0, 0, 0, 0)
    assert desk.system.store.head() == head


def test_a_corrected_mapping_reads_the_same_bytes_again(desk: Desk) -> None:
    path = desk.file(csv_text([row(How="Fax")]))
    assert counts(desk.take(path)) == (1, 0, 0, 1, 0, 0, 0)
    assert counts(desk.take(path, mapping=MAPPING.replace('"Front desk"', 'Fax = "other", "Front desk"'))) == (
        1, 1, 0, 0, 0, 0, 2,
    )  # fmt: skip


def test_a_dry_run_gives_the_same_account_and_writes_nothing(desk: Desk) -> None:
    path = desk.file(csv_text([row(), row(2, How="Fax")]))
    apart = desk.folder / "apart.csv"
    head = desk.system.store.head()
    dry = desk.take(path, dry_run=True, quarantine=apart)
    assert desk.system.store.head() == head
    assert not apart.exists()
    assert counts(desk.take(path, quarantine=apart)) == counts(dry) == (2, 1, 0, 1, 0, 0, 2)
    assert apart.read_text().splitlines()[1].endswith(",3,“How” holds a value that the mapping does not translate")


def test_a_real_change_is_one_correction_of_the_event_it_is_about(desk: Desk) -> None:
    desk.take(csv_text([row()]))
    result = desk.take(csv_text([row(Recorded="03/03/2024 08:00")]))
    assert counts(result) == (1, 1, 0, 0, 1, 0, 1)
    entries = desk.only()
    assert isinstance(entries[-1].event, FactCorrected)
    assert entries[-1].event.corrects == entries[1].event_id
    assert entries[-1].event.facts.model_fields_set == {"at"}
    assert str(desk.case().recording.recorded_at) == "2024-03-03T08:00Z"


def test_a_changed_time_of_receipt_starts_the_clock_again(desk: Desk) -> None:
    desk.take(csv_text([row()]))
    desk.take(csv_text([row(Received="01/03/2024 07:00")]))
    assert len(desk.only()) == 3
    assert str(desk.case().recording.received_at) == "2024-03-01T07:00Z"
    assert str(desk.case().recording.record_by) == "2024-03-02T07:00:59.999999Z"


def test_blank_to_date_appends_and_date_to_blank_takes_back(desk: Desk) -> None:
    desk.take(csv_text([row()]))
    closed = desk.take(csv_text([row(Closed="05/04/2024", Outcome="Charged")]))
    assert counts(closed) == (1, 1, 0, 0, 0, 0, 1)
    assert desk.case().outcome.type == 1
    opened = desk.take(csv_text([row(Closed="N/A", Outcome=" ")]))
    assert counts(opened) == (1, 1, 0, 0, 1, 0, 1)
    assert isinstance(desk.only()[-1].event, SourceRowWithdrawn)
    assert desk.case().outcome.type is None
    again = desk.take(csv_text([row(Closed="06/04/2024", Outcome="Charged")]))
    assert counts(again) == (1, 1, 0, 0, 0, 0, 1)
    assert str(desk.case().outcome.assigned_at) == "2024-04-06"


def test_a_fact_that_comes_late_stands_in_its_place(desk: Desk) -> None:
    desk.take(csv_text([row()]))
    desk.take(csv_text([row(Logged="01/03/2024 10:00", Log_No="L/1")]))
    case = desk.case()
    assert case.recording.status is RecordingStatus.RECORDED
    assert str(case.recording.registered_at) == "2024-03-01T10:00Z"
    assert str(case.recording.recorded_at) == "2024-03-02T08:00Z"
    # Without withdrawing what follows, the case would read as an incident only.
    naive = [entry for entry in desk.only() if not isinstance(entry.event, SourceRowWithdrawn | CrimeRecorded)]
    assert replay([desk.only()[1], *naive]).recording.status is not RecordingStatus.RECORDED


FLIPS = {
    "line ends": lambda text: text.replace("\r\n", "\n"),
    "quotes": lambda text: "\r\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in text.split("\r\n")[:-1]),
    "white space": lambda text: text.replace(",", " ,\u00a0"),
    "column order": lambda text: "\n".join(",".join(line.split(",")[::-1]) for line in text.split("\r\n")),
    "BOM": lambda text: "\ufeff" + text,
}


def test_six_releases_with_format_flips_make_no_phantom_correction(desk: Desk) -> None:
    rows = [row(n, Closed="05/04/2024" if n % 3 else "", Outcome="Charged" if n % 3 else "") for n in range(40)]
    first = csv_text(rows)
    assert desk.take(first).account.events_appended == 40 * 2 + sum(bool(n % 3) for n in range(40))
    for name, flip in FLIPS.items():
        result = desk.take(flip(first))
        assert counts(result) == (40, 0, 40, 0, 0, 0, 0), name
    iso = first.replace("01/03/2024 09:14", "2024-03-01 09:14").replace("02/03/2024 08:00", "2024-03-02 08:00")
    iso = iso.replace("05/04/2024", "2024-04-05")
    mapping = MAPPING.replace('["%d/%m/%Y %H:%M", "%d/%m/%Y"]', '["iso"]')
    assert counts(desk.take(iso, mapping=mapping)) == (40, 0, 40, 0, 0, 0, 0)
    # The control: one real change among the flips is seen, once.
    changed = iso.replace("NS/7,2024-03-01 09:14", "NS/7,2024-03-01 09:13")
    assert changed != iso
    assert counts(desk.take(changed)) == (40, 1, 39, 0, 1, 0, 1)


def test_a_missing_key_is_withdrawn_only_where_the_mapping_says_so(desk: Desk) -> None:
    desk.take(csv_text([row(), row(2)]))
    kept = desk.take(csv_text([row()]))
    assert counts(kept) == (1, 0, 1, 0, 0, 0, 0)
    whole = MAPPING.replace('key = "Crime No"', 'key = "Crime No"\nmissing = "withdrawn"')
    gone = desk.take(csv_text([row(), row(3)]), mapping=whole)
    assert counts(gone) == (2, 1, 1, 0, 0, 1, 3)
    statuses = sorted(replay(entries).recording.status.value for entries in desk.history().values())
    assert statuses == ["none", "recorded", "recorded"]
    back = desk.take(csv_text([row(), row(2), row(3)]))
    assert counts(back) == (3, 1, 2, 0, 0, 0, 2)


def test_a_row_that_was_set_aside_is_not_gone(desk: Desk) -> None:
    whole = MAPPING.replace('key = "Crime No"', 'key = "Crime No"\nmissing = "withdrawn"')
    desk.take(csv_text([row(), row(2)]), mapping=whole)
    assert counts(desk.take(csv_text([row(), row(2, How="Fax")]))) == (2, 0, 1, 1, 0, 0, 0)
    unnamed = desk.take(csv_text([row(), row(2) | {"Crime No": ""}]))
    assert counts(unnamed) == (2, 0, 1, 1, 0, 0, 0)
    assert unnamed.notes == ("nothing was withdrawn: the key of 1 rows cannot be read",)


SECOND = MAPPING.replace('source = "northshire"', 'source = "regulator"\ncase_key = "northshire"')


def test_a_second_source_adds_what_is_new_and_what_differs_is_kept_beside(desk: Desk) -> None:
    desk.take(csv_text([row()]))
    before = desk.case().recording
    result = desk.take(
        csv_text([row(Recorded="04/03/2024 08:00", Closed="05/04/2024", Outcome="Charged")]), mapping=SECOND
    )
    assert counts(result) == (1, 1, 0, 0, 0, 0, 3)
    assert desk.names()[2:] == ["FactAttested", "FactAttested", "OutcomeAssigned"]
    assert desk.case().recording == before
    assert desk.case().outcome.type == 1
    (differs,) = result.disagreements
    assert differs[1:7] == (
        "CrimeRecorded", "at", "regulator", "2024-03-04T08:00Z", "northshire", "2024-03-02T08:00Z",
    )  # fmt: skip
    attested = [entry for entry in desk.only() if isinstance(entry.event, FactAttested)]
    assert all(entry.source and "regulator" in entry.source.key for entry in attested)
    again = desk.take(
        csv_text([row(Recorded="04/03/2024 08:00", Closed="05/04/2024", Outcome="Charged")], end="\n"), mapping=SECOND
    )
    assert counts(again) == (1, 0, 1, 0, 0, 0, 0)
    assert again.disagreements == result.disagreements


def test_two_sources_that_agree_disagree_about_nothing(desk: Desk) -> None:
    desk.take(csv_text([row()]))
    result = desk.take(csv_text([row()], end="\n"), mapping=SECOND)
    assert (result.disagreed, result.account.events_appended) == (0, 2)


def test_an_attestation_alone_makes_no_case(desk: Desk) -> None:
    whole = MAPPING.replace('key = "Crime No"', 'key = "Crime No"\nmissing = "withdrawn"')
    desk.take(csv_text([row(), row(2)]), mapping=whole)
    desk.take(csv_text([row(2)], end="\n"), mapping=SECOND)
    replica: Replica[CaseFacts] = Replica(case_facts)
    replica.follow(desk.system.store.read_log(0, 1000))
    assert [(facts.status, facts.coverage) for facts in replica.rows.values()] == [("recorded", "full")] * 2
    desk.take(csv_text([row()], end="\n"), mapping=whole)
    replica.follow(desk.system.store.read_log(replica.position, 1000))
    # What the first source has taken back, the second one states from then on.
    assert [facts.status for facts in replica.rows.values()] == ["recorded"] * 2
    assert counts(desk.take(csv_text([row(2)]), mapping=SECOND)) == (1, 0, 1, 0, 0, 0, 0)


def test_an_interrupted_import_goes_on_and_accounts_for_the_whole_file(desk: Desk) -> None:
    path = desk.file(csv_text([row(n) for n in range(2500)]))
    store = desk.system.store

    class Failing:
        def __init__(self) -> None:
            self.calls = 0

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def append_many(self, items: object) -> object:
            self.calls += 1
            if self.calls == 3:
                raise ConnectionError("gone")
            return store.append_many(items)  # type: ignore[arg-type]

    with pytest.raises(ConnectionError):
        import_table(Failing(), path, desk.mapping, clock=lambda: TODAY)  # type: ignore[arg-type]
    assert 0 < len(desk.history()) < 2500
    result = desk.take(path)
    assert result.resumed
    assert counts(result) == (2500, 2500, 0, 0, 0, 0, 5000)
    assert all(len(entries) == 2 for entries in desk.history().values())


def test_an_interrupted_import_is_refused_once_a_later_release_is_in(desk: Desk) -> None:
    path = desk.file(csv_text([row()]))
    store = desk.system.store

    class Failing:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def append_many(self, items: object) -> object:
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        import_table(Failing(), path, desk.mapping, clock=lambda: TODAY)  # type: ignore[arg-type]
    desk.take(csv_text([row(2)]))
    with pytest.raises(ImportFailed, match="was interrupted"):
        desk.take(path)


def test_all_columns_of_the_mapping_are_those_of_the_table() -> None:
    assert set(row()) == set(COLUMNS)
