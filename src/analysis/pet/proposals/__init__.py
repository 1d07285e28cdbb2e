"""Automatic proposals of lesions where no contour exists: thresholds, and physiological uptake removed by rule."""
