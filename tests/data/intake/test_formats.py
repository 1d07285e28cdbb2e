"""Excel, Parquet, SAS transport and Dataset-JSON become the same text cells."""

from __future__ import annotations

import datetime
import json
import zipfile

import pandas as pd
import pyreadstat
import pytest

from analysis.data.intake.folder import read_folder

CELLS = {"id": ["P1", "P2"], "start": ["2014-03-01", None], "weight": ["70.5", "61"]}


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"id": ["P1", "P2"], "start": [datetime.date(2014, 3, 1), None], "weight": [70.5, 61.0]}
    )


def cells(table) -> dict:
    return table.cells.astype(object).where(table.cells.notna(), None).to_dict("list")


def write_xlsx(path) -> None:
    """Smallest workbook: the second row is a formula's saved value, the date a number with a date's format."""
    rows = (
        '<row r="2"><c r="A2" t="inlineStr"><is><t>id</t></is></c><c r="B2" t="inlineStr"><is><t>start</t></is></c>'
        '<c r="C2" t="inlineStr"><is><t>weight</t></is></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>P1</t></is></c><c r="B3" s="1"><v>41699</v></c><c r="C3"><f>70+0.5</f><v>70.5</v></c></row>'
        '<row r="4"><c r="A4" t="inlineStr"><is><t>P2</t></is></c><c r="C4"><v>61</v></c></row>'
    )
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{ns}" xmlns:r="{rel}"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/s.xml"/><Relationship Id="r2" Type="{rel}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{ns}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/s.xml": f'<worksheet xmlns="{ns}"><sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as book:
        for name, text in parts.items():
            book.writestr(name, text)


def dataset_json(**changes) -> dict:
    return {
        "datasetJSONVersion": "1.1.0",
        "records": 2,
        "name": "ADSL",
        "columns": [{"name": name, "label": name.upper(), "dataType": "string"} for name in CELLS],
        "rows": [["P1", "2014-03-01", 70.5], ["P2", None, 61]],
        **changes,
    }


def test_a_workbook_gives_the_saved_values_of_formulas_and_iso_dates(sent):
    write_xlsx(sent.path / "Book.xlsx")
    [table] = read_folder(sent.path).tables.values()
    assert (table.name, cells(table), list(table.cells.index)) == ("book", CELLS, [3, 4])


def test_parquet_gives_text_cells(sent):
    frame().to_parquet(sent.path / "t.parquet")
    [table] = read_folder(sent.path).tables.values()
    assert cells(table) == CELLS


@pytest.mark.parametrize("version", [5, 8])
def test_a_transport_file_gives_dates_labels_and_its_own_name(sent, version):
    pyreadstat.write_xport(
        frame(),
        str(sent.path / "x.xpt"),
        file_format_version=version,
        table_name="ADSL",
        column_labels=["Subject", "Start", "Weight"],
        variable_format={"start": "DATE9."},
    )
    [table] = read_folder(sent.path).tables.values()
    assert (table.name, cells(table)) == ("adsl", CELLS)
    assert table.labels == {"id": "Subject", "start": "Start", "weight": "Weight"}


def test_dataset_json_and_its_lines_give_the_same(sent):
    document = dataset_json()
    sent.write("a.json", json.dumps(document))
    rows = document.pop("rows")
    sent.write("b.ndjson", "\n".join(json.dumps(each) for each in ({**document, "name": "B"}, *rows)))
    tables = read_folder(sent.path).tables
    assert cells(tables["adsl"]) == cells(tables["b"]) == CELLS
    assert tables["adsl"].labels["start"] == "START"


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ({"a": 1}, "the file is JSON, but no Dataset-JSON"),
        (dataset_json(datasetJSONVersion="1.0.0"), "the file is of version 1.0.0 of Dataset-JSON"),
        (dataset_json(records=3), "the file says that it holds 3 records, and holds 2"),
        (dataset_json(rows=[["P1"], ["P2", None, 61]]), "record 1 has 1 values"),
        ([1, 2], "the file is JSON, but no Dataset-JSON"),
    ],
)
def test_a_dataset_json_that_is_none_or_cut_off_is_refused(sent, document, what):
    sent.write("a.json", json.dumps(document))
    assert [problem.what for problem in read_folder(sent.path).problems] == [what]


@pytest.mark.parametrize(
    "name", ["a.xpt", "a.parquet", "a.xlsx", "a.json", "a.vcf", "a.vcf.gz", "a.maf", "a.ndjson"]
)
@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08 broken", b"no such thing\n1\n", b"\xff\xfe\x00"])
def test_a_broken_file_of_any_kind_is_named_and_nothing_crashes(sent, name, content):
    sent.write(name, content)
    found = read_folder(sent.path)
    assert {problem.file for problem in found.problems} == {name}


def test_files_that_nobody_reads_are_counted_by_their_ending(sent):
    sent.write("a.csv", "id\nP1\n").write("letter of Jane Doe.pdf", b"%PDF").write("b.pdf", b"%PDF")
    assert read_folder(sent.path).unread == ("2 × .pdf",)
