"""Settings of extraction that pose and face share."""

from typing import Annotated, Literal

from pydantic import Field

from moodreel.settings.base import Section, setting


class ExtractionSettings(Section):
    device: Literal["cpu", "cuda"] = setting(
        "cpu", "where the networks run; `cuda` needs ACCEL=cuda at `make env`", apart=True
    )
    threads: int = setting(
        1, "CPU threads per network; several jobs side by side use cores better", ge=1, le=64, apart=True
    )
    slots: Literal["auto"] | Annotated[int, Field(ge=1, le=256)] = setting(
        "auto",
        "segments of video read side by side, half of them in a batch; `auto`: 1 on the CPU, where batches gain "
        "nothing, 32 on CUDA",
        apart=True,
    )
    detect_every: int = setting(
        25,
        "the person detector runs in frames whose number is a multiple of this; in between, regions are tracked",
        unit="frames",
        ge=1,
    )
    keep_mesh: bool = setting(
        True, "keep each video's 478 face points (4.7 MB a minute) after action units are read", apart=True
    )
    videos_per_job: int = setting(
        1,
        "approximate number of videos that one job reads in turn; more than 1 pays a job's start (0.6 s, more on CUDA) "
        "once for many short clips",
        ge=1,
        le=128,
        apart=True,
    )

    @property
    def slot_count(self) -> int:
        """The number of slots, `auto` resolved."""
        if self.slots == "auto":
            return {"cpu": 1, "cuda": 32}[self.device]
        return self.slots

    @property
    def batch(self) -> int:
        """Images in one run of a network: those of half the slots, while the other half is made ready."""
        return max(1, self.slot_count // 2)
