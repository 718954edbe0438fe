"""The draw: the same sample for everybody, another with another seed, and every report equally likely to be in it."""

import random
from datetime import UTC, datetime, timedelta
from math import sqrt
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from inspection_scenario import DIGEST, NONCE, cases

from domain.inspection import draw

FRAME = {"violent": cases(1, 40), "sexual": cases(101, 12), "other": cases(201, 80)}
SIZES = {"violent": 10, "sexual": 12, "other": 30}
SEED = draw.seed(DIGEST, NONCE)


def test_the_same_seed_draws_the_same_sample_whatever_the_order_of_the_frame() -> None:
    first = draw.draw(SEED, FRAME, SIZES)
    shuffler = random.Random(1)
    for _ in range(20):
        mixed = {stratum: shuffler.sample(found, len(found)) for stratum, found in FRAME.items()}
        assert draw.draw(SEED, mixed, SIZES) == first
        assert draw.frame_digest(mixed) == draw.frame_digest(FRAME)


def test_a_draw_by_place_is_not_the_same_for_everybody_and_is_noticed() -> None:
    def by_place(seed: str, found: tuple[str, ...], size: int) -> list[str]:
        return random.Random(seed).sample(found, size)

    assert by_place(SEED, FRAME["other"], 30) != by_place(SEED, FRAME["other"][::-1], 30)


def test_another_nonce_or_another_log_draws_another_sample() -> None:
    first = draw.draw(SEED, FRAME, SIZES)
    for other in (draw.seed(DIGEST, "0e" * 32), draw.seed("ac" * 32, NONCE)):
        assert draw.draw(other, FRAME, SIZES)["other"] != first["other"]


def test_a_larger_sample_holds_the_smaller() -> None:
    small, large = draw.draw(SEED, FRAME, {"other": 10}), draw.draw(SEED, FRAME, {"other": 30})
    assert large["other"][:10] == small["other"]
    assert draw.draw(SEED, FRAME, {"sexual": 99})["sexual"] == draw.draw(SEED, FRAME, {"sexual": 12})["sexual"]


@settings(max_examples=200)
@given(st.lists(st.integers(0, 200), unique=True), st.integers(0, 250), st.text("0123456789abcdef", min_size=8))
def test_a_sample_has_its_size_and_nothing_twice(numbers: list[int], size: int, seed: str) -> None:
    frame = {"other": tuple(f"case-{number}" for number in numbers)}
    found = draw.draw(seed, frame, {"other": size})["other"]
    assert len(found) == len(set(found)) == min(size, len(numbers))
    assert set(found) <= set(frame["other"])


def chances(drawn: "list[tuple[str, ...]]") -> float:
    """How far the cases' numbers of draws spread, against what chance gives: chi² over its degrees of freedom."""
    times = {case: sum(case in sample for sample in drawn) for case in FRAME["violent"]}
    share, runs = 10 / 40, len(drawn)
    expected, spread = runs * share, runs * share * (1 - share)
    return sum((count - expected) ** 2 / spread for count in times.values()) / 39


def test_every_report_is_equally_likely_to_be_drawn() -> None:
    seeds = [draw.seed(DIGEST, f"{number:064x}") for number in range(2_000)]
    fair = [draw.draw(seed, FRAME, {"violent": 10})["violent"] for seed in seeds]
    limit = 1 + 4 * sqrt(2 / 39)
    assert chances(fair) < limit
    favoured = [(FRAME["violent"][0], *sample[:9]) if n % 8 == 0 else sample for n, sample in enumerate(fair)]
    assert chances(favoured) > limit


AT = datetime(2026, 7, 1, 9, tzinfo=UTC)


def leaves(count: int) -> list[str]:
    return [
        draw.leaf(n, f"case-{n}", 1, "crime_reported.v1", UUID(int=n), AT + timedelta(seconds=n))
        for n in range(1, count + 1)
    ]


def test_the_digest_of_the_log_goes_on_from_where_it_was() -> None:
    every = leaves(50)
    whole = draw.log_digest(every)
    assert draw.log_digest(every[20:], draw.log_digest(every[:20])) == whole
    assert draw.log_digest([]) == draw.START


def test_an_event_that_is_left_out_doubled_moved_or_altered_changes_the_digest() -> None:
    every = leaves(10)
    whole = draw.log_digest(every)
    altered = draw.leaf(5, "case-5", 1, "crime_reported.v1", UUID(int=5), AT)
    for wrong in (
        every[:-1],
        [*every, every[-1]],
        [*every[:4], every[5], every[4], *every[6:]],
        [*every[:4], altered, *every[5:]],
    ):
        assert draw.log_digest(wrong) != whole


def test_what_is_hashed_is_as_the_documentation_says() -> None:
    from hashlib import sha256

    text = "7|case-7|3|crime_recorded.v1|00000000-0000-0000-0000-000000000007|2026-07-01T09:00:00.000000Z"
    assert draw.leaf(7, "case-7", 3, "crime_recorded.v1", UUID(int=7), AT) == sha256(text.encode()).hexdigest()
    assert draw.log_digest(["ab"]) == sha256(("0" * 64 + "ab").encode()).hexdigest()
    assert draw.seed("cd", "ef") == sha256(b"sha256-rank.1|cd|ef").hexdigest()
    ranked = sorted(FRAME["sexual"], key=lambda case: sha256(f"{SEED}|sexual|{case}".encode()).hexdigest())
    assert draw.draw(SEED, FRAME, {"sexual": 3})["sexual"] == tuple(ranked[:3])
