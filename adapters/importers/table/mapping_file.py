"""A mapping in its file: read, or refused with the line and the column of what is wrong."""

import tomllib
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from adapters.importers.reading import ImportFailed
from adapters.importers.table.mapping import Mapping
from adapters.importers.table.places import Path as KeyPath
from adapters.importers.table.places import Place, Places

LARGEST = 1 << 20


class MappingFile:
    """A mapping with the file that it stands in. Raises `ImportFailed` with line and column."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = _text(path)
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ImportFailed(f"{path.name}, {_plain(str(error), text)}") from error
        self._places = Places(text.replace("\r\n", "\n"))
        try:
            self.mapping = Mapping.model_validate(data)
        except ValidationError as error:
            # A name that is misspelt lacks where it should be, too: the fault is what is there.
            first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
            first["loc"] = tuple(step for step in first["loc"] if step not in ("str", "TimeOf"))
            raise self.failed(first["loc"], _reason(cast(dict[str, Any], first))) from error

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


def _plain(message: str, text: str) -> str:
    """What `tomllib` says, with the place first."""
    reason, _, place = message.rstrip(")").rpartition(" (at ")
    if any(word in reason for word in ("overwrite", "twice", "Duplicate", "already")):
        reason = "the same rule is stated twice; keep one of them"
    if not place.startswith("line "):  # the end of the document
        end = text.rstrip()
        place = f"line {end.count(chr(10)) + 1}, column {len(end) - end.rfind(chr(10))}"
    return f"{place}: {reason or message}"


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
