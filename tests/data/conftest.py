"""A small right study, to be made wrong one cell at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

STUDY = {
    "study.yml": """id: small
title: A small study
kind: real
design: single-arm
source: written by hand for the tests
licence: none
caveats: [It is small.]
lacks: {patients: [centre]}
""",
    "patients.csv": """\
patient_id,phase,sex,birth_date,age_years,enrolment_date,treatment_start_date,height_cm,weight_kg,ecog,measurable,visceral,bone,liver,lung,nodes,sites,prior_lines
P01,pilot,F,1950-05-01,63,2014-01-01,2014-01-10,165,70.5,1,yes,no,yes,no,no,,3,2
P02,extension,F,1960-05-01,53,2014-02-01,2014-02-10,158,,0,yes,no,yes,no,no,no,2,1
P03,extension,F,1955-05-01,58,2014-03-01,2014-03-03,171,61,2,no,no,yes,no,no,no,1,0
""",
    "eligibility.csv": "patient_id,item,met\nP01,I1,yes\nP02,I1,no\nP03,I1,\n",
    "outcomes.csv": """\
patient_id,pfs_days,pfs_event,os_days,os_event,last_contact_date,death_date,treatment_end_date,treatment_end_reason,new_therapy_date
P01,60,yes,100,yes,2014-04-18,2014-04-20,2014-03-11,progression,2014-03-20
P02,120,no,120,no,2014-06-10,,,,
P03,14.5,yes,300,no,2014-12-28,,2014-03-18,toxicity,
""",
    "assessments.csv": """\
patient_id,assessed_date,reader,response,target_sum_mm,new_lesion
P01,2014-01-05,local,NE,55,
P01,2014-03-11,local,PD,80.5,yes
P01,2014-03-11,central,SD,60,no
""",
    "adverse_events.csv": "patient_id,term,grade,onset_day,resolved_day,serious\nP01,rash,2,14,20.5,no\nP02,rash,1,3,,no\n",
    "plasma_samples.csv": """\
sample_id,patient_id,visit,sampled_date,panel_detected,max_vaf_percent,lod_vaf_percent,tumour_fraction_percent
S01,P01,baseline,2014-01-09,yes,12.5,0.1,7
S02,P01,day14,2014-01-24,no,0,0.1,3.5
S03,P02,week12,2014-05-05,,,,
""",
    "plasma_variants.csv": "sample_id,gene,protein_change,vaf_percent\nS01,PIK3CA,p.E545K,12.5\n",
    "pet_visits.csv": """\
patient_id,visit,status,reason,scanned_date,glucose_mmol_l,new_lesion
P01,baseline,done,,2014-01-08,5.5,no
P01,day14,done,,2014-01-24,6.1,no
P02,day28,not_done,toxicity,,,
""",
    "tissue.csv": "patient_id,specimen,marker,kind,value\nP01,primary,PIK3CA,alteration,1\nP01,metastasis,ki67,expression,35\n",
}


class Folder:
    """A study folder whose files can be changed by replacing text."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def change(self, file: str, old: str, new: str) -> Folder:
        text = (self.path / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (self.path / file).write_text(text.replace(old, new), encoding="utf-8")
        return self

    def write(self, file: str, content: str | bytes) -> Folder:
        (self.path / file).write_bytes(content.encode() if isinstance(content, str) else content)
        return self


@pytest.fixture
def study(tmp_path) -> Folder:
    """Lay the right study in a folder of its own."""
    folder = tmp_path / "small"
    for name in ("dicom/1.dcm", "contours/1.dcm"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(b"an image, not read here")
    for name, text in STUDY.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Folder(folder)
