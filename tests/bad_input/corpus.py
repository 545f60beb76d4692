"""All cases."""

from tests.bad_input import damage, files, imports, media, models, sizes, steps, streams, times, videos_tables
from tests.bad_input.case import Case

SUBJECTS = (media, times, streams, sizes, damage, files, videos_tables, imports, models, steps)


def cases() -> list[Case]:
    """All cases, always in the same order. Their names are unique within a kind."""
    return [case for subject in SUBJECTS for case in subject.cases()]
