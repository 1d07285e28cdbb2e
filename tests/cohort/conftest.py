"""A small trial in which every way of leaving a population occurs once or twice."""

from __future__ import annotations

import pytest

from analysis.study import load_protocol


@pytest.fixture(scope="session")
def protocol():
    return load_protocol()


def _eligibility(patient, **met):
    return [{"patient_id": patient, "item": f"I{i}", "met": met.get(f"I{i}", True)} for i in range(1, 7)]


def _pet(patient, visit, status, reason=None, day=None):
    return {"patient_id": patient, "visit": visit, "status": status, "reason": reason, "scanned_day": day}


@pytest.fixture(scope="session")
def tables():
    return {
        "patients": [
            {"patient_id": f"P{i}", "phase": "pilot" if i <= 4 else "extension", "treatment_start_day": 0.0}
            for i in range(1, 7)
        ]
        + [
            {"patient_id": "P7", "phase": "extension"},
            {"patient_id": "P8", "phase": "extension", "treatment_start_day": 0.0},
        ],
        "eligibility": [
            *(row for i in range(1, 7) for row in _eligibility(f"P{i}")),
            *_eligibility("P7", I3=None),
            *_eligibility("P8", I4=False, I5=False),
        ],
        "pet_visits": [
            _pet("P1", "baseline", "done", day=-3),
            _pet("P2", "baseline", "done", day=-3),
            _pet("P3", "baseline", "done", day=-3),
            _pet("P4", "baseline", "not_done", "technical"),
            _pet("P5", "baseline", "done", day=-3),
            _pet("P8", "baseline", "done", day=-3),
            _pet("P1", "day14", "done", day=14),
            _pet("P2", "day14", "done", day=21),
            _pet("P3", "day14", "not_done", "early_progression"),
            _pet("P5", "day14", "not_planned"),
            _pet("P1", "day28", "done", day=28),
            _pet("P2", "day28", "not_done"),
            _pet("P5", "day28", "done"),
        ],
        "plasma_samples": [
            {"sample_id": "S1", "patient_id": "P1", "visit": "baseline", "panel_detected": True},
            {"sample_id": "S2", "patient_id": "P2", "visit": "baseline"},
            {"sample_id": "S3", "patient_id": "P3", "visit": "baseline", "tumour_fraction_percent": 0.0},
            {"sample_id": "S4", "patient_id": "P1", "visit": "day14", "max_vaf_percent": 0.0},
        ],
        "tissue": [
            {"patient_id": "P1", "specimen": "primary", "marker": "PIK3CA", "kind": "alteration", "value": 1},
            {"patient_id": "P2", "specimen": "primary", "marker": "PIK3CA", "kind": "alteration"},
        ],
        "outcomes": [
            {"patient_id": "P1", "pfs_days": 100.0, "pfs_event": True},
            {"patient_id": "P2", "pfs_days": 100.0},
        ],
    }


@pytest.fixture
def study(study_of, tables):
    return study_of(**tables)
