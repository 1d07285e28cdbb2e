"""Regions of interest: DICOM SEG, RTSTRUCT and NIfTI on the grid of an image."""
