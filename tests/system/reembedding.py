"""A process that changes a store's model batch by batch, each when a line comes in.

Run as `python -m tests.system.reembedding DB DIM`; it writes `embedded N` after each, then `done`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.compose import open_node
from ai_memory.config import load_config


def main(db: str, dim: str) -> None:
    opened = open_node(
        load_config({"db": str(Path(db)), "tier": "semantic"}),
        background=False,
        embedder=HashingEmbedder(int(dim)),
        replace_model=True,
    )

    def told(embedded: int) -> None:
        print("embedded", embedded, flush=True)  # noqa: T201
        sys.stdin.readline()

    opened.reembedder.run(told)
    opened.close()
    print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
