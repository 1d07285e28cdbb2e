"""The simulated trial: patients, lesions, DICOM PET, plasma, tissue and outcomes, always marked SIMULATED."""

from analysis.simulation.scans import SimulatedLesion, SimulatedScan

__all__ = ["SimulatedLesion", "SimulatedScan"]
