"""Soundtracks and clip-music pairs."""

from moodreel.tables.schema import Column, Table

SOUNDTRACK = Table(
    "soundtrack",
    2,
    "Description of a clip's sound: the whole track first, then passages. `results/videos/<video>/soundtrack-<8 hex of the settings>.parquet`",
    (
        Column("scope", "string", "", "`track` (first row) or `passage`", nullable=False),
        Column("start_s", "float64", "s", "since the file's first frame", nullable=False),
        Column("end_s", "float64", "s", "since the file's first frame", nullable=False),
        Column(
            "loudness_lufs",
            "float32",
            "LUFS",
            "integrated loudness (BS.1770-4, gated) of the mean of all channels but those for low-frequency effects, "
            "played as one channel, so that their number does not matter",
        ),
        Column("dynamic_range_db", "float32", "dB", "95th minus 5th percentile of the short-time level"),
        Column("brightness_hz", "float32", "Hz", "spectral centroid, mean over the frames above silence"),
        Column("flatness", "float32", "0..1", "spectral flatness, mean over the frames above silence"),
        Column("onset_rate_hz", "float32", "Hz", "onsets per second"),
        Column("attack", "float32", "dB", "mean onset strength at the onsets: rise of the bands' levels in 35 ms"),
        Column("tempo_bpm", "float32", "1/min", "of the beat, of a passage: of the music around it"),
        Column("key", "int8", "0..11", "tonic, 0 = C; of a passage: of the music around it"),
        Column(
            "mode",
            "float32",
            "-1..1",
            "positive is major: correlation with the best major key profile minus the best minor one",
        ),
        Column(
            "register_midi",
            "float32",
            "semitones",
            "MIDI number of the partials up to 2.1 kHz: mean by magnitude, median over frames",
        ),
        Column("valence", "float32", "-1..1", "of the music by a stated formula, not a measured feeling"),
        Column("arousal", "float32", "-1..1", "of the music by a stated formula, not a measured feeling"),
    ),
)

PAIRS = Table(
    "pairs",
    1,
    "The music proposed for each window. `pairs.tsv`",
    (
        Column("video", "string", "", "id of the clip", nullable=False),
        Column("start_s", "float64", "s", "start of the clip's window", nullable=False),
        Column("rank", "int32", "", "1 is the best", nullable=False),
        Column("track", "string", "", "id of the video whose soundtrack is proposed", nullable=False),
        Column("track_start_s", "float64", "s", "start of the passage in that soundtrack", nullable=False),
        Column("score", "float64", "0..1", "similarity, exp(-distance); 1 is the best possible", nullable=False),
        Column("reason", "string", "", "method, and why the pair is proposed", nullable=False),
        Column(
            "preview",
            "string",
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
        Column("video", "string", "", "id of the clip", nullable=False),
        Column("window", "int32", "", "number within the video", nullable=False),
        Column("start_s", "float64", "s", "start of the window", nullable=False),
        Column(
            "reason",
            "string",
            "",
            "`no_other_video`: no other video shows its cluster; `same_fold`: the other videos that show it are "
            "tested in the same fold; `no_sound`: these have no music where they show it; `no_mood`: the mood of its "
            "cluster is unknown; `no_track`: no track has a mood; `own_sound`: all music that could be proposed "
            "sounds like its own video's",
            nullable=False,
        ),
    ),
)
