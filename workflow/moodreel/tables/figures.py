"""The figures of a run, as a paper would print them."""

from moodreel.tables.schema import Column, Table

FIGURES = Table(
    "figures",
    1,
    "The figures in the same folder, each as SVG and as PNG, and their captions. `figures/captions.tsv`",
    (
        Column("name", "string", "", "name of the files, without suffix", nullable=False),
        Column("title", "string", "", "what it shows, in a few words", nullable=False),
        Column("caption", "string", "", "whole sentences with this run's numbers", nullable=False),
    ),
)
