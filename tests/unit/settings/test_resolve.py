import re
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.settings import document
from moodreel.settings.resolve import MOST_LETTERS, Settings
from moodreel.settings.resolve import resolve as resolve_whole
from moodreel.steps.document import main as write_pages

ROOT = Path(__file__).parents[3]


def resolve(config: dict) -> Settings:
    return resolve_whole({"videos": "videos.tsv", **config})


def test_what_is_left_out_has_its_default_but_for_the_videos():
    assert resolve({}).windows.length_s == 2.0
    with pytest.raises(UserError, match="1 mistake in the configuration:\n  - videos: not given"):
        resolve_whole({})


def test_every_mistake_is_reported_at_once_with_near_miss_and_limits():
    windows = {"rate_hs": 25, "length_s": -1}
    with pytest.raises(UserError) as error:
        resolve({"windows": windows, "pose": {"backend": "openpos"}, "run": "../", "winows": {}})
    for part in (
        *("5 mistakes", "windows.rate_hs: there is no such key. Did you mean windows.rate_hz?", "windows.length_s"),
        *("greater than 0", "pose.backend", "blazepose", "Did you mean windows?", "run:"),
    ):
        assert part in str(error.value)


def test_generated_files_are_fresh(tmp_path):
    write_pages(["--out", str(tmp_path)])
    fresh = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert len(fresh) == 4
    stale = [name for name, text in fresh.items() if (ROOT / "docs" / name).read_text() != text]
    assert stale == [], "run `make docs`"


def test_every_setting_says_what_it_means_and_allows():
    for key, field in document.walk():
        assert field.description, key
        assert document.allowed_in_words(field), key


def test_emotion_scores_need_a_word_and_say_why():
    with pytest.raises(UserError) as error:
        resolve({"emotions": {"backend": "fer"}})
    law = ("Art. 5(1)(f)", "Art. 50(3)", "Art. 9 GDPR")
    for part in ("emotions: backend: fer", "acknowledge: true", "hardly change with the expression", *law):
        assert part in str(error.value)
    assert resolve({"emotions": {"backend": "fer", "acknowledge": True}}).emotions.detectors == ["mesh"]
    assert resolve({}).emotions.backend == "none"
    changed = resolve({"emotions": {"classes": {"sad": "Neg"}}}).emotions.classes
    assert (changed["sad"], changed["fear"], len(changed)) == ("Neg", "Neut", 7)
    with pytest.raises(UserError, match=r"emotions\.valence_arousal.* less than or equal to 1"):
        resolve({"emotions": {"valence_arousal": {"happy": [2, 0]}}})


SCORED = {"study": "emotions", "emotions": {"backend": "fer", "acknowledge": True}}
MOOD_OF_EMOTIONS = {"pairing": {"method": "mood", "mood_of": "emotions"}}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"rate_hz": 25}, "It belongs to windows.rate_hz"),
        ({"windows": {"stride_s": 0.01}}, "stride_s = 0.01"),
        ({"emotions": {"detectors": ["haar", "haar"]}}, "each name may occur only once"),
        ({"features": {"set": "emotions"}}, "features.set = emotions needs a network that scores emotions"),
        (MOOD_OF_EMOTIONS, "pairing.mood_of: emotions needs a network that scores them"),
        ({"study": "emotions"}, "needs a network that scores them (emotions.backend: fer)"),
        ({"paper": {"name": "cs640-2020"}}, "paper.name: cs640-2020 needs study: emotions"),
        ({**SCORED, "paper": {"name": "hsu-lee-2020"}}, "paper.name: hsu-lee-2020 needs study: expressions"),
        ({"annotate": {"layers": ["scores"]}}, "annotate.layers: scores needs a network that gives them"),
        (
            {**SCORED, "annotate": {"videos": "all", "layers": ["mesh", "scores"]}},
            "annotate.layers: study: emotions reads no mesh; allowed there: box, scores",
        ),
        ({"annotate": {"videos": "every"}}, "annotate.videos: Input should be a valid list or Input should be 'all'"),
        ({"annotate": {"layers": []}}, "annotate.layers"),
        ({"annotate": {"layers": ["meshes"]}}, "'mesh', 'skeleton', 'box', 'units' or 'scores' (given: 'meshes')"),
        ({"annotate": {"height_px": 10}}, "annotate.height_px"),
    ],
)
def test_what_does_not_go_together_is_refused(config, words):
    with pytest.raises(UserError, match=re.escape(words)):
        resolve(config)


def test_films_are_of_nothing_unless_asked_for_and_need_no_other_word():
    assert resolve({}).annotate.videos == []
    assert resolve(SCORED).annotate.layers == resolve({}).annotate.layers
    assert resolve({**SCORED, "annotate": {"videos": ["a", "a"], "layers": ["box", "scores"]}}).annotate.videos == ["a"]


def bomb(levels: int = 40) -> list:
    """What YAML makes of aliases of aliases: 2 to the power of `levels` texts in 2 * `levels` places."""
    inside: list = ["x"]
    for _ in range(levels):
        inside = [inside, inside]
    return inside


HUGE = {
    "names": {"clusters": {"names": {1: "x" * MOST_LETTERS}}},
    "many names": {"clusters": {"names": dict.fromkeys(range(20000), "name")}},
    "signs that a shell needs five for": {"clusters": {"names": dict.fromkeys(range(100), "'" * 200)}},
    "ids": {"annotate": {"videos": [f"video-{number:05}" for number in range(10_000)]}},
    "paths": {"apply": {"models": "x" * MOST_LETTERS}},
    "keys": {f"key{number}": number for number in range(20_000)},
    "a key": {"k" * 1_000_000: 1},
    "a value": {"run": "x" * 1_000_000},
    "aliases": {"run": bomb(), "clusters": {"names": bomb()}, "annotate": {"videos": bomb()}},
    "an alias of itself": {"clusters": {"names": (own := [])}},
}
own.append(own)


@pytest.mark.parametrize("kind", HUGE)
def test_a_configuration_too_large_for_a_command_is_one_short_message(kind):
    with pytest.raises(UserError, match="in the configuration|the configuration has") as caught:
        resolve(HUGE[kind])
    assert len(str(caught.value)) < MOST_LETTERS
    many = {"clusters": {"names": dict.fromkeys(range(100), "a usual name")}}
    assert len(resolve(many).clusters.names) == 100


def numeric_settings() -> list[str]:
    known = document.walk()
    return [key for key, field in known if re.search(r"\b(int|float)\b", str(field.annotation))]


@pytest.mark.parametrize("truth", [True, False])
def test_true_and_false_are_no_numbers(truth):
    tried = numeric_settings()
    assert {"clusters.k", "windows.length_s", "limits.memory_mb", "screen.max_faces", "classify.mlp.hidden"} <= {*tried}
    for key in tried:
        for value in (truth, [truth]) if key not in ("clusters.names", "emotions.valence_arousal") else ({truth: "a"},):
            config = value
            for part in reversed(key.split(".")):
                config = {part: config}
            with pytest.raises(UserError, match=re.escape(key)):
                resolve(config)
    with pytest.raises(UserError, match=r"clusters\.k: expected a number, not true or false .*given: (True|False)"):
        resolve({"clusters": {"k": truth}})
    with pytest.raises(UserError, match=r"emotions\.valence_arousal: expected a number, not true or false"):
        resolve({"emotions": {"valence_arousal": {"happy": [0, truth]}}})


@pytest.mark.parametrize("config", [None, [], ["videos"], "videos", 5, True])
def test_what_is_no_mapping(config):
    with pytest.raises(UserError, match="no mapping"):
        resolve_whole(config)


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "\x1b[2J", "\ud800"])
@pytest.mark.parametrize(
    "where", [lambda t: {"videos": t}, lambda t: {"clusters": {"names": {1: t}}}, lambda t: {t: 1}]
)
def test_control_characters_are_told_before_a_command_or_a_path_gets_them(text, where):
    with pytest.raises(UserError, match="control characters"):
        resolve_whole({"videos": "videos.tsv", **where(text)})
