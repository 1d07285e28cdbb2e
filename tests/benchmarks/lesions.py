"""From a folder of PET to all measures of a hundred lesions: against the limit of reading, and the usual way."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pydicom
from measurement import Measurement, interleaved, ratio
from pydicom.uid import ExplicitVRLittleEndian
from reading import EDGE, SLICES, limit, write_series

from analysis.pet import measure_regions, read_suv
from analysis.pet.contours.region import connected_regions

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


def add_lesions(files: Sequence[Path], start: int) -> np.ndarray:
    """Write the lesions into the pixels of the files; their mask, the input of both contenders."""
    reach = [int(RADIUS_MM // step) for step in (3.0, 2.0, 2.0)]
    z, y, x = np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij")
    distance = np.sqrt((3 * z) ** 2 + (2 * y) ** 2 + (2 * x) ** 2)
    inside = distance <= RADIUS_MM
    mask = np.zeros((SLICES, EDGE, EDGE), bool)
    for centre in hot_spheres():
        low = tuple(int(c - r) for c, r in zip(centre, reach, strict=True))
        for layer, file in enumerate(files[low[0] : low[0] + inside.shape[0]]):
            data = bytearray(file.read_bytes())
            stored = np.frombuffer(data, "<u2", EDGE * EDGE, start).reshape(EDGE, EDGE)
            part = stored[low[1] : low[1] + inside.shape[1], low[2] : low[2] + inside.shape[2]]
            hot = STORED_PEAK * (1 - 0.5 * distance[layer] / RADIUS_MM)
            part[inside[layer]] = hot[inside[layer]].astype("<u2")
            file.write_bytes(data)
        mask[tuple(slice(a, a + n) for a, n in zip(low, inside.shape, strict=True))] |= inside
    return mask


def ours(files: Sequence[Path], mask: np.ndarray) -> list:
    """Read to SUV, find the lesions in the mask, and measure every one."""
    volume = read_suv(files)
    return measure_regions(volume.suv, connected_regions(mask), volume.grid.spacing)


def usual(files: Sequence[Path], mask: np.ndarray) -> dict[int, tuple[float, ...]]:
    """What a script does: pixel_array, a mask of labels, regionprops, and a convolution for the peak."""
    from scipy import ndimage
    from skimage.measure import regionprops

    slices = []
    for file in files:
        ds = pydicom.dcmread(file)
        slices.append((float(ds.ImagePositionPatient[2]), ds.pixel_array * float(ds.RescaleSlope)))
    suv = np.stack([pixels for _z, pixels in sorted(slices, key=lambda pair: pair[0])]) * 2e-4
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
        mask = add_lesions(files, start)
        same_numbers(ours(files, mask), usual(files, mask))
        contenders: dict[str, Callable[[], object]] = {
            "ours": lambda: ours(files, mask),
            "limit": lambda: limit(files, start),
        }
        taken = interleaved(contenders)
        # The usual way takes minutes: twice is enough, each beside a run of ours.
        peer = interleaved(
            {"usual": lambda: usual(files, mask), "ours": lambda: ours(files, mask)}, repetitions=2
        )
        busy = processor_seconds({"ours": lambda: ours(files, mask), "limit": contenders["limit"]})
        volume, regions = read_suv(files), connected_regions(mask)
        alone = interleaved({
            "measures": lambda: measure_regions(volume.suv, regions, volume.grid.spacing),
            "limit": lambda: limit(files, start),
        })  # fmt: skip
    what = f"{SLICES} slices of {EDGE} × {EDGE} to all measures of {LESIONS} lesions"
    return [
        Measurement(f"{what} / limit", ratio(taken["ours"], taken["limit"]), 10, "x"),
        Measurement("the same in processor time / limit", busy["ours"] / busy["limit"], 10, "x"),
        Measurement("the measures alone / limit", ratio(alone["measures"], alone["limit"]), 6, "x"),
        Measurement(
            "pixel_array, label, regionprops, convolve / ours",
            ratio(peer["usual"], peer["ours"]),
            30,
            "x",
            at_least=True,
        ),
    ]


def processor_seconds(contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Least processor time of three runs of each, over all threads: what a busy machine leaves as it is."""
    taken = {}
    for name, run in contenders.items():
        runs = []
        for _ in range(3):
            start = time.process_time()
            run()
            runs.append(time.process_time() - start)
        taken[name] = min(runs)
    return taken


def same_numbers(measured: list, expected: dict[int, tuple[float, ...]]) -> None:
    """Both contenders found the same lesions, and the same SUVmax, SUVmean and voxels above 41 % in each."""
    here = sorted((m.suv_max, m.suv_mean, m.mtv_ml["41"]) for m in measured)
    voxel_ml = 0.012
    there = sorted((top, mean, voxels * voxel_ml) for top, mean, _peak, voxels, *_rest in expected.values())
    factors = np.array(here) / np.array(there)
    # SUV differ by one factor: the usual way uses a rounded one.
    if len(here) != LESIONS or np.ptp(factors, axis=0).max() > 0.01:
        raise SystemExit("the contenders measure different things")


if __name__ == "__main__":
    found = measurements()
    print(*found, sep="\n")
    sys.exit(int(any(one.missed for one in found)))
