"""Record what the original TensorFlow Lite models answer, into reference.json next to this file.

Not part of the tests: it runs where the originals run, in two throw-away environments with scikit-image each,

    pip install ai-edge-litert scikit-image      # every model but face_landmark_with_attention
    pip install mediapipe==0.10.21 scikit-image  # face_landmark_with_attention, through MediaPipe's own graph

as `python tests/unit/networks/record_reference.py ARCHIVE...`, with the mediapipe 0.10.21 wheel and face_landmarker.task.
Each environment fills in its own models and leaves the others as they are.
"""

import importlib.util
import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2] / "workflow")]

from moodreel.networks import catalogue  # noqa: E402
from moodreel.networks.signature import Head  # noqa: E402
from unit.networks.crops import given, pixels  # noqa: E402

VALUES = 32
FACE_GRAPH = """
input_stream: "image" input_stream: "roi" input_side_packet: "with_attention" output_stream: "landmarks"
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:image" input_stream: "ROI:roi" input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}
"""


def summary(output: np.ndarray) -> dict:
    """What is kept of an output: shape, norm, largest value, and VALUES values at even distances."""
    flat = output.astype(np.float64).ravel()
    index = np.unique(np.linspace(0, flat.size - 1, VALUES).round().astype(int))
    return {
        "shape": list(output.shape),
        "norm": float(f"{np.linalg.norm(flat):.9g}"),
        "largest": float(f"{np.abs(flat).max():.9g}"),
        "index": index.tolist(),
        "values": [float(f"{value:.9g}") for value in flat[index]],
    }


def by_litert(model: catalogue.Model, data: bytes) -> dict[str, np.ndarray]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data, num_threads=1)
    interpreter.allocate_tensors()
    (detail,) = interpreter.get_input_details()
    answers: dict[str, list[np.ndarray]] = {head.name: [] for head in model.heads}
    tensors = {detail["name"]: detail["index"] for detail in interpreter.get_output_details()}
    for one in given(model):
        interpreter.set_tensor(detail["index"], one[None])
        interpreter.invoke()
        for head in model.heads:
            answer = interpreter.get_tensor(tensors[head.tensor]).astype(np.float64).reshape(head.shape)
            answers[head.name].append(1 / (1 + np.exp(-answer)) if head.logit else answer)
    return {name: np.stack(answer) for name, answer in answers.items()}


def by_mediapipe(model: catalogue.Model) -> dict[str, np.ndarray]:
    """MediaPipe's own refined landmarks, whole picture as region, in input pixels."""
    import mediapipe
    from mediapipe.framework.formats.rect_pb2 import NormalizedRect
    from mediapipe.python._framework_bindings import resource_util

    resource_util.set_resource_dir(str(Path(mediapipe.__file__).parents[1]))
    meshes: dict[int, np.ndarray] = {}

    def keep(_: str, packet: mediapipe.Packet) -> None:
        landmarks = mediapipe.packet_getter.get_proto(packet).landmark
        meshes[packet.timestamp.value] = np.array([(point.x, point.y, point.z) for point in landmarks])

    graph = mediapipe.CalculatorGraph(graph_config=FACE_GRAPH)
    graph.observe_output_stream("landmarks", keep)
    graph.start_run({"with_attention": mediapipe.packet_creator.create_bool(True)})
    region = NormalizedRect(x_center=0.5, y_center=0.5, width=1, height=1, rotation=0)
    for i, picture in enumerate(pixels(model.name, model.input.px)):
        frame = mediapipe.packet_creator.create_image_frame(
            image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture)
        )
        graph.add_packet_to_input_stream("image", frame.at(i))
        graph.add_packet_to_input_stream("roi", mediapipe.packet_creator.create_proto(region).at(i))
    graph.close_all_packet_sources()
    graph.wait_until_done()
    return {"mesh": np.stack([meshes[i] for i in sorted(meshes)]) * model.input.px}


def main() -> None:
    archives = {os.path.basename(path): zipfile.ZipFile(path) for path in sys.argv[1:]}
    path = HERE / "reference.json"
    reference = json.loads(path.read_text()) if path.exists() else {}
    litert = importlib.util.find_spec("ai_edge_litert") is not None
    for model in catalogue.MODELS.values():
        if isinstance(model, catalogue.PublishedNetwork):  # used as published, so there is nothing to compare
            continue
        standard = all(isinstance(head, Head) for head in model.heads)
        if standard and litert:
            answers = by_litert(model, archives[model.source.filename].read(model.member))
        elif not standard and not litert:
            answers = by_mediapipe(model)
        else:
            continue
        reference[model.name] = {name: summary(answer) for name, answer in answers.items()}
    # One line per output: short enough to read a difference by.
    lines = (
        f'"{name}": {{\n'
        + ",\n".join(f' "{output}": {json.dumps(kept)}' for output, kept in sorted(outputs.items()))
        + "\n}"
        for name, outputs in sorted(reference.items())
    )
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
