"""From the headers and pixels of a series to a volume of SUV."""
