import json

import pytest

from moodreel.errors import UserError
from moodreel.films import word
from moodreel.films.word import NAMES, Word
from moodreel.settings.annotate import AnnotateSettings
from unit.films import material


def test_the_word_is_a_sentence_and_the_settings():
    word = Word("r", "v", "c0de-0", ("mesh", "units"), settings={"height_px": 320})
    sentence, settings = word.comment.split("\n")
    read = "the face's contours, action units"
    assert sentence == f"Made by moodreel: the video v with what was read of it in the run r: {read}."
    known = {"run": "r", "video": "v", "code": "c0de-0", "layers": ["mesh", "units"], "height_px": 320}
    assert json.loads(settings) == known


def test_scores_come_with_what_they_are_worth_and_synthetic_videos_are_called_so():
    assert "not what anybody feels" in Word("r", "v", "c", ("scores",)).sentence
    assert Word("r", "v", "c", ("box",), synthetic="synthetic: moved").sentence.startswith("synthetic: moved. Made by")


def test_every_layer_has_words():
    assert set(AnnotateSettings().layers) < set(NAMES)
    assert AnnotateSettings(layers=list(NAMES)).layers == list(NAMES)


def test_a_film_that_says_nothing_of_itself_is_refused(tmp_path):
    with pytest.raises(UserError, match="not a film that moodreel has annotated"):
        word.read(material.write_video(tmp_path / "v.mp4", comment="a holiday"))
    (tmp_path / "w.mp4").write_text("no film")
    with pytest.raises(UserError, match="Delete it and run again"):
        word.read(tmp_path / "w.mp4")
