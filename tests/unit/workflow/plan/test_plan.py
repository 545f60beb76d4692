import json
import re
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.storage import fingerprint
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.workflow.plan import Plan
from moodreel.workflow.preflight.checks import check

ROOT = Path(__file__).parents[4]
STEPS = [path.stem for path in (fingerprint.ROOT / "steps").glob("[a-z]*.py")]
BY_HAND = {"__init__", "document", "playlist"}
"""Modules of `steps/` that no rule runs."""
HEADER = ("video", "source", "performer", "emotion", "start_s", "end_s")


def checked(config):
    """The plan for a configuration, after all checks."""
    plan = Plan.of(config)
    check(plan)
    return plan


def plan_of(rows, header=HEADER, **config):
    """The plan for a table of these rows, whose last cells may be left out."""
    lines = ("\t".join([*row, *[""] * (len(header) - len(row))]) for row in (header, *rows))
    Path("videos.tsv").write_text("".join(f"{line}\n" for line in lines))
    return checked({"videos": "videos.tsv", **config})


def differing(one, other):
    """The steps that the two plans tell different settings."""
    return {step for step in STEPS if one.settings_of(step) != other.settings_of(step)}


ACTED = [("a", "builtin:hopper/smile/1", "hopper"), ("b", "builtin:astronaut/smile/1", "astronaut")]


def test_every_rule_with_settings_is_known():
    rules = "".join(p.read_text() for p in (ROOT / "workflow" / "rules").glob("*.smk"))
    commands = set(re.findall(r'step\(\s*"(\w+)"', rules))
    assert {p.stem for p in (fingerprint.ROOT / "steps").glob("*.py")} - commands == BY_HAND


def test_the_extraction_is_named_after_what_changes_its_numbers():
    def name(**config):
        return next(iter(plan_of(ACTED, **config).extractions))

    assert name() == name(extraction={"device": "cuda", "threads": 4, "videos_per_job": 20})
    assert name() == name(run="other", windows={"stride_s": 1})
    assert re.fullmatch(r"blazepose-facemesh-[0-9a-f]{8}", name())
    assert name() != name(pose={"min_visibility": 0.4})
    assert name() != name(actors={"noise_seed": 1})


def test_a_setting_changes_only_the_steps_that_read_it_and_the_epoch_every_step():
    before, ranked = plan_of(ACTED), plan_of(ACTED, pairing={"ranks": 5})
    assert differing(before, ranked) == {"pair", "preview"}
    assert before.rows == ranked.rows
    epoch = plan_of(ACTED, cache={"epoch": 1})
    assert all(before.code_of(step) != epoch.code_of(step) for step in STEPS)
    assert before.code_of("extract", *before.extractions) != epoch.code_of("extract", *epoch.extractions)


def test_missing_files_and_built_in_clips_are_all_named():
    Path("there.mp4").write_bytes(b"")
    with pytest.raises(UserError, match=r"2 of 3 videos miss a file(.|\n)*x: gone\.mp4(.|\n)*also/gone\.mp4"):
        plan_of([("x", "gone.mp4"), ("y", "there.mp4"), ("z", "also/gone.mp4")])
    with pytest.raises(UserError, match=r"2 built-in clips(.|\n)*Did you mean builtin:hopper/smile/1\?"):
        plan_of([("x", "builtin:hopper/smyle/1"), ("y", "builtin:nobody/smile/1")])
    with pytest.raises(UserError, match=r"1 of 1 videos miss a file(.|\n)*a: gone\.zip(.|\n)*a: gone\.csv"):
        imported(("a", "", "", "openpose", "gone.zip", "openface", "gone.csv"))


def test_downloads_need_the_terms_accepted():
    rows = [("x", "https://www.youtube.com/watch?v=abcdefghijk")]
    with pytest.raises(UserError, match="accept_terms"):
        plan_of(rows)
    plan = plan_of(rows, source={"youtube": {"accept_terms": True}})
    assert plan.media("x") == "results/sources/youtube/x.mp4"


def test_acted_figures_only_where_everything_is_acted():
    Path("v.mp4").write_bytes(b"")
    for rows, acted in (([*ACTED, ("v", "v.mp4")], False), (ACTED, True)):
        assert any(name.endswith("acted.tsv") for name in plan_of(rows).results) is acted


def test_nulls_are_dealt_into_jobs():
    def files(**classify):
        plan = plan_of(ACTED, classify=classify)
        return [Path(path).name for path in plan.evaluation_parts("scores")]

    assert files(nulls=4, replicates_per_job=2) == [
        "scores.draws-0-1.part-0-of-1.parquet",
        "scores.draws-2-3.part-0-of-1.parquet",
        "scores.draws-4-4.part-0-of-1.parquet",
    ]
    assert files(nulls=0, jobs_per_replicate=2) == [
        "scores.draws-0-0.part-0-of-2.parquet",
        "scores.draws-0-0.part-1-of-2.parquet",
    ]


def test_shards_hold_what_is_not_read_yet():
    def unread(**extraction):
        (shards,) = plan_of(ACTED, extraction=extraction).shards.values()
        return shards.unread

    assert unread(videos_per_job=2) == {"0-of-1": ["a", "b"]}
    plan = plan_of(ACTED)
    stamp = {"code": plan.code_of("extract", *plan.extractions), "start_s": None, "end_s": None}
    base.write(plan.pose("a"), POSE, POSE.empty(), stamp)
    assert unread(videos_per_job=2) == unread(videos_per_job=2, keep_mesh=False) == {"0-of-1": ["b"]}
    assert unread() == {}


def test_the_table_is_resolved_from_a_part_of_the_settings():
    plan = plan_of(ACTED, pose={"min_visibility": 0.4}, actors={"noise_seed": 3}, pairing={"ranks": 9})
    assert Plan.of(json.loads(plan.table_settings)).rows == plan.rows
    assert "pairing" not in plan.table_settings


IMPORTED = (*HEADER[:3], "pose_backend", "pose_file", "face_backend", "face_file", "rate_hz")


def imported(*rows, **config):
    for name in ("a.csv", "a.zip", "b.mp4"):
        Path(name).write_bytes(b"")
    return plan_of(rows, IMPORTED, **config)


def test_each_video_is_read_in_its_own_way():
    plan = imported(("a", "", "", "openpose", "a.zip", "openface", "a.csv", "25"),
        ("b", "b.mp4"),
        ("c", "b.mp4", "", "", "", "pyfeat", "a.csv"),
        ("d", "b.mp4", "", "openpose", "a.zip"),
        ("e", "", "", "none", "", "openface", "a.csv"),
        ("f", "b.mp4", "", "none"),
        ("g", "b.mp4", "", "", "", "none"),
        ("h", "", "", "openpose", "a.zip", "none"),
    )  # fmt: skip
    names = {row["video"]: Path(row["folder"]).name for row in plan.rows}
    assert [n.rsplit("-", 1)[0] for n in names.values()] == [
        "openpose-openface", "blazepose-facemesh", "blazepose-pyfeat", "openpose-facemesh", "none-openface",
        "none-facemesh", "blazepose-none", "openpose-none",
    ]  # fmt: skip

    def of(**parts):
        return {video for video, name in names.items() if re.fullmatch(plan.folder_pattern(**parts), name)}

    assert of(pose="network", face="network") == {"b"}
    assert of(pose="network", face="file") == {"c"}
    assert of(pose="file", face="network") == {"d"}
    assert of(pose="file") == {"a", "d", "h"}
    assert of(pose="nowhere") == {"e", "f"} and of(pose="nowhere", face="network") == {"f"}
    assert of(face="nowhere") == {"g", "h"} and of(pose="network", face="nowhere") == {"g"}
    assert of(face="file") == {"a", "c", "e"}
    assert plan.extractions[names["a"]].models == ()
    assert plan.extractions[names["g"]].models == plan.extractions[names["b"]].models[:2]
    assert plan.extractions[names["f"]].models == plan.extractions[names["b"]].models[2:]
    assert plan.extractions[names["c"]].models == plan.extractions[names["b"]].models[:2]
    assert (plan.media("a"), plan.each_read(plan.soundtrack)) == (None, [plan.soundtrack(v) for v in "bcdfg"])
    assert list(plan.shards) == [names["b"]]
    resolved = [(row["pose_backend"], row["face_backend"]) for row in plan.rows]
    assert resolved[0] == ("openpose", "openface") and resolved[1] == ("blazepose", "facemesh")


def test_what_does_not_fit_its_backend_is_all_reported():
    with pytest.raises(UserError, match="5 videos do not fit their backends") as caught:
        imported(("a", "", "", "", "a.zip", "", "a.csv"),
            ("b", "b.mp4", "", "openpose"),
            ("c", "b.mp4", "", "", "", "", "a.csv"),
            ("d", "b.mp4"),
            ("e", "b.mp4", "", "none", "", "none"),
            ("f", "", "", "none", "a.zip", "pyfeat", "a.csv"),
        )  # fmt: skip
    lines = str(caught.value).split("\n")[1:]
    assert [line.split(":")[0].split(", ")[1] for line in lines] == ["a", "a", "a", "a", "b", "c", "e", "f"]
    assert "pose_backend" in lines[0] and "the column source names none" in lines[1]
    assert "the column pose_file names none" in lines[4]
    assert "both none" in lines[6]
    assert "which reads no file" in lines[7]


@pytest.mark.parametrize("features", [{}, {"groups": ["gaze", "body"]}, {"groups": ["speeds"]}, {"set": "paper"}])
def test_features_of_a_face_that_no_video_has_are_one_mistake(features):
    rows, none = [(name, "b.mp4") for name in "abc"], {"face": {"backend": "none"}}
    with pytest.raises(UserError, match=r"needs a face, and face\.backend is none") as caught:
        imported(*rows, features=features, **none)
    assert "features.groups to [body]" in str(caught.value) and "\n" not in str(caught.value)
    imported(*rows[:2], ("c", "b.mp4", "", "", "", "none"), features=features)  # the screening drops this one
    imported(*rows, features={"groups": ["body", "speeds", "missing"]}, **none)


@pytest.mark.parametrize(
    ("part", "formats", "mistaken"),
    [
        (
            "face",
            ["openface", "openpose", "events", "elan", "frames", "psych_ds"],
            "openface, events, elan needs a face",
        ),
        ("pose", ["openface", "openpose", "events", "elan", "frames", "psych_ds"], "openpose needs a pose"),
    ],
)
def test_formats_of_what_is_not_read_are_a_mistake(part, formats, mistaken):
    features = {"groups": ["body"] if part == "face" else ["gaze"]}
    with pytest.raises(UserError, match=f"the {part} backend is none, and export.formats: {mistaken}"):
        imported(("a", "b.mp4"), features=features, export={"formats": formats}, **{part: {"backend": "none"}})


@pytest.mark.parametrize(
    ("formats", "files"),
    [
        (["openface"], {"openface/a.csv", "openface/a.trust.tsv"}),
        (["frames", "openpose"], {"frames/a.csv", "openpose/a.zip"}),
        (["events", "elan"], {"events/a.csv", "elan/a.eaf"}),
    ],
)
def test_only_the_requested_formats_are_written(formats, files):
    plan = plan_of([ACTED[0]], export={"formats": formats})
    start = f"{plan.run}/exports/"
    assert {path.removeprefix(start) for path in plan.record_inputs if path.startswith(start)} == files
    other = plan_of(
        [ACTED[0]], export={"formats": ["frames", "openpose"], "frames_as": "parquet", "openpose_as": "folder"}
    )
    assert {*other.exported_files["export_frames"].values()} == {f"{start}frames/{{video}}.parquet"}
    assert {*other.exported_files["export"].values()} == {f"{start}openpose/{{video}}"}


def test_the_run_names_the_backends():
    row = ("a", "", "", "", "a.zip", "", "a.csv", "25")
    plan = imported(row, pose={"backend": "openpose"}, face={"backend": "openface"})
    other = imported(("a", "", "", "openpose", "a.zip", "openface", "a.csv", "25"))
    assert list(plan.extractions) == list(other.extractions)


def test_what_is_exported_is_what_was_asked_for():
    def exported(formats, **settings):
        plan = plan_of(ACTED, export={"formats": formats, **settings})
        return {path.split("exports/")[1] for path in plan.results if "exports" in path}

    assert exported([]) == set()
    assert exported(["psych_ds"]) == {"psych-ds"}
    each = ("openface/{}.csv", "openface/{}.trust.tsv", "openpose/{}.zip", "elan/{}.eaf", "events/{}.csv")
    files = {file.format(video) for file in each for video in "ab"}
    assert exported(["openpose", "openface", "psych_ds", "elan", "events"]) == files | {"psych-ds"}
    assert exported(["openpose"], openpose_as="folder") == {"openpose/a", "openpose/b"}


def test_applying_a_model_clusters_and_trains_nothing():
    with pytest.raises(UserError, match="apply.models: gone has no model.json"):
        plan_of(ACTED, apply={"models": "gone"})
    Path("models").mkdir()
    Path("models/model.json").write_text("{}")
    plan = plan_of(ACTED, apply={"models": "models", "classifier": "knn", "last_frames": 200})
    names = ("settings.yaml", "videos.tsv", "applied/a.tsv", "applied/b.tsv", "ro-crate-metadata.json")
    assert plan.results == [f"{plan.run}/{name}" for name in names]
    assert not [name for name in plan_of(ACTED).results if "applied" in name]


def test_earlier_numbers_come_from_another_run_that_is_there():
    wrong = {"results/runs/main/clusters.parquet": "copy the file", "gone.parquet": "there is no gone"}
    for previous, message in wrong.items():
        with pytest.raises(UserError, match=message):
            plan_of(ACTED, clusters={"previous": previous})
    Path("earlier.parquet").write_bytes(b"")
    assert "earlier.parquet" in plan_of(ACTED, clusters={"previous": "earlier.parquet"}).settings_of("cluster")


def test_what_other_settings_make_lies_elsewhere():
    """So that runs side by side leave each other's files alone, and a setting changed back finds its files again."""
    names = ("pose", "mesh", "neutral", "face", "movements", "soundtrack")

    def files(**config):
        plan = plan_of([*ACTED, ("c", "builtin:hopper/smile/2", "hopper")], **config)
        return plan, {name: getattr(plan, name)("a") for name in names}

    def changed(**config):
        other = files(**config)[1]
        return {name for name in names if made[name] != other[name]}

    plan, made = files()
    assert changed(run="other", windows={"stride_s": 1}) == set()
    assert changed(action_units={"smoothing_s": 0}) == {"neutral", "face", "movements"}
    assert changed(music={"passage_s": plan.settings.music.passage_s + 1}) == {"soundtrack"}
    assert changed(extraction={"detect_every": 7}) == {*names} - {"soundtrack"}


def test_a_resting_face_is_shared_by_just_these_videos():
    more = [(video, f"builtin:hopper/smile/{number}", "hopper") for video, number in (("c", 2), ("d", 3))]
    alone, two, three = (plan_of([*ACTED, *more[:count]]) for count in range(3))
    assert alone.neutral("a") is None
    assert two.neutral("a") == two.neutral("c") != three.neutral("a")
    assert two.of_performer("hopper", two.extraction_of("a").name, two.units("a")) == ["a", "c"]
    assert sorted(two.videos, key=two.urgency, reverse=True)[:2] == ["a", "c"], "one after the other"
    assert len({plan.face("a") for plan in (alone, two, three)}) == 3
    assert len({plan.face("b") for plan in (alone, two, three)}) == 1, "another performer's"
    of_its_own = plan_of([*ACTED, more[0]], action_units={"neutral": "video"})
    assert of_its_own.neutral("a") is None
    with pytest.raises(UserError, match="this run measures action units as"):
        two.neutral("a", alone.units("a"))
    with pytest.raises(UserError, match="no videos that are read as"):
        two.of_performer("hopper", two.extraction_of("a").name, alone.units("a"))


def test_a_built_in_clip_next_to_files_leaves_their_folders_alone():
    Path("x.mp4").write_bytes(b"")
    alone, neighbours = (plan_of([("x", "x.mp4"), *others]) for others in ([], ACTED))
    assert alone.folder("x") == neighbours.folder("x") != neighbours.folder("a").replace("/a/", "/x/")


def test_a_performer_with_too_many_videos_is_reported_before_anything_runs():
    rows = [(f"{'a' * 58}{number:06}", "builtin:hopper/smile/1", "all") for number in range(1600)]
    with pytest.raises(UserError, match="ids of all videos of all have more than 100,000 letters"):
        plan_of(rows)
    plan_of(rows, action_units={"neutral": "video"})
    plan_of([row[:2] for row in rows])
