"""Sessions run where they were asked to, or say why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from moodreel.errors import UserError
from moodreel.models.session import open_session


@pytest.fixture
def model(models_folder: Path) -> Path:
    return models_folder / "iris_landmark.onnx"


def test_runs_on_the_cpu_and_says_so(model: Path) -> None:
    session = open_session(model)
    assert session.device == "cpu"
    assert session.providers[0] == "CPUExecutionProvider"
    assert session.image_shape == (64, 64, 3)
    answer = session.run(np.zeros((3, 64, 64, 3), dtype=np.float32))
    assert {name: values.shape for name, values in answer.items()} == {"eye": (3, 71, 3), "iris": (3, 5, 3)}


@pytest.mark.parametrize(
    "batch",
    [np.zeros((1, 3, 64, 64), dtype=np.float32), np.zeros((1, 64, 64, 3)), np.zeros((64, 64, 3), dtype=np.float32)],
    ids=["channels first", "float64", "no batch"],
)
def test_refuses_images_that_do_not_fit(model: Path, batch: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"takes float32 \(n, 64, 64, 3\)"):
        open_session(model).run(batch)


def test_takes_channels_first_and_any_size_where_the_network_does(tmp_path: Path) -> None:
    image, mean = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3, *size])
        for name, size in (("input", ["height", 4]), ("mean", [1, 1]))
    )
    graph = helper.make_graph([helper.make_node("GlobalAveragePool", ["input"], ["mean"])], "mean", [image], [mean])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "n.onnx")
    session = open_session(tmp_path / "n.onnx")
    for height in (2, 6):
        assert (session.run(np.ones((2, 3, height, 4), np.float32))["mean"] == 1).all()
    with pytest.raises(ValueError, match=r"takes float32 \(n, 3, height, 4\)"):
        session.run(np.ones((2, 3, 2, 5), np.float32))


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="this onnxruntime knows CUDA"
)
def test_refuses_cuda_with_an_onnxruntime_for_the_cpu(model: Path) -> None:
    with pytest.raises(UserError, match=r"runs on the CPU only; .*make env ACCEL=cuda.*device: cpu"):
        open_session(model, device="cuda")


def test_refuses_to_fall_back_to_the_cpu(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """onnxruntime itself only warns when CUDA is announced and cannot be loaded."""
    known = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: known)
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None, raising=False)
    # As onnxruntime does on a machine without a GPU, whichever package is installed here.
    real = onnxruntime.InferenceSession
    monkeypatch.setattr(
        onnxruntime,
        "InferenceSession",
        lambda path, sess_options, providers: real(path, sess_options, providers=["CPUExecutionProvider"]),
    )
    with pytest.raises(UserError, match=r"chose CPUExecutionProvider.*nvidia-smi"):
        open_session(model, device="cuda")


def test_names_the_allowed_devices(model: Path) -> None:
    with pytest.raises(UserError, match="'gpu' is not known; allowed are: cpu, cuda"):
        open_session(model, device="gpu")


def test_says_how_to_make_a_missing_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"does not exist; make it with `snakemake .*absent\.onnx`"):
        open_session(tmp_path / "absent.onnx")
