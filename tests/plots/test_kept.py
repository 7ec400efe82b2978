"""Figures are drawn once from the same, and again from anything else."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from mallorn.plots.kept import kept_svg
from mallorn.plots.style import new_figure


@dataclass(frozen=True)
class View:
    name: str
    flux: np.ndarray
    more: tuple = ()


class Point(NamedTuple):
    x: float
    slots: tuple


def view(**changes):
    told = {"name": "a", "flux": np.arange(3.0), "more": (Point(1.0, ("g", "r")), {"z": None})}
    return View(**told | changes)


@pytest.fixture
def draw(tmp_path):
    """A function that keeps or draws the figure of what is shown; it returns whether it drew."""

    def figure():
        drawn.append(1)
        figure, axes = new_figure()
        axes.plot([0, len(drawn)])
        return figure

    def keep(shown, code="code"):
        drawn.clear()
        assert kept_svg(tmp_path / "a.b", code, shown, figure) == tmp_path / "a.b.svg"
        return bool(drawn)

    drawn = []
    return tmp_path / "a.b.svg", keep


def test_a_figure_of_the_same_stays(draw):
    path, keep = draw
    assert keep([view()])
    before = path.read_bytes()
    assert before.rstrip().endswith(b"-->")
    assert not keep([view(flux=np.arange(6.0)[:3])])
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "other",
    [
        [view(), view()],
        [view(name="b")],
        [view(flux=np.arange(3.0) + 1e-15)],
        [view(flux=np.arange(3))],
        [view(flux=np.arange(3.0)[None])],
        [view(flux=np.array(["a", "b"], dtype=object))],
        [view(more=(Point(1.0, ("gr",)), {"z": None}))],
        [view(more=(Point(1.0, ("g", "r")), {"z": np.nan}))],
    ],
)
def test_a_figure_of_something_else_is_drawn(draw, other):
    _, keep = draw
    assert keep([view()])
    assert keep(other)
    assert keep([view()])


def test_other_code_draws_anew_and_no_code_always_draws(draw):
    path, keep = draw
    assert keep([view()])
    assert keep([view()], "other code")
    assert keep([view()], None)
    assert keep([view()], None)
    assert b"made_from" not in path.read_bytes()
    path.write_bytes(b"")
    assert keep([view()])
