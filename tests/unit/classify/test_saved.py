import dataclasses
import json
import os
import zipfile
from collections import Counter

import numpy as np
import polars as pl
import pytest
import skops.io

from moodreel.classify import description
from moodreel.classify.saved import Model, load, save
from moodreel.classify.series import bin_features
from moodreel.classify.training import train
from moodreel.errors import UserError
from moodreel.settings.classify import ClassifySettings


@pytest.fixture
def model_of(study):
    """Makes a model of a classifier with its settings, trained on a small study, and gives both."""

    def make(name: str, **settings: object) -> tuple[Model, object]:
        given = study()
        features = bin_features(given.matrix, given.windows, given.features, 5.0)
        scaler = features.scaler(given.features, np.ones(len(given.windows), bool))
        both = given.clusters.astype(str), given.windows["label"].to_numpy()
        learnt = [train(name, features.series(scaler), labels, ClassifySettings(**settings)) for labels in both]
        return Model(given.matrix.columns, 25.0, 5.0, 50, scaler, *learnt, stamp={"code": "test"}), given

    return make


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("svm", {}),
        ("svm", {"svm": {"kernel": "linear"}}),
        ("svm", {"svm": {"kernel": "gak"}}),
        ("knn", {}),
        ("mlp", {}),
        ("mlp", {"mlp": {"hidden": [16, 8]}}),
        ("trees", {}),
        ("majority", {}),
    ],
)
def test_a_saved_model_says_the_same(model_of, tmp_path, name, settings):
    model, given = model_of(name, **settings)
    save(tmp_path / "model.skops", model)
    again = load(tmp_path / "model.skops")
    assert again.stamp == {"code": "test"}
    windows = given.windows[::3]
    for kind in ("clusters", "truth"):
        predicted = model.predict(given.matrix, windows, kind)
        assert again.predict(given.matrix, windows, kind).tolist() == predicted.tolist()
        if name != "majority":
            assert len(set(predicted)) == 3


def test_no_pickle_inside(model_of, tmp_path):
    save(tmp_path / "model.skops", model_of("svm")[0])
    content = (tmp_path / "model.skops").read_bytes()
    assert content[:2] == b"PK" and b".pkl" not in content and b"_MDSM" not in content


def test_foreign_types_are_refused_and_named(tmp_path):
    skops.io.dump({"harmless?": Counter("abc"), "path": tmp_path}, tmp_path / "model.skops")
    with pytest.raises(UserError, match="PosixPath"):
        load(tmp_path / "model.skops")


def test_files_that_are_no_models_are_refused(tmp_path):
    (tmp_path / "text.skops").write_text("not a model")
    skops.io.dump([1, 2, 3], tmp_path / "list.skops")
    for name, message in (("absent", "no such file"), ("text", "not a model"), ("list", "not a model")):
        with pytest.raises(UserError, match=message):
            load(tmp_path / f"{name}.skops")


def test_what_is_no_file_is_not_opened_and_control_characters_are_not_shown(tmp_path):
    os.mkfifo(tmp_path / "pipe.skops")
    (tmp_path / "folder.skops").mkdir()
    for name, kind in (("pipe", "a named pipe"), ("folder", "a folder")):
        with pytest.raises(UserError, match=f"{kind}, not a file"):
            load(tmp_path / f"{name}.skops")
    with pytest.raises(UserError, match=r"model.json is missing"):
        description.read(tmp_path)
    (tmp_path / "model.json").touch()
    with pytest.raises(UserError, match=r"pipe.skops: a named pipe, not a file"):
        description.read(tmp_path)
    schema = {"__loader__": "ObjectNode", "__module__": "\x1b[2J", "__class__": "x" * 1_000_000}
    with zipfile.ZipFile(tmp_path / "forged.skops", "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    with pytest.raises(UserError, match="types that no model of ours has") as caught:
        load(tmp_path / "forged.skops")
    assert "\x1b" not in str(caught.value) and len(str(caught.value)) < 1000


def test_models_of_another_format_or_library_are_refused(model_of, tmp_path):
    model, _ = model_of("majority")
    save(tmp_path / "older.skops", dataclasses.replace(model, format=1))
    with pytest.raises(UserError, match=r"format 1, this moodreel reads format \d.*Train again"):
        load(tmp_path / "older.skops")
    libraries = {"libraries": {"tslearn": "0.1.2", "numpy": "1.0.0"}}
    save(tmp_path / "library.skops", dataclasses.replace(model, stamp=libraries))
    with pytest.raises(UserError, match=r"tslearn 0\.1\.2.*is installed"):
        load(tmp_path / "library.skops")


def test_features_of_another_kind_are_refused(model_of):
    model, given = model_of("knn")
    fewer = dataclasses.replace(given.matrix, values=given.matrix.values[:, 1:], columns=given.matrix.columns[1:])
    with pytest.raises(UserError, match=r"AU01_r.*features\.groups"):
        model.predict(fewer, given.windows)
    with pytest.raises(UserError, match=r"windows\.rate_hz"):
        model.predict(dataclasses.replace(given.matrix, rate_hz=30.0), given.windows)
    with pytest.raises(UserError, match=r"windows\.length_s"):
        model.predict(given.matrix, given.windows.with_columns(rows=pl.lit(25, pl.Int32)))


def test_more_columns_than_the_training_had_are_ignored(model_of):
    model, given = model_of("knn")
    values = np.pad(given.matrix.values, [(0, 0), (0, 1)], constant_values=9)
    more = dataclasses.replace(given.matrix, values=values, columns=(*given.matrix.columns, "gaze_x_deg"))
    assert model.predict(more, given.windows).tolist() == model.predict(given.matrix, given.windows).tolist()


def test_what_was_not_learnt_is_not_invented(model_of):
    model, given = model_of("knn")
    with pytest.raises(UserError, match="truth"):
        dataclasses.replace(model, truth=None).predict(given.matrix, given.windows, "truth")
