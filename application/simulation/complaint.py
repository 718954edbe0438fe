"""Steps that the stories of simulated reports of misconduct share, with what they add to figures."""

from datetime import datetime

from application.simulation.matter import Matter
from application.simulation.pace import DAY
from domain.event import Role
from domain.misconduct.allegations import MakeAllegation
from domain.misconduct.assessment import AssessReport, Disposition, RecordingTest
from domain.misconduct.closure import CloseMatter, MatterOutcome
from domain.misconduct.intake import Anonymity, ReceiveReport, ReportChannel
from domain.misconduct.mailbox import PlainStatus, TellStatus
from domain.misconduct.passing import AcknowledgeReport
from domain.misconduct.subjects import IdentifySubject, NoteSubject, PersonKind
from domain.rules.working_days import is_working_day
from domain.values import Moment, instant

PSD, AUTHORITY = Role.PSD_INVESTIGATOR, Role.APPROPRIATE_AUTHORITY
CATEGORIES = ("A", "B", "F", "H", "K")
TEXTS = ("The file holds the account.", "As the caller described it.", "Set out in the log of the unit.")
SCH3 = ("days_to_finalise_sch3_incl", "days_to_finalise_sch3_excl")


def working_days(since: datetime, until: datetime) -> int:
    """Working days after the London day of one instant up to and with that of another, one by one."""
    day, last, count = instant(since).london_date, instant(until).london_date, 0
    while day < last:
        day += DAY
        count += is_working_day(day)
    return count


def text(matter: Matter) -> str:
    """Some free text."""
    return matter.draw.choice(TEXTS)


def later(matter: Matter, least: float, most: float) -> datetime:
    """An instant (UTC) so many days after the last act, at least and at most."""
    return matter.now + matter.draw.uniform(least, most) * DAY


def complaint(matter: Matter) -> None:
    """Somebody of the public complains to the force, which takes it down, and hears from it some days later."""
    draw = matter.draw
    day = Moment.of(instant(matter.opens).london_date.isoformat())
    command = ReceiveReport(
        channel=ReportChannel.PUBLIC,
        anonymity=Anonymity.CONFIDENTIAL,
        received=day,
        about_force=matter.force,
        by_operator=True,
        read_back=True,
        agreed=True,
        summary=text(matter),
    )
    matter.does(command, PSD, matter.opens)
    matter.does(AcknowledgeReport(their_reference=f"PS {draw.randrange(10**5):05d}"), PSD, later(matter, 0.1, 2))
    matter.does(TellStatus(status=PlainStatus.BEING_LOOKED_AT), PSD, later(matter, 0.5, 8))
    matter.adds("days_to_first_contact", working_days(matter.opens, matter.now))
    matter.adds("complaints_logged", 1, 0)
    alleges(matter)


def alleges(matter: Matter, about: PersonKind = PersonKind.OFFICER) -> None:
    """It is about one person, and alleges one or two things."""
    draw = matter.draw
    matter.does(NoteSubject(description=text(matter)), PSD, later(matter, 0.01, 0.2))
    staff = f"{matter.force}-{draw.randrange(10**4):04d}"
    command = IdentifySubject(subject=1, person_kind=about, force=matter.force, staff_id=staff)
    matter.does(command, PSD, later(matter, 0.01, 0.2))
    for _ in range(draw.choice((1, 1, 2))):
        alleged = MakeAllegation(category=draw.choice(CATEGORIES), subjects=(1,), text=text(matter))
        matter.does(alleged, PSD, later(matter, 0.01, 0.2))
    if matter.state.intake.channel is ReportChannel.PUBLIC:
        matter.adds("allegations_per_complaint", len(matter.state.allegations))


def assesses(matter: Matter, disposition: Disposition, tests: tuple[RecordingTest, ...] = ()) -> None:
    """The authority assesses it."""
    cci = None if matter.state.intake.channel is ReportChannel.PUBLIC else "abuse_of_authority"
    command = AssessReport(disposition=disposition, tests=tests, cci_category=cci, rationale=text(matter))
    matter.does(command, AUTHORITY, later(matter, 1, 6))
    if cci is not None:
        matter.mixes("corruption_intelligence", cci)


def closes(matter: Matter, outcome: MatterOutcome, figures: tuple[str, ...], suspended: int = 0) -> None:
    """The authority closes it; `suspended`: working days that one of the figures takes off."""
    matter.does(CloseMatter(outcome=outcome, because=text(matter)), AUTHORITY, later(matter, 0.5, 4))
    for figure in figures:
        off = suspended if figure.endswith("excl") else 0
        matter.adds(figure, working_days(matter.opens, matter.now) - off)
