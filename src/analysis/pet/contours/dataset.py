"""A DICOM file of contours, opened so that whatever is damaged in it comes out as one kind of error."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analysis.errors import ImageError


@contextmanager
def contour_dataset(file: Path) -> Iterator[Any]:
    """Data set of a file of contours; pydicom decodes an element when it is asked for, and may fail only then.

    Parameters
    ----------
    file : Path
        DICOM SEG or RTSTRUCT.

    Raises
    ------
    ImageError
        If the file, or an element that is asked for inside the block, cannot be read.
    """
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield pydicom.dcmread(file)
        except ImageError:
            raise
        except Exception as problem:
            # pydicom and its decoders raise many kinds; each means that this file is not what it should be.
            raise ImageError(
                f"the contour file cannot be read ({str(problem)[:120]})", where=file.name,
                expected="a DICOM SEG or RTSTRUCT of this image", do="export the contours again",
            ) from problem  # fmt: skip
