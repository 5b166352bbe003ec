"""The local model multilingual-e5-small: 384 dimensions, 512 tokens, a hundred languages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ai_memory.adapters.embedder.batcher import Batcher
from ai_memory.adapters.embedder.bert_model import BertParts, load_bert
from ai_memory.adapters.embedder.bert_shape import E5
from ai_memory.adapters.embedder.common_part import E5_FILE, load
from ai_memory.adapters.embedder.e5_weights import find_weights, read_vocabulary, read_weights
from ai_memory.adapters.embedder.unigram import UnigramTokenizer
from ai_memory.gate import Gate

if TYPE_CHECKING:
    from ai_memory.adapters.embedder import Progress

PREFIX: Final = "query: "
"""Before every text. The model knows "passage: " for what is searched, too: alike in all that was
measured (docs/adr/0038), and what is stored is compared with what is stored as well."""


def load_e5(
    cache_dir: Path,
    progress: Progress | None = None,
    *,
    threads: int | None = None,
    gate: Gate | None = None,
    whole: bool = False,
) -> Batcher:
    """Load the model; for the other arguments, see `load_bert`.

    Args:
        cache_dir: The user's cache directory.
        progress: Hears of a first conversion.
        threads: Threads of one computation.
        gate: What the batcher passes.
        whole: Leave in the vectors what they have in common.

    Raises:
        EmbedderUnavailable: The weights are not installed, or the cache cannot be written.
    """
    weights = find_weights()
    parts = BertParts(
        shape=E5,
        weights=weights,
        read_weights=read_weights,
        open_tokenizer=lambda: UnigramTokenizer(
            read_vocabulary(weights), prefix=PREFIX, tokens_max=E5.tokens_max
        ),
        common=None if whole else load(E5_FILE),
    )
    return load_bert(parts, cache_dir, progress, threads=threads, gate=gate)
