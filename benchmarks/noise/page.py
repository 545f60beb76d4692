"""The table of docs/noise.md, from benchmarks/results/noise.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scipy.stats import binom

from moodreel.storage import atomic

PAGE = Path("docs/noise.md")
BEGIN, END = "<!-- figures: make bench-noise -->", "<!-- end of figures -->"

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
    rows = [
        f"| {WORDS[kind]} | {of['headline_green']} of {of['studies']} | {of['any_green']} of {of['studies']} | "
        f"{of['mean_p']:.2f} | "
        + (f"{of['cluster_evidence']} of {of['cluster_runs']} |" if "cluster_runs" in of else "– |")
        for kind, of in result["by_kind"].items()
    ]
    planted = result["planted_figures"]
    return "\n".join(
        [
            f"    {result['command']} --commit {result['seeds_from_commit']}"
            if "--commit" not in result["command"]
            else f"    {result['command']}",
            "",
            f"{result['cores']} cores of {result['processor']}, {result['minutes']:.0f} minutes.",
            "",
            "| kind of noise | headline a success | any row a success | mean p of its row | evidence of clusters |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            f"| all | **{result['headline_green']} of {result['studies']}** | **{result['any_green']} of "
            f"{result['studies']}** | | **{result['cluster_evidence']} of {result['cluster_runs']}** |",
            "",
            f"Due at 0.05: {0.05 * result['studies']:.0f} of {result['studies']}; by chance at most "
            f"{most_allowed(result['studies'])} (the 99 % point of the binomial), of "
            f"{result['studies'] // len(result['by_kind'])} at most "
            f"{most_allowed(result['studies'] // len(result['by_kind']))}.",
            "",
            f"A planted signal was found in {result['planted_found']} of {result['planted']} studies; balanced "
            f"accuracy on unseen videos from {planted[0]:.2f} to {planted[-1]:.2f}, half of them at least "
            f"{planted[len(planted) // 2]:.2f}.",
            "",
            "What the pages of whole runs said first:",
            "",
            *(f"- {WORDS[one['kind']]}: {' '.join(says for _, says in one['verdicts'])}" for one in result["pages"]),
        ]
    )


def write(result: Mapping[str, Any]) -> None:
    """Put them into docs/noise.md."""
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    atomic.write_text(PAGE, f"{before}{BEGIN}\n\n{figures(result)}\n\n{END}{after}")
