"""Analysis of imaging-biomarker trials: from PET DICOM and tables to a reviewed publication.

Each folder is one subject ("room"); imports go down only, as the contract in ``pyproject.toml`` says.
Nothing is imported here: a notebook depends on exactly the rooms it names.
"""
