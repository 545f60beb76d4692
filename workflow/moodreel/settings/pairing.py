"""Settings of the clip-music pairs."""

from __future__ import annotations

from typing import Literal

from moodreel.settings.base import Section, setting


class PairingSettings(Section):
    method: Literal["cluster", "mood"] = setting(
        "cluster",
        "`cluster`: music from a training video of the window's cluster, nearest first (Hsu & Lee 2020); "
        "`mood`: music whose valence and arousal are nearest to those of the cluster's expression",
    )
    ranks: int = setting(3, "tracks proposed for each window", ge=1, le=100)
    previews: int = setting(
        7,
        "preview clips, the window nearest its centre for each cluster in turn; 0 renders none",
        ge=0,
        le=1000,
    )
    preview_s: float = setting(6.0, "longest preview clip", unit="s", ge=1, le=60)
    preview_height: int = setting(320, "height of the preview's picture", unit="px", ge=64, le=1080, multiple_of=2)
