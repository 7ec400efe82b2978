import numpy as np
import pytest

from mallorn.errors import DataError
from mallorn.learning.folds import assign_folds, draw_folds, fold_of, strata


def survey(n_events=(("TDE", 12), ("AGN", 60), ("SN Ia", 30), ("SN Ic", 2)), copies=3, seed=1):
    rng = np.random.default_rng(seed)
    types, events_of = [], []
    for name, count in n_events:
        for k in range(count):
            size = rng.integers(1, copies + 1)
            types += [name] * size
            events_of += [f"{name} {k}"] * size
    n = len(types)
    ids = np.array([f"object_{k:04d}" for k in rng.permutation(n)], dtype=object)
    types, events_of = np.array(types, dtype=object), np.array(events_of, dtype=object)
    return ids, types, (types == "TDE").astype(np.int8), events_of


def draw(ids, types, target, events_of, n_folds=5, repeats=2, seed=7):
    return draw_folds(ids, types, target, events_of, n_folds, repeats, rare=10, seed=seed)


def by_key(table):
    keys = zip(table["protocol"], table["repeat"].tolist(), table["object_id"], strict=True)
    return dict(zip(keys, table["fold"].tolist(), strict=True))


def test_every_object_has_one_fold_per_protocol_and_repeat():
    ids, *rest = survey()
    table = draw(ids, *rest)
    assert len(by_key(table)) == len(table["fold"]) == 4 * len(ids)
    assert set(table["fold"]) == set(range(5))


def test_copies_stay_together_in_grouped_folds_only():
    ids, types, target, events_of = survey()
    table = draw(ids, types, target, events_of)
    for protocol, together in (("grouped", True), ("stratified", False)):
        labels = fold_of(table, protocol, 0, ids)
        pairs = {(s, f) for s, f in zip(labels["event"], labels["fold"], strict=True)}
        assert (len(pairs) == len(set(events_of))) is together


@pytest.mark.parametrize("protocol", ["stratified", "grouped"])
def test_types_and_events_are_spread_evenly(protocol):
    ids, types, target, events_of = survey()
    table = draw(ids, types, target, events_of)
    for repeat in (0, 1):
        labels = fold_of(table, protocol, repeat, ids)
        slack = 1 if protocol == "stratified" else 3
        for name in ("TDE", "AGN", "SN Ia"):
            counts = np.bincount(labels["fold"][types == name], minlength=5)
            assert np.ptp(counts) <= slack
        assert np.ptp(np.bincount(labels["fold"])) <= 4 * slack
    if protocol == "grouped":
        events = [len(set(events_of[(labels["fold"] == k) & (target == 1)])) for k in range(5)]
        assert sorted(events) == [2, 2, 2, 3, 3]


def test_folds_depend_on_ids_and_seed_but_not_on_the_order_of_rows():
    ids, types, target, events_of = survey()
    order = np.random.default_rng(0).permutation(len(ids))
    table = by_key(draw(ids, types, target, events_of))
    assert by_key(draw(ids[order], types[order], target[order], events_of[order])) == table
    assert by_key(draw(ids, types, target, events_of, seed=8)) != table
    one = {key: fold for key, fold in table.items() if key[1] == 0}
    assert by_key(draw(ids, types, target, events_of, repeats=1)) == one


def test_rare_types_are_merged_but_targets_are_not():
    types = np.array(["AGN"] * 12 + ["SN Ic", "SN Ib", "TDE", "TDE"], dtype=object)
    stratum = strata(types, types == "TDE", rare=10)
    assert stratum.tolist() == ["AGN"] * 12 + ["rare", "rare", "target", "target"]


def test_groups_worked_by_hand():
    """Sizes 3, 2, 2, 1, large ones first: 3 | 2, then 3 | 2 + 2, and the single goes to the smaller fold."""
    group = np.array(list("aaabbccd"))
    fold = assign_folds(np.full(8, "x"), group, 2, np.random.default_rng(0))
    assert np.bincount(fold).tolist() == [4, 4]
    assert fold[7] == fold[0]


@pytest.mark.parametrize(("events", "copies"), [(3, 1), (4, 1)])
def test_too_few_targets_are_an_error(events, copies):
    with pytest.raises(DataError, match=f"{events} objects with target 1, but 5 folds"):
        draw(*survey((("TDE", events), ("AGN", 20)), copies=copies))


def test_too_few_events_of_targets_are_an_error():
    ids, types, target, events_of = survey((("TDE", 10), ("AGN", 20)), copies=1)
    events_of[target == 1] = np.repeat(["a", "b", "c", "d"], 3)[:10]
    with pytest.raises(DataError, match="come from 4 events, but 5"):
        draw(ids, types, target, events_of)


def test_an_object_without_a_fold_is_an_error():
    ids, *rest = survey()
    table = draw(ids, *rest)
    with pytest.raises(DataError, match="1 objects have no fold, the first is 'stranger'"):
        fold_of(table, "grouped", 1, [*ids, "stranger"])


def test_labels_come_in_the_order_asked_for():
    ids, types, target, events_of = survey()
    table = draw(ids, types, target, events_of)
    labels = fold_of(table, "grouped", 1, ids[::-1])
    assert labels["spec_type"].tolist() == types[::-1].tolist()
    assert labels["event"].tolist() == events_of[::-1].tolist()
    assert labels["target"].tolist() == target[::-1].tolist()
