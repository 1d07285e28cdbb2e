"""Running notebooks, the build graph, provenance and environments: nothing clinical."""
