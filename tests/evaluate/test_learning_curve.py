import numpy as np
from learning_data import SPEC, labelled, survey

from mallorn.evaluate.learning_curve import learning_curve, thinned_parts
from mallorn.metrics import average_precision


def test_a_fraction_of_the_targets_events_is_trained_on_and_every_other_object():
    _, _, target, event, _ = survey(n_events=100)
    fold = np.random.default_rng(2).integers(0, 4, len(target))
    kept = {}
    for fraction in (0.25, 0.5, 1.0):
        parts, events = thinned_parts(target, event, fold, fraction, np.random.default_rng(9))
        for k, (train, held) in enumerate(parts):
            full = np.flatnonzero(fold != k)
            assert np.array_equal(held, np.flatnonzero(fold == k))
            assert set(train) <= set(full)
            assert np.array_equal(train[target[train] == 0], full[target[full] == 0])
            chosen = set(event[train][target[train] == 1])
            possible = set(event[full][target[full] == 1])
            assert len(chosen) == round(fraction * len(possible))
            copies = full[np.isin(event[full].astype(str), list(chosen))]
            assert np.array_equal(copies, train[target[train] == 1])
            kept[fraction, k] = chosen
        assert events == np.mean([len(kept[fraction, k]) for k in range(4)])
    assert all(kept[0.25, k] < kept[0.5, k] < kept[1.0, k] for k in range(4))


def test_at_least_one_event_is_trained_on():
    _, _, target, event, _ = survey(n_events=20)
    _, events = thinned_parts(target, event, np.arange(60) % 3, 0.01, np.random.default_rng(1))
    assert events == 1.0


def test_the_curve_rises_with_the_number_of_events():
    _, types, target, event, values = survey(n_events=150)
    classes = np.where(target == 1, 0, 1)
    fold = (np.unique(event, return_inverse=True)[1] // 5) % 3
    labels = {"target": target, "event": event, "fold": fold}
    options = {"fractions": [1.0, 0.1], "draws": 2}
    curve = list(learning_curve(labelled(values, classes, 2, event), labels, SPEC, options, seed=3, threads=1))
    assert [(fraction, draw) for fraction, draw, *_ in curve] == [(0.1, 0), (1.0, 0), (0.1, 1), (1.0, 1)]
    assert [events for _, _, events, _ in curve] == [2.0, 20.0] * 2
    scores = [average_precision(target, p) for *_, p in curve]
    assert np.mean(scores[1::2]) > np.mean(scores[::2]) + 0.1
