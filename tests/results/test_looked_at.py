"""A file that held no identifier is not searched again for the same ones, and for others it is."""

import pytest

from analysis.results import leaks
from analysis.results.leaks import find_leaks
from analysis.results.looked_at import looked_at


@pytest.fixture
def search(tmp_path, monkeypatch):
    """Looks through a folder with one page of a patient and one without; says which files were read, and the leaks."""
    top = tmp_path / "site"
    top.mkdir()
    (top / "a.html").write_text("<p>nobody</p>")
    (top / "b.html").write_text("<p>of PEARL-0042</p>")
    read = []
    texts = leaks._texts
    monkeypatch.setattr(
        leaks, "_texts", lambda suffix, content: read.append(content) or texts(suffix, content)
    )

    def run(identifiers):
        read.clear()
        with looked_at(tmp_path / ".make", identifiers) as clean:
            found = find_leaks(top, identifiers, clean=clean)
        return len(read), found

    run.top, run.kept = top, tmp_path / ".make" / "looked-at"
    return run


def test_the_same_bytes_are_not_searched_again_and_a_leak_always_is(search):
    told = ["b.html: the text holds an identifier"]
    assert search(["PEARL-0042"]) == (2, told)
    assert search(["PEARL-0042"]) == (1, told)
    (search.top / "a.html").write_text("<p>nobody else</p>")
    assert search(["PEARL-0042"]) == (2, told)


def test_for_other_identifiers_every_file_is_searched(search):
    search(["PEARL-0042"])
    assert search(["PEARL-0042", "PEARL-0043"])[0] == 2
    assert search(["PEARL-0043", "nobody"]) == (
        2,
        ["a.html: the text holds an identifier"],
    )


def test_another_version_of_the_search_knows_nothing(search, tmp_path, monkeypatch):
    search(["PEARL-0042"])
    other = tmp_path / "leaks.py"
    other.write_text("# another")
    monkeypatch.setattr(leaks, "__file__", str(other))
    assert search(["PEARL-0042"])[0] == 2


@pytest.mark.parametrize("content", [b"half a digest", b"x" * 32 * 50_001])
def test_what_was_kept_and_is_broken_or_too_much_is_forgotten(search, content):
    search(["PEARL-0042"])
    [kept] = search.kept.iterdir()
    kept.write_bytes(content)
    assert search(["PEARL-0042"])[0] == 2
    assert search(["PEARL-0042"])[0] == 1


def test_a_name_of_a_file_is_looked_at_every_time(search):
    search(["PEARL-0042"])
    (search.top / "a.html").rename(search.top / "PEARL-0042.html")
    assert "a file *.html: its name holds an identifier" in search(["PEARL-0042"])[1]


def test_nothing_is_kept_of_a_search_that_was_broken_off(search, tmp_path):
    def broken_off():
        with looked_at(tmp_path / ".make", ["PEARL-0042"]) as clean:
            find_leaks(search.top, ["PEARL-0042"], clean=clean)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert search(["PEARL-0042"])[0] == 2


def test_a_build_that_can_keep_nothing_searches_every_time(search):
    search.kept.parent.mkdir()
    search.kept.write_text("a file where the folder should be")
    assert [search(["PEARL-0042"])[0] for _ in range(2)] == [2, 2]
