from scenario import given, nothing, reported

from domain.case.recording import ReportCrime
from domain.case.reference import REFERENCE_IS_NEW, AddReference, ReferenceAdded
from domain.case.state import MOVE_IS_OPEN
from domain.values import ExternalReference

LOG = ExternalReference(system="STORM", reference="20240301-0456")
HELPLINE = ExternalReference(system="helpline", reference="VS 12/24")


def test_a_case_keeps_its_own_number_and_those_of_other_systems_in_order_of_arrival() -> None:
    case = given(reported(reference="kent/2024/000001", external=(LOG,)))
    case.when(AddReference(external=HELPLINE)).then(ReferenceAdded(external=HELPLINE))
    known = case.and_then(ReferenceAdded(external=HELPLINE)).state.references
    assert (known.own, known.external) == ("kent/2024/000001", (LOG, HELPLINE))


def test_reference_is_new() -> None:
    given(reported(external=(LOG,))).when(AddReference(external=LOG)).refused(REFERENCE_IS_NEW)


def test_a_case_that_is_not_there_gets_no_reference() -> None:
    nothing.when(AddReference(external=LOG)).refused(MOVE_IS_OPEN).allowed(ReportCrime)
