"""Settings of remote videos."""

from moodreel.settings.base import Section, setting


class YouTubeSettings(Section):
    accept_terms: bool = setting(
        False,
        "whether you have the right to download the videos of your table; YouTube's terms forbid it without permission",
    )
    max_height: int = setting(
        480,
        "the largest picture up to this height is fetched (of portrait videos the shorter side counts), "
        "the smallest one where all are larger",
        unit="px",
        ge=144,
        le=4320,
    )
    max_mb: int = setting(
        4000,
        "a video of which more is sent is given up and dropped (`too_large_file`). To fetch it after all, allow more and "
        "delete its empty file",
        unit="MB",
        ge=1,
        le=1_000_000,
    )
    pause_s: float = setting(5.0, "wait before each download, to be gentle to the site", unit="s", ge=0, le=3600)
    timeout_s: float = setting(30.0, "give up on a silent connection after this", unit="s", gt=0, le=600)
    retries: int = setting(5, "new attempts after a broken connection", ge=0, le=100)


class SourceSettings(Section):
    youtube: YouTubeSettings = setting(
        YouTubeSettings(), "videos given by a YouTube id or an http(s) address, fetched with yt-dlp"
    )
