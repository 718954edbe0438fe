"""Subject facts: one row per person a misconduct report is about, with what the proceedings came to."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.misconduct.determination import determined
from domain.misconduct.proceedings import proceeding_of
from domain.misconduct.sanctions import imposed_on
from domain.misconduct.subjects import Subject
from domain.values import Moment
from projections.projection import Fan
from projections.report_life import Life, replay


class SubjectFacts(NamedTuple):
    """A person of a report. `finding` is the gravest one of the proceedings, `proven` whether it stands.

    `form` is that of the proceedings; what an appeal changed is as it stands since. `sanction` is the one that stands.
    """

    subject_id: str
    report_id: str
    force: str
    person_kind: str | None
    determined_as: str | None
    form: str | None
    held_at: Moment | None
    finding: str | None
    proven: bool
    set_aside: bool
    sanction: str | None
    barred_at: Moment | None


def _facts(stream: str, life: Life) -> Sequence[SubjectFacts]:
    seen = {each.number: each for each in life.report.subjects}  # a file may give the same number twice
    return [_of(stream, life, each) for each in seen.values()]


def _of(stream: str, life: Life, subject: Subject) -> SubjectFacts:
    report, number = life.report, subject.number
    determination, proceeding = determined(report, number), proceeding_of(report, number)
    imposed, barred = imposed_on(report.sanctions, number), dict(reversed(life.barred)).get(number)
    finding = proceeding and proceeding.finding
    return SubjectFacts(
        subject_id=f"{stream}/{number}",
        report_id=stream,
        force=report.held_by or "",
        person_kind=subject.kind and subject.kind.value,
        determined_as=determination and determination.by.value,
        form=proceeding and proceeding.form.value,
        held_at=proceeding.held.at if proceeding is not None and proceeding.held is not None else None,
        finding=finding and finding.value,
        proven=proceeding is not None and proceeding.proven,
        set_aside=proceeding is not None and proceeding.set_aside,
        sanction=imposed and imposed.sanction.value,
        barred_at=barred,
    )


subject_facts = Fan(
    "subject_facts", row=SubjectFacts, version=1, of="report-", replay=replay, evolve=Life.evolve, rows=_facts
)
