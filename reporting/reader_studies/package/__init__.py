"""A closed reader study as files for other programs: by codes, never by names."""
