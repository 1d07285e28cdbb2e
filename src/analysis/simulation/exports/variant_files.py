"""Plasma variants of a simulated trial as VCF and as MAF."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

DEPTH = 10_000
"""Reads of every position: frequencies of 0.01 % can be told from counts."""

_LONG = {
    "A": "Ala", "R": "Arg", "N": "Asn", "D": "Asp", "C": "Cys", "Q": "Gln", "E": "Glu", "G": "Gly",
    "H": "His", "I": "Ile", "L": "Leu", "K": "Lys", "M": "Met", "F": "Phe", "P": "Pro", "S": "Ser",
    "T": "Thr", "W": "Trp", "Y": "Tyr", "V": "Val", "*": "Ter",
}  # fmt: skip
_BASES = "ACGT"

_HEADER = """\
##fileformat=VCFv4.3
##source=SIMULATED: no patient
##FILTER=<ID=PASS,Description="All filters passed">
##FILTER=<ID=low_depth,Description="Fewer than 100 reads">
##INFO=<ID=ANN,Number=.,Type=String,Description="Functional annotations: 'Allele | Annotation | Annotation_Impact | Gene_Name | Gene_ID | Feature_Type | Feature_ID | Transcript_BioType | Rank | HGVS.c | HGVS.p'">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads of each allele">
##FORMAT=<ID=AF,Number=A,Type=Float,Description="Allele frequency">
##contig=<ID=1>
"""


def write_vcf(path: Path, variants: pd.DataFrame, samples: list[str]) -> None:
    """Multi-sample VCF, gzipped; two changes of one gene stand at one position as two alternative alleles.

    Every second record leaves AF out, so that it must be computed from AD. One record that failed its filter
    comes last: it must not be taken.

    Parameters
    ----------
    path : Path
        File to write.
    variants : DataFrame
        Rows of the table ``plasma_variants``.
    samples : list of str
        Every sample of the trial; those without a variant have the reference everywhere.
    """
    records = []
    changes = variants[["gene", "protein_change"]].drop_duplicates().sort_values(["gene", "protein_change"])
    frequency = variants.set_index(["gene", "protein_change", "sample_id"])["vaf_percent"]
    for number, (gene, own) in enumerate(changes.groupby("gene", sort=True)):
        for first in range(0, len(own), 3):
            some = list(own["protein_change"].iloc[first : first + 3])
            records.append(
                _record(str(gene), some, frequency, samples, 1000 * (number + 1) + first, len(records))
            )
    failed = ["1", "999999", ".", "A", "C", ".", "low_depth", ".", "GT:AD"] + ["0/1:50,50"] * len(samples)
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]
    lines = ["\t".join(row) for row in (columns, *records, failed)]
    content = (_HEADER + "\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content, mtime=0))


def _record(
    gene: str, changes: list[str], frequency: pd.Series, samples: list[str], position: int, number: int
) -> list[str]:
    reference, alternatives = _BASES[0], _BASES[1 : len(changes) + 1]
    annotations = [
        f"{base}|missense_variant|MODERATE|{gene}|{gene}|transcript|SIMULATED|protein_coding|1/1|c.1A>{base}|{_long(change)}"
        for base, change in zip(alternatives, changes, strict=True)
    ]
    with_af = number % 2 == 0
    calls = []
    for sample in samples:
        shares = [float(frequency.get((gene, change, sample), 0.0)) / 100 for change in changes]
        depths = [round(DEPTH * share) for share in shares]
        genotype = "0/1" if any(depths) else "0/0"
        counts = ",".join(map(str, [DEPTH - sum(depths), *depths]))
        calls.append(
            f"{genotype}:{counts}" + (":" + ",".join(f"{share:.6g}" for share in shares) if with_af else "")
        )
    info = "ANN=" + ",".join(annotations)
    form = "GT:AD:AF" if with_af else "GT:AD"
    return ["1", str(position), ".", reference, ",".join(alternatives), "50", "PASS", info, form, *calls]


def _long(change: str) -> str:
    """Protein change in three letters, as annotators write it: p.E545K → p.Glu545Lys."""
    body = change.removeprefix("p.")
    if len(body) > 2 and body[0] in _LONG and body[-1] in _LONG and body[1:-1].isdigit():
        return f"p.{_LONG[body[0]]}{body[1:-1]}{_LONG[body[-1]]}"
    return change


def write_maf(path: Path, variants: pd.DataFrame) -> None:
    """MAF with read counts, its version on the first line."""
    alternative = np.rint(variants["vaf_percent"].to_numpy(float) * DEPTH / 100).astype(int)
    table = pd.DataFrame(
        {
            "Hugo_Symbol": variants["gene"],
            "NCBI_Build": "GRCh38",
            "Variant_Classification": "Missense_Mutation",
            "Tumor_Sample_Barcode": variants["sample_id"],
            "HGVSp_Short": variants["protein_change"],
            "t_depth": DEPTH,
            "t_ref_count": DEPTH - alternative,
            "t_alt_count": alternative,
        }
    )
    text = table.to_csv(sep="\t", index=False, lineterminator="\n")
    path.write_text(f"#version 2.4\n# SIMULATED: no patient\n{text}", encoding="utf-8")
