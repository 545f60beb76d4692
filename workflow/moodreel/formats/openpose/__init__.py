"""OpenPose's JSON (Cao et al. 2021; OpenPose, doc/02_output.md): one file per frame, in a folder or an archive.

Reads what versions 1.x write for BODY_25 and COCO; writes version 1.3 with BODY_25.
"""

from moodreel.formats.openpose.reading import read
from moodreel.formats.openpose.writing import write

__all__ = ["read", "write"]
