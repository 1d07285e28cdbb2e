"""Descriptions reduced to the words of scanners and protocols, and texts searched for who the patient is."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = frozenset(
    [
        "pet",
        "ct",
        "pt",
        "nm",
        "mr",
        "wb",
        "ac",
        "nac",
        "acct",
        "ctac",
        "fdg",
        "f18",
        "18f",
        "flt",
        "fluorodeoxyglucose",
        "whole",
        "body",
        "wholebody",
        "half",
        "torso",
        "trunk",
        "head",
        "neck",
        "brain",
        "skull",
        "thigh",
        "base",
        "eyes",
        "to",
        "mid",
        "vertex",
        "feet",
        "chest",
        "abdomen",
        "pelvis",
        "thorax",
        "lung",
        "liver",
        "breast",
        "arm",
        "arms",
        "up",
        "down",
        "supine",
        "prone",
        "attenuation",
        "corrected",
        "correction",
        "uncorrected",
        "non",
        "not",
        "no",
        "with",
        "without",
        "low",
        "dose",
        "diagnostic",
        "contrast",
        "static",
        "dynamic",
        "gated",
        "list",
        "mode",
        "bed",
        "beds",
        "frame",
        "frames",
        "recon",
        "reconstruction",
        "reconstructed",
        "iterative",
        "iterations",
        "iter",
        "subsets",
        "osem",
        "vpfx",
        "vpfxs",
        "vuepoint",
        "fx",
        "hd",
        "tof",
        "psf",
        "truex",
        "ultrahd",
        "sharpir",
        "qclear",
        "q.clear",
        "bpl",
        "ramla",
        "blob",
        "fbp",
        "dimc",
        "3d",
        "2d",
        "gauss",
        "gaussian",
        "filter",
        "all",
        "pass",
        "zoom",
        "matrix",
        "slice",
        "slices",
        "thickness",
        "axial",
        "coronal",
        "sagittal",
        "transverse",
        "mip",
        "suv",
        "bqml",
        "cnts",
        "counts",
        "ml",
        "standard",
        "research",
        "std",
        "soft",
        "tissue",
        "baseline",
        "follow",
        "followup",
        "visit",
        "day",
        "week",
        "month",
        "cycle",
        "post",
        "pre",
        "therapy",
        "treatment",
        "retest",
        "test",
        "screening",
        "progression",
        "early",
        "late",
        "delayed",
        "simulated",
        "seg",
        "rtstruct",
        "segmentation",
        "lesion",
        "lesions",
        "contour",
        "contours",
        "tumour",
        "tumor",
        "bone",
        "node",
        "day0",
        "day14",
        "day28",
        "d0",
        "d14",
        "d28",
        "follow_up_1",
        "follow_up_2",
        "bl",
    ]
)
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,2})?(?:mm|min|s|i|it|ss|sub|x\d{1,3})?", re.IGNORECASE)
_WORD = re.compile(r"[\w.+-]+")
_PART = re.compile(r"[^\W_]+")
SHORTEST = 3
"""Parts of a name shorter than this are not searched for."""


def cleaned(text: str) -> str:
    """A description without words that are not a scanner's.

    >>> cleaned("PET WB AC 3i24s Doe, Jane Baseline 2014-03-01")
    'PET WB AC Baseline'
    """
    words = []
    for word in _WORD.findall(text):
        pieces = [piece for piece in re.split(r"[-_+]", word) if piece]
        if word.lower() in _WORDS or all(p.lower() in _WORDS or _NUMBER.fullmatch(p) for p in pieces):
            words.append(word)
    kept = [word for word in words if not re.fullmatch(r"[\d.\-_+]{5,}", word)]
    return " ".join(kept)


def identifying(texts: Iterable[str]) -> frozenset[str]:
    """Words, in lower case, by which the texts name a person: parts of names, numbers, dates.

    >>> sorted(identifying(["DOE^JANE^M", "H-123456", "PET"]))
    ['123456', 'doe', 'doe^jane^m', 'h-123456', 'jane']
    """
    found = set()
    for text in texts:
        whole = text.strip().lower()
        parts = {part.lower() for part in _PART.findall(text)} | ({whole} if " " not in whole else set())
        found |= {
            part for part in parts if len(part) >= SHORTEST and part not in _WORDS and part not in _HARMLESS
        }
    return frozenset(found)


_HARMLESS = frozenset(
    ("none", "unknown", "anonymous", "anon", "anonymized", "anonymised", "removed", "yes", "the", "and")
)


def names_somebody(text: str, words: frozenset[str]) -> bool:
    """Whether a text holds one of the words, alone or within a longer one if the word is long enough to be no chance.

    >>> names_somebody("scan of Jane", identifying(["DOE^JANE"])), names_somebody("janet", identifying(["JAN"]))
    (True, False)
    """
    lower = text.lower()
    parts = set(_PART.findall(lower))
    return bool(words & parts) or any(len(word) >= 6 and word in lower for word in words)
