"""Disk space of results: their size by kind, which of them are still required, and which may be deleted."""
