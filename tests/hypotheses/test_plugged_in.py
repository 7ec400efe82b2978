"""Hypotheses from plug-ins: fitted beside our own, and refused where they cannot be fitted."""

import pytest

from mallorn import plugins
from mallorn.errors import ConfigError
from mallorn.hypotheses.fit import chosen_hypotheses

TEXT = """
from dataclasses import replace

from mallorn.hypotheses.models import HYPOTHESES

KIND = "hypotheses"


def hypothesis():
    tde_fixed = next(h for h in HYPOTHESES if h.name == "tde_fixed")
    return replace(tde_fixed, {changes})
"""


@pytest.fixture
def plug_in(tmp_path):
    """A function (name, changes of tde_fixed as text) that makes a plug-in."""

    def write(name, changes):
        (tmp_path / f"{name}.py").write_text(TEXT.format(changes=changes))
        plugins.use(sorted(tmp_path.glob("*.py")))

    yield write
    plugins.use([])


def test_parents_come_before_their_children_wherever_they_are_from(plug_in):
    plug_in("after", 'name="after", parent="before"')
    plug_in("before", 'name="before", parent="supernova"')
    names = [h.name for h in chosen_hypotheses(["after", "tde_fixed", "before", "supernova"])]
    assert names == ["tde_fixed", "supernova", "before", "after"]


def test_one_without_its_parent_is_refused(plug_in):
    plug_in("after", 'name="after", parent="supernova"')
    with pytest.raises(ConfigError, match="'after' starts from the fit of 'supernova'; add 'supernova' to the list"):
        chosen_hypotheses(["after"])


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("mine", 'name="yours"', "its name must be that of its file, 'mine'"),
        ("drw", 'name="drw"', "and not one of drw, null, constant"),
        ("mine", 'name="mine", sed="greybody"', "sed one of none, blackbody"),
        (
            "mine",
            'name="mine", parameters=tde_fixed.parameters[::-1]',
            "parameters must be ln_rise, ln_tau, ln_p, ln_T",
        ),
        ("mine", 'name="mine", parent="mine"', "'mine' is, by its parents, a parent of itself"),
    ],
)
def test_one_that_cannot_be_fitted_is_refused(plug_in, name, changes, words):
    plug_in(name, changes)
    with pytest.raises(ConfigError, match=words):
        chosen_hypotheses([name])
