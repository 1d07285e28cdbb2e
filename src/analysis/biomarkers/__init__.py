"""Plasma and tissue: detection, change, concordance, association with response, joint classes."""

from analysis.biomarkers.association import Association, Group, binary_association, scale_association
from analysis.biomarkers.censored_model import CensoredModel, censored_model
from analysis.biomarkers.concentrations import plasma_concentrations
from analysis.biomarkers.concordance_table import concordance_table
from analysis.biomarkers.contingency import fisher_exact, freeman_halton
from analysis.biomarkers.correlation import spearman
from analysis.biomarkers.exact_test import ExactTest
from analysis.biomarkers.families import (
    association_table,
    benjamini_hochberg,
    in_declared_families,
    with_q_values,
)
from analysis.biomarkers.genes import Oncoprint, gene_counts, oncoprint
from analysis.biomarkers.joint import (
    JOINT_CLASSES,
    JOINT_WORDS,
    JointAgreement,
    JointClasses,
    joint_agreement,
    joint_classes,
)
from analysis.biomarkers.mixed_model import (
    FixedEffect,
    MixedContrast,
    MixedModel,
    mixed_contrast,
    mixed_model,
)
from analysis.biomarkers.paired_calls import Agreement, agreement, kappa, mcnemar
from analysis.biomarkers.paired_samples import signed_rank
from analysis.biomarkers.plasma import (
    at_visit,
    detection,
    marker_label,
    nominal_day,
    plasma_calls,
    visit_under_treatment,
    visit_words,
)
from analysis.biomarkers.plasma_change import (
    Transitions,
    VafChange,
    summarise_change,
    trajectories,
    transitions,
    vaf_change,
)
from analysis.biomarkers.plasma_course import plasma_course
from analysis.biomarkers.plasma_response import plasma_associations
from analysis.biomarkers.power import Power, fisher_power, hazard_power, rank_sum_power
from analysis.biomarkers.resistance import association_power, early_progression, power_column, power_words
from analysis.biomarkers.tissue import (
    SPECIMEN_RULES,
    Concordance,
    concordance,
    tissue_associations,
    tissue_values,
)
from analysis.biomarkers.two_samples import hodges_lehmann, rank_sum
from analysis.biomarkers.variant_course import VariantCourse, variant_course

__all__ = [
    "JOINT_CLASSES",
    "JOINT_WORDS",
    "SPECIMEN_RULES",
    "Agreement",
    "Association",
    "CensoredModel",
    "Concordance",
    "ExactTest",
    "FixedEffect",
    "Group",
    "JointAgreement",
    "JointClasses",
    "MixedContrast",
    "MixedModel",
    "Oncoprint",
    "Power",
    "Transitions",
    "VafChange",
    "VariantCourse",
    "agreement",
    "association_power",
    "association_table",
    "at_visit",
    "benjamini_hochberg",
    "binary_association",
    "censored_model",
    "concordance",
    "concordance_table",
    "detection",
    "early_progression",
    "fisher_exact",
    "fisher_power",
    "freeman_halton",
    "gene_counts",
    "hazard_power",
    "hodges_lehmann",
    "in_declared_families",
    "joint_agreement",
    "joint_classes",
    "kappa",
    "marker_label",
    "mcnemar",
    "mixed_contrast",
    "mixed_model",
    "nominal_day",
    "oncoprint",
    "plasma_associations",
    "plasma_calls",
    "plasma_concentrations",
    "plasma_course",
    "power_column",
    "power_words",
    "rank_sum",
    "rank_sum_power",
    "scale_association",
    "signed_rank",
    "spearman",
    "summarise_change",
    "tissue_associations",
    "tissue_values",
    "trajectories",
    "transitions",
    "vaf_change",
    "variant_course",
    "visit_under_treatment",
    "visit_words",
    "with_q_values",
]
