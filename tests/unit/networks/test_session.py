"""Sessions run where they were asked to, or say why not."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from moodreel.errors import UserError
from moodreel.networks.convert.build import Nodes
from moodreel.networks.session import open_session


@pytest.fixture
def model(models_folder: Path) -> Path:
    return models_folder / "iris_landmark.onnx"


def test_runs_on_the_cpu_and_says_so(model: Path) -> None:
    session = open_session(model)
    assert (session.device, session._session.get_providers()[0]) == ("cpu", "CPUExecutionProvider")
    assert (session.image_shape, session.most) == ((64, 64, 3), None)
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


def mean_network(folder: Path, count: int | str = "n") -> Path:
    """A network that means over pictures of any height, channels first."""
    build = Nodes()
    build.rename(build.node("GlobalAveragePool", "input"), "mean")
    path = folder / "mean.onnx"
    path.write_bytes(build.file("mean", {"input": [count, 3, "height", 4]}, {"mean": [count, 3, 1, 1]}))
    return path


@pytest.mark.parametrize("size", [1, 2])
def test_takes_channels_first_and_any_size_where_the_network_does(tmp_path: Path, size: int) -> None:
    """Also in a fixed batch. Where it takes one image only, the session tells so."""
    session = open_session(mean_network(tmp_path), batch=size)
    for height in (2, 6, 2):
        batch = np.arange(2 * 3 * height * 4, dtype=np.float32).reshape(2, 3, height, 4)
        assert np.allclose(session.run(batch)["mean"][..., 0, 0], batch.mean((2, 3)))
    with pytest.raises(ValueError, match=r"takes float32 \(n, 3, height, 4\)"):
        session.run(np.ones((2, 3, 2, 5), np.float32))
    assert open_session(mean_network(tmp_path, count=1)).most == 1


@pytest.fixture
def eyes() -> np.ndarray:
    return np.random.default_rng(0).random((11, 64, 64, 3), np.float32)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 11])
def test_a_fixed_batch_changes_no_answer(model: Path, eyes: np.ndarray, size: int) -> None:
    alone, together = open_session(model), open_session(model, batch=4)
    for start in range(0, len(eyes) - size + 1, size):
        answered = together.run(eyes[start : start + size])
        for i in range(size):
            own = {name: values[i : i + 1] for name, values in answered.items()}
            np.testing.assert_equal(own, alone.run(eyes[start + i : start + i + 1]))


def test_runs_are_filled_up_to_the_fixed_batch_but_for_those_of_one(model, eyes, monkeypatch) -> None:
    ran = []
    bind = onnxruntime.OrtValue.update_inplace

    def noted(value: onnxruntime.OrtValue, images: np.ndarray) -> None:
        ran.append(value.shape()[0])
        bind(value, images)

    monkeypatch.setattr(onnxruntime.OrtValue, "update_inplace", noted)
    session = open_session(model, batch=4)
    for size in (3, 1, 4, 2, 1, 6):
        assert all(len(values) == size for values in session.run(eyes[:size]).values())
    assert ran == [4, 1, 4, 4, 1, 6]


def test_answers_stay_when_the_next_are_given(model: Path, eyes: np.ndarray) -> None:
    """The buffers of a fixed batch are used again."""
    session = open_session(model, batch=2)
    first = session.run(eyes[:2])
    kept = {name: values.copy() for name, values in first.items()}
    session.run(eyes[2:4])
    np.testing.assert_equal(first, kept)


def test_several_threads_may_ask_in_a_fixed_batch(model: Path, eyes: np.ndarray) -> None:
    """Who reads a segment again asks while the slots go on; both use the same buffers."""
    session = open_session(model, batch=4)
    starts = [start for _ in range(10) for start in range(len(eyes) - 3)]
    expected = {start: session.run(eyes[start : start + 3]) for start in set(starts)}
    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(lambda start: session.run(eyes[start : start + 3]), starts))
    np.testing.assert_equal(answered, [expected[start] for start in starts])


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
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
    # As onnxruntime does on a machine without a GPU, whichever package is installed here.
    real = onnxruntime.InferenceSession
    monkeypatch.setattr(
        onnxruntime, "InferenceSession", lambda path, providers, **given: real(path, providers=known[1:], **given)
    )
    with pytest.raises(UserError, match=r"chose CPUExecutionProvider.*nvidia-smi"):
        open_session(model, device="cuda")


def test_names_the_allowed_devices_and_how_to_make_a_missing_model(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'gpu' is not known; allowed are: cpu, cuda"):
        open_session(model, device="gpu")
    with pytest.raises(UserError, match=r"does not exist; make it with `snakemake .*absent\.onnx`"):
        open_session(tmp_path / "absent.onnx")
