import pytest

from moodreel.errors import UserError
from moodreel.features.groups import GROUP_OF, GROUPS
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.resolve import resolve


def test_each_column_is_of_one_group():
    assert sum(len(group.columns) for group in GROUPS.values()) == len(GROUP_OF)


@pytest.mark.parametrize(("columns", "count"), [("as_described", 759), ("as_counted", 788)])
def test_the_paper_describes_759_columns_and_counts_788(columns, count):
    used = FeaturesSettings(set="paper", paper={"columns": columns}).groups_in_use
    raw = [c for name in used if name.startswith("paper") for c in GROUPS[name].columns]
    assert len(raw) == count and "openface_face_id" not in raw
    assert set(used) <= set(GROUPS)


def test_the_default_groups_and_their_four_speeds():
    default, groups = FeaturesSettings(), ["action_units", "head_pose", "gaze", "body"]
    assert default.groups_in_use == default.groups == groups
    used = FeaturesSettings(groups=["action_units", "speeds"]).groups_in_use
    assert used == ["action_units", *(f"speed_{group}" for group in groups)]
    assert set(used) <= set(GROUPS)


def test_the_papers_set_is_neither_centred_nor_needs_a_body():
    assert FeaturesSettings().centers and FeaturesSettings().needs_body
    assert not FeaturesSettings(center="none").centers
    assert not FeaturesSettings(set="paper").centers and not FeaturesSettings(set="paper").needs_body
    assert not FeaturesSettings(groups=["action_units"]).needs_body


def test_a_wrong_set_is_refused_by_its_key():
    with pytest.raises(UserError, match=r"features\.paper\.columns"):
        resolve({"videos": "videos.tsv", "features": {"paper": {"columns": "all"}}})
