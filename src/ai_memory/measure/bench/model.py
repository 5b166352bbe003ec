"""The files of the local model, for the floor of an embedding."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ai_memory.config import Config

if TYPE_CHECKING:
    from ai_memory.measure.floor.encoding import ModelFiles


def model_files(config: Config) -> ModelFiles | None:
    """What the configured embedder runs; None where that is no local model of ours.

    Call it after a node was opened with this configuration: that is when the graph is made.
    """
    if config.embedder != "minilm":
        return None
    from ai_memory.adapters.embedder.bert_model import graph_file
    from ai_memory.adapters.embedder.bert_shape import MINILM
    from ai_memory.adapters.embedder.minilm_weights import find_files
    from ai_memory.adapters.embedder.session import default_threads
    from ai_memory.measure.floor.encoding import ModelFiles

    files = find_files()
    graph = graph_file(Path(config.cache_dir), MINILM, files.weights)
    if not graph.is_file():
        return None
    return ModelFiles(graph, files.tokenizer, MINILM.tokens_max, default_threads())
