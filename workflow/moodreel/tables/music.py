"""Soundtracks and clip-music pairs."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table

SOUNDTRACK = Table(
    "soundtrack",
    1,
    "What a clip sounds like: the whole track first, then passages. `results/videos/<video>/soundtrack-<8 hex of the settings>.parquet`",
    (
        Column("scope", pa.string(), "", "`track` (first row) or `passage`", nullable=False),
        Column("start_s", pa.float64(), "s", "since the file's first frame", nullable=False),
        Column("end_s", pa.float64(), "s", "since the file's first frame", nullable=False),
        Column("loudness_db", pa.float32(), "dBFS", "root mean square level"),
        Column("dynamic_range_db", pa.float32(), "dB", "95th minus 5th percentile of the short-time level"),
        Column("brightness_hz", pa.float32(), "Hz", "spectral centroid, mean over the frames above silence"),
        Column("flatness", pa.float32(), "0..1", "spectral flatness, mean over the frames above silence"),
        Column("onset_rate_hz", pa.float32(), "Hz", "onsets per second"),
        Column("attack", pa.float32(), "dB", "mean onset strength at the onsets: rise of the bands' levels in 35 ms"),
        Column("tempo_bpm", pa.float32(), "1/min", "of the beat, of a passage: of the music around it"),
        Column("key", pa.int8(), "0..11", "tonic, 0 = C; of a passage: of the music around it"),
        Column(
            "mode",
            pa.float32(),
            "-1..1",
            "positive is major: correlation with the best major key profile minus the best minor one",
        ),
        Column(
            "register_midi",
            pa.float32(),
            "semitones",
            "MIDI number of the partials up to 2.1 kHz: mean by magnitude, median over frames",
        ),
        Column("valence", pa.float32(), "-1..1", "of the music by a stated formula, not a measured feeling"),
        Column("arousal", pa.float32(), "-1..1", "of the music by a stated formula, not a measured feeling"),
    ),
)

PAIRS = Table(
    "pairs",
    1,
    "The music proposed for each window. `pairs.tsv`",
    (
        Column("video", pa.string(), "", "id of the clip", nullable=False),
        Column("start_s", pa.float64(), "s", "start of the clip's window", nullable=False),
        Column("rank", pa.int32(), "", "1 is the best", nullable=False),
        Column("track", pa.string(), "", "id of the video whose soundtrack is proposed", nullable=False),
        Column("track_start_s", pa.float64(), "s", "start of the passage in that soundtrack", nullable=False),
        Column("score", pa.float64(), "0..1", "similarity, exp(-distance); 1 is the best possible", nullable=False),
        Column("reason", pa.string(), "", "method and what speaks for the pair", nullable=False),
        Column(
            "preview",
            pa.string(),
            "",
            "file under pairs/ with the clip's picture and the paired track, where one was rendered",
        ),
    ),
)

UNPAIRED = Table(
    "unpaired",
    1,
    "The windows for which no music was found. `unpaired.tsv`",
    (
        Column("video", pa.string(), "", "id of the clip", nullable=False),
        Column("window", pa.int32(), "", "number within the video", nullable=False),
        Column("start_s", pa.float64(), "s", "start of the window", nullable=False),
        Column(
            "reason",
            pa.string(),
            "",
            "`no_other_video`: its cluster is seen in no other video; `same_fold`: the other videos that show it are "
            "tested in the same fold; `no_sound`: no music sounds where these show it; `no_mood`: the mood of its "
            "cluster is not known; `no_track`: no track has a mood; `own_sound`: all music that could be proposed "
            "sounds like its own video's",
            nullable=False,
        ),
    ),
)
