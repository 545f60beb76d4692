"""Whatever text a table of videos holds, reading it ends, in videos or in one message."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzing import bounded
from moodreel.errors import UserError
from moodreel.video import table, table_text
from moodreel.video.nothing import NOTHING
from moodreel.video.table import parse
from moodreel.video.table_rows import OPTIONAL, REQUIRED

PARTS = st.one_of(
    st.sampled_from(["\t", "\t", "\t", "\n", "\n", "\r", '"', '""', ",", ";"]),
    st.sampled_from([*REQUIRED, *OPTIONAL, *NOTHING]),
    st.sampled_from(
        [
            *(
                "sep=,\n",
                "a",
                "b.mp4",
                "builtin:hopper/smile/1",
                "https://",
                "https://[",
                "https://x:y/",
                "file://",
                "//",
            ),
            *("~", "~nobody/a", "{}", "\0", "\u200b", "\ud800", "\ufeff", "ﬁ", "1", "0.5", "1e9", "-1", " ", "\u2028"),
            *("x" * 300, "youtu.be/", "C:\\", ".."),
        ]
    ),
    st.text(max_size=5),
)
HEADERS = st.builds(
    lambda separator, more: separator.join([*REQUIRED, *more]) + "\n",
    st.sampled_from("\t,;"),
    st.lists(st.sampled_from(OPTIONAL), max_size=3, unique=True),
)


@bounded(500)
@given(header=st.one_of(st.just(""), HEADERS, HEADERS), cells=st.lists(PARTS, max_size=30))
def test_any_text(header, cells):
    with suppress(UserError):
        videos = parse(header + "".join(cells))
        assert len({video.video for video in videos}) == len(videos) > 0


@bounded(200)
@given(content=st.binary(max_size=200), begin=st.sampled_from([b"", b"video\tsource\tperformer\n", b"\xff\xfe", b"PK"]))
def test_any_bytes(tmp_path, content, begin):
    (tmp_path / "v.tsv").write_bytes(begin + content)
    with suppress(UserError):
        assert table.read(tmp_path / "v.tsv")


@pytest.mark.parametrize("text", ["", "\ufeff", "\n", " \t\n"])
def test_no_text_has_no_rows(text):
    assert table_text.split(text).rows == []
