"""Measurements of moodreel beside other programs: `python -m benchmarks.<name>` from the repository's root."""
