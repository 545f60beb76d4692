"""Writes the figures of benchmarks/results/extraction.json into docs/speed.md, and those of analysis.json into its
page.

python -m benchmarks.table
"""

import json

from benchmarks import origin, pages

RESULTS = {"speed": "extraction.json", "analysis-speed": "analysis.json"}
"""The file of results by page."""


def main() -> None:
    for page, name in RESULTS.items():
        pages.write(page, pages.fill(page, json.loads((origin.RESULTS / name).read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
