"""Runs a network on the CPU or on CUDA, and only on the requested device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

import numpy as np

from moodreel.errors import UserError
from moodreel.networks import gpus
from moodreel.settings.extraction import ExtractionSettings

if TYPE_CHECKING:
    import onnxruntime

Device = Literal["cpu", "cuda"]

# TensorFloat-32 keeps 10 bits of each factor: too few for landmarks that should equal those of the CPU.
_PROVIDERS = {"cpu": ("CPUExecutionProvider", {}), "cuda": ("CUDAExecutionProvider", {"use_tf32": "0"})}


@dataclass(frozen=True, slots=True)
class _Bound:
    """Buffers for batches of one size: images on the device, their copy in memory, and onnxruntime's binding of inputs
    and outputs."""

    image: onnxruntime.OrtValue
    filled: np.ndarray
    binding: onnxruntime.IOBinding


class Session:
    """A loaded network. Made by `open_session`.

    device: the device it runs on, "cpu" or "cuda".
    outputs: names of the outputs, in order.
    image_shape: shape of its input images: height, width and channels, or channels first where the network was not
        converted here; a name stands for any size. Points count as an image of points and coordinates.
    most: largest batch of one run; None: any.
    """

    def __init__(self, session: onnxruntime.InferenceSession, device: Device, batch: int) -> None:
        self._session = session
        self._batch = batch
        self._bound: dict[tuple[int, ...], _Bound] = {}
        self._using_bound = Lock()
        self.device = device
        self.outputs = [output.name for output in session.get_outputs()]
        (image,) = session.get_inputs()
        self._input = image.name
        self.most = image.shape[0] if isinstance(image.shape[0], int) else None
        self.image_shape = tuple(image.shape[1:])

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """Run the network on images.

        batch: float32 [shape=(n, *image_shape)], in the value range that the catalogue gives for the network.
        Returns each output by name with n first, float32 where the network was converted here. Raises ValueError where
        shape or type do not fit.
        """
        fits = len(batch.shape) == 1 + len(self.image_shape) and all(
            size == wanted or not isinstance(wanted, int)
            for size, wanted in zip(batch.shape[1:], self.image_shape, strict=True)
        )
        if batch.dtype != np.float32 or not fits:
            raise ValueError(
                f"images are {batch.dtype} {batch.shape}; this network takes float32 (n, "
                f"{', '.join(str(size) for size in self.image_shape)})"
            )
        if self._batch == 1 and self.device == "cpu":
            outputs = self._session.run(self.outputs, {self._input: batch})
        else:
            outputs = self._run_bound(batch)
        return dict(zip(self.outputs, outputs, strict=True))

    def _run_bound(self, batch: np.ndarray) -> list[np.ndarray]:
        """The outputs for `batch`, run at the session's fixed batch size and padded up to it: a GPU plans again for
        each other size."""
        count = len(batch)
        size = count if count == 1 else max(self._batch, count)
        shape = (size, *batch.shape[1:])
        with self._using_bound:
            if shape not in self._bound:
                self._bound[shape] = self._bind(shape)
            bound = self._bound[shape]
            if count < size:
                bound.filled[:count] = batch
                batch = bound.filled
            bound.image.update_inplace(np.ascontiguousarray(batch))
            self._session.run_with_iobinding(bound.binding)
            return [output[:count] for output in bound.binding.copy_outputs_to_cpu()]

    def _bind(self, shape: tuple[int, ...]) -> _Bound:
        import onnxruntime as ort

        filled = np.zeros(shape, np.float32)
        image = ort.OrtValue.ortvalue_from_numpy(filled, self.device, 0)
        binding = self._session.io_binding()
        binding.bind_ortvalue_input(self._input, image)
        for name in self.outputs:
            binding.bind_output(name, self.device)
        return _Bound(image, filled, binding)


def open_networks(folder: Path, names: Iterable[str], settings: ExtractionSettings) -> list[Session]:
    """The networks `names` from `folder`, each loaded once for all slots. Raises as `open_session`."""
    return [
        open_session(folder / f"{name}.onnx", device=settings.device, threads=settings.threads, batch=settings.batch)
        for name in names
    ]


def open_session(path: str | Path, *, device: Device = "cpu", threads: int = 1, batch: int = 1) -> Session:
    """Load the ONNX file at `path` on `device`.

    threads: cores that one run may use on the CPU. Batching gains nothing there; several processes with one thread
        each do.
    batch: usual number of images of a run; smaller batches, except of one image, are padded to it.

    Raises UserError where the file is missing, `device` is unknown, or CUDA is requested but cannot be used:
    nothing falls back to the CPU silently.
    """
    if device not in _PROVIDERS:
        raise UserError(f"device '{device}' is not known; allowed are: {', '.join(_PROVIDERS)}")
    if not Path(path).is_file():
        raise UserError(f"the network {path} does not exist; make it with `snakemake {path}`")
    import onnxruntime as ort

    provider, _ = _PROVIDERS[device]
    if device == "cuda":
        if provider not in ort.get_available_providers():
            raise UserError(
                f"device: cuda is requested, but the installed onnxruntime {ort.__version__} runs on the CPU only; "
                "make the environment with `make env ACCEL=cuda`, or set device: cpu"
            )
        gpus.take()
        # CUDA and cuDNN from pip are found only if they are loaded first.
        ort.preload_dlls()
    try:
        session = ort.InferenceSession(str(path), sess_options=_options(threads), providers=[_PROVIDERS[device]])
    except Exception as error:  # onnxruntime has no public class for a device that fails
        if device == "cpu":
            raise
        raise _no_cuda(str(error)) from error
    if session.get_providers()[0] != provider:
        raise _no_cuda(f"onnxruntime chose {session.get_providers()[0]}")
    return Session(session, device, batch)


def _options(threads: int) -> onnxruntime.SessionOptions:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Idle threads that spin take cores from other jobs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _no_cuda(reason: str) -> UserError:
    return UserError(
        f"device: cuda is requested, but CUDA cannot be used ({reason.splitlines()[0]}); check with `nvidia-smi` that "
        "this machine has a GPU with a driver for CUDA 13, and that the environment was made with "
        "`make env ACCEL=cuda`; or set device: cpu"
    )
