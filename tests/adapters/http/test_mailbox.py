"""The mailbox: opened by twelve words and nothing else; wrong ones are all answered alike, with the same work."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from api import Api, is_problem
from mnemonic import Mnemonic
from reporters import mailbox, receipt_of, stream_of, today

from adapters.http.public import is_by_reporter
from adapters.settings import Limits
from adapters.system import System
from domain.event import Role

OPERATOR = Role.INTAKE_OPERATOR
WORDS = Mnemonic("english").wordlist


def ask(api: Api, words: str, name: str, **body: Any) -> None:
    """The service's operator writes to a reporter."""
    stream = stream_of(api, words)
    version = len(api.system.store.load(stream))
    answer = api.post(f"/v1/reports/{stream}/{name}", body, version, OPERATOR, "reporting-service")
    assert answer.status_code == 200, answer.text


def test_both_sides_write_to_each_other(api: Api) -> None:
    words = receipt_of(api.client)
    box = mailbox(api.client, words).json()
    assert (box["status"], box["letters"], box["identity"]) == ("received", [], "untold")
    assert date.fromisoformat(box["next_by"]) > today()
    ask(api, words, "ask-reporter", text="Who else was there?")
    assert mailbox(api.client, words).json()["unanswered"] == [1]
    mailbox(api.client, words, "/answer", question=1, text="Two others.")
    mailbox(api.client, words, "/answer", text="One more thing.")
    promise = (today() + timedelta(days=9)).isoformat()
    ask(api, words, "tell-status", status="being_looked_at", next_by=promise, note="We are reading it.")
    box = mailbox(api.client, words).json()
    assert (box["status"], box["next_by"], box["unanswered"]) == ("being_looked_at", promise, [])
    day = today().isoformat()
    assert box["letters"] == [
        {"day": day, "from": "unit", "question": 1, "text": "Who else was there?"},
        {"day": day, "from": "reporter", "question": 1, "text": "Two others."},
        {"day": day, "from": "reporter", "text": "One more thing."},
        {"day": day, "from": "unit", "text": "We are reading it.", "status": "being_looked_at", "next_by": promise},
    ]


def test_a_question_that_was_not_asked_is_refused_in_plain_words(api: Api) -> None:
    refused = mailbox(api.client, receipt_of(api.client), "/answer", question=3, text="Yes.")
    assert is_problem(refused, 409, "rule-broken")["rule"]["id"] == "question_was_asked"
    assert "allowed" not in refused.json(), "what is open to the unit is not told"


def test_an_identity_is_disclosed_and_taken_back(api: Api) -> None:
    words = receipt_of(api.client)
    told = mailbox(api.client, words, "/disclose-identity", recipient="psd-0001", details="A Name")
    assert told.json()["identity"] == "disclosed"
    assert "A Name" not in told.text
    assert mailbox(api.client, words, "/withdraw-disclosure").json()["identity"] == "untold"
    is_problem(mailbox(api.client, words, "/withdraw-disclosure"), 409, "rule-broken")


def test_the_words_may_be_written_in_many_ways(api: Api) -> None:
    words = receipt_of(api.client)
    short = " ".join(word[:4] for word in words.split())
    for written in (words.upper(), f"  {words.replace(' ', '   ')}\n", short, words.replace(" ", ", "), words.title()):
        assert mailbox(api.client, written).status_code == 200, written
    backwards = " ".join(reversed(words.split()))
    for other in (backwards, words.rsplit(" ", 1)[0], f"{words} able", " ".join(word[:3] for word in words.split())):
        assert mailbox(api.client, other).status_code == 404, other


def wrongs(words: str) -> dict[str, str]:
    """Words that open nothing, each for another reason."""
    first, *rest = words.split()
    another = next(word for word in WORDS if word != first and not Mnemonic("english").check(" ".join([word, *rest])))
    return {
        "not in the list": " ".join(["zzzz", *rest]),
        "a bad checksum": " ".join([another, *rest]),
        "unknown": Mnemonic("english").to_mnemonic(bytes(16)),
        "too few": " ".join(rest),
        "none": "",
        "no letters": "123 ☃ 456",
        "very long": "word " * 5000,
    }


def test_wrong_words_have_one_and_the_same_answer(api: Api) -> None:
    answers = {why: mailbox(api.client, words) for why, words in wrongs(receipt_of(api.client)).items()}
    own = ("request-id", "correlation-id", "date")
    seen = {
        (
            answer.status_code,
            tuple((name, value) for name, value in answer.headers.items() if name not in own),
            answer.text.replace(answer.headers["request-id"], "…"),
        )
        for answer in answers.values()
    }
    assert len(seen) == 1, seen
    is_problem(answers["unknown"], 404, "receipt-unknown")


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is sent to the database."""
    found: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def noted(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        found.append(str(query))
        return await execute(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", noted)
    return found


def test_wrong_words_take_the_same_work(api: Api, executed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    words = receipt_of(api.client)
    hashed: list[int] = []
    receipts = api.system.receipts
    digest = type(receipts).digest
    monkeypatch.setattr(type(receipts), "digest", lambda self, text: hashed.append(1) or digest(self, text))

    def work(text: str) -> tuple[list[str], int]:
        executed.clear()
        hashed.clear()
        mailbox(api.client, text)
        return list(executed), len(hashed)

    done = [work(text) for text in wrongs(words).values()]
    statements, times = done[0]
    assert all(each == (statements, times) for each in done)
    assert (len(statements), times) == (2, 1), "one look-up, and one count of the wrong ones"
    assert work(words) != done[0], "other work is noticed"


def test_wrong_words_are_limited_and_right_ones_are_still_let_in(limited: Callable[..., Api]) -> None:
    api = limited(wrong_receipts_a_minute=3)
    words = receipt_of(api.client)
    assert [mailbox(api.client, "wrong").status_code for _ in range(5)] == [404, 404, 404, 429, 429]
    refused = mailbox(api.client, "wrong")
    is_problem(refused, 429, "too-many-requests")
    assert refused.headers["retry-after"] == "60"
    assert mailbox(api.client, words).status_code == 200


def test_the_limit_is_for_all_processes(limited: Callable[..., Api], serve: Callable[[System], Api]) -> None:
    api = limited(wrong_receipts_a_minute=4)
    beside = System(replace(api.system.settings, limits=Limits(wrong_receipts_a_minute=4)), None)
    try:
        other = serve(beside)
        statuses = [mailbox(each.client, "wrong").status_code for _ in range(3) for each in (api, other)]
        assert statuses == [404, 404, 404, 404, 429, 429]
    finally:
        beside.close()


def test_a_mailbox_takes_so_much_a_day(limited: Callable[..., Api]) -> None:
    api = limited(letters_a_day=3)
    words = receipt_of(api.client)
    statuses = [mailbox(api.client, words, "/answer", text="Again.").status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429], "the report itself is the first"
    assert mailbox(api.client, words).status_code == 200, "reading is not limited"


def test_no_answer_names_what_was_written_into_the_address(api: Api) -> None:
    answer = api.client.post("/v1/mailbox/these-are-words", json={})
    assert answer.status_code == 404
    assert "these-are-words" not in answer.text
    assert answer.json()["instance"] == "/v1/mailbox"


@pytest.mark.parametrize(
    ("method", "path", "coarse"),
    [
        ("POST", "/v1/reports", True),
        ("POST", "/reports", True),
        ("GET", "/v1/reports", False),
        ("GET", "/v1/mailbox/words", True),
        ("POST", "/v1/reports/receive-report", True),
        ("POST", "/v1/reports/report-1/answer-as-reporter", True),
        ("POST", "/v1/reports/report-1/ask-reporter", False),
        ("POST", "/v1/cases/report-crime", False),
    ],
)
def test_which_requests_leave_no_time(method: str, path: str, coarse: bool) -> None:
    assert is_by_reporter({"method": method, "path": path}) is coarse
