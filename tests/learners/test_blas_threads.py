"""Learners do linear algebra in one thread, since sums in parts round otherwise, and leave the process as it was."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from mallorn.learners import logistic, mlp
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Labelled, of_values

CASES = [
    (logistic, {"C": 1.0, "max_iter": 20}),
    (mlp, {"hidden": 4, "epochs": 2, "alpha": 1.0, "learning_rate_init": 1e-3, "batch_size": 8}),
]


def blas_threads():
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two():
    """A process whose user lets linear algebra have two threads."""
    with threadpool_limits(2, user_api="blas"):
        assert blas_threads() == {2}
        yield


@pytest.fixture
def data():
    values = np.random.default_rng(1).standard_normal((30, 3)).astype(np.float32)
    return of_values(values), (values[:, 0] > 0).astype(int)


@pytest.mark.parametrize(("learner", "params"), CASES)
def test_the_user_gets_the_number_back(data, learner, params):
    dataset, classes = data
    model = learner.fit(dataset, classes, np.ones(30), 2, params, 1, 1)
    assert blas_threads() == {2}
    learner.predict(model, dataset)
    assert blas_threads() == {2}


@pytest.mark.parametrize(("learner", "params"), CASES)
def test_fits_in_several_threads_have_one_each(data, monkeypatch, learner, params):
    found, fit = [], learner.fit

    def watched(*arguments):
        found.append(blas_threads())
        return fit(*arguments)

    monkeypatch.setattr(learner, "fit", watched)
    dataset, classes = data
    objects = Labelled.of(dataset, classes, 2, dataset.object_id, classes, None)
    spec = {"learner": learner.__name__.rpartition(".")[2], "params": params, "seeds": 2, "balance": 0.0}
    cross_validate(objects, np.arange(30) % 3, spec, 1, threads=3)
    assert found == [{1}] * 6
    assert blas_threads() == {2}
