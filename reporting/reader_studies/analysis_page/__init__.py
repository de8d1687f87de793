"""A finished analysis as charts and words; everything is read from its stored parts."""
