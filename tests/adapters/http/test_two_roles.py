"""Whoever has two roles is held to what binds either, and may do what the higher one may."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from api import Api, is_problem

from adapters import security
from adapters.guards import guards_of
from adapters.http import addresses, openapi
from adapters.security.policy import TomlPolicy
from adapters.system import now
from domain.case.cancellation import ApproveCancellation
from domain.case.recording import ReportCrime
from domain.event import COMMANDS, Role


def report(api: Api, *roles: Role, **more: Any) -> httpx.Response:
    token = api.system.tokens.issue("staff-1", roles, "kent")
    received = now().isoformat()
    body = openapi.example_of(ReportCrime) | {"received_at": received, "reported_at": received} | more
    return api.client.post(addresses.template(ReportCrime), json=body, headers={"authorization": f"Bearer {token}"})


REGISTRAR, DECISION_MAKER = Role.FORCE_CRIME_REGISTRAR, Role.DESIGNATED_DECISION_MAKER
AUTHORITY = {
    "cancellation_by_decision_maker": {REGISTRAR, DECISION_MAKER},
    "registrar_cancels_rape": {REGISTRAR},
    "reversal_by_registrar_or_audit": {REGISTRAR, Role.AUDITOR},
    "recorded_crime_is_linked_by_decision_maker": {REGISTRAR, DECISION_MAKER},
    "second_person_corrects": {REGISTRAR, DECISION_MAKER, Role.SUPERVISOR},
}
OTHERS = (
    Role.RECORDER,
    Role.SUPERVISOR,
    Role.DESIGNATED_DECISION_MAKER,
    Role.FORCE_CRIME_REGISTRAR,
    Role.INVESTIGATOR,
)


@pytest.mark.parametrize("role", OTHERS)
def test_an_adviser_states_a_claim_whatever_else_they_are(api: Api, role: Role) -> None:
    assert report(api, role).status_code == 201, "without the adviser's role the receipt is established"
    refused = is_problem(report(api, role, Role.HELPLINE_ADVISER), 409, "rule-broken")
    assert refused["rule"]["id"] == "adviser_states_a_claim"
    assert report(api, role, Role.HELPLINE_ADVISER, receipt="claimed").status_code == 201


def lacks_authority(policy: TomlPolicy) -> dict[str, str]:
    """Commands under which somebody with two roles would act as the one whom a rule refuses, with that rule."""
    return {
        command.__name__: rule.id
        for command in COMMANDS.values()
        for rule in guards_of(command).rules
        if rule.id in AUTHORITY
        and set(policy.roles_for_command(command)[: len(AUTHORITY[rule.id])]) != AUTHORITY[rule.id]
    }


def test_where_authority_is_asked_for_the_role_that_has_it_comes_first() -> None:
    assert AUTHORITY.keys() <= {rule.id for command in COMMANDS.values() for rule in guards_of(command).rules}
    assert lacks_authority(TomlPolicy()) == {}
    text = (Path(security.__file__).parent / "policy.toml").read_text()
    right, wrong = 'LinkCase = ["force_crime_registrar", ', 'LinkCase = ["recorder", "force_crime_registrar", '
    assert right in text
    assert lacks_authority(TomlPolicy(text.replace(right, wrong))).keys() == {"LinkCase"}


def test_a_registrar_who_also_records_decides_as_registrar(api: Api) -> None:
    case = api.recorded()
    assert api.send("RequestCancellation", case, 2).status_code == 200
    token = api.system.tokens.issue("staff-1", [Role.RECORDER, Role.FORCE_CRIME_REGISTRAR], "kent")
    answer = api.client.post(
        f"/v1/cases/{case}/approve-cancellation",
        json=openapi.example_of(ApproveCancellation),
        headers={"authorization": f"Bearer {token}", "if-match": '"3"'},
    )
    assert answer.status_code == 200, answer.text
    assert api.system.store.load(case)[-1].role is Role.FORCE_CRIME_REGISTRAR
