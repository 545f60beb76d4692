"""The report's statements on how far its action units can be trusted."""

from collections.abc import Sequence

from moodreel.face import trust
from moodreel.face.trust import Verdict
from moodreel.report import movement
from moodreel.report.captions import join_words, quantity
from moodreel.report.run import Run
from moodreel.tables.face import ACTION_UNITS

MEANINGS = {
    Verdict.USE: "follow the reference in five people or more",
    Verdict.CAREFUL: "follow the reference, in too few people or too loosely to be sure",
    Verdict.NOT_JUDGED: "were compared with nothing that moves them, so that nothing is known about them",
    Verdict.DO_NOT_USE: "do not follow the reference",
}


def label(unit: int, backends: Sequence[str]) -> str:
    """An action unit in words, with its verdict where that is doubtful."""
    found = trust.worst_verdict(backends, unit)
    name = f"AU{unit:02d} {ACTION_UNITS[unit]}"
    return f"{name} ({found})" if found.doubtful else name


def of_run(run: Run) -> list[str]:
    """The `sentences` on a run's action units; none where its features have no intensities."""
    return sentences(trust.units_of(movement.units(run.features)), run.face_backends)


def sentences(shown: Sequence[int], backends: Sequence[str]) -> list[str]:
    """A sentence for each verdict on the action units `shown` in the features, and one on those left out of them; none
    where none is shown."""
    if not shown:
        return []
    readers = join_words(list(backends)) or "no known backend"
    by_verdict: dict[Verdict, list[int]] = {}
    for unit in shown:
        by_verdict.setdefault(trust.worst_verdict(backends, unit), []).append(unit)
    lines = [
        f"{found.capitalize()}: {_units(by_verdict[found])}, which {MEANINGS[found]}."
        for found in MEANINGS
        if found in by_verdict
    ]
    if left := _left_out(shown, backends):
        count = quantity(len(left), "unit")
        lines.append(
            f"Left out of features, clusters and classifiers ({count}, do not use): {_units(left)}, "
            f"which {MEANINGS[Verdict.DO_NOT_USE]}."
        )
    count = quantity(len(shown), "action unit")
    return [f"How far {count} read by {readers} can be trusted ({trust.PAGE}).", *lines]


def mark(shown: Sequence[int], backends: Sequence[str]) -> str:
    """The addition to a figure's caption: how many action units are marked or left out, and why; empty where none
    is."""
    found = [trust.worst_verdict(backends, unit) for unit in shown]
    bad, unknown = (found.count(verdict) for verdict in (Verdict.DO_NOT_USE, Verdict.NOT_JUDGED))
    text = ""
    if bad:
        text += f" Without colour and hatched: {quantity(bad, 'unit')} not to be used with the run's face backend."
    if unknown:
        text += f" Not judged: {unknown} of {quantity(len(shown), 'unit')}; nothing shows that they are read rightly."
    if left := _left_out(shown, backends):
        text += f" Left out, as not to be used: {_units(left)}."
    return text


def _left_out(shown: Sequence[int], backends: Sequence[str]) -> list[int]:
    return [unit for unit in trust.unusable_units(backends) if unit not in shown]


def _units(units: Sequence[int]) -> str:
    return join_words([f"AU{unit:02d} {ACTION_UNITS[unit]}" for unit in units])
