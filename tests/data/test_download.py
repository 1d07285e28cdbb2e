"""Public files come with their checksum or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import http.server
import threading

import pytest

from analysis.data import SOURCES, fetch, load_study
from analysis.data.download import MIRROR, obtain
from analysis.errors import DownloadError, ParameterError

CONTENT = b"a,b\n1,2\n"


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serve a file on this machine and count how often it is asked for."""
    monkeypatch.delenv(MIRROR, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200 if self.path == "/table.csv" else 404)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{service.server_port}", asked
        service.shutdown()
        thread.join()


def source(address: str, content: bytes = CONTENT):
    return dataclasses.replace(
        SOURCES["pearl-open"], address=address, sha256=hashlib.sha256(content).hexdigest()
    )


def test_a_file_is_downloaded_once(server, tmp_path):
    address, asked = server
    for _ in range(2):
        assert obtain(source(f"{address}/table.csv"), tmp_path / "downloads").read_bytes() == CONTENT
    assert asked == ["/table.csv"]


def test_a_kept_download_that_was_damaged_is_downloaded_again(server, tmp_path):
    address, asked = server
    obtain(source(f"{address}/table.csv"), tmp_path).write_bytes(b"damaged")
    assert obtain(source(f"{address}/table.csv"), tmp_path).read_bytes() == CONTENT
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("table.csv", b"something else", "not the file with the known checksum"),
        ("gone.csv", CONTENT, "status 404"),
    ],
)
def test_a_wrong_answer_is_refused_and_nothing_is_kept(server, tmp_path, name, content, said):
    with pytest.raises(DownloadError, match=said):
        obtain(source(f"{server[0]}/{name}", content), tmp_path / "downloads")
    assert list((tmp_path / "downloads").iterdir()) == []


def test_without_a_connection_the_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv(MIRROR, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(
        "analysis.data.download.SOURCES", {"pearl-open": source("http://127.0.0.1:9/table.csv")}
    )
    with pytest.raises(DownloadError, match="cannot be reached") as caught:
        fetch("pearl-open", tmp_path / "public" / "pearl-open")
    assert MIRROR in str(caught.value)
    assert "http://127.0.0.1:9/table.csv" in str(caught.value)
    assert not (tmp_path / "public" / "pearl-open").exists()


def test_a_local_copy_below_the_named_folder_stands_in_for_the_download(server, tmp_path, monkeypatch):
    address, asked = server
    for folder, content in (("a", b"of the same name"), ("b/c", CONTENT)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "table.csv").write_bytes(content)
    monkeypatch.setenv(MIRROR, str(tmp_path))
    kept = obtain(source(f"{address}/table.csv"), tmp_path / "downloads")
    assert kept == tmp_path / "downloads" / "table.csv"
    assert kept.read_bytes() == CONTENT
    assert asked == []


def test_what_was_taken_from_a_local_copy_is_there_later_without_it(server, tmp_path, monkeypatch):
    address, asked = server
    copy, downloads = tmp_path / "copy", tmp_path / "public" / "_downloads"
    copy.mkdir()
    (copy / "table.csv").write_bytes(CONTENT)
    with monkeypatch.context() as set_for_once:
        set_for_once.setenv(MIRROR, str(copy))
        obtain(source(f"{address}/table.csv"), downloads)
    (copy / "table.csv").unlink()
    assert obtain(source(f"{address}/table.csv"), downloads).read_bytes() == CONTENT
    assert asked == []
    assert [path.name for path in downloads.iterdir()] == ["table.csv"]


def test_a_damaged_copy_among_the_downloads_is_replaced_from_the_local_copy(tmp_path, monkeypatch):
    copy, downloads = tmp_path / "copy", tmp_path / "downloads"
    for folder, content in ((copy, CONTENT), (downloads, b"damaged")):
        folder.mkdir()
        (folder / "table.csv").write_bytes(content)
    monkeypatch.setenv(MIRROR, str(copy))
    assert obtain(source("http://127.0.0.1:9/table.csv"), downloads).read_bytes() == CONTENT


def test_the_folder_of_downloads_can_itself_be_named(tmp_path, monkeypatch):
    (tmp_path / "table.csv").write_bytes(CONTENT)
    monkeypatch.setenv(MIRROR, str(tmp_path))
    assert obtain(source("http://127.0.0.1:9/table.csv"), tmp_path) == tmp_path / "table.csv"


def test_a_place_for_downloads_that_cannot_be_written_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "table.csv").write_bytes(CONTENT)
    (tmp_path / "downloads").write_text("a file")
    monkeypatch.setenv(MIRROR, str(tmp_path))
    with pytest.raises(DownloadError, match="cannot be stored"):
        obtain(source("http://127.0.0.1:9/table.csv"), tmp_path / "downloads")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "there is no table.csv"), (b"another", "table.csv lies there with another checksum")],
)
def test_a_named_folder_without_the_file_is_an_error_and_not_a_download(
    server, tmp_path, monkeypatch, content, said
):
    address, asked = server
    if content is not None:
        (tmp_path / "table.csv").write_bytes(content)
    monkeypatch.setenv(MIRROR, str(tmp_path))
    with pytest.raises(DownloadError, match=said):
        obtain(source(f"{address}/table.csv"), tmp_path / "downloads")
    assert asked == []


def test_a_named_folder_that_does_not_exist_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv(MIRROR, str(tmp_path / "nowhere"))
    with pytest.raises(DownloadError, match="does not exist"):
        obtain(SOURCES["pearl-open"], tmp_path)


def test_unknown_public_data_are_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"no public data named 'pearl'.*pearl-open"):
        fetch("pearl", tmp_path)


def test_fetching_from_a_local_copy_makes_a_study(shared, tmp_path, monkeypatch):
    monkeypatch.setenv(MIRROR, str(shared / "realdata" / "pearl_ctdna_alfassay"))
    assert load_study(fetch("pearl-open", tmp_path / "pearl-open")).id == "pearl-open"
    assert (tmp_path / "_downloads" / SOURCES["pearl-open"].file).is_file()


@pytest.mark.parametrize("entry", SOURCES.values(), ids=list(SOURCES))
def test_every_source_is_pinned(entry):
    assert len(entry.sha256) == 64
    commit = entry.address.split("/")[5]
    assert len(commit) == 40
    assert commit in entry.origin
