import numpy as np
import polars as pl
import pytest

from moodreel.demo.soundtrack import MOODS, synthesise
from moodreel.music.loudness import levels
from moodreel.music.soundtrack import describe
from moodreel.music.spectra import RATE_HZ, analyse
from moodreel.settings.music import MusicSettings
from moodreel.tables.music import SOUNDTRACK

SETTINGS = MusicSettings()
MEASURES = [c.name for c in SOUNDTRACK.columns[3:]]


def _describe(sound, start_s=0.0, **settings):
    return describe(analyse([sound]), levels([sound], RATE_HZ), start_s, MusicSettings(**settings))


def test_the_track_comes_first_then_its_passages(tones):
    table = _describe(tones([60, 64, 67], 5.0))
    assert table.columns == SOUNDTRACK.names
    assert table.select("scope", "start_s").rows() == [("track", 0), *(("passage", start_s) for start_s in range(4))]
    assert table["end_s"].to_list() == pytest.approx([5, 2, 3, 4, 5], abs=0.02)
    assert table["loudness_lufs"].to_list() == pytest.approx([-14.5] * 5, abs=0.1)
    shorter_than_a_passage = _describe(tones([60], 1.2))
    assert shorter_than_a_passage.select("scope", "start_s").rows() == [("track", 0), ("passage", 0)]


def test_passages_lie_on_the_picture_s_clock(tones):
    late = _describe(tones([60], 4.0), start_s=0.4)
    assert late["start_s"].to_list() == pytest.approx([0.4, 1, 2])
    early = _describe(np.concatenate([tones([60], 1.0), tones([67], 3.0)]), start_s=-1.0)
    assert early["start_s"].to_list() == [0, 0, 1]
    assert early["register_midi"].to_list() == pytest.approx([67] * 3, abs=0.3), "what sounds before is left out"


def test_silence_is_an_empty_table_and_a_silent_passage_is_null(tones):
    assert [len(_describe(np.zeros(samples, np.float32))) for samples in (3 * RATE_HZ, 0)] == [0, 0]
    table = _describe(np.concatenate([tones([60], 3.0), np.zeros(4 * RATE_HZ, np.float32)]))
    silent = table.filter(pl.col("start_s") >= 4)
    assert silent.select(MEASURES).rows() == [(None,) * len(MEASURES)] * 2
    assert table["loudness_lufs"][0] > -20


def test_noise_has_loudness_but_neither_key_nor_tempo_nor_valence():
    noise = np.random.default_rng(0).normal(0, 0.1, 6 * RATE_HZ).astype(np.float32)
    track = _describe(noise).row(0, named=True)
    assert -19.5 < track["loudness_lufs"] < -17, "the shelf raises what is above 1.5 kHz by up to 4 dB"
    assert track["brightness_hz"] > 4000
    assert [track[m] for m in ("key", "mode", "tempo_bpm", "valence")] == [None] * 4


def test_tempo_of_a_passage_is_that_of_the_music_around_it(clicks):
    """Two seconds hold too few beats of 60 a minute; the eight around them do not."""
    table = _describe(clicks(60, 12.0))
    assert len(table) == 12
    assert table["tempo_bpm"].to_list() == pytest.approx([60] * len(table), rel=0.02)
    assert _describe(clicks(60, 12.0), context_s=2)["tempo_bpm"][1] is None


def test_a_change_of_music_shows_in_the_passages():
    sound = np.concatenate([synthesise(m, seed=1, duration_s=12, rate_hz=RATE_HZ) for m in ("calm", "fierce")])
    arousal = _describe(sound).filter(scope="passage")["arousal"]
    assert arousal.head(8).max() < -0.5 and arousal.tail(8).min() > 0.3


@pytest.mark.parametrize(
    ("names", "least"),
    [
        (["loudness_lufs", "brightness_hz", "onset_rate_hz", "attack", "tempo_bpm", "mode", "register_midi"], 0.9),
        (["valence", "arousal"], 0.75),
    ],
)
def test_moods_are_recovered(soundtracks, names, least):
    """Nearest centroid of the other pieces, each piece left out in turn; chance is 1/7."""
    values = np.array([table.select(names).row(0) for table in soundtracks.values()], float)
    places = (values - values.mean(axis=0)) / values.std(axis=0)
    moods = np.array([video.rsplit("-", 1)[0] for video in soundtracks])
    hits = 0
    for left_out in range(len(moods)):
        others = np.arange(len(moods)) != left_out
        centres = {m: places[others & (moods == m)].mean(axis=0) for m in MOODS}
        hits += min(centres, key=lambda m: np.linalg.norm(places[left_out] - centres[m])) == moods[left_out]
    assert hits / len(moods) >= least


def test_modes_and_tempi_of_the_moods(soundtracks):
    for video, table in soundtracks.items():
        track, mood = table.row(0, named=True), MOODS[video.rsplit("-", 1)[0]]
        assert (track["mode"] < 0.02) == (mood.scale[2] == 3), video
        assert track["tempo_bpm"] == pytest.approx(mood.tempo_bpm, rel=0.05), video
