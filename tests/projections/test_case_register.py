from scenario import given, reported

from domain.case.reference import ReferenceAdded
from domain.case.testimony import SourceRowWithdrawn
from domain.values import ExternalReference
from projections.case_register import case_register, normal


def test_every_reference_of_a_case_is_found_however_it_is_written() -> None:
    log = ExternalReference(system="STORM", reference="2024 0301-0456")
    helpline = ExternalReference(system="Helpline", reference="VS 12/24")
    entries = given(reported(reference="kent/2024/000001", external=(log,)), ReferenceAdded(external=helpline)).entries
    row = case_register.fold(entries)
    assert row is not None
    assert row.references.splitlines() == [
        "kent/2024/000001",
        "20240301-0456",
        "storm:20240301-0456",
        "vs12/24",
        "helpline:vs12/24",
    ]
    assert normal(" Vs 12/24 ") in row.references.splitlines()


def test_what_only_speaks_of_facts_opens_no_case() -> None:
    assert case_register.fold(given(SourceRowWithdrawn(withdraws=())).entries) is None
    assert case_register.fold(given(reported()).entries) is not None
