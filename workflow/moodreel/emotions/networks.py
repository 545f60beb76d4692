"""The networks of emotion scores, by their names in the catalogue. The rules import it, so it imports nothing heavy."""

from collections.abc import Mapping

SCORER: Mapping[str, str] = {"fer": "fer_mini_xception", "hsemotion": "hsemotion_enet_b0_8_best_vgaf"}
"""The network that scores a face, by `emotions.backend`."""

CROPS: Mapping[str, str] = {"fer": "fer", "hsemotion": "aligned-224-95"}
"""The kind of face crops for scoring the tracked face (detector `mesh`), by `emotions.backend`."""

FINDERS: Mapping[str, tuple[str, ...]] = {
    "mesh": (),
    "haar": ("haarcascade_frontalface_default",),
    "mtcnn": ("mtcnn_pnet", "mtcnn_rnet", "mtcnn_onet"),
    "facenet": ("mtcnn_pnet", "mtcnn_rnet", "mtcnn_onet"),
}
"""The networks that find the face, by name in `emotions.detectors`."""


def required_networks(backend: str, detector: str) -> tuple[str, ...]:
    """All networks for scoring with this backend and detector."""
    return (*FINDERS[detector], SCORER[backend])
