"""Plasma and tissue: detection, change, concordance, association with response, joint classes."""

from analysis.biomarkers.association import Association, Group, binary_association, scale_association
from analysis.biomarkers.censored_model import CensoredModel, censored_model
from analysis.biomarkers.concordance_table import concordance_table
from analysis.biomarkers.contingency import fisher_exact, freeman_halton
from analysis.biomarkers.correlation import spearman
from analysis.biomarkers.exact_test import ExactTest
from analysis.biomarkers.families import association_table, benjamini_hochberg, with_q_values
from analysis.biomarkers.genes import Oncoprint, gene_counts, oncoprint
from analysis.biomarkers.joint import JOINT_CLASSES, JOINT_WORDS, JointClasses, joint_classes
from analysis.biomarkers.mixed_model import FixedEffect, MixedModel, mixed_model
from analysis.biomarkers.paired_calls import Agreement, agreement, kappa, mcnemar
from analysis.biomarkers.paired_samples import signed_rank
from analysis.biomarkers.plasma import at_visit, detection, marker_label, plasma_calls
from analysis.biomarkers.plasma_change import (
    Transitions,
    VafChange,
    summarise_change,
    trajectories,
    transitions,
    vaf_change,
)
from analysis.biomarkers.plasma_response import plasma_associations
from analysis.biomarkers.tissue import (
    SPECIMEN_RULES,
    Concordance,
    concordance,
    tissue_associations,
    tissue_values,
)
from analysis.biomarkers.two_samples import hodges_lehmann, rank_sum

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
    "JointClasses",
    "MixedModel",
    "Oncoprint",
    "Transitions",
    "VafChange",
    "agreement",
    "association_table",
    "at_visit",
    "benjamini_hochberg",
    "binary_association",
    "censored_model",
    "concordance",
    "concordance_table",
    "detection",
    "fisher_exact",
    "freeman_halton",
    "gene_counts",
    "hodges_lehmann",
    "joint_classes",
    "kappa",
    "marker_label",
    "mcnemar",
    "mixed_model",
    "oncoprint",
    "plasma_associations",
    "plasma_calls",
    "rank_sum",
    "scale_association",
    "signed_rank",
    "spearman",
    "summarise_change",
    "tissue_associations",
    "tissue_values",
    "trajectories",
    "transitions",
    "vaf_change",
    "with_q_values",
]
