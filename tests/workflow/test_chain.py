"""The whole chain through Snakemake: what comes out, and what reruns when."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from moodreel.films import word
from moodreel.storage import run_token
from moodreel.tables import base
from moodreel.tables.applied import APPLIED
from moodreel.tables.classify import EVALUATION, FOLDS, PREDICTIONS
from moodreel.tables.clusters import CLUSTERS, EMBEDDING, SILHOUETTE
from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import FEATURES, SCREENING, WINDOWS
from moodreel.tables.music import PAIRS
from moodreel.tables.videos import EXTRACTIONS, VIDEOS
from moodreel.video import decode
from moodreel.video.probe import audio_start_s
from moodreel.workflow import up_to_date
from workflow.workplace import ROOT, jobs

BAD = {"nobody", "cut", "text"}


def test_every_promised_file_is_there_and_of_its_table(chain):
    for table in (WINDOWS, FEATURES, EMBEDDING, CLUSTERS, FOLDS, PREDICTIONS):
        assert base.read(chain.run / f"{table.name}.parquet", table).height, table.name
    for table in (SCREENING, SILHOUETTE, EVALUATION, PAIRS, VIDEOS):
        assert base.read_tsv(chain.run / f"{table.name}.tsv", table).height, table.name
    extractions = base.read_tsv(chain.folder / "results" / "extractions.tsv", EXTRACTIONS)
    assert extractions.height == 2, "of files and of built-in clips"
    assert (chain.run / "settings.yaml").read_text().startswith("# The settings as resolved")
    assert list((chain.run / "models").glob("*.skops"))


def test_one_row_per_decoded_frame(chain):
    videos = base.read_tsv(chain.run / "videos.tsv", VIDEOS)
    for video in videos.filter(kind="builtin").iter_rows(named=True):
        places = (("folder", "pose", POSE), ("folder", "mesh", MESH), ("face_folder", "face", FACE))
        tables = [base.read(chain.folder / video[folder] / f"{name}.parquet", spec) for folder, name, spec in places]
        assert [t.height for t in tables] == [125] * 3
        assert tables[0]["time_s"].equals(tables[2]["time_s"])
        assert set(tables[1]["status"]) == {"ok"}


def test_videos_that_cannot_be_used_are_dropped_with_a_reason(chain):
    screening = base.read_tsv(chain.run / "screening.tsv", SCREENING)
    dropped = dict(screening.filter(~pl.col("kept")).select("video", "reason").iter_rows())
    assert set(dropped) == BAD and all(dropped.values())
    assert "unreadable" in dropped["text"]


def test_windows_are_clustered_and_paired(chain):
    kept = base.read(chain.run / "windows.parquet", WINDOWS).filter(pl.col("reason").is_null())
    clusters = base.read(chain.run / "clusters.parquet", CLUSTERS)
    assert clusters.height == kept.height == 32
    assert set(clusters["cluster"]) == {1, 2, 3, 4}
    pairs = base.read_tsv(chain.run / "pairs.tsv", PAIRS)
    assert not pairs.filter(pl.col("video") == pl.col("track")).height
    twin = pl.col("video").str.split("-").list.slice(1) == pl.col("track").str.split("-").list.slice(1)
    assert not pairs.filter(twin).height, "the other person's clip of the same take has the same soundtrack"
    previews = pairs["preview"].drop_nulls()
    assert len(previews) == 2
    assert sorted(p.name for p in (chain.run / "pairs").glob("*.mp4")) == sorted(previews)


def test_the_report_is_self_contained_and_escapes_what_it_shows(chain):
    page = (chain.run / "report.html").read_text()
    assert 'src="http' not in page and "<b>first</b>" not in page
    shown = ('src="data:image/jpeg', 'src="data:video/mp4', "&lt;b&gt;first&lt;/b&gt;")
    assert all(text in page for text in (*shown, *(f"<td>{video}</td>" for video in BAD)))


def test_films_are_drawn_over_the_videos_that_were_asked_for(chain):
    folder = chain.run / "annotated"
    assert {path.name for path in folder.glob("*.mp4")} == {"hopper-jaw_open-1.mp4", "text.mp4"}
    described = word.read(folder / "hopper-jaw_open-1.mp4")
    pose = chain.folder / described["tables"][0]
    with decode.frames(folder / "hopper-jaw_open-1.mp4") as decoding:
        times_s = [frame.time_s for frame in decoding]
    assert times_s == pytest.approx(base.read(pose, POSE)["time_s"].to_list(), abs=1e-9)
    assert audio_start_s(folder / "hopper-jaw_open-1.mp4") is not None
    command = chain.records()["results/runs/quick/annotated/hopper-jaw_open-1.mp4"]["shellcmd"]
    assert f"--code {described['code']} " in command and described["run"] == "quick" and "--built-in=yes" in command
    assert word.read(folder / "text.mp4")["reason"] == "unreadable"
    page = (chain.run / "report.html").read_text()
    assert 'href="annotated/hopper-jaw_open-1.mp4"' in page
    assert 'href="annotated/text.mp4"' not in page and "Nothing could be extracted from text (unreadable)" in page


def test_a_run_says_a_short_line_for_each_job_and_where_the_report_is(chain):
    lines = (chain.folder / "said.txt").read_text().splitlines()
    started = [line for line in lines if re.match(r"\d\d:\d\d:\d\d +\d+ of \d+  [A-Z]", line)]
    log = min((chain.folder / ".snakemake" / "log").iterdir())
    assert len(started) == len(re.findall(r"^Job \d+: ", log.read_text(), re.M)) > 50
    assert len(lines) < len(started) + 60
    assert max(map(len, started)) < 110
    assert f"Results: {chain.run / 'report.html'}" in lines


def test_a_second_run_does_nothing_and_plans_nothing_until_something_has_changed(chain, tmp_path):
    """The second call in the copy: a plan is remembered, and what is remembered is not planned."""
    assert chain.would_run() == set()
    text = chain.snakemake()
    assert "Nothing to be done" in text and f"Results: {chain.run / 'report.html'}\n" in text
    place = chain.copied(tmp_path / "copy")
    record = place.folder / up_to_date.FOLDER / "quick.json"
    before = record.read_text()
    record.unlink()
    written = []
    for _ in range(2):
        assert "Nothing to be done" in place.snakemake()
        assert json.loads(record.read_text()) == json.loads(before)
        written.append(record.stat().st_mtime_ns)
    assert written[0] == written[1]


@pytest.mark.parametrize("change", ["a lost page", "an edited table", "another setting", "asked for"])
def test_a_call_that_might_need_no_plan_says_what_a_plan_says(chain, tmp_path, change):
    place, arguments, changes = chain.copied(tmp_path / "copy"), [], {}
    if change == "a lost page":
        (place.run / "report.html").unlink()
    elif change == "an edited table":
        with (place.run / "pairs.tsv").open("a") as table:
            table.write("\n")
    elif change == "another setting":
        changes = {"report": {"title": "Another"}}
    else:
        arguments = ["--forcerun", "pair", "--"]
    planned = jobs(place.snakemake("--dry-run", *arguments, **changes))
    assert planned == place.would_do(*arguments, **changes)
    assert planned["record"] == 1


def test_a_folder_of_a_job_that_nobody_awaits_is_not_there_at_all(chain, tmp_path):
    """Half of it would count as made: Snakemake looks at the folder, not into it."""
    place = chain.copied(tmp_path / "copy")
    jobs = {path: record for path, record in place.records().items() if (place.folder / path).is_dir()}
    assert {Path(path).name for path in jobs} == {"figures", "gallery", "models", "pairs", "psych-ds"}
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow"), run_token.VARIABLE: "another run"}
    for path, record in jobs.items():
        shutil.rmtree(place.folder / path)
        command = f"export MOODREEL_PYTHON={sys.executable}; {record['shellcmd']}"
        done = subprocess.run(["bash", "-c", command], cwd=place.folder, env=environment, check=False)
        assert done.returncode != 0
        assert "no longer expected" in (place.folder / record["log"][0]).read_text(), path
        assert not (place.folder / path).exists()


def test_mistakes_of_the_configuration_and_of_the_table_are_reported_at_once_without_a_traceback(workplace):
    text = workplace.snakemake("--dry-run", status=1, windows={"rate_hs": 25}, clusters={"k": 0})
    assert "2 mistakes in the configuration" in text and "Did you mean windows.rate_hz?" in text
    (workplace.folder / "bad.tsv").write_text("video\tsource\tperformer\n../x\tx.mp4\t\na\t\t\n")
    other = workplace.snakemake("--dry-run", status=1, videos="bad.tsv")
    assert "2 mistakes in bad.tsv" in other
    assert "Traceback" not in text + other


def test_a_trained_model_is_applied_to_other_videos(applied):
    predictions = base.read_tsv(applied.run / "applied" / "hopper-jaw_open-2.tsv", APPLIED)
    assert predictions["label"].drop_nulls().mode().to_list() == ["jaw_open"]
    assert base.read_tsv(applied.run / "applied" / "text.tsv", APPLIED).height == 0
    assert word.read(applied.run / "annotated" / "hopper-jaw_open-2.mp4")["layers"] == ["box"]
    assert not (applied.folder / "results" / "logs" / "new" / "train.log").exists(), "nothing was trained"
