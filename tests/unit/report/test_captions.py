"""What captions must not leave out: how much larger than life a figure is."""

from __future__ import annotations

import polars as pl

from moodreel.report import captions
from moodreel.tables.base import polars_schema
from moodreel.tables.clusters import CLUSTERS


def test_movement_that_is_drawn_larger_says_how_much():
    clusters = pl.DataFrame(schema=polars_schema(CLUSTERS))
    assert "as large as it is" not in captions.body(clusters, 1)
    assert captions.body(clusters, 5).endswith("Movement is drawn 5 times as large as it is.")
