"""ELAN: events as annotations on tiers, an .eaf file of format 3.0 (Max Planck Institute for Psycholinguistics,
"EAF Annotation Format 3.0 and ELAN")."""

import mimetypes
import os
import re
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

import polars as pl
from pympi.Elan import Eaf

from moodreel.face import trust
from moodreel.storage.atomic import replacement

FORMAT = "3.0"
TYPES = {"AU": "action unit", "cluster": "cluster", "emotion": "emotion"}
"""ELAN's linguistic types, by how the tiers begin."""

STREAMED = {".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".vob"}
"""Files whose clock starts anywhere: players count from the first picture or sound in them."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def offset_s(facts: dict[str, Any], media: PurePath | None) -> float:
    """How far a player's time is ahead of ours, which counts from the first picture: the start of the picture, in s.

    facts: `picture_start_s` and `sound_start_s` as extraction stamps them, in s on the file's own clock; 0 where they
        are absent.

    A player's time 0 is the clock's, except in `STREAMED` files, where it is the start of picture or sound, whichever
    is first.
    """
    picture_s = facts.get("picture_start_s") or 0.0
    if media is None or media.suffix.lower() not in STREAMED:
        return max(picture_s, 0.0)
    sound_s = facts.get("sound_start_s")
    return picture_s - min(picture_s, picture_s if sound_s is None else sound_s)


def tier_name(tier: str, backend: str) -> str:
    """The tier's name in ELAN with the unit's verdict, for which ELAN has no other place: `AU04 (do not use)`, `AU05
    (not judged)`."""
    if not tier.startswith("AU"):
        return tier
    found = trust.verdict(backend, int(tier[2:]))
    return f"{tier} ({found})" if found.doubtful else tier


def write(path: Path, events: pl.DataFrame, tiers: list[str], *, media: Path | None, shift_s: float = 0.0) -> None:
    """Write an .eaf file, atomically.

    events: an EVENTS table; of action units the annotation is the highest intensity, of others the value.
    tiers: all that are written, also those without an event.
    media: the video, which need not exist; named by its place relative to the file, so that both can be moved.
    shift_s: added to all times (`offset_s`), and written into the property `moodreel_shift_ms`.
    """
    eaf = Eaf(author="moodreel")
    eaf.adocument |= {
        "DATE": datetime.now(UTC).isoformat(timespec="seconds"),
        "FORMAT": FORMAT,
        "VERSION": FORMAT,
        "xsi:noNamespaceSchemaLocation": f"http://www.mpi.nl/tools/elan/EAFv{FORMAT}.xsd",
    }
    eaf.header = {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"}
    eaf.remove_tier("default")
    eaf.remove_linguistic_type("default-lt")
    for name in TYPES.values():
        eaf.add_linguistic_type(name)
    for tier in tiers:
        eaf.add_tier(tier, next(name for start, name in TYPES.items() if tier.startswith(start)))
    if media is not None:
        relative = os.path.relpath(media, path.parent).replace(os.sep, "/")
        eaf.add_linked_file(
            f"file:///{quote(media.name)}",
            relpath=relative if relative.startswith("../") else f"./{relative}",
            mimetype=mimetypes.guess_type(media.name)[0] or "unknown",
        )
    free_ms: dict[str, int] = {}
    for event in events.sort("start_s", maintain_order=True).iter_rows(named=True):
        start, end = (round((event[key] + shift_s) * 1000) for key in ("start_s", "end_s"))
        start = max(start, free_ms.get(event["tier"], 0))
        free_ms[event["tier"]] = end = max(end, start + 1)  # annotations on a tier must not overlap or have no length
        value = event["value"] if event["peak"] is None else f"{event['peak']:.2f}"
        eaf.add_annotation(event["tier"], start, end, _NOT_IN_XML.sub("", value))
    eaf.properties = [("lastUsedAnnotationId", eaf.maxaid), ("moodreel_shift_ms", round(shift_s * 1000))]
    _sort_slots(eaf)
    with replacement(path) as temporary:
        eaf.to_file(temporary)


def _sort_slots(eaf: Eaf) -> None:
    """Number the time slots by their times: EAF's TIME_ORDER is in order of time."""
    in_order = sorted(eaf.timeslots, key=lambda slot: (eaf.timeslots[slot], int(slot[2:])))
    new = {slot: f"ts{number}" for number, slot in enumerate(in_order, 1)}
    eaf.timeslots = {new[slot]: eaf.timeslots[slot] for slot in in_order}
    for on_tier, *_ in eaf.tiers.values():
        for key, (start, end, value, svg) in on_tier.items():
            on_tier[key] = (new[start], new[end], value, svg)
