"""Everything that is stored or shown. Never imports ``inference``; never loads torch."""
