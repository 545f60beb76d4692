"""What captions must not leave out: whether anything is a test, and how much larger than life a figure is."""

from __future__ import annotations

import polars as pl
import pytest

from moodreel.report import captions
from moodreel.tables.base import polars_schema
from moodreel.tables.clusters import CLUSTERS, SILHOUETTE


def scores(**chosen: float | None) -> pl.DataFrame:
    """Figures of two and three clusters; `chosen` are more of those of the two that the run uses."""
    rows = [{"k": 2, "silhouette": 0.5, "chosen": True, **chosen}, {"k": 3, "silhouette": 0.4, "chosen": False}]
    return pl.DataFrame(rows, schema=polars_schema(SILHOUETTE))


def test_without_a_null_draw_the_number_of_clusters_was_not_tested():
    said = captions.silhouette(scores(), 40)
    assert "Ringed: 2 clusters" in said
    assert "40 windows" in said
    assert said.endswith("No null was drawn, so nothing here is a test.")


@pytest.mark.parametrize(("p", "said"), [(0.0001, "p < 0.001"), (0.034, "p = 0.034"), (0.417, "p = 0.42")])
def test_a_p_value_is_never_nothing(p, said):
    tested = captions.silhouette(scores(silhouette_p=p, silhouette_null_mean=0.1, silhouette_null_sd=0.1), 40)
    assert f"embedding {said}" in tested


def test_movement_that_is_drawn_larger_says_how_much():
    clusters = pl.DataFrame(schema=polars_schema(CLUSTERS))
    assert "as large as it is" not in captions.body(clusters, 1)
    assert captions.body(clusters, 5).endswith("Movement is drawn 5 times as large as it is.")
