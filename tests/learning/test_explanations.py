import numpy as np

from mallorn.learning.explanations import candidate_table, explained_rows, global_table

SHAP = np.array([[0.1, -0.5, 0.2], [0.0, 0.3, -0.4]])
VALUES = np.array([[1.0, 2.0, 3.0], [4.0, np.nan, 6.0]], dtype=np.float32)


def test_the_largest_values_of_each_candidate_lead_whatever_their_sign():
    table = candidate_table(["one", "two"], ("a", "b", "c"), VALUES, SHAP, 2)
    assert table["object_id"].tolist() == ["one", "one", "two", "two"]
    assert table["feature"].tolist() == ["b", "c", "c", "b"]
    assert table["shap"].tolist() == [-0.5, 0.2, -0.4, 0.3]
    np.testing.assert_array_equal(table["value"], [2, 3, 6, np.nan])
    assert len(candidate_table(["one", "two"], ("a", "b", "c"), VALUES, SHAP, 9)["shap"]) == 6


def test_means_are_of_absolute_values():
    table = global_table(("a", "b", "c"), SHAP)
    assert table["feature"].tolist() == ["b", "c", "a"]
    np.testing.assert_allclose(table["shap"], [0.4, 0.3, 0.05])


def test_candidates_are_the_most_probable_and_the_sample_is_drawn_once():
    p = np.array([0.1, 0.9, 0.5, 0.9, 0.2])
    best, drawn = explained_rows(p, 3, 4, seed=1)
    assert best.tolist() == [1, 3, 2]
    assert len(set(drawn)) == 4
    assert drawn.tolist() == sorted(drawn) == explained_rows(p[::-1], 3, 4, seed=1)[1].tolist()
    assert len(explained_rows(p, 9, 9, seed=1)[0]) == len(explained_rows(p, 9, 9, seed=1)[1]) == 5
