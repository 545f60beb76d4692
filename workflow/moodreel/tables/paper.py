"""A paper's published numbers compared with a run's, and the status of the videos of a playlist."""

from moodreel.tables.schema import Column, Table

COMPARISON = Table(
    "comparison",
    2,
    "A paper's published figures compared with this run's. `comparison.tsv`",
    (
        Column(
            "quantity",
            "string",
            "",
            "the quantity compared, as the paper's expected.yaml names it; `fidelity/<classifier>`: accuracy on cluster labels; `label_accuracy/<classifier>`: on labels from another source; for emotion scores the suffix `/with_face` or `/all` names the videos that count; without a `/` mostly counts",
            nullable=False,
        ),
        Column("published", "float64", "", "the paper's figure, or count; null where it gives none"),
        Column("published_sd", "float64", "", "its standard deviation over folds"),
        Column("ours", "float64", "", "this run's figure, for classifiers its mean over folds; null where it has none"),
        Column("ours_sd", "float64", "", "its population standard deviation over folds"),
        Column("folds", "int32", "", "how many"),
        Column("fold_windows", "string", "", "test windows of the smallest and of the largest fold"),
        Column("pooled", "float64", "", "the same figure over all test windows"),
        Column("low", "float64", "", "lower end of its 95 % interval over people; null of fewer than 5"),
        Column("high", "float64", "", "upper end"),
        Column("windows", "int32", "", "tested; for emotion scores videos"),
        Column("people", "int32", "", "among these; each video counts as one where no performer is named"),
        Column("protocol", "string", "", "`paper` or `grouped`, for figures of classifiers"),
        Column("group", "string", "", "what a fold keeps together: as in EVALUATION"),
        Column("chance_mean", "float64", "", "mean of the pooled figure on shuffles, as in EVALUATION"),
        Column("chance_max", "float64", "", "the largest of them"),
        Column("shuffles", "int32", "", "how many"),
        Column("majority", "float64", "", "accuracy of always predicting the largest class of the training folds"),
        Column("note", "string", "", "conclusion, or why this run has no such figure", nullable=False),
    ),
)

PLAYLIST = Table(
    "playlist",
    1,
    "The status of each video of the requested playlists. `<table of videos>.status.tsv`",
    (
        Column("playlist", "string", "", "its address, as requested", nullable=False),
        Column("position", "int32", "", "in the playlist, from 1; 0: the playlist itself", nullable=False),
        Column("id", "string", "", "the site's id, or the address where it has none", nullable=False),
        Column("source", "string", "", "as the table of videos gives it", nullable=False),
        Column("title", "string", "", "as the playlist gives it"),
        Column(
            "status",
            "string",
            "",
            "`found`, `private`, `deleted` or `unavailable` (withheld, for members, live, ...); null: not known yet",
        ),
        Column("detail", "string", "", "yt-dlp's message where it was not found"),
        Column("asked", "string", "", "time of the request, UTC"),
    ),
)
