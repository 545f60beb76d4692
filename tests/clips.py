"""Small video files for tests."""

from pathlib import Path

import av
import numpy as np


def write_clip(path: Path, pictures: np.ndarray, rate_hz: int = 25) -> None:
    """A small H.264 file of `pictures` (frames, height, width, 3) uint8."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate_hz)
        stream.height, stream.width = pictures.shape[1:3]
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
