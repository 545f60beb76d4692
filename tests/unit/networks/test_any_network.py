"""Whatever bytes a TensorFlow Lite file holds, its conversion ends, in a network or in the converter's error."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzing import bounded
from moodreel.networks import catalogue, fetch
from moodreel.networks.convert.convert import convert
from moodreel.networks.convert.read import ConversionError

PIECES = st.one_of(
    st.binary(min_size=1, max_size=8),
    st.sampled_from([b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\1\0\0\0"]),
)
CHANGES = st.lists(st.tuples(st.integers(0, 60_000), st.booleans(), PIECES), min_size=1, max_size=4)
"""Where, from the file's beginning or its end, between which lie the weights, and what is written there."""


@pytest.mark.parametrize("name", ["face_detection_short_range", "face_detection_full_range_sparse"])
def test_damaged_networks(name, models_folder):
    model = catalogue.MODELS[name]
    whole = fetch.original(model, folder=models_folder)

    @bounded(30, share=0.02)
    @given(CHANGES, st.one_of(st.none(), st.floats(0, 1)))
    def end_in_a_network_or_in_an_error(changes, cut):
        data = bytearray(whole)
        for where, from_the_end, piece in changes:
            at = len(data) - where if from_the_end else where
            data[at : at + len(piece)] = piece
        with suppress(ConversionError):
            convert(bytes(data[: round(cut * len(data))] if cut is not None else data), model.heads, name=name)

    end_in_a_network_or_in_an_error()
