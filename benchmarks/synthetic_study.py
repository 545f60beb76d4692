"""A made-up study of known motions, as large as wanted: features, windows and labels as the steps write them.

Each window shows one of a few motions: for its length a dozen of some latent directions move along smooth curves, up
from the neutral face and back to it, each time a little larger or smaller, earlier or later, faster or slower. The
latent directions are mixed into all columns; each video adds an offset of its own, constant over it, and each
value noise. So videos differ by something that is no motion, columns move together, and no column tells alone.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.features.groups import GROUPS
from moodreel.features.windows import index
from moodreel.settings.windows import WindowsSettings
from moodreel.tables import base
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.labels import LABELS

COLUMNS = tuple(c for group in ("paper_face", "paper_pose", "paper_counted") for c in GROUPS[group].columns)
"""The 788 columns of the set `paper`, `as_counted`."""


@dataclass(frozen=True)
class Plan:
    """How large the study is and what is planted in it.

    `offset` and `noise` are standard deviations of the videos' offsets and of the noise, where that of the columns'
    movement is 1. Every video is of `windows` windows without overlap.
    """

    videos: int
    windows: int
    columns: int = len(COLUMNS)
    motions: int = 7
    latent: int = 36
    moving: int = 12
    offset: float = 0.5
    noise: float = 1.0
    seed: int = 9000

    @property
    def names(self) -> tuple[str, ...]:
        return COLUMNS[: self.columns]


class Motions:
    """The planted motions: curves in latent directions, and how these mix into the columns."""

    def __init__(self, plan: Plan) -> None:
        rng = np.random.default_rng(plan.seed)
        self.plan = plan
        self.size = np.zeros((plan.motions, plan.latent))
        for sizes in self.size:
            sizes[rng.choice(plan.latent, min(plan.moving, plan.latent), replace=False)] = 1
        self.size *= rng.uniform(0.5, 1.5, self.size.shape) * rng.choice([-1, 1], self.size.shape)
        self.turns = rng.uniform(0, 1, self.size.shape)  # how often the curve turns back on its way
        self.start = rng.uniform(0, 2 * np.pi, self.size.shape)
        self.mix = rng.normal(size=(plan.latent, plan.columns))
        moved = self.curves(np.arange(plan.motions), rng, rows=50).reshape(-1, plan.latent) @ self.mix
        self.mix /= moved.std(axis=0)
        self.unit = rng.lognormal(sigma=1.0, size=plan.columns)  # columns are px, degrees, shares of one
        self.level = rng.normal(scale=10, size=plan.columns)

    def curves(self, motion: np.ndarray, rng: np.random.Generator, rows: int) -> np.ndarray:
        """Latent curves of windows that show `motion` (windows,): shape (windows, rows, latent)."""
        one = (len(motion), 1, 1)
        speed, late, large = rng.uniform(0.9, 1.1, one), rng.uniform(-0.05, 0.05, one), rng.uniform(0.8, 1.2, one)
        time = np.clip((np.arange(rows)[None, :, None] + 0.5) / rows * speed + late, 0, 1)
        rise = np.sin(np.pi * time) ** 0.5
        waves = 1 + 0.5 * np.sin(2 * np.pi * self.turns[motion][:, None] * time + self.start[motion][:, None])
        return large * rise * waves * self.size[motion][:, None]

    def video(self, number: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
        """One video: its features float32 (windows x rows, columns), and the motion of each window (windows,)."""
        plan, rng = self.plan, np.random.default_rng([self.plan.seed, number])
        motion = rng.integers(plan.motions, size=plan.windows)
        values = (self.curves(motion, rng, rows).reshape(-1, plan.latent) @ self.mix).astype(np.float32)
        values += (plan.offset * rng.normal(size=plan.columns)).astype(np.float32)
        values += np.float32(plan.noise) * rng.standard_normal(values.shape, np.float32)
        return values * self.unit.astype(np.float32) + self.level.astype(np.float32), motion


def write(plan: Plan, folder: Path) -> None:
    """Write features.parquet, windows.parquet and labels.parquet into `folder`, a video at a time."""
    cut, motions, windows = WindowsSettings(), Motions(plan), []
    rows = round(cut.length_s * cut.rate_hz)
    stamp = {"rate_hz": cut.rate_hz, "settings": {"windows": cut.model_dump(mode="json")}, "made_by": __name__}
    time_s, valid = np.arange(rows * plan.windows) / cut.rate_hz, np.ones(rows * plan.windows, bool)
    folder.mkdir(parents=True, exist_ok=True)
    with base.writer(folder / "features.parquet", FEATURES, stamp) as append:
        for number in range(plan.videos):
            values, motion = motions.video(number, rows)
            name = pl.lit(f"v{number:04d}")
            head = pl.DataFrame({"time_s": time_s, "valid": valid}).select(name.alias("video"), pl.all())
            append(head.hstack(pl.from_numpy(values, schema=list(plan.names))))
            labels = pl.Series("label", [f"motion {m + 1}" for m in motion])
            of_video = index(time_s, valid, number * len(time_s), cut)
            windows.append(of_video.with_columns(labels, video=name, performer=name, recording=pl.lit(None, pl.String)))
    table = pl.concat(windows)
    base.write(folder / "windows.parquet", WINDOWS, table.select(WINDOWS.names), stamp)
    base.write(folder / "labels.parquet", LABELS, table.select(LABELS.names), stamp)
