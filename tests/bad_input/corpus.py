"""All cases."""

from tests.bad_input import damage, files, media, sizes, streams, times
from tests.bad_input.case import Case

SUBJECTS = (media, times, streams, sizes, damage, files)


def cases() -> list[Case]:
    """All cases, always in the same order. Their names are unique."""
    return [case for subject in SUBJECTS for case in subject.cases()]
