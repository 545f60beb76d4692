"""Write a film of a video with what was read of it drawn over its frames."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np

from moodreel.errors import UserError
from moodreel.face import trust
from moodreel.face.trust import Verdict
from moodreel.films import drawing, encode
from moodreel.films.encode import Soundtrack
from moodreel.films.readings import Reading, Readings
from moodreel.films.word import Word
from moodreel.settings.annotate import AnnotateSettings
from moodreel.settings.features import FeaturesSettings
from moodreel.storage.atomic import replacement
from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS
from moodreel.video.container import open_media
from moodreel.video.decode import Decoder, Frame, frames
from moodreel.video.errors import VideoError
from moodreel.video.progress import Progress
from moodreel.workflow import old_step as step

CARD_S = 2.0
"""How long the film is of a video of which there is nothing to show."""


def units_shown(backend: str, chosen: str) -> list[int]:
    """The action units that a film shows: those that the backend reads and, where `features.units` is `trusted`, that
    are not said to be useless."""
    left_out = {Verdict.NOT_READ} | ({Verdict.DO_NOT_USE} if chosen == "trusted" else set())
    return [unit for unit in ACTION_UNITS if trust.verdict(backend, unit) not in left_out]


def synthetic_word(video: Path) -> str:
    """What the file says of itself where it says that it is synthetic, as built-in clips do under whatever name; else
    nothing."""
    with open_media(video) as container:
        comment = container.metadata.get("comment", "")
    return comment.rstrip(".") if comment.startswith("synthetic") else ""


def drawable_layers(layers: Iterable[str], readings: Readings, tables: dict[str, Path | None]) -> tuple[str, ...]:
    """Those of the layers for which there are tables."""
    there = {
        "mesh": tables["mesh"],
        "skeleton": readings.body_read,
        "box": tables["mesh"] or tables["emotions"],
        "units": readings.units,
        "scores": tables["emotions"],
    }
    return tuple(layer for layer in layers if there[layer])


def film(
    out: Path,
    decoding: Decoder,
    readings: Readings,
    word: Word,
    *,
    backend: str,
    unnamed: bool,
    height_px: int | None,
    end_s: float | None,
    progress: Progress,
) -> int:
    """Write the film of the video that is being decoded, and return its number of frames.

    Raises UserError where the tables are not of this video.
    """
    shown = iter(progress.count(decoding))
    first = next(shown)
    size = drawing.picture_size(first.picture.shape[1], first.picture.shape[0], height_px)
    detector = readings.detector if "scores" in word.layers else None
    sheet = drawing.Sheet(
        size,
        layers=word.layers,
        units=drawing.units_group(readings.units, backend) if "units" in word.layers else None,
        scores=drawing.scores_group(detector, unnamed=unnamed) if detector else None,
    )
    sound = Soundtrack(
        decoding.path,
        (decoding.first_pts_s or 0.0) + first.time_s,
        None if end_s is None else end_s - first.time_s,
    )
    return encode.write(
        out,
        _pictures(readings.beside(chain([first], shown)), sheet),
        size=sheet.size,
        clock=encode.ticks(decoding.stream.time_base),
        rate_hz=decoding.average_rate_hz,
        word=word,
        soundtrack=sound,
    )


def _pictures(read: Iterator[tuple[Frame, Reading]], sheet: drawing.Sheet) -> Iterator[tuple[float, np.ndarray]]:
    for frame, reading in read:
        yield frame.time_s, sheet.frame(frame.picture, index=frame.index, time_s=frame.time_s, reading=reading)
        frame.release()


def card(out: Path, word: Word, detail: str) -> None:
    """Write the film of a video that could not be read: what it is called, and why."""
    why = textwrap.wrap(f"{word.reason}{detail and ': '}{detail}", drawing.CARD_LETTERS)
    lines = (word.video, "no film: nothing could be read of this video", *why)
    picture = drawing.card(lines)
    times_s = np.arange(0, CARD_S, 0.5)
    encode.write(
        out, ((float(time_s), picture) for time_s in times_s), size=picture.shape[1::-1],
        clock=encode.ticks(None), rate_hz=2.0, word=word,
    )  # fmt: skip


def options() -> argparse.ArgumentParser:
    parser = step.parser(__doc__)
    parser.add_argument("--run-name", required=True, help="the run's name")
    parser.add_argument("--video-id", required=True, help="the video's id")
    parser.add_argument("--video", type=Path, required=True, help="media file")
    parser.add_argument("--pose", type=Path, help="pose.parquet of the video")
    parser.add_argument("--mesh", type=Path, help="mesh.parquet, for mesh and box")
    parser.add_argument("--face", type=Path, help="face.parquet, for units")
    parser.add_argument("--emotions", type=Path, help="emotions.parquet, for scores; the box is its then")
    parser.add_argument("--built-in", action="store_true", help="a built-in clip: no emotion is named")
    parser.add_argument("--start-s", type=float, help="leave out what comes before this time since the first frame")
    parser.add_argument("--end-s", type=float, help="leave out what comes at this time or later")
    parser.add_argument("--out", type=Path, required=True, help="the film, .mp4")
    return parser


def main() -> None:
    parser = options()
    args = parser.parse_args()
    tables = {name: getattr(args, name) for name in ("pose", "mesh", "face", "emotions")}
    given = [path for path in tables.values() if path]
    if not given:
        parser.error("give at least one of --pose, --mesh, --face, --emotions")
    settings = AnnotateSettings(**args.settings.get("annotate", {}))
    chosen = FeaturesSettings(**args.settings.get("features", {})).units
    stamps = {path: base.read_stamp(path) for path in given}
    backend = (stamps[args.face].get("face_backend") if args.face else None) or "unknown"
    told: dict[str, Any] = {
        "height_px": settings.height_px,
        "units": chosen,
        "start_s": args.start_s,
        "end_s": args.end_s,
        "tables": [path.as_posix() for path in given],
        "av": av.__version__,
    }
    readings = Readings(**tables, units=units_shown(backend, chosen) if args.face else ())
    word = Word(args.run_name, args.video_id, args.code, settings=told)
    if not len(readings):
        stamp = stamps[given[0]]
        word = Word(**{**vars(word), "reason": stamp.get("reason") or "no_frames"})
        with replacement(args.out) as temporary:
            card(temporary, word, stamp.get("detail") or "")
        print(f"{args.video_id}: no film ({word.reason})")
        return
    progress = Progress()
    progress.begin(str(args.video), args.start_s or 0.0, args.end_s)
    try:
        synthetic = synthetic_word(args.video)
        layers = drawable_layers(settings.layers, readings, tables)
        word = Word(**{**vars(word), "layers": layers, "synthetic": synthetic})
        with (
            frames(args.video, start_s=args.start_s, end_s=args.end_s) as decoding,
            replacement(args.out) as temporary,
        ):
            count = film(
                temporary, decoding, readings, word, backend=backend, unnamed=args.built_in or bool(synthetic),
                height_px=settings.height_px, end_s=args.end_s, progress=progress,
            )  # fmt: skip
    except VideoError as error:
        raise UserError(
            f"{given[0]} is not of this video as it is now: it has {len(readings)} rows, and {error}. Delete it and "
            "run again."
        ) from None
    print(f"{args.video_id}: {count} frames, {args.out.stat().st_size / count / 1e3:.1f} kB each ({progress})")


if __name__ == "__main__":
    step.run(main)
