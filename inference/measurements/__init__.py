"""Numbers taken from label maps: definitions in docs/analysis_schema.md, lengths in millimetres."""
