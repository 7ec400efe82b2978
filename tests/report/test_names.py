import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallorn.report.names import page_name


@pytest.mark.parametrize("name", ["a", "tachol_anwar_mindon", "SN2018abc", "x.y-z+1"])
def test_ids_that_can_name_a_file_are_used_as_they_are(name):
    assert page_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "a/b",
        "a\\b",
        ".hidden",
        "-rf",
        "a b",
        "a%2fb",
        "é",
        "a\n",
        "x" * 81,
        "<b>",
        "a.",
    ],
)
def test_other_ids_become_a_digest(name):
    assert page_name(name).startswith("id-")
    assert len(page_name(name)) == 19


@given(st.text(max_size=120))
def test_no_id_leaves_its_folder_or_takes_the_name_of_another(name):
    made = page_name(name)
    assert not set(made) & set('/\\\0<>:"|?*#% \n')
    assert made not in (".", "..")
    assert not made.startswith((".", "-"))
    assert made == name or page_name(made) != made
