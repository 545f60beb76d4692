"""A run of good and bad files of other programs; `make bad-input` does the same with thirty videos and thirty files of each program."""

from tests.bad_input import mixed_run


def test_bad_files_of_other_programs_stop_no_good_one(tmp_path):
    found = mixed_run.compare(tmp_path, mixed_run.of_imports(), features={"groups": ["action_units", "head_pose"]})
    assert found == {"status": 0, "good": 6, "bad": 6, "good_as_alone": 6, "bad_with_reason": 6}, found.get("mistakes")
