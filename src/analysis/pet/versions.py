"""Which version of this room's code made a number: stored measures are valid for that code only."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

MEASURING = (
    "acquisition", "attributes", "body", "contour_dataset", "contour_files", "dicom_file", "grid", "image_checks", "injection", "liver", "masks", "measures",
    "nifti", "nuclides", "patient_size", "peak", "reference_time", "region_names", "rtstruct", "scan", "segmentation", "series_index",
    "suv", "tags", "versions", "volume",
)  # fmt: skip
"""Modules on which the index and a scan's measures depend; a change of a response rule measures nothing again."""


@functools.cache
def code_version() -> str:
    """SHA-256 over the source of the modules that find and measure."""
    digest = hashlib.sha256()
    for name in MEASURING:
        digest.update(name.encode())
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()
