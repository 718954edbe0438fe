"""When the source that stated a fact takes it back, another that attested it states it from then on."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from adapters.importers.table.life import stage
from adapters.importers.table.meaning import starts_the_clock
from adapters.importers.table.standing import Fact
from adapters.importers.table.telling import Clock, Statement
from domain.event import Event
from domain.values import Moment


def successors(gone: Iterable[Fact], facts: Sequence[Fact]) -> list[tuple[Statement, Fact]]:
    """For each stated fact that is gone, the first attestation of it that says enough, as a statement of its own.

    What the attestation cannot say, such as sealed text, is left out; a next release of that source says it.
    """
    found: list[tuple[Statement, Fact]] = []
    for fact in gone:
        for other in facts:
            if other.attests == fact.event_id and fact.event is not None:
                statement = _restated(other, type(fact.event))
                if statement is not None:
                    found.append((statement, other))
                    break
    return found


def _restated(attested: Fact, kind: type[Event]) -> Statement | None:
    values: dict[str, Any] = {name: value for name, value in attested.current.items() if name in kind.model_fields}
    at: Moment = attested.current["at"]
    if starts_the_clock(kind):
        received = values.get("received_at") or at
        rule_set, record_by = Clock().started(received)
        values |= {"received_at": received, "record_by": record_by, "rule_set": rule_set}
    try:
        return Statement(attested.label, kind(**values), at, stage(kind))
    except ValidationError:
        return None
