"""What inspectors found (1 to 3, 9, 10): how a crime left the register or the count."""

import pytest
from findings import ASSAULT, RAPE, THEFT, Finding, Findings, Sent, crime, stands
from front_desk import ADA, BEN, DECISION_MAKER, OFFICER, ONE, REGISTRAR, SUPERVISOR, THREE, TWO, Force, Person

from domain.case.cancellation import (
    C5_NEEDS_CLAIM,
    DECISION_MAKER_CANCELS,
    RECORDER_DOES_NOT_CANCEL,
    REGISTRAR_CANCELS_RAPE,
    REQUESTER_DOES_NOT_APPROVE,
    SURVIVOR_IS_RECORDED,
    ApproveCancellation,
    RefuseCancellation,
    RequestCancellation,
)
from domain.case.classification import ReclassifyCrime
from domain.case.codes import IN_THE_REGISTER, UNDECIDED
from domain.case.holding import PART_FIRST
from domain.case.investigation import AllocateInvestigation, StartInvestigation
from domain.case.linking import LINK_OF_A_RECORD, LINK_STANDS_FOR_INCIDENT, LINKED_TO_WHAT_COUNTS, LinkCase
from domain.case.recording import DeclineRecording, RecordCrime, RecordingStatus, RecordN100
from domain.case.transfer import THEIR_REFERENCE_IS_THEIRS, AcceptTransfer, RequestTransfer
from domain.event import Role

DDM = Role.DESIGNATED_DECISION_MAKER
TO_KENT = RequestTransfer(to_force="kent", because="it happened there")
ACCEPT = AcceptTransfer(their_reference="K/1")
APPROVE = ApproveCancellation(rationale="the evidence is clear")
ENTERED_TWICE = RequestCancellation(code="C4", error="entered twice")
SELF_DEFENCE = RequestCancellation(code="C5", self_defence="both say so")
DECLINE = DeclineRecording(reason="balance_not_met", rationale="not enough")

FINDINGS = Findings()
gone, cancelled = stands(RecordingStatus.TRANSFERRED), stands(RecordingStatus.CANCELLED)


def link(under: str) -> LinkCase:
    return LinkCase(under=under, kind="duplicate", because="the same incident")


# (1) A transfer, which takes a crime out of the register, was accepted by whoever wanted it gone.


@FINDINGS.of(DECISION_MAKER_CANCELS, led_to=gone)
def recorder_accepts_a_transfer(force: Force) -> None:
    crime(force).sends(SUPERVISOR, TO_KENT).sends(BEN, ACCEPT)


@FINDINGS.of(RECORDER_DOES_NOT_CANCEL, led_to=gone)
def recorder_transfers_their_own_crime_as_a_decision_maker(force: Force) -> None:
    crime(force).sends(BEN, TO_KENT).sends(ADA.acting_as(DDM), ACCEPT)


@FINDINGS.of(REQUESTER_DOES_NOT_APPROVE, led_to=gone)
def requester_accepts_the_transfer(force: Force) -> None:
    crime(force).sends(BEN, TO_KENT).sends(BEN.acting_as(DDM), ACCEPT)


@FINDINGS.of(RECORDER_DOES_NOT_CANCEL, led_to=gone)
def investigator_accepts_the_transfer(force: Force) -> None:
    crime(force).sends(SUPERVISOR, AllocateInvestigation(officer=OFFICER.id))
    force.sends(OFFICER, StartInvestigation()).sends(BEN, TO_KENT).sends(OFFICER.acting_as(DDM), ACCEPT)


@FINDINGS.of(REGISTRAR_CANCELS_RAPE, led_to=gone)
def rape_is_transferred_without_the_registrar(force: Force) -> None:
    crime(force, RAPE).sends(BEN, TO_KENT).sends(DECISION_MAKER, ACCEPT)


@FINDINGS.of(REGISTRAR_CANCELS_RAPE, led_to=lambda force: gone(force) and force.case().recording.offence == RAPE)
def theft_is_transferred_and_then_was_a_rape(force: Force) -> None:
    crime(force).sends(BEN, TO_KENT).sends(DECISION_MAKER, ACCEPT).corrects(SUPERVISOR, 2, offence=RAPE)


@FINDINGS.of(THEIR_REFERENCE_IS_THEIRS, led_to=gone)
def transfer_is_accepted_under_a_reference_of_this_force(force: Force) -> None:
    crime(force).sends(BEN, TO_KENT).sends(DECISION_MAKER, AcceptTransfer(their_reference=ONE.upper()))


# (2) A case vanished under another one that was not counted either.


def nobody_counts_it(force: Force) -> bool:
    """The first case is linked to one that is neither in the register, nor to be decided on, or is linked itself."""
    other = force.case(force.case().link.under or ONE)
    return other.recording.status not in IN_THE_REGISTER | UNDECIDED or other.link.under is not None


def hidden_rape(force: Force, offence: str | None = None) -> Force:
    """A reported rape, on which nobody has decided, is linked to another report."""
    force.takes_down(to=ONE, alleged=RAPE).takes_down(to=TWO, alleged=offence or THEFT)
    return force.sends(ADA, link(TWO), to=ONE)


@FINDINGS.of(PART_FIRST, led_to=nobody_counts_it)
def rape_is_linked_under_a_theft_that_is_then_declined(force: Force) -> None:
    hidden_rape(force).sends(ADA, DECLINE, to=TWO)


@FINDINGS.of(PART_FIRST, led_to=nobody_counts_it)
def rape_is_linked_under_one_that_becomes_an_n100(force: Force) -> None:
    hidden_rape(force, RAPE).sends(ADA, RecordN100(sub_code=1, rationale="r"), to=TWO)


@FINDINGS.of(PART_FIRST, led_to=nobody_counts_it)
def rape_is_linked_under_a_theft_that_is_then_cancelled(force: Force) -> None:
    hidden_rape(force).sends(ADA, RecordCrime(offence=THEFT), ENTERED_TWICE, to=TWO)
    force.sends(DECISION_MAKER, APPROVE, to=TWO)


@FINDINGS.of(PART_FIRST, led_to=nobody_counts_it)
def rape_is_linked_under_a_theft_that_is_then_transferred(force: Force) -> None:
    hidden_rape(force).sends(ADA, RecordCrime(offence=THEFT), TO_KENT, to=TWO).sends(DECISION_MAKER, ACCEPT, to=TWO)


@FINDINGS.of(PART_FIRST, led_to=nobody_counts_it)
def chain_of_links_is_made_from_its_lower_end(force: Force) -> None:
    hidden_rape(force).takes_down(to=THREE).sends(ADA, link(THREE), to=TWO)


@FINDINGS.of(LINKED_TO_WHAT_COUNTS, led_to=nobody_counts_it)
def chain_of_links_is_made_from_its_upper_end(force: Force) -> None:
    force.takes_down(to=ONE).takes_down(to=TWO).takes_down(to=THREE)
    force.sends(ADA, link(THREE), to=TWO).sends(ADA, link(TWO), to=ONE)


@FINDINGS.of(LINK_STANDS_FOR_INCIDENT, led_to=nobody_counts_it)
def rape_is_linked_under_what_was_declined(force: Force) -> None:
    force.takes_down(to=ONE, alleged=RAPE).takes_down(to=TWO).sends(ADA, DECLINE, to=TWO)
    force.sends(ADA, link(TWO), to=ONE)


def recorded_rape_is_linked_by(who: Person) -> Sent:
    return lambda force: crime(force, RAPE).takes_down(to=TWO).sends(who, link(TWO))


def out_of_the_count(force: Force) -> bool:
    return force.case().link.under is not None


for who in (ADA, ADA.acting_as(DDM), SUPERVISOR):
    FINDINGS[f"recorded_rape_is_linked_by_{who.id}_as_{who.role}"] = Finding(
        recorded_rape_is_linked_by(who), (LINK_OF_A_RECORD,), out_of_the_count
    )


# (3) What a crime was recorded as decides who cancels it, and with which code, however it is called afterwards.


@FINDINGS.of(REGISTRAR_CANCELS_RAPE, led_to=cancelled)
def rape_is_reclassified_and_cancelled(force: Force) -> None:
    crime(force, RAPE).sends(ADA, ReclassifyCrime(offence=ASSAULT, rationale="r"), ENTERED_TWICE)
    force.sends(DECISION_MAKER, APPROVE)


@FINDINGS.of(REGISTRAR_CANCELS_RAPE, led_to=cancelled)
def rape_is_corrected_and_cancelled(force: Force) -> None:
    crime(force, RAPE).corrects(SUPERVISOR, 2, offence=ASSAULT).sends(ADA, ENTERED_TWICE)
    force.sends(DECISION_MAKER, APPROVE)


@FINDINGS.of(C5_NEEDS_CLAIM, led_to=cancelled)
def theft_is_reclassified_and_cancelled_for_self_defence(force: Force) -> None:
    crime(force, THEFT).sends(ADA, ReclassifyCrime(offence=ASSAULT, rationale="r"), SELF_DEFENCE)
    force.sends(DECISION_MAKER, APPROVE)


@FINDINGS.of(C5_NEEDS_CLAIM, led_to=cancelled)
def theft_is_corrected_and_cancelled_for_self_defence(force: Force) -> None:
    crime(force, THEFT).corrects(SUPERVISOR, 2, offence=ASSAULT).sends(ADA, SELF_DEFENCE).sends(DECISION_MAKER, APPROVE)


# (9, 10) A crime was cancelled by whoever had to do with it, or as the duplicate of one that did not stay.


@FINDINGS.of(RECORDER_DOES_NOT_CANCEL, led_to=cancelled)
def investigator_cancels_under_another_spelling(force: Force) -> None:
    crime(force).sends(SUPERVISOR, AllocateInvestigation(officer=OFFICER.id.upper())).sends(BEN, ENTERED_TWICE)
    force.sends(OFFICER.acting_as(DDM), APPROVE)


@FINDINGS.of(RECORDER_DOES_NOT_CANCEL, led_to=cancelled)
def investigator_cancels_what_was_then_given_to_another(force: Force) -> None:
    crime(force).sends(SUPERVISOR, *(AllocateInvestigation(officer=officer) for officer in (OFFICER.id, BEN.id)))
    force.sends(BEN, ENTERED_TWICE).sends(OFFICER.acting_as(DDM), APPROVE)


@FINDINGS.of(REQUESTER_DOES_NOT_APPROVE, led_to=cancelled)
def whoever_asked_before_cancels(force: Force) -> None:
    crime(force).sends(DECISION_MAKER, ENTERED_TWICE).sends(REGISTRAR, RefuseCancellation(because="it stands"))
    force.sends(BEN, ENTERED_TWICE).sends(DECISION_MAKER, APPROVE)


def both_cancelled(force: Force) -> bool:
    return all(force.case(case).recording.status is RecordingStatus.CANCELLED for case in (ONE, TWO))


def duplicate_of(case: str) -> RequestCancellation:
    return RequestCancellation(code="C3", surviving=case)


@FINDINGS.of(SURVIVOR_IS_RECORDED, led_to=both_cancelled)
def two_crimes_are_cancelled_as_duplicates_of_each_other(force: Force) -> None:
    crime(crime(force), to=TWO).sends(BEN, duplicate_of(TWO), to=ONE).sends(BEN, duplicate_of(ONE), to=TWO)
    force.sends(DECISION_MAKER, APPROVE, to=ONE).sends(DECISION_MAKER, APPROVE, to=TWO)


@FINDINGS.of(SURVIVOR_IS_RECORDED, led_to=both_cancelled)
def the_second_names_the_first_once_it_is_cancelled(force: Force) -> None:
    crime(crime(force), to=TWO).sends(BEN, duplicate_of(TWO), to=ONE).sends(DECISION_MAKER, APPROVE, to=ONE)
    force.sends(BEN, duplicate_of(ONE), to=TWO).sends(DECISION_MAKER, APPROVE, to=TWO)


@FINDINGS.of(SURVIVOR_IS_RECORDED, led_to=both_cancelled)
def the_survivor_is_cancelled_while_the_duplicate_waits(force: Force) -> None:
    crime(crime(force), to=TWO).sends(BEN, duplicate_of(TWO), to=ONE).sends(BEN, ENTERED_TWICE, to=TWO)
    force.sends(DECISION_MAKER, APPROVE, to=TWO).sends(DECISION_MAKER, APPROVE, to=ONE)


@pytest.mark.parametrize("found", FINDINGS.values(), ids=FINDINGS)
def test_what_inspectors_found_is_refused(found: Finding) -> None:
    found.is_refused()


@pytest.mark.parametrize("found", FINDINGS.values(), ids=FINDINGS)
def test_it_would_be_there_again_if_the_rule_were_not(found: Finding) -> None:
    found.is_there_again()
