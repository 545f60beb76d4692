"""What is wanted of a run may be a part: one table, the face or the body alone, a clip too short for anything more."""

import csv
import html
from pathlib import Path

import pytest

from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import SCREENING, WINDOWS
from moodreel.tables.frames import FRAMES
from unit.formats.openface_files import row, write
from workflow.workplace import Workplace

FACES = {"pose": {"backend": "none"}, "features": {"groups": ["action_units", "head_pose", "gaze"]}}
BODIES = {"face": {"backend": "none"}, "features": {"groups": ["body"]}}
FORMATS = ["frames", "openface", "events", "elan", "psych_ds"]


@pytest.fixture(scope="module")
def short(tmp_path_factory) -> Workplace:
    """One clip of 2.4 s, read by OpenFace: it has one whole window."""
    folder = tmp_path_factory.mktemp("short")
    moving = {f"AU{unit:02d}_r": range(60) for unit in (1, 4, 12)}
    rows = [row(n + 1, **{name: (n * (k + 2)) % 50 / 10 for k, name in enumerate(moving)}) for n in range(60)]
    write(folder / "me.csv", rows)
    (folder / "videos.tsv").write_text("video\tsource\tperformer\tface_file\nme\t\tme\tme.csv\n")
    config = {"run": "short", "videos": "videos.tsv", **FACES, "face": {"backend": "openface"}}
    return Workplace(folder, {**config, "export": {"formats": FORMATS}, "clusters": {"nulls": 0}})


def test_the_table_of_one_clip_needs_no_windows(short):
    wanted = "results/runs/short/exports/openface/me.csv"
    assert set(short.would_do("--", wanted)) == {"import_face", "no_pose", "export"}
    frames = short.would_do("--", "results/runs/short/exports/frames/me.csv")
    assert set(frames) == {"table", "screen", "import_face", "no_pose", "export_frames"}
    short.snakemake("--", wanted)
    with open(short.folder / wanted, newline="") as file:
        assert len(list(csv.DictReader(file))) == 60


def test_a_run_with_one_window_ends_with_a_page_that_says_what_is_missing(short):
    short.snakemake()
    assert base.read(short.run / "windows.parquet", WINDOWS)["reason"].null_count() == 1
    why = base.read_stamp(short.run / "clusters.parquet")["missing"]
    assert "clusters.k_min = 2" in why and base.read(short.run / "clusters.parquet", CLUSTERS).is_empty()
    page = (short.run / "report.html").read_text()
    assert "This run is incomplete." in page and html.escape(why) in page
    assert (short.run / "figures" / "units_over_time.svg").is_file()
    assert (short.run / "ro-crate-metadata.json").is_file()
    events = (short.run / "exports" / "events" / "me.csv").read_text()
    assert "AU12" in events and "cluster" not in events
    assert not list((short.run / "exports" / "psych-ds" / "data").glob("*clusters*"))
    assert short.would_run() == set(), "Snakemake takes what is missing for made"


@pytest.mark.parametrize(("part", "config"), [("face", FACES), ("body", BODIES)])
def test_the_face_or_the_body_alone_is_read_and_screened(part, config, models_folder, tmp_path):
    (tmp_path / "videos.tsv").write_text("video\tsource\tperformer\nclip\tbuiltin:hopper/jaw_open/1\thopper\n")
    own = {"run": part, "videos": "videos.tsv", "models": {"folder": str(models_folder)}, **config}
    made = Workplace(tmp_path, {**own, "export": {"formats": ["frames"], "frames_as": "parquet"}})
    made.snakemake("--", f"results/runs/{part}/exports/frames/clip.parquet")
    (screened,) = base.read_tsv(made.run / "screening.tsv", SCREENING).to_dicts()
    assert screened["kept"], screened["reason"]
    other = "pose" if part == "face" else "face"
    assert screened[f"{other}_share"] is None and screened["face_share" if part == "face" else "pose_share"] > 0.9
    frames = base.read(Path(made.run, "exports", "frames", "clip.parquet"), FRAMES)
    assert frames["kept"].mean() > 0.9 and set(frames[f"{other}_status"]) == {"not_read"}
    seen, unseen = ("AU26_r", "nose_x") if part == "face" else ("nose_x", "AU26_r")
    assert frames[seen].count() > 0.9 * len(frames) and not frames[unseen].count()
