"""DICOM files and what their attributes say, as text, numbers and times."""
