"""The local model all-MiniLM-L6-v2: 384 dimensions, 256 tokens, English at heart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ai_memory.adapters.embedder.batcher import Batcher
from ai_memory.adapters.embedder.bert_model import BertParts, load_bert
from ai_memory.adapters.embedder.bert_shape import MINILM
from ai_memory.adapters.embedder.minilm_weights import find_files, read_weights
from ai_memory.adapters.embedder.tokenizer import Tokenizer
from ai_memory.gate import Gate

if TYPE_CHECKING:
    from ai_memory.adapters.embedder import Progress


def load_minilm(
    cache_dir: Path,
    progress: Progress | None = None,
    *,
    threads: int | None = None,
    gate: Gate | None = None,
) -> Batcher:
    """Load the model; for the arguments and errors, see `load_bert`.

    Raises:
        EmbedderUnavailable: The weights are not installed, or the cache cannot be written.
    """
    files = find_files()
    parts = BertParts(
        shape=MINILM,
        weights=files.weights,
        read_weights=read_weights,
        open_tokenizer=lambda: Tokenizer(files.tokenizer, tokens_max=MINILM.tokens_max),
    )
    return load_bert(parts, cache_dir, progress, threads=threads, gate=gate)
