"""The tables of docs/faces.md, from benchmarks/results/faces.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import pages
from benchmarks.faces.figures import SHUFFLES
from benchmarks.pages import table

PAGE = pages.DOCS / "faces.md"


def figures(result: Mapping[str, Any]) -> str:
    """The figures as Markdown, with the command and the machine that made them."""
    labelled, drawn, judges = result["labelled"], result["sample"], result["judges"]
    whole = {name: of["emotions"]["all"] for name, of in judges.items()}
    recalls = [
        [f"`{name}`", *(f"{_(label['recall'])} ({_(label['said'])})" for label in own["labels"].values())]
        for name, own in whole.items()
    ]
    within = [[f"`{name}`", *_within(own["within_people"])] for name, own in whole.items()]
    parts = [
        f"    {result['command']}",
        f"{result['cores']} cores of {result['processor']}, {result['minutes']:.0f} minutes, {result['date']}."
        + (f" The pictures: {result['source']}." if result["source"] else ""),
        f"{labelled['pictures']:,} labelled pictures, {labelled['named_pictures']:,} of them of "
        f"{labelled['named_people']:,} named people, {labelled['people_with_several']:,} of whom are in several. "
        f"Labels: {_counts(labelled['labels'])}. Set aside: {_counts(labelled['set_aside'])}.",
        f"Judged: {drawn['pictures']:,} of {drawn['people']:,} people, at most {result['per_label']} of each label, "
        f"drawn with seed {result['seed']} ({_counts(drawn['labels'])}; set aside: {_counts(drawn['set_aside'])}).",
        "### Seven labels",
        *_agreement(judges, "emotions"),
        "How often each label is found (recall), and in brackets how often the judge says it of any picture, which is "
        "what recall comes to by chance; faces that were not found count as wrong:",
        table(["judge", *(f"{name} ({n})" for name, n in drawn["labels"].items())], recalls),
        "### Three classes",
        *_agreement(judges, "classes"),
        "### Within people",
        "Only people with several labels, exchanged among their own pictures: who somebody is tells nothing here.",
        table(["judge", "pictures, people", "accuracy", "exchanged: mean, max", "p"], within),
    ]
    if result["units"]:
        parts += _units(result["units"])
    if len(drawn["raters"]) > 1:
        parts += _by_rater(drawn["raters"], judges)
    if result["twice"]:
        parts += _twice(result["twice"], judges)
    return "\n\n".join(parts)


def _agreement(judges: Mapping[str, Any], kind: str) -> list[str]:
    """The table of agreement, and what chance gives, of `emotions` or `classes`."""
    rows = []
    for name, of in judges.items():
        heads = {"all": [f"`{name}`", f"all {of[kind]['pictures']:,}"]}
        if with_face := of[kind]["with_face"]:
            heads["with_face"] = ["", f"{with_face['pictures']:,} with a face"]
        for counted, head in heads.items():
            own = of[kind][counted]
            chance, intervals = own["exchanged"], own["intervals"]
            rows.append(
                [
                    *head,
                    f"**{_(own['accuracy'])}** {_interval(intervals['accuracy'])}",
                    _(own["majority"]),
                    _mean_and_max(chance["accuracy"]),
                    f"{_(own['balanced_accuracy'])} {_interval(intervals['balanced_accuracy'])}",
                    _mean_and_max(chance["balanced_accuracy"]),
                    f"{_(own['macro_f1'])} ({_(chance['macro_f1']['mean'])})",
                    _(own["kappa"]),
                ]
            )
    head = ["judge", "pictures", "accuracy", "majority", "exchanged: mean, max"]
    head += ["balanced accuracy", "exchanged: mean, max", "macro-F1 (exchanged)", "kappa"]
    every = [own for of in judges.values() for own in (of[kind]["all"], of[kind]["with_face"]) if own]
    worst = [max(own["exchanged"][name]["p_value"] for own in every) for name in ("accuracy", "balanced_accuracy")]
    by_people = [own["exchanged_by_people"]["balanced_accuracy"] for own in every if own["exchanged_by_people"]]
    said = (
        f"Exchanged: the same with labels exchanged between any two pictures, {SHUFFLES} times; p of accuracy is at "
        f"most {worst[0]:.3f}, of balanced accuracy {worst[1]:.3f}. Who always says the same "
        f"has a balanced accuracy of {_(every[0]['constant_balanced_accuracy'])}."
    )
    if by_people:
        least, most = (_(end(chance["mean"] for chance in by_people)) for end in (min, max))
        said += (
            " Exchanged among each person's pictures, and as a whole between people who show one label throughout, "
            f"balanced accuracy is {least} to {most} in the mean, and p at most "
            f"{max(chance['p_value'] for chance in by_people):.3f}."
        )
    return [table(head, rows), said]


def _within(found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return ["0, 0", "–", "–", "–"]
    people = f"{found['pictures']}, {found['people']}"
    return [people, _(found["accuracy"]), _mean_and_max(found), f"{found['p_value']:.3f}"]


def _units(by_backend: Mapping[str, Any]) -> list[str]:
    rows = []
    last = {
        (emotion, unit): own
        for of in by_backend.values()
        for emotion, units in of.items()
        for unit, own in units.items()
    }
    for (emotion, unit), some in last.items():
        areas = [_area(of.get(emotion, {}).get(unit)) for of in by_backend.values()]
        rows.append([emotion, unit, f"{some['pictures']}, {some['neutral']}, {some['people']}", *areas])
    counts = f"pictures, neutral ones, people (`{list(by_backend)[-1]}`)"
    return [
        "### Single action units",
        "How often a unit reads higher in a picture with a label that FACS expects it in than in a neutral one of the "
        "same rater (area under the ROC curve, 95 % interval over people); .50 says nothing, less is the wrong way "
        "round.",
        table(["label", "unit", counts, *(f"`{name}`" for name in by_backend)], rows),
    ]


def _area(found: Mapping[str, Any] | None) -> str:
    return "–" if found is None else f"{_(found['area'])} {_interval(found['interval'])}".strip()


def _by_rater(raters: Mapping[str, Any], judges: Mapping[str, Any]) -> list[str]:
    rows = [
        ["pictures, people", *(f"{of['pictures']}, {of['people']}" for of in raters.values())],
        ["median height, px", *(f"{of['median_height_px']:.0f}" for of in raters.values())],
        ["labels", *(_counts(of["labels"]) for of in raters.values())],
        ["majority", *(_(of["majority"]) for of in raters.values())],
    ]
    for name, of in judges.items():
        found = [of["by_rater"][rater] for rater in raters]
        rows.append([f"`{name}`: accuracy (missed)", *(f"{_(own['accuracy'])} ({own['missed']})" for own in found)])
    return ["### By who labelled", table(["", *raters], rows)]


def _twice(twice: Mapping[str, Any], judges: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, own in ((name, of["twice"]) for name, of in judges.items()):
        like = [_(own[rater][figure]) for rater in ("first", "second") for figure in ("accuracy", "kappa")]
        rows.append([f"`{name}`", str(own["missed"]), *like])
    return [
        "### Two people, the same pictures",
        f"{twice['pictures']} pictures of {twice['people']} people have labels of two raters; here all of them count, "
        f"as frequent as they are. The first says {_counts(twice['first'])}; the second {_counts(twice['second'])}. "
        f"**They agree on {_(twice['accuracy'])}, kappa {_(twice['kappa'])}.**",
        table(["judge", "missed", "like the first", "kappa", "like the second", "kappa"], rows),
    ]


def _(value: float | None) -> str:
    """A share as it is printed: `.50`."""
    if value is None:
        return "–"
    text = f"{value:.2f}".replace("-", "−")
    return text.replace("0.", ".", 1) if abs(value) < 0.995 else text


def _mean_and_max(chance: Mapping[str, float]) -> str:
    return f"{_(chance['mean'])}, {_(chance['max'])}"


def _interval(found: Sequence[float] | None) -> str:
    return "" if found is None else f"[{_(found[0])}, {_(found[1])}]"


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in found.items()) or "none"
