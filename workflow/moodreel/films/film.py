"""A film of one video: its layers and units, and the drawing and writing of its frames."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np

from moodreel.face import trust
from moodreel.face.trust import Verdict
from moodreel.films import drawing, encode
from moodreel.films.encode import Soundtrack
from moodreel.films.readings import Reading, Readings
from moodreel.films.word import Word
from moodreel.tables.face import ACTION_UNITS
from moodreel.video.container import open_media
from moodreel.video.decode import Decoder
from moodreel.video.frame import Frame
from moodreel.video.progress import Progress

CARD_S = 2.0
"""Duration of the film of a video without readings."""


def units_shown(backend: str, chosen: str) -> list[int]:
    """The action units that a film shows: those that the backend reads, without those with the verdict `do not use`
    where `features.units` is `trusted`."""
    left_out = {Verdict.NOT_READ} | ({Verdict.DO_NOT_USE} if chosen == "trusted" else set())
    return [unit for unit in ACTION_UNITS if trust.verdict(backend, unit) not in left_out]


def synthetic_word(video: Path) -> str:
    """The comment in the file where it declares the video synthetic, as in built-in clips under any name; else
    empty."""
    with open_media(video) as container:
        comment = container.metadata.get("comment", "")
    return comment.rstrip(".") if comment.startswith("synthetic") else ""


def drawable_layers(layers: Iterable[str], readings: Readings, tables: Mapping[str, Path | None]) -> tuple[str, ...]:
    """The layers for which there are tables."""
    sources = {
        "mesh": tables["mesh"],
        "skeleton": readings.body_read,
        "box": tables["mesh"] or tables["emotions"],
        "units": readings.units,
        "scores": tables["emotions"],
    }
    return tuple(layer for layer in layers if sources[layer])


def write(
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
    """Write the film of the decoded video, and return its number of frames.

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
        _pictures(readings.join_frames(chain([first], shown)), sheet),
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


def write_card(out: Path, word: Word, detail: str) -> None:
    """Write the film of a video that could not be read: a card with its name and the reason."""
    why = textwrap.wrap(f"{word.reason}{detail and ': '}{detail}", drawing.CARD_LETTERS)
    lines = (word.video, "no film: nothing could be read of this video", *why)
    picture = drawing.card(lines)
    times_s = np.arange(0, CARD_S, 0.5)
    encode.write(
        out, ((float(time_s), picture) for time_s in times_s), size=picture.shape[1::-1],
        clock=encode.ticks(None), rate_hz=2.0, word=word,
    )  # fmt: skip
