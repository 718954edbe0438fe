"""The reference tables of the documentation, generated from the code: `python -m adapters.reference_docs`."""

import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from inspect import cleandoc
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import domain
from adapters import inspection_docs, logs, misconduct_docs, reporters_docs
from adapters.cli.exits import EXITS
from adapters.eventstore.sealing import sealed_fields
from adapters.guards import guards_of
from adapters.http import meters
from adapters.http.addresses import move
from adapters.http.problems import KINDS
from adapters.importers.table import reference as mapping_words
from adapters.questions import describe
from adapters.security.policy import TomlPolicy
from domain.case.closure import ClosureStatus, ReviewStatus
from domain.case.duties import DutyKind, opens
from domain.case.investigation import InvestigationStatus
from domain.case.moves import MOVES
from domain.case.recording import RecordingStatus
from domain.event import COMMANDS, EVENTS, Role
from domain.rules import rule_book
from domain.support_contact.consent import ConsentStatus
from domain.support_contact.escalation import EscalationStatus
from domain.support_contact.moves import MOVES as CONTACT_MOVES
from domain.support_contact.moves import ContactStatus
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
    guards = [
        (
            f"`{command.__name__}`",
            ", ".join(f"`{rule.id}`" for rule in guards_of(command).rules if not rule.id.endswith("move_is_open")),
            ", ".join(f"`{event.NAME}`" for event in guards_of(command).events),
            ", ".join(guards_of(command).duties),
        )
        for command in COMMANDS.values()
    ]
    return "\n\n".join(
        [
            "# Commands",
            NOTE,
            _table(("command", "address", "what it does", "roles"), rows),
            "## What each can be refused for, and what it writes",
            "Apart from `move_is_open` and the like, which every command can be refused for.",
            _table(("command", "rules", "events", "duties they open"), guards),
            "Where each is open: [moves of a case](moves.md), [of a contact](contact-moves.md), "
            "[of a misconduct report](report-moves.md), [of an inspection](inspection.md).",
        ]
    )


def moves() -> str:
    """In which states of its tracks each command of a case is open."""
    by_status = [
        (f"`{command.__name__}`", *("yes" if status in where.recording else "" for status in RecordingStatus))
        for command, where in MOVES.items()
    ]
    tracks = {"investigation": InvestigationStatus, "closure": ClosureStatus, "review": ReviewStatus}
    others = [
        (f"`{command.__name__}`", *(_only(getattr(where, track), of) for track, of in tracks.items()))
        for command, where in MOVES.items()
    ]
    return "\n\n".join(
        [
            "# Moves",
            NOTE,
            "A command is open where every track of the case lets it through. One that is not is refused (409), and "
            "the answer names those that are.",
            "## By the recording status",
            _table(("command", *(status.value for status in RecordingStatus)), by_status),
            "## By the other tracks",
            "An empty cell: in every status.",
            _table(("command", *tracks), others),
        ]
    )


def contact_moves() -> str:
    """In which states each command of a contact with the support line is open."""
    rows = [
        (
            f"`{command.__name__}`",
            *("yes" if status in where.status else "" for status in ContactStatus),
            _only(where.consent, ConsentStatus),
            _only(where.escalation or frozenset(EscalationStatus), EscalationStatus),
        )
        for command, where in CONTACT_MOVES.items()
    ]
    return "\n\n".join(
        [
            "# Moves of a contact",
            NOTE,
            "By the status of the contact, by the consent of the caller, and by how one of its escalations must stand. "
            "An empty cell: however they stand. A command that is not open is refused (409), and the answer names "
            "those that are.",
            _table(("command", *(status.value for status in ContactStatus), "consent", "escalations"), rows),
        ]
    )


def _only(statuses: frozenset[StrEnum], of: type[StrEnum]) -> str:
    return "" if statuses == frozenset(of) else ", ".join(status for status in of if status in statuses)


def duties() -> str:
    """What a force owes after which event and by when, by rule set."""
    parts = [
        "# Duties",
        NOTE,
        "Each duty is derived from the history of its case: an event opens it, another meets or lifts it. One that is "
        "missed is raised once, as `deadline_missed.v1` in a stream of its own. Days are working days in England and "
        "Wales, and a duty ends with the last of them. *Standing*: empty where the source of the rule set says so; "
        "`unconfirmed` and `policy` are data of this system, not law.",
        _table(
            ("duty", "opened by"),
            [
                (f"`{kind.value}`", ", ".join(f"`{name}`" for name, event in EVENTS.items() if kind in opens(event)))
                for kind in DutyKind
            ],
        ),
    ]
    for found in rule_book().duties:
        rows = [
            (
                f"`{name}`",
                str(rule.working_days) if rule.working_days is not None else "see the recording rule sets",
                str(rule.enhanced_working_days or ""),
                rule.escalate_to or "",
                "yes" if rule.may_pause else "",
                rule.standing or "",
            )
            for name, rule in found.duties.items()
        ]
        head = ("duty", "days", "enhanced entitlement", "a miss goes to", "may be paused", "standing")
        parts += [f"## `{found.id}`", f"Since {found.effective}. {found.source}.", _table(head, rows)]
    return "\n\n".join(parts)


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
            ("counted over", f"`{metric.over}`"),
            ("live for", entry["live_for"]),
        ]
        parts += [f"## `{metric.name}`", entry["question"], _table(("", ""), facts)]
        parts += [entry["note"]] if entry["note"] else []
    return "\n\n".join(parts)


def roles() -> str:
    """Who may do what."""
    tables = TomlPolicy().tables
    parts = ["# Roles", NOTE]
    for title, table in (
        ("Commands", "command"),
        ("Reading", "read"),
        ("Before anything is escalated to the force", "unescalated"),
        ("Fields", "field"),
    ):
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


def prometheus() -> str:
    """What /metrics shows."""
    rows = [
        (f"`{meter.name}`", meter.kind, ", ".join(f"`{label}`" for label in meter.labels), meter.help, meter.watch)
        for meter in meters.ALL
    ]
    buckets = [
        (f"`{meter.name}`", ", ".join(f"{bound:g}" for bound in bounds))
        for meter, bounds in ((meters.REQUESTS, meters.SECONDS), (meters.APPENDS, meters.SIZES))
    ]
    return "\n\n".join(
        [
            "# Prometheus",
            NOTE,
            "`GET /metrics` takes the token of an administrator for all forces (`candour token --role administrator "
            "--force '*'`), and names no case, no person and no force. A histogram has the series "
            "`_bucket`, `_sum` and `_count`. The gauges are asked of the database at each scrape, and are left out "
            "while it is away.",
            _table(("name", "kind", "labels", "what it is", "what to watch"), rows),
            "## Buckets",
            _table(("name", "upper bounds"), buckets),
            "## Several workers",
            "With `serve --workers` each process counts in a file of its own, and whichever of them is asked answers "
            "with the sum over all, those that have ended among them: scrape the one address. The counts begin again "
            "at 0 when the server does. API servers on several machines are scraped each at its own address.",
        ]
    )


def log_lines() -> str:
    """What stands in the logs."""
    events = [(f"`{name}`", level, meaning) for name, (level, meaning) in logs.EVENTS.items()]
    keys = [(f"`{key}`", meaning) for key, meaning in logs.KEYS.items()]
    return "\n\n".join(
        [
            "# Logs",
            NOTE,
            "`candour serve` and `candour project --follow` log on standard error: one JSON object per line, or "
            "readable lines in a terminal. Only the keys below are ever written, and texts are cut after "
            f"{logs.LONGEST} characters; no body, no token, no name and no narrative is among them.",
            "## Events",
            _table(("event", "level", "what it means"), events),
            "## Keys",
            _table(("key", "meaning"), keys),
        ]
    )


def mappings() -> str:
    """What a mapping can say, for `candour import table`."""
    parts = ["# Mappings", NOTE, "What the TOML of `candour import table` can say."]
    parts += [text for part in mapping_words.parts() for text in (f"## {part.title}", _table(part.head, part.rows))]
    for aggregate in mapping_words.EVENTS_OF:
        parts += [f"## Events of a {aggregate}"]
        if stages := ", ".join(" or ".join(f"`{each}`" for each in one) for one in mapping_words.stages(aggregate)):
            parts += [f"None of these can lie before the one it follows on: {stages}."]
        if aggregate == "case":
            parts += ["`.N` is the number of an item, from 1."]
        for part in mapping_words.events(aggregate):
            parts += [f"### {part.title}", part.text, *([_table(part.head, part.rows)] if part.rows else [])]
    return "\n\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "events.md": events,
    "commands.md": commands,
    "moves.md": moves,
    "contact-moves.md": contact_moves,
    "report-moves.md": lambda: misconduct_docs.moves(_table, NOTE),
    "misconduct.md": lambda: misconduct_docs.lists(_table, NOTE),
    "inspection.md": lambda: inspection_docs.inspection(_table, NOTE),
    "reporters.md": lambda: reporters_docs.reporters(_table, NOTE),
    "rules.md": rules,
    "duties.md": duties,
    "metrics.md": metrics,
    "roles.md": roles,
    "read-models.md": read_models,
    "errors.md": errors,
    "prometheus.md": prometheus,
    "logs.md": log_lines,
    "mapping.md": mappings,
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
