"""OpenFace's CSV (Baltrusaitis et al. 2018, doi:10.1109/FG.2018.00019), read and written."""

from moodreel.formats.openface.reading import import_face, raw, read
from moodreel.formats.openface.writing import write

__all__ = ["import_face", "raw", "read", "write"]
