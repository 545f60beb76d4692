"""Short pieces of music in seven moods, for the built-in clips.

The moods are those of the music: what listeners hear in it, not what a person feels. Each is one row of
`MOODS`, whose columns are the cues by which performed music conveys a mood: tempo, mode, register,
articulation, attack, loudness and brightness (P. N. Juslin, "Cue utilization in communication of emotion in
music performance", Journal of Experimental Psychology: Human Perception and Performance 26, 2000; A.
Gabrielsson & E. Lindström, "The role of structure in the musical expression of emotions", in Handbook of
Music and Emotion, 2010).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

SOUND_HZ = 44_100
"""Samples per second of the built-in clips."""

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 11)
"""Scales in semitones above the tonic. The minor one is the harmonic minor: its leading note makes the key plain."""


@dataclass(frozen=True)
class Mood:
    """The parameters of the music of a mood."""

    tempo_bpm: float
    scale: tuple[int, ...]
    melody_midi: int  # centre of the melody (MIDI number, 60 = middle C)
    notes_per_beat: float  # of the melody
    attack_s: float  # rise of a note from silence to its full level
    held: float  # share of the time to the next note for which a note sounds (0.3 is staccato, 1 is legato)
    level_db: float  # root mean square of the whole, dBFS
    rolloff: float  # partial k has the amplitude k ** -rolloff: less is brighter
    drum: float  # level of a noise burst on each beat, against a melody note
    beats_per_chord: int
    chords: tuple[int, ...]  # roots as steps of the scale, 0 = tonic


MOODS: dict[str, Mood] = {
    #                 bpm  scale  midi notes attack held  dB   roll drum beats chords
    "joyful":     Mood(132, MAJOR, 74, 2.0, 0.008, 0.60, -16, 1.3, 0.6, 4, (0, 3, 4, 0)),
    "playful":    Mood(108, MAJOR, 84, 2.0, 0.003, 0.25, -24, 2.0, 0.0, 2, (0, 4, 0, 4)),
    "triumphant": Mood(116, MAJOR, 65, 1.0, 0.030, 0.90, -11, 0.8, 0.9, 2, (0, 3, 4, 0)),
    "tender":     Mood(80, MAJOR, 70, 1.0, 0.060, 1.00, -22, 2.2, 0.0, 2, (0, 4, 0, 3)),
    "calm":       Mood(60, MAJOR, 60, 1.0, 0.140, 1.00, -28, 3.0, 0.0, 2, (0, 3, 0, 3)),
    "sad":        Mood(58, MINOR, 57, 1.0, 0.090, 1.00, -24, 2.0, 0.0, 2, (0, 3, 0, 4)),
    "fierce":     Mood(152, MINOR, 56, 4.0, 0.004, 0.70, -12, 0.5, 1.4, 4, (0, 3, 0, 4)),
}  # fmt: skip
"""The moods by name."""

PARTIALS = 8
WAVE_SAMPLES = 8192
RELEASE_S = 0.03
HALF_LIFE_S = 0.5
BURST_S = 0.1

BASS_LEVEL, CHORD_LEVEL, MELODY_LEVEL, OFF_BEAT_LEVEL = 0.8, 0.35, 1.0, 0.8
"""Levels of a bass note on each beat, of each of a chord's three notes, and of a melody note on and off the beat."""


class Note(NamedTuple):
    """One note of a piece."""

    start_s: float
    length_s: float
    midi: int
    level: float


def synthesise(mood: str, *, seed: int, duration_s: float, rate_hz: int = SOUND_HZ) -> np.ndarray:
    """A piece of music, float32 of shape (round(duration_s * rate_hz),) in -1..1.

    Another seed gives another melody in another key, at a tempo that differs by up to 3 %, in the same mood; the same
    seed gives the same samples. Raises ValueError for an unknown mood or a duration that holds no sample.
    """
    if mood not in MOODS:
        raise ValueError(f"there is no mood {mood!r}; the moods are {', '.join(MOODS)}")
    samples = round(duration_s * rate_hz)
    if samples < 1:
        raise ValueError(f"a duration of {duration_s:g} s holds no sample at {rate_hz} Hz")
    style = MOODS[mood]
    random = np.random.default_rng([seed, *mood.encode()])
    beat_s = 60 / (style.tempo_bpm * random.uniform(0.97, 1.03))
    tonic = style.melody_midi + int(random.integers(-3, 4))
    sound = np.zeros(samples)
    wave = _wave(style.rolloff)
    for note in (*_accompaniment(style, tonic, beat_s, duration_s), *_melody(style, tonic, beat_s, duration_s, random)):
        _add(sound, _tone(note, wave, style.attack_s, rate_hz), note.start_s, rate_hz)
    if style.drum:
        for start_s in np.arange(0, duration_s, beat_s):
            _add(sound, style.drum * _burst(random, rate_hz), start_s, rate_hz)
    end = min(samples, round(RELEASE_S * rate_hz))
    sound[samples - end :] *= np.linspace(1, 0, end)
    sound *= 10 ** (style.level_db / 20) / np.sqrt(np.mean(sound**2) + 1e-12)
    return np.tanh(sound).astype(np.float32)  # rounds off the few peaks near full scale


def _accompaniment(mood: Mood, tonic: int, beat_s: float, duration_s: float) -> Iterator[Note]:
    """The chords, and their roots on each beat."""
    chord_s = beat_s * mood.beats_per_chord
    for index, start_s in enumerate(np.arange(0, duration_s, chord_s)):
        root = mood.chords[index % len(mood.chords)]
        for step in (root, root + 2, root + 4):
            yield Note(start_s, chord_s, tonic - 12 + _semitones(mood.scale, step), CHORD_LEVEL)
        for beat_start_s in start_s + beat_s * np.arange(mood.beats_per_chord):
            yield Note(beat_start_s, beat_s * mood.held, tonic - 24 + _semitones(mood.scale, root), BASS_LEVEL)


def _melody(mood: Mood, tonic: int, beat_s: float, duration_s: float, random: np.random.Generator) -> Iterator[Note]:
    """A random walk on the scale that meets a note of the chord on each beat."""
    note_s = beat_s / mood.notes_per_beat
    step = int(random.choice((0, 2, 4)))
    for index, start_s in enumerate(np.arange(0, duration_s, note_s)):
        on_beat = index % round(mood.notes_per_beat) == 0
        step += int(random.choice((-2, -1, 1, 2)))
        if abs(step) > 5:  # turn back before the melody leaves its register
            step -= 4 * int(np.sign(step))
        if on_beat:
            beat = int(index / mood.notes_per_beat)
            root = mood.chords[beat // mood.beats_per_chord % len(mood.chords)]
            chord_steps = [root + third + octave for third in (0, 2, 4) for octave in (-14, -7, 0, 7)]
            step = chord_steps[np.abs(np.subtract(chord_steps, step)).argmin()]
        level = MELODY_LEVEL if on_beat else OFF_BEAT_LEVEL
        yield Note(start_s, note_s * mood.held, tonic + _semitones(mood.scale, step), level)


def _semitones(scale: tuple[int, ...], step: int) -> int:
    """Semitones above the tonic of a step of the scale; seven steps are an octave."""
    octave, degree = divmod(step, len(scale))
    return 12 * octave + scale[degree]


def _wave(rolloff: float) -> np.ndarray:
    """One period of a tone, of root mean square 1."""
    phase = np.linspace(0, 2 * np.pi, WAVE_SAMPLES, endpoint=False)
    period = sum(k**-rolloff * np.sin(k * phase) for k in range(1, PARTIALS + 1))
    return period / np.sqrt(np.mean(period**2))


def _tone(note: Note, wave: np.ndarray, attack_s: float, rate_hz: int) -> np.ndarray:
    """The samples of a note: a rise of `attack_s`, a decay like a string's, a short release."""
    end_s = note.length_s + RELEASE_S
    time_s = np.arange(round(end_s * rate_hz)) / rate_hz
    rise = np.minimum(time_s / attack_s, 1)
    release = np.clip((end_s - time_s) / RELEASE_S, 0, 1)
    pitch_hz = 440 * 2 ** ((note.midi - 69) / 12)
    index = (time_s * pitch_hz % 1 * WAVE_SAMPLES).astype(np.intp)
    return note.level * rise * release * 0.5 ** (time_s / HALF_LIFE_S) * wave[index]


def _burst(random: np.random.Generator, rate_hz: int) -> np.ndarray:
    """Noise that falls to a hundredth over its length, like a snare drum."""
    samples = round(BURST_S * rate_hz)
    return random.standard_normal(samples) * np.geomspace(1, 0.01, samples)


def _add(sound: np.ndarray, part: np.ndarray, start_s: float, rate_hz: int) -> None:
    """Add `part` to `sound` from `start_s` on; the part beyond the end is cut off."""
    start = round(start_s * rate_hz)
    place = sound[start : start + len(part)]
    place += part[: len(place)]
