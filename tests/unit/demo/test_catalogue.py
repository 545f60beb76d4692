from collections import defaultdict
from pathlib import Path

import pytest

from moodreel.demo import catalogue, portraits, script
from moodreel.demo.soundtrack import MOODS
from moodreel.errors import UserError
from moodreel.video import table

DEMO = Path(__file__).parents[3] / "workflow" / "demo"


def test_there_are_42_clips_each_named_once_and_a_mood_of_music_for_each_expression():
    for values in (catalogue.CLIPS, {c.video for c in catalogue.CLIPS}, {c.motion_seed for c in catalogue.CLIPS}):
        assert len(values) == 42
    assert set(catalogue.PEOPLE) == set(portraits.FRAMINGS)
    assert set(catalogue.EXPRESSIONS) == set(script.ACTED)
    assert set(catalogue.TAKES) == set(script.TAKES)
    assert sorted(catalogue.MOODS.values()) == sorted(MOODS)


@pytest.mark.parametrize("clip", catalogue.CLIPS, ids=lambda clip: clip.video)
def test_a_source_names_its_clip(clip):
    assert catalogue.parse(clip.source) == clip


@pytest.mark.parametrize("named", ["hopper/smile/4", "hopper/smirk/1", "someone/smile/1", "hopper", ""])
@pytest.mark.parametrize("prefix", [catalogue.PREFIX, ""])
def test_another_source_is_refused_with_what_is_allowed(prefix, named):
    with pytest.raises(UserError) as error:
        catalogue.parse(prefix + named)
    for allowed in (*catalogue.PEOPLE, *catalogue.EXPRESSIONS):
        assert allowed in str(error.value)
    with pytest.raises(UserError, match="Did you mean builtin:hopper/smile/1"):
        catalogue.parse("builtin:hoper/smile/1")


def test_twins_share_their_music_and_nobody_else_does():
    sharing = defaultdict(set)
    for clip in catalogue.CLIPS:
        sharing[clip.mood, clip.soundtrack_seed].add((clip.expression, clip.take))
    assert [len(clips) for clips in sharing.values()] == [1] * 21


def test_the_demo_table_holds_every_clip():
    videos = table.read(DEMO / "videos.tsv")
    assert [(v.video, v.source, v.performer) for v in videos] == [
        (clip.video, clip.source, clip.person) for clip in catalogue.CLIPS
    ]
    assert {(v.kind, v.emotion, v.start_s, v.end_s) for v in videos} == {("builtin", None, None, None)}


def test_the_quick_table_holds_four_expressions_by_both_people():
    clips = [catalogue.parse(v.source) for v in table.read(DEMO / "quick.tsv")]
    assert len(clips) == 8
    # two expressions in different takes: their soundtracks differ, so that there is music to pair within a cluster
    assert {clip.take for clip in clips} == {1, 2}
    by_person = {person: {c.expression for c in clips if c.person == person} for person in catalogue.PEOPLE}
    assert by_person["hopper"] == by_person["astronaut"] and len(by_person["hopper"]) == 4
