from __future__ import annotations

from pathlib import Path

from moodreel.settings.resolve import resolve
from moodreel.video.source import media_path
from moodreel.video.table import parse

TABLE = "video\tsource\tperformer\n"


def test_where_media_files_lie():
    settings = resolve({"videos": "videos.tsv", "actors": {"noise_seed": 7}})
    table = TABLE + "a\tfilms/a.mov\nb\tdQw4w9WgXcQ\nc\tbuiltin:astronaut/smile/1\nd\t~/d.mp4\n"
    assert [media_path(video, settings) for video in parse(table)] == [
        Path("films/a.mov"),
        Path("results/sources/youtube/b.mp4"),
        Path("results/sources/builtin-7/c.mp4"),
        Path.home() / "d.mp4",
    ]
