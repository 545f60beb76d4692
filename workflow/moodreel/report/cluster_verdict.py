"""The report's verdict on the clusters as such: whether there is evidence of any, in a sentence and in a few words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moodreel.clusters.judgement import LEAST_NULLS, Evidence
from moodreel.settings.clusters import ClustersSettings

_NULL = "movement shuffled in time, with the levels of people and videos kept and embedded anew"


@dataclass(frozen=True)
class ClusterVerdict:
    """Whether the `number` of clusters that the run uses is above chance.

    `evidence` is for any number where the run chose it, else for this one; `p_value` is corrected for all that were
    tried. `sentence` states it in full, `card` in a few words.
    """

    evidence: Evidence
    number: int
    p_value: float | None
    null_replicates: int
    sentence: str
    card: str

    @property
    def has_clusters(self) -> bool:
        """Whether clusters may be called expressions that recur."""
        return self.evidence is Evidence.FOUND

    @property
    def thing(self) -> str:
        """The word for a cluster: `group` where there is no evidence of clusters."""
        return "cluster" if self.has_clusters else "group"


def read(stamp: Mapping[str, Any], number: int) -> ClusterVerdict:
    """The verdict in the `stamp` of clusters.parquet on its `number` of clusters; not judged where it holds none."""
    found = stamp.get("evidence", {})
    evidence = Evidence(found.get("verdict", Evidence.NOT_JUDGED))
    settings = ClustersSettings.model_validate(stamp.get("settings", {}).get("clusters", {}))
    p_value, replicates, passing = found.get("p_value"), found.get("null_draws", 0), found.get("passing", [])
    chosen = settings.method == "kmeans" and settings.k == "auto"
    if evidence is Evidence.FOUND:
        sentence, card = (
            _describe_evidence(number, p_value, replicates, passing, chosen),
            f"clusters, above chance (p = {p_value:.2g})",
        )
    elif evidence is Evidence.NONE:
        sentence = _describe_no_evidence(number, p_value, replicates, passing, chosen)
        p = "" if p_value is None else f" (p = {p_value:.2g})"
        card = f"groups of windows; no evidence of clusters{p}"
    else:
        sentence = f"Whether there are clusters in these data was not judged: {_why_not(settings, number, replicates)}."
        card = "groups of windows; evidence of clusters was not judged"
    return ClusterVerdict(evidence, number, p_value, replicates, sentence, card)


def _describe_evidence(number: int, p_value: float, replicates: int, passing: list[int], chosen: bool) -> str:
    test = f"their silhouette in the features is above that of {_NULL} (p = {p_value:.2g}, {replicates} null draws)"
    if not chosen:
        return f"There is evidence of {number} clusters: {test}."
    others = f"Of the numbers that pass, {_list_numbers(passing)}, {number} is the most stable"
    if len(passing) == 1:
        others = f"Of the numbers tried only {number} passes"
    return f"There is evidence of clusters: {test}. {others}."


def _describe_no_evidence(number: int, p_value: float | None, replicates: int, passing: list[int], chosen: bool) -> str:
    if p_value is None:  # HDBSCAN found fewer than two
        return "No evidence of clusters in these data: nothing dense stands apart, and all windows are one group."
    test = f"{_NULL}, gives silhouettes in the features as high (p = {p_value:.2g}, {replicates} null draws)"
    if passing:
        return (
            f"No evidence of {number} clusters in these data: {test}. There is evidence of {_list_numbers(passing)} "
            "(clusters.k)."
        )
    why = "as clusters.k_without_evidence says" if chosen else "as was asked for"
    return f"No evidence of clusters in these data: {test}. The windows are put into {number} groups, {why}."


def _why_not(settings: ClustersSettings, number: int, replicates: int) -> str:
    if settings.method == "kmeans" and settings.metric != "euclidean":
        return f"{settings.metric} has no null (clusters.metric)"
    if number < 2:
        return "all windows are one cluster"
    if replicates < LEAST_NULLS:
        return f"it takes {LEAST_NULLS} null draws (clusters.nulls), and there were {replicates}"
    return "there are too few different windows"


def _list_numbers(numbers: list[int]) -> str:
    if numbers == list(range(numbers[0], numbers[-1] + 1)) and len(numbers) > 2:
        return f"{numbers[0]} to {numbers[-1]}"
    return " and ".join(
        [", ".join(map(str, numbers[:-1])), str(numbers[-1])] if len(numbers) > 1 else [str(numbers[0])]
    )
