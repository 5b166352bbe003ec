"""What the modules around the local model agree on; imports nothing."""

from __future__ import annotations

from typing import Final

MODEL_ID: Final = "sentence-transformers/all-MiniLM-L6-v2"
DIM: Final = 384
LAYERS: Final = 6
TOKENS_MAX: Final = 256
"""Where a text is cut: what the model was trained and published with."""

OUTPUT: Final = "sentence_embedding"

GRAPH_VERSION: Final = 2
"""Part of the converted file's name: raise it with every change of the graph."""
