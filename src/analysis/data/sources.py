"""The public data sets that can be fetched: address at a pinned commit, checksum, licence, citation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Source:
    """One public file, from which a study folder is made or which is part of a collection.

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


@dataclass(frozen=True, kw_only=True)
class Collection:
    """Public files that together become one folder, which is no study.

    Parameters
    ----------
    name, title, origin, licence, citation : str
        As of :class:`Source`.
    files : tuple of Source
        The files; ``title`` of each is the name of the data set in it.
    """

    name: str
    title: str
    origin: str
    licence: str
    citation: str
    files: tuple[Source, ...]


_KMDATA = "raredd/kmdata"
_KMDATA_COMMIT = "8972d41b221dd06c71082c6692ccace8ca77562f"
_KMDATA_LICENCE = "MIT (R package kmdata)"
_KMDATA_CITATION = (
    "R package kmdata, github.com/raredd/kmdata; the publication of each figure stands beside it"
)
_KMDATA_SHA256 = {
    "BOLERO1_2B": "fe796e97c709d6c151f0360bd3b9856f71b34bc01050c9fa57c48aef84e9fb6b",
    "BOLERO2_1": "067bced9712436f19baf56855ce0d38d25bc52432a1dbd150f0ea8edba0e0d7a",
    "BOLERO3_2": "d99fefc7b199f4b0609e6d65c1215e3b9f922b65a7575d3fc65068cb45f75b0c",
    "CALGB40503_2A": "6983879b40c1edcbbd968d9ddfc6c8045c39df04f5441a7977467c0512e2d12f",
    "CALGB40503_2B": "b93fa4d31f894ab6384f5da46d76681e902be7c54f59c0e1a708d7174b80a779",
    "FALCON_2": "ef847667e5c3dde0d670221032e072da34828d0949d5cb09b1e361cc544e5975",
    "LEA_2A": "02844659538cbf060de3793431b073d5b70bce5ed6098d8292ce0cf45b10149a",
    "MONALEESA2_1": "b2e8b6b9a554e03dbc793764f5ed2600ed5b129728d010dd1e74a877020ff362",
    "PALOMA2_1A": "2b134b5b6341b22403239f02202b1d20e72a15067c19f60a72b146bd32345900",
    "PALOMA3_1A": "8d852fd43738f014cb89d02b0fea99db2baca8169bfc09c78879c50d010af122",
    "PALOMA3_2A": "31447ac3d87bfc939685357afb0999630ac403665e99b04aff0046e517762110",
}

COLLECTIONS: dict[str, Collection] = {
    "kmdata": Collection(
        name="kmdata",
        title="Patient-level times reconstructed from published curves of trials in breast cancer",
        origin=f"github.com/{_KMDATA}, commit {_KMDATA_COMMIT}, folder data",
        licence=_KMDATA_LICENCE,
        citation=_KMDATA_CITATION,
        files=tuple(
            Source(
                name="kmdata",
                title=dataset,
                address=f"https://raw.githubusercontent.com/{_KMDATA}/{_KMDATA_COMMIT}/data/{dataset}.rda",
                sha256=sha256,
                origin=f"github.com/{_KMDATA}, commit {_KMDATA_COMMIT}, file data/{dataset}.rda",
                licence=_KMDATA_LICENCE,
                citation=_KMDATA_CITATION,
            )
            for dataset, sha256 in _KMDATA_SHA256.items()
        ),
    )
}
"""Collection by name."""
