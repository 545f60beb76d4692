"""The whole command, on one built-in clip."""

import json
import sys

import numpy as np
import polars as pl
import pytest
from benchmarks import validate
from benchmarks.trust import page
from benchmarks.trust.agreement import Pair

from moodreel.demo import catalogue
from moodreel.errors import UserError

SMILE = catalogue.parse("builtin:hopper/smile/1")


@pytest.fixture(scope="module")
def found(tmp_path_factory, models_folder):
    """What validation writes of one actor's clip, and of the same clip with its truth dressed up as OpenFace's table,
    one unit of it upside down."""
    folder = tmp_path_factory.mktemp("trust")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "CLIPS", (SMILE,))
        (clip,) = validate.references.actors(folder / "cache/clips", [1])
        (folder / "real").mkdir()
        (folder / "real/smile.mp4").symlink_to(clip.video.resolve())
        units = {" AU12_r": pl.col("AU12"), " AU06_r": 5 - pl.col("AU06"), " AU45_r": pl.lit(0.5)}
        facts = {" success": pl.lit(1), " confidence": pl.lit(0.98)}
        clip.truth.select(pl.col("frame") + 1, **facts, **units).write_csv(folder / "real/smile.openface.csv")
        arguments = ["--backends", "facemesh", "--takes", "1", "--openface", str(folder / "real")]
        arguments += ["--cache", str(folder / "cache"), "--models", str(models_folder)]
        patch.setattr(sys, "argv", ["validate", *arguments, "--results", str(folder / "results")])
        validate.main()
    mesh = folder / "cache/facemesh/actors/hopper-smile-1/mesh.parquet"
    written = mesh.stat().st_mtime_ns
    validate.references.faces([clip], "facemesh", folder / "cache/facemesh", networks=models_folder, mirror=None)
    assert mesh.stat().st_mtime_ns == written, "extracted again"
    return folder / "results"


def test_what_is_acted_agrees_and_rows_of_openface_belong_to_the_frames(found):
    table = page.read(found / page.TRUST_TSV)
    rows = {(row["unit"], row["reference"]): row for row in table.rows(named=True)}
    smile, same = rows["AU12", "actors"], rows["AU12", "openface"]
    assert smile["correlation"] > 0.95 and smile["verdict"] == "careful"
    assert smile["range"] == pytest.approx(0.9, abs=0.02)
    assert (smile["people"], smile["clips"], smile["frames"]) == (1, 1, 125)
    assert same["correlation"] == smile["correlation"]
    assert same["range"] == pytest.approx(5 * smile["range"], abs=0.01)
    assert rows["AU06", "openface"]["verdict"] == "do not use"
    assert rows["AU04", "actors"]["verdict"] == rows["AU45", "openface"]["verdict"] == "not judged"


def test_the_one_figure_is_the_mean_over_cells_and_the_page_can_be_made_of_it(found):
    result = json.loads((found / page.TRUST_JSON).read_text())
    cells = {(cell["unit"], cell["reference"]): cell for cell in result["cells"]}
    both = [cells[unit, "openface"]["correlation"] for unit in ("AU06", "AU12")]
    assert result["summary"]["facemesh"]["mean_correlation"] == pytest.approx(np.mean(both), abs=1e-3)
    assert result["summary"]["facemesh"]["cells"] == 2
    assert result["made_by"]["command"].startswith("python -m benchmarks.validate --backends facemesh --takes 1")
    assert result["clips"][0]["best_shift_frames"]["facemesh"] in (-1, 0, 1)
    text = page.parts(found)["verdicts"]
    assert "| AU12 | lip corner puller | careful | careful" in text and "**One person**" in text


def test_only_units_that_are_asked_for_and_move_are_in_the_one_figure():
    def pair(unit: int, size: float, sign: float = 1.0) -> tuple[str, Pair]:
        wave = size * (1 + np.sin(np.arange(100) / 5))
        return "openface", Pair(unit, "a", "p", np.arange(100) / 25, sign * wave, wave)

    pairs = [pair(12, 2), pair(4, 2, -1), pair(17, 2, -1), pair(6, 0.1, -1), ("actors", pair(12, 2, -1)[1])]
    counts = {"mean_correlation": 0, "cells": 2}
    assert validate.summary(pairs, "blendshapes") == {
        **counts, "read": counts, "people": 1, "clips": 1, "within_clips": [0, 0], "over_people": None, "wanted": 0.6,
        "by_unit": {"AU12": {"mean": 1, "cells": 1, "unread": 0}, "AU04": {"mean": -1, "cells": 1, "unread": 0}},
    }  # fmt: skip
    nothing = validate.summary([], "facemesh")
    assert (nothing["mean_correlation"], nothing["cells"], nothing["within_clips"]) == (None, 0, None)


def test_what_is_not_read_counts_as_nothing_in_the_one_figure():
    wave = 2 * (1 + np.sin(np.arange(100) / 5))
    read = [wave * np.nan, wave, wave, wave, wave]
    pairs = [Pair(12, f"clip {n}", f"person {n}", np.arange(100) / 25, ours, wave) for n, ours in enumerate(read)]
    found = validate.summary([("openface", pair) for pair in pairs], "facemesh")
    assert (found["mean_correlation"], found["cells"], found["people"], found["clips"]) == (0.8, 5, 5, 5)
    assert found["read"] == {"mean_correlation": 1, "cells": 4}
    assert found["by_unit"] == {"AU12": {"mean": 0.8, "cells": 5, "unread": 1}}
    assert found["within_clips"] == [0.8, 0.8]
    low, high = found["over_people"]
    assert low == pytest.approx(0.8 - 2.776 * 0.2, abs=1e-3) and high == 1


def test_what_cannot_be_judged_again_keeps_its_verdict(monkeypatch, tmp_path):
    """Neither the package's table nor the page is written without real clips, or without one of the backends."""
    monkeypatch.setattr(validate, "REAL", tmp_path / "absent")
    one_backend = ["--openface", str(tmp_path), "--backends", "facemesh"]
    messages = (r"no real clips.*(.|\n)*--results FOLDER", "--backends leaves out blendshapes")
    for options, message in zip((["--takes"], one_backend), messages, strict=True):
        monkeypatch.setattr(sys, "argv", ["validate", *options])
        with pytest.raises(UserError, match=message):
            validate.main()


def test_a_unit_that_is_never_read_says_so():
    rows = {row["unit"]: row for row in validate.trust_rows("facemesh", "openface", [], ["AU14"])}
    assert (rows["AU14"]["verdict"], rows["AU12"]["verdict"]) == ("not read", "not judged")


def test_json_has_a_line_for_each_item():
    found = {"a": {"b": 1}, "cells": [{"c": 1}, {"c": None}], "none": [], "d": "x"}
    text = validate.as_json(found)
    assert (json.loads(text), len(text.splitlines())) == (found, 9)


def test_without_actors_there_is_no_cross_talk(tmp_path):
    """Nor figures of them; the page can still be made."""
    frames = np.arange(100, dtype=np.int32)
    wave = 2 + 2 * np.sin(frames / 9)
    video = tmp_path / "a.mp4"
    video.write_bytes(b"")
    clip = validate.Clip("a", "p", "openface", video, pl.DataFrame({"frame": frames, "AU12": wave}), 100)
    read = {f"AU{unit:02d}_r": wave / unit for unit in validate.ACTION_UNITS}
    face = pl.DataFrame({"frame": frames, "time_s": frames / 25, **read})
    about = {"made_by": {"command": "by hand"}, "left_out": {}}
    validate.write(tmp_path / "results", [clip], {"facemesh": {"a": face}}, about)
    parts = page.parts(tmp_path / "results")
    assert parts["crosstalk"] == ""
    assert "| AU12 | lip corner puller | careful | careful 1.00 |" in parts["verdicts"]
    assert "synthetic" not in parts["figures"]
