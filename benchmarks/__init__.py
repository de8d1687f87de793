"""How fast, how much memory, and why: ``python -m benchmarks`` (docs/benchmarks.md). Needs no database."""
