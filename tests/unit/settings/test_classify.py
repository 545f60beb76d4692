import pytest
from pydantic import ValidationError

from moodreel.settings.classify import ClassifySettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"paper_folds": []},
        {"paper_folds": ["shuffled", "shuffled"]},
        {"paper_folds": ["random"]},
        {"paper_fold_count": 1},
        {"permutations": -1},
        {"folds": 1},
    ],
)
def test_what_makes_no_folds_is_refused(wrong):
    with pytest.raises(ValidationError):
        ClassifySettings(**wrong)


def test_the_paper_has_its_own_number_of_folds_only_where_asked():
    assert ClassifySettings().paper_fold_count is None
    assert ClassifySettings(folds=1000, paper_fold_count=4).paper_fold_count == 4
