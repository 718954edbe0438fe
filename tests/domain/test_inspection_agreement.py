"""Kappa, against an independent library."""

import random

import numpy
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from domain.inspection.statistics.agreement import NO_PAIRS, NO_VARIETY, kappa


def test_kappa_agrees_with_the_library() -> None:
    answers = (True, False, None)
    for seed in range(100):
        draw = random.Random(seed)
        pairs = [(first := draw.choice(answers), draw.choice([first, *answers])) for _ in range(80)]
        table = [[sum(pair == (a, b) for pair in pairs) for b in answers] for a in answers]
        library, ours = cohens_kappa(numpy.array(table)), kappa(pairs)
        assert ours.value == pytest.approx(library.kappa, abs=1e-9)
        assert ours.standard_error == pytest.approx(library.std_kappa, abs=1e-9)
        assert (ours.pairs, ours.agreed) == (80, sum(a == b for a, b in pairs))
        assert ours.value != pytest.approx(ours.agreed / ours.pairs, abs=1e-9)  # plain agreement is something else


def test_kappa_is_undefined_without_variety_or_pairs() -> None:
    same = kappa([(True, True)] * 5)
    assert (same.value, same.reason, same.agreed) == (None, NO_VARIETY, 5)
    assert kappa([]).reason == NO_PAIRS
    assert kappa([(True, True), (False, False)]).value == 1
    assert kappa([(True, False), (False, True)]).value == -1
