"""Results in DICOM's own words: lesions as DICOM SEG, measures as a structured report, for any viewer."""
