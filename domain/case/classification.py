"""Classification: a recorded crime is entered under another offence; and a claimed receipt is established."""

from typing import TYPE_CHECKING, ClassVar

from domain.case.outcome import fits_offence
from domain.case.recording import (
    FUTURE,
    LISTED_OFFENCE,
    Receipt,
    Recording,
    deadline,
    first_report_first,
    received_by_entry,
)
from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.replacing import replace
from domain.values import FreeText, Moment, OffenceCode, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case


class CrimeReclassified(Event, name="crime_reclassified.v1"):
    """The recorded crime was entered under another offence; it is the same record, not cancelled."""

    offence: OffenceCode
    rationale: SealedText | None = None


class ReceiptEstablished(Event, name="receipt_established.v1"):
    """It was established that, and when, the force received the report; until then it was what the caller claimed."""

    received_at: Moment
    record_by: Moment
    rule_set: str
    evidence: SealedText | None = None


CLASSIFIED_ANEW = Rule(
    "classified_anew",
    "The crime is under this offence already; give another one.",
    "Home Office Counting Rules: reclassification keeps the record and its history",
)
RECEIPT_WAS_CLAIMED = Rule(
    "receipt_was_claimed",
    "The receipt is established already; if its time is wrong, correct it (`CorrectFact`).",
    "GMCA, Crime Support Line (December 2020): crimes that should have been recorded",
)


def reclassified(recording: Recording, event: CrimeReclassified | ReceiptEstablished) -> Recording:
    """The recording track after either."""
    match event:
        case CrimeReclassified():
            return replace(recording, offence=event.offence)
        case ReceiptEstablished():
            return replace(
                recording,
                receipt=Receipt.ESTABLISHED,
                received_at=event.received_at,
                record_by=event.record_by,
                rule_set=event.rule_set,
            )


class ReclassifyCrime(Command["Case"]):
    """Enter a recorded crime under another offence, and say why."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    offence: OffenceCode
    rationale: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """It stays the same record; an offence that was wrong from the start is corrected instead.

        The outcome that was assigned must fit the new offence too.
        """
        yield from state.allows(self)
        yield from broken(LISTED_OFFENCE, when=self.offence not in act.rules.offences)
        yield from broken(CLASSIFIED_ANEW, when=self.offence == state.recording.offence)
        outcome = act.rules.outcomes.get(state.outcome.type or 0)
        if outcome is not None:
            yield from fits_offence(outcome, act.rules.offences.get(self.offence))
        yield CrimeReclassified(offence=self.offence, rationale=self.rationale)


class EstablishReceipt(Command["Case"]):
    """Note that the force did receive the report that somebody says they made, when, and what shows it."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    received_at: Moment
    evidence: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """The recording clock runs from the receipt that was established, under the rules of its own day."""
        yield from state.allows(self)
        yield from broken(RECEIPT_WAS_CLAIMED, when=state.recording.receipt is not Receipt.CLAIMED)
        yield from broken(FUTURE, when=self.received_at.earliest > act.at)
        yield from first_report_first(state.recording.reported_at, self.received_at)
        yield from received_by_entry(self.received_at, state, act)
        rules = act.rules.recording_rules(self.received_at)
        yield ReceiptEstablished(
            received_at=self.received_at,
            record_by=deadline(self.received_at, rules.limit, state.entered_at if act.at_the_live_door else None),
            rule_set=rules.id,
            evidence=self.evidence,
        )
