"""Mistakes of a run that are found before anything of it is done."""
