"""Read chosen cases and print what comes out: `python -m tests.bad_input WORD ...` (parts of names or kinds)."""

import argparse
import sys
from collections import Counter

from tests.bad_input.corpus import cases
from tests.bad_input.runner import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="cases whose name or kind holds one of these; none: all")
    parser.add_argument("--failing", action="store_true", help="print only those that are not as expected")
    args = parser.parse_args()
    chosen = [c for c in cases() if not args.words or any(word in f"{c.kind}: {c.name}:" for word in args.words)]
    verdicts: Counter[str] = Counter()
    for one in run(chosen):
        verdicts[one.verdict] += 1
        if one.verdict != "as_expected" or not args.failing:
            line = (one.case.kind, one.case.name, one.verdict, f"{one.outcome.seconds:.2f} s", one.mistake)
            print("\t".join(line).replace("\n", " | "), flush=True)
    print(dict(verdicts), file=sys.stderr)


if __name__ == "__main__":
    main()
