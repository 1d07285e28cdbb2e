"""Which series there are, whose they are, and which are measured."""
