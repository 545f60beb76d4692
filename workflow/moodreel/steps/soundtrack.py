"""Describe what a video sounds like: the track and its passages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from moodreel.music.audio import open_sound
from moodreel.music.soundtrack import describe
from moodreel.music.spectra import RATE_HZ, analyse
from moodreel.settings.music import MusicSettings
from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.music import SOUNDTRACK
from moodreel.video.errors import VideoError
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--video", type=Path, required=True, help="media file")
    parser.add_argument("--out", type=Path, required=True, help="soundtrack.parquet")
    args = parser.parse_args()
    settings = MusicSettings(**args.settings.get("music", {}))
    table, facts = read(args.video, settings)
    stamp = make_stamp(
        code=args.code,
        settings={"music": settings.model_dump(mode="json")},
        libraries=("av", "numpy"),
        inputs={str(args.video): atomic.sha256(args.video)},
        **facts,
    )
    base.write(args.out, SOUNDTRACK, table, stamp)
    print(f"{args.video}: {facts['reason'] or f'{len(table) - 1} passages of music or sound'}")


def read(video: Path, settings: MusicSettings) -> tuple[pl.DataFrame | pa.Table, dict[str, Any]]:
    """The SOUNDTRACK table of a media file, and for its stamp: `reason` (why it is empty, or null), first
    presentation times of picture and sound. Raises UserError where there is no such file."""
    try:
        with open_sound(video, RATE_HZ) as sound:
            if sound is None:
                return SOUNDTRACK.empty(), {"reason": "no_audio"}
            table = describe(analyse(sound.blocks), sound.start_s, settings)
    except VideoError as error:
        return SOUNDTRACK.empty(), {"reason": error.reason, "detail": error.detail}
    return table, {
        "reason": None if len(table) else "silent",
        "picture_start_s": sound.picture_start_s,
        "sound_start_s": sound.sound_start_s,
    }


if __name__ == "__main__":
    step.run(main)
