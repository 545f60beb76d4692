"""Write the generated pages of `docs/` anew from the code."""

from __future__ import annotations

from pathlib import Path

from moodreel.settings import document as settings_document
from moodreel.storage.atomic import write_text
from moodreel.tables import document as tables_document
from moodreel.workflow import old_step as step


def pages() -> dict[str, str]:
    """Every generated file of the project, by its path from the top folder."""
    return {
        "docs/settings.md": settings_document.settings_page(),
        "docs/settings.schema.json": settings_document.schema(),
        "docs/tables.md": tables_document.tables_page(),
    }


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--folder", type=Path, default=Path(), help="top folder of the project")
    args = parser.parse_args()
    for name, text in pages().items():
        write_text(args.folder / name, text)
        print(f"wrote {name}")


if __name__ == "__main__":
    step.run(main)
