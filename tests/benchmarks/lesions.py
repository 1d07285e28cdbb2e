"""From a folder of PET to all measures of a hundred lesions: against the limit of reading, and the usual way."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pydicom
from measurement import Measurement, interleaved, ratio
from pydicom.uid import ExplicitVRLittleEndian
from reading import EDGE, SLICES, limit, write_series

from analysis.pet import measure_regions, read_suv
from analysis.pet.contours.region import Region

LESIONS = 100
RADIUS_MM = 12.0
STORED_PEAK = 60_000


def hot_spheres() -> list[tuple[int, int, int]]:
    """Centres of the lesions, far enough apart that none touch."""
    random = np.random.default_rng(np.random.SeedSequence(41))
    grid = [
        (z, y, x)
        for z in range(12, SLICES - 12, 24)
        for y in range(120, 281, 40)
        for x in range(120, 281, 40)
    ]
    return [grid[place] for place in random.choice(len(grid), LESIONS, replace=False)]


def add_lesions(files: Sequence[Path], start: int) -> list[Region]:
    """Write the lesions into the pixels of the files; their regions."""
    reach = [int(RADIUS_MM // step) for step in (3.0, 2.0, 2.0)]
    z, y, x = np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij")
    distance = np.sqrt((3 * z) ** 2 + (2 * y) ** 2 + (2 * x) ** 2)
    inside = distance <= RADIUS_MM
    regions = []
    for centre in hot_spheres():
        low = tuple(int(c - r) for c, r in zip(centre, reach, strict=True))
        for layer, file in enumerate(files[low[0] : low[0] + inside.shape[0]]):
            data = bytearray(file.read_bytes())
            stored = np.frombuffer(data, "<u2", EDGE * EDGE, start).reshape(EDGE, EDGE)
            part = stored[low[1] : low[1] + inside.shape[1], low[2] : low[2] + inside.shape[2]]
            hot = STORED_PEAK * (1 - 0.5 * distance[layer] / RADIUS_MM)
            part[inside[layer]] = hot[inside[layer]].astype("<u2")
            file.write_bytes(data)
        regions.append(Region((SLICES, EDGE, EDGE), low, inside))
    return regions


def ours(files: Sequence[Path], regions: Sequence[Region]) -> list:
    """Read to SUV, and measure every lesion."""
    volume = read_suv(files)
    return measure_regions(volume.suv, regions, volume.grid.spacing)


def usual(files: Sequence[Path], regions: Sequence[Region]) -> dict[int, tuple[float, ...]]:
    """What a script does: pixel_array, a mask of labels, regionprops, and a convolution for the peak."""
    from scipy import ndimage
    from skimage.measure import regionprops

    slices = []
    for file in files:
        ds = pydicom.dcmread(file)
        slices.append((float(ds.ImagePositionPatient[2]), ds.pixel_array * float(ds.RescaleSlope)))
    suv = np.stack([pixels for _z, pixels in sorted(slices, key=lambda pair: pair[0])]) * 2e-4
    mask = np.zeros(suv.shape, bool)
    for region in regions:
        mask[region.box] |= region.inside
    labels, _count = ndimage.label(mask, np.ones((3, 3, 3)))
    z, y, x = np.meshgrid(np.arange(-2, 3), np.arange(-3, 4), np.arange(-3, 4), indexing="ij")
    sphere = ((3 * z) ** 2 + (2 * y) ** 2 + (2 * x) ** 2 <= 6.2**2).astype(float)
    peaks = ndimage.convolve(suv, sphere / sphere.sum())
    found = {}
    for lesion in regionprops(labels, intensity_image=suv):
        values = suv[lesion.slice][lesion.image]
        top = values.max()
        volumes = [
            voxels
            for level in (0.41 * top, 0.5 * top, 2.5, 4.0)
            for voxels in ((values >= level).sum(), values[values >= level].sum())
        ]
        found[lesion.label] = (top, values.mean(), peaks[lesion.slice][lesion.image].max(), *volumes)
    return found


def measurements() -> list[Measurement]:
    """Folder to all measures of a hundred lesions."""
    with tempfile.TemporaryDirectory() as folder:
        files = write_series(Path(folder) / "series", ExplicitVRLittleEndian, SLICES)
        start = files[0].stat().st_size - 2 * EDGE * EDGE
        regions = add_lesions(files, start)
        contenders: dict[str, Callable[[], object]] = {
            "ours": lambda: ours(files, regions),
            "limit": lambda: limit(files, start),
        }
        taken = interleaved(contenders)
        # The usual way takes minutes: twice is enough, each beside a run of ours.
        peer = interleaved(
            {"usual": lambda: usual(files, regions), "ours": lambda: ours(files, regions)}, repetitions=2
        )
        volume = read_suv(files)
        alone = interleaved({
            "measures": lambda: measure_regions(volume.suv, regions, volume.grid.spacing),
            "limit": lambda: limit(files, start),
        })  # fmt: skip
    what = f"{SLICES} slices of {EDGE} × {EDGE} to all measures of {LESIONS} lesions"
    return [
        Measurement(f"{what} / limit", ratio(taken["ours"], taken["limit"]), 10, "x"),
        Measurement("the measures alone / limit", ratio(alone["measures"], alone["limit"]), 6, "x"),
        Measurement(
            "pixel_array, label, regionprops, convolve / ours",
            ratio(peer["usual"], peer["ours"]),
            30,
            "x",
            at_least=True,
        ),
    ]


if __name__ == "__main__":
    found = measurements()
    print(*found, sep="\n")
    sys.exit(int(any(one.missed for one in found)))
