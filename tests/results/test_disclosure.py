import pytest

from analysis.errors import PublicationError
from analysis.results.disclosure import identifiers_in, refuse_identifiers


def test_a_pseudonym_is_found_as_a_whole_word_only():
    assert identifiers_in("row P-017, then P-0171.", ["P-017"]) == ["P-017"]
    assert identifiers_in("only P-0171", ["P-017"]) == []


def test_pseudonyms_too_short_to_search_for_are_left_alone():
    assert identifiers_in("n = 12", ["12"]) == []


def test_the_error_does_not_repeat_the_pseudonym():
    with pytest.raises(PublicationError) as error:
        refuse_identifiers("PEARL-7 progressed", ["PEARL-7"], where="a table")
    assert "PEARL-7" not in str(error.value)
    assert error.value.offenders == ("PEARL-7",)
