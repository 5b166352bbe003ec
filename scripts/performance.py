"""Put the figures of the bench into docs/performance.md, and its plot beside the page.

python scripts/performance.py FOLDER    the folder that `ai-memory bench --output FOLDER` wrote
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "performance.md"
PLOT = DOCS / "bench" / "cost.svg"
BEGIN, END = "<!-- figures: written by scripts/performance.py -->\n", "<!-- end of figures -->\n"


def main(argv: list[str]) -> int:
    """Replace what stands between the marks; 1 if the page has none."""
    folder = Path(argv[0])
    page = PAGE.read_text(encoding="utf-8")
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        sys.stderr.write(f"{PAGE} has no place for figures\n")
        return 1
    figures = (folder / "bench-semantic.md").read_text(encoding="utf-8")
    PAGE.write_text(f"{before}{begin}\n{figures}\n{end}{after}", encoding="utf-8")
    PLOT.parent.mkdir(exist_ok=True)
    shutil.copyfile(folder / "bench-semantic.svg", PLOT)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
