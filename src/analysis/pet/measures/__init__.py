"""What is measured on a region, a scan and a study."""
