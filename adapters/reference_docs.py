"""The reference tables of the documentation, generated from the code: `python -m adapters.reference_docs`."""

import sys
from collections.abc import Callable, Iterable, Sequence
from inspect import cleandoc
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import domain
from adapters.cli.exits import EXITS
from adapters.eventstore.sealing import sealed_fields
from adapters.http.addresses import move
from adapters.http.problems import KINDS
from adapters.questions import describe
from adapters.security.policy import TomlPolicy
from domain.case.state import MOVES
from domain.event import COMMANDS, EVENTS, Role
from domain.rules import rule_book
from projections import ALL as PROJECTIONS
from projections.metrics import ALL as METRICS

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
NOTE = "<!-- Generated from the code by `make docs`; do not edit. -->"


def events() -> str:
    """Every event that can stand in the log."""
    parts = ["# Events", NOTE, "Stored under these names for ever. *Sealed* fields are encrypted on disk."]
    for name, kind in EVENTS.items():
        sealed = {field for field, _ in sealed_fields(kind)}
        rows = [
            (
                f"`{field}`",
                _type(info.annotation),
                "yes" if info.is_required() else "",
                "yes" if field in sealed else "",
            )
            for field, info in kind.model_fields.items()
        ]
        parts += [f"## `{name}` {kind.__name__}", _text(kind), _table(("field", "type", "required", "sealed"), rows)]
    return "\n\n".join(parts)


def commands() -> str:
    """Every command, where it is sent and who may send it."""
    policy = TomlPolicy()
    rows = [
        (
            f"`{command.__name__}`",
            f"`POST {move(command, None)['href']}`",
            _text(command),
            ", ".join(policy.roles_for_command(command)),
        )
        for command in COMMANDS.values()
    ]
    states = list(MOVES)
    moves = [
        (f"`{command.__name__}`", *("yes" if command in MOVES[state] else "" for state in states))
        for command in COMMANDS.values()
    ]
    return "\n\n".join(
        [
            "# Commands",
            NOTE,
            _table(("command", "address", "what it does", "roles"), rows),
            "## Which command is open in which recording status",
            "A command that is not open is refused (409), and the answer names those that are.",
            _table(("command", *(state.value for state in states)), moves),
        ]
    )


def rules() -> str:
    """Every rule that a command can break, and the adopted rule sets."""
    named = [(f"`{rule.id}`", rule.sentence, rule.source) for rule in domain.all_rules().values()]
    adopted = [(f"`{a.rule_set}`", str(a.effective), f"`{a.digest[:16]}…`") for a in rule_book().adopted]
    return "\n\n".join(
        [
            "# Rules",
            NOTE,
            "At the live door a broken rule refuses the command. At the import door the event is stored with the ids "
            "of the rules it breaks.",
            _table(("rule", "what it says", "source"), named),
            "## Rule sets",
            _table(("rule set", "effective", "digest"), adopted),
        ]
    )


def metrics() -> str:
    """The metric catalogue."""
    parts = ["# Metrics", NOTE]
    for metric in METRICS:
        entry = describe(metric)
        facts = [
            ("kind", entry["kind"]),
            ("unit of count", entry["unit"]),
            ("cohort by", f"`{entry['cohort']}`"),
            ("parameters", ", ".join(entry["parameters"])),
            ("broken down by", ", ".join(entry["by"])),
            ("rule sets", ", ".join(entry["rule_sets"])),
            ("definition version", str(entry["definition_version"])),
            ("source", entry["source"]),
        ]
        parts += [f"## `{metric.name}`", entry["question"], _table(("", ""), facts)]
        parts += [entry["note"]] if entry["note"] else []
    return "\n\n".join(parts)


def roles() -> str:
    """Who may do what."""
    tables = TomlPolicy().tables
    parts = ["# Roles", NOTE]
    for title, table in (("Commands", "command"), ("Reading", "read"), ("Fields", "field")):
        entries = tables[table]
        rows = [(role.value, *("yes" if role in roles else "" for roles in entries.values())) for role in Role]
        parts += [f"## {title}", _table(("role", *entries), rows)]
    return "\n\n".join(parts)


def read_models() -> str:
    """The rows that the metrics are counted over."""
    parts = ["# Read models", NOTE]
    for projection in PROJECTIONS:
        rows = [(f"`{name}`", _type(kind)) for name, kind in get_type_hints(projection.row).items()]
        parts += [f"## `{projection.name}`", _text(projection.row), _table(("field", "type"), rows)]
    return "\n\n".join(parts)


def errors() -> str:
    """Problems of the HTTP door and exit codes of the command line."""
    problems = [(f"`/problems/{slug}`", str(kind.status), kind.title, kind.help) for slug, kind in KINDS.items()]
    exits = [(str(code), meaning) for code, meaning in EXITS.items()]
    return "\n\n".join(
        [
            "# Errors",
            NOTE,
            "## HTTP: problems (RFC 9457)",
            _table(("type", "status", "title", "what to do"), problems),
            "## Command line: exit codes",
            _table(("code", "meaning"), exits),
        ]
    )


PAGES: dict[str, Callable[[], str]] = {
    "events.md": events,
    "commands.md": commands,
    "rules.md": rules,
    "metrics.md": metrics,
    "roles.md": roles,
    "read-models.md": read_models,
    "errors.md": errors,
}


def stale(folder: Path = FOLDER) -> list[str]:
    """The pages that differ from the code."""
    return [
        name
        for name, page in PAGES.items()
        if not (folder / name).exists() or (folder / name).read_text() != page() + "\n"
    ]


def write(folder: Path = FOLDER) -> None:
    """Write all pages."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page() + "\n")


def _text(thing: Any) -> str:
    return cleandoc(thing.__doc__ or "").replace("\n", " ")


def _type(annotation: Any) -> str:
    """A type as a reader would write it: `X` of `X | None`, without constraints."""
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if hasattr(annotation, "__metadata__"):
        return _type(parts[0])
    if get_origin(annotation) in (UnionType, Union):
        return " or ".join(_type(part) for part in parts)
    inner = ", ".join("…" if part is Ellipsis else _type(part) for part in parts)
    return f"{annotation.__origin__.__name__}[{inner}]"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
