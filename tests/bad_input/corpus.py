"""All cases."""

from tests.bad_input import (
    damage,
    face_tables,
    files,
    media,
    models,
    openpose,
    sizes,
    steps,
    streams,
    times,
    videos_tables,
)
from tests.bad_input.case import Case

SUBJECTS = (media, times, streams, sizes, damage, files, videos_tables, face_tables, openpose, models, steps)


def cases() -> list[Case]:
    """All cases, always in the same order. Their names are unique within a kind."""
    return [case for subject in SUBJECTS for case in subject.cases()]
