"""Settings of the clusters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from moodreel.settings.base import Section, from_home, setting


class ClustersSettings(Section):
    k: Annotated[int, Field(ge=1, le=100)] | Literal["auto"] = setting(
        "auto",
        "number of clusters (the paper: 7); `auto` takes, of the numbers from k_min to k_max that there is evidence for, "
        "the one whose clusters are most stable",
    )
    k_without_evidence: int = setting(
        7,
        "number of groups that `auto` makes where there is no evidence for any number, or too few null replicates to judge (the "
        "paper's)",
        ge=1,
        le=100,
        apart=True,
    )
    k_min: int = setting(2, "fewest clusters in the silhouette curve", ge=2, le=100)
    k_max: int = setting(12, "most clusters in the silhouette curve", ge=2, le=100)
    method: Literal["kmeans", "hdbscan"] = setting(
        "kmeans",
        "how windows are clustered; `hdbscan` finds dense regions and their number by itself (k, k_min, k_max, metric and "
        "restarts are ignored then), and windows that it calls noise get the nearest cluster",
    )
    min_cluster_share: float = setting(
        0.02, "hdbscan: smallest cluster as a share of the windows, at least 5 windows", gt=0, le=0.5
    )
    metric: Literal["euclidean", "dtw", "softdtw"] = setting(
        "euclidean",
        "k-means: distance between two windows' series; dtw and softdtw tolerate shifts in time and are some hundred times "
        "slower: a run that would take more than about ten minutes is an error. They have no stability and no null replicates, so that evidence is not judged",
    )
    restarts: int = setting(10, "starts of k-means, of which the tightest result is kept", ge=1, le=100)
    seed: int = setting(9000, "of k-means (the paper's)", ge=0, le=2**32 - 1)
    resamples: int = setting(
        20, "bootstrap samples of videos, whose clusters are compared: stability of each k", ge=2, le=200, apart=True
    )
    nulls: int = setting(
        19,
        "null replicates by which evidence for clusters is judged: movements are shuffled, levels of performers and videos "
        "kept, and each replicate has its own UMAP; fewer than 19 give no evidence",
        ge=0,
        le=100,
        apart=True,
    )
    previous: str | None = setting(
        None,
        "clusters.parquet of an earlier run (another run's, or a copy: this run's own is deleted before it is made again); "
        "clusters that are still the same keep its numbers; null: numbered by size",
        apart=True,
    )
    gallery_pictures: int = setting(6, "pictures per cluster in the gallery", ge=1, le=50, apart=True)
    names: dict[int, str] = setting(
        {},
        "names that a person gave to clusters, by number, for example {1: calm}; empty: `cluster 1`, ...",
        apart=True,
    )

    _from_home = field_validator("previous")(from_home)

    @model_validator(mode="after")
    def _range(self) -> ClustersSettings:
        if self.k_min > self.k_max:
            raise ValueError(f"k_min ({self.k_min}) must not exceed k_max ({self.k_max})")
        return self
