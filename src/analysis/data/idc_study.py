"""A study folder from a downloaded public PET collection."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.idc import Plan
from analysis.data.idc_download import Client, complete, download
from analysis.data.manifest import seal_study
from analysis.data.staging import refuse_to_overwrite, whole_folder
from analysis.data.tables import TABLES
from analysis.data.writing import write_study
from analysis.study import project_root


def fetch_pet(plan: Plan, destination: Path | None = None, *, client: Client | None = None) -> Path:
    """Study folder of a plan, downloaded as far as it is not there.

    Series are kept in ``_downloads`` beside the destination until all are complete; then the folder comes into being
    at once. Series of an earlier study folder of the same collection are taken over.

    Parameters
    ----------
    plan : Plan
        From :func:`analysis.data.idc.plan_download`.
    destination : Path, optional
        By default ``data/public/<collection>``.
    client : Client, optional
        See :func:`analysis.data.idc_download.download`.

    Returns
    -------
    Path
        The study folder, with ``dicom``, ``contours`` if there are any, and the tables.

    Raises
    ------
    StudyError
        If the destination holds something else.
    DownloadError
        If the download is not complete. The destination is untouched.
    """
    target = destination or project_root() / "data" / "public" / plan.collection.name
    refuse_to_overwrite(target, _identifier(plan))
    raw = target.parent / "_downloads" / plan.collection.name
    for each in plan.series:
        former = target / _PLACES[each.modality]
        if not complete(each, raw) and complete(each, former):
            shutil.rmtree(raw / each.series_uid, ignore_errors=True)
            _link_tree(former / each.series_uid, raw / each.series_uid)
    download(plan, raw, client=client)
    with whole_folder(target) as folder:
        for each in plan.series:
            _link_tree(raw / each.series_uid, folder / _PLACES[each.modality] / each.series_uid)
        tables = study_tables(plan)
        write_study(folder, meta=_meta(plan, tables), tables=tables)
        seal_study(folder)
    shutil.rmtree(raw, ignore_errors=True)
    return target


_PLACES = {"PT": "dicom", "SEG": "contours"}


def _identifier(plan: Plan) -> str:
    return plan.collection.name.replace("_", "-")


def _link_tree(source: Path, destination: Path) -> None:
    """A copy that takes no room where the disk allows it."""

    def link(file: str, copy: str) -> str:
        try:
            os.link(file, copy)
        except OSError:
            shutil.copyfile(file, copy)
        return copy

    shutil.copytree(source, destination, copy_function=link)


def study_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Tables of the study: patients, their PET visits, and which series is which visit.

    Parameters
    ----------
    plan : Plan
        Days become ``scanned_day``: days since the first scan, as the caveats say.
    """
    pet = pd.DataFrame([vars(each) for each in plan.pet])
    first = pet.drop_duplicates("patient_id")
    patients = pd.DataFrame({"patient_id": first["patient_id"], "sex": first["sex"].replace("", None)})
    patients["age_years"] = first["age_years"]
    visits = pet[["patient_id", "visit"]].assign(status="done", scanned_day=pet["day"])
    return {"patients": patients, "pet_visits": visits, "scans": pet[["series_uid", "patient_id", "visit"]]}


def _meta(plan: Plan, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Content of ``study.yml``; whatever a table does not have is declared lacking."""
    contours = f" Contours: doi {plan.contours[0].doi}." if plan.contours else ""
    lacks = {
        name: [
            column.name
            for column in TABLES[name].columns
            if not {column.name, f"{column.name}_day"} & set(frame.columns)
        ]
        for name, frame in tables.items()
    }
    return {
        "id": _identifier(plan),
        "title": plan.collection.title,
        "kind": "real",
        "design": "single-arm",
        "source": f"Imaging Data Commons, index v{plan.index_version}, collection {plan.collection.name}, "
        f"{len(plan.pet)} PET series. Cite: {plan.collection.citation}.{contours}",
        "licence": plan.licences,
        "disclosure": "public",
        "caveats": list(plan.caveats),
        "lacks": {name: columns for name, columns in lacks.items() if columns},
        **({"resample_contours": True} if plan.contours else {}),
    }
