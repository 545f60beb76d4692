"""Models that were damaged, or made to do harm, are refused before they predict anything."""

import dataclasses
import io
import json
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuzzing import EXAMPLES
from moodreel.classify import estimators
from moodreel.classify.saved import Model, load, save
from moodreel.classify.series import bin_features
from moodreel.classify.training import train
from moodreel.errors import UserError
from moodreel.settings.classify import ClassifySettings

DAMAGE = Path(__file__).with_name("damage_models.py")

VARIANTS: dict[str, dict[str, Any]] = {
    "svm": {},
    "svm gak": {"svm": {"kernel": "gak"}},
    "svm linear_sgd": {"svm": {"kernel": "linear_sgd"}, "components": 5},
    "knn": {},
    "knn dtw": {"knn": {"metric": "dtw"}},
    "mlp": {"mlp": {"iterations": 5, "hidden": [8, 4]}},
    "minirocket": {"minirocket": {"kernels": 168}, "components": 5},
    "trees": {"trees": {"iterations": 2}, "components": 5},
    "stratified": {},
    "majority": {},
}


@pytest.fixture(scope="module")
def sound(study, tmp_path_factory) -> Path:
    """A folder with a model of each variant."""
    folder = tmp_path_factory.mktemp("models")
    given = study(takes=2, seconds=5)
    features = bin_features(given.matrix, given.windows, given.features, 5.0)
    scaler = features.scaler(given.features, np.ones(len(given.windows), bool))
    series, labels = features.series(scaler), given.windows["label"].to_numpy()
    for variant, settings in VARIANTS.items():
        name = variant.split()[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # five passes do not converge
            two = train(name, series, np.where(labels == "e0", "1", "2"), ClassifySettings(**settings))
            three = train(name, series, labels, ClassifySettings(**settings))
        model = Model(given.matrix.columns, 25.0, 5.0, 50, scaler, two, three, stamp={"code": "test"})
        save(folder / f"{variant}.skops", model)
    return folder


def test_every_classifier_is_among_the_variants():
    assert {variant.split()[0] for variant in VARIANTS} == set(estimators.CLASSIFIERS)


def test_models_damaged_at_random_predict_or_are_refused(sound):
    """In a process of its own, since the fault would be a crash or an endless loop."""
    trials = round(EXAMPLES / 200) or 15
    command = [sys.executable, DAMAGE, sound, str(trials)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300 + 20 * trials, check=False)
    lines = found.stdout.splitlines()
    assert found.returncode == 0, f"after {lines[-1:]}: {found.stderr[-2000:]}"
    done, refused = lines[-1].split()
    assert done == "done" and int(refused) > trials * len(VARIANTS) / 2


def last(pipeline: Any) -> Any:
    return pipeline[-1]


def first_tree(pipeline: Any) -> np.ndarray:
    return pipeline[-1]._predictors[0][0].nodes


def rocket(pipeline: Any) -> tuple[np.ndarray, ...]:
    return pipeline["kernels"].rocket_.parameters


def put(array: np.ndarray, place: Any, value: Any) -> None:
    array[place] = value


def vast(scaler_or_estimator: Any, name: str) -> None:
    setattr(scaler_or_estimator, name, 2**40)


FORGED: list[tuple[str, Callable[[Any], Any], str]] = [
    ("trees", lambda e: put(first_tree(e)["left"], 0, 0), "points outside its tree, or back"),
    ("trees", lambda e: put(first_tree(e)["right"], 0, 2**31), "points outside its tree, or back"),
    ("trees", lambda e: put(first_tree(e)["feature_idx"], 0, 10**6), "a feature that there is not"),
    ("trees", lambda e: put(first_tree(e)["feature_idx"], 0, -1), "a feature that there is not"),
    ("trees", lambda e: put(first_tree(e)["num_threshold"], 0, np.nan), "threshold"),
    ("trees", lambda e: put(first_tree(e)["is_categorical"], 0, 1), "of no kind"),
    ("trees", lambda e: vast(last(e), "n_trees_per_iteration_"), "number of trees"),
    ("trees", lambda e: vast(last(e), "_n_features"), "other inputs"),
    ("trees", lambda e: last(e)._predictors[0].clear(), "number of trees"),
    ("trees", lambda e: vast(e["principal"].pca_, "n_components_"), "n_components_"),
    ("svm", lambda e: put(e.svm_estimator_._n_support, 0, 10**6), "other support vectors"),
    ("svm", lambda e: setattr(e.svm_estimator_, "_dual_coef_", np.zeros((1, 2))), "_dual_coef_"),
    ("svm", lambda e: setattr(e.svm_estimator_, "_intercept_", np.zeros(0)), "_intercept_"),
    ("svm", lambda e: setattr(e.svm_estimator_, "support_vectors_", np.zeros((1, 1))), "support_vectors_"),
    ("svm", lambda e: setattr(e.svm_estimator_, "_probA", np.zeros(1)), "_probA"),
    ("svm gak", lambda e: put(e.svm_estimator_.support_, 0, 10**6), "no training window"),
    ("svm gak", lambda e: setattr(e, "_X_fit", e._X_fit[:, :, :1].copy()), "_X_fit"),
    ("knn dtw", lambda e: setattr(e, "_ts_fit", e._ts_fit[:, :, :1].copy()), "_ts_fit"),
    ("knn dtw", lambda e: put(e._y, 0, 99), "unknown class"),
    ("knn dtw", lambda e: setattr(e, "n_jobs", 10**6), "not what trains knn"),
    ("knn", lambda e: put(last(e).codes_, 0, -1), "unknown class"),
    ("knn", lambda e: vast(last(e), "n_neighbors"), "n_neighbors"),
    ("knn", lambda e: put(last(e).rows_, 0, np.inf), "not finite"),
    ("mlp", lambda e: setattr(e, "_kind", "S1000000000"), "_kind"),
    ("mlp", lambda e: e.coefs_.pop(), "weights of a layer"),
    ("mlp", lambda e: put(e.coefs_[0], 0, np.nan), "not finite"),
    ("minirocket", lambda e: put(rocket(e)[1], 0, 10**6), "a column that there is not"),
    ("minirocket", lambda e: put(rocket(e)[2], 0, 10**6), "longer than a series"),
    ("minirocket", lambda e: put(rocket(e)[3], 0, 10**6), "biases"),
    ("minirocket", lambda e: put(rocket(e)[0], 0, 10**6), "no columns"),
    ("minirocket", lambda e: setattr(e["kernels"].rocket_, "n_jobs", 10**6), "set otherwise"),
    ("svm linear_sgd", lambda e: setattr(last(e), "coef_", last(e).coef_[:, :1].copy()), "coef_"),
    ("svm linear_sgd", lambda e: setattr(e, "memory", "/tmp/somewhere"), "not what trains svm"),
    ("majority", lambda e: vast(e, "n_outputs_"), "more outputs"),
    ("stratified", lambda e: put(e.classes_, 0, 99), "not those of the labels"),
    ("svm", lambda e: e.__class__ is None or e.__dict__.update(predict="text"), "damaged or forged"),
]


@pytest.mark.parametrize(("variant", "forge", "message"), FORGED)
@pytest.mark.parametrize("kind", ["clusters", "truth"])
def test_arrays_that_mislead_compiled_code_are_refused(sound, tmp_path, variant, forge, message, kind):
    model = load(sound / f"{variant}.skops")
    forge(getattr(model, kind).estimator)
    save(tmp_path / "forged.skops", model)
    with pytest.raises(UserError, match=message) as caught:
        load(tmp_path / "forged.skops")
    assert "rain it again" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": 2**40}, "rows"),
        ({"rows": 51}, "whole number of bins"),
        ({"rate_hz": 0.0}, "rate_hz"),
        ({"columns": ("AU01_r",)}, "_keep"),
        ({"columns": ("strange",)}, "no feature"),
        ({"clusters": "text"}, "unknown"),
        ({"scaler": None}, "no scaler"),
        ({"stamp": {"libraries": 1}}, "stamp"),
        ({"stamp": None}, "stamp"),
    ],
)
def test_a_model_whose_own_numbers_do_not_fit_is_refused(sound, tmp_path, changes, message):
    save(tmp_path / "forged.skops", dataclasses.replace(load(sound / "majority.skops"), **changes))
    with pytest.raises(UserError, match=message):
        load(tmp_path / "forged.skops")


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("scale_", lambda old: old * 0, "scale_"),
        ("mean_", lambda old: old[:1], "mean_"),
        ("_overall", lambda old: old + np.inf, "median"),
        ("_medians", lambda old: {"x" * 5000: old["p0"][:1]}, "median"),
    ],
)
def test_a_scaler_that_does_not_fit_is_refused(sound, tmp_path, attribute, value, message):
    model = load(sound / "majority.skops")
    setattr(model.scaler, attribute, value(getattr(model.scaler, attribute)))
    save(tmp_path / "forged.skops", model)
    with pytest.raises(UserError, match=message):
        load(tmp_path / "forged.skops")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (np.array(["a", "a"]), "not sorted"),
        (np.array(["a", "b" * 2000]), "characters"),
        (np.array([1, 2]), "classes"),
        (np.array([f"{i:05}" for i in range(20_000)]), "20000 classes"),
    ],
)
def test_labels_that_are_none_are_refused(sound, tmp_path, classes, message):
    model = load(sound / "majority.skops")
    save(tmp_path / "forged.skops", dataclasses.replace(model, truth=dataclasses.replace(model.truth, classes=classes)))
    with pytest.raises(UserError, match=message):
        load(tmp_path / "forged.skops")


def rewrite(path: Path, out: Path, change: Callable[[dict[str, bytes]], Any], compression: int) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def array_of(shape: tuple[int, ...], content: bytes, kind: str = "<f4") -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": kind, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + content


def use_type(kind: str, module: str, loader: str = "ObjectNode") -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        schema = json.loads(files["schema.json"])
        schema["content"]["content"]["stamp"] = {
            "__class__": kind, "__module__": module, "__loader__": loader, "__id__": 10**9, "content": {}
        }  # fmt: skip
        files["schema.json"] = json.dumps(schema).encode()

    return change


def use_array_twice(files: dict[str, bytes]) -> None:
    schema = json.loads(files["schema.json"])
    files["schema.json"] = json.dumps(schema).replace('"file": "2.npy"', '"file": "1.npy"').encode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda files: files.update({"1.npy": array_of((10**12,), b"")}), "as long as it says"),
        (lambda files: files.update({"1.npy": array_of((-1, -1), b"1234")}), "negative"),
        (lambda files: files.update({"1.npy": array_of((1,), b"12345678", "|O")}), "objects"),
        (lambda files: files.update({"1.npy": b"PK\x03\x04"}), "broken"),
        (lambda files: files.update({"more.pkl": b"text"}), "no array"),
        (lambda files: files.pop("schema.json"), "schema.json is missing"),
        (lambda files: files.pop("1.npy"), "is missing"),
        (lambda files: files.update({"schema.json": b"[" * 200_000}), "broken"),
        (lambda files: files.update({"schema.json": b"text"}), "broken"),
        (use_array_twice, "used twice"),
        (use_type("TfidfVectorizer", "sklearn.feature_extraction.text"), "TfidfVectorizer"),
        (use_type("partial", "functools", "PartialNode"), "partial"),
        (use_type("add", "numpy", "FunctionNode"), r"numpy\.add"),
    ],
)
def test_archives_with_more_than_arrays_of_numbers_are_refused(sound, tmp_path, change, message):
    rewrite(sound / "majority.skops", tmp_path / "forged.skops", change, zipfile.ZIP_STORED)
    with pytest.raises(UserError, match=message):
        load(tmp_path / "forged.skops")


def test_an_archive_that_unpacks_to_more_is_not_unpacked(sound, tmp_path):
    vast_array = array_of((100_000_000,), bytes(100_000_000), "|i1")
    change = lambda files: files.update({"1.npy": vast_array})  # noqa: E731
    rewrite(sound / "majority.skops", tmp_path / "forged.skops", change, zipfile.ZIP_DEFLATED)
    with pytest.raises(UserError, match="compressed"):
        load(tmp_path / "forged.skops")


def test_members_that_share_their_bytes_are_refused(sound, tmp_path):
    """The directory of an archive may name one place many times."""
    with zipfile.ZipFile(tmp_path / "forged.skops", "w") as archive:
        archive.writestr("1.npy", array_of((1_000_000,), bytes(1_000_000), "|i1"))
        one = archive.infolist()[0]
        for number in range(2, 50):
            again = zipfile.ZipInfo(f"{number}.npy")
            again.header_offset, again.file_size, again.compress_size = 0, one.file_size, one.compress_size
            again.CRC = one.CRC
            archive.filelist.append(again)
        archive.writestr("schema.json", "{}")
    with pytest.raises(UserError, match="more than the file"):
        load(tmp_path / "forged.skops")
