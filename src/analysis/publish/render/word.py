"""The look of the DOCX: Pandoc's own reference document, restyled, with the study's mark on every page."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from xml.sax.saxutils import escape

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_HEADER = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/header"
_HEADER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
_INK, _QUIET, _ACCENT, _AMBER = "1C2429", "56646D", "1B5E77", "7A4F00"


def _size(points: float, colour: str = _INK, more: str = "") -> str:
    return f'{more}<w:color w:val="{colour}"/><w:sz w:val="{points * 2:g}"/><w:szCs w:val="{points * 2:g}"/>'


# Style → paragraph and run properties; sizes in points. A4, one family, left-aligned like the HTML.
_STYLES = {
    "Title": ('<w:spacing w:before="0" w:after="80"/><w:jc w:val="left"/>', _size(20, more="<w:b/>")),
    "Subtitle": ('<w:spacing w:after="120"/><w:jc w:val="left"/>', _size(12, _QUIET)),
    "Author": ('<w:keepNext/><w:spacing w:after="0"/><w:jc w:val="left"/>', _size(11)),
    "Date": ('<w:spacing w:after="160"/><w:jc w:val="left"/>', _size(9.5, _QUIET)),
    "Heading1": ('<w:keepNext/><w:keepLines/><w:spacing w:before="360" w:after="100"/><w:outlineLvl w:val="0"/>', _size(15, more="<w:b/>")),
    "Heading2": ('<w:keepNext/><w:keepLines/><w:spacing w:before="260" w:after="80"/><w:outlineLvl w:val="1"/>', _size(12.5, more="<w:b/>")),
    "Heading3": ('<w:keepNext/><w:keepLines/><w:spacing w:before="200" w:after="60"/><w:outlineLvl w:val="2"/>', _size(11, more="<w:b/>")),
    "BodyText": ('<w:spacing w:before="0" w:after="140" w:line="276" w:lineRule="auto"/>', ""),
    "Compact": ('<w:spacing w:before="20" w:after="20"/>', _size(9.5)),
    "ImageCaption": ('<w:spacing w:before="60" w:after="280"/>', _size(9.5, _QUIET)),
    "TableCaption": ('<w:keepNext/><w:spacing w:before="280" w:after="80"/>', _size(9.5, _QUIET)),
    "Bibliography": ('<w:spacing w:after="80"/><w:ind w:left="425" w:hanging="425"/>', _size(9.5)),
}  # fmt: skip

_CALLOUTS = "".join(
    f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/>'
    f'<w:basedOn w:val="BodyText"/><w:qFormat/><w:pPr>{keep}<w:pBdr><w:left w:val="single" w:sz="24" w:space="8" '
    f'w:color="{_AMBER}"/></w:pBdr><w:spacing w:before="{before}" w:after="{after}"/><w:ind w:left="170"/></w:pPr>'
    f"<w:rPr>{_size(10)}</w:rPr></w:style>"
    for name, keep, before, after in (("Callout Title", "<w:keepNext/>", 160, 40), ("Callout", "", 0, 100))
)
_TABLE = (
    '<w:style w:type="table" w:default="1" w:styleId="Table"><w:name w:val="Table"/><w:basedOn w:val="TableNormal"/>'
    f'<w:qFormat/><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="8" w:color="{_INK}"/><w:bottom w:val="single" w:sz="8"'
    f' w:color="{_INK}"/></w:tblBorders><w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/>'
    '</w:tblCellMar></w:tblPr><w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tblPr/><w:tcPr><w:tcBorders>'
    f'<w:bottom w:val="single" w:sz="4" w:color="{_INK}"/></w:tcBorders></w:tcPr></w:tblStylePr></w:style>'
)


def _restyled(styles: str) -> str:
    for name, (paragraph, run) in _STYLES.items():
        block = re.search(rf'<w:style [^>]*w:styleId="{name}">.*?</w:style>', styles, re.DOTALL)
        if block is None:
            continue
        bare = re.sub(r"<w:(pPr|rPr)>.*?</w:\1>|<w:(?:pPr|rPr) ?/>", "", block[0], flags=re.DOTALL)
        new = bare.replace("</w:style>", f"<w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>")
        styles = styles.replace(block[0], new)
    styles = re.sub(
        r'<w:style [^>]*w:styleId="Table">.*?</w:style>', lambda _: _TABLE, styles, flags=re.DOTALL
    )
    fonts = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Calibri" w:cs="Calibri"/>'
    styles = re.sub(r"(<w:docDefaults>.*?)<w:rFonts[^>]*/>", rf"\1{fonts}", styles, count=1, flags=re.DOTALL)
    styles = styles.replace('<w:sz w:val="24" />', '<w:sz w:val="22" />', 1)
    return styles.replace("</w:styles>", f"{_CALLOUTS}</w:styles>")


def _header(mark: str, *, simulated: bool) -> str:
    run = f"<w:rPr>{_size(8, _AMBER if simulated else _QUIET, '<w:b/>' if simulated else '')}</w:rPr>"
    text = f"<w:r>{run}<w:t>{escape(mark)}</w:t></w:r>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<w:hdr {_W} {_R}><w:p><w:pPr><w:jc w:val="right"/></w:pPr>{text}</w:p></w:hdr>'


def reference_docx(mark: str, *, simulated: bool) -> bytes:
    """Reference document for ``reference-doc``: styles, A4 page, and a header that says which data it is.

    Parameters
    ----------
    mark : str
        Text of the header on every page.
    simulated : bool
        Whether the mark is a warning.
    """
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    original = zipfile.ZipFile(io.BytesIO(subprocess.run(command, capture_output=True, check=True).stdout))
    parts = {name: original.read(name) for name in original.namelist()}

    def edit(name: str, old: str, new: str) -> None:
        text = parts[name].decode()
        parts[name] = text.replace(old, new, 1).encode()

    section = (
        f'<w:sectPr {_R}><w:headerReference w:type="default" r:id="rIdMark"/><w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1418" w:right="1304" w:bottom="1304" w:left="1304" w:header="680" w:footer="680" w:gutter="0"/>'
    )
    link = f'<Relationship Id="rIdMark" Type="{_HEADER}" Target="header1.xml"/></Relationships>'
    kind = f'<Override PartName="/word/header1.xml" ContentType="{_HEADER_TYPE}"/></Types>'
    parts["word/styles.xml"] = _restyled(parts["word/styles.xml"].decode()).encode()
    parts["word/header1.xml"] = _header(mark, simulated=simulated).encode()
    edit("word/document.xml", "<w:sectPr>", section)
    edit("word/_rels/document.xml.rels", "</Relationships>", link)
    edit("[Content_Types].xml", "</Types>", kind)
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return result.getvalue()
