"""A run of emotion scores alone: from clips to a paper's page, and what a second run does."""

from pathlib import Path

import pytest

from moodreel.tables import base
from moodreel.tables.emotions import CLIP_ACCURACY, CLIP_EMOTIONS, EMOTION_SCORES
from moodreel.workflow.provenance import run_record
from workflow.workplace import ROOT, Workplace

SCORED = {"backend": "fer", "acknowledge": True, "detectors": ["haar"], "decimals": 2}


@pytest.fixture(scope="module")
def place(tmp_path_factory, emotion_models: Path) -> Workplace:
    folder = tmp_path_factory.mktemp("emotions")
    rows = (ROOT / "workflow" / "papers" / "cs640-2020" / "clips.tsv").read_text().splitlines()
    (folder / "clips.tsv").write_text("\n".join([rows[0], rows[1], rows[7]]) + "\n")
    (folder / "workflow").symlink_to(ROOT / "workflow")
    config = {"run": "scored", "study": "emotions", "videos": "clips.tsv", "emotions": SCORED}
    config |= {"paper": {"name": "cs640-2020"}, "models": {"folder": str(emotion_models)}}
    place = Workplace(folder, config)
    place.snakemake()
    return place


def test_the_page_and_its_tables_are_made_and_nothing_else_is_read(place):
    run = place.run
    made = {path.name for path in run.iterdir() if not path.name.startswith(".")}
    assert made == {
        "settings.yaml", "videos.tsv", "clip_emotions.tsv", "clip_accuracy.tsv", "detectors.tsv", "emotion_timeline.tsv",
        "comparison.tsv", "comparison.html", "ro-crate-metadata.json", "digests.parquet", "Snakefile",
    }  # fmt: skip
    of_videos = {path.name for path in (place.folder / "results" / "videos").rglob("*.*") if path.is_file()}
    assert of_videos == {"emotions.parquet"}, "no pose, no mesh, no soundtrack"
    clips = base.read_tsv(run / "clip_emotions.tsv", CLIP_EMOTIONS)
    assert len(clips) == 2 and (clips["frames"] == 125).all()
    assert set(base.read_tsv(run / "clip_accuracy.tsv", CLIP_ACCURACY)["counted"]) == {"all", "with_face"}
    for path in (place.folder / "results" / "videos").rglob("emotions.parquet"):
        table = base.read(path, EMOTION_SCORES)
        assert table["time_s"].is_sorted()
        assert table.filter(status="ok").null_count().sum_horizontal()[0] == 0
    assert "drawn at random" in (run / "comparison.html").read_text()


def test_the_record_knows_what_the_page_is_made_of(place):
    record = run_record.read(place.run)
    for name in ("comparison.tsv", "comparison.html"):
        entry = record.files[name]
        assert entry.making.step == "compare"
        assert {one.name for one in record.inputs(entry)} == {
            "settings.yaml", "videos.tsv", "clip_emotions.tsv", "clip_accuracy.tsv", "detectors.tsv",
            "emotion_timeline.tsv", "published/expected.yaml",
        }  # fmt: skip


def test_nothing_is_left_to_do_and_other_settings_leave_the_scores_alone(place):
    assert "Nothing to be done" in place.messages()
    text = place.messages(emotions={**SCORED, "classes": {"sad": "Neg"}})
    assert "clip_emotions" in text and "Scoring the faces" not in text
    text = place.messages(emotions={**SCORED, "detectors": ["haar", "mtcnn"]})
    assert text.count("(mtcnn)") == 2 and "(haar)" not in text
