"""OpenFace CSVs of known content, written without the package's own writer."""

from pathlib import Path

from moodreel.tables.openface import COLUMNS

OLD = tuple(name for name in COLUMNS if name != "face_id" and not name.startswith(("eye_lmk", "gaze_angle")))
"""The 431 columns of 2017 and 2018."""


def row(frame: int, /, **cells: object) -> dict[str, object]:
    """A row with a face, all zero but for its number, time, confidence, a gaze ahead, landmarks 0 to 67 px, `cells`."""
    known = {"frame": frame, "timestamp": f"{max(frame - 1, 0) / 25:.3f}", "confidence": 0.98, "success": 1}
    ahead = {"gaze_0_z": -1, "gaze_1_z": -1}
    landmarks = {f"y_{point}": 100 + point for point in range(68)}
    return dict.fromkeys(COLUMNS, 0) | known | ahead | landmarks | cells


def write(path: Path, rows: list[dict[str, object]], columns: tuple[str, ...] = COLUMNS, separator: str = ", ") -> Path:
    """Write `columns` of the rows; names with leading blanks as OpenFace's."""
    lines = [separator.join(columns)] + [separator.join(str(cells[name]) for name in columns) for cells in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
