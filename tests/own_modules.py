"""Makes the learners and transforms of tests/own_learners and tests/own_transforms known by name, as plug-ins are."""

from pathlib import Path

import pytest

from mallorn import plugins

HERE = Path(__file__).parent
FILES = sorted(map(str, [*HERE.glob("own_learners/*.py"), *HERE.glob("own_transforms/*.py")]))


@pytest.fixture(scope="module")
def own_modules():
    """The tests of a module find the plug-in files by their names."""
    plugins.use(FILES)
    yield FILES
    plugins.use([])
