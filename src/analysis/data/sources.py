"""The public data sets that can be fetched: address at a pinned commit, checksum, licence, citation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Source:
    """One public file from which a study folder is made.

    Parameters
    ----------
    name : str
        Name of the study that is made from it, and of its folder in ``data/public``.
    title : str
        What it is.
    address : str
        Where the file is downloaded from; its last part is the file's name.
    sha256 : str
        Checksum of the file, 64 hexadecimal digits.
    origin : str
        Repository, commit and file, as printed with every result.
    licence : str
        The terms, with what is doubtful about them.
    citation : str
        What to cite.
    """

    name: str
    title: str
    address: str
    sha256: str
    origin: str
    licence: str
    citation: str

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.address.rsplit("/", 1)[-1]


_ALFASSAY = "mariaalexandrastanciu/ALFAssay"
_ALFASSAY_COMMIT = "7cb78d544f72ae49a5695d08f39200bfbeb5643e"
_ALFASSAY_FILE = "validations/data_sorted_short_meta.csv"
_REPORTRMD = "biostatsPMH/reportRmd"
_REPORTRMD_COMMIT = "80fbb3f643da6d0d8c4495065fc85bc541845a6b"
_REPORTRMD_FILE = "data/pembrolizumab.rda"

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            name="pearl-open",
            title="Open plasma data of the PEARL trial: circulating tumour DNA and progression-free survival",
            address=f"https://raw.githubusercontent.com/{_ALFASSAY}/{_ALFASSAY_COMMIT}/{_ALFASSAY_FILE}",
            sha256="9fa0db6af69bc46e4503747ccb2c1eb12c48228e17c33e747652d5fd51c48a7e",
            origin=f"github.com/{_ALFASSAY}, commit {_ALFASSAY_COMMIT}, file {_ALFASSAY_FILE}",
            licence="MIT according to the README of the source, whose licence file is missing",
            citation="ALFAssay, PLoS Comput Biol 2026, doi 10.1371/journal.pcbi.1014505; "
            "trial: Gombos et al., npj Breast Cancer 2021;7:125, doi 10.1038/s41523-021-00331-8",
        ),
        Source(
            name="inspire",
            title="INSPIRE trial: circulating tumour DNA under pembrolizumab in five cohorts of solid tumours",
            address=f"https://raw.githubusercontent.com/{_REPORTRMD}/{_REPORTRMD_COMMIT}/{_REPORTRMD_FILE}",
            sha256="9bd54ce88b1e5f9a3d00161564a8f5a3da1cd4d67cf88425f2e3a5efddcc1ec7",
            origin=f"github.com/{_REPORTRMD}, commit {_REPORTRMD_COMMIT}, file {_REPORTRMD_FILE}",
            licence="MIT (R package reportRmd)",
            citation="Bratman et al., Nat Cancer 2020;1:873-881, doi 10.1038/s43018-020-0096-5",
        ),
    )
}
"""Source by name."""
