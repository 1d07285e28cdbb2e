"""The proposal of lesion matches as a file to edit, with a picture of each doubtful row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from analysis.data import Study, load_study, write_table
from analysis.figures import draw_projection
from analysis.figures.saving import png_bytes
from analysis.pet import ScanImages, StudyMeasures, measure_study
from analysis.pet.response.proposed_matches import propose_study_matches
from analysis.results.places import measures_cache
from analysis.study import project_root


def propose(folder: Path, *, progress: bool = False) -> tuple[Study, pd.DataFrame, StudyMeasures]:
    """Proposed matches of a study, from its contours alone."""
    study = load_study(folder)
    bare = replace(study, tables={n: t for n, t in study.tables.items() if n != "lesion_matches"})
    measures = measure_study(bare, cache=measures_cache(str(folder)), progress=progress)
    return bare, propose_study_matches(measures), measures


def write_proposal(
    study: Study,
    proposal: pd.DataFrame,
    measures: StudyMeasures,
    *,
    destination: Path | None = None,
    progress: bool = False,
) -> tuple[Path, int]:
    """Write ``lesion_matches.proposed.csv`` and a picture of each doubtful row, and say where and how many.

    Parameters
    ----------
    study, proposal, measures
        From :func:`propose`.
    destination : Path, optional
        Folder, below ``data``, as it holds patient rows; by default ``data/derived/lesion-matches/<study>``. The
        study folder itself is left alone, and with it a table that a reader has made.
    progress : bool
        Whether to show a progress bar.
    """
    place = destination or project_root() / "data" / "derived" / "lesion-matches" / study.id
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("row-*.png"):
        old.unlink()
    images = ScanImages(study, measures)
    doubtful = proposal[proposal["doubtful"]]
    for (patient, visit), rows in tqdm(doubtful.groupby(["patient_id", "visit"]), disable=not progress):
        panels = [images.open(str(patient), name).projection() for name in ("baseline", str(visit))]
        for number, row in zip(rows.index + 1, rows.itertuples(), strict=True):
            shown = {"baseline": row.baseline_lesion_id, str(visit): row.lesion_id}
            pair = [
                replace(panel, lesions={k: v for k, v in panel.lesions.items() if k == shown[panel.visit]})
                for panel in panels
            ]
            picture = draw_projection(pair, simulated=study.simulated)
            (place / f"row-{number:04d}.png").write_bytes(png_bytes(picture))
    table = place / "lesion_matches.csv"
    write_table(proposal, table)
    return table.replace(place / "lesion_matches.proposed.csv"), len(doubtful)
