from mallorn.simulate.names import object_name, split_names


def test_names_of_splits_have_two_digits_or_more():
    assert split_names(2) == ["split_01", "split_02"]
    assert split_names(100)[-1] == "split_100"


def test_names_of_objects_are_unique_across_the_step_from_three_words_to_four():
    numbers = [*range(3000), *range(64**3 - 1000, 64**3 + 1000)]
    names = [object_name(number)[0] for number in numbers]
    assert len(set(names)) == len(names)
    assert {name.count("_") for name in names[:3000]} == {2}
    assert {name.count("_") for name in names[-1000:]} == {3}


def test_translation_goes_word_by_word():
    name, translation = object_name(0)
    assert name == "aduial_aduial_aduial"
    assert translation == "evening, twilight + evening, twilight + evening, twilight"
