"""The tables of docs/faces.md, from benchmarks/results/faces.json."""

from collections.abc import Mapping
from typing import Any

from benchmarks import pages
from benchmarks.faces.figures import SHUFFLES


def parts(result: Mapping[str, Any]) -> dict[str, str]:
    """The figures as Markdown, with their command and machine."""
    judges, by_backend = result["judges"].values(), result["units"].values()
    areas = {(emotion, unit): own for of in by_backend for emotion, units in of.items() for unit, own in units.items()}
    chances = {}
    for kind in ("emotions", "classes"):
        every = [own for of in judges for own in (of[kind]["all"], of[kind]["with_face"]) if own]
        chances[kind] = {
            name: max(own["exchanged"][name]["p_value"] for own in every) for name in ("accuracy", "balanced_accuracy")
        }
        by_people = [own["exchanged_by_people"]["balanced_accuracy"] for own in every if own["exchanged_by_people"]]
        chances[kind] |= {"constant": every[0]["constant_balanced_accuracy"], "by_people": by_people}
    return pages.fill("faces", {**result, "areas": areas, "chances": chances, "shuffles": SHUFFLES})
