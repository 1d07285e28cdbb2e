from __future__ import annotations

import http.client
import socket
import threading
import time

import pytest

from analysis.errors import PublicationError
from analysis.publish import prepare, render_index, render_notebooks, render_publication
from analysis.publish.preview.rendering import render_changed, saved_at
from analysis.publish.preview.watching import watch
from analysis.publish.site.pages import documents
from analysis.publish.strict.orphans import unprinted

SECONDS = 60
"""A busy machine is slow, not wrong."""


@pytest.fixture
def previewed(reports):
    """Address of a running preview of the small publication, its sources, and what it says."""
    prepare(reports.folder, ["primary"])
    render_publication(reports.folder, reports.folder / "_site", quarto="")
    render_notebooks(reports.folder, ["primary"])
    render_index(reports.folder, ["primary"])
    said: list[str] = []
    stopped = threading.Event()
    thread = threading.Thread(
        target=watch,
        args=(reports.folder, ["primary"]),
        kwargs={"port": 0, "say": said.append, "stopped": stopped},
        daemon=True,
    )
    thread.start()
    until(lambda: any("127.0.0.1" in line for line in said))
    port = int(next(line for line in said if "127.0.0.1" in line).split(":")[2].split("/")[0])
    yield port, reports, said
    stopped.set()
    thread.join(timeout=SECONDS)
    assert not thread.is_alive()


def until(true) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def get(port: int, path: str, host: str = "") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text


def test_what_is_saved_is_on_the_page_and_the_browser_hears_of_it(previewed) -> None:
    port, reports, _ = previewed
    news = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    news.request("GET", "/-/saved")
    stream = news.getresponse()
    reports.replace("index.qmd", "The drug was tested before", "A sentence was changed")
    while (line := stream.readline()).startswith((b":", b"\n")):
        pass
    news.close()
    assert line == b"data: saved\n"
    status, page = get(port, "/publication/index.html")
    assert status == 200
    assert "A sentence was changed" in page
    assert 'new EventSource("/-/saved")' in page
    # Only what is served reloads itself.
    assert "EventSource" not in (reports.folder / "_preview" / "index.html").read_text(encoding="utf-8")


def test_a_broken_reference_is_shown_with_file_and_line_until_it_is_mended(previewed) -> None:
    port, reports, said = previewed
    reports.replace("index.qmd", "@tbl-flow", "@tbl-none")
    until(lambda: any("@tbl-none" in line for line in said))
    line = (
        (reports.folder / "index.qmd")
        .read_text()
        .splitlines()
        .index(
            "The drug was tested before [@gombos2021]. Section @sec-introduction comes first, then @fig-pfs and @tbl-none."
        )
    )
    problem = f"index.qmd:{line + 1}: cross-reference @tbl-none points at nothing"
    assert problem in said
    assert problem in get(port, "/publication/index.html")[1]
    reports.replace("index.qmd", "@tbl-none", "@tbl-flow")
    until(lambda: problem not in get(port, "/publication/index.html")[1])
    assert "Table 1" in get(port, "/publication/index.html")[1].replace("\u00a0", " ")


def test_only_this_computer_is_served_and_only_the_site(previewed) -> None:
    port, _, _ = previewed
    assert get(port, "/")[0] == 302
    assert get(port, "/index.html")[0] == 200
    assert get(port, "/notebooks/primary/04-survival.html")[0] == 200
    assert get(port, "/index.html", host="evil.example.org:80")[0] == 403
    for path in ("/../index.qmd", "/publication/../../index.qmd", "/..%2findex.qmd", "/nothing.html"):
        assert get(port, path)[0] == 404


def test_a_change_makes_only_the_pages_that_hold_it(reports) -> None:
    def render(changed):
        return render_changed(reports.folder, ["primary"], reports.folder / "_preview", changed).pages

    assert render(None) == ("index.html", "supplement.html")
    assert render(["supplement.qmd"]) == ("supplement.html",)
    assert render(["references.bib"]) == ("index.html", "supplement.html")


def test_what_the_preview_writes_is_no_news(reports) -> None:
    before = saved_at(reports.folder, ["primary"])
    render_changed(reports.folder, ["primary"], reports.folder / "_preview", None)
    assert saved_at(reports.folder, ["primary"]) == before
    assert "index.qmd" in before


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("glossary.yml", 'PFS:\n  means: "Time to', "glossary.yml:2"),
        ("parts.yml", "pet: {requires: [", "parts.yml:1"),
        ("_quarto.yml", "project: [", "_quarto.yml:1"),
        ("glossary.yml", "- PFS\n", "glossary.yml is not a mapping"),
    ],
)
def test_a_file_that_is_half_saved_is_a_problem_with_its_name(
    reports, file: str, text: str, said: str
) -> None:
    (reports.folder / file).write_text(text, encoding="utf-8")
    outcome = render_changed(reports.folder, ["primary"], reports.folder / "_preview", None)
    assert not outcome.pages
    assert said in "".join(outcome.problems)
    assert file in "".join(outcome.problems)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("index.qmd", 2),
        ("supplement.qmd", 2),
        ("parts/methods.qmd", 2),
        ("references.bib", 2),
        ("style/site.css", 2),
    ],
)
def test_a_text_that_is_cut_inside_a_character_is_a_problem_with_its_line(
    reports, file: str, line: int
) -> None:
    place = reports.folder / file
    place.parent.mkdir(exist_ok=True)
    place.write_bytes("---\ntitle: Größe".encode()[:-2])
    outcome = render_changed(reports.folder, ["primary"], reports.folder / "_preview", None)
    assert not outcome.pages
    assert f"{file} is not UTF-8 text" in "".join(outcome.problems)
    assert f"[{file}:{line}]" in "".join(outcome.problems)


@pytest.mark.parametrize(
    "content", [b'{"cells": [', '{"cells": "ü'.encode()[:-1]], ids=["cut", "in a character"]
)
def test_an_executed_copy_that_is_cut_is_a_problem_not_a_traceback(reports, content: bytes) -> None:
    place = reports.folder / "notebooks" / "primary" / "04-survival.ipynb"
    place.write_bytes(content)
    outcome = render_changed(reports.folder, ["primary"], reports.folder / "_preview", None)
    with pytest.raises(PublicationError, match="not a notebook"):
        render_notebooks(reports.folder, ["primary"])
    assert outcome.pages or "not a notebook" in "".join(outcome.problems)


def test_a_file_that_cannot_be_read_now_does_not_end_the_preview(reports, monkeypatch) -> None:
    (reports.folder / "index.qmd").unlink()
    (reports.folder / "index.qmd").symlink_to("index.qmd")  # as on a share that is not there for a moment
    monkeypatch.setattr(type(reports.folder), "is_file", lambda _: True)
    outcome = render_changed(reports.folder, ["primary"], reports.folder / "_preview", None)
    assert "index.qmd: cannot be read or written now" in "".join(outcome.problems)


@pytest.mark.parametrize("text", ["project: [", "project:\n  render: index.qmd\n", "- project\n", ""])
def test_navigation_of_a_faulty_project_file_is_refused_with_its_name(reports, text: str) -> None:
    reports.write("_quarto.yml", text)
    with pytest.raises(PublicationError, match=r"_quarto\.yml"):
        documents(reports.folder)


def test_a_half_saved_list_of_what_is_not_printed_names_its_file(reports) -> None:
    (reports.folder / "unprinted.yml").write_bytes("os.tau: 'wait, for ä".encode()[:-1])
    with pytest.raises(PublicationError, match=r"unprinted\.yml"):
        unprinted(reports.folder, [])
    (reports.folder / "unprinted.yml").write_text("os.tau: 'why", encoding="utf-8")
    with pytest.raises(PublicationError, match=r"unprinted\.yml is not YAML.*Do: correct that line"):
        unprinted(reports.folder, [])


def test_a_source_that_goes_away_while_it_is_looked_at_is_not_there(reports, monkeypatch) -> None:
    kind = type(reports.folder)
    monkeypatch.setattr(kind, "glob", lambda folder, _: iter([folder / "index.qmd", folder / "gone.qmd"]))
    monkeypatch.setattr(kind, "is_file", lambda _: True)  # as it was a moment before
    assert list(saved_at(reports.folder, ["primary"])) == ["index.qmd"]


def test_a_port_that_is_taken_is_said_before_anything_is_made(reports) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PublicationError, match=f"port {port} is taken.*PORT=0"):
            watch(reports.folder, ["primary"], port=port, say=print)
    assert not (reports.folder / "_preview").exists()
