"""Which networks emotion scores take, by their names in the catalogue. The rules read it: it imports nothing heavy."""

from collections.abc import Mapping

SCORER: Mapping[str, str] = {"fer": "fer_mini_xception", "hsemotion": "hsemotion_enet_b0_8_best_vgaf"}
"""What scores a face, by `emotions.backend`."""

CROPS: Mapping[str, str] = {"fer": "fer", "hsemotion": "aligned-224-95"}
"""As what kind of face crops the followed face is scored (detector `mesh`), by `emotions.backend`."""

FINDERS: Mapping[str, tuple[str, ...]] = {
    "mesh": (),
    "haar": ("haarcascade_frontalface_default",),
    "mtcnn": ("mtcnn_pnet", "mtcnn_rnet", "mtcnn_onet"),
    "facenet": ("mtcnn_pnet", "mtcnn_rnet", "mtcnn_onet"),
}
"""What finds it, by name in `emotions.detectors`."""


def required_networks(backend: str, detector: str) -> tuple[str, ...]:
    """All that scoring with this backend and detector takes."""
    return (*FINDERS[detector], SCORER[backend])
