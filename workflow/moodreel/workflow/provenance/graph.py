"""Which step makes each result, from what: the rules' own graph, told from the plan alone.

A test compares it with what Snakemake has recorded of every file of a whole run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from moodreel.emotions.networks import CROPS
from moodreel.workflow.plan.runs import CLIP_TABLES, EVALUATION_TABLES
from moodreel.workflow.step_settings import SECTIONS

if TYPE_CHECKING:
    from moodreel.video.table import Video
    from moodreel.workflow.plan import Plan

MEDIA_FOLDER, GIVEN_FOLDER = "sources/", "given/"
NOTES = ("manifest.json", "digests.parquet", "shards")
"""What lies in a run's folder and is no result: what is written about it, and what jobs leave for one another."""


@dataclass(frozen=True)
class Output:
    """A file, or a folder, and what makes it.

    name: what the manifest calls it: under the run's folder its path there; `videos/<video>/<file>` and
    `performers/<performer>/<extraction>/<file>` elsewhere. `sources/`, `truths/`, `records/` and `given/` hold videos,
    what built-in clips show, what became of downloads, and other programs' files; `networks/` networks. So files of
    another run have the same name.
    step: None for what is only read.
    settings: what the step is told of them, JSON; `options` what else it is told.
    models: network to SHA-256.
    inputs: names; with `*` for that of every video.
    """

    name: str
    path: str
    step: str | None = None
    settings: str = "{}"
    options: str = ""
    code: str = ""
    models: str = "{}"
    inputs: tuple[str, ...] = field(default=())


def outputs(plan: Plan) -> Iterator[Output]:
    """All that the run stands on and all that it makes, each after what it is made from."""
    for video in plan.videos:
        yield from _of_source(plan, video)
    yield from _networks(plan)
    for video in plan.videos:
        if _is_read(plan, video):
            yield from _read(plan, video)
        yield from _cut_out(plan, video)
        yield from _scored(plan, video)
    if plan.settings.study == "expressions":
        yield from _rests(plan)
        for video in plan.videos:
            yield from _measured(plan, video)
    yield from _of_run(plan)


def _made(plan: Plan, step: str, name: str, path: str, *inputs: str, **more: str) -> Output:
    code = _code(plan, step, more.pop("extraction", None), more.pop("kind", None))
    more.setdefault("settings", _settings(plan, step) if step in SECTIONS else "{}")
    return Output(name, path, step, code=code, inputs=inputs, **more)


@lru_cache(maxsize=256)  # for the same again of every video
def _code(plan: Plan, step: str, extraction: str | None, kind: str | None) -> str:
    return plan.code_of(step, extraction, kind)


@lru_cache(maxsize=256)
def _settings(plan: Plan, step: str) -> str:
    return plan.settings_of(step)


def media_name(plan: Plan, video: str) -> str:
    """What the media file of a video that has one is called."""
    return f"sources/{video}{Path(plan.media_file(video)).suffix}"


def _of_source(plan: Plan, video: str) -> Iterator[Output]:
    row, media = plan.videos[video], plan.media(video)
    if media:
        name = media_name(plan, video)
        if row.kind == "builtin":
            for one, path in ((name, media), (f"truths/{video}.truth.parquet", plan.truth(video))):
                yield _made(plan, "actor", one, path, options=f"--source={row.source}")
        elif row.kind == "youtube":
            record = media.removesuffix(".mp4") + ".fetch.json"
            for one, path in ((name, media), (f"records/{video}.fetch.json", record)):
                yield _made(plan, "fetch", one, path, options=f"--source={row.source}")
        else:
            yield Output(name, media)
    yield from _given(row).values()


def _given(row: Video) -> dict[str, Output]:
    """By part, what another program has read of the video."""
    files = {"pose": row.pose_file, "face": row.face_file}
    return {part: Output(f"given/{row.video}.{part}{Path(path).suffix}", path) for part, path in files.items() if path}


def _is_read(plan: Plan, video: str) -> bool:
    """Whether the video's pose and face are read, and not its emotion scores alone."""
    return plan.settings.study == "expressions" or bool(plan.crop_kinds(video))


def _networks(plan: Plan) -> Iterator[Output]:
    ways = (plan.extraction_of(video) for video in plan.videos if _is_read(plan, video))
    files = {path for extraction in ways for path in extraction.model_files}
    detectors = {detector for video in plan.videos for detector in plan.detectors_of(video)}
    files.update(path for detector in detectors for path in plan.emotion_models(detector))
    for path in sorted(files):
        yield _made(plan, "models", f"networks/{Path(path).name}", path, settings=plan.models_settings)


def _read(plan: Plan, video: str) -> Iterator[Output]:
    """Pose and mesh, what others have read, and the soundtrack."""
    way, row = plan.extraction_of(video), plan.videos[video]
    here = f"videos/{video}"
    networks = [f"networks/{Path(path).name}" for path in way.model_files]
    extract = {
        "extraction": way.name,
        "settings": way.settings,
        "options": plan.span_of(video),
        "models": way.models_sha256,
    }
    seen = [media_name(plan, video)] if plan.media(video) else []
    if way.pose_from == "network":
        yield _made(plan, "extract", f"{here}/pose.parquet", plan.pose(video), *seen, *networks, **extract)
    elif way.pose_from == "file":
        given = _given(row)["pose"].name
        options = {"options": plan.import_of(video)}
        yield _made(plan, "import_pose", f"{here}/pose.parquet", plan.pose(video), *seen, given, **options)
    if way.face_from == "network":
        first = [] if way.pose_from == "network" else [f"{here}/pose.parquet"]
        yield _made(plan, "extract", f"{here}/mesh.parquet", plan.mesh(video), *seen, *first, *networks, **extract)
    else:
        given = _given(row)["face"].name
        options = {"extraction": way.name, "options": plan.import_of(video)}
        yield _made(plan, "import_face", f"{here}/face.parquet", plan.face(video), *seen, given, **options)
        if plan.raw_columns and way.face == "openface":
            path = f"{plan.folder(video)}/openface.parquet"
            yield _made(plan, "import_columns", f"{here}/openface.parquet", path, f"{here}/face.parquet", given)
    if way.pose_from == "nowhere":
        yield _made(plan, "no_pose", f"{here}/pose.parquet", plan.pose(video), f"{here}/face.parquet")
    if seen and plan.settings.study == "expressions" and not plan.settings.apply.models:
        yield _made(plan, "soundtrack", f"{here}/soundtrack.parquet", plan.soundtrack(video), *seen)


def _scored(plan: Plan, video: str) -> Iterator[Output]:
    """Emotion scores of the faces that each detector finds."""
    here = f"videos/{video}"
    for detector in plan.detectors_of(video):
        networks = [f"networks/{Path(path).name}" for path in plan.emotion_models(detector)]
        crops = f"{here}/crops.{CROPS[plan.settings.emotions.backend]}.parquet"
        seen = crops if detector == "mesh" else media_name(plan, video)
        yield _made(
            plan, "emotions", f"{here}/emotions.{detector}.parquet", plan.emotions(video, detector), seen,
            *networks, options=plan.span_of(video), models=plan.emotion_models_sha256(detector),
        )  # fmt: skip


def _cut_out(plan: Plan, video: str) -> Iterator[Output]:
    """Pictures of the followed face."""
    here = f"videos/{video}"
    for kind in plan.crop_kinds(video):
        yield _made(
            plan, "face_crops", f"{here}/crops.{kind}.parquet", plan.face_crops(video, kind), media_name(plan, video),
            f"{here}/mesh.parquet", kind=kind, options=f"--kind={kind} {plan.span_of(video)}".strip(),
        )  # fmt: skip


def rest_name(plan: Plan, video: str) -> str:
    """What the resting face of the video's performer is called."""
    row, way = plan.videos[video], plan.extraction_of(video)
    return f"performers/{row.performer}/{way.pose}-{way.face}/neutral.parquet"


def _rests(plan: Plan) -> Iterator[Output]:
    meshes: dict[tuple[str, str], list[str]] = {}
    for video in plan.videos:
        rest = plan.neutral(video) if plan.extraction_of(video).face_from == "network" else None
        if rest:
            meshes.setdefault((rest_name(plan, video), rest), []).append(f"videos/{video}/mesh.parquet")
    for (name, path), inputs in meshes.items():
        yield _made(plan, "neutral", name, path, *inputs)


def _measured(plan: Plan, video: str) -> Iterator[Output]:
    if plan.extraction_of(video).face_from == "network":
        here = f"videos/{video}"
        inputs = [f"{here}/mesh.parquet", *([rest_name(plan, video)] if plan.neutral(video) else [])]
        for name, path in (("face", plan.face(video)), ("movements", plan.movements(video))):
            yield _made(plan, "face", f"{here}/{name}.parquet", path, *inputs)


POSES, FACES, MOVEMENTS = (f"videos/*/{name}.parquet" for name in ("pose", "face", "movements"))
MESHES, SOUNDS = "videos/*/mesh.parquet", "videos/*/soundtrack.parquet"
MEDIA, TRUTHS = "sources/*", "truths/*"


def _of_run(plan: Plan) -> Iterator[Output]:
    def made(step: str, names: Sequence[str] | str, *inputs: str, **more: str) -> Iterator[Output]:
        for name in [names] if isinstance(names, str) else names:
            yield _made(plan, step, name, f"{plan.run}/{name}", *inputs, **more)

    yield from made("describe", "settings.yaml", settings=plan.whole_settings)
    yield from made("table", "videos.tsv", settings=plan.table_settings)
    if plan.settings.apply.models:
        for video in plan.videos:
            read = [f"videos/{video}/{name}.parquet" for name in ("pose", "face")]
            if plan.applied_emotions:
                read.append(f"videos/{video}/emotions.{plan.applied_emotions['detector']}.parquet")
            yield from made("classify", f"applied/{video}.tsv", *read, "models_applied", options=plan.apply_options)
        yield Output("models_applied", plan.settings.apply.models)
        yield from _filmed(plan)
        return
    yield from _filmed(plan)
    emotions = f"--emotions-sha256={plan.emotions_sha256}"
    if plan.emotion_tables:
        scores = [f"videos/*/emotions.{name}.parquet" for name in plan.settings.emotions.detectors]
        yield from made("clip_emotions", CLIP_TABLES, "videos.tsv", *scores, options=emotions)
    if plan.settings.study == "emotions":
        yield from _compared(plan, made)
        return
    yield from made("screen", "screening.tsv", "videos.tsv", POSES, FACES)
    raw = ["videos/*/openface.parquet"] if plan.raw_columns else []
    scored = f"videos/*/emotions.{plan.settings.emotions.detectors[0]}.parquet"
    if plan.emotion_features:
        raw.append(scored)
    cut = ["features.parquet", "windows.parquet"]
    yield from made("windows", cut, "videos.tsv", "screening.tsv", POSES, FACES, *raw)
    yield from made(
        "labels", ["labels.parquet", "emotions.tsv"], "videos.tsv", "windows.parquet", TRUTHS, options=emotions
    )
    yield from made("embed", "embedding.parquet", *cut)
    previous = (
        [Output("previous/clusters.parquet", plan.settings.clusters.previous)]
        if plan.settings.clusters.previous
        else []
    )
    yield from previous
    found = ["silhouette.tsv", "clusters.parquet"]
    yield from made("cluster", found, "embedding.parquet", "windows.parquet", *(one.name for one in previous))
    meshes = [MESHES] if plan.kept_meshes else []
    yield from made("gallery", "gallery", "videos.tsv", "embedding.parquet", "clusters.parquet", *meshes, MEDIA)
    yield from made("folds", "folds.parquet", "windows.parquet", "labels.parquet")
    yield from _of_evaluation(plan, made)
    yield from made("train", "models", *cut, "labels.parquet", "clusters.parquet", "videos.tsv", SOUNDS)
    paired = ["embedding.parquet", "clusters.parquet", "folds.parquet"]
    paired += [scored] if plan.emotion_moods else []
    yield from made("pair", ["pairs.tsv", "unpaired.tsv"], "videos.tsv", *cut, *paired, SOUNDS)
    yield from made("preview", "pairs", "videos.tsv", "pairs.tsv", SOUNDS, MEDIA)
    yield from _of_report(plan, made)
    yield from _exported(plan, made)


def _of_evaluation(plan: Plan, made: Callable[..., Iterator[Output]]) -> Iterator[Output]:
    cut = ["features.parquet", "windows.parquet"]
    held_out = ["held_out.parquet"] if plan.held_out else []
    yield from made("held_out", held_out, "videos.tsv", *cut, "folds.parquet", POSES, FACES, MOVEMENTS)
    kinds = ("scores", "predictions", "chance")
    parts = {kind: [_within(plan, path) for path in plan.evaluation_parts(kind)] for kind in kinds}
    for both in zip(*parts.values(), strict=True):
        yield from made("evaluate", both, *cut, "labels.parquet", "clusters.parquet", "folds.parquet", *held_out)
    summary = ["predictions.parquet", *EVALUATION_TABLES]
    yield from made("summarise", summary, *(path for paths in parts.values() for path in paths))
    given = ["labels.parquet", "clusters.parquet", "folds.parquet"]
    yield from made("modalities", "modalities.tsv", *cut, *given, *held_out)


def _of_report(plan: Plan, made: Callable[..., Iterator[Output]]) -> Iterator[Output]:
    found = ["clusters.parquet", "evaluation.tsv", "pairs.tsv", "videos.tsv"]
    if plan.all_acted:
        yield from made("acted", "acted.tsv", "labels.parquet", *found, TRUTHS)
    yield from _compared(plan, made)
    compared = [_within(plan, path) for path in plan.comparison]
    figures = [_within(plan, path) for path in plan.figures_inputs]
    scores = [f"videos/*/emotions.{plan.settings.emotions.detectors[0]}.parquet"] if plan.drawn_emotions else []
    yield from made("figures", "figures", *figures, *compared[:1], "videos.tsv", *scores)
    yield from made("report", "report.html", *(_within(plan, path) for path in plan.report_inputs), *scores)


def _compared(plan: Plan, made: Callable[..., Iterator[Output]]) -> Iterator[Output]:
    """A paper's published numbers and the page that sets this run's beside them, if the run reruns one."""
    published = [Output("published/expected.yaml", path) for path in plan.published_file]
    yield from published
    compared = [_within(plan, path) for path in plan.comparison]
    read = [_within(plan, path) for path in plan.compared_tables]
    yield from made("compare", compared, *read, *(one.name for one in published))


def _exported(plan: Plan, made: Callable[..., Iterator[Output]]) -> Iterator[Output]:
    run = ["windows.parquet", "labels.parquet", "clusters.parquet"]
    for path in plan.exported_files:
        for video in plan.videos:
            tables = [f"videos/{video}/{name}.parquet" for name in ("pose", "face")]
            tables += [f"videos/{video}/emotions.{name}.parquet" for name in plan.detectors_of(video)[:1]]
            yield from made("export", _within(plan, path.format(video=video)), *tables, *run)
    data_set = ["exports/psych-ds"] if "psych_ds" in plan.settings.export.formats else []
    yield from made("export_dataset", data_set, "videos.tsv", "screening.tsv", "emotions.tsv", *run, POSES, FACES)


def _filmed(plan: Plan) -> Iterator[Output]:
    """Films with what was read drawn over them."""
    for video in plan.videos_of_films:
        tables = [
            f"videos/{video}/emotions.{plan.detectors_of(video)[0]}.parquet"
            if option == "--emotions"
            else f"videos/{video}/{option.removeprefix('--')}.parquet"
            for option in plan.tables_of_film(video)
        ]
        path = plan.film(video)
        yield _made(
            plan, "annotate", _within(plan, path), path, media_name(plan, video), *tables, options=plan.span_of(video)
        )


def _within(plan: Plan, path: str) -> str:
    """The path as seen from the run's folder."""
    return path.removeprefix(f"{plan.run}/")
