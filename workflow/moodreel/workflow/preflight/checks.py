"""Mistakes of a run that can be told before anything of it is done: each kind of them all at once."""

import difflib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from moodreel.demo.catalogue import parse
from moodreel.errors import UserError
from moodreel.networks import catalogue
from moodreel.settings.face import FROM_FILES
from moodreel.video.table import Video, lines
from moodreel.workflow.plan import Plan
from moodreel.workflow.plan.extractions import Origin
from moodreel.workflow.preflight import files

MOST_LETTERS = 100_000
"""Linux takes 131,072 bytes in one argument, and the shell gets its whole command in one."""


def check(plan: Plan) -> None:
    """Raises UserError where built-in clips do not exist, videos do not fit their backends, files are absent, may not
    be read or are dated later than now, or downloads have not been agreed to, or another run's results, which the
    settings name, are not there."""
    plan.marks.look(plan.given_files)
    _check_table(plan)
    _check_performers(plan)
    _check_films(plan)
    _check_models(plan)
    _check_networks(plan)
    _check_previous(plan)
    _check_terms(plan)


def _check_table(plan: Plan) -> None:
    """No row of the table asks for what cannot be."""
    name, count = plan.settings.videos, len(plan.videos)
    kinds = [
        ("built-in clips do not exist", _unknown_clips(plan), ""),
        ("videos do not fit their backends", _unfit(plan), ""),
        ("videos have no emotion scores, which the settings want of all", _unscored(plan), ""),
        (f"of {count} videos miss a file that can be read", files.missing_files(plan), files.OF_MISSING),
        (f"of {count} videos have a file dated later than now", files.later_than_now(plan), files.OF_LATER),
    ]
    told: list[str] = []
    for what, found, remedy in kinds:
        mistakes = list(found)
        if mistakes:
            told.append(f"{name}: {len({video for video, _ in mistakes})} {what}:")
            line_of = lines(name)
            told += [f"  - line {line_of.get(video, '?')}, {video}: {mistake}" for video, mistake in mistakes]
            told += [remedy.format(folder=Path.cwd())] if remedy else []
    if told:
        raise UserError("\n".join(told))


def _unscored(plan: Plan) -> Iterator[tuple[str, str]]:
    if plan.settings.emotions.backend == "none" or not plan.detectors:
        return
    detector = plan.detectors[0]
    wanted_by = [
        *([plan.settings.features.in_words] if plan.emotion_features else []),
        *(["pairing.mood_of: emotions"] if plan.emotion_moods else []),
        *(["apply.models: its classifiers take the scores of faces"] if plan.applied_emotions else []),
    ]
    for video in plan.videos:
        scored = plan.detectors_of(video)
        why = "another program has read its face" if scored else "there is nothing to look at"
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
        if extraction.pose_from == "nowhere" and extraction.face_from == "network":
            yield (
                row.video,
                f"the face backend {extraction.face} looks for the face where the pose shows the head, and the pose "
                f"backend is none; allowed beside it are face backends that take files: {', '.join(FROM_FILES)}",
            )


def _unfit_part(row: Video, part: str, backend: str, origin: Origin, file: str | None) -> Iterator[str]:
    if origin == "network" and file:
        yield (
            f"{part}_file is given, but the backend {backend} reads videos; name the file's backend in the column "
            f"{part}_backend, or in {part}.backend of the configuration"
        )
    if origin == "file" and not file:
        yield f"the backend {backend} takes files, and the column {part}_file names none"
    if origin == "nowhere" and file:
        yield f"{part}_file is given, but the {part} backend is none: nobody would read it"
    if origin == "network" and row.kind == "none":
        yield f"the {part} backend {backend} reads videos, and the column source names none"


def _check_performers(plan: Plan) -> None:
    """The ids of a performer's videos fit a command line, where the performer's neutral face is looked for in all."""
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
            "letters together, too many to look for one neutral face in all of them. Leave the column "
            "performer empty if these are different people, or set action_units.neutral: video."
        )


def _check_films(plan: Plan) -> None:
    """The videos that films are asked of are in the table, and there."""
    asked = plan.settings.annotate.videos
    wrong = [] if asked == "all" else [mistake for video in asked if (mistake := _unfilmed(plan, video))]
    if wrong:
        name = plan.settings.videos
        raise UserError(
            f"annotate.videos: no film can be made of {len(wrong)} of {len(asked)} videos; allowed are ids of {name}, "
            "or `all`:\n" + "\n".join(f"  - {mistake}" for mistake in wrong)
        )


def _unfilmed(plan: Plan, video: str) -> str | None:
    """Why no film can be made of a video, None where one can."""
    if video not in plan.videos:
        near = difflib.get_close_matches(video, plan.videos, n=1)
        return f"{video}: there is no such id." + (f" Did you mean {near[0]}?" if near else "")
    if plan.videos[video].kind == "none":
        return f"{video}: the column source names no video, only what others have read of one"
    if not plan.tables_of_film(video):
        return f"{video}: nothing is read of it that could be drawn"
    if not plan.is_there(video) and not Path(plan.film(video)).exists():
        return f"{video}: {plan.media(video)} is not there any more; put it back, or leave the video out"
    return None


def _check_models(plan: Plan) -> None:
    """The model that is to be applied is there."""
    folder = plan.settings.apply.models
    if folder and not Path(folder, "model.json").is_file():
        raise UserError(
            f"apply.models: {folder} holds no model.json; give the folder `models` of a run that has ended "
            "(results/runs/<run>/models). One that an older version has trained has to be trained again."
        )
    scored = plan.applied_emotions
    if scored and scored["backend"] != plan.settings.emotions.backend:
        raise UserError(
            f"apply.models: {folder} was trained on emotion scores. Set emotions.backend: {scored['backend']}, which "
            "also asks for emotions.acknowledge (docs/emotions.md)."
        )


def _check_networks(plan: Plan) -> None:
    """The terms of networks that bind more than a licence are accepted by name."""
    of_videos = (name for extraction in plan.extractions.values() for name in extraction.models)
    of_faces = (Path(path).stem for detector in plan.detectors for path in plan.emotion_models(detector))
    scored = of_faces if plan.settings.emotions.backend != "none" else ()
    asked = catalogue.terms(dict.fromkeys([*of_videos, *scored]))
    open_ = {name: said for name, said in asked.items() if name not in plan.settings.models.accept}
    if open_:
        told = "\n".join(f"  - {name}: {said}" for name, said in open_.items())
        raise UserError(
            "networks that the settings choose have terms beside their licence. If you may use them, set "
            f"models.accept: [{', '.join(open_)}]:\n{told}"
        )


def _check_previous(plan: Plan) -> None:
    """The clusters whose numbers are to be kept are there, and not those that the run makes itself."""
    previous = plan.settings.clusters.previous
    if not previous:
        return
    if Path(previous).resolve() == Path(plan.run, "clusters.parquet").resolve():
        raise UserError(
            f"clusters.previous: {previous} is what this run writes itself; copy the file and give the copy."
        )
    if not Path(previous).is_file():
        raise UserError(
            f"clusters.previous: there is no {previous}; give another run's clusters.parquet, or null to number by "
            "size."
        )


def _check_terms(plan: Plan) -> None:
    """Downloading is asked for by name, before anything else is done."""
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
