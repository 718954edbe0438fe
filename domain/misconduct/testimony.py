"""Testimony: what a published file shows of the findings in a report that others looked into."""

from enum import StrEnum
from typing import NamedTuple

from domain.event import Event
from domain.misconduct.allegations import AllegationNumber
from domain.misconduct.subjects import SubjectNumber
from domain.values import Category


class ShownFinding(StrEnum):
    """Whether an allegation was found to be so, as the source has it; by which standard is the source's own."""

    SUSTAINED = "sustained"
    NOT_SUSTAINED = "not_sustained"


class FindingEvidenced(Event, name="finding_evidenced.v1"):
    """A source shows what was found on an allegation against a subject, and what followed; it need not say when.

    `printed` and `followed` are in the words of the source. No clock starts or ends with it.
    """

    allegation: AllegationNumber
    subject: SubjectNumber
    finding: ShownFinding
    printed: Category | None = None
    followed: Category | None = None


class Shown(NamedTuple):
    """A finding that a source shows; a later one on the same allegation and subject replaces it."""

    allegation: int
    subject: int
    finding: ShownFinding
    printed: str | None
    followed: str | None


ShownFindings = tuple[Shown, ...]


def evolve(shown: ShownFindings, event: FindingEvidenced) -> ShownFindings:
    """The findings shown after one more."""
    others = (each for each in shown if (each.allegation, each.subject) != (event.allegation, event.subject))
    return (*others, Shown(event.allegation, event.subject, event.finding, event.printed, event.followed))
