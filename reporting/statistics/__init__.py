"""Statistics that say what they counted: pure numpy and scipy; no database, no web. See docs/statistics.md."""
