"""What each step is told of the settings: a change elsewhere does not rerun it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moodreel.settings.resolve import Settings

SECTIONS: dict[str, tuple[str, ...]] = {
    "actor": ("actors",),
    "fetch": ("source",),
    "extract": ("pose", "face", "extraction"),
    "import_pose": ("pose",),
    "import_face": (),
    "no_pose": (),
    "face_crops": (),
    "neutral": ("action_units",),
    "face": ("action_units",),
    "screen": ("screen", "windows", "features"),
    "labels": (),
    "import_columns": (),
    "embed": ("features", "embed", "clusters.nulls"),
    "gallery": ("clusters", "extraction.keep_mesh"),
    "held_out": ("action_units", "windows", "features", "screen", "embed"),
    "evaluate": ("features", "embed", "clusters", "classify"),
    "modalities": ("features", "embed", "classify"),
    "train": ("features", "embed", "classify", "clusters.names"),
    "classify": (),
    "describe": (),
    "table": (),
}
"""The sections of the settings, or single settings, that each step reads."""

READ_BY: dict[str, tuple[str, ...]] = {
    "pose.backend": ("extract",),
    "extraction.device": (),
    "extraction.threads": (),
    "extraction.lanes": (),
    "extraction.keep_mesh": ("gallery",),
    "extraction.videos_per_job": (),
    "emotions.detectors": (),
    "emotions.classes": ("clip_emotions",),
    "emotions.decimals": ("clip_emotions", "figures", "report"),
    "emotions.valence_arousal": ("pair",),
    "clusters.names": ("figures", "report", "export", "export_dataset", "train"),
    "clusters.gallery_pictures": ("gallery",),
    "clusters.nulls": ("embed",),
    "clusters.resamples": ("cluster",),
    "clusters.k_without_evidence": ("cluster",),
    "clusters.previous": ("cluster",),
    "classify.nulls": (),
    "classify.permutations": ("evaluate", "modalities"),
    "classify.permutation_budget_s": ("evaluate", "modalities"),
    "classify.headline": ("figures", "report", "acted", "modalities"),
    "classify.draws_per_job": (),
    "classify.jobs_per_draw": (),
    "export.formats": (),
    "annotate.videos": ("report",),
}
"""Settings that only these of the steps with their section are told. Those told to none say where, what is kept or how
often something is done, not what comes out: they rerun nothing and name no folder."""


def told(settings: Settings, step: str, **backends: str) -> str:
    """The step's settings as one JSON string: Snakemake compares strings reliably, and nothing else.

    backends: by section, another backend than the settings name.
    """
    sections: dict[str, dict[str, Any]] = {}
    for entry in SECTIONS[step]:
        name, _, only = entry.partition(".")
        section = getattr(settings, name).model_dump(mode="json")
        if name in backends:
            section["backend"] = backends[name]
        sections.setdefault(name, {}).update(
            {
                key: value
                for key, value in section.items()
                if only in ("", key) and step in READ_BY.get(f"{name}.{key}", (step,))
            }
        )
    return json.dumps(sections, sort_keys=True)
