"""`candour publish` and `candour publications` on a system of their own."""

import json
from collections.abc import Callable

from processes import Done

from adapters.system import System
from projections.metrics.misconduct import MISCONDUCT

Candour = Callable[..., Done]


def test_what_is_published_can_be_listed_read_and_checked(candour: Candour, system: System) -> None:
    candour("project")
    period = ("--since", "2024-04-01", "--until", "2025-04-01")
    done = candour("publish", "--title", "2024/25", *period, "--json")
    assert done.code == 0, done.err
    publication = done.json["publication"]
    assert done.json["metrics"] == [metric.name for metric in MISCONDUCT]
    listed = candour("publications", "--json").json["publications"]
    assert [each["publication"] for each in listed] == [publication]
    assert json.loads(candour("publications", publication).out) == done.json
    checked = candour("publications", publication, "--check", "--json")
    assert (checked.code, {each["agrees"] for each in checked.json}) == (0, {True})
    assert candour("publications", "--check").code == 2
    assert candour("publications", "publication-1").code == 4
    wrong = candour("publish", "--title", "2024/25", *period, "--metric", "no_such")
    assert (wrong.code, "there is no metric" in wrong.err) == (3, True)


def test_a_published_text_that_was_altered_has_an_exit_code(candour: Candour, system: System) -> None:
    candour("project")
    period = ("--since", "2024-04-01", "--until", "2025-04-01")
    publication = candour("publish", "--title", "2024/25", *period, "--json").json["publication"]
    with system.connect("admin") as admin:
        admin.execute("ALTER TABLE candour.events DISABLE TRIGGER USER")
        admin.execute(
            r"""UPDATE candour.events SET state = replace(state, '\"value\":0', '\"value\":1')
             WHERE stream_id LIKE 'publication-%'"""
        )
    checked = candour("publications", publication, "--check")
    assert checked.code == 6
    assert "IT DIFFERS" in checked.out
