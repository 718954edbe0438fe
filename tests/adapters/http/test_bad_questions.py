"""Questions about figures that cannot be answered: a problem that names the parameter and says what there is."""

import pytest
from api import Api, is_problem

from domain.event import Role
from domain.rules import rule_book
from projections.metrics import CATALOGUE

FIGURE = "/v1/metrics/recording_delay"
BAD = [
    ("?by=colour", "by", "broken down by force, area, stratum, offence_group, offence, route, reporter_role"),
    ("?by=fortnight", "by", "day, week, month, quarter, year, financial_year; not by fortnight"),
    ("?by=force,force", "by", "one dimension, or two"),
    ("?by=force,month,route", "by", "one dimension, or two"),
    ("?force=atlantis", "force", "/v1/reference/forces"),
    ("?known_at=2099-01-01", "known_at", "a day that is over"),
    ("?known_at=2099-01-01T00:00:00Z", "known_at", "an instant with its zone"),
    ("?known_at=soon", "known_at", "write a position of the log"),
    ("?since=yesterday", "since", "write 2026-03-01"),
    ("?since=20260301", "since", "write 2026-03-01"),
    ("?since=2026-03-01&until=2026-03-01", "question", "since must lie before until"),
    ("?as_of=2026-03-01", "question", "ask with since and until"),
    ("?min_position=-3", "min_position", "at least 0"),
    ("?format=xml", "format", "must be one of 'json' or 'csv'"),
    (
        "/cases?verdict=guilty",
        "verdict",
        "one of 'counted', 'not_counted', 'excluded', 'recorded'",
    ),
    ("/cases?limit=0", "limit", "at least 1"),
    ("/cells/colour=red", "by", "broken down by force"),
    ("/cells/month", "cell", "write month=2026-03/force=kent"),
    ("/cells/month=March", "cell", "write month=2026-03"),
    ("/cells/force=atlantis", "force", "/v1/reference/forces"),
]


@pytest.mark.parametrize(("asked", "where", "said"), BAD)
def test_bad_questions_are_named(shared: Api, asked: str, where: str, said: str) -> None:
    [error] = is_problem(shared.get(FIGURE + asked, Role.AUDITOR, "*"), 422, "invalid-content")["errors"]
    assert error["where"] == where
    assert said in error["problem"]


def test_an_unknown_metric_is_answered_with_those_there_are(shared: Api) -> None:
    for path in ("", "/cases", "/cells/all", "/revisions", "/comparison"):
        problem = is_problem(shared.get(f"/v1/metrics/nonsense{path}", Role.AUDITOR, "*"), 404, "not-found")
        assert problem["detail"].endswith(f"there are {', '.join(CATALOGUE)}.")


def test_a_question_right_in_every_part_is_not_refused(shared: Api) -> None:
    """Control: the same parameters, as they may be."""
    force = next(iter(rule_book().forces))
    asked = f"?by=month,force&force={force}&since=2026-03-01&until=2026-04-01&known_at=0&format=csv&min_position=0"
    assert shared.get(FIGURE + asked, Role.AUDITOR, "*").status_code in (200, 503)  # 503: no figures were built there
