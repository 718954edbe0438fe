"""The data of misconduct reports: a category or a clock is added by an entry with an effective date, and no code."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import resources

import pytest
from report_scenario import COMPLAINT, given, received

from domain.event import EVENTS, Act, Event, Purpose, Refused, Role, enforce
from domain.misconduct import duties
from domain.misconduct.closure import MatterClosed, MatterOutcome
from domain.misconduct.duties import Owed, OwedKind
from domain.misconduct.intake import Anonymity, ReceiveReport, ReportChannel
from domain.misconduct.mailbox import PlainStatus, StatusTold
from domain.misconduct.passed_on import FIELD_OF
from domain.misconduct.passing import PassReport
from domain.misconduct.state import replay
from domain.rules import rule_book
from domain.rules.clock import Clock
from domain.rules.misconduct import LISTS, MisconductRules, misconduct_rules
from domain.values import Moment, end_of_day

TEXT = resources.files("domain.rules").joinpath("misconduct.toml").read_text()
RULES = rule_book().misconduct
DAY = date(2024, 5, 1)


def changed(text: str) -> MisconductRules:
    return misconduct_rules(tomllib.loads(f"{TEXT}\n{text}"))


def test_the_lists_are_those_of_the_reference() -> None:
    assert set(RULES.report_categories(DAY)) == {
        "money_or_favours",
        "personal_advantage",
        "sexual_purpose",
        "partner_abuse_or_control",
        "discriminatory_conduct",
    }
    assert "".join(RULES.allegation_categories(DAY)) == "ABCDEFGHJKL"
    assert len(RULES.counter_corruption(DAY)) == 12
    assert len(RULES.referral_criteria(DAY)) == 8


def test_what_is_not_confirmed_says_so() -> None:
    assert all(entry.standing for entry in RULES.lists["allegation"])
    assert RULES.clock("referral", DAY).standing == "unconfirmed"
    assert RULES.clock("acknowledgement", DAY).standing == "policy"
    assert RULES.clock("outcome_sent", DAY).standing is None


def test_an_allegation_category_is_added_by_an_entry() -> None:
    later = changed('[[allegation]]\ncode = "M"\ntitle = "Use of force"\neffective = 2024-06-01\n')
    assert "M" not in later.allegation_categories(date(2024, 5, 31))
    assert "M" in later.allegation_categories(date(2024, 6, 1))
    assert "M" not in later.allegation_categories(datetime(2024, 5, 31, 22, 59, tzinfo=UTC))
    assert "M" in later.allegation_categories(datetime(2024, 5, 31, 23, 0, tzinfo=UTC)), "the day is that of London"
    assert "M" not in RULES.allegation_categories(date(2030, 1, 1))


@pytest.mark.parametrize("name", LISTS)
def test_an_entry_ends_with_its_last_day(name: str) -> None:
    entry = f'[[{name}]]\ncode = "z"\ntitle = "Z"\neffective = 2024-01-01\nuntil = 2024-07-01\n'
    rules = changed(entry)
    read = {
        "report_category": rules.report_categories,
        "allegation": rules.allegation_categories,
        "counter_corruption": rules.counter_corruption,
        "referral": rules.referral_criteria,
    }[name]
    assert ["z" in read(date(2024, month, 1)) for month in (1, 6, 7)] == [True, True, False]
    assert "z" not in read(date(2023, 12, 31))


def test_a_clock_is_changed_by_an_entry() -> None:
    entry = '[[clock]]\nkind = "acknowledgement"\neffective = 2024-06-01\nworking_days = 2\nsource = "A policy"\n'
    rules = changed(entry)
    assert rules.clock("acknowledgement", date(2024, 5, 31)).working_days == 5
    assert rules.clock("acknowledgement", date(2024, 6, 1)).working_days == 2
    assert rules.clock("acknowledgement", date(2000, 1, 1)).working_days == 5


NEW_CLOCK = """
[[clock]]
kind = "first_contact"
effective = 2024-05-01
working_days = 6
starts_with = ["complaint_recorded.v1"]
met_by = ["status_told.v1"]
lifted_by = ["matter_closed.v1"]
escalate_to = "appropriate_authority"
source = "A policy"
"""


def first_contacts(entry: str, *facts: Event) -> list[Owed]:
    """What is owed by the clock of that entry in a complaint that was recorded on 1 May 2024."""
    with pytest.MonkeyPatch.context() as patch:
        book = replace(rule_book(), misconduct=changed(entry))
        patch.setattr(duties, "rule_book", lambda: book)
        return [owed for owed in given(received(), *COMPLAINT, *facts).state.owed if owed.kind == "first_contact"]


def a_clock_is_added_by_an_entry() -> None:
    (owed,) = first_contacts(NEW_CLOCK)
    assert owed.due == end_of_day(date(2024, 5, 10)), "six working days and a bank holiday"
    assert (owed.clock, owed.escalate_to) == ("first_contact-2024-05-01", Role.APPROPRIATE_AUTHORITY)
    assert owed.is_open
    (met,) = first_contacts(NEW_CLOCK, StatusTold(status=PlainStatus.BEING_LOOKED_AT))
    assert (met.met_at is not None, met.lifted_at) == (True, None)
    (lifted,) = first_contacts(NEW_CLOCK, MatterClosed(outcome=MatterOutcome.RESOLVED))
    assert (lifted.met_at, lifted.lifted_at is not None) == (None, True)
    assert first_contacts(NEW_CLOCK.replace("2024-05-01", "2024-05-02")) == [], "it starts on its day"
    later = NEW_CLOCK.replace("2024-05-01", "2024-04-01").replace("= 6", "= 1")
    assert first_contacts(NEW_CLOCK + later) == [owed], "the clock in force is the last one"


def test_a_clock_is_added_by_an_entry() -> None:
    a_clock_is_added_by_an_entry()


def test_a_clock_that_runs_before_its_day_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_any_time(rules: MisconductRules, event: str, at: date) -> list[Clock]:
        return [each for each in rules.of_the_data if event in each.starts_with]

    monkeypatch.setattr(MisconductRules, "started_by", at_any_time)
    with pytest.raises(AssertionError, match="on its day"):
        a_clock_is_added_by_an_entry()


def test_a_clock_of_the_data_names_events_and_no_duty_of_the_code() -> None:
    for clock in (*RULES.of_the_data, *changed(NEW_CLOCK).of_the_data):
        assert {*clock.starts_with, *clock.met_by, *clock.lifted_by} <= EVENTS.keys()
        assert clock.met_by
        assert clock.kind not in {*OwedKind}


def test_the_rule_set_is_adopted() -> None:
    assert RULES.id in {adopted.rule_set for adopted in rule_book().adopted}


def test_every_field_that_may_be_passed_on_is_one_that_a_report_has() -> None:
    told = set(ReceiveReport.model_fields)
    assert RULES.passed_fields == (RULES.passed_fields & told) | set(FIELD_OF.values())
    assert set(FIELD_OF.values()) == {"allegations", "mailbox", "subjects"}


def test_what_is_listed_later_is_refused_before() -> None:
    report = ReceiveReport(
        channel=ReportChannel.PUBLIC,
        anonymity=Anonymity.ANONYMOUS,
        received=Moment.of("2022-10-31"),
        categories=("sexual_purpose",),
        summary="So.",
    )
    act = Act("x", Role.REPORTER, "kent", Purpose.MISCONDUCT, datetime(2024, 5, 1, tzinfo=UTC), rule_book())
    with pytest.raises(Refused, match="listed on the day of receipt"):
        enforce(report, replay(()), act)
    assert PassReport.aggregate == report.aggregate == "report"
