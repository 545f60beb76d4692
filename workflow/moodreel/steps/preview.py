"""Render the preview clips that the pairs name: a clip's picture with the music proposed for it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import polars as pl

from moodreel.music import previews
from moodreel.music.clock import clock
from moodreel.settings.pairing import PairingSettings
from moodreel.storage.atomic import folder_replacement, of_suffix, replacement
from moodreel.tables import base
from moodreel.tables.music import PAIRS, SOUNDTRACK
from moodreel.tables.videos import VIDEOS
from moodreel.video.errors import VideoError
from moodreel.workflow import old_step as step

TIMEOUT_S = 300


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="the run's videos.tsv")
    parser.add_argument("--soundtracks", required=True, help="path of a video's soundtrack, with {video} for its id")
    parser.add_argument("--pairs", type=Path, required=True, help="pairs.tsv")
    parser.add_argument("--out", type=Path, required=True, help="folder for the clips")
    parser.add_argument("--threads", type=int, default=1, help="clips rendered at the same time")
    args = parser.parse_args()
    settings = PairingSettings(**args.settings.get("pairing", {}))
    videos = {row["video"]: row for row in base.read_tsv(args.videos, VIDEOS).iter_rows(named=True)}
    shown = base.read_tsv(args.pairs, PAIRS).filter(pl.col("preview").is_not_null())
    with folder_replacement(args.out, of_suffix(".mp4")) as folder, ThreadPoolExecutor(args.threads) as pool:
        render_one = partial(render, videos=videos, soundtracks=args.soundtracks, folder=folder, settings=settings)
        failures = [message for message in pool.map(render_one, shown.iter_rows(named=True)) if message]
    print(f"{len(shown) - len(failures)} of {len(shown)} preview clips rendered")
    for message in failures:
        print(f"moodreel: {message}", file=sys.stderr)
    if failures and len(failures) == len(shown):
        raise RuntimeError("no preview clip could be rendered; the reasons are above")


def render(
    pair: dict[str, Any],
    videos: dict[str, dict[str, Any]],
    soundtracks: str,
    folder: Path,
    settings: PairingSettings,
) -> str | None:
    """Render one pair into `folder`; returns what went wrong, so that one damaged video does not stop the others.

    Raises CalledProcessError where ffmpeg was killed: that says nothing of the video, and the preview would be missing
    for good.
    """
    clip, track = videos[pair["video"]], videos[pair["track"]]
    sound = base.read(Path(soundtracks.format(video=track["video"])), SOUNDTRACK).row(0, named=True)
    name = previews.file_name(pair["video"], pair["start_s"])
    try:
        clocks = clock(clip["path"]), clock(track["path"])
        part = previews.cut(
            window_start_s=pair["start_s"],
            clip_span_s=_within(clip, 0.0, clocks[0].end_s),
            passage_start_s=pair["track_start_s"],
            track_span_s=_within(track, sound["start_s"], sound["end_s"]),
            longest_s=settings.preview_s,
        )
        with replacement(folder / name) as temporary:
            made = previews.command(
                clip["path"], track["path"], temporary, part, clocks=clocks, height=settings.preview_height
            )
            arguments = made.compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())
            subprocess.run(arguments, check=True, capture_output=True, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        if isinstance(error, subprocess.CalledProcessError) and error.returncode < 0:
            raise
        return f"{name}: {(error.stderr or b'').decode(errors='replace').strip() or error}"
    except VideoError as error:
        return f"{name}: {error}"
    return None


def _within(video: dict[str, Any], start_s: float, end_s: float) -> tuple[float, float]:
    """The part of a stretch that the table of videos lets be used."""
    return max(start_s, video["start_s"] or 0.0), min(end_s, video["end_s"] or end_s)


if __name__ == "__main__":
    step.run(main)
