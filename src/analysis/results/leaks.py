"""The last look at files before they leave: no identifier in text, metadata or names of files."""

from __future__ import annotations

import hashlib
import html
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import unquote

from analysis.errors import PublicationError
from analysis.results.disclosure import SHORTEST

TEXTS = frozenset((".html", ".htm", ".md", ".qmd", ".csv", ".json", ".xml", ".svg", ".txt", ".css", ".js", ".yml", ".ipynb", ".tex"))  # fmt: skip
_ZIPPED = frozenset((".docx", ".xlsx", ".pptx", ".odt", ".zip", ".epub"))
_PICTURES = frozenset((".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".webp"))
# What must not stand before is looked at after the first letter, so that the search can leap from one such letter to the next.
_UID = re.compile(r"[12](?<![\d.][12])(?:\.\d+(?:\.\d+){6,}|(?<=2)\.25\.\d{20,})(?!\.?\d)")
_DICOM_OWN = "1.2.840.10008."
_DATA_URI = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+")
_ENCODED = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{60,}")
"""Pixels in a notebook: a short pseudonym would be found in them by chance."""
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
_RUNS = bytes(ord("A") if byte in _BASE64 else ord(" ") for byte in range(256))
"""Every letter of such pixels as an A: whether a text holds a run of them is known ten times as soon as by the pattern."""
_PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf")
_NOT_READ = re.compile(r"<(style|script|svg)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_WORDS = frozenset((".md", ".qmd", ".csv", ".txt"))
_STREAM = re.compile(rb"\bstream\r?\n")
_PIXELS_OR_FONT = re.compile(rb"/Length1\b|/Subtype\s*/(?:Image|CIDFontType0C|OpenType|Type1C)\b")
"""Streams without text: a short pseudonym would be found in their bytes by chance."""
_DRAWING = re.compile(rb"/Subtype\s*/Form\b")
"""A drawing: like the content of a page, which has no type, it is millions of numbers with strings and names between."""
_PDF_TEXT = re.compile(rb"\((?:[^()\\]|\\.)*\)|<(?:[0-9A-Fa-f]{2})+>")
_PDF_NAME = re.compile(rb"/[^\s/<>\[\](){}%]+")


def find_leaks(top: Path, identifiers: Collection[str], *, clean: set[bytes] | None = None) -> list[str]:
    """Every file below a folder that names a patient, a sample or a DICOM object, one line each.

    Looked at are names of files and folders; texts; the parts and properties of Word and other zipped documents;
    metadata of pictures and PDF. Not the text drawn in a PDF, whose letters are numbers of its fonts: it is made from
    the same source as the page beside it. Pictures inside a page (base64) are published as files too.

    Parameters
    ----------
    top : Path
        Folder, or one file.
    identifiers : collection of str
        Pseudonyms of patients, samples and series.
    clean : set of bytes, optional
        Digests of files that were looked at for the same identifiers and hold none; those of this folder are added. A copy of a
        file, as the site has of results, is then not read twice; its name is looked at all the same.

    Returns
    -------
    list of str
        File and kind of place; never the identifier. A file whose name leaks is named by its ending alone.
    """
    anywhere = _matcher(identifiers)
    # A pseudonym of digits alone is looked for in what people read: code and drawings are full of numbers.
    in_code = _matcher([one for one in identifiers if not one.isdecimal()])
    files = [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file())
    found = []
    for path in files:
        name = path.name if top.is_file() else path.relative_to(top).as_posix()
        if _named(name, anywhere):
            found.append(f"a file *{path.suffix}: its name holds an identifier")
            name = f"*{path.suffix}"
        content, suffix = path.read_bytes(), path.suffix.lower()
        digest = b"" if clean is None else hashlib.sha256(suffix.encode() + b"\0" + content).digest()
        if clean is not None and digest in clean:
            continue
        leaks = {
            f"{name}: {place} holds an identifier"
            for place, text, read in _texts(suffix, content)
            if _named(text, anywhere if read else in_code)
        }
        found += sorted(leaks - set(found))
        if clean is not None and not leaks:
            clean.add(digest)
    return found


def refuse_leaks(
    top: Path, identifiers: Collection[str], *, what: str, clean: set[bytes] | None = None
) -> None:
    """Raise where a folder or file that is about to be put in place names a patient, a sample or a DICOM object.

    ``clean`` is as for :func:`find_leaks`.

    Raises
    ------
    PublicationError
        Listing every file and place.
    """
    found = find_leaks(top, identifiers, clean=clean)
    if found:
        raise PublicationError(
            f"{what} would carry identifiers out of the data folder:\n  " + "\n  ".join(found),
            expected="no pseudonym of a patient, sample or series, and no UID, in text, metadata or names of files",
            do="find in the notebook or text what prints them, remove it, and run make report",
            offenders=found,
        )


def _matcher(identifiers: Collection[str]) -> re.Pattern[str] | None:
    """Pattern of the identifiers as whole words, the same that :func:`analysis.results.disclosure.identifiers_in` finds; None if there is none."""
    by_first: dict[str, list[str]] = {}
    for name in sorted({name for name in identifiers if len(name) >= SHORTEST}, key=len, reverse=True):
        by_first.setdefault(name[0], []).append(re.escape(name[1:]))
    parts = [
        rf"{re.escape(first)}(?<!\w{re.escape(first)})(?:{'|'.join(rest)})(?!\w)"
        for first, rest in by_first.items()
    ]
    return re.compile("|".join(parts)) if parts else None


def _named(text: str, wanted: re.Pattern[str] | None) -> bool:
    if wanted is not None and wanted.search(text):
        return True
    return any(not uid.startswith(_DICOM_OWN) for uid in _UID.findall(text))


def _texts(suffix: str, content: bytes) -> Iterator[tuple[str, str, bool]]:
    """Texts of a file, each with the place where it stands, and whether people read it as it is."""
    if suffix in TEXTS:
        text = _DATA_URI.sub(" ", content.decode("utf-8", "replace"))
        if b"A" * 60 in content.translate(_RUNS):
            text = _ENCODED.sub(" ", text)
        yield "the text", text, suffix in _WORDS
        if suffix in (".html", ".htm", ".xml", ".svg"):
            decoded = html.unescape(unquote(text))
            if decoded != text:
                yield "the text", decoded, False
            bare = re.sub(r"<[^>]*>", "", _NOT_READ.sub(" ", text))  # a name may have mark-up inside
            yield "the text", html.unescape(unquote(bare)), suffix != ".svg"
    elif suffix in _ZIPPED:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield "a name of a part", "\n".join(archive.namelist()), False
            for part in archive.namelist():
                place = "its properties" if "docProps" in part or "meta" in part.lower() else "the text"
                kind = Path(part).suffix.lower().replace(".rels", ".xml")
                for _, text, read in _texts(kind, archive.read(part)):
                    yield place, text, read
    elif suffix in _PICTURES:
        yield "its metadata", _picture(content), False
    elif suffix == ".pdf":
        yield "its metadata", _pdf(content), False


def _picture(content: bytes) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        pixels = content.find(b"IDAT")
        whole = picture.format != "PNG" or any(content.find(kind, pixels) > 0 for kind in _PNG_TEXTS)
        if whole:
            picture.load()  # text behind the pixels is read only then
        told = [f"{key} {value}" for key, value in picture.info.items()]
        if whole or "exif" in picture.info:  # asking for it would read the pixels
            told += [f"{value}" for value in picture.getexif().values()]
    return "\n".join(told)


def _pdf(content: bytes) -> str:
    """Strings of a PDF outside its fonts' codes: information dictionary, bookmarks, links, XMP, in streams too."""
    streams, outside = _streams(content)
    told = []
    for about, stream in (*streams, (b"/Type", outside)):
        if _PIXELS_OR_FONT.search(about):
            continue
        try:
            piece = zlib.decompress(stream)
        except zlib.error:
            if b"/Filter" in about:
                continue  # another filter: pixels
            piece = stream
        if b"/Type" not in about or _DRAWING.search(about):
            told.append(b"\n".join(_PDF_NAME.findall(piece)).decode("latin-1"))
        else:
            told.append(piece.decode("latin-1"))
        strings = [
            found[1:-1] if found[:1] == b"(" else bytes.fromhex(found[1:-1].decode("ascii"))
            for found in _PDF_TEXT.findall(piece)
        ]
        told.append(b"\n".join(strings).decode("latin-1"))
        told += [one.decode("utf-16", "replace") for one in strings if one[:2] in (b"\xfe\xff", b"\xff\xfe")]
    return "\n".join(told)


def _streams(content: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Streams of a PDF, each with the dictionary before it, and all that stands outside streams."""
    found, outside, end = [], [], 0
    for begin in _STREAM.finditer(content):
        if begin.start() < end:
            continue  # the bytes of a stream happen to hold the word
        outside.append(content[end : begin.start()])
        about = content[max(end, content.rfind(b" obj", end, begin.start())) : begin.start()]
        close = content.find(b"endstream", begin.end())
        end = len(content) if close < 0 else close
        found.append((about, content[begin.end() : end]))
    return found, b"".join([*outside, content[end:]])
