"""Preflight checks: mistakes that are found before a run starts."""
