"""Settings of the clusters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from moodreel.settings.base import Section, setting


class ClustersSettings(Section):
    k: Annotated[int, Field(ge=1, le=100)] | Literal["auto"] = setting(
        "auto", "number of clusters; `auto` takes the best silhouette from k_min to k_max (the paper: 7)"
    )
    k_min: int = setting(2, "fewest clusters in the silhouette curve", ge=2, le=100)
    k_max: int = setting(12, "most clusters in the silhouette curve", ge=2, le=100)
    metric: Literal["euclidean", "dtw", "softdtw"] = setting(
        "euclidean",
        "distance between two windows' series; dtw forgives shifts in time and is some hundred times slower",
    )
    restarts: int = setting(10, "k-means is started this often and the tightest result kept", ge=1, le=100)
    seed: int = setting(9000, "of k-means (the paper's)", ge=0, le=2**32 - 1)
    gallery_pictures: int = setting(6, "pictures per cluster in the gallery", ge=1, le=50)
    names: dict[int, str] = setting(
        {}, "names that a person gave to clusters, by number, for example {1: calm}; empty: `cluster 1`, ..."
    )

    @model_validator(mode="after")
    def _range(self) -> ClustersSettings:
        if self.k_min > self.k_max:
            raise ValueError(f"k_min ({self.k_min}) must not exceed k_max ({self.k_max})")
        return self
