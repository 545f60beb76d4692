import itertools
import re
from pathlib import Path, PurePath
from xml.etree import ElementTree

import polars as pl
import pytest
from pympi.Elan import Eaf

from moodreel.formats import elan
from moodreel.tables.base import polars_schema
from moodreel.tables.events import EVENTS

ORDER = (
    "LICENSE", "HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "LOCALE", "LANGUAGE", "CONSTRAINT",
    "CONTROLLED_VOCABULARY", "LEXICON_REF", "REF_LINK_SET", "EXTERNAL_REF",
)  # fmt: skip
"""What an ANNOTATION_DOCUMENT holds, in its order (EAFv3.0.xsd)."""

ATTRIBUTES = {
    "HEADER": {"MEDIA_FILE", "TIME_UNITS"},
    "MEDIA_DESCRIPTOR": {"MEDIA_URL", "MIME_TYPE", "RELATIVE_MEDIA_URL"},
    "TIME_SLOT": {"TIME_SLOT_ID", "TIME_VALUE"},
    "TIER": {"TIER_ID", "LINGUISTIC_TYPE_REF"},
    "ALIGNABLE_ANNOTATION": {"ANNOTATION_ID", "TIME_SLOT_REF1", "TIME_SLOT_REF2"},
    "LINGUISTIC_TYPE": {"LINGUISTIC_TYPE_ID", "TIME_ALIGNABLE", "GRAPHIC_REFERENCES"},
}
TIERS = ["AU04", "AU12", "cluster", "emotion"]


def events_of(*rows):
    keys = ("tier", "value", "start_s", "end_s", "peak")
    return pl.DataFrame([{"video": "a", **dict(zip(keys, row, strict=True))} for row in rows], polars_schema(EVENTS))


SOME = events_of(
    ("AU04", "brow lowerer", 0.5, 0.9, 1.25),
    ("AU12", "lip corner puller", 0.1, 0.7, 3.456),
    ("AU12", "lip corner puller", 1.0, 1.2, 2.0),
    ("cluster", "cluster 3", 0.0, 2.0, None),
    ("emotion", 'calm & <"glad">\x00', 0.0, 2.0, None),
)


def written(tmp_path, events=SOME, tiers=TIERS, **options):
    path = tmp_path / "exports" / "elan" / "a.eaf"
    elan.write(path, events, tiers, media=tmp_path / "videos" / "my clip.mp4", **options)
    return path


def test_pympi_reads_what_was_written(tmp_path, recwarn):
    eaf = Eaf(str(written(tmp_path)))
    assert not recwarn.list
    assert {tier: eaf.get_annotation_data_for_tier(tier) for tier in eaf.get_tier_names()} == {
        "AU04": [(500, 900, "1.25")], "AU12": [(100, 700, "3.46"), (1000, 1200, "2.00")],
        "cluster": [(0, 2000, "cluster 3")], "emotion": [(0, 2000, 'calm & <"glad">')],
    }  # fmt: skip


def test_the_video_is_linked_by_its_place_next_to_the_file_and_none_without_one(tmp_path):
    (media,) = Eaf(str(written(tmp_path))).get_linked_files()
    assert media["RELATIVE_MEDIA_URL"] == "../../videos/my clip.mp4"
    assert media["MEDIA_URL"] == "file:///my%20clip.mp4" and media["MIME_TYPE"] == "video/mp4"
    assert str(tmp_path) not in written(tmp_path).read_text()
    elan.write(tmp_path / "a.eaf", SOME, TIERS, media=None)
    assert Eaf(str(tmp_path / "a.eaf")).get_linked_files() == []


@pytest.mark.parametrize("events", [SOME, SOME.clear()])
def test_the_structure_is_that_of_eaf_3(tmp_path, events):
    root = ElementTree.parse(written(tmp_path, events)).getroot()
    assert root.tag == "ANNOTATION_DOCUMENT"
    assert {"AUTHOR", "DATE", "FORMAT", "VERSION"} <= set(root.attrib)
    assert root.attrib["FORMAT"] == root.attrib["VERSION"] == "3.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", root.attrib["DATE"])
    places = [ORDER.index(child.tag) for child in root]
    assert places == sorted(places) and places.count(ORDER.index("TIME_ORDER")) == 1
    for element in root.iter():
        assert set(element.attrib) == ATTRIBUTES.get(element.tag, set(element.attrib)), element.tag
    slots = {slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) for slot in root.iter("TIME_SLOT")}
    assert list(slots.values()) == sorted(slots.values()) and all(re.fullmatch(r"ts\d+", slot) for slot in slots)
    types = {kind.attrib["LINGUISTIC_TYPE_ID"] for kind in root.iter("LINGUISTIC_TYPE")}
    ids = [found.attrib["ANNOTATION_ID"] for found in root.iter("ALIGNABLE_ANNOTATION")]
    assert len(set(ids)) == len(ids) == len(events) and all(re.fullmatch(r"a\d+", name) for name in ids)
    assert [tier.attrib["TIER_ID"] for tier in root.iter("TIER")] == TIERS
    for tier in root.iter("TIER"):
        assert tier.attrib["LINGUISTIC_TYPE_REF"] in types
        found = tier.iter("ALIGNABLE_ANNOTATION")
        spans = [[slots[one.attrib[f"TIME_SLOT_REF{end}"]] for end in (1, 2)] for one in found]
        assert all(start < end for start, end in spans)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_what_rounding_would_make_overlap_or_vanish_does_neither(tmp_path):
    ends = itertools.pairwise((0.0001, 0.0004, 0.0014, 0.5))
    close = events_of(*(("AU12", "x", start_s, end_s, 1.0) for start_s, end_s in ends))
    found = Eaf(str(written(tmp_path, close))).get_annotation_data_for_tier("AU12")
    assert found == [(0, 1, "1.00"), (1, 2, "1.00"), (2, 500, "1.00")]


def test_times_are_moved_to_the_players_and_it_is_reported(tmp_path):
    eaf = Eaf(str(written(tmp_path, shift_s=3.397)))
    assert eaf.get_annotation_data_for_tier("AU04") == [(3897, 4297, "1.25")]
    assert dict(eaf.get_properties())["moodreel_shift_ms"] == "3397"


@pytest.mark.parametrize(
    ("media", "facts", "expected"),
    [
        ("a.mp4", {"picture_start_s": 3.397, "sound_start_s": 0.0}, 3.397),
        ("a.mp4", {"picture_start_s": 0.0, "sound_start_s": None}, 0.0),
        ("a.ts", {"picture_start_s": 1.48, "sound_start_s": 1.4}, 0.08),
        ("a.ts", {"picture_start_s": 1.4, "sound_start_s": 1.48}, 0.0),
        ("a.ts", {"picture_start_s": 1.4, "sound_start_s": None}, 0.0),
        ("a.mp4", {}, 0.0),
        (None, {"picture_start_s": 1.0}, 1.0),
    ],
)
def test_the_players_time(media, facts, expected):
    assert elan.offset_s(facts, media and PurePath(media)) == pytest.approx(expected)


def test_an_existing_file_is_replaced_without_a_trace(tmp_path):
    written(tmp_path)
    path = written(tmp_path, SOME.clear())
    assert [file.name for file in Path(path).parent.iterdir()] == ["a.eaf"]
