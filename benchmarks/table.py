"""Put the figures of benchmarks/results/extraction.json into docs/speed.md, and those of analysis.json into its page.

python -m benchmarks.table
"""

import json
from collections.abc import Mapping
from typing import Any

from benchmarks import origin, pages


def speed(found: Mapping[str, Any]) -> dict[str, str]:
    """The figures of extraction, with the command and the machine that made them."""
    return pages.fill("speed", found)


def analysis(found: Mapping[str, Any]) -> dict[str, str]:
    """The figures of the analysis, with the commands and the machines that made them."""
    commands = dict.fromkeys(part["made_by"]["command"] for part in found["parts"].values())
    return pages.fill("analysis-speed", {**found, "commands": commands})


def main() -> None:
    for page, name, figures in (("speed", "extraction", speed), ("analysis-speed", "analysis", analysis)):
        pages.write(page, figures(json.loads((origin.RESULTS / f"{name}.json").read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
