"""Checks of a run before it starts; each kind of mistake is reported all at once."""

import difflib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from moodreel.demo.catalogue import parse
from moodreel.errors import UserError
from moodreel.networks import catalogue
from moodreel.settings.resolve import MOST_LETTERS
from moodreel.video.table_rows import Video
from moodreel.workflow.plan import Plan
from moodreel.workflow.plan.extractions import Origin
from moodreel.workflow.preflight import files

_LONGEST_NAME = 255
"""Most bytes of a file's name on the usual file systems."""


def check(plan: Plan) -> None:
    """Raises UserError where `results` is no folder, built-in clips do not exist, videos do not fit their backends,
    files are absent, unreadable or dated later than now, results are dated later than now, terms of downloads or
    networks have not been accepted, or results of another run that the settings name are absent."""
    _check_results()
    plan.marks.look(plan.given_files)
    _check_table(plan)
    _check_dates(plan)
    _check_features(plan)
    _check_performers(plan)
    _check_films(plan)
    _check_models(plan)
    _check_models_folder(plan)
    _check_networks(plan)
    _check_previous(plan)
    _check_terms(plan)


def _check_dates(plan: Plan) -> None:
    """Raises UserError where results are dated later than now, and more is to be made of them."""
    later = files.results_later_than_now(plan)
    if later:
        raise UserError(
            f"{len(later)} results are dated later than now, such as {later[0]}; has the clock been set back? Whatever "
            "is made of them would be older, and Snakemake would remove it. Set the clock right; or, if it is right "
            'now, date them now: find results -newermt now -exec touch -d "$(date)" {} +'
        )


def _check_results() -> None:
    """Raises UserError where `results` or a folder in it that every run writes into is no folder."""
    for folder in ("results", "results/runs", "results/videos", "results/logs", "results/.cache"):
        if os.path.lexists(folder) and not os.path.isdir(folder):
            kind = f"a link to {os.readlink(folder)}, which" if os.path.islink(folder) else "a file, and"
            raise UserError(
                f"{Path.cwd()}/{folder} is {kind} is no folder; all results are written there. Move it away, or run in "
                "another folder (--directory)."
            )


def _check_table(plan: Plan) -> None:
    """Raises UserError that lists the rows of the table that cannot be processed."""
    name, count = plan.settings.videos, len(plan.videos)
    kinds = [
        ("built-in clips do not exist", _unknown_clips(plan), ""),
        ("videos do not fit their backends", _unfit(plan), ""),
        ("videos have no emotion scores, which the settings need of all", _unscored(plan), ""),
        (f"of {count} videos miss a file that can be read", files.missing_files(plan), files.OF_MISSING),
        (f"of {count} videos have a file dated later than now", files.later_than_now(plan), files.OF_LATER),
    ]
    message: list[str] = []
    for what, found, remedy in kinds:
        mistakes = list(found)
        if mistakes:
            message.append(f"{name}: {len({video for video, _ in mistakes})} {what}:")
            line_of = plan.table.line_of
            message += [f"  - line {line_of.get(video, '?')}, {video}: {mistake}" for video, mistake in mistakes]
            message += [remedy.format(folder=Path.cwd())] if remedy else []
    if message:
        raise UserError("\n".join(message))


def _unscored(plan: Plan) -> Iterator[tuple[str, str]]:
    if plan.settings.emotions.backend == "none" or not plan.detectors:
        return
    detector = plan.detectors[0]
    wanted_by = [
        *([plan.settings.features.in_words] if plan.emotion_features else []),
        *(["pairing.mood_of: emotions"] if plan.emotion_moods else []),
        *(["apply.models: its classifiers take emotion scores"] if plan.applied_emotions else []),
    ]
    for video in plan.videos:
        scored = plan.detectors_of(video)
        why = "another program has read its face" if scored else "it has no media file"
        if wanted_by and detector not in scored:
            yield video, f"{wanted_by[0]}: {detector} (emotions.detectors) finds no face there, since {why}"
        elif "emotions" in plan.settings.export.formats and not scored:
            yield (video, f"export.formats: emotions: no face of {', '.join(plan.detectors)}, since {why}")


def _unknown_clips(plan: Plan) -> Iterator[tuple[str, str]]:
    for row in plan.videos.values():
        if row.kind == "builtin" and row.source is not None:
            try:
                parse(row.source)
            except UserError as error:
                yield row.video, str(error)


def _unfit(plan: Plan) -> Iterator[tuple[str, str]]:
    for row in plan.videos.values():
        extraction = plan.extraction_of(row.video)
        for part, backend, origin, file in (
            ("pose", extraction.pose, extraction.pose_from, row.pose_file),
            ("face", extraction.face, extraction.face_from, row.face_file),
        ):
            for mistake in _unfit_part(row, part, backend, origin, file):
                yield row.video, mistake
        if extraction.pose_from == extraction.face_from == "nowhere":
            yield row.video, "pose and face backend are both none, so that nothing is read; give one of them a backend"
        for part, origin, formats in (
            ("pose", extraction.pose_from, ["openpose"]),
            ("face", extraction.face_from, ["openface", "elan", "events"]),
        ):
            if origin == "nowhere" and (wanted := [name for name in plan.settings.export.formats if name in formats]):
                yield row.video, f"the {part} backend is none, and export.formats: {', '.join(wanted)} needs a {part}"


def _unfit_part(row: Video, part: str, backend: str, origin: Origin, file: str | None) -> Iterator[str]:
    if origin == "network" and file:
        yield (
            f"{part}_file is given, but the backend {backend} reads videos; name the file's backend in the column "
            f"{part}_backend, or in {part}.backend of the configuration"
        )
    if origin == "file" and not file:
        yield f"the backend {backend} takes files, and the column {part}_file names none"
    if origin == "nowhere" and file:
        yield f"{part}_file is given, but the {part} backend is none, which reads no file"
    if origin == "network" and row.kind == "none":
        yield f"the {part} backend {backend} reads videos, and the column source names none"


def _check_features(plan: Plan) -> None:
    """Raises UserError where the features need a face, and that of no video is read. Where some have one, the screening
    drops the others."""
    features = plan.settings.features
    if plan.settings.study != "expressions" or plan.settings.apply.models or not features.needs_face:
        return
    if {extraction.face_from for extraction in plan.extractions.values()} == {"nowhere"}:
        raise UserError(
            f"{features.in_words} needs a face, and face.backend is none. Give it a backend, or set features.groups to "
            f"[body], with or without speeds and missing, and features.set to normalised."
        )


def _check_performers(plan: Plan) -> None:
    """Raises UserError where the ids of a performer's videos are too long for the command line of the neutral face."""
    if plan.settings.action_units.neutral == "video":
        return
    letters: Counter[str] = Counter()
    for row in plan.videos.values():
        if plan.extraction_of(row.video).face_from == "network":
            letters[row.performer] += len(row.video) + 1
    many = sorted(performer for performer, count in letters.items() if count > MOST_LETTERS)
    if many:
        raise UserError(
            f"{plan.settings.videos}: the ids of all videos of {', '.join(many)} have more than {MOST_LETTERS:,} "
            "letters together, too many to find one neutral face in all of them. Leave the column "
            "performer empty if these are different people, or set action_units.neutral: video."
        )


def _check_films(plan: Plan) -> None:
    """Raises UserError where annotated films are requested of videos that are not in the table, or absent."""
    requested = plan.settings.annotate.videos
    mistakes = [] if requested == "all" else [mistake for video in requested if (mistake := _unfilmed(plan, video))]
    if mistakes:
        name = plan.settings.videos
        raise UserError(
            f"annotate.videos: no film can be made of {len(mistakes)} of {len(requested)} videos; allowed are ids of "
            f"{name}, or `all`:\n" + "\n".join(f"  - {mistake}" for mistake in mistakes)
        )


def _unfilmed(plan: Plan, video: str) -> str | None:
    """Why no film can be made of a video, None where one can."""
    if video not in plan.videos:
        near = difflib.get_close_matches(video, plan.videos, n=1)
        return f"{video}: there is no such id." + (f" Did you mean {near[0]}?" if near else "")
    if plan.videos[video].kind == "none":
        return f"{video}: the column source names no video; it has only imported tables"
    if not plan.tables_of_film(video):
        return f"{video}: it has no table that could be drawn"
    if not plan.is_there(video) and not Path(plan.film(video)).exists():
        return f"{video}: {plan.media(video)} no longer exists; put it back, or leave the video out"
    return None


def _check_models(plan: Plan) -> None:
    """Raises UserError where the trained classifier to apply is absent, or needs other emotion scores."""
    folder = plan.settings.apply.models
    if folder and not os.path.isfile(os.path.join(folder, "model.json")):
        raise UserError(
            f"apply.models: {folder} has no model.json; give the folder `models` of a run that has ended "
            "(results/runs/<run>/models). Classifiers of an older version have to be trained again."
        )
    scored = plan.applied_emotions
    if scored and scored["backend"] != plan.settings.emotions.backend:
        raise UserError(
            f"apply.models: {folder} was trained on emotion scores. Set emotions.backend: {scored['backend']}, which "
            "also requires emotions.acknowledge (docs/emotions.md)."
        )


def _check_models_folder(plan: Plan) -> None:
    """Raises UserError where the folder of the networks is something else, or cannot be made."""
    folder = above = plan.models_folder
    while above and not os.path.lexists(above):
        above = os.path.dirname(above)
    longest = max(map(len, map(os.fsencode, folder.split(os.sep))))
    if longest > _LONGEST_NAME or not os.path.isdir(above or "."):
        why = "a name in it is too long" if longest > _LONGEST_NAME else f"{above} is no folder"
        raise UserError(f"models.folder: {folder} cannot be a folder for the networks, since {why}; name another.")


def _check_networks(plan: Plan) -> None:
    """Raises UserError where terms of a network that go beyond its licence have not been accepted."""
    of_videos = (name for extraction in plan.extractions.values() for name in extraction.models)
    of_faces = (Path(path).stem for detector in plan.detectors for path in plan.emotion_models(detector))
    scored = of_faces if plan.settings.emotions.backend != "none" else ()
    terms_of = catalogue.terms(dict.fromkeys([*of_videos, *scored]))
    pending = {name: terms for name, terms in terms_of.items() if name not in plan.settings.models.accept}
    if pending:
        listing = "\n".join(f"  - {name}: {terms}" for name, terms in pending.items())
        raise UserError(
            "networks that the settings choose have terms beyond their licence. If you may use them, set "
            f"models.accept: [{', '.join(pending)}]:\n{listing}"
        )


def _check_previous(plan: Plan) -> None:
    """Raises UserError where the clusters whose numbers are kept are absent, or this run's own."""
    previous = plan.settings.clusters.previous
    if not previous:
        return
    if os.path.realpath(previous) == os.path.realpath(f"{plan.run}/clusters.parquet"):
        raise UserError(
            f"clusters.previous: {previous} is written by this run itself; copy the file and give the copy."
        )
    if not os.path.isfile(previous):
        what = f"{previous} is no file" if os.path.lexists(previous) else f"there is no {previous}"
        raise UserError(f"clusters.previous: {what}; give another run's clusters.parquet, or null to number by size.")


def _check_terms(plan: Plan) -> None:
    """Raises UserError where videos have to be downloaded and the terms have not been accepted."""
    remote = [
        v.video for v in plan.videos.values() if v.kind == "youtube" and not Path(plan.media_file(v.video)).exists()
    ]
    if remote and not plan.settings.source.youtube.accept_terms:
        some = ", ".join([*remote[:5], *(["..."] if len(remote) > 5 else [])])
        raise UserError(
            f"{len(remote)} videos have to be downloaded ({some}). "
            "YouTube's terms forbid downloading without permission: set source.youtube.accept_terms: true in the "
            "configuration if you have the right to do it, or give files instead."
        )
