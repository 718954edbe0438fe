"""A corpus of dirty files: one peculiarity each, and combinations, each with the account that it must have.

Every file holds three clean reports (keys 1, 2, 3) dressed in the peculiarity. A file that is only dressed must mean
exactly what the clean one means: importing the clean one afterwards appends nothing.
"""

import gzip
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from itertools import combinations
from typing import NamedTuple

import pytest
from openpyxl import Workbook
from tables import COLUMNS, MAPPING, Desk, adds_up, counts, csv_text, row

from adapters.importers.reading import ImportFailed

CLEAN = [row(1), row(2, Recorded="", How="Web"), row(3, Closed="05/04/2024", Outcome="Charged")]
EVENTS = 2 + 1 + 3
Text = str
Dress = Callable[[str], str]


def quoted(text: str) -> str:
    return "\r\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in text.splitlines()) + "\r\n"


def mixed_ends(text: str) -> str:
    ends = ["\r\n", "\n", "\r"]
    return "".join(line + ends[n % 3] for n, line in enumerate(text.splitlines()))


def repeated_header(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:2], lines[0], *lines[2:], lines[0].upper()]) + "\n"


def reordered(text: str) -> str:
    return "\n".join(",".join(line.split(",")[::-1]) for line in text.splitlines()) + "\n"


def trailing(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([lines[0], *(line + "," * n for n, line in enumerate(lines[1:], 1))]) + "\n"


DRESSES: dict[str, Dress] = {
    "line feeds": lambda t: t.replace("\r\n", "\n"),
    "carriage returns": lambda t: t.replace("\r\n", "\r"),
    "mixed line ends": mixed_ends,
    "no line end at the end": lambda t: t.rstrip(),
    "a byte order mark": lambda t: "\ufeff" + t,
    "every cell quoted": quoted,
    "trailing commas": trailing,
    "trailing commas in the header as well": lambda t: t.replace("\r\n", ",,\r\n"),
    "white space around cells": lambda t: t.replace(",", " , "),
    "no-break spaces": lambda t: t.replace(",", "\u00a0,\u202f"),
    "zero-width spaces": lambda t: t.replace("Phone", "Pho\u200bne"),
    "tabs around cells": lambda t: t.replace(",", "\t,"),
    "another order of columns": reordered,
    "the header repeated": repeated_header,
    "blank lines": lambda t: t.replace("\r\n", "\r\n\r\n \r\n"),
    "rows of commas": lambda t: t + ",,,,,,,,\r\n,,,\r\n",
    "duplicate rows after each other": lambda t: t + "".join(t.splitlines(keepends=True)[1:]),
    "a null marker": lambda t: t.replace(",,", ",N/A,").replace(",,", ",null,"),
    "the header in capitals": lambda t: t.replace(t.splitlines()[0], t.splitlines()[0].upper()),
    "the header with two spaces": lambda t: t.replace("Crime No,", "Crime  No ,"),
    "a value in other case": lambda t: t.replace("Phone", "PHONE"),
    "bold cells": lambda t: t.replace("Phone", "<b>Phone</b>"),
    "a line break of HTML": lambda t: t.replace("Phone", "Phone<br/>"),
    "entities": lambda t: t.replace("Charged", "&nbsp;Charged&#32;"),
    "a cell with a line break": lambda t: t.replace("Charged", '"Charged\n"'),
    "dates without leading zeros": lambda t: t.replace("01/03/2024", "1/3/2024"),
    "an unused column with anything in it": lambda t: "\n".join(
        line + (",#REF!<i>" if n else ",Junk") for n, line in enumerate(t.splitlines())
    ),
}


@pytest.mark.parametrize("name", DRESSES)
def test_a_dressed_file_means_what_the_clean_one_means(desk: Desk, name: str) -> None:
    clean = csv_text(CLEAN)
    dressed = DRESSES[name](clean)
    assert dressed != clean
    result = desk.take(dressed)
    again = 3 if "duplicate" in name else 0
    assert counts(result) == (3 + again, 3, again, 0, 0, 0, EVENTS)
    meanings = {e.source.content for entries in desk.history().values() for e in entries if e.source}
    flipped = desk.take(clean)
    assert counts(flipped) == (3, 0, 3, 0, 0, 0, 0)
    assert len(meanings) == 3


PAIRED = (
    "mixed line ends",
    "a byte order mark",
    "every cell quoted",
    "the header repeated",
    "bold cells",
    "white space around cells",
)
COMBINED = list(combinations(PAIRED, 2))


@pytest.mark.parametrize("names", COMBINED, ids=" and ".join)
def test_two_dresses_at_once_mean_the_same(desk: Desk, names: tuple[str, str]) -> None:
    text = csv_text(CLEAN)
    for name in sorted(names, key=lambda one: ("byte order" in one, "mixed" in one)):
        text = DRESSES[name](text)
    assert counts(desk.take(text)) == (3, 3, 0, 0, 0, 0, EVENTS)


class Bad(NamedTuple):
    """One more line under the clean rows, and why it is set aside."""

    line: str
    reason: str


def line(**changes: str) -> str:
    return ",".join(row(9, **changes).values())


BAD: dict[str, Bad] = {
    "too few cells": Bad("NS/9,01/03/2024", "the columns do not fit the header"),
    "too many cells": Bad(line() + ",x", "the columns do not fit the header"),
    "an error of a spreadsheet": Bad(line(Received="#VALUE!"), "“Received” holds an error of a spreadsheet"),
    "hashes for a narrow column": Bad(line(Received="########"), "“Received” holds an error of a spreadsheet"),
    "a reference that is lost": Bad(
        line(Outcome="#REF!", Closed="05/04/2024"), "“Outcome” holds an error of a spreadsheet"
    ),
    "a time in no format": Bad(
        line(Received="yesterday"), "“Received” holds no time in a format that the mapping names"
    ),
    "a day that does not exist": Bad(
        line(Received="30/02/2024"), "“Received” holds no time in a format that the mapping names"
    ),
    "an hour that does not exist": Bad(
        line(Received="01/03/2024 24:10"), "“Received” holds no time in a format that the mapping names"
    ),
    "the American order": Bad(
        line(Received="03/25/2024"), "“Received” holds no time in a format that the mapping names"
    ),
    "an hour left out": Bad(
        line(Received="31/03/2024 01:30"), "“Received” holds a local time that the change of the clocks left out"
    ),
    "the future": Bad(line(Received="01/03/2025", Recorded=""), "CrimeReported lies in the future"),
    "recorded before the report": Bad(line(Recorded="28/02/2024"), "CrimeRecorded lies before CrimeReported"),
    "an outcome before the record": Bad(
        line(Closed="01/03/2024", Outcome="Charged"), "OutcomeAssigned lies before CrimeRecorded"
    ),
    "a value that is not translated": Bad(
        line(How="Pigeon"), "“How” holds a value that the mapping does not translate"
    ),
    "a required field that is blank": Bad(line(How=""), "“How” is blank"),
    "no key": Bad(",".join((row(9) | {"Crime No": " "}).values()), "the key “Crime No” is blank"),
    "no event at all": Bad(line(Received="", Recorded=""), "none of the events of the mapping took place in this row"),
    "an offence that is no code": Bad(line(Offence="burglary"), "“Offence” holds a value that “alleged” cannot have"),
    "a control character": Bad(line(How="Pho\x07ne"), "“How” holds a control character"),
    "a character that was lost": Bad(line(How="Ph\ufffdne"), "“How” holds a character that was lost before"),
    "an open quotation mark": Bad(
        'NS/9,"01/03/2024,Phone,8N,,,,,', "a quotation mark is not closed, or stands in the wrong place"
    ),
    "a quotation mark in the wrong place": Bad(
        line(How='"Ph"one'), "a quotation mark is not closed, or stands in the wrong place"
    ),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("last", [True, False], ids=["last", "first"])
def test_a_row_that_cannot_be_read_or_true_is_set_aside_alone(desk: Desk, name: str, last: bool) -> None:
    bad = BAD[name]
    lines = csv_text(CLEAN).splitlines()
    lines.insert(len(lines) if last else 1, bad.line)
    apart = desk.folder / "apart.csv"
    result = desk.take("\r\n".join(lines) + "\r\n", quarantine=apart)
    assert counts(result) == (4, 3, 0, 1, 0, 0, EVENTS)
    assert result.reasons == {bad.reason: 1}
    assert f",{5 if last else 2}," in apart.read_text()


def test_an_hour_that_came_twice_takes_the_rule_of_the_mapping_and_loses_precision(desk: Desk) -> None:
    text = csv_text([row(Received="29/10/2023 01:30", Recorded="")])
    desk.take(text)
    assert str(desk.case().recording.received_at) == "2023-10-29"
    strict = MAPPING.replace('fold = "earlier"', 'fold = "quarantine"')
    result = desk.take(text, mapping=strict)
    assert result.reasons == {"“Received” holds a local time that the change of the clocks repeated": 1}


def test_a_time_that_two_formats_read_differently_is_ambiguous(desk: Desk) -> None:
    both = MAPPING.replace('"%d/%m/%Y"]', '"%d/%m/%Y", "%m/%d/%Y"]')
    days = ("03/04/2024", "03/25/2024", "05/05/2024")
    rows = [row(n, Received=day, Recorded="") for n, day in enumerate(days)]
    result = desk.take(csv_text(rows), mapping=both)
    assert counts(result)[:4] == (3, 2, 0, 1)
    assert "ambiguous" in next(iter(result.reasons))


def test_html_can_be_set_aside_instead(desk: Desk) -> None:
    result = desk.take(
        csv_text([row(How="<b>Phone</b>")]), mapping=MAPPING.replace("[file]", '[file]\nhtml = "quarantine"')
    )
    assert result.reasons == {"“How” holds HTML": 1}


def test_rows_of_one_key_that_differ_are_set_aside_together(desk: Desk) -> None:
    text = csv_text([row(1), row(1, Recorded=""), row(2), row(2)])
    result = desk.take(text)
    assert counts(result) == (4, 1, 1, 2, 0, 0, 2)
    assert result.reasons == {"several rows of this file have this key, and they differ": 2}


def test_the_latest_row_of_a_key_wins_where_the_mapping_says_so(desk: Desk) -> None:
    last = MAPPING.replace('key = "Crime No"', 'key = "Crime No"\nduplicates = { last_by = "Recorded" }')
    text = csv_text([row(1, Recorded="03/03/2024"), row(1, Recorded="02/03/2024"), row(2), row(2, How="Web")])
    result = desk.take(text, mapping=last)
    assert counts(result) == (4, 1, 1, 2, 0, 0, 2)
    assert str(desk.only()[1].at) == "2024-03-03"
    assert result.reasons == {"several rows of this file have this key and are as late, and they differ": 2}


def test_a_key_of_which_one_row_cannot_be_read_is_left_alone(desk: Desk) -> None:
    result = desk.take(csv_text([row(1), row(1, How="Pigeon")]))
    assert counts(result) == (2, 0, 0, 2, 0, 0, 0)


def test_a_blank_that_means_unknown_keeps_what_an_earlier_release_said(desk: Desk) -> None:
    unknown = MAPPING + '\n[columns."Closed"]\nblank = "unknown"\n[columns."Log No"]\nblank = "unknown"\n'
    full = row(Closed="05/04/2024", Outcome="Charged", Logged="01/03/2024 09:20", Log_No="L/7")
    desk.take(csv_text([full]), mapping=unknown)
    result = desk.take(csv_text([full | {"Closed": "", "Log No": ""}]))
    assert counts(result) == (1, 0, 1, 0, 0, 0, 0)
    # The control: where a blank means that nothing was closed, the outcome is taken back.
    assert counts(desk.take(csv_text([full | {"Closed": ""}]), mapping=MAPPING)) == (1, 1, 0, 0, 1, 0, 1)


def test_a_blank_that_is_an_error_sets_the_row_aside(desk: Desk) -> None:
    strict = MAPPING + '\n[columns."Recorded"]\nblank = "error"\n'
    assert desk.take(csv_text(CLEAN), mapping=strict).reasons == {"“Recorded” is blank": 1}


def records(rows: list[dict[str, str]]) -> bytes:
    return b"".join(json.dumps({k: v or None for k, v in one.items()}).encode() + b"\n" for one in rows)


def workbook(rows: list[dict[str, str]], *, before: int = 0, sheet: str = "Sheet") -> bytes:
    book, out = Workbook(), io.BytesIO()
    page = book.active
    page.title = sheet
    for _ in range(before):
        page.append(["A report of the force"])
    page.append(list(COLUMNS))
    for one in rows:
        page.append([one[name] or None for name in COLUMNS])
    book.save(out)
    return out.getvalue()


FILES: dict[str, tuple[bytes, str, str]] = {
    "TSV": (csv_text(CLEAN).replace(",", "\t").encode(), "tsv", ""),
    "semicolons": (csv_text(CLEAN).replace(",", ";").encode(), "csv", 'delimiter = ";"'),
    "gzip": (gzip.compress(csv_text(CLEAN).encode(), mtime=0), "csv.gz", ""),
    "Windows-1252": (
        csv_text([*CLEAN[:2], CLEAN[2] | {"Log No": "Café"}]).encode("cp1252"),
        "csv",
        'encoding = "cp1252"',
    ),
    "UTF-16": (csv_text(CLEAN).encode("utf-16"), "csv", 'encoding = "utf-16"'),
    "JSON lines": (records(CLEAN), "jsonl", ""),
    "JSON lines with a BOM and blank lines": (
        b"\xef\xbb\xbf\n" + records(CLEAN).replace(b"\n", b"\r\n\r\n"),
        "ndjson",
        "",
    ),
    "Excel": (workbook(CLEAN), "xlsx", ""),
    "Excel with a title and a named sheet": (
        workbook(CLEAN, before=2, sheet="Data"),
        "xlsx",
        'sheet = "Data"\nheader_line = 3',
    ),
    "a title above the header": (b"Report\r\n2024\r\n" + csv_text(CLEAN).encode(), "csv", "header_line = 3"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_means_the_same(desk: Desk, name: str) -> None:
    content, suffix, rules = FILES[name]
    result = desk.take(content, suffix, mapping=MAPPING.replace("[file]", f"[file]\n{rules}"))
    assert counts(result) == (3, 3, 0, 0, 0, 0, EVENTS)
    assert counts(desk.take(csv_text(CLEAN), mapping=MAPPING)) == (3, 0, 3, 0, 0, 0, 0)


def test_times_and_numbers_of_a_workbook_are_read_as_such(desk: Desk) -> None:
    book, out = Workbook(), io.BytesIO()
    page = book.active
    page.append(list(COLUMNS))
    page.append([101, datetime(2024, 3, 1, 9, 14), "Phone", 53, None, None, date(2024, 3, 2), None, None])
    page.append(["NS/2", "=A2", "Phone", "8N", None, None, None, None, None])
    page.append(["NS/3", "#VALUE!", "Phone", "8N", None, None, None, None, None])
    page.append([])
    book.save(out)
    result = desk.take(out.getvalue(), "xlsx")
    assert counts(result) == (3, 1, 0, 2, 0, 0, 2)
    assert result.reasons == {"“Received” holds an error of a spreadsheet": 2}
    reported, recorded = desk.only()
    assert (str(reported.at), str(recorded.at)) == ("2024-03-01T09:14:00.000000Z", "2024-03-02")
    assert reported.source
    assert reported.source.key == "table:northshire/101"


def test_lines_that_are_no_objects_are_set_aside(desk: Desk) -> None:
    lines = records(CLEAN) + b'[1]\n{"Crime No": \n{"Crime No": {"a": 1}}\n'
    result = desk.take(lines, "jsonl")
    assert counts(result) == (6, 3, 0, 3, 0, 0, EVENTS)
    assert result.reasons == {"this is not a JSON object on one line": 2, "a value is a list or an object": 1}


@pytest.mark.parametrize(
    ("content", "suffix", "says"),
    [
        (b"", "csv", "is empty"),
        (b"\r\n \r\n", "csv", "no header"),
        (csv_text([]).encode(), "csv", "a header and no rows"),
        (
            csv_text(CLEAN).encode("cp1252") + "é".encode("cp1252"),
            "csv",
            r"is not UTF-8 \(line 5, column 1, byte 0xe9\)",
        ),
        (csv_text(CLEAN).encode("utf-16-le"), "csv", "zero bytes"),
        (gzip.compress(csv_text(CLEAN).encode())[:-9], "csv.gz", "cut off"),
        (b"PK\x03\x04 no workbook", "xlsx", "not an Excel workbook"),
        (b"nothing\n", "jsonl", "no JSON object"),
        (csv_text(CLEAN).replace("How", "Received").encode(), "csv", "is there twice"),
        (csv_text(CLEAN).encode(), "dat", "name the format"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused(desk: Desk, content: bytes, suffix: str, says: str) -> None:
    head = desk.system.store.head()
    with pytest.raises(ImportFailed, match=says):
        desk.take(content, suffix)
    assert desk.system.store.head() == head


def test_the_corpus_has_at_least_sixty_files() -> None:
    assert len(DRESSES) + len(COMBINED) + len(BAD) + len(FILES) >= 60


def test_an_account_that_does_not_add_up_is_noticed(desk: Desk) -> None:
    result = desk.take(csv_text(CLEAN))
    lost = result.account.model_copy(update={"rows_read": 4})
    with pytest.raises(AssertionError):
        adds_up(replace(result, account=lost))
