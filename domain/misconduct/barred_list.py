"""The barred list: whom the College of Policing is told of."""

from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.misconduct.determination import identified, subject_of
from domain.misconduct.sanctions import Sanction, imposed_on
from domain.misconduct.subjects import SubjectNumber
from domain.values import instant

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class BarredListNotified(Event, name="barred_list_notified.v1"):
    """The College of Policing was told that a subject belongs on the barred list."""

    subject: SubjectNumber


BARRING = frozenset({Sanction.DISMISSAL, Sanction.WOULD_HAVE_BEEN_DISMISSED})

BARRED_NEEDS_DISMISSAL = Rule(
    "barred_list_needs_a_dismissal",
    "The barred list is for officers and special constables who were dismissed, or would have been; once each.",
    "Police Act 1996, section 88B: the police barred list, since 15 December 2017",
)
BARRED_LIST_COVERS = Rule(
    "barred_list_covers_the_force",
    "The barred list does not cover this subject's force.",
    "The police barred list: not of the BTP, MDP, CNC and NCA",
)


class NotifyBarredList(Command["Report"]):
    """Note that the College of Policing was told that a subject belongs on the barred list."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    subject: SubjectNumber

    def decide(self, state: "Report", act: Act) -> Decision:
        """After a dismissal, or the finding that a former officer would have been dismissed."""
        yield from state.allows(self)
        yield from identified(state, self.subject)
        rules, subject = act.rules.proceedings_rules(instant(act.at)), subject_of(state, self.subject)
        imposed = imposed_on(state.sanctions, self.subject)
        barring = imposed is not None and imposed.sanction in BARRING and self.subject not in state.barred
        bound = subject is not None and subject.kind in rules.bound
        yield from broken(BARRED_NEEDS_DISMISSAL, when=not (barring and bound))
        covered = subject is None or subject.force not in rules.not_on_barred_list
        yield from broken(BARRED_LIST_COVERS, when=not covered)
        yield BarredListNotified(subject=self.subject)
