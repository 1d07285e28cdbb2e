"""Plasma (ctDNA) and tissue."""

from analysis.data.tables.table import Column, Table, patient_id

PLASMA_SAMPLES = Table(
    name="plasma_samples",
    meaning="One row a plasma sample",
    part="plasma",
    key=("sample_id",),
    columns=(
        Column(name="sample_id", kind="text", meaning="Pseudonym of the sample", nullable=False),
        patient_id(),
        Column(
            name="visit",
            kind="text",
            meaning="Planned visit: baseline, day14, day28, week12, week24 ..., progression",
            nullable=False,
        ),
        Column(name="sampled", kind="time", meaning="Day of sampling"),
        Column(name="panel_detected", kind="yes_no", meaning="Mutation panel found ctDNA; empty: no result"),
        Column(
            name="max_vaf_percent",
            kind="number",
            unit="%",
            low=0,
            high=100,
            meaning="Highest variant allele frequency; 0: none found; empty: no result",
        ),
        Column(
            name="lod_vaf_percent",
            kind="number",
            unit="%",
            low=0,
            high=100,
            meaning="Limit of detection of the panel in this sample",
        ),
        Column(
            name="tumour_fraction_percent",
            kind="number",
            unit="%",
            low=0,
            high=100,
            meaning="Tumour fraction from copy number (ichorCNA); empty: no result",
        ),
    ),
)

PLASMA_VARIANTS = Table(
    name="plasma_variants",
    meaning="One row a variant found in a plasma sample",
    part="plasma",
    key=("sample_id", "gene", "protein_change"),
    columns=(
        Column(name="sample_id", kind="text", meaning="Pseudonym of the sample", nullable=False),
        Column(name="gene", kind="text", meaning="HGNC symbol", nullable=False),
        Column(name="protein_change", kind="text", meaning="Protein change, e.g. p.E545K", nullable=False),
        Column(
            name="vaf_percent",
            kind="number",
            unit="%",
            low=0,
            high=100,
            meaning="Variant allele frequency",
            nullable=False,
        ),
    ),
)

PLASMA_CONCENTRATIONS = Table(
    name="plasma_concentrations",
    meaning="One row a plasma sample whose ctDNA is given as a concentration, or only as its direction of change",
    part="plasma",
    key=("sample_id",),
    columns=(
        Column(name="sample_id", kind="text", meaning="Pseudonym of the sample", nullable=False),
        Column(
            name="mtm_per_ml",
            kind="number",
            unit="MTM/ml",
            low=0,
            high=1e6,
            meaning="Mean tumour molecules per ml of plasma; 0: none found; empty: not given",
        ),
        Column(
            name="change_since_baseline",
            kind="code",
            codes=("decrease", "increase"),
            meaning="Direction of the change since baseline; empty: baseline itself, or not known",
        ),
    ),
)

TISSUE = Table(
    name="tissue",
    meaning="One row a marker of a tissue specimen",
    part="tissue",
    key=("patient_id", "specimen", "marker"),
    columns=(
        patient_id(),
        Column(
            name="specimen",
            kind="code",
            codes=("primary", "metastasis"),
            meaning="Where the tissue was taken",
            nullable=False,
        ),
        Column(name="marker", kind="text", meaning="Gene symbol, or er, pr, ki67, p4ebp1", nullable=False),
        Column(
            name="kind",
            kind="code",
            codes=("alteration", "expression"),
            meaning="alteration: value is 1 (altered) or 0; expression: value is percent of cells or H-score",
            nullable=False,
        ),
        Column(name="value", kind="number", low=0, high=300, meaning="Value; empty: not evaluable"),
    ),
)
