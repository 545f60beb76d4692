"""The figures of a run, as a paper would print them."""

from moodreel.tables.schema import Column, Table

FIGURES = Table(
    "figures",
    1,
    "The figures beside it, each as SVG and as PNG, and what to write below them. `figures/captions.tsv`",
    (
        Column("name", "string", "", "of the files, without their ending", nullable=False),
        Column("title", "string", "", "what it shows, in a few words", nullable=False),
        Column("caption", "string", "", "whole sentences with this run's numbers", nullable=False),
    ),
)
