"""Gene and protein change of a variant, from what SnpEff (ANN) or VEP (CSQ) wrote into it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

_LETTERS = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G",
    "His": "H", "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S",
    "Thr": "T", "Trp": "W", "Tyr": "Y", "Val": "V", "Sec": "U", "Ter": "*",
}  # fmt: skip

_ANN = (
    "Allele", "Annotation", "Annotation_Impact", "Gene_Name", "Gene_ID", "Feature_Type", "Feature_ID",
    "Transcript_BioType", "Rank", "HGVS.c", "HGVS.p",
)  # fmt: skip
"""The first fields of ANN, which its specification fixes."""


def one_letter(change: str) -> str:
    """Protein change with amino acids of one letter, without the transcript before it.

    >>> one_letter("ENSP00000263967.3:p.Glu545Lys"), one_letter("p.Arg213Ter"), one_letter("c.1-2A>G")
    ('p.E545K', 'p.R213*', 'c.1-2A>G')
    """
    short = unquote(change).rpartition(":")[2]
    if not short.startswith("p."):
        return short
    return re.sub("|".join(_LETTERS), lambda found: _LETTERS[found[0]], short)


@dataclass(frozen=True)
class Annotations:
    """How the variants of a file are annotated.

    Parameters
    ----------
    field : str
        ``ANN``, ``CSQ``, or empty: not at all.
    names : tuple of str
        Names of the fields between the bars.
    """

    field: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, descriptions: Mapping[str, str]) -> Annotations:
        """Read it from the descriptions of the INFO fields in the header."""
        if "CSQ" in descriptions:
            _, _, names = descriptions["CSQ"].rpartition("Format:")
            return cls("CSQ", tuple(name.strip(' "') for name in names.split("|")))
        return cls("ANN", _ANN) if "ANN" in descriptions else cls("", ())

    def describe(self, record: Any, place: int) -> tuple[str, str]:
        """Gene and change of one alternative allele of a record; empty where they are not known.

        Of several transcripts it is the one that the annotator picked, then MANE's, then the canonical one,
        then the first with a protein change, then the first.
        """
        entries = record.INFO.get(self.field) or []
        entries = entries if isinstance(entries, list) else [entries]
        found = [dict(zip(self.names, str(entry).split("|"), strict=False)) for entry in entries]
        own = [each for each in found if self._is_of(each, record, place)]
        if not own:
            return "", ""
        protein = "HGVSp" if self.field == "CSQ" else "HGVS.p"
        coding = "HGVSc" if self.field == "CSQ" else "HGVS.c"
        best = min(
            own,
            key=lambda each: (
                each.get("PICK") != "1",
                not each.get("MANE_SELECT"),
                each.get("CANONICAL") != "YES",
                not each.get(protein),
            ),
        )
        gene = best.get("SYMBOL") or best.get("Gene_Name") or ""
        return gene, best.get(protein) or best.get(coding) or ""

    def _is_of(self, entry: dict[str, str], record: Any, place: int) -> bool:
        if entry.get("ALLELE_NUM"):
            return entry["ALLELE_NUM"] == str(place + 1)
        alternatives = [alternative.value for alternative in record.ALT]
        named = [alternatives[place]]
        if self.field == "CSQ" and any(len(each) != len(record.REF) for each in alternatives):
            # VEP leaves out the base that insertions and deletions share with the reference.
            named = [alternatives[place][1:] or "-"]
        return entry.get("Allele") in named or len(alternatives) == 1
