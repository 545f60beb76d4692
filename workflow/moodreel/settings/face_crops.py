"""Settings of face crops."""

from moodreel.settings.base import Section, setting


class FaceCropsSettings(Section):
    keep: bool = setting(
        False,
        "keep a picture of the tracked face of each frame, eyes level, for networks of your own (docs/face-crops.md). "
        "Set before a video is read it costs no further decode, set later one more",
    )
    px: int = setting(224, "width and height of these pictures", unit="px", ge=16, le=1024)
    quality: int = setting(95, "of their JPEG, 1 to 100", ge=1, le=100)

    @property
    def kind(self) -> str:
        """The kind of face crop in `moodreel.face_crops`."""
        return f"aligned-{self.px}-{self.quality}"
