"""The engine room: the only part that knows Snakemake and where results lie."""
