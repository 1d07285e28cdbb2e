"""Variants as MAF and VCF: one row a variant and sample, with gene, protein change and allele frequency."""

from __future__ import annotations

import gzip
import io
import re
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.intake.annotations import Annotations, one_letter
from analysis.data.intake.delimited import table_of_text
from analysis.data.intake.raw_table import RawTable, ReadingOptions, text_cells
from analysis.data.problems import Problem, error

COLUMNS = ("sample", "gene", "protein_change", "vaf_percent", "filter", "variant", "depth", "alt_depth")
"""Columns that a VCF becomes; ``variant`` is chromosome:position reference>alternative."""


def read_maf(path: Path, name: str, options: ReadingOptions) -> tuple[list[RawTable], list[Problem]]:
    """Table of a MAF file, with ``vaf_percent`` and ``protein_change`` computed beside its own columns.

    The frequency is t_alt_count over t_depth, or over t_ref_count + t_alt_count. The change is HGVSp_Short,
    else HGVSc, else the genomic one: a splice variant has no protein change and is still a variant.

    References
    ----------
    GDC MAF Format v1.0.0 (https://docs.gdc.cancer.gov/Data/File_Formats/MAF_Format/).
    """
    try:
        content = _text(path)
    except (OSError, EOFError, zlib.error, UnicodeError):
        return [], [error(path.name, "the file cannot be read as text", do="fetch it again")]
    tabs = ReadingOptions(separator="\t", decimal=".", missing=options.missing)
    table, problems = table_of_text(content, path.name, name, tabs, comments=True)
    if table is None:
        return [], problems
    cells = table.cells
    needed = {"Hugo_Symbol", "Tumor_Sample_Barcode"} - set(cells.columns)
    if needed:
        expected = "the columns of MAF: Hugo_Symbol, Tumor_Sample_Barcode, t_alt_count, t_depth ..."
        return [], [
            *problems,
            error(path.name, f"there is no {', '.join(sorted(needed))}", expected=expected),
        ]
    made = cells.copy()
    alternative, depth = _counts(cells, "t_alt_count"), _counts(cells, "t_depth")
    depth = depth.fillna(_counts(cells, "t_ref_count") + alternative)
    made["vaf_percent"] = _percent(alternative, depth)
    made["protein_change"] = _change(cells)
    return [
        RawTable(name=name, file=path.name, cells=text_cells(made), notes=table.notes, decimal=".")
    ], problems


def _counts(cells: pd.DataFrame, name: str) -> pd.Series:
    if name not in cells:
        return pd.Series(np.nan, index=cells.index)
    return pd.to_numeric(cells[name], errors="coerce")


def _percent(alternative: pd.Series, depth: pd.Series) -> pd.Series:
    share = (100 * alternative / depth.where(depth > 0)).where(alternative >= 0)
    return share.map(lambda value: format(value, ".10g"), na_action="ignore").astype(object)


def _change(cells: pd.DataFrame) -> pd.Series:
    change = pd.Series(np.nan, index=cells.index, dtype=object)
    place = ("Chromosome", "Start_Position", "Reference_Allele", "Tumor_Seq_Allele2")
    for name in ("HGVSp_Short", "HGVSc"):
        if name in cells:
            known = cells[name].where(~cells[name].isin([".", "p.?"]))
            change = change.fillna(known.str.rpartition(":")[2].where(known.notna()))
    if set(place) <= set(cells.columns):
        chromosome, start, reference, other = (cells[name] for name in place)
        change = change.fillna(chromosome + ":" + start + " " + reference + ">" + other)
    return change


def read_vcf(path: Path, name: str, _: ReadingOptions) -> tuple[list[RawTable], list[Problem]]:
    """Variants of a VCF file, gzipped or not: one row a sample and alternative allele that the sample carries.

    A sample carries an allele if its frequency is above 0. The frequency is the sample's AF (or FREQ, or
    VAF); where that is missing it is the allele's depth over the sum of all (AD), or AO over AO + RO. A
    sample without any of them is a note, not a variant. ``filter`` holds FILTER as it stands; which are taken
    is for the mapping to say (``where: {filter: [PASS]}``). Gene and protein change come from ANN (SnpEff)
    or CSQ (VEP).

    References
    ----------
    VCF 4.3, sections 1.4 and 1.6 (https://samtools.github.io/hts-specs/VCFv4.3.pdf).
    """
    import vcfpy

    try:
        stream = io.TextIOWrapper(io.BytesIO(_text(path).encode()), encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fields that the header does not declare: only ours are read
            reader = vcfpy.Reader.from_stream(stream)
            samples = list(reader.header.samples.names) if reader.header.samples else []
            annotations = Annotations.of(_info_descriptions(reader))
            rows, silent, problems = _rows(reader, samples, annotations, path.name)
    except (OSError, EOFError, zlib.error, UnicodeError):
        return [], [
            error(path.name, "the file cannot be read: it is not text, or cut off", do="fetch it again")
        ]
    except Exception as fault:  # vcfpy raises whatever its parsing runs into
        return [], [_no_vcf(path.name, fault)]
    if not samples:
        do = "name a file with genotype columns"
        return [], [*problems, error(path.name, "the file has no sample", do=do)]
    frame = pd.DataFrame(rows, columns=COLUMNS, dtype=object)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    notes = [f"{silent} genotypes without AF, AD or AO: not counted as variants"] if silent else []
    if annotations.field == "":
        notes.append("no ANN or CSQ annotation: genes and protein changes are not known")
    cells = text_cells(frame)
    return [RawTable(name=name, file=path.name, cells=cells, row_noun="call", notes=tuple(notes))], problems


def _no_vcf(file: str, fault: Exception) -> Problem:
    return error(
        file,
        f"the file cannot be read as VCF ({type(fault).__name__})",
        expected="VCF 4.x with its header",
        do="check it with bcftools, or fetch it again",
    )


def _text(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")


def _info_descriptions(reader: Any) -> dict[str, str]:
    return {line.id: str(line.description or "") for line in reader.header.get_lines("INFO")}


def _rows(
    reader: Iterator[Any], samples: list[str], annotations: Annotations, file: str
) -> tuple[list[list[Any]], int, list[Problem]]:
    rows: list[list[Any]] = []
    silent, number = 0, 0
    for number, record in enumerate(reader, 1):  # noqa: B007
        alternatives = [alternative.value for alternative in record.ALT]
        described = [annotations.describe(record, place) for place in range(len(alternatives))]
        passed = ";".join(record.FILTER) or "."
        for call in record.calls:
            frequencies = _frequencies(call.data, len(alternatives))
            if frequencies is None:
                silent += 1
                continue
            for place, (frequency, alternative_depth, depth) in enumerate(frequencies):
                if frequency is None or not frequency > 0:
                    continue
                gene, change = described[place]
                where = f"{record.CHROM}:{record.POS} {record.REF}>{alternatives[place]}"
                rows.append(
                    [
                        call.sample,
                        gene or np.nan,
                        one_letter(change) or where,
                        format(100 * frequency, ".10g"),
                        passed,
                        where,
                        depth,
                        alternative_depth,
                    ]
                )
    wrong = [row for row in rows if float(row[3]) > 100]
    problems = [
        error(file, f"a frequency of {float(row[3]):g} % stands at {row[5][:60]}", expected="at most 100 %")
        for row in wrong
    ]
    return rows, silent, problems


def _frequencies(data: dict[str, Any], count: int) -> list[tuple[float | None, Any, Any]] | None:
    """Frequency, depth of the allele and of all, for each alternative allele; ``None``: nothing is said."""
    depths = data.get("AD")
    if isinstance(depths, list) and len(depths) == count + 1 and all(d is not None for d in depths):
        total, each = sum(depths), depths[1:]
    else:
        each = _listed(data.get("AO"), count)
        reference = data.get("RO")
        known = None not in each and reference is not None
        total = reference + sum(d for d in each if d is not None) if known else None
    given = _first_given(data, count)
    if given is None:
        if total is None:
            return None
        given = [depth / total if total and depth is not None else None for depth in each]
    return [
        (frequency, np.nan if depth is None else str(depth), np.nan if total is None else str(total))
        for frequency, depth in zip(given, each, strict=True)
    ]


def _first_given(data: dict[str, Any], count: int) -> list[float | None] | None:
    for key in ("AF", "VAF", "FREQ"):
        values = _listed(data.get(key), count)
        if any(value is not None for value in values):
            return [_share(value) for value in values]
    return None


def _listed(value: Any, count: int) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    return values if len(values) == count else [None] * count


def _share(value: Any) -> float | None:
    """Frequency as a share of 1; ``5.2%``, as VarScan writes FREQ, is 0.052."""
    text = str(value).strip()
    found = re.fullmatch(r"([0-9.eE+-]+)(%?)", text)
    try:
        return float(found[1]) / (100 if found[2] else 1) if found else None
    except ValueError:
        return None
