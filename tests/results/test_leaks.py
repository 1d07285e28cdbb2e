import zipfile

import pytest
from PIL import Image, PngImagePlugin

from analysis.results.leaks import find_leaks

WHO = ("PEARL-017", "S-4711")
UID = "1.2.826.0.1.3680043.8.498.12345.678.9"


def word(path, *, text="", author=""):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", f"<w:t>{text}</w:t>")
        archive.writestr("docProps/core.xml", f"<dc:creator>{author}</dc:creator>")


def picture(path, told):
    info = PngImagePlugin.PngInfo()
    info.add_text("Description", told)
    Image.new("L", (2, 2)).save(path, pnginfo=info)


def pdf(path, told, about=b"/Type /ObjStm", head=b"<< /Title <", close=b"> >>", compressed=True):
    import zlib

    stream = head + (b"\xfe\xff" + told.encode("utf-16-be")).hex().encode() + close
    if head[-1:] != b"<":
        stream = head + told.encode() + close
    if compressed:
        about, stream = about + b" /Filter /FlateDecode", zlib.compress(stream)
    path.write_bytes(b"%PDF-1.7\n1 0 obj\n<< " + about + b" >>\nstream\n" + stream + b"\nendstream\nendobj\n")


LEAKS = {
    "a name of a file": (lambda f, who: (f / f"fig-{who}.svg").write_text("<svg/>"), "its name holds"),
    "text of a page": (lambda f, who: (f / "a.html").write_text(f"<p>patient {who}</p>"), "a.html: the text"),
    "text with mark-up inside": (lambda f, who: (f / "a.html").write_text(f"<p>{who[:3]}<b>{who[3:]}</b></p>"), "a.html: the text"),
    "text as entities": (lambda f, who: (f / "a.html").write_text("<p>" + "".join(f"&#{ord(c)};" for c in who)), "a.html: the text"),
    "an attribute": (lambda f, who: (f / "a.svg").write_text(f'<svg><g id="{who}"/></svg>'), "a.svg: the text"),
    "a table": (lambda f, who: (f / "t.csv").write_text(f"a,b\n{who},1\n"), "t.csv: the text"),
    "an executed notebook": (lambda f, who: (f / "n.ipynb").write_text(f'{{"outputs": "{who}"}}'), "n.ipynb: the text"),
    "text of a Word file": (lambda f, who: word(f / "d.docx", text=who), "d.docx: the text"),
    "author of a Word file": (lambda f, who: word(f / "d.docx", author=who), "d.docx: its properties"),
    "metadata of a picture": (lambda f, who: picture(f / "p.png", who), "p.png: its metadata"),
    "title of a PDF": (lambda f, who: pdf(f / "p.pdf", who), "p.pdf: its metadata"),
    "XMP of a PDF": (lambda f, who: pdf(f / "p.pdf", who, b"/Type /Metadata", b"<x:who>", b"</x:who>", compressed=False), "p.pdf: its metadata"),
    "text behind a drawing in a PDF": (lambda f, who: pdf(f / "p.pdf", who, b"/Type /XObject /Subtype /Form", b"1 0 0 rg /Span <</ActualText <", b">>> BDC"), "p.pdf: its metadata"),
    "a word on a page of a PDF": (lambda f, who: pdf(f / "p.pdf", who, b"", b"1 0 0 rg (", b") Tj"), "p.pdf: its metadata"),
    "a mark on a page of a PDF": (lambda f, who: pdf(f / "p.pdf", who, b"", b"0 g /", b" BMC"), "p.pdf: its metadata"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LEAKS)
@pytest.mark.parametrize("who", [*WHO, UID], ids=["patient", "sample", "DICOM object"])
def test_a_leak_is_found_wherever_it_stands_and_not_repeated(kind, who, tmp_path):
    put, told = LEAKS[kind]
    put(tmp_path, who)
    found = find_leaks(tmp_path, WHO)
    assert any(told in line for line in found)
    assert not any(who in line for line in found)


def test_a_clean_site_passes(tmp_path):
    (tmp_path / "a.html").write_text("<p>PEARL-0171, 1.2.840.10008.5.1.4.1.1.128, version 3.10.2.1</p>")
    word(tmp_path / "d.docx", text="nobody")
    picture(tmp_path / "p.png", "a figure")
    pdf(tmp_path / "p.pdf", "a title")
    assert find_leaks(tmp_path, WHO) == []


def test_a_pseudonym_of_digits_is_looked_for_in_what_people_read(tmp_path):
    (tmp_path / "a.html").write_text(
        '<style>b{font-weight:700}</style><svg><path d="M 700 1"/></svg><p>all</p>'
    )
    assert find_leaks(tmp_path, ["700"]) == []
    (tmp_path / "a.html").write_text("<p>patient 700</p>")
    assert find_leaks(tmp_path, ["700"]) == ["a.html: the text holds an identifier"]


def test_a_copy_of_a_clean_file_is_not_read_again_and_a_leak_is_told_at_every_place(tmp_path):
    one, other = tmp_path / "site", tmp_path / "results"
    for folder in (one, other):
        folder.mkdir()
        (folder / "clean.csv").write_text("a,b\n1,2\n")
        (folder / "leak.csv").write_text(f"a,b\n{WHO[0]},2\n")
        (folder / f"{WHO[0]}.csv").write_text(
            "a,b\n1,2\n"
        )  # the same content as a clean file, under a name that leaks
    clean: set[bytes] = set()
    first = find_leaks(one, WHO, clean=clean)
    assert first == find_leaks(one, WHO)
    assert len(clean) == 1
    assert find_leaks(other, WHO, clean=clean) == first
    assert len(first) == 2
