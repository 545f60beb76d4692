import subprocess

import imageio_ffmpeg
import numpy as np
import polars as pl
import pytest

from moodreel.demo.soundtrack import synthesise
from moodreel.music import duplicates
from moodreel.music.soundtrack import read
from moodreel.settings.music import MusicSettings
from moodreel.tables.music import SOUNDTRACK


def test_every_piece_is_one_of_its_own_and_shares_its_number_with_its_copy(soundtracks):
    numbers = duplicates.group(soundtracks)
    assert list(numbers) == sorted(soundtracks)
    assert len(set(numbers.values())) == len(soundtracks) == 21
    numbers = duplicates.group(soundtracks | {f"copy-{v}": table for v, table in soundtracks.items()})
    assert len(set(numbers.values())) == 21
    assert all(numbers[v] == numbers[f"copy-{v}"] for v in soundtracks)


@pytest.mark.parametrize("mood", ["joyful", "fierce", "calm"])
def test_encoding_again_at_another_volume_is_the_same_sound(media, tmp_path, mood):
    first = media("first.mp4", synthesise(mood, seed=1, duration_s=5))
    again = tmp_path / "again.mp4"
    convert = ["-c:v", "copy", "-b:a", "64k", "-af", "volume=-6dB", str(again)]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(first), *convert], check=True)
    other = media("other.mp4", synthesise(mood, seed=2, duration_s=5))
    tables = {p.stem: read(p, MusicSettings())[0] for p in (first, again, other)}
    numbers = duplicates.group(tables)
    assert numbers["first"] == numbers["again"] != numbers["other"]


def test_silence_is_nobody_s_duplicate():
    silent = dict.fromkeys(("a", "b"), pl.from_arrow(SOUNDTRACK.empty()))
    assert len(set(duplicates.group(silent).values())) == 2
    assert duplicates.group({}) == {}


def test_a_part_of_a_steady_sound_is_reported_by_its_length(soundtracks):
    longer = soundtracks["calm-1"]
    shorter = longer.filter(pl.col("end_s") < 4).vstack(longer.head(1).with_columns(end_s=pl.lit(3.0)))
    assert len(set(duplicates.group({"longer": longer, "shorter": shorter}).values())) == 2
    same = {"brightness_hz": 1000.0, "register_midi": 60.0, "loudness_lufs": -20.0}
    steady = soundtracks["calm-1"].with_columns(pl.lit(value, pl.Float32).alias(name) for name, value in same.items())
    numbers = duplicates.group({"steady": steady, "copy": steady, "part": steady.filter(pl.col("end_s") < 4)})
    assert numbers["steady"] == numbers["copy"] != numbers["part"]


def test_sounds_without_partials_are_compared_by_what_they_have(soundtracks):
    noisy = {v: t.with_columns(register_midi=pl.lit(None, pl.Float32)) for v, t in soundtracks.items()}
    numbers = list(duplicates.group(noisy).values())
    assert len(set(numbers)) > 14 and np.isfinite(numbers).all()
