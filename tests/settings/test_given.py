import pytest

from mallorn.errors import ConfigError
from mallorn.settings.given import check_given
from mallorn.settings.resolve import resolve


def test_an_empty_value_of_the_command_line_is_no_null():
    with pytest.raises(ConfigError, match=r"data_dir: expected a value, found nothing after data_dir="):
        check_given({"data_dir": None, "seed": 3})
    check_given({"new_data": "a folder", "seed": 3}, ["https://example.org/config.yaml"])


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("data_dir:\nseed: 1\n", ["data_dir"]),
        ("data_dir: # to come\nnew_data:\n", ["data_dir", "new_data"]),
        ("data_dir: null\nnew_data: ~\nmodels: {mine: }\n", []),
        ("", []),
        ("- a list\n", []),
        ("{broken", []),
    ],
)
def test_an_empty_value_of_a_file_is_told_with_the_file(tmp_path, text, refused):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    if not refused:
        check_given({}, [path])
        return
    with pytest.raises(ConfigError) as caught:
        check_given({}, [path])
    for key in refused:
        assert f"{key}: expected a value, or null for none, found nothing after {key}: in {path}" in str(caught.value)


@pytest.mark.parametrize("key", ["data_dir", "new_data"])
@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_path_is_refused(key, blank):
    with pytest.raises(ConfigError, match=f"{key}: expected a path, or null for none"):
        resolve({key: blank})
