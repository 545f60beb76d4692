"""The table of docs/noise.md, from benchmarks/results/noise.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scipy.stats import binom

from benchmarks import pages

PAGE = pages.DOCS / "noise.md"

WORDS = {
    "none": "no levels",
    "video": "each video at a level of its own",
    "performer": "each person at a level of their own, labels balanced within people",
    "performer_unbalanced": "the same, each person showing one label in three quarters of the videos",
}


def most_allowed(studies: int) -> int:
    """The 99 % point of how many of so many studies are called more than chance where each is with 0.05."""
    return int(binom.ppf(0.99, studies, 0.05))


def figures(result: Mapping[str, Any]) -> str:
    """The figures as Markdown."""
    rows = []
    for kind, of in result["by_kind"].items():
        evidence = f"{of['cluster_evidence']} of {of['cluster_runs']}" if "cluster_runs" in of else "–"
        green = [f"{of[name]} of {of['studies']}" for name in ("headline_green", "any_green")]
        rows.append([WORDS[kind], *green, f"{of['mean_p']:.2f}", evidence])
    studies = result["studies"]
    green = [f"**{result[name]} of {studies}**" for name in ("headline_green", "any_green")]
    rows.append(["all", *green, "", f"**{result['cluster_evidence']} of {result['cluster_runs']}**"])
    head = ["kind of noise", "headline a success", "any row a success", "mean p of its row", "evidence of clusters"]
    named = "" if "--commit" in result["command"] else f" --commit {result['seeds_from_commit']}"
    of_kind = studies // len(result["by_kind"])
    planted = result["planted_figures"]
    said = [f"- {WORDS[one['kind']]}: {' '.join(says for _, says in one['verdicts'])}" for one in result["pages"]]
    return "\n\n".join(
        [
            f"    {result['command']}{named}",
            f"{result['cores']} cores of {result['processor']}, {result['minutes']:.0f} minutes.",
            pages.table(head, rows),
            f"Due at 0.05: {0.05 * studies:.0f} of {studies}; by chance at most {most_allowed(studies)} (the 99 % "
            f"point of the binomial), of {of_kind} at most {most_allowed(of_kind)}.",
            f"A planted signal was found in {result['planted_found']} of {result['planted']} studies; balanced "
            f"accuracy on unseen videos from {planted[0]:.2f} to {planted[-1]:.2f}, half of them at least "
            f"{planted[len(planted) // 2]:.2f}.",
            "What the pages of whole runs said first:",
            "\n".join(said),
        ]
    )
