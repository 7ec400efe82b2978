"""The table of cases that went wrong names tests that there are."""

import re

import pytest
from cases_gone_wrong import WENT_WRONG
from workflow_copy import ROOT


@pytest.mark.parametrize("case", WENT_WRONG, ids=lambda case: case.what)
def test_a_case_that_went_wrong_is_held_by_a_test(case):
    file, _, name = case.test.partition("::")
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert re.search(rf"^ *def {name}\(", text, re.MULTILINE)
