"""Publishing: figures by force, as known at one moment, are protected and released, and can be worked out again."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

from adapters.postgres.question import BadQuestion, Question
from adapters.system import System
from application.known_at import KnownAt
from application.ports import Actor, Append, Appended, Forbidden, NewEvent, NotFound, Request
from domain.event import Purpose, RecordedEvent, Role
from domain.publication import PREFIX, FiguresPublished, PublishedFigure, digest_of
from domain.rules import rule_book
from domain.values import instant
from projections.metrics import CATALOGUE
from projections.metrics.kinds import Metric, Stock
from projections.metrics.misconduct import MISCONDUCT
from projections.metrics.protection import protected

LONGEST_TITLE = 200
WAIT = 10.0
PUBLISHED_TO_BE_READ = "only an administrator with an oversight token (force *) publishes figures"


class Wanted(NamedTuple):
    """What is to be published: figures over a period (London days, `until` not included), as known at an instant.

    `known_at` None: as of the last thing written. Stocks are those at that instant. `metrics` empty: all that are about
    misconduct.
    """

    title: str
    since: date
    until: date
    known_at: datetime | None = None
    metrics: tuple[str, ...] = ()


class Checked(NamedTuple):
    """A published figure worked out again: whether it is the same text; None where it is defined anew since."""

    metric: str
    agrees: bool | None


def publish(
    system: System, wanted: Wanted, actor: Actor, clock: Callable[[], datetime], request: Request | None = None
) -> Appended:
    """Work the figures out and release them. With `request`, the answer is kept in the same commit.

    Raises `Forbidden`, `BadQuestion`, `NotReady`.
    """
    _may_publish(actor)
    title = wanted.title.strip()
    if not 0 < len(title) <= LONGEST_TITLE:
        raise BadQuestion(f"title: give one, of at most {LONGEST_TITLE} characters")
    # The time of the last event is settled: whatever is written from now on is written later.
    known_at = wanted.known_at or system.store.head().written_at or clock()
    if known_at > clock():
        raise BadQuestion("known_at: that lies in the future, so the figures could still change")
    rules = rule_book().disclosure_rules(instant(clock()))
    figures = tuple(figure(system, question, rules.id) for question in _questions(wanted, known_at))
    event = FiguresPublished(title=title, known_at=instant(known_at), rule_set=rules.id, figures=figures)
    at, stream = instant(clock()), f"{PREFIX}{uuid4()}"
    new = NewEvent(uuid4(), event, at, actor.id, Role.ADMINISTRATOR, Purpose.OVERSIGHT)
    return system.store.append(Append(stream, 0, "*", (new,), request))


def _may_publish(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles or actor.force != "*":
        raise Forbidden(f"You may not publish figures: {PUBLISHED_TO_BE_READ}.")


def _questions(wanted: Wanted, known_at: datetime) -> Sequence[Question]:
    metrics = [_named(name) for name in wanted.metrics] or MISCONDUCT
    return [_question(metric, wanted.since, wanted.until, known_at) for metric in metrics]


def _named(name: str) -> Metric:
    if name not in CATALOGUE:
        raise BadQuestion(f"metrics: there is no metric {name!r}; there are {', '.join(CATALOGUE)}")
    if "force" not in CATALOGUE[name].dimensions or CATALOGUE[name].kind == "backlog":
        raise BadQuestion(f"metrics: {name} is not published by force")
    return CATALOGUE[name]


def _question(metric: Metric, since: date | None, until: date | None, known_at: datetime) -> Question:
    known, stock = KnownAt(instant=known_at), isinstance(metric, Stock)
    period = (None, None) if stock else (since, until)
    return Question(metric, since=period[0], until=period[1], by="force", known_at=known, wait=WAIT)


def figure(system: System, question: Question, rule_set: str) -> PublishedFigure:
    """One figure, protected by that rule set, as the text that is published."""
    rules = next(rules for rules in rule_book().disclosure if rules.id == rule_set)
    assert question.known_at is not None
    assert question.known_at.instant is not None
    table = protected(question.metric, system.metrics.answer(question), rules)
    text = orjson.dumps(table, option=orjson.OPT_SORT_KEYS).decode()
    return PublishedFigure(
        metric=question.metric.name,
        definition_version=question.metric.definition_version,
        since=question.since,
        until=question.until,
        as_of=instant(question.known_at.instant) if isinstance(question.metric, Stock) else None,
        table=text,
        digest=digest_of(text),
    )


def publications(system: System) -> list[RecordedEvent]:
    """All that was published, oldest first."""
    return list(system.store.read_category(PREFIX))


def publication(system: System, stream: str) -> RecordedEvent:
    """One publication; raises `NotFound`."""
    entries = system.store.load(stream) if stream.startswith(PREFIX) else []
    if not entries:
        raise NotFound(stream)
    return entries[0]


def check(system: System, stream: str) -> list[Checked]:
    """Work every figure of a publication out again from the log. Raises `NotFound`, `NotReady`."""
    event = publication(system, stream).event
    assert isinstance(event, FiguresPublished)
    return [_checked(system, event, published) for published in event.figures]


def _checked(system: System, event: FiguresPublished, published: PublishedFigure) -> Checked:
    metric = CATALOGUE.get(published.metric)
    if metric is None or metric.definition_version != published.definition_version:
        return Checked(published.metric, None)
    question = _question(metric, published.since, published.until, event.known_at.earliest)
    again = figure(system, question, event.rule_set)
    return Checked(published.metric, again == published and digest_of(published.table) == published.digest)


def summary(entry: RecordedEvent) -> dict[str, Any]:
    """What a list shows of a publication: nothing that says where in the log it stands."""
    event = entry.event
    assert isinstance(event, FiguresPublished)
    return {
        "publication": entry.stream,
        "title": event.title,
        "published_at": str(entry.at),
        "known_at": str(event.known_at),
        "rule_set": event.rule_set,
        "metrics": [figure.metric for figure in event.figures],
    }


def shown(entry: RecordedEvent) -> dict[str, Any]:
    """A publication with its tables, and the digest of the text that each was published as."""
    event = entry.event
    assert isinstance(event, FiguresPublished)
    figures = [
        {
            "metric": each.metric,
            "definition_version": each.definition_version,
            "since": each.since,
            "until": each.until,
            "as_of": each.as_of and str(each.as_of),
            "digest": each.digest,
            "table": orjson.loads(each.table),
        }
        for each in event.figures
    ]
    return summary(entry) | {"figures": figures}
