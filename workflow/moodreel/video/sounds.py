"""Which of a file's sound streams is used: the same one for soundtracks, previews, films and time stamps."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from moodreel.video.container import decode, open_media
from moodreel.video.samples import samples_of

SILENT_DB = -60.0
"""A stream in which no frame has a higher level, in dBFS, is passed over for another: the default of
`music.silence_db`."""

LISTEN_S = 600.0
"""Of each stream at most this much is decoded to find out whether it is silent."""


@dataclass(frozen=True)
class Choice:
    """The sound stream of a file that is used.

    `number`: its number among the file's sound streams, from 0; None where none of them can be decoded.
    `streams`: how many sound streams the file has.
    `other_streams`: a sentence about those that are not used; None where there are no others.
    """

    number: int | None
    streams: int
    other_streams: str | None


def choose(path: str | Path) -> Choice:
    """The sound stream of a local file that is used: the one marked as default, or the first, unless it is silent and
    another is not.

    A file with several streams is decoded until something is heard, and the answer is kept until the file changes.
    Raises what `video.container.open_media` raises.
    """
    path = Path(path)  # as given: the record of the run names it so
    try:
        status = path.stat()
    except OSError:
        return _choose(path)
    return _choose_once(path, (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size))


def sound_stream(container: InputContainer, path: str | Path) -> av.AudioStream | None:
    """The sound stream of the open file `path` that is used (`choose`), None where there is none to be decoded."""
    number = choose(path).number
    return None if number is None else container.streams.audio[number]


@lru_cache(maxsize=256)
def _choose_once(path: Path, _file: tuple[int, int, int, int]) -> Choice:
    return _choose(path)


def _choose(path: Path) -> Choice:
    with open_media(path) as container:
        names = [_name(number, stream) for number, stream in enumerate(container.streams.audio)]
        default = [bool(stream.disposition & av.stream.Disposition.default) for stream in container.streams.audio]
        decodable = [stream.codec_context is not None for stream in container.streams.audio]
    order = sorted((n for n in range(len(names)) if decodable[n]), key=lambda n: not default[n])
    heard: dict[int, bool | None] = {}
    if len(names) > 1:
        for number in order:
            heard[number] = _is_heard(path, number)
            if heard[number]:
                break
    chosen = next(
        (n for wanted in (True, False) for n in order if heard.get(n, True) is wanted), order[0] if order else None
    )
    return Choice(chosen, len(names), _about_others(chosen, names, heard))


def _name(number: int, stream: av.AudioStream) -> str:
    language = stream.metadata.get("language", "und")
    return f"{number + 1}" if language == "und" else f"{number + 1} ({language})"


def _about_others(chosen: int | None, names: list[str], heard: dict[int, bool | None]) -> str | None:
    others = [n for n in range(len(names)) if n != chosen]
    if not others or chosen is None:
        return None
    silent = [names[n] for n in others if heard.get(n) is False]
    damaged = [names[n] for n in others if n in heard and heard[n] is None]
    rest = [names[n] for n in others if n not in heard]
    parts = [f"sound stream {names[chosen]} of {len(names)} is used"]
    for some, what in ((silent, "silent"), (damaged, "not decodable"), (rest, "not used")):
        if some:
            subject = f"stream {some[0]} is" if len(some) == 1 else f"streams {', '.join(some)} are"
            parts.append(f"{subject} {what}")
    return "; ".join(parts)


def _is_heard(path: Path, number: int) -> bool | None:
    """Whether a sound stream is louder than silence within its first `LISTEN_S`; None where nothing of it can be
    decoded."""
    read_s, level = 0.0, 10 ** (SILENT_DB / 10)
    with open_media(path) as container:
        for frame in decode(container.streams.audio[number], path):
            try:
                samples = samples_of(frame)
            except ValueError:
                continue
            if np.mean(samples**2, axis=1).max() > level:
                return True
            read_s += samples.shape[1] / frame.sample_rate
            if read_s > LISTEN_S:
                break
    return False if read_s else None
