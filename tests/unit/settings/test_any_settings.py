"""Whatever a configuration holds, it gives settings or one message."""

from hypothesis import given
from hypothesis import strategies as st

from fuzzing import bounded
from moodreel.errors import UserError
from moodreel.settings.resolve import MOST_LETTERS, keys, resolve

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 3),
    st.sampled_from([2**70, float("nan"), float("inf"), "", "auto", "all", "none", "x" * 300, "\0", "\ud800"]),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=2),
    st.builds(object),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(SCALARS, inner, max_size=3),
    ),
    max_leaves=6,
)
PLACES = st.sampled_from([*keys(), "no", "no.such", "clusters.no"])


@bounded(300)
@given(videos=st.booleans(), changes=st.lists(st.tuples(PLACES, VALUES), max_size=3))
def test_any_configuration(videos, changes):
    config: dict = {"videos": "videos.tsv"} if videos else {}
    for key, value in changes:
        *above, last = key.split(".")
        inside = config
        for part in above:
            inside = inside.setdefault(part, {})
            if not isinstance(inside, dict):
                break
        else:
            inside[last] = value
    message = ""
    try:
        settings = resolve(config)
    except UserError as error:
        message = str(error)
    else:
        assert resolve(settings.model_dump(mode="json")) == settings
    assert len(message) < MOST_LETTERS
