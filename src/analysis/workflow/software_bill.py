"""The software bill of a checkout: every locked package as CycloneDX, which scanners of vulnerabilities read."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from analysis.workflow.conda import locked_versions
from analysis.workflow.provenance import sha256


def _licence(name: str) -> str | None:
    """What the installed package says of its licence, as an SPDX expression or as a name."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return None
    said, short = ((about.get_all(field) or [""])[0] for field in ("License-Expression", "License"))
    marks = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or [] if "License ::" in line]
    return said or (short if 0 < len(short) < 60 and "\n" not in short else "") or "; ".join(marks) or None


def software_bill(lock: Path) -> dict[str, Any]:
    """Every package of a hashed lock file, with version, package address and licence.

    Parameters
    ----------
    lock : Path
        Hashed requirements file; it stands beside the bill and holds the checksums of the packages themselves.

    Returns
    -------
    dict
        A document of CycloneDX 1.6: equal lock files and equal environments give equal documents.

    References
    ----------
    https://cyclonedx.org/docs/1.6/json/
    """
    components = []
    for name, number in sorted(locked_versions(lock).items()):
        address = f"pkg:pypi/{name}@{number}"
        part = {"type": "library", "bom-ref": address, "name": name, "version": number, "purl": address}
        licence = _licence(name)
        components.append(part | ({"licenses": [{"license": {"name": licence}}]} if licence else {}))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "analysis", "name": "analysis"},
            "properties": [{"name": "sha256 of requirements.lock", "value": sha256(lock)}],
        },
        "components": components,
    }
