"""Measurements of moodreel and of other programs: `python -m benchmarks.<name>` from the repository's root."""
