"""What runs again when a setting changes: docs/reruns.md, line by line."""

import copy

import pytest

from moodreel.settings.resolve import Settings, keys
from moodreel.storage import fingerprint
from moodreel.tables.emotions import EMOTIONS
from moodreel.workflow.step import load
from workflow import specification

CHANGES = {
    "source.youtube.accept_terms": False,
    "source.youtube.max_height": 720,
    "source.youtube.pause_s": 9.0,
    "limits": ("timeout_s", 100.0),
    "actors": ("noise_seed", 1),
    "models.mirror": "mirror",
    "models.folder": "elsewhere",
    "pose.backend": "rtmpose",
    "pose": ("min_visibility", 0.4),
    "face.backend": "blendshapes",
    "face": ("crop", 2.5),
    "extraction": ("detect_every", 5),
    "extraction.device": "cuda",
    "extraction.videos_per_job": 4,
    "extraction.keep_mesh": False,
    "action_units": ("smoothing_s", 0.0),
    "face_crops": ("keep", True),
    "emotions": {"backend": "fer", "acknowledge": True},
    "emotions.detectors": ["haar"],
    "emotions.valence_arousal": {"happy": [0.0, 0.0]},
    "emotions.decimals": 2,
    "emotions.classes": dict.fromkeys(EMOTIONS, "Pos"),
    "screen": ("max_people", 2.0),
    "screen.level": "row",
    "windows": ("length_s", 1.0),
    "features": ("smoothing_s", 0.2),
    "features.units": "all",
    "embed": ("dims", 3),
    "clusters": ("k", 3),
    "clusters.nulls": 1,
    "clusters.gallery_pictures": 3,
    "clusters.names": {1: "calm"},
    "clusters.previous": "videos.tsv",
    "classify": ("svm", {"penalty": 2.0}),
    "classify.folds": 3,
    "classify.nulls": 5,
    "classify.classifiers": ["knn"],
    "classify.permutations": 7,
    "classify.headline": ("group", "performer"),
    "classify.replicates_per_job": 1,
    "music": ("passage_s", 3.0),
    "pairing": ("ranks", 2),
    "annotate": {"videos": ["anna-1"], "layers": ["box"]},
    "annotate.videos": "all",
    "export": ("units", [1]),
    "export.formats": ["openface", "frames", "elan"],
    "export.frames_as": "parquet",
    "paper": ("name", "hsu-lee-2020"),
    "report": ("title", "Another"),
    "apply": ("models", "results/runs/first/models"),
}
"""A change for each line of the table: another value, or a setting of the section with another value."""


def changed(config: dict, line: str) -> dict:
    """`config` with another value for what the line is about."""
    value = CHANGES[line]
    *above, last = line.split(".")
    if isinstance(value, tuple):
        above, (last, value) = [*above, last], value
    whole = copy.deepcopy(config)
    section = whole
    for name in above:
        section = section.setdefault(name, {})
    section[last] = value
    return whole


@pytest.fixture(scope="session")
def trained(finished):
    """With a description next to the models, which stands for a training that has ended."""
    (finished.run / "models" / "model.json").touch()
    return finished


@pytest.mark.parametrize("line", CHANGES)
def test_a_setting_runs_again_what_the_table_says(trained, line):
    assert trained.would_run(**changed(trained.config, line)) == specification.settings()[line]


def test_a_setting_costs_only_the_jobs_that_it_concerns(trained):
    def jobs(line):
        return trained.would_do(**changed(trained.config, line))

    assert jobs("classify.nulls")["evaluate"] == 1, "the new ones"
    assert jobs("actors")["extract"] == jobs("actors")["soundtrack"] == 1, "the built-in clip's"
    assert jobs("source.youtube.max_height")["extract"] == 1, "the remote one's"
    assert jobs("music")["soundtrack"] == 5, "of all that have one"


def test_every_setting_has_a_line_that_was_tried_for_its_steps():
    """The settings under one line are seen by the same steps, of which the table's test tries one."""
    sections = {name for name in Settings.model_fields if f"{name}." in "".join(f"{key} " for key in keys())}
    for setting in set(keys()) - sections - {"run", "study", "videos", "cache.epoch", "source.youtube"}:
        line = specification.line_for(setting)
        runs = specification.settings()[line]
        tried = [other for other in CHANGES if specification.settings()[other] == runs]
        assert steps_that_see(setting) in [steps_that_see(first_key(other)) for other in tried], setting


def first_key(line: str) -> str:
    """The setting that is changed for a line."""
    value = CHANGES[line]
    return f"{line}.{value[0]}" if isinstance(value, tuple) else line


def steps_that_see(setting: str) -> set[str]:
    """The steps that see the setting, or the part of its section in which it stands."""
    section, key = (*setting.split("."), "")[:2]
    steps = [load(path.stem) for path in (fingerprint.ROOT / "steps").glob("[a-z]*.py")]
    own = (step for step in steps if section in step.sections)
    return {step.name for step in own if (step.sees(section, key) if key else section in step.settings)}


def test_the_epoch_runs_everything_and_another_run_reads_nothing(finished):
    everything = finished.would_do("--forceall")
    del everything["fetch"]
    assert finished.would_do(cache={"epoch": 1}) == everything
    other = finished.would_run(run="second")
    assert other == specification.rules("table, export, *screening*")


def test_a_paper_s_numbers_run_again_when_they_change_not_when_they_are_new(place):
    paper = {"paper": {"name": "hsu-lee-2020"}}
    place.pretend(**paper)
    numbers = place.folder / "workflow" / "papers" / "hsu-lee-2020" / "expected.yaml"
    numbers.touch()
    assert place.would_run(**paper) == set()
    numbers.write_text(numbers.read_text() + "# changed\n")
    assert place.would_run(**paper) == {"compare", "figures", "record"}
