"""The figures of a run, as a paper would print them."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table

FIGURES = Table(
    "figures",
    1,
    "The figures beside it, each as SVG and as PNG, and what to write below them. `figures/captions.tsv`",
    (
        Column("name", pa.string(), "", "of the files, without their ending", nullable=False),
        Column("title", pa.string(), "", "what it shows, in a few words", nullable=False),
        Column("caption", pa.string(), "", "whole sentences with this run's numbers", nullable=False),
    ),
)
