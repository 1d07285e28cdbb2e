"""Commands on PET series: SUV factors, one lesion, DICOM for viewers."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from analysis.cli.command import AddCommand
from analysis.errors import StudyError


def quantify(arguments: argparse.Namespace) -> int:
    """Measure one lesion of one PET series."""
    from analysis.pet import quantify as measure

    found = measure(arguments.image, arguments.mask, roi=arguments.roi, resample=arguments.resample)
    document = found.as_document()
    if arguments.features:
        # JSON has no nan: a feature that is not defined for this region is null.
        document["features"] = {k: v if v == v else None for k, v in found.features().items()}
    if arguments.json:
        print(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        for name, value in document.items():
            print(f"{name}: {value}")
    return 0


def suv(arguments: argparse.Namespace) -> int:
    """SUV factors of the PET series in each folder, from its headers alone."""
    from analysis.pet import read_overrides, refuse_unused, suv_of_folder

    try:
        overrides = read_overrides(arguments.overrides) if arguments.overrides else []
        found = [
            suv_of_folder(folder, lean_body_mass=arguments.lean_body_mass, overrides=overrides)
            for folder in arguments.folder
        ]
        if overrides:
            refuse_unused(
                overrides, [o for entry in found for o in entry.used], file=arguments.overrides.name
            )
    except StudyError as problem:
        print(f"suv: {problem}", file=sys.stderr)
        return 2
    if arguments.json:
        documents = [entry.as_document() for entry in found]
        print(json.dumps(documents, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        print("\n\n".join(entry.as_text() for entry in found))
    return 3 if any(entry.error for entry in found) else 0


def export(arguments: argparse.Namespace) -> int:
    """Write the lesions and measures of a study's scans in DICOM, for any viewer."""
    from analysis.data import load_study
    from analysis.pet import measure_study
    from analysis.pet.exchange.study import check_place, export_study

    study, bar = load_study(arguments.study), sys.stderr.isatty()
    check_place(arguments.out, study)
    measures = measure_study(study, cache=arguments.cache, workers=arguments.workers, progress=bar)
    written = export_study(study, arguments.out, measures=measures, workers=arguments.workers, progress=bar)
    for row in written[written["problem"] != ""].itertuples():
        print(f"export: {row.patient_id} {row.visit}: nothing written: {row.problem}", file=sys.stderr)
    print(
        f"export: {int(written['lesions'].sum())} lesions of {int((written['lesions'] > 0).sum())} scans -> {arguments.out}"
    )
    return 0


def register(command: AddCommand) -> None:
    """Add quantify, suv and export."""
    one = command(
        "quantify",
        quantify,
        epilog=(
            "Keys of the answer, with their units:\n"
            "  voxels, parts                            count; parts of the region that do not touch\n"
            "  volume_ml, voxel_ml, peak_kernel_ml      ml; kernel: of IBSI's peak on this grid\n"
            "  suv_max, suv_mean                        g/ml\n"
            "  suv_peak, suv_peak_at_max                g/ml; voxel centres within 6.2 mm (IBSI): best sphere, at maximum\n"
            "  suv_peak_1ml, suv_peak_1ml_at_max        g/ml; the same with a sphere of exactly 1 ml\n"
            "  sul_...                                  g/ml, each of these by lean body mass\n"
            "  max_diameter_mm                          mm; greatest distance between the centres of two voxels\n"
            "  mtv_{41,50,2_5,4_0,liver,percist}_ml, tlg_{...}_g   ml, g; of the contour's voxels at or above 41 and 50 % of\n"
            "                                           the maximum, SUV 2.5 and 4.0, the liver's and PERCIST's threshold\n"
            "                                           (mtv_thresholds of the protocol); null where there is no reference\n"
            "  references                               mean, sd, ml and source of liver and blood pool, as far as known\n"
            "  factor                                   g/ml per Bq/ml, or per count\n"
            "  reference                                times; uptake in minutes; spread in % of SUV\n"
            "  warnings                                 everything repaired or doubted\n"
            "Masks: RTSTRUCT, DICOM SEG or NIfTI on the PET's grid; another grid is refused unless --resample. Of several series in the\n"
            "folder: the one the mask names, else the only attenuation-corrected static FDG PET. Exit status 1: refused."
        ),
    )
    one.add_argument("--image", type=Path, required=True, help="folder with the PET series")
    one.add_argument("--mask", type=Path, required=True, help="contour file")
    one.add_argument("--roi", help="name of the ROI or segment, or label value, when the file has several")
    one.add_argument(
        "--resample",
        action="store_true",
        help="take a mask on another grid to the PET's by nearest neighbour, with a warning that states both volumes",
    )
    one.add_argument(
        "--features", action="store_true", help="also the 74 IBSI shape, first-order and histogram features"
    )
    one.add_argument("--json", action="store_true", help="as JSON")

    one = command(
        "suv",
        suv,
        epilog=(
            "Example:\n  python -m analysis suv data/simulated/dicom/PEARL-001/* --json > factors.json\n\n"
            "With --json: a list with one object a folder, in the order of the folders. Its keys, with their units:\n"
            "  folder, error         the folder as named; why it was refused, or null\n"
            "  warnings              everything repaired or doubted\n"
            "  factors               file name -> g/ml per Bq/ml, or per count, or per stored SUV:\n"
            "                        SUVbw = (stored x RescaleSlope + RescaleIntercept) x factor\n"
            "  sul_factor, bsa_factor, ibw_factor\n"
            "                        SUL, SUVbsa (cm2/ml), SUVibw = SUVbw x this; null: height or sex is not known\n"
            "  reference             chosen time and its source, injection, uptake in minutes, every candidate with the\n"
            "                        objection to it, and how far they lie apart in % of SUV\n"
            "  units, decay_correction, dose_mbq, weight_kg, height_cm, sex, half_life_s, nuclide: what was used\n"
            "Of several series in a folder: its only attenuation-corrected static PET. Exit status: 0 every folder has its\n"
            "factors, 3 at least one was refused, 2 wrong usage."
        ),
    )
    one.add_argument("folder", type=Path, nargs="+", help="folder with one PET series, at any depth")
    one.add_argument(
        "--lean-body-mass",
        choices=("janmahasatian", "james", "james128", "file"),
        default="janmahasatian",
        help="formula of SUL (default janmahasatian; file: that of an image stored as SUL)",
    )
    one.add_argument(
        "--overrides",
        type=Path,
        help="CSV of corrected header values: patient_id, field (DICOM keyword), value (in DICOM's unit), reason; series_uid",
    )
    one.add_argument("--json", action="store_true", help="as JSON")

    one = command(
        "export",
        export,
        epilog=(
            "Each measured scan gets a folder OUT/PATIENT/VISIT with\n"
            "  lesions.seg.dcm   DICOM SEG: one segment a lesion, on the PET's own grid, with site and tracking UID\n"
            "  measures.sr.dcm   structured report (TID 1500): SUVmax, mean and peak, SUL, volume, MTV, TLG of each lesion\n"
            "Open them together with the PET in a viewer, e.g. 3D Slicer or OHIF. The same study gives the same bytes;\n"
            "dates are those of the scan, or SOURCE_DATE_EPOCH. They name the patient as the images do: OUT must lie below\n"
            "data, or outside the checkout. A scan without contours is listed and left out.\n"
            "Example:\n  python -m analysis export data/studies/NAME data/derived/NAME-dicom"
        ),
    )
    one.add_argument("study", type=Path, help="study folder")
    one.add_argument("out", type=Path, help="folder to write to")
    one.add_argument(
        "--cache", type=Path, help="folder of stored measures, used again while files and code are the same"
    )
    one.add_argument("--workers", type=int, default=None, help="processes (default: every core)")
