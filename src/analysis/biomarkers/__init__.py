"""Plasma and tissue: detection, change, concordance, association with response, joint classes."""
