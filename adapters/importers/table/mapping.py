"""A mapping: what the rows and columns of a table mean, as the author writes it in TOML."""

from hashlib import sha256
from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import to_json

from domain.import_batch import Coverage

Value = bool | int | str


class Part(BaseModel):
    """A part of a mapping; it refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class Term(Part):
    """Where a value comes from: the name of a column, or `{ constant = … }`.

    `{ column = …, only = { … } }`: what the cells stand for in this field alone; other cells say nothing of it.
    `{ printed = COLUMN }`: the text as the source has it, whatever its values stand for. `{ number = NAME }`: the
    number that the row's one of these has in its stream.
    """

    column: str | None = None
    constant: Value | None = None
    printed: str | None = None
    number: str | None = None
    only: dict[str, Value] | None = None


def _term(given: object) -> object:
    return {"column": given} if isinstance(given, str) else given


def _several(given: object) -> object:
    if isinstance(given, str):
        return (given,)
    return tuple(cast(list[object], given)) if isinstance(given, list) else given


def _duplicates(given: object) -> object:
    return {} if given == "error" else given


def _flat(given: object) -> object:
    """Fields of fields by their dotted path, whether they are written `place.latitude` or in a table of their own."""
    if not isinstance(given, dict) or ("column" in given and cast(dict[str, object], given).keys() <= _TERM):
        return cast(object, given)
    found: dict[str, object] = {}
    for name, term in cast(dict[str, object], given).items():
        inner = _flat(term)
        if isinstance(inner, dict) and not cast(dict[str, object], inner).keys() <= _TERM:
            found |= {f"{name}.{below}": each for below, each in cast(dict[str, object], inner).items()}
        else:
            found[name] = inner
    return found


def _as_they_are(given: object) -> object:
    """A list of values says that these, and no others, are there and stand for themselves."""
    return {str(each): each for each in cast(list[object], given)} if isinstance(given, list) else given


_TERM = Term.model_fields.keys()
AnyTerm = Annotated[Term, BeforeValidator(_term)]
Names = Annotated[tuple[str, ...], BeforeValidator(_several)]


class FileRules(Part):
    """`[file]`: how the file is written. Left out: by the ending of its name, UTF-8, comma or tab, header in line 1."""

    format: Literal["csv", "tsv", "jsonl", "xlsx"] | None = None
    """How it is written; left out: by the ending of the name."""
    encoding: str = "utf-8"
    """Such as `cp1252` or `utf-16`; left out: UTF-8, with or without a byte order mark."""
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    """One character; left out: a comma, in TSV a tab."""
    header_line: Annotated[int, Field(ge=1)] = 1
    """The line of the header, where something stands above it."""
    sheet: str | None = None
    """The sheet of a workbook; left out: the first."""
    nulls: Names = ()
    """What else stands for a blank cell."""
    html: Literal["text", "quarantine"] = "text"
    """`text`: tags and entities are read as what they show; `quarantine`: such rows are set aside."""


class TimeRules(Part):
    """`[time]`: how times are written, in which zone, and what an hour that came twice means."""

    zone: str = "Europe/London"
    """The zone of times without an offset."""
    formats: Names = ("iso",)
    """Of `%Y %y %m %d %H %I %M %S %f %p %b %B %a %A %z`, or `iso`, or `excel` (day numbers). All that fit
    a time must agree."""
    fold: Literal["earlier", "later", "quarantine"] = "quarantine"
    """An hour that came twice: `earlier`, `later` (the time is then known to the day only), or `quarantine`."""


class Bounds(Part):
    """`between = { from = …, to = …, reason = … }`: what lies outside is set aside."""

    least: Annotated[float | str | None, Field(alias="from")] = None
    """A number; in a column of times, a time in ISO 8601."""
    most: Annotated[float | str | None, Field(alias="to")] = None
    reason: str | None = None
    """Why the row is then set aside; left out: in general words."""


class ColumnRules(Part):
    """`[columns."NAME"]`: what the cells of one column mean, wherever the mapping uses it."""

    blank: Literal["absent", "unknown", "error"] | None = None
    """`absent`: it did not happen, or is not stated; `unknown`: the source does not say, so what it said before stays;
    `error`: the row is set aside. Left out: `absent`; `error` where the field is required, or the time of an event that
    took place."""
    values: Annotated[dict[str, Value] | None, BeforeValidator(_as_they_are)] = None
    """What is written and what it stands for, whatever its case and white space; anything else is set aside. A list:
    these stand for themselves."""
    nulls: Names | None = None
    """Instead of those of the file."""
    formats: Names | None = None
    """Instead of those of `[time]`."""
    precision: Literal["minute", "day", "month"] | None = None
    """Know a time no better than that."""
    lower: bool = False
    """Upper and lower case mean the same: it is kept in lower case."""
    pattern: str | None = None
    """A regular expression that a cell matches as a whole, or is set aside."""
    between: Bounds | None = None
    """`{ from = -9.0, to = 2.5 }`: numbers, or times, that lie outside are set aside."""
    beside: str | None = None
    """Another column: either both are blank, or neither is."""
    refused: dict[str, str] = {}
    """What can be written and yet cannot stand here, each with the reason why the row is set aside."""
    reason: str | None = None
    """Why a row is set aside whose cell has another form or value; left out: in general words."""


class When(Part):
    """`when = { column = …, is = [ … ] }`: the event took place in these rows only; `not = [ … ]`: in all others."""

    column: str
    values: Annotated[Names, Field(alias="is")] = ()
    others: Annotated[Names, Field(alias="not")] = ()


class Provisional(Part):
    """`provisional = { field = …, is = [ … ] }`: of two rows as late, one that says no more than this gives way."""

    field: str
    values: Annotated[Names, Field(alias="is", min_length=1)]


class TimeOf(Part):
    """`at = { of = "ReportReceived" }`: the source does not say when; it is kept with the time of that event."""

    of: str


class Numbered(Part):
    """`[numbered.NAME]`: what is numbered within a stream, such as the subjects of a report."""

    by: Annotated[Names, Field(min_length=1)]
    """The column, or columns, by which one is known from the others of its stream. Rows where all of them are blank
    speak of one that is not named."""


class EventRules(Part):
    """`[[event]]`: an event of a row, the column with its time, and where its fields come from."""

    name: str
    """One of the events below."""
    at: str | TimeOf
    """The column with its time; where that is blank, it did not take place. `{ of = "ReportReceived" }` where the
    source does not say when: it is kept with the time of that event of its stream, and set aside until there is one."""
    by: AnyTerm | None = None
    """Who acted: a column with ids of people, or `{ constant = … }`. Left out or blank: the file does not say."""
    role: AnyTerm | None = None
    """As what they acted, one of the roles; needed with `by`."""
    unit: AnyTerm | None = None
    """Their unit."""
    each: str | None = None
    """A name under `[numbered]`: it is stated once for each of them, however many rows speak of it; left out: by each
    row."""
    label: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    """A name of your own, where a row states the same event twice."""
    when: When | None = None
    """`{ column = "Decision", is = ["declined"] }`: only in the rows where the `column` `is` one of these."""
    fields: Annotated[dict[str, AnyTerm], BeforeValidator(_flat)] = {}
    """For each field, by its path, a column or `{ constant = … }`; `{ column = …, only = { … } }` where the cells stand
    for something else in this field, and say nothing of it otherwise."""
    kind: str | None = None
    """In a series: the kind of file whose rows state it; left out: every kind."""
    apart: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    """In a series: a row that states this is about a case of its own, which has this word in its name."""
    provisional: Provisional | None = None
    """In a series: `{ field = "last_outcome", is = ["Under investigation"] }`: of two rows of one fact and period, one
    whose `field` is blank or `is` one of these gives way to one that says more."""


class KindRules(Part):
    """`[series.kinds.NAME]`: one of the kinds of file that a series has."""

    known_by: Annotated[Names, Field(min_length=1)]
    """The columns that only files of this kind have."""
    columns: Annotated[Names, Field(min_length=1)]
    """The columns of such a file; whatever else it has is not read."""
    one_fact: Literal["case", "period"] = "period"
    """Which rows of a case speak of the same: all of this kind, or all of this kind and period."""
    without_key: Literal["error", "content"] = "error"
    """Rows with a blank key: `error`, they are set aside; `content`: each is about a case of its own, and known by what
    stands in its cells and by its number among equals."""


class Series(Part):
    """`[series]`: a publication that appears for each period anew. A file of one force and period is an edition: it
    takes the place of its former edition as a whole. Rows of one case that speak of the same stand in order of rank:
    the first states the facts, each later one corrects them, and when one is gone the next one holds again."""

    period: str
    """The column with the period: a time, as a rule a month. The later period has the higher rank."""
    kinds: dict[str, KindRules]
    """`[series.kinds.NAME]`: the kinds of file, told by their columns."""
    longest_cell: int = 4000
    """A row with a cell of more characters is set aside."""
    prefix: str | None = None
    """What the names of its rows begin with in the log; left out: `table:`, the source and a slash."""
    again: Literal["with_another_mapping", "never"] = "with_another_mapping"
    """Whether the same bytes are read again once the mapping says something else."""


class Duplicates(Part):
    """`duplicates`: `"error"` sets rows of one key that differ apart; `{ last_by = COLUMN }` takes the latest."""

    last_by: str | None = None


Source = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class Mapping(Part):
    """A whole mapping."""

    source: Source
    """The name of the source; its releases are compared with one another."""
    coverage: Annotated[Coverage, Field(strict=False)]
    """`full`: everything that was reported (map `CrimeReported`); `recorded_only`: only what was recorded."""
    key: Annotated[Names, Field(min_length=1)]
    """The column, or list of columns, that names a row in every release."""
    case: Names = ()
    """The column, or columns, that name the case, where rows have keys of their own and several speak of one case. Left
    out: the key."""
    case_key: Source | Literal["*"] | None = None
    """What the keys of cases are keys of; sources with the same `case_key` speak of the same cases. Left out: the
    source. `"*"`: they mean the same case wherever they stand, as a published id does."""
    force: AnyTerm
    """A column with names or codes of forces, or `{ constant = "kent" }`."""
    duplicates: Annotated[Duplicates, BeforeValidator(_duplicates)] = Duplicates()
    """Several rows of one key: `"error"` (they must agree, or are set aside), or `{ last_by = "COLUMN" }`: the latest
    counts."""
    missing: Literal["withdrawn", "not_in_this_extract"] = "not_in_this_extract"
    """A key that is not in a later release: `"not_in_this_extract"` (nothing follows), or `"withdrawn"`."""
    file: FileRules = FileRules()
    """How the file is written."""
    time: TimeRules = TimeRules()
    """How times are written."""
    columns: dict[str, ColumnRules] = {}
    """What the cells of a column mean, for each column that needs it."""
    aggregate: str = "case"
    """What the streams are: `case`, `report` (of misconduct) or `contact` (with the support line)."""
    stream: Names = ()
    """In place of `case`, where the streams are no cases: the column, or columns, that name the report or contact."""
    stream_key: Source | None = None
    """In place of `case_key`, where the streams are no cases: what their keys are keys of."""
    forces: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{2,40}$")], str] = {}
    """Forces that Candour does not list: `{ philadelphia = "Philadelphia Police Department" }`, code and name."""
    numbered: dict[str, Numbered] = {}
    """What is numbered within a stream."""
    series: Series | None = None
    """A publication that appears for each period anew, as police.uk does."""
    event: Annotated[tuple[EventRules, ...], BeforeValidator(_several), Field(min_length=1)]
    """The events that a row can state."""

    @property
    def digest(self) -> str:
        """Changes whenever what the mapping says changes; comments and layout do not matter."""
        return sha256(to_json(_as_before(self.model_dump()))).hexdigest()

    @property
    def namespace(self) -> str:
        """What the keys of cases are keys of: sources that share it speak of the same cases."""
        return self.case_key or self.source

    @property
    def streams(self) -> Names:
        """The columns that name the stream, where rows have keys of their own."""
        return self.case or self.stream

    @property
    def stream_namespace(self) -> str:
        """What the keys of the streams are keys of."""
        return self.namespace if self.aggregate == "case" else self.stream_key or self.source

    @property
    def by_stream(self) -> bool:
        """Whether the rows of a stream have to be looked at together."""
        borrowed = any(not isinstance(event.at, str) for event in self.event)
        return self.aggregate != "case" or bool(self.numbered) or borrowed


LATER = frozenset(
    {"case", "series", "only", "lower", "pattern", "between", "beside", "refused", "reason", "others", "kind", "apart"}
    | {
        "provisional",
        "aggregate",
        "stream",
        "stream_key",
        "forces",
        "numbered",
        "by",
        "role",
        "unit",
        "each",
        "printed",
    }
    | {"number"}
)
"""What a mapping could not say from the beginning: left out, it is no part of the digest, which stays what it was."""


def _as_before(told: object) -> object:
    if isinstance(told, dict):
        each = cast(dict[str, object], told).items()
        return {name: _as_before(value) for name, value in each if (value and value != "case") or name not in LATER}
    return [_as_before(one) for one in cast(tuple[object, ...], told)] if isinstance(told, tuple) else told
