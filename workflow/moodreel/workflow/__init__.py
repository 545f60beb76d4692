"""Steps, plan, preflight checks, provenance and cleanup: the only part that uses Snakemake and the paths of results."""
