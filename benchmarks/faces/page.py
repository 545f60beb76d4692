"""The tables of docs/faces.md, from benchmarks/results/faces.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.faces.figures import SHUFFLES
from moodreel.storage import atomic
from moodreel.tables.emotions import EMOTIONS

PAGE = Path("docs/faces.md")
BEGIN, END = "<!-- figures: python -m benchmarks.faces -->", "<!-- end of figures -->"


def figures(result: Mapping[str, Any]) -> str:
    """The figures as Markdown, with the command and the machine that made them."""
    labelled, drawn, judges = result["labelled"], result["sample"], result["judges"]
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
        _table(
            ["judge", *(f"{name} ({drawn['labels'][name]})" for name in EMOTIONS if name in drawn["labels"])],
            [
                [
                    f"`{name}`",
                    *(f"{_(own['recall'])} ({_(own['said'])})" for own in of["emotions"]["all"]["labels"].values()),
                ]
                for name, of in judges.items()
            ],
        ),
        "### Three classes",
        *_agreement(judges, "classes"),
        "### Within people",
        "Only people with several labels, exchanged among their own pictures: who somebody is tells nothing here.",
        _table(
            ["judge", "pictures, people", "accuracy", "exchanged: mean, max", "p"],
            [[f"`{name}`", *_within(of["emotions"]["all"]["within_people"])] for name, of in judges.items()],
        ),
    ]
    if result["units"]:
        parts += _units(result["units"])
    if len(drawn["raters"]) > 1:
        parts += _by_rater(drawn["raters"], judges)
    if result["twice"]:
        parts += _twice(result["twice"], judges)
    return "\n\n".join(parts)


def write(result: Mapping[str, Any]) -> None:
    """Put them into docs/faces.md."""
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    atomic.write_text(PAGE, f"{before}{BEGIN}\n\n{figures(result)}\n\n{END}{after}")


def _agreement(judges: Mapping[str, Any], kind: str) -> list[str]:
    """The table of agreement, and what chance gives, of `emotions` or `classes`."""
    rows = []
    for name, of in judges.items():
        for counted, words in (("all", f"all {of[kind]['pictures']:,}"), ("with_face", "with a face")):
            if own := of[kind][counted]:
                chance = own["exchanged"]
                rows.append(
                    [
                        f"`{name}`" if counted == "all" else "",
                        words if counted == "all" else f"{own['pictures']:,} {words}",
                        f"**{_(own['accuracy'])}** {_interval(own['intervals']['accuracy'])}",
                        _(own["majority"]),
                        f"{_(chance['accuracy']['mean'])}, {_(chance['accuracy']['max'])}",
                        f"{_(own['balanced_accuracy'])} {_interval(own['intervals']['balanced_accuracy'])}",
                        f"{_(chance['balanced_accuracy']['mean'])}, {_(chance['balanced_accuracy']['max'])}",
                        f"{_(own['macro_f1'])} ({_(chance['macro_f1']['mean'])})",
                        "–" if own["kappa"] is None else _(own["kappa"]),
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
    return [_table(head, rows), said]


def _within(found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return ["0, 0", "–", "–", "–"]
    return [
        f"{found['pictures']}, {found['people']}",
        _(found["accuracy"]),
        f"{_(found['mean'])}, {_(found['max'])}",
        f"{found['p_value']:.3f}",
    ]


def _units(by_backend: Mapping[str, Any]) -> list[str]:
    rows = {
        (emotion, unit): own
        for of in by_backend.values()
        for emotion, of_units in of.items()
        for unit, own in of_units.items()
    }
    return [
        "### Single action units",
        "How often a unit reads higher in a picture with a label that FACS expects it in than in a neutral one of the "
        "same rater (area under the ROC curve, 95 % interval over people); .50 says nothing, less is the wrong way "
        "round.",
        _table(
            [
                "label",
                "unit",
                f"pictures, neutral ones, people (`{list(by_backend)[-1]}`)",
                *(f"`{name}`" for name in by_backend),
            ],
            [
                [
                    emotion,
                    unit,
                    f"{some['pictures']}, {some['neutral']}, {some['people']}",
                    *(_area(of.get(emotion, {}).get(unit)) for of in by_backend.values()),
                ]
                for (emotion, unit), some in rows.items()
            ],
        ),
    ]


def _area(found: Mapping[str, Any] | None) -> str:
    return "–" if found is None else f"{_(found['area'])} {_interval(found['interval'])}".strip()


def _by_rater(raters: Mapping[str, Any], judges: Mapping[str, Any]) -> list[str]:
    return [
        "### By who labelled",
        _table(
            ["", *raters],
            [
                ["pictures, people", *(f"{of['pictures']}, {of['people']}" for of in raters.values())],
                ["median height, px", *(f"{of['median_height_px']:.0f}" for of in raters.values())],
                ["labels", *(_counts(of["labels"]) for of in raters.values())],
                ["majority", *(_(of["majority"]) for of in raters.values())],
                *(
                    [
                        f"`{name}`: accuracy (missed)",
                        *(f"{_(own['accuracy'])} ({own['missed']})" for own in map(of["by_rater"].get, raters)),
                    ]
                    for name, of in judges.items()
                ),
            ],
        ),
    ]


def _twice(twice: Mapping[str, Any], judges: Mapping[str, Any]) -> list[str]:
    return [
        "### Two people, the same pictures",
        f"{twice['pictures']} pictures of {twice['people']} people have labels of two raters; here all of them count, "
        f"as frequent as they are. The first says {_counts(twice['first'])}; the second {_counts(twice['second'])}. "
        f"**They agree on {_(twice['accuracy'])}, kappa {_(twice['kappa'])}.**",
        _table(
            ["judge", "missed", "like the first", "kappa", "like the second", "kappa"],
            [
                [
                    f"`{name}`",
                    str(own["missed"]),
                    *(_(own[rater][figure]) for rater in ("first", "second") for figure in ("accuracy", "kappa")),
                ]
                for name, own in ((name, of["twice"]) for name, of in judges.items())
            ],
        ),
    ]


def _(value: float | None) -> str:
    """A share as it is printed: `.50`."""
    if value is None:
        return "–"
    text = f"{value:.2f}".replace("-", "−")
    return text.replace("0.", ".", 1) if abs(value) < 0.995 else text


def _interval(found: Sequence[float] | None) -> str:
    return "" if found is None else f"[{_(found[0])}, {_(found[1])}]"


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in found.items()) or "none"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
