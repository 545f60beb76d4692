"""Figures and the page at the end of a run."""
