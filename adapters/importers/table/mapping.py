"""A mapping: what the rows and columns of a table mean, as the author writes it in TOML."""

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from adapters.importers.reading import ImportFailed
from adapters.importers.table.places import Path as KeyPath
from adapters.importers.table.places import Place, Places
from domain.import_batch import Coverage

Value = bool | int | str
LARGEST = 1 << 20


class Part(BaseModel):
    """A part of a mapping; it refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class Term(Part):
    """Where a value comes from: the name of a column, or `{ constant = … }`."""

    column: str | None = None
    constant: Value | None = None


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
    if not isinstance(given, dict):
        return given
    found: dict[str, object] = {}
    for name, term in cast(dict[str, object], given).items():
        inner = _flat(term)
        if isinstance(inner, dict) and not cast(dict[str, object], inner).keys() <= Term.model_fields.keys():
            found |= {f"{name}.{below}": each for below, each in cast(dict[str, object], inner).items()}
        else:
            found[name] = inner
    return found


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


class ColumnRules(Part):
    """`[columns."NAME"]`: what the cells of one column mean, wherever the mapping uses it."""

    blank: Literal["absent", "unknown", "error"] | None = None
    """`absent`: it did not happen, or is not stated; `unknown`: the source does not say, so what it said before stays;
    `error`: the row is set aside. Left out: `absent`; `error` where the field is required, or the time of an event that
    took place."""
    values: dict[str, Value] | None = None
    """What is written and what it stands for, whatever its case and white space; anything else is set aside."""
    nulls: Names | None = None
    """Instead of those of the file."""
    formats: Names | None = None
    """Instead of those of `[time]`."""
    precision: Literal["minute", "day", "month"] | None = None
    """Know a time no better than that."""


class When(Part):
    """`when = { column = …, is = [ … ] }`: the event took place in these rows only."""

    column: str
    values: Annotated[Names, Field(alias="is", min_length=1)]


class EventRules(Part):
    """`[[event]]`: an event of a row, the column with its time, and where its fields come from."""

    name: str
    """One of the events below."""
    at: str
    """The column with its time; where that is blank, it did not take place."""
    label: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    """A name of your own, where a row states the same event twice."""
    when: When | None = None
    """`{ column = "Decision", is = ["declined"] }`: only in the rows where the `column` `is` one of these."""
    fields: Annotated[dict[str, AnyTerm], BeforeValidator(_flat)] = {}
    """For each field, by its path, a column or `{ constant = … }`."""


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
    case_key: Source | None = None
    """What the keys of cases are keys of; sources with the same `case_key` speak of the same cases. Left out: the
    source."""
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
    event: Annotated[tuple[EventRules, ...], BeforeValidator(_several), Field(min_length=1)]
    """The events that a row can state."""

    @property
    def digest(self) -> str:
        """Changes whenever what the mapping says changes; comments and layout do not matter."""
        unused = {"case"} if not self.case else set[str]()  # so that a mapping from before it was there stays the same
        return sha256(self.model_dump_json(exclude=unused).encode()).hexdigest()

    @property
    def namespace(self) -> str:
        """What the keys are keys of: sources that share it speak of the same cases."""
        return self.case_key or self.source


class MappingFile:
    """A mapping with the file that it stands in. Raises `ImportFailed` with line and column."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = _text(path)
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ImportFailed(f"{path.name}: {_plain(str(error))}") from error
        self._places = Places(text.replace("\r\n", "\n"))
        try:
            self.mapping = Mapping.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            raise self.failed(tuple(first["loc"]), _reason(cast(dict[str, Any], first))) from error

    def failed(self, path: KeyPath, message: str) -> ImportFailed:
        """The error that names the place of a key."""
        return ImportFailed(f"{self.path.name}, {self.place(path)}: {message}")

    def place(self, path: KeyPath) -> Place:
        """Where a key stands."""
        return self._places.of(path)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ImportFailed(f"{path.name} cannot be read: {error.strerror or error}") from error
    if len(raw) > LARGEST:
        raise ImportFailed(f"{path.name} is larger than 1 MB; it is not a mapping")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise ImportFailed(f"{path.name}, line {line}, column {column}: a mapping is written in UTF-8") from error


def _plain(message: str) -> str:
    """What `tomllib` says, with the place first."""
    reason, _, place = message.rstrip(")").rpartition(" (at ")
    if any(word in reason for word in ("overwrite", "twice", "Duplicate", "already")):
        reason = "the same rule is stated twice; keep one of them"
    return f"{place}: {reason}" if reason else f"this is not TOML: {message}"


def _reason(error: dict[str, Any]) -> str:
    name = f"“{error['loc'][-1]}”" if error["loc"] else "the mapping"
    match error["type"]:
        case "missing":
            return f"{name} is missing"
        case "extra_forbidden":
            return f"{name} is not something that a mapping can say here"
        case "literal_error" | "enum":
            return f"{name} must be one of {error['ctx']['expected']}"
        case "string_pattern_mismatch":
            return f"{name} must match {error['ctx']['pattern']}"
        case _:
            return f"{name}: {error['msg'][:1].lower()}{error['msg'][1:]}"
