"""The words all else is written in: events, their envelope, commands, acts, rules, refusals."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.values import Moment

if TYPE_CHECKING:
    from domain.rules import RuleBook

EVENTS: dict[str, type["Event"]] = {}
COMMANDS: dict[str, type["Command[Any]"]] = {}


class Fact(BaseModel):
    """Frozen data that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Fact):
    """Something that happened. Stored under `NAME` for ever; a new shape is a new name and an upcaster."""

    NAME: ClassVar[str]

    def __init_subclass__(cls, *, name: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if name is None:
            return
        if name in EVENTS:
            raise TypeError(f"the event name {name} is already taken by {EVENTS[name].__name__}")
        cls.NAME = name
        EVENTS[name] = cls


class Role(StrEnum):
    """What a person or a process may be to a force or to the oversight body."""

    RECORDER = "recorder"
    INVESTIGATOR = "investigator"
    HELPLINE_ADVISER = "helpline_adviser"
    SUPERVISOR = "supervisor"
    DESIGNATED_DECISION_MAKER = "designated_decision_maker"
    FORCE_CRIME_REGISTRAR = "force_crime_registrar"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    IMPORTER = "importer"
    ADMINISTRATOR = "administrator"
    DEADLINE_WATCH = "deadline_watch"
    REPORTER = "reporter"
    INTAKE_OPERATOR = "intake_operator"
    PSD_INVESTIGATOR = "psd_investigator"
    ACU_INVESTIGATOR = "acu_investigator"
    APPROPRIATE_AUTHORITY = "appropriate_authority"
    INSPECTOR = "inspector"


class Purpose(StrEnum):
    """Why data was collected, altered or consulted (Data Protection Act 2018, s.62)."""

    CRIME_RECORDING = "crime_recording"
    INVESTIGATION = "investigation"
    VICTIM_SERVICE = "victim_service"
    SUPPORT = "support"
    CORRECTION = "correction"
    OVERSIGHT = "oversight"
    AUDIT = "audit"
    IMPORT = "import"
    ADMINISTRATION = "administration"
    MISCONDUCT = "misconduct"


@dataclass(frozen=True, slots=True)
class Rule:
    """A named guard: an id that is stored with testimony, a sentence a case worker can act on, its source."""

    id: str
    sentence: str
    source: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Yielded by a decision in place of a fact: this rule does not hold. `there_are`: what there is to choose from."""

    rule: Rule
    allowed: tuple[str, ...] = ()
    there_are: tuple[str, ...] = ()


class Refused(Exception):
    """The command breaks a rule at the live door. `allowed` names the commands that may be sent instead.

    `there_are`: what there is to choose from, where something was named that is not there.
    """

    def __init__(self, rule: Rule, allowed: tuple[str, ...] = (), there_are: tuple[str, ...] = ()) -> None:
        super().__init__(rule.sentence)
        self.rule = rule
        self.allowed = allowed
        self.there_are = there_are


ERASED_STAYS_ERASED = Rule(
    "erased_stays_erased",
    "The sealed text of this case or person was erased; no more can be sealed there. Leave out the free text.",
    "Data Protection Act 2018: erasure",
)


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, for which force and purpose, under which rules, and when (UTC; the server's clock at the live door).

    `reference` is the number that a case gets which the act opens; `others` the state of the streams that the command
    concerns beside its own; `found` what was looked up because the command asked for it.
    """

    actor: str
    role: Role
    force: str
    purpose: Purpose
    at: datetime
    rules: "RuleBook"
    unit: str | None = None
    reference: str | None = None
    others: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    found: Any = None

    @property
    def by_someone_known(self) -> bool:
        """Whether actor and role are those of the person who acted; a file may not say who that was."""
        return self.role is not Role.IMPORTER

    @property
    def at_the_live_door(self) -> bool:
        """Whether it is entered here as it happens, beside all that stands here; history came to be elsewhere."""
        return self.by_someone_known and self.purpose is not Purpose.IMPORT


class SourceRow(NamedTuple):
    """The row of a file that an event testifies to: batch id and 1-based line, with the digest of its content."""

    batch: str
    row: int
    content: str
    key: str


class RecordedEvent(NamedTuple):
    """An event with its envelope, as the event store keeps it. `position` is dense over the whole log."""

    stream: str
    version: int
    position: int
    written_at: datetime
    event_id: UUID
    force: str
    at: Moment
    actor: str
    role: Role
    purpose: Purpose
    event: Event
    unit: str | None = None
    source: SourceRow | None = None
    correlation: str | None = None
    causation: UUID | None = None
    broken: tuple[str, ...] = ()


S = TypeVar("S")


class Elsewhere(NamedTuple):
    """Yielded by a decision: a fact for another stream that the command concerns, written in the same commit."""

    stream: str
    event: Event


Decision = Iterator[Event | Broken | Elsewhere]


class Command(Fact, Generic[S]):
    """A wish to change something: the request body, and the decision over it."""

    purpose: ClassVar[Purpose]
    aggregate: ClassVar[str] = "case"
    opens: ClassVar[bool] = False
    by_reporter: ClassVar[bool] = False
    """Whether it is what a reporter of misconduct does: its time is kept to the day, and no further."""
    on_behalf: ClassVar[str | None] = None
    """The body that somebody with an oversight token (`*`) acts for; None: it takes a token of one force."""
    example: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Values of a documented example that the schema cannot show; None leaves a field out."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "[" not in cls.__name__:
            COMMANDS[cls.__name__] = cls

    def concerns(self, state: S) -> tuple[str, ...]:
        """The other streams that the decision depends on; their state is in `act.others`, as far as it exists."""
        return ()

    def asks(self, state: S) -> object | None:
        """What must be looked up before the decision, outside the histories; the answer is in `act.found`."""
        return None

    def decide(self, state: S, act: Act) -> Decision:
        """Yield the facts that follow, or `Broken` for each rule that stands in the way. Pure."""
        raise NotImplementedError

    def refusals(self, state: S, act: Act) -> Iterator[Broken]:
        """The rules that stand in the way, and not the facts: an import judges facts that it has."""
        return (step for step in self.decide(state, act) if isinstance(step, Broken))


def broken(rule: Rule, *, when: bool, allowed: tuple[str, ...] = (), there_are: Iterable[str] = ()) -> Iterable[Broken]:
    """`yield from broken(RULE, when=…)`: the rule is broken if the condition holds."""
    return (Broken(rule, allowed, tuple(there_are)),) if when else ()


def decided(command: Command[S], state: S, act: Act) -> tuple[tuple[Event, ...], tuple[Elsewhere, ...]]:
    """The live door: the facts that follow, those for other streams apart, or `Refused` at the first broken rule."""
    facts: list[Event] = []
    elsewhere: list[Elsewhere] = []
    for step in command.decide(state, act):
        if isinstance(step, Broken):
            raise Refused(step.rule, step.allowed, step.there_are)
        if isinstance(step, Elsewhere):
            elsewhere.append(step)
        else:
            facts.append(step)
    return tuple(facts), tuple(elsewhere)


def enforce(command: Command[S], state: S, act: Act) -> tuple[Event, ...]:
    """The facts for the command's own stream, as `decided`."""
    return decided(command, state, act)[0]


def testify(command: Command[S], state: S, act: Act) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """The import door: the facts as history has them, and the ids of the rules they break; for its own stream."""
    facts: list[Event] = []
    rules: list[str] = []
    for step in command.decide(state, act):
        if isinstance(step, Broken):
            rules.append(step.rule.id)
        elif not isinstance(step, Elsewhere):
            facts.append(step)
    return tuple(facts), tuple(rules)
