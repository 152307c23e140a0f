"""The figures of detectors, against what can be counted by hand."""

import numpy as np
import pytest

from bonaface.forensics import scores

REAL = np.array([0.1, 0.2, 0.3, 0.4])
FAKE = np.array([0.3, 0.5, 0.6, 0.7])
NONE = np.zeros(0)


def test_auc_counts_pairs() -> None:
    pairs = [(f > r) + (f == r) / 2 for f in FAKE for r in REAL]
    assert scores.auc(REAL, FAKE) == pytest.approx(np.mean(pairs))
    assert scores.auc(FAKE, REAL) == pytest.approx(1 - np.mean(pairs))  # and is not turned round


def test_error_rates_of_sets_apart_and_alike() -> None:
    assert scores.eer(np.zeros(9), np.ones(9)) == 0
    assert scores.eer(np.ones(9), np.zeros(9)) == pytest.approx(1)
    same = np.linspace(0, 1, 101)
    assert scores.eer(same, same) == pytest.approx(0.5, abs=0.01)


def test_at_most_the_wanted_share_lies_above_the_threshold() -> None:
    random = np.random.default_rng(0)
    for count in (5, 99, 100, 101, 1000):
        real = random.random(count)
        assert (real > scores.threshold(real, 0.01)).mean() <= 0.01
    assert scores.found_at(REAL, FAKE, 0.25) == 0.75


def test_calibration() -> None:
    chances = np.repeat([0.25, 0.75], 400)
    truth = np.concatenate([np.arange(400) % 4 == 0, np.arange(400) % 4 != 0])
    assert scores.calibration_error(chances, truth) == pytest.approx(0)
    assert scores.calibration_error(chances, ~truth) == pytest.approx(0.5)
    rare = np.arange(100) < 3  # even chances are right, however rare forgeries are in a set
    assert scores.calibration_error(np.full(100, 0.5), rare) == pytest.approx(0)
    even = np.full(800, 0.5)
    assert scores.cllr(even, truth) == pytest.approx(1)
    assert scores.cllr(chances, truth) < 1 < scores.cllr(chances, ~truth)


def test_wilson_and_the_rule_of_three() -> None:
    low, high = scores.wilson(0, 300)
    assert low == 0
    assert high == pytest.approx(0.0126, abs=1e-3)
    assert scores.wilson(0, 0) == (0, 1)
    assert scores.wilson(5, 10)[0] == pytest.approx(0.2366, abs=1e-3)  # Newcombe 1998


def test_few_groups_give_wide_intervals() -> None:
    random = np.random.default_rng(1)
    middles = np.repeat(random.normal(0, 1, 5), 40)
    real, fake = middles + random.normal(0, 0.1, 200), middles + 1 + random.normal(0, 0.1, 200)
    names = [str(i // 40) for i in range(200)]
    alone = scores.interval(scores.auc, real, fake)
    grouped = scores.interval(scores.auc, real, fake, (names, names))
    assert grouped[1] - grouped[0] > 2 * (alone[1] - alone[0])
    assert grouped[0] <= scores.auc(real, fake) <= grouped[1]


def test_coverage_pairs_and_attacks() -> None:
    assert scores.coverage([0.1, None, 0.3, None]) == 0.5
    assert scores.pairs_right([(0.1, 0.9), (0.5, 0.5), (0.9, 0.1)]) == 0.5
    attacks = {"print": np.array([0.9, 0.9]), "replay": np.array([0.9, 0.1])}
    assert scores.attack_errors(REAL, attacks, 0.4) == (0.5, 0.25)


def test_nothing_gives_no_number() -> None:
    said = [scores.auc(NONE, FAKE), scores.eer(REAL, NONE), scores.found_at(NONE, NONE)]
    said += [scores.coverage([]), scores.pairs_right([]), scores.cllr(FAKE, np.ones(4, bool))]
    said += [scores.calibration_error(NONE, np.zeros(0, bool)), scores.share_over(NONE, 0.5)]
    said += list(scores.interval(scores.auc, NONE, FAKE))
    assert np.isnan(said).all()
