"""Why a video cannot be used."""

from pathlib import Path

from moodreel.errors import UserError

REASONS = {
    "gone": "its source does not offer it",
    "no_single_video": "its address does not lead to one video",
    "too_large_file": "its file is larger than source.youtube.max_mb",
    "live": "it is a live stream, which has no end",
    "unreadable": "it is not a video, or too damaged to open",
    "format_not_allowed": "it is a playlist, picture or other file that is not opened as a video",
    "no_video_stream": "it holds no moving picture",
    "no_decoder": "no decoder for its picture is at hand",
    "too_large": "its picture has more points than are decoded",
    "too_long": "it is longer than limits.max_duration_s",
    "no_frames": "not one frame could be decoded",
    "empty_segment": "no frame lies between start_s and end_s",
    "timeout": "reading it took longer than limits.timeout_s, or no frame came for limits.stall_s",
    "memory": "reading it took more memory than limits.memory_mb",
    "crashed": "reading it ended in a crash",
    "unusable_import": "another program's file cannot be used",
}
"""Each reason with its meaning, as the screening table and the report show it."""


class VideoError(UserError):
    """A video that cannot be used; `reason` is a key of `REASONS`.

    It never stops a run: the step that catches it writes an empty table stamped with the reason.
    """

    def __init__(self, reason: str, path: str | Path, detail: str = "") -> None:
        self.reason = reason
        self.path = path
        self.detail = detail
        super().__init__(f"{path}: {REASONS[reason]}" + (f" ({detail})" if detail else ""))
