"""What differs between two builds or two runs: numbers and tables by name, figures by their pixels."""
