"""Makes the learners and transforms of tests/own_learners and tests/own_transforms known by name."""

from pathlib import Path

import pytest

import mallorn.learners
import mallorn.learning.transforms

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def own_modules():
    """For the tests of a module, the packages of learners and transforms have one folder more each."""
    with pytest.MonkeyPatch.context() as patch:
        for package, folder in ((mallorn.learners, "own_learners"), (mallorn.learning.transforms, "own_transforms")):
            patch.setattr(package, "__path__", [*package.__path__, str(HERE / folder)])
        yield
