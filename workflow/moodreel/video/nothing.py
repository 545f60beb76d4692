"""Words that say nothing: what programs and people write into a cell that they leave empty.

Snakemake imports this module while it plans, so it imports nothing heavy.
"""

import unicodedata

NOTHING = frozenset(
    {
        *("na", "n/a", "n.a.", "n.a", "#na", "#n/a", "#nv", "<na>", "na_character_", "na_integer_", "na_real_"),
        *("nan", "nat", "none", "null", "(null)", "#null!", "nil", "\\n", "undefined", "(blank)", "(leer)"),
        *("n.d.", "n/d", "k.a.", "missing", "unknown", "notavailable", "notapplicable"),
        *("?", "??", "???", "-", "--", "---", "\u2013", "\u2014", "\u2212", ".", "..", "...", "_", "/", "*"),
    }
)
"""Words that R, pandas, spreadsheets, SPSS, data bases and people write where they have nothing to say, in lower case
and without blanks."""


def says_nothing(cell: str) -> bool:
    """Whether the cell holds a word for nothing, in whatever case, width and spacing; an empty cell holds none."""
    return len(cell) <= _LONGEST and "".join(unicodedata.normalize("NFKC", cell).casefold().split()) in NOTHING


_LONGEST = 32
"""Characters up to which a cell is compared with the words."""
