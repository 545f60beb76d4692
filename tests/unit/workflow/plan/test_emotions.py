"""Emotion scores in the plan of a run: whose, where they lie, who takes them."""

import json
from pathlib import Path

import pytest

from moodreel.errors import UserError
from unit.workflow.plan.test_plan import ACTED, IMPORTED, plan_of

SCORED = {"backend": "fer", "acknowledge": True}


def test_emotions_are_scored_when_asked_for_and_nothing_else_changes():
    plan = plan_of(ACTED)
    asked = plan_of(ACTED, emotions={**SCORED, "detectors": ["mesh", "mtcnn"]})
    assert plan.emotion_tables == [] and not [path for path in plan.results if "emotions-" in path]
    assert len(asked.emotion_tables) == 4, "each detector's of each video"
    assert set(asked.results) - set(plan.results) == {*asked.emotion_tables, *asked.clip_tables}
    alone = plan_of(ACTED, study="emotions", emotions={**SCORED, "detectors": ["haar"]})
    assert {Path(path).name for path in alone.results} == {
        "settings.yaml", "videos.tsv", "clip_emotions.tsv", "clip_accuracy.tsv", "detectors.tsv",
        "emotion_timeline.tsv", "emotions.parquet", "ro-crate-metadata.json",
    }  # fmt: skip
    assert set(asked.emotion_models("mesh")) < set(asked.emotion_models("mtcnn"))
    assert len(json.loads(asked.emotion_models_sha256("mtcnn"))) == 4


def test_scores_lie_where_their_video_was_read_by_whose_faces_and_how_they_were_scored():
    def tables(**config) -> list[str]:
        scored = {**SCORED, "detectors": ["mesh", "haar"], **config}
        return plan_of(ACTED, emotions=scored).emotion_tables

    plan = plan_of(ACTED, emotions=SCORED)
    assert all(path.startswith(f"{plan.folder('a')}/emotions-") for path in tables()[:2])
    assert len({Path(path).parent.name for path in tables()}) == 2
    assert tables() == tables(decimals=2) == tables(classes={**plan.settings.emotions.classes, "sad": "Neg"})
    assert set(tables(detectors=["haar"])) < set(tables())


def test_what_others_have_read_of_a_face_is_no_face_to_score():
    for name in ("a.mp4", "a.csv", "b.csv"):
        Path(name).touch()
    rows = ("a", "a.mp4", "p", "", "", "openface", "a.csv"), ("b", "", "p", "", "", "openface", "b.csv")
    config = {"emotions": {**SCORED, "detectors": ["mesh", "haar"]}, "pose": {"backend": "none"}}
    plan = plan_of(rows, IMPORTED, **config)
    assert (plan.detectors_of("a"), plan.detectors_of("b")) == (["haar"], [])
    with pytest.raises(UserError) as caught:
        plan_of(rows, IMPORTED, **config, features={"groups": ["emotions"]})
    assert "2 videos have no emotion scores" in str(caught.value)
    assert "line 2, a: features.groups = ['emotions']: mesh (emotions.detectors) finds no face there" in str(
        caught.value
    )
    assert "line 3, b" in str(caught.value) and "it has no media file" in str(caught.value)
    one = "1 videos have no emotion scores(.|\n)*line 3, b: export.formats: emotions: no face of mesh, haar"
    with pytest.raises(UserError, match=one):
        plan_of(rows, IMPORTED, **config, export={"formats": ["emotions"]})


def test_terms_next_to_a_licence_are_accepted_by_name():
    other = {**SCORED, "backend": "hsemotion"}
    with pytest.raises(UserError) as caught:
        plan_of(ACTED, emotions=other)
    assert "set models.accept: [hsemotion_enet_b0_8_best_vgaf]" in str(caught.value)
    assert "trained on AffectNet, whose pictures are given for non-commercial research only" in str(caught.value)
    accepted = {"accept": ["hsemotion_enet_b0_8_best_vgaf"]}
    plan = plan_of(ACTED, emotions=other, models=accepted)
    assert plan.crop_kinds("a") == ["aligned-224-95"] and "crops-aligned-224-95" in plan.scored_crops("a")
    fer = plan_of(ACTED, emotions=SCORED)
    assert fer.crop_kinds("a") == ["fer"] and fer.scoring_folder("mesh") != plan.scoring_folder("mesh")


def test_moods_and_the_set_of_emotions_take_the_first_detectors_scores():
    both = {**SCORED, "detectors": ["haar", "mesh"]}
    plan = plan_of(ACTED, emotions=both, features={"set": "emotions"})
    assert plan.settings.features.groups_in_use == ["emotions"]
    assert plan.emotion_features == plan.scoring_folder("haar") and plan.emotion_moods is None
    plan = plan_of(ACTED, emotions=both, pairing={"method": "mood", "mood_of": "emotions"})
    assert plan.emotion_moods == plan.scoring_folder("haar") and plan.emotion_features is None
    assert plan.scores_of_all(plan.emotion_moods) == [plan.emotions(video, "haar") for video in "ab"]
    assert plan.scores_of_all(plan.emotion_features) == []
    by_units = plan_of(ACTED, emotions=both, pairing={"method": "mood"})
    assert by_units.emotion_moods is None


def test_an_applied_classifier_takes_the_scores_that_it_was_trained_on():
    description, applied = Path("models/model.json"), {"apply": {"models": "models"}}
    description.parent.mkdir()
    description.write_text(json.dumps({"emotions": {"backend": "fer", "detector": "mtcnn"}}))
    unset = r"apply\.models: models was trained on emotion scores\. Set emotions\.backend: fer"
    with pytest.raises(UserError, match=unset):
        plan_of(ACTED, **applied)
    plan = plan_of(ACTED, **applied, emotions={**SCORED, "detectors": ["haar", "mesh"]})
    assert plan.detectors_of("a") == ["mtcnn"] and plan.applied_scores("a") == plan.emotions("a", "mtcnn")
    description.write_text("{}")
    without = plan_of(ACTED, **applied)
    assert without.applied_scores("a") is None and without.detectors_of("a") == []
