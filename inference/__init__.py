"""Everything that looks at pixels. Pure image science except ``tasks`` and ``management``."""
